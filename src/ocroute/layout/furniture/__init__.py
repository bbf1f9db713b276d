"""Running titles, page numbers, stamps: what is printed on a page but is no part of its text.

On one page nothing proves that a line is furniture, so evidence is added up: where it stands, how far from the body, a rule
between, a page number beside it, smaller type, and phrases that only margins have. Over several pages repetition is proof
(see `ocroute.layout.across_pages`).
"""

from ocroute.layout.furniture.edges import set_apart

__all__ = ["set_apart"]
