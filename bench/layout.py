"""How well lines become blocks in reading order: drawn articles of one to three columns, by their own lines and through OCR.

    python -m bench.layout [--seeds 8] [--scan rapidocr] [--json FILE]

The layout gets the lines of a page in an arbitrary order: the true ones as a text layer has them, and with ``--scan`` those that
an engine reads. Scored are the order of the lines of the text (Kendall's tau, and the share of pages without any pair in the
wrong order), what became of headings and of running heads and page numbers, and whether every word is still there.
"""

from __future__ import annotations

import random
import sys
import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from bench.pages.articles import BODY, FURNITURE, HEADING, TITLE, Article, article

from bench import harness
from ocroute.compare.measures import Order, Overlap, line_order, matches, wilson, word_overlap
from ocroute.engines.base import ENGINES, Task
from ocroute.layout.arrange import arrange
from ocroute.pages.page import InputPage
from ocroute.values import Block, Category, Line

FIRST = 500
"""The seed from which on no page was looked at while limits of the layout were set."""

ROLES = {
    "headings": ((HEADING, TITLE), (Category.SECTION_HEADER, Category.TITLE)),
    "furniture": ((FURNITURE,), (Category.PAGE_HEADER, Category.PAGE_FOOTER)),
}


@dataclass
class Scores:
    """Of some pages together."""

    pages: int = 0
    in_order: int = 0
    order: Order = field(default_factory=Order)
    words: Overlap = field(default_factory=Overlap)
    roles: dict[str, Overlap] = field(default_factory=lambda: defaultdict(Overlap))
    seconds: float = 0.0

    def add(self, truth: Article, given: Sequence[Line], blocks: Sequence[Block]) -> None:
        """One page's."""
        rows = [(line.text, block.category) for block in blocks for line in block.lines]
        order = line_order(truth.of(BODY, HEADING), [text for text, _ in rows])
        self.pages += 1
        self.in_order += not order.discordant
        self.order += order
        self.words += word_overlap(" ".join(line.text for line in given), " ".join(text for text, _ in rows))
        for name, (roles, categories) in ROLES.items():
            wanted = truth.of(*roles)
            found = [text for text, category in rows if category in categories]
            self.roles[name] += Overlap(len(matches(wanted, found)), len(wanted), len(found))

    def record(self) -> dict[str, Any]:
        """For the evidence."""
        sure = wilson(self.in_order, self.pages)
        roles = {name: {"precision": seen.precision, "recall": seen.recall} for name, seen in self.roles.items()}
        return {
            "pages": self.pages,
            "tau": self.order.tau,
            "lines_matched": self.order.matched,
            "pages_in_order": self.in_order,
            "pages_in_order_interval": [sure.low, sure.high],
            **roles,
            "words_kept": self.words.recall,
            "words_added": 1 - self.words.precision,
            "ms_per_page": 1000 * self.seconds / max(1, self.pages),
        }


def lines_of(page: InputPage, truth: Article, engine: Any, seed: int) -> list[Line]:
    """In an arbitrary order."""
    read = truth.sheet.lines if engine is None else engine.read_page(page, Task(languages=("en",))).lines
    lines = list(read)
    random.Random(seed).shuffle(lines)
    return lines


def measure(medium: str, seeds: range) -> dict[str, Any]:
    """Scores by number of columns, and of all."""
    engine = None if medium == "lines" else ENGINES.load(medium)(Task(languages=("en",)))
    result = {}
    for columns in (1, 2, 3):
        scores = Scores()
        for seed in seeds:
            truth = article(columns, seed)
            page = truth.sheet.page()
            lines = lines_of(page, truth, engine, seed)
            started = time.process_time()
            blocks = arrange(page, lines)
            scores.seconds += time.process_time() - started
            scores.add(truth, lines, blocks)
        result[f"{columns} column{'s' * (columns > 1)}"] = row = scores.record()
        print(f"{medium:10} {columns} columns", *(f"{name} {shown(value)}" for name, value in row.items()), flush=True)
    return result


def shown(value: Any) -> str:
    return np.array2string(np.asarray(value), precision=3) if isinstance(value, (float, list)) else str(value)


def main() -> None:
    parser = harness.arguments(__doc__, record="layout")
    parser.add_argument("--seeds", type=int, default=8, help="pages of each number of columns")
    parser.add_argument("--first", type=int, default=FIRST, help="the first seed")
    parser.add_argument("--scan", action="append", default=[], help="an engine that reads the pages as pictures")
    options = parser.parse_args()
    seeds = range(options.first, options.first + options.seeds)
    media = {medium: measure(medium, seeds) for medium in ("lines", *options.scan)}
    harness.write(options.json, {"seeds": [seeds.start, seeds.stop - 1], "media": media})


if __name__ == "__main__":
    sys.exit(main())
