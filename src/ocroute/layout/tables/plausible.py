"""Whether a grid is a table. A false table costs more than a missed one: prose cut into cells cannot be read any more."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise
from statistics import mean, median

from ocroute.layout.tables.cell_text import is_number
from ocroute.layout.tables.grid import Grid, Part
from ocroute.layout.wording import is_beside_table, is_marker, label_of

FEWEST_LINES = 5
"""Lines of a column below which it cannot be told that it is running text."""

LONGEST, TERM = 600, 40
"""Letters from which a cell is long, as a remark is, and up to which it is a term: a table may have some of the former, if most
of its cells are such."""

_CODE = re.compile(r"[{;]$|^[{}()\[\];,]*[{}][{}()\[\];,]*$|\\[a-zA-Z_@:]+.*\\[a-zA-Z_@:]+")
_PAGES = re.compile(r"^\d{1,4}(?:, ?\d{1,4}(?:[-–]\d{1,4})?)*,$|^\d{1,4}(?:, \d{1,4}(?:[-–]\d{1,4})?)+$")
"""Page numbers of an index entry, perhaps to be continued."""

_BRACKET_PIECE = re.compile("[\u239b-\u23b1\uf8e5-\uf8fe]")
"""Parts of brackets several lines high: in Unicode, and where Adobe's symbol fonts have them."""
_PAGE = re.compile(r"^(?:\d{1,4}|[ivxlc]+)$")
_ENTRY = re.compile(r"[^\W\d].*[\s,.]\d{1,4}(?:[-–]\d{1,4})?(?:, ?\d{1,4}(?:[-–]\d{1,4})?)*$")
_ENTRY_ALONE = re.compile(r"[^\W\d].*, ?\d{1,4}(?:[-–]\d{1,4})?(?:, ?\d{1,4}(?:[-–]\d{1,4})?)*$")
"""Such an entry behind a comma, as no other cell of a table has it."""
_MATHS = re.compile(r"\blim\b|[=∑∫∏√∈⊂∀∃≡→⇒∂∇|\U0001d400-\U0001d7ff]|[a-zA-Zα-ω][({].*[)}]")
_EQUATION = re.compile(r"^\(?(?:\d+|[A-Z])(?:\.\d+)*[a-z]?\)[.,]?$")


def drawn(grid: Grid) -> bool:
    """Whether a grid with frames around its cells holds a table rather than boxed text or a figure."""
    if grid.columns < 2 or len(grid.rows) < 2:
        return False
    if all(len(row.parts) < 2 for row in grid.rows):
        return False
    parts = [p for row in grid.rows for p in row.parts]
    places = grid.columns * len(grid.rows)
    covered = sum((p.last - p.first + 1) * p.rows for p in parts)
    if len(parts) < 4 or covered < 0.25 * places:
        return False
    if _plotted(grid, 0.6) or _formula(grid) or _dots(grid) or _matrix(grid) or _drawing(grid) or _code(grid):
        return False
    letters = sorted(len(p.text) for p in parts)
    if letters[-1] >= LONGEST and letters[len(letters) // 2] > TERM:
        return False  # boxes of running text
    # One cell with most of the words is a text box with a margin, not a table.
    return letters[-1] < 0.8 * sum(letters) or letters[-1] < 100


def stacked(grid: Grid) -> bool:
    """Whether words between horizontal rules stand in columns."""
    if grid.columns < 2 or len(grid.rows) < 2 or _fill(grid) < 0.35:
        return False
    if _torn(grid) or _dots(grid) or _prose(grid) or _listing(grid) or _formula(grid) or _contents(grid):
        return False
    if _lookalike(grid) or _plotted(grid) or _of_entries(grid):
        return False
    if grid.columns == 2 and sum(len(row.parts) == 2 for row in grid.rows) < 0.5 * len(grid.rows):
        return False  # lines one below the other, some of which have something beside them
    return grid.columns > 2 or _short(grid) or _values(grid) >= 0.3


def aligned(grid: Grid, *, ruled_off: bool = False) -> bool:
    """Whether words that only stand in columns are a table, with no rule to say so but one under their head, if ``ruled_off``."""
    body = [row for row in grid.rows if not row.header]
    if grid.columns < 2 or len(body) < 2 or len(grid.rows) < 3:
        return False
    fill, values = _fill(grid), _values(grid)
    if fill < 0.5 or _dots(grid) or _torn(grid) or _prose(grid) or _listing(grid) or _formula(grid) or _contents(grid):
        return False
    if _lookalike(grid) or _plotted(grid) or _spread_out(grid) or _index(grid):
        return False
    if len(body) < 3 and (grid.columns < 3 or values < 0.6):
        return False
    if grid.columns == 2:
        across = any(p.last > p.first for row in grid.rows for p in row.parts)
        return values >= 0.7 and len(body) >= 3 and _labelled(grid) and not across
    return (
        values >= 0.45
        or (values >= 0.25 and _labelled(grid) and _short(grid) and fill >= 0.7)
        or _headed(grid, ruled_off=ruled_off)
    )


def _fill(grid: Grid) -> float:
    """The share of positions that hold words."""
    covered = sum((p.last - p.first + 1) * p.rows for row in grid.rows for p in row.parts)
    return covered / (grid.columns * len(grid.rows))


def _headed(grid: Grid, *, ruled_off: bool) -> bool:
    """Whether short words stand in full rows under a head that names each column, and that is bold or has a rule under it: a
    table that has no values.
    """
    head, body = grid.rows[0], grid.rows[1:]
    below = [token for row in body for part in row.parts for token in part.tokens]
    bold = all(token.bold for part in head.parts for token in part.tokens)
    set_off = ruled_off or (bold and sum(token.bold for token in below) <= 0.1 * len(below))
    full = all(len(row.parts) >= 0.8 * grid.columns for row in body) and _fill(grid) >= 0.85
    return set_off and len(head.parts) >= grid.columns - 1 and full and _short(grid)


def _plotted(grid: Grid, full: float = 0.8) -> bool:
    """Whether figures stand here and there without a word among them: values of a chart over its grid lines.

    Args:
        full: share of positions that hold words from which they are no scatter.
    """
    return _fill(grid) < full and not any(
        char.isalpha() for row in grid.rows for part in row.parts for char in part.text
    )


def _values(grid: Grid) -> float:
    """The share of values among the cells right of the first column."""
    cells = [p for c in range(1, grid.columns) for p in grid.column(c)]
    return sum(1 for p in cells if is_number(p.text)) / len(cells) if cells else 0.0


def _labelled(grid: Grid) -> bool:
    """Whether the first column names the rows: words beside most rows of values, or values in all columns alike."""
    labels = grid.column(0)
    body = sum(1 for row in grid.rows if not row.header)
    return len(labels) >= 0.5 * body


def _short(grid: Grid) -> bool:
    """Whether cells are terms rather than sentences."""
    cells = [len(p.text) for c in range(1, grid.columns) for p in grid.column(c)]
    return bool(cells) and median(cells) <= 22


def _dots(grid: Grid) -> bool:
    """Whether most words are symbols: the points of a plot."""
    tokens = [t for t in grid.tokens if not t.leader]
    return sum(1 for t in tokens if not any(c.isalnum() for c in t.text)) > 0.6 * len(tokens)


def _torn(grid: Grid) -> bool:
    """Whether too many lines run across the columns for those to be columns."""
    across = sum(1 for row in grid.rows if not row.header and any(p.last > p.first for p in row.parts))
    return across > 0.3 * len(grid.rows)


def _prose(grid: Grid) -> bool:
    """Whether columns are running text: nearly every cell is a long wordy line, one below the other."""
    wordy = 0
    columns = 0
    for index in range(grid.columns):
        parts = grid.column(index)
        if len(parts) < 2:
            continue
        columns += 1
        # Lines as printed: cells that were joined from several lines count by line.
        lines = [len(p.text) / max(1, len({round(t.middle) for t in p.tokens})) for p in parts]
        words = [len(p.tokens) for p in parts]
        if (mean(lines) >= 26 and mean(words) >= 4.5) or _flows(parts):
            wordy += 1
    return columns > 0 and wordy >= max(2, 0.5 * columns)


def _flows(cells: Sequence[Part]) -> bool:
    """Whether each cell of a column goes on in the next: the line is full, as the next word would not have fitted, or a
    sentence runs on in small letters. So do narrow columns of a newspaper, whose lines are as short as terms.
    """
    if len(cells) < FEWEST_LINES or mean(len(cell.tokens) for cell in cells) < 3:
        return False
    edge = max(t.ink.x1 for cell in cells for t in cell.tokens)
    full = on = 0
    for above, below in pairwise(cells):
        bottom = above.tokens[-1].middle
        end = max(t.ink.x1 for t in above.tokens if abs(t.middle - bottom) < 0.5 * t.box.height)
        word = below.tokens[0]
        full += end + 0.25 * word.box.height + word.ink.width > edge
        on += below.text[:1].islower()
    return full >= 0.55 * (len(cells) - 1) and on >= 0.4 * (len(cells) - 1)


def _listing(grid: Grid) -> bool:
    """Whether the first column is bullets, numbers or keys of a list and the rest is text."""
    labels = grid.column(0)
    if not labels or grid.columns > 3:
        return False
    marked = sum(1 for p in labels if is_marker(p.text) or (len(p.text) <= 2 and not p.text.isalnum()))
    return marked >= 0.6 * len(labels) and _values(grid) < 0.5


def _formula(grid: Grid) -> bool:
    """Whether cells are terms of displayed equations."""
    if grid.columns > 2 and _fill(grid) > 0.9 and _measured(grid):
        return False
    parts = [p for row in grid.rows for p in row.parts]
    last = [p for p in parts if p.last == grid.columns - 1]
    if grid.columns <= 3 and last and all(_EQUATION.match(p.text) or len(p.text) <= 1 for p in last):
        return True
    maths = sum(1 for p in parts if _MATHS.search(p.text) and not is_number(p.text))
    tiny = sum(1 for p in parts if len(p.text) <= 1 and not p.text.isdigit())
    return maths >= 0.25 * len(parts) or (maths >= 1 and maths + tiny >= 0.4 * len(parts))


def _measured(grid: Grid) -> bool:
    """Whether at least half of the cells are numbers of several digits: those stand in tables, whatever heads them."""
    cells = [p.text for row in grid.rows for p in row.parts]
    return sum(1 for text in cells if is_number(text) and sum(c.isdigit() for c in text) >= 3) >= 0.5 * len(cells)


def _contents(grid: Grid) -> bool:
    """Whether the last column is page numbers that only grow, as in a table of contents."""
    if grid.columns > 3:
        return False
    last: list[Part] = [p for row in grid.rows for p in row.parts if p.last == grid.columns - 1 and p.first > 0]
    if sum(1 for p in grid.column(0) if is_beside_table(p.text)) >= 0.5 * max(1, len(grid.column(0))):
        return True  # a list of figures or tables
    numbers = [t.text for p in last for t in p.tokens if not t.leader]
    if len(last) < 3 or sum(1 for text in numbers if _PAGE.match(text)) < 0.8 * len(numbers):
        return False
    pages = [int(p.text) for p in last if p.text.isdecimal()]
    if any(len(p.text) > 1 and p.text.startswith("0") for p in last):
        return False
    growing = sum(1 for a, b in pairwise(pages) if b >= a)
    leaders = sum(1 for row in grid.rows for p in row.parts for t in p.tokens if t.leader or t.ink.x1 < t.box.x1)
    return growing >= 0.9 * max(1, len(pages) - 1) and (leaders >= 0.4 * len(last) or len(pages) >= 3)


def _index(grid: Grid) -> bool:
    """Whether cells beyond the first column are entries of a book's index: a term and the pages it is on."""
    cells = [p.text for row in grid.rows for p in row.parts if p.first > 0 and not is_number(p.text)]
    return len(cells) >= 3 and sum(1 for text in cells if _ENTRY.search(text)) >= 0.3 * len(cells)


def _of_entries(grid: Grid) -> bool:
    """Whether nearly all cells, in the first column too, are entries of an index, in columns between what may be rules."""
    cells = [p.text for row in grid.rows for p in row.parts]
    return sum(1 for text in cells if _ENTRY_ALONE.fullmatch(text)) >= 0.7 * len(cells)


def _spread_out(grid: Grid) -> bool:
    """Whether rows stand as far apart and as uneven as the labels of a figure."""
    boxes = [row.box for row in grid.rows]
    height = median(b.height for b in boxes)
    gaps = [b.y0 - a.y1 for a, b in pairwise(boxes)]
    return median(gaps) > 1.6 * height


def _lookalike(grid: Grid) -> bool:
    """Whether a grid is what stands in rows and columns and is no table: code, a drawing, a matrix, a title page, lists.

    Such a grid may hold words that are worth reading, but in lines.
    """
    return _code(grid) or _matrix(grid) or _drawing(grid) or _scattered(grid) or _lists(grid) or _fields(grid)


def _fields(grid: Grid) -> bool:
    """Whether cells beyond the first column name what they hold, ``Born: 1912``: a form, whose fields only happen to line up."""
    cells = [part.text for row in grid.rows for part in row.parts if part.first > 0]
    named = sum(bool(label_of(text)) for text in cells)
    return named >= 2 and named >= 0.4 * len(cells)


def _code(grid: Grid) -> bool:
    """Whether rows end or stand as lines of programs do: in braces and semicolons, or with several commands in one piece."""
    lines = sum(1 for row in grid.rows if any(_CODE.search(part.text) for part in row.parts))
    return lines >= max(2, 0.3 * len(grid.rows))


def _matrix(grid: Grid) -> bool:
    """Whether there are brackets several lines high among the words."""
    return sum(1 for token in grid.tokens if _BRACKET_PIECE.search(token.text)) >= 2


def _drawing(grid: Grid) -> bool:
    """Whether few positions are taken, and those by letters and signs such as name the points of a figure."""
    parts = [part for row in grid.rows for part in row.parts]
    places = grid.columns * len(grid.rows)
    return len(parts) < 0.6 * places and sum(1 for part in parts if _names_a_point(part.text)) >= 0.6 * len(parts)


def _names_a_point(text: str) -> bool:
    if any(letter.isalpha() for letter in text):
        return len(text) <= 2
    return not is_number(text) and not any(letter.isalnum() for letter in text)


def _scattered(grid: Grid) -> bool:
    """Whether rows stand far apart and unevenly, as on a title page or a form of one word here and there."""
    boxes = [row.box for row in grid.rows]
    if len(boxes) < 2:
        return False
    height = median(box.height for box in boxes)
    gaps = [below.y0 - above.y1 for above, below in pairwise(boxes)]
    if len(gaps) == 1:
        return gaps[0] > 3 * height
    return median(gaps) > 1.6 * height and max(gaps) > 2 * max(min(gaps), 0.5 * height)


def _lists(grid: Grid) -> bool:
    """Whether a grid is indexes or contents side by side: dots lead on in several columns, or cells list pages."""
    parts = [part for row in grid.rows for part in row.parts]
    led = Counter(part.first for part in parts if _leads_on(part))
    pages = sum(1 for part in parts if _PAGES.match(part.text))
    return (len(led) >= 2 and led.total() >= 0.3 * len(grid.rows)) or pages >= max(2, 0.2 * len(parts))


def _leads_on(part: Part) -> bool:
    last = part.tokens[-1]
    return (last.leader or last.ink.x1 < last.box.x1) and not is_number(part.text)
