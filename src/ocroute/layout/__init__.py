"""Lines become paragraphs, headings, lists and tables in human reading order. The same for all engines that give boxes."""

from ocroute.layout.arrange import arrange
from ocroute.layout.furniture import across_pages

__all__ = ["across_pages", "arrange"]
