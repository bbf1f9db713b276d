"""ocroute as an OCR engine of OCRmyPDF 17 and newer:

    ocrmypdf --plugin ocroute.ocrmypdf_plugin --ocr-engine ocroute in.pdf out.pdf

It answers to its own name only, so that having it installed changes no other run. OCRmyPDF reads pages in several processes at
once; each loads the engines for itself, so ``--jobs 1`` is right for a model on a GPU.
"""

from __future__ import annotations

import logging
import threading
from argparse import ArgumentParser
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ocrmypdf import BoundingBox, OcrClass, OcrElement, OcrEngine, OrientationConfidence, hookimpl

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ocroute.document.model import Page
    from ocroute.document_api import Document
    from ocroute.reader import Reader
    from ocroute.values import Box

_log = logging.getLogger(__name__)
_NAME = "ocroute"


class _Readers:
    """One reader for each choice of languages and engine; OCRmyPDF may ask from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._readers: dict[tuple[tuple[str, ...], str], Reader] = {}

    def read(self, file: Path, languages: Sequence[str], engine: str) -> Document:
        """The document in ``file``."""
        from ocroute.reader import Reader

        with self._lock:
            key = (tuple(languages), engine)
            if key not in self._readers:
                self._readers[key] = Reader(languages=languages, engine=engine)
            return self._readers[key].read(file)


_READERS = _Readers()


@hookimpl  # type: ignore[untyped-decorator]
def add_options(parser: ArgumentParser) -> None:
    """Let ``--ocr-engine`` take our name; our own options."""
    for action in parser._actions:
        if "--ocr-engine" in action.option_strings and action.choices is not None:
            action.choices = [*dict.fromkeys([*action.choices, _NAME])]
    group = parser.add_argument_group("ocroute", "Reads with ocroute, see --ocr-engine ocroute")
    group.add_argument("--ocroute-engine", default="", metavar="NAME", help="read with this engine of ocroute only")
    group.add_argument(
        "--ocroute-doubtful",
        choices=["keep", "drop"],
        default="keep",
        help="what becomes of the text of pages that ocroute's judge refused",
    )


@hookimpl  # type: ignore[untyped-decorator]
def get_ocr_engine(options: Any) -> OcrEngine | None:
    """Ours, where it is asked for by name."""
    return OcrouteEngine() if options is not None and getattr(options, "ocr_engine", "") == _NAME else None


class OcrouteEngine(OcrEngine):  # type: ignore[misc]
    """Reads page images with the best engine of ocroute that this machine has; the verdict of its judge goes to the log."""

    def __str__(self) -> str:
        return f"ocroute {self.version()}"

    @staticmethod
    def version() -> str:
        """Of ocroute."""
        from ocroute import __version__

        return __version__

    @staticmethod
    def creator_tag(options: Any) -> str:  # noqa: ARG004 - the interface
        """For the PDF's properties."""
        return f"ocroute {OcrouteEngine.version()}"

    @staticmethod
    def languages(options: Any) -> set[str]:
        """Every language that was asked for and that ocroute knows; what its engines lack here is said when they read."""
        from ocroute.errors import UsageError
        from ocroute.languages import resolved

        known = {"eng"}
        for code in getattr(options, "languages", None) or ():
            try:
                resolved([code])
            except UsageError:
                continue
            known.add(code)
        return known

    @staticmethod
    def get_orientation(input_file: Path, options: Any) -> OrientationConfidence:  # noqa: ARG004 - the interface
        """None: ocroute turns pages by itself when it reads them, and puts the boxes where the page has them."""
        return OrientationConfidence(angle=0, confidence=0.0)

    @staticmethod
    def supports_generate_ocr() -> bool:
        """Yes."""
        return True

    @staticmethod
    def generate_ocr(input_file: Path, options: Any, page_number: int = 0) -> tuple[OcrElement, str]:
        """The words of the page image where they stand, and its text."""
        engine = getattr(options, "ocroute_engine", "") or ""
        document = _READERS.read(input_file, sorted(getattr(options, "languages", None) or ()), engine)
        (page,) = document.pages
        said = " ".join(finding.sentence for finding in page.verdict.findings if finding.refuses) or page.error
        told = f"page {page_number + 1}: {page.verdict.status}, read by {page.provenance.engine or 'no engine'}"
        _log.log(logging.INFO if page.verdict.fine else logging.WARNING, "%s", f"{told}. {said}".rstrip(". "))
        dropped = not page.verdict.fine and getattr(options, "ocroute_doubtful", "keep") == "drop"
        return _tree(input_file, page, empty=dropped), "" if dropped else document.text

    @staticmethod
    def generate_hocr(input_file: Path, output_hocr: Path, output_text: Path, options: Any) -> None:
        """Not used: see `generate_ocr`."""
        raise NotImplementedError

    @staticmethod
    def generate_pdf(input_file: Path, output_pdf: Path, output_text: Path, options: Any) -> None:
        """Not used: see `generate_ocr`."""
        raise NotImplementedError


def _tree(file: Path, page: Page, *, empty: bool) -> OcrElement:
    """The page's words as OCRmyPDF's tree, in pixels of the image in ``file``."""
    from PIL import Image

    from ocroute.document.exporters.prepared import placed_lines, settled
    from ocroute.document.source_frame import in_source_frame

    with Image.open(file) as image:
        (width, height), dpi = image.size, image.info.get("dpi", (300, 300))[0]
    root = OcrElement(ocr_class=OcrClass.PAGE, bbox=BoundingBox(0, 0, width, height), dpi=float(dpi))
    if empty or not page.width:
        return root
    placed = in_source_frame(page)
    across, down = width / placed.width, height / placed.height

    def place(box: Box) -> BoundingBox:
        return BoundingBox(box.x0 * across, box.y0 * down, box.x1 * across, box.y1 * down)

    for block in placed.blocks:
        lines = [line for part in settled(block) for line in placed_lines(part) if line.box is not None]
        if not lines:
            continue
        around = block.box.around([line.box for line in lines if line.box]) if block.box else lines[0].box
        assert around is not None
        paragraph = OcrElement(ocr_class=OcrClass.PARAGRAPH, bbox=place(around))
        for line in lines:
            assert line.box is not None
            made = OcrElement(ocr_class=OcrClass.LINE, bbox=place(line.box), textangle=float(line.angle) or None)
            made.children = [
                OcrElement(ocr_class=OcrClass.WORD, bbox=place(word.box), text=word.text, confidence=word.confidence)
                for word in line.words
                if word.box is not None
            ]
            paragraph.children.append(made)
        root.children.append(paragraph)
    return root
