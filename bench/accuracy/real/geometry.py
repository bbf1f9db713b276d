"""Lines of a PDF page with their places, as ``pdftotext`` sees them, and which of them stand outside the text or in columns."""

from __future__ import annotations

import re
import statistics
import subprocess
from xml.etree import ElementTree

import msgspec


class Strip(msgspec.Struct, frozen=True):
    """One line of text; points from the top left of the page."""

    text: str
    x0: float
    y0: float
    x1: float
    y1: float

    @property
    def height(self) -> float:
        """Of the line, points."""
        return self.y1 - self.y0


class Sheet(msgspec.Struct, frozen=True):
    """All lines of one page."""

    width: float
    height: float
    strips: tuple[Strip, ...]


def sheets(path: str, first: int, last: int) -> dict[int, Sheet]:
    """The pages ``first`` to ``last``, by number.

    Raises:
        RuntimeError: the program failed.
    """
    command = ["pdftotext", "-bbox-layout", "-f", str(first), "-l", str(last), path, "-"]
    done = subprocess.run(command, capture_output=True, check=False)
    if done.returncode:
        raise RuntimeError(done.stderr.decode(errors="replace"))
    clean = re.sub(rb"[\x00-\x08\x0b\x0c\x0e-\x1f]", b"", done.stdout)
    root = ElementTree.fromstring(clean)
    space = "{http://www.w3.org/1999/xhtml}"
    return {first + at: _sheet(page, space) for at, page in enumerate(root.iter(f"{space}page"))}


def _sheet(page: ElementTree.Element, space: str) -> Sheet:
    strips = []
    for line in page.iter(f"{space}line"):
        words = [word.text or "" for word in line.iter(f"{space}word")]
        box = [float(line.attrib[name]) for name in ("xMin", "yMin", "xMax", "yMax")]
        strips.append(Strip(" ".join(words), *box))
    return Sheet(float(page.attrib["width"]), float(page.attrib["height"]), tuple(strips))


def furniture(sheet: Sheet, neighbours: list[Sheet]) -> tuple[Strip, ...]:
    """Lines at the edge of the page that stand at the same height, with the same words but for numbers, on a neighbour.

    Left and right pages differ, so one neighbour within two pages is enough.
    """
    return tuple(
        strip for strip in sheet.strips if _at_edge(strip, sheet) and any(_recurs(strip, other) for other in neighbours)
    )


def _at_edge(strip: Strip, sheet: Sheet) -> bool:
    return strip.y1 < 0.1 * sheet.height or strip.y0 > 0.9 * sheet.height


def _recurs(strip: Strip, sheet: Sheet) -> bool:
    shape = re.sub(r"\d+", "#", strip.text)
    return any(abs(each.y0 - strip.y0) < 3 and re.sub(r"\d+", "#", each.text) == shape for each in sheet.strips)


def columns(sheet: Sheet, outside: tuple[Strip, ...]) -> list[list[Strip]] | None:
    """The text columns of a page from left to right, each from top to bottom; None where there are not plainly one or two.

    Lines across both columns are allowed above them only, and are left out.
    """
    body = [strip for strip in sheet.strips if strip not in outside and strip.text.strip()]
    if len(body) < 12:
        return None
    left, right = min(s.x0 for s in body), max(s.x1 for s in body)
    middle = (left + right) / 2
    across = [s for s in body if s.x0 < middle - 4 and s.x1 > middle + 4]
    sides = [[s for s in body if s.x1 <= middle + 2], [s for s in body if s.x0 >= middle - 2]]
    if len(across) > 0.6 * len(body):
        return [sorted(body, key=lambda s: s.y0)]
    top = max((s.y1 for s in across), default=0.0)
    below = [[s for s in side if s.y0 >= top - 1] for side in sides]
    wide = [statistics.median(s.x1 - s.x0 for s in side) if side else 0 for side in below]
    if min(len(side) for side in below) < 10 or min(wide) < 0.3 * (right - left):
        return None
    return [sorted(side, key=lambda s: s.y0) for side in below]
