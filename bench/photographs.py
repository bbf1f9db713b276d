"""What it is worth to see a photographed sheet from above before its lines are put in order.

    python -m bench.photographs [--half report] [--pages 4] [--json FILE]

Pages with a text layer are photographed by code, from ever further aside, with all of the sheet in the picture or without its
edges. Where the sheet lies is found in the pixels (`make_upright`); its true lines are then put where they stand in the picture
that engines would get, and are laid out. Letters are not read, so all that is wrong is wrong by their order: edits over letters
of the Markdown. ``before`` is the same with the photograph deskewed only.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

import cv2
import numpy as np
import pypdfium2
from bench.accuracy.by_kind import FIRST, Sheet, leaf_of, row
from bench.pages.canvas import ArrayPage
from bench.pages.wear import photographed, tilted

from bench import harness
from ocroute.compare.measures import Errors
from ocroute.document.model import Document, Page, Verdict
from ocroute.layout.arrange import arrange
from ocroute.pages.opening import open_input
from ocroute.pages.page import InputPage
from ocroute.ppocr.page_orientation import make_upright
from ocroute.values import Box, Line, Word

LEAVES = ("form", "archive_form", "invoice", "unruled_table", "key_value", "two_columns", "newspaper", "letter")
TILTS = (0.05, 0.14, 0.25)
DPI = 150
Map = Callable[[np.ndarray], np.ndarray]


def into_upright(page: InputPage, size: tuple[int, int]) -> Map:
    """From pixels of a photograph of ``size`` to those of ``page``, which it has become."""
    matrix = np.eye(3)
    if page.sheet:
        width, height = page.sheet.size
        frame = np.array([(0, 0), (width, 0), (width, height), (0, height)], np.float32)
        matrix = cv2.getPerspectiveTransform(np.array(page.sheet.corners, np.float32), frame)
        size = (width, height)
    turn = np.eye(3)
    turn[:2] = cv2.getRotationMatrix2D((size[0] / 2, size[1] / 2), page.skew, 1.0)
    return lambda places: cv2.perspectiveTransform(places[None], turn @ matrix)[0]


def moved(lines: Sequence[Line], to_photo: np.ndarray, to_upright: Map, size: tuple[int, int]) -> list[Line]:
    """The lines of a layer where they stand in the upright page."""

    def place(box: Box) -> Box:
        corners = np.array([(x, y) for x in (box.x0, box.x1) for y in (box.y0, box.y1)], np.float64)
        seen = to_upright(cv2.perspectiveTransform(corners[None], to_photo)[0])
        return Box(*seen.min(axis=0).tolist(), *seen.max(axis=0).tolist()).clamped(*size)

    words = [[Word(word.text, place(word.box)) for word in line.words] for line in lines]
    return [Line.of_words(some) for some in words if some]


def order_of(upright: InputPage, lines: Sequence[Line], sheet: Sheet) -> Errors:
    """How far the Markdown of these lines is from what stands on the page."""
    width, height = upright.size
    white = ArrayPage(lambda: np.full((height, width, 3), 255, np.uint8), size=upright.size)
    page = Page(sheet.name, 1, width, height, Verdict("accepted", 1.0), arrange(white, lines))
    markdown = Document(sheet.name, (page,)).to_markdown(keep_headers_footers=True)
    return row("layout", sheet, markdown, 0.0).errors


def tried(leaf: str, half: str, seed: int, tilt: float) -> tuple[Errors, Errors, bool, bool]:
    """Errors before and after, whether the sheet was found, and whether all of it is in the picture."""
    data, flows = leaf_of(leaf, half, seed)
    sheet = Sheet(f"{leaf}-{half}-{seed}", leaf, "eng", flows, data, "photograph", seed)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "page.pdf"
        file.write_bytes(data)
        with open_input(file) as source:
            page = source.page(1)
            lines, (width, height) = page.text_layer() or (), page.size
    drawn = pypdfium2.PdfDocument(data)[0].render(scale=DPI / 72, grayscale=True).to_pil().convert("L")
    grey = np.asarray(drawn)
    picture = np.asarray(photographed(grey, seed, tilt=tilt))
    warp, _ = tilted(grey.shape[1], grey.shape[0], seed, tilt)
    to_photo = warp @ np.diag([grey.shape[1] / width, grey.shape[0] / height, 1.0])
    upright = make_upright(ArrayPage(picture))
    results = []
    plain = ArrayPage(picture).turned_by(0, upright.skew if upright.sheet is None else skew_alone(warp, grey.shape))
    for stands in (plain, upright):
        to_upright = into_upright(stands, (picture.shape[1], picture.shape[0]))
        results.append(order_of(stands, moved(lines, to_photo, to_upright, stands.size), sheet))
    return results[0], results[1], upright.sheet is not None, bool(seed % 2)


def skew_alone(warp: np.ndarray, shape: tuple[int, ...]) -> float:
    """Degrees by which the line through the middle of the page slopes in the photograph."""
    height, width = shape
    ends = np.array([[(0.1 * width, height / 2), (0.9 * width, height / 2)]], np.float64)
    (x0, y0), (x1, y1) = cv2.perspectiveTransform(ends, warp)[0]
    return float(np.degrees(np.arctan2(y1 - y0, x1 - x0)))


def main(arguments: Sequence[str] | None = None) -> int:
    """Print and write what came out, by tilt."""
    parser = harness.arguments(__doc__, record="photographs")
    parser.add_argument("--half", choices=list(FIRST), default="tune")
    parser.add_argument("--pages", type=int, default=2, help="of each leaf")
    parser.add_argument("--leaf", action="append", choices=LEAVES, help="repeatable; default: all")
    parser.add_argument(
        "--tilt", action="append", type=float, help="repeatable; default: " + ", ".join(map(str, TILTS))
    )
    wish = parser.parse_args(arguments)
    leaves, tilts = wish.leaf or LEAVES, dict[str, dict[str, object]]()
    for tilt in wish.tilt or TILTS:
        found = [tried(leaf, wish.half, FIRST[wish.half] + at, tilt) for leaf in leaves for at in range(wish.pages)]
        before, after = (sum((each[side] for each in found), Errors()) for side in (0, 1))
        tilts[str(tilt)] = {
            "pages": len(found),
            "cer_before": round(before.rate, 4),
            "cer_after": round(after.rate, 4),
            "with_edges": sum(whole for *_, whole in found),
            "with_edges_found": sum(seen and whole for *_, seen, whole in found),
            "without_edges_found": sum(seen and not whole for *_, seen, whole in found),
        }
        print(tilt, tilts[str(tilt)], flush=True)
    harness.write(wish.json, {"half": wish.half, "leaves": leaves, "tilts": tilts})
    return 0


if __name__ == "__main__":
    sys.exit(main())
