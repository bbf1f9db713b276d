"""Makes blocks of groups, and lets a sentence that was cut by a column's end or a figure run on."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from ocroute.layout import listings
from ocroute.layout.hyphens import Joiner
from ocroute.layout.line_measures import Piece
from ocroute.layout.paragraphs import INDENT, PARAGRAPH_PITCH, Group, one_size
from ocroute.layout.word_spans import spans_over
from ocroute.layout.wording import begins, ended, is_caption, is_drawn_rule, split_marker
from ocroute.values import Block, Box, Category, Line

SAME_COLUMN: Final = 0.6
"""A sentence goes on in a column of about the same width: not from a sidebar into the text."""

_FLOATS = frozenset({Category.CAPTION, Category.TABLE, Category.FOOTNOTE, Category.PICTURE})
_RUNNING = frozenset({Category.TEXT, Category.LIST_ITEM})


@dataclass(slots=True)
class Draft:
    """A block in the making: its category and the groups that flow into it."""

    category: Category
    parts: list[Group]
    level: int | None = None

    @property
    def lines(self) -> list[Piece]:
        """All its lines, in reading order."""
        return [line for part in self.parts for line in part.lines]


def run_on(drafts: Sequence[Draft]) -> list[Draft]:
    """The same drafts, with cut sentences made whole. What stood between comes after them."""
    result: list[Draft] = []
    for draft in drafts:
        back = _cut_before(result, draft)
        if back is None:
            result.append(draft)
        else:
            back.parts.extend(draft.parts)
    return result


def _cut_before(result: Sequence[Draft], draft: Draft) -> Draft | None:
    """The draft whose last sentence ``draft`` goes on with."""
    if draft.category is not Category.TEXT:
        return None
    if result and result[-1].category in _RUNNING | {Category.CAPTION} and _is_right_below(result[-1], draft):
        return result[-1]
    for earlier in reversed(result[-8:]):
        if earlier.category in _RUNNING and _goes_on(earlier.parts[-1], draft.parts[0]):
            return earlier
        if earlier.category not in _FLOATS and not _is_scrap(earlier):
            return None
    return None


def _is_right_below(above: Draft, below: Draft) -> bool:
    """Whether a sentence goes on in the next line: the short last line over several columns was taken for one of the first."""
    last, first = above.lines[-1], below.lines[0]
    step = (first.base - last.base) / last.size
    return (
        0.3 < step < PARAGRAPH_PITCH * above.parts[-1].column.pitch
        and abs(first.box.x0 - last.box.x0) < INDENT * last.size
        and last.box.x1 > above.parts[-1].column.right - 2 * last.size
        and above.parts[-1].column is not below.parts[0].column
        and one_size(last, first)
        and not (above.parts[-1].kept or ended(last.text) or begins(first.text) or is_drawn_rule(first.text))
    )


def _goes_on(above: Group, below: Group) -> bool:
    last, first = above.lines[-1], below.lines[0]
    between = above.column.lines[above.first + len(above.lines) : below.first]
    if above.column is below.column and not any(line.table or is_caption(line.text) for line in between):
        return False  # what stands in one column without a figure between was parted for a reason
    if (
        above.kept
        or below.kept
        or ended(last.text)
        or not one_size(last, first)
        or split_marker(first.text)
        or is_drawn_rule(first.text)
    ):
        return False
    widths = sorted(part.column.right - part.column.left for part in (above, below))
    if widths[0] < SAME_COLUMN * widths[1]:
        return False
    missing = above.column.right - last.box.x1
    if not begins(first.text):
        return missing < 0.25 * (above.column.right - above.column.left) or last.text.endswith("-")
    flush = first.box.x0 < below.column.left + INDENT * first.size
    several = len(above.lines) > 1 and len(below.lines) > 1
    return missing < 1.5 * last.size and flush and several and above.is_last and below.first == 0


def _is_scrap(draft: Draft) -> bool:
    """A label of a figure, not running text."""
    lines = draft.lines
    return draft.category is not Category.SECTION_HEADER and len(lines) <= 2 and sum(len(p.text) for p in lines) < 30


def joined(lines: Iterable[str], joiner: Joiner) -> str:
    """Lines as running text."""
    text = ""
    for line in lines:
        text = joiner.join(text, line) if text else line
    return text


def _said(draft: Draft, joiner: Joiner) -> str:
    """The words of a draft: running text, but for lines that were broken on purpose."""
    if draft.category in _RUNNING and all(part.kept for part in draft.parts):
        return "\n".join(line.text.strip() for line in draft.lines)
    return joined((line.text for line in draft.lines), joiner)


def block_of(draft: Draft, joiner: Joiner) -> Block:
    """The finished block."""
    pieces = draft.lines
    found = pieces[0].table
    if found is not None:
        return Block(
            Category.TABLE,
            "\n".join(
                "\t".join(cell.text for cell in found.table.cells if cell.row == row) for row in range(found.table.rows)
            ),
            found.box,
            _confidence(found.lines),
            lines=found.lines,
            table=found.table,
        )
    lines = tuple(piece.line for piece in pieces)
    if draft.category is Category.CODE:
        box = Box.around(line.box for line in lines)
        return Block(Category.CODE, listings.text_of(pieces), box, _confidence(lines), lines=lines)
    whole = text = _said(draft, joiner)
    marker = None
    if draft.category is Category.LIST_ITEM:
        marker, text = split_marker(text) or (None, text)
    words = (word for line in lines for word in line.words)
    return Block(
        draft.category,
        text,
        Box.around(line.box for line in lines),
        _confidence(lines),
        level=draft.level,
        marker=marker,
        lines=lines,
        spans=spans_over(whole, words, skipped=len(whole) - len(text)),
    )


def _confidence(lines: Sequence[Line]) -> float | None:
    known = [(line.confidence, len(line.text)) for line in lines if line.confidence is not None]
    weight = sum(length for _, length in known)
    return sum(value * length for value, length in known) / weight if weight else None
