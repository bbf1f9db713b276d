"""How well running heads and page numbers are told from the text: drawn documents of several pages, and single pages without any.

    python -m bench.furniture [--seeds 10] [--json FILE]

A document goes the whole way that headers and footers take: each page is laid out by itself, then they are settled over all of
them. Scored by kind of running head: how many of the lines that repeat or count over the pages are set aside (recall), and how
many lines of the text are set aside wrongly (lost), of which many stand in the margins on purpose. Single pages have nothing to
set aside but a bare page number.
"""

from __future__ import annotations

import random
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from bench.pages.canvas import ArrayPage, Sheet, wrap
from bench.pages.kinds import HEIGHT, WIDTH, Press
from PIL import Image, ImageFont

from bench import harness
from ocroute.compare.measures import wilson
from ocroute.document.model import Page, Verdict
from ocroute.layout.arrange import arrange
from ocroute.run.records import laid_out_across, pack, unpack

FIRST = 800
"""The seed from which on no document was looked at while the layout was made."""

LEFT, RIGHT, TOP, BOTTOM = 110, WIDTH - 110, 170, HEIGHT - 160
HEAD, FOOT = 80, HEIGHT - 90
ROMAN = ("i", "ii", "iii", "iv", "v", "vi", "vii", "viii", "ix", "x", "xi", "xii", "xiii", "xiv", "xv", "xvi", "xvii")
BLANK = np.full((HEIGHT, WIDTH, 3), 255, np.uint8)


@dataclass
class Leaf:
    """A page and which of its lines are furniture."""

    sheet: Sheet
    furniture: list[str] = field(default_factory=list)
    text: list[str] = field(default_factory=list)

    def body(self, x: float, y: float, text: str, font: ImageFont.FreeTypeFont) -> None:
        """A line of the text."""
        self.sheet.write(x, y, text, font)
        self.text.append(text)

    def margin(self, side: str, y: float, text: str, font: ImageFont.FreeTypeFont) -> None:
        """A part of a running head or foot at the left, in the middle, or at the right."""
        width = font.getlength(text)
        x = {"left": float(LEFT), "middle": (WIDTH - width) / 2, "right": RIGHT - width}[side]
        self.sheet.write(x, y, text, font)
        self.furniture.append(text)


@dataclass
class Set:
    """What all pages of a document share."""

    press: Press
    book: str
    first: int
    small: ImageFont.FreeTypeFont

    def title(self, least: int = 3, most: int = 6) -> str:
        """Some words that no other page has."""
        words = self.press.prose(3).replace(".", "").replace(",", "").split()
        return " ".join(self.press.rng.sample(words, self.press.rng.randint(least, most))).capitalize()


Heads = Callable[[Set, Leaf, int], None]


def bare_numbers(made: Set, leaf: Leaf, index: int) -> None:
    leaf.margin("middle", FOOT, str(made.first + index), made.small)


def roman_numbers(made: Set, leaf: Leaf, index: int) -> None:
    leaf.margin("middle", FOOT, ROMAN[made.first % 8 + index], made.small)


def same_head(made: Set, leaf: Leaf, index: int) -> None:
    leaf.margin("middle", HEAD, made.book, made.small)
    leaf.margin("right", FOOT, f"Page {made.first + index} of {made.first + 12}", made.small)


def alternating(made: Set, leaf: Leaf, index: int) -> None:
    number, left = str(made.first + index), (made.first + index) % 2 == 0
    leaf.margin("left" if left else "right", HEAD, number, made.small)
    leaf.margin("middle", HEAD, made.book if left else f"{made.book[:12]} at sea", made.small)


def chapters(made: Set, leaf: Leaf, index: int) -> None:
    rng = random.Random(f"{made.press.seed} {index // 3}")
    if index % 3:  # a chapter's first page has no head
        leaf.margin("right", HEAD, f"{rng.choice(('Harbours', 'Lights', 'Pilots', 'Losses'))} of the North", made.small)
    leaf.margin("middle", FOOT, str(made.first + index), made.small)


def guide_words(made: Set, leaf: Leaf, index: int) -> None:
    leaf.margin("left", HEAD, made.title(2, 3), made.small)
    leaf.margin("right", HEAD, str(made.first + index), made.small)


def one_line(made: Set, leaf: Leaf, index: int) -> None:
    leaf.margin("right", HEAD, f"{made.book} {made.first + index}", made.small)


def page_of(made: Set, leaf: Leaf, index: int) -> None:
    leaf.margin("left", FOOT, made.book, made.small)
    leaf.margin("right", FOOT, f"{made.first + index}/{made.first + 15}", made.small)


def notice(made: Set, leaf: Leaf, index: int) -> None:
    leaf.margin("left", FOOT - 30, f"© 1921 {made.book}. All rights reserved.", made.small)
    leaf.margin("middle", FOOT, f"- {made.first + index} -", made.small)


def two_lines(made: Set, leaf: Leaf, index: int) -> None:
    leaf.margin("left", HEAD - 26, made.book, made.small)
    leaf.margin("left", HEAD, "Office of the harbour, Northport", made.small)
    leaf.margin("right", HEAD, str(made.first + index), made.small)


def journal(made: Set, leaf: Leaf, index: int) -> None:
    if index:
        leaf.margin("left", HEAD, "E. Brandt et al.", made.small)
        leaf.margin("right", HEAD, f"{made.book} 12 (1921) {made.first}", made.small)
    leaf.margin("middle", FOOT, str(made.first + index), made.small)


def nothing(made: Set, leaf: Leaf, index: int) -> None:
    """Text only."""


KINDS: dict[str, Heads] = {
    heads.__name__: heads
    for heads in (
        bare_numbers, roman_numbers, same_head, alternating, chapters, guide_words, one_line, page_of, notice, two_lines,
        journal, nothing,
    )
}  # fmt: skip


def document(heads: Heads, seed: int, count: int) -> list[Leaf]:
    """So many pages; the same seed gives the same."""
    press = Press("report", 1000 * seed + sorted(KINDS).index(heads.__name__))
    rng = press.rng
    size = rng.randint(19, 24)
    made = Set(press, "", rng.randint(2, 300), press.font(rng.choice(("serif", "sans")), size - rng.randint(2, 4)))
    made.book = made.title()
    body = press.font(rng.choice(("serif", "sans")), size)
    bold = press.font("sans", size + rng.choice((0, 6, 14)))
    leaves = []
    for index in range(count):
        leaf = Leaf(Sheet("leaf", Image.new("RGB", (1, 1), "white")))
        _text(made, leaf, body, bold, index)
        heads(made, leaf, index)
        leaves.append(leaf)
    return leaves


def _text(made: Set, leaf: Leaf, body: ImageFont.FreeTypeFont, bold: ImageFont.FreeTypeFont, index: int) -> None:
    """Prose, and at the page's edges what is easily taken for furniture: headings, items, a sum, short lines."""
    rng, y = made.press.rng, float(TOP)
    opening = rng.choice(("prose", "prose", "heading", "numbered", "label"))
    if index == 0 or opening == "heading":
        leaf.body(LEFT, TOP - 50, made.title(), bold)
        y += 40
    elif opening == "numbered":
        leaf.body(LEFT, TOP - 40, f"{rng.randint(1, 9)}.", body)
        leaf.body(LEFT + 50, TOP - 40, made.title(2, 4), body)
        y += 30
    elif opening == "label":
        leaf.body(LEFT, TOP - 50, f"Exhibit {rng.randint(1, 99)}", body)
        y += 40
    ending = rng.choice(("prose", "prose", "item", "sum", "short", "signature"))
    end = BOTTOM if ending == "prose" else BOTTOM - 130
    while y < end:
        for row in wrap(made.press.prose(4), body, RIGHT - LEFT):
            if y > end:
                break
            leaf.body(LEFT, y, row, body)
            y += 1.3 * body.size
        y += 0.6 * body.size
    last = BOTTOM - 40
    if ending == "item":
        leaf.body(LEFT, last, f"{rng.randint(2, 9)}.", body)
        leaf.body(LEFT + 50, last, made.title(1, 2), body)
    elif ending == "sum":
        leaf.body(RIGHT - 300, last, f"Total due: {rng.randint(100, 999)}.00 EUR", body)
    elif ending == "short":
        leaf.body(LEFT, last, made.title(2, 3), body)
    elif ending == "signature":
        leaf.body(LEFT, last, made.title(2, 2), body)
        leaf.body(RIGHT - 250, last, made.title(2, 2), body)


def set_aside(leaves: Sequence[Leaf]) -> list[Counter[str]]:
    """The lines of each page that the default Markdown leaves out."""
    records = []
    for number, leaf in enumerate(leaves, 1):
        page = ArrayPage(BLANK, tuple(leaf.sheet.lines), ())
        blocks = arrange(page, leaf.sheet.lines)
        records.append(pack(Page("drawn", number, WIDTH, HEIGHT, Verdict("accepted", 1.0), blocks)))
    pages = [unpack(record.body) for record in laid_out_across(records)]
    return [Counter(w for b in page.blocks if b.category.is_furniture for w in b.text.split()) for page in pages]


@dataclass
class Scores:
    """Of some documents together, in lines; a line counts as set aside where all its words are."""

    furniture: int = 0
    found: int = 0
    text: int = 0
    lost: int = 0

    def add(self, leaves: Sequence[Leaf]) -> None:
        """One document's."""
        for leaf, aside in zip(leaves, set_aside(leaves), strict=True):
            left = Counter(aside)
            for line in leaf.furniture:
                words = Counter(line.split())
                self.furniture += 1
                if words <= left:
                    self.found += 1
                    left -= words
            self.text += len(leaf.text)
            self.lost += sum(1 for line in leaf.text if left and Counter(line.split()) <= left)

    def record(self) -> dict[str, Any]:
        """For the evidence."""
        sure = wilson(self.found, self.furniture) if self.furniture else None
        return {
            "furniture": self.furniture,
            "recall": self.found / self.furniture if self.furniture else None,
            "recall_interval": [sure.low, sure.high] if sure else None,
            "text": self.text,
            "lost": self.lost,
        }


def measure(seeds: range, least: int, most: int) -> dict[str, Any]:
    """Scores by kind, of documents of so many pages."""
    result: dict[str, Any] = {}
    every = Scores()
    for name, heads in KINDS.items():
        scores = Scores()
        for seed in seeds:
            count = random.Random(seed).randint(least, most)
            leaves = document(heads, seed, count)
            scores.add(leaves)
            every.add(leaves)
        result[name] = row = scores.record()
        print(f"{name:14}", *(f"{key} {value}" for key, value in row.items()), flush=True)
    result["all"] = row = every.record()
    print(f"{'all':14}", *(f"{key} {value}" for key, value in row.items()), flush=True)
    return result


def main() -> None:
    parser = harness.arguments(__doc__, record="furniture")
    parser.add_argument("--seeds", type=int, default=10, help="documents of each kind and length")
    parser.add_argument("--first", type=int, default=FIRST, help="the first seed")
    options = parser.parse_args()
    seeds = range(options.first, options.first + options.seeds)
    lengths = {"3 to 10 pages": (3, 10), "2 pages": (2, 2), "1 page": (1, 1)}
    found = {}
    for name, (least, most) in lengths.items():
        print(name)
        found[name] = measure(seeds, least, most)
    harness.write(options.json, {"seeds": [seeds.start, seeds.stop - 1], "documents": found})


if __name__ == "__main__":
    sys.exit(main())
