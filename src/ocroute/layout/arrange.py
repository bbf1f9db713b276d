"""From lines to blocks."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median

import msgspec

from ocroute.layout import footnotes
from ocroute.layout.categories import kind_of, levels, title_of
from ocroute.layout.columns import columns
from ocroute.layout.flow import Draft, block_of, run_on
from ocroute.layout.footnotes import with_marks
from ocroute.layout.front_matter import name_authors, name_entries
from ocroute.layout.furniture import set_apart
from ocroute.layout.hyphens import Joiner
from ocroute.layout.line_measures import Piece, Scale, boxes_are_tight, measure, roominess, scale_of
from ocroute.layout.lines import assemble, with_initials
from ocroute.layout.listings import with_listings
from ocroute.layout.margin_columns import down_columns
from ocroute.layout.paragraphs import Column, Group, groups
from ocroute.layout.reading_direction import view_of, with_direction
from ocroute.layout.tables.find import FoundTable, find_tables
from ocroute.layout.told_blocks import ToldBlocks
from ocroute.layout.typeface import with_fonts
from ocroute.pages.page import InputPage
from ocroute.raster.rules import Rule, page_rules
from ocroute.values import Block, Category, Line


def arrange(page: InputPage, lines: Sequence[Line]) -> tuple[Block, ...]:
    """Blocks in reading order: headers, the text with its tables, footnotes, footers.

    Args:
        page: for its size, ruling lines and, where needed, its raster.
        lines: lines or fragments of lines in page pixels, in any order.

    Returns:
        Blocks that together say every word of ``lines`` once. Their boxes lie within the page.
    """
    width, height = page.size
    inked = [_within(line, width, height) for line in lines if line.text.strip()]
    if not inked:
        return ()
    inked = with_fonts(page, sorted(inked, key=_place))
    view = view_of(page, inked)
    if view is None:
        return with_direction(_blocks(page, inked))
    seen = _blocks(view.page, sorted(map(view.line, inked), key=_place))
    return with_direction([view.block(block) for block in seen])


def _blocks(page: InputPage, inked: Sequence[Line]) -> tuple[Block, ...]:
    """Blocks of ``inked``, lines that say something and are sorted by their places."""
    width, height = page.size
    tables, rest = find_tables(page, inked)
    tight, roomy = boxes_are_tight(inked), roominess(inked)
    pieces = [measure(line, tight=tight, roomy=roomy) for line in rest or inked]
    scale = scale_of(pieces, width, height, tight=tight, roomy=roomy)
    boxes = [line.box for line in inked]
    rules = page_rules(page, median(box.height for box in boxes)).clear_of(boxes).across(width)
    pieces = with_listings(with_marks(with_initials(assemble(rest, scale), scale)), scale)
    sorted_out = set_apart([*pieces, *(_placed(table, scale) for table in tables)], scale, [rule.at for rule in rules])
    joiner = Joiner(line.text for line in inked)
    drafts = [
        *(Draft(Category.PAGE_HEADER, [_alone(piece, scale)]) for piece in down_columns(sorted_out.headers, scale)),
        *run_on(_drafts(sorted_out.body, scale, rules, ToldBlocks(page.headings(), page.items()))),
        *(Draft(Category.PAGE_FOOTER, [_alone(piece, scale)]) for piece in down_columns(sorted_out.footers, scale)),
    ]
    return tuple(block_of(draft, joiner) for draft in drafts)


def _place(line: Line) -> tuple[float, float, float, float, str]:
    """Where and what a line is, so that the order in which an engine found the lines does not matter."""
    return line.box.y0, line.box.x0, line.box.y1, line.box.x1, line.text


def _within(line: Line, width: float, height: float) -> Line:
    box = line.box
    if box.x0 >= 0 and box.y0 >= 0 and box.x1 <= width and box.y1 <= height:
        return line
    words = tuple(msgspec.structs.replace(word, box=word.box.clamped(width, height)) for word in line.words)
    return msgspec.structs.replace(line, box=box.clamped(width, height), words=words)


def _placed(table: FoundTable, scale: Scale) -> Piece:
    """A table as one piece, so that it finds its place in the reading order."""
    return Piece(Line("", table.box), scale.size, table.box.y1, table)


def _alone(piece: Piece, scale: Scale) -> Group:
    return Group(Column.of([piece], scale), 0, [piece])


def _drafts(body: Sequence[Piece], scale: Scale, rules: Sequence[Rule], told: ToldBlocks) -> list[Draft]:
    bold = sum(len(piece.text) for piece in body if piece.bold) > 0.5 * sum(len(piece.text) for piece in body)
    text: list[Draft] = []
    notes: list[Draft] = []
    heights = [rule.at for rule in rules]
    for lines in columns(body, scale, rules):
        found = list(told.parted(groups(Column.of(lines, scale))))
        count = footnotes.count_of(found, scale, heights)
        text += [Draft(kind_of(group, scale, bold_body=bold), [group]) for group in found[: len(found) - count]]
        notes += [Draft(Category.FOOTNOTE, [group]) for group in footnotes.parted(found[len(found) - count :])]
    name_entries(text)
    _rank([draft for draft in text if draft.category is Category.SECTION_HEADER], scale)
    name_authors(text)
    told.name(text)
    _nest(text, scale)
    return text + notes


def _rank(headings: Sequence[Draft], scale: Scale) -> None:
    title = title_of([draft.parts[0] for draft in headings], scale)
    sections = [draft for draft in headings if draft.parts[0] is not title]
    for draft in headings:
        if draft.parts[0] is title:
            draft.category = Category.TITLE
    for draft, level in zip(sections, levels([draft.parts[0] for draft in sections]), strict=True):
        draft.level = level


def _nest(drafts: Sequence[Draft], scale: Scale) -> None:
    """Levels of list items: an item set further in than the one before it is one deeper, if it does not stand beside it."""
    indents: list[float] = []
    level = 0.0
    for draft in drafts:
        if draft.category is not Category.LIST_ITEM:
            indents.clear()
            continue
        first = draft.parts[0].lines[0]
        if indents and abs(first.base - level) < 0.3 * scale.size:
            draft.level = len(indents) - 1
            continue
        level = first.base
        x = first.box.x0 - draft.parts[0].column.left
        while indents and indents[-1] > x + 0.5 * scale.size:
            indents.pop()
        if not indents or x > indents[-1] + 0.5 * scale.size:
            indents.append(x)
        draft.level = len(indents) - 1
