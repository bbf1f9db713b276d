"""How well lines come out in the order of reading, and whether wrong orders are seen: pages of forty arrangements.

    python -m bench.order [--half tune|report] [--seeds 4] [--only NAME] [--show] [--json FILE]

The layout gets the true lines of a page, shuffled, as a text layer has them. Scored is Kendall's tau over the words of its
blocks, by arrangement, and the share of words that would have to be moved.
Limits were set with ``--half tune``; the report half has other sentences, names, fonts and chances.
"""

from __future__ import annotations

import bisect
import random
import sys
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any

from bench.pages.arrangements import ARRANGEMENTS, draw
from bench.pages.canvas import Sheet

from bench import harness
from ocroute.compare.measures import Interval, Order, order, wilson
from ocroute.engines.base import EngineInfo, Reading, Task
from ocroute.judge.checks.order import ReadingOrder
from ocroute.layout.arrange import arrange
from ocroute.values import Block, Category, Line

RIGHT_ORDER = 0.95
"""Tau from which a page counts as read in order."""

LEAST, HARM = 0.02, 0.1
"""Shares of words out of place: below the first an order is right, from the second on it is wrong and has to be found."""

Place = tuple[str, float, float]


def words_of(lines: Sequence[Line]) -> Iterator[Place]:
    """The words of lines, known by where they stand."""
    for line in lines:
        for word in line.words:
            yield word.text, round(word.box.x0), round(word.box.y0)


def written(blocks: Sequence[Block]) -> Iterator[Place]:
    """The words of blocks as they are exported: those of tables cell by cell."""
    for block in blocks:
        if block.table is None:
            yield from words_of(block.lines)
            continue
        left = list(words_of(block.lines))
        for cell in sorted(block.table.cells, key=lambda cell: (cell.row, cell.column)):
            for text in cell.text.split():
                near = [place for place in left if place[0] == text]
                if near:
                    box = cell.box
                    found = min(near, key=lambda p: abs(p[1] - box.x0) + 2 * abs(p[2] - box.y0)) if box else near[0]
                    left.remove(found)
                    yield found


def out_of_place(truth: Sequence[Place], found: Sequence[Place]) -> int:
    """How many words of ``found`` would have to be moved."""
    at = {place: index for index, place in enumerate(truth)}
    tails: list[int] = []  # of the longest rising sequences of each length, the lowest end
    places = [at[place] for place in found if place in at]
    for place in places:
        index = bisect.bisect_left(tails, place)
        tails[index : index + 1] = [place]
    return len(places) - len(tails)


def shuffled(lines: Sequence[Line], seed: int) -> list[Line]:
    mixed = list(lines)
    random.Random(seed).shuffle(mixed)
    return mixed


def _sheets(half: str, seeds: range, only: Sequence[str]) -> Iterator[tuple[str, int, Sheet]]:
    """Every arrangement with every seed; one whose font is not here is named and left out."""
    for name in only or ARRANGEMENTS:
        for seed in seeds:
            try:
                yield name, seed, draw(name, half, seed)
            except FileNotFoundError as error:
                print(f"NOT MEASURED: {name} {seed}: {error}", file=sys.stderr)


def measure(half: str, seeds: range, only: Sequence[str], *, show: bool) -> dict[str, Any]:
    """Tau by arrangement."""
    taus: dict[str, list[Order]] = defaultdict(list)
    moved: dict[str, list[float]] = defaultdict(list)
    seconds = 0.0
    for name, seed, sheet in _sheets(half, seeds, only):
        page, lines = sheet.page(), shuffled(sheet.lines, seed)
        started = time.process_time()
        blocks = arrange(page, lines)
        seconds += time.process_time() - started
        truth, read = list(words_of(sheet.lines)), list(written(blocks))
        found, away = order(truth, read), out_of_place(truth, read)
        taus[name].append(found)
        moved[name].append(away / len(truth))
        if show and away:
            print(f"-- {name} {seed}: tau {found.tau:.3f}, {away} of {len(truth)} words out of place")
            print(*(f"   {block.category}: {block.text[:100]!r}" for block in blocks), sep="\n")
    pages = [found for every in taus.values() for found in every]
    right = sum(found.tau >= RIGHT_ORDER for found in pages)
    sure = wilson(right, len(pages))
    return {
        "half": half,
        "seeds": [seeds.start, seeds.stop - 1],
        "pages": len(pages),
        "tau": sum(pages, Order()).tau,
        "mean_tau": sum(found.tau for found in pages) / len(pages),
        "pages_in_order": right,
        "pages_in_order_interval": [sure.low, sure.high],
        "pages_with_all_words_in_place": sum(not share for every in moved.values() for share in every),
        "ms_per_page": 1000 * seconds / len(pages),
        "arrangements": {
            name: {
                "tau": sum(every, Order()).tau,
                "worst": min(found.tau for found in every),
                "moved": max(moved[name]),
            }
            for name, every in taus.items()
        },
    }


def wrongly(lines: Sequence[Line], rng: random.Random) -> Iterator[tuple[str, list[Line]]]:
    """The true lines in wrong orders: read across, the second half first, a block elsewhere, the lines of two blocks in turn."""
    yield "across", sorted(lines, key=lambda line: (round(line.box.y0 / 12), line.box.x0))
    middle = len(lines) // 2
    yield "halves", [*lines[middle:], *lines[:middle]]
    size = max(3, len(lines) // 6)
    at, to = rng.randrange(max(1, len(lines) - size)), rng.randrange(max(1, len(lines) - size))
    rest = [*lines[:at], *lines[at + size :]]
    yield "moved", [*rest[:to], *lines[at : at + size], *rest[to:]]
    two = [line for pair in zip(lines[at : at + size], lines[at + size : at + 2 * size], strict=False) for line in pair]
    yield "in turn", [*lines[:at], *two, *lines[at + len(two) :]] if len(two) > 5 else list(lines)


def as_reading(lines: Sequence[Line]) -> Reading:
    return Reading(blocks=tuple(Block(Category.TEXT, line.text, line.box, lines=(line,)) for line in lines))


def measure_check(half: str, seeds: range, only: Sequence[str], *, show: bool) -> dict[str, Any]:
    """How often the check finds wrong orders, and how often it speaks of right ones: the truth's and the layout's."""
    task, engine = Task(), EngineInfo(kind="ocr", rank=1)
    found: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    alarms: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    seconds, asked = 0.0, 0
    for name, seed, sheet in _sheets(half, seeds, only):
        page, truth = sheet.page(), list(words_of(sheet.lines))
        read = Reading(blocks=arrange(page, shuffled(sheet.lines, seed)))
        cases = [("truth", as_reading(sheet.lines)), ("layout", read)]
        cases += [(how, as_reading(lines)) for how, lines in wrongly(sheet.lines, random.Random(seed))]
        for how, reading in cases:
            started = time.process_time()
            finding = ReadingOrder().check(page, reading, engine=engine, task=task)
            seconds, asked = seconds + time.process_time() - started, asked + 1
            away = out_of_place(truth, list(written(reading.blocks)))
            if away < LEAST * len(truth):
                tally = alarms[name]
            elif away >= HARM * len(truth):
                tally = found[how]
            else:
                continue
            tally[0] += finding is not None
            tally[1] += 1
            if show and (finding is not None) != (tally is found[how]):
                print(f"-- {name} {seed} {how}: {away / len(truth):.1%} away, {finding and finding.sentence}")
    right, wrong = (tuple(map(sum, zip(*every.values(), strict=True))) for every in (alarms, found))
    return {
        "right_orders": right[1],
        "false_alarms": right[0],
        "false_alarms_interval": list(vars_of(wilson(right[0], right[1]))),
        "wrong_orders": wrong[1],
        "recall": wrong[0] / max(1, wrong[1]),
        "recall_interval": list(vars_of(wilson(wrong[0], wrong[1]))),
        "found": {how: f"{good}/{count}" for how, (good, count) in sorted(found.items())},
        "alarms": {name: f"{bad}/{count}" for name, (bad, count) in alarms.items() if bad},
        "ms_per_reading": 1000 * seconds / max(1, asked),
    }


def vars_of(sure: Interval) -> tuple[float, float]:
    return sure.low, sure.high


def main() -> None:
    parser = harness.arguments(__doc__, record="order")
    parser.add_argument("--half", choices=("tune", "report"), default="report")
    parser.add_argument("--seeds", type=int, default=4, help="pages of each arrangement")
    parser.add_argument("--first", type=int, default=0, help="the first seed")
    parser.add_argument("--only", action="append", default=[], choices=tuple(ARRANGEMENTS))
    parser.add_argument("--show", action="store_true", help="print pages that come out in a wrong order")
    options = parser.parse_args()
    seeds = range(options.first, options.first + options.seeds)
    result = measure(options.half, seeds, options.only, show=options.show)
    for name, row in result["arrangements"].items():
        print(f"{name:28} tau {row['tau']:.3f}  worst {row['worst']:.3f}  moved {row['moved']:.1%}")
    print(*(f"{name} {value}" for name, value in result.items() if name != "arrangements"), sep="\n")
    check = measure_check(options.half, seeds, options.only, show=options.show)
    print(*(f"check: {name} {value}" for name, value in check.items()), sep="\n")
    harness.write(options.json, {**result, "check": check})


if __name__ == "__main__":
    main()
