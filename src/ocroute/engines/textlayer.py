"""The text that a PDF carries itself. Whether it matches the pixels is the judge's question, not this engine's."""

from __future__ import annotations

from importlib.metadata import version
from time import perf_counter
from typing import ClassVar

from ocroute.engines.base import Availability, EngineInfo, Reading, Task
from ocroute.engines.page_by_page import PageByPage
from ocroute.errors import Declined
from ocroute.pages.page import InputPage
from ocroute.raster.printed import printed


class TextLayer(PageByPage):
    """Copies a page's own text, with boxes and fonts."""

    info: ClassVar[EngineInfo] = EngineInfo(
        kind="textlayer",
        rank=0,
        gives_confidence=False,
        needs=("pypdfium2", "a PDF that carries its text"),
        memory_mb=20,
        strengths="the exact characters of a born-digital PDF, in milliseconds",
    )

    @classmethod
    def probe(cls) -> Availability:
        """Always usable: the PDF library is a part of the core install."""
        return Availability("usable", version=version("pypdfium2"))

    def __init__(self, task: Task) -> None:
        """Nothing to load."""

    def read_page(self, page: InputPage, task: Task) -> Reading:  # noqa: ARG002 - the contract
        """Its lines as the file has them, without what the page does not show.

        Raises:
            Declined: the page has no text of its own.
        """
        start = perf_counter()
        lines = printed(page).lines
        if not lines or not any(line.text.strip() for line in lines):
            raise Declined(f"{page.source}, page {page.number}, has no text layer")
        return Reading(
            lines=lines,
            seconds={"copy": perf_counter() - start},
            model="text layer",
            versions={"pypdfium2": version("pypdfium2")},
        )
