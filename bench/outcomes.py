"""Whether what was exported of a page is what stands there. Pure; measures are those of `ocroute.compare.measures`.

A block or cell is *lost* where less than half of its letters can be found again in the text, each stretch of text being found
once, and something is *invented* where ``STRAY`` letters or more in a row are left over that stand for nothing on the page.
Misread letters are neither.
"""

from __future__ import annotations

import html
import re
from collections import Counter
from statistics import median

import msgspec
from bench.pages.truth import Flow
from rapidfuzz import fuzz

from ocroute.compare.measures import NORMALISATIONS, word_order, word_overlap

STRAY = 14
ALIKE = 60  # of 100, from which a stretch of the text is a line of the page, misread
WORDS_FOR_ORDER = 6
GONE = "\x01"
READ_TOO = 80  # of 100, from which what need not be read was read

_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_TAGS = re.compile(r"</?[a-zA-Z][^<>]*>")
_RAISED = re.compile(r"<sup>\s*(.*?)\s*</sup>|\[\^(\w+)\]:?|\$\s*\^\{?(\w+)\}?\s*\$", re.DOTALL)
_LINK = re.compile(r"!?\[([^\[\]]*)\]\([^()\s]*(?:\s\"[^\"]*\")?\)")
_ESCAPED = re.compile(r"\\([!-/:-@\[-`{-~])")
_MARKS = re.compile(r"^\s*(?:#{1,6}|[-*+>]|\||```\w*)\s+|^\s*```\w*\s*$|\s*\\$", re.MULTILINE)
_EMPHASIS = re.compile(r"(\*{1,3}|~~|`+)(?=\S)((?:(?!\n\s*\n).)+?)(?<=\S)\1", re.DOTALL)
_CODE = re.compile(
    r"^(`{3,})[^\n]*\n(.*?)^\1[ \t]*$|(?<![`\\])(`+)(?!`)((?:(?!\n\s*\n).)+?)(?<!`)\3(?!`)", re.MULTILINE | re.DOTALL
)
_HELD = {chr(0xE000 + code): chr(code) for code in range(0x80)}
"""Stand for escaped signs, and for those of listings, while marks are looked for."""
_LEADERS = re.compile(r"(?:\.\s?){3,}|…+|_{3,}|[•●◦·]")
_NUMBER = re.compile(r"\d(?:[.,:/]?\d)*")
_HIGH = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹", "0123456789")
_HIGH_FIGURES = re.compile("[⁰¹²³⁴⁵⁶⁷⁸⁹]+")


class Outcome(msgspec.Struct, frozen=True, omit_defaults=True):
    """What became of a page.

    Attributes:
        recall: of words, whatever their order.
        tau: of the order of words that stand once on either side.
        lost, invented: blocks and cells; the first few of them as they are printed.
        numbers, misread: numbers on the page, and those of them that the text does not have.
        added: numbers that only the text has.
    """

    recall: float
    tau: float
    lost: list[str] = []
    invented: list[str] = []
    numbers: int = 0
    misread: int = 0
    added: int = 0

    def grossly_wrong(self, *, own_text: bool) -> list[str]:
        """Why a reader would call it wrong at first sight; ``own_text`` of a PDF has its numbers to the digit."""
        reasons = {
            "lost": bool(self.lost),
            "invented": bool(self.invented),
            "order": self.tau < 0.9,
            "recall": self.recall < 0.9,
            "number": own_text and bool(self.misread or self.added),
        }
        return [name for name, holds in reasons.items() if holds]

    @property
    def good(self) -> bool:
        """Whether the page should be accepted."""
        return self.recall >= 0.98 and self.tau >= 0.95


def outcome(flows: list[Flow], markdown: str) -> Outcome:
    """Compare a page's truth with its Markdown."""
    said = spoken(markdown)
    needed = [flow for flow in flows if flow.needed]
    spare = " ".join(_text(flow) for flow in flows if not flow.needed)
    wanted = " ".join(map(_text, needed))
    found = word_overlap(_plain(wanted), said, "typography")
    lost, stray = _search(flows, said)
    numbers, read, known = (
        Counter(_NUMBER.findall(text)) for text in (_plain(wanted), said, _plain(f"{wanted} {spare}"))
    )
    return Outcome(
        found.recall, _tau(needed, said), lost, stray, numbers.total(), (numbers - read).total(), (read - known).total()
    )


def spoken(markdown: str) -> str:
    """What Markdown says, without its marks: raised figures after a ^, cells apart."""
    held = _CODE.sub(lambda found: _hold(found.group(2) or found.group(4)), markdown)
    held = _ESCAPED.sub(lambda found: _hold(found.group(1)), held)
    text = _COMMENT.sub(" ", held)
    text = _RAISED.sub(lambda found: "^" + next(filter(None, found.groups()), ""), text)
    text = _MARKS.sub("", _LINK.sub(r"\1", _TAGS.sub(" ", re.sub(r"</?(?:b|i|em|strong|u|s|del|sub)>", "", text))))
    text = html.unescape(_EMPHASIS.sub(r"\2", text))
    return _plain(text.translate(str.maketrans(_HELD)))


def _hold(text: str) -> str:
    return re.sub(r"[!-/:-@\[-`{-~]", lambda found: chr(0xE000 + ord(found.group())), text)


def _plain(text: str) -> str:
    """Words only: leaders and lone signs say nothing."""
    text = _LEADERS.sub(" ", _HIGH_FIGURES.sub(lambda found: "^" + found.group().translate(_HIGH), text))
    text = re.sub(r"\^\^", "^", NORMALISATIONS["typography"](text))
    return " ".join(word for word in text.split() if any(sign.isalnum() for sign in word))


def _text(flow: Flow) -> str:
    return " ".join(line for block in flow.blocks for line in block)


def ordered_truth(flows: list[Flow], said: str) -> str:
    """What stands on a page, as `spoken` would say it, in the order that fits ``said`` best among those that are right.

    Flows of one rank are taken as they come in the text; those that may be read at any place, where they come. What need not be
    read counts if it was.
    """
    ranked = list[tuple[int, float, str]]()
    anywhere = list[tuple[float, str]]()
    for flow, place, plain in _placed(flows, said):
        if flow.rank >= 0:
            ranked.append((flow.rank, place, plain))
        elif flow.needed or fuzz.partial_ratio(plain, said) >= READ_TOO:
            anywhere.append((place, plain))
    ranked.sort()
    for place, plain in sorted(anywhere):
        at = next((at for at, (_, other, _) in enumerate(ranked) if other > place), len(ranked))
        ranked.insert(at, (ranked[at - 1][0] if at else 0, place, plain))
    return " ".join(plain for *_, plain in ranked)


def _placed(flows: list[Flow], said: str) -> list[tuple[Flow, float, str]]:
    """Each flow that says something, with the median place of its words in the text and with its words."""
    place = {word: at for at, word in enumerate(said.split())}
    told = ((flow, _plain(_text(flow))) for flow in flows)
    return [
        (flow, median([place[word] for word in plain.split() if word in place] or [0]), plain)
        for flow, plain in told
        if plain
    ]


def _tau(flows: list[Flow], said: str) -> float:
    """Of the order that fits best among those that are right: flows of one rank are taken as they come in the text."""
    ranked = sorted((flow.rank, place, plain) for flow, place, plain in _placed(flows, said) if flow.rank >= 0)
    order = word_order(" ".join(plain for *_, plain in ranked), said, "typography")
    return order.tau if order.matched >= WORDS_FOR_ORDER else 1.0


def _search(flows: list[Flow], said: str) -> tuple[list[str], list[str]]:
    """Blocks of which less than half was found, and what was left over.

    Whole blocks are looked for first, then lines, then lines misread. What the count of words contradicts is neither lost nor
    left over: sentences that come twice are found in another order.
    """
    blocks = [
        ((at, number), [plain for line in block if (plain := _plain(line).casefold())])
        for at, flow in enumerate(flows)
        for number, block in enumerate(flow.blocks)
    ]
    parts = [(key, [" ".join(lines)]) for key, lines in blocks if lines]
    hay = f" {said.casefold()} "
    counts = Counter(hay.split()), Counter(word for _, lines in blocks for line in lines for word in line.split())
    seen = Counter[tuple[int, int]]()
    for split in (True, False):
        missing = []
        for key, (text, *_) in sorted(parts, key=lambda part: -len(part[1][0])):
            place = hay.find(f" {text} ")
            if place < 0:
                missing.append((key, text))
                continue
            hay = f"{hay[:place]} {GONE} {hay[place + len(text) + 2 :]}"
            seen[key] += len(text)
        if split:
            apart = {key for key, _ in missing}
            parts = [(key, [line]) for key, lines in blocks if key in apart for line in lines]
    for key, text in missing:
        found = fuzz.partial_ratio_alignment(text, hay, score_cutoff=ALIKE) if len(text) < len(hay) else None
        if found is None:
            continue
        cut = re.sub(rf"[^{GONE}]+", " ", hay[found.dest_start : found.dest_end])
        hay = f"{hay[: found.dest_start]} {cut or GONE}{GONE} {hay[found.dest_end :]}"
        seen[key] += len(text)
    said_alone, printed_alone = counts[0] - counts[1], counts[1] - counts[0]
    lost = [
        " ".join(flows[key[0]].blocks[key[1]])[:60]
        for key, lines in blocks
        if flows[key[0]].needed
        and 2 * seen[key] < len(" ".join(lines))
        and _share(" ".join(lines).split(), printed_alone) >= 0.5
    ]
    left = (" ".join(part.split()) for part in hay.split(GONE))
    stray = [
        part[:60]
        for part in left
        if sum(sign.isalnum() for sign in part) >= STRAY and " " in part and _share(part.split(), said_alone) >= 0.5
    ]
    return lost, stray


def _share(words: list[str], among: Counter[str]) -> float:
    """How much of the letters of ``words`` is in words of ``among``."""
    letters = sum(map(len, words))
    return sum(len(word) for word in words if among[word]) / letters if letters else 0.0
