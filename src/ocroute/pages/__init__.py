"""Opens images and PDFs and gives their pages, lazily."""

from ocroute.pages.page import InputPage, Raster

__all__ = ["InputPage", "Raster"]
