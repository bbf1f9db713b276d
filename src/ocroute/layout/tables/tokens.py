"""Words with their place in the lines they came from, so that every word can be given back."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from itertools import groupby
from statistics import median

import msgspec

from ocroute.layout.hyphens import is_cjk
from ocroute.values import Box, Line, Word

RULE_READ_AS_TEXT = re.compile(r"[|¦‖_]+")
LEADER = re.compile(r"(?:[.·…‥_]\s?){4,}|(?:\s[.·]){3,}|…+")


class Token(msgspec.Struct, frozen=True, eq=False):
    """One word of a line.

    Attributes:
        ink: the box without a dot leader at the end of the word.
        line, index: which line, and which word of it.
        spaced: whether a space stands before it in its line.
        leader: whether it is no text but dots that lead the eye or a rule; it takes no room and is not in a cell's text.
        upended: whether its line runs up or down the page; such lines are no rows.
        turned: degrees counter-clockwise by which its line is turned, as far as is known.
        bold: whether it is set bold, as far as is known.
    """

    text: str
    box: Box
    ink: Box
    line: int
    index: int
    spaced: bool
    leader: bool
    upended: bool
    word: Word
    bold: bool = False
    turned: int = 0

    @property
    def middle(self) -> float:
        """Pixels from the page's top to the middle of the word."""
        return (self.box.y0 + self.box.y1) / 2


class Scale(msgspec.Struct, frozen=True):
    """What is large and small here: medians over the words, in pixels."""

    height: float
    char: float

    @staticmethod
    def of(tokens: Sequence[Token]) -> Scale:
        """The scale of ``tokens`` (at least one)."""
        long = [t for t in tokens if len(t.text) >= 2 and not t.leader] or list(tokens)
        return Scale(
            max(1.0, median(t.box.height for t in long)), max(0.5, median(t.ink.width / len(t.text) for t in long))
        )


def words_of(line: Line) -> tuple[Word, ...]:
    """The words of a line; where the engine gives none, the text is cut at spaces and the box shared out by letters."""
    if line.words:
        return line.words
    box, count = line.box, max(1, len(line.text))
    return tuple(
        Word(
            match.group(),
            Box(box.x0 + box.width * match.start() / count, box.y0, box.x0 + box.width * match.end() / count, box.y1),
            line.confidence,
        )
        for match in re.finditer(r"\S+", line.text)
    )


def tokens_of(lines: Sequence[Line]) -> list[Token]:
    """Every word of every line that has any text, ordered by place, so that the order of ``lines`` does not matter."""
    tokens: list[Token] = []
    for number, line in enumerate(lines):
        at, words = 0, words_of(line)
        upended = len(line.text) >= 3 and line.box.height > 2 * line.box.width
        for index, word in enumerate(words):
            text = word.text.strip()
            found = line.text.find(text, at)
            spaced = index == 0 or found < 0 or found > at
            at = found + len(text) if found >= 0 else at
            if text:
                beside = [w.text.strip() for w in words[max(0, index - 1) : index + 2]]
                leader = is_leader(text) or (text == "." and beside.count(".") >= 2)
                ink = Box(word.box.x0, word.box.y0, word.box.x0, word.box.y1) if leader else _ink(text, word.box)
                bold = (line.font is not None and line.font.bold) or any(span.style == "bold" for span in word.spans)
                tokens.append(
                    Token(text, word.box, ink, number, index, spaced, leader, upended, word, bold, line.angle)
                )
    return sorted(tokens, key=lambda t: (t.box.y0, t.box.x0, t.box.y1, t.box.x1, t.text))


def _ink(text: str, box: Box) -> Box:
    """The part of a word's box that is not dot leader."""
    match = LEADER.search(text)
    if match is None:
        return box
    start, end = match.span()
    if start == 0:
        share = end / len(text) if end < len(text) else 0.0
        return Box(box.x0 + box.width * share, box.y0, box.x1, box.y1)
    return Box(box.x0, box.y0, box.x0 + box.width * start / len(text), box.y1)


def is_leader(text: str) -> bool:
    """Whether a word is nothing but dots that lead the eye, or a ruling line that an engine took for a letter."""
    if RULE_READ_AS_TEXT.fullmatch(text):
        return True
    return not text.strip(".·…‥_ ") and (len(text) >= 2 or text == "…")


def join(tokens: Iterable[Token]) -> str:
    """The text of a cell's words, already in reading order; dot leaders are left out, hyphens at line ends resolved."""
    out = ""
    before: Token | None = None
    for token in tokens:
        text = LEADER.sub(" ", token.text).strip()
        if not text or token.leader:
            continue
        if before is None:
            out = text
        elif before.line == token.line:
            apart = token.spaced or token.index != before.index + 1
            out += " " + text if apart else text
        elif token.box.y0 > before.middle and re.search(r"[^\W\d_]-$", out) and text[:1].islower():
            out = out[:-1] + text
        else:
            out += text if is_cjk(out[-1:]) and is_cjk(text[:1]) else " " + text
        before = token
    return out


def pieces(lines: Sequence[Line], taken: Iterable[Token]) -> tuple[Line, ...]:
    """The lines, or parts of lines, that hold exactly the words in ``taken``; a line taken whole stays the same object."""
    out: list[Line] = []
    chosen = sorted(taken, key=lambda t: (t.line, t.index))
    for number, group in groupby(chosen, key=lambda t: t.line):
        line, mine = lines[number], list(group)
        if len(mine) == sum(1 for w in words_of(line) if w.text.strip()):
            out.append(line)
            continue
        # Words with others between them are separate pieces: a part of a line must not reach over a table's cell.
        for _, run in groupby(enumerate(mine), key=lambda pair: pair[1].index - pair[0]):
            words = [t for _, t in run]
            text = words[0].text + "".join((" " if t.spaced else "") + t.text for t in words[1:])
            box = Box.around(t.box for t in words)
            out.append(Line(text, box, line.confidence, tuple(t.word for t in words), line.font))
    return tuple(out)
