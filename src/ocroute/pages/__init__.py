"""Opens images and PDFs and gives their pages, lazily."""

from ocroute.pages.in_memory import is_input, is_path, name_of, spool, spool_stream
from ocroute.pages.inputs import InputFile, Inputs, expand
from ocroute.pages.opening import open_input
from ocroute.pages.page import InputPage, Raster
from ocroute.pages.source import MAX_PIXELS, Source

__all__ = [
    "MAX_PIXELS",
    "InputFile",
    "InputPage",
    "Inputs",
    "Raster",
    "Source",
    "expand",
    "is_input",
    "is_path",
    "name_of",
    "open_input",
    "spool",
    "spool_stream",
]
