"""Handwriting: how much of it is refused or read right, whether the judge names it, and whether print is taken for it.

    python -m bench.handwriting [--half tune|report] [--pages N] [--engine NAME] [--jobs N] [--json FILE]

Pages in handwriting fonts, warped so that no letter is like the other, whole ones and printed forms filled in by hand; and
printed pages of many kinds, all worn. The report half has other hands, fonts and sentences than the half that limits were set on.
"""

from __future__ import annotations

from functools import cache, partial
from typing import Any

import numpy as np
from bench.pages.canvas import ArrayPage, Sheet
from bench.pages.handwritten import handwritten, mixed
from bench.pages.kinds import make
from bench.pages.wear import WEARS, photographed, worn
from bench.pool import in_processes
from msgspec.structs import replace

from bench import harness
from ocroute.compare.measures import wilson, word_overlap
from ocroute.engines.base import PageLimits, Task
from ocroute.judge import judge
from ocroute.layout.arrange import arrange
from ocroute.route.loaded_engines import LoadedEngines
from ocroute.route.readings import one_reading

PRINT = ("dense", "receipt", "form", "contents", "capitals", "two_column", "sparse")
MEDIA = ("office", "faded", "old", "fax", "photo")
GOOD = 0.98  # of the words
FIRST = 900  # seed of the first page


def on(sheet: Sheet, medium: str, seed: int) -> ArrayPage:
    """The page as a picture, without its text."""
    grey = np.asarray(sheet.image.convert("L"))
    picture = photographed(grey, seed) if medium == "photo" else worn(grey, WEARS[medium], seed)
    return ArrayPage(np.asarray(picture.convert("RGB")))


class Reader:
    """One engine and the judge, without another engine to turn to."""

    def __init__(self, name: str) -> None:
        self._task = Task(limits=PageLimits(threads=1))
        self._engine = LoadedEngines().get(name, self._task, lambda _: None)

    def read(self, sheet: Sheet, medium: str, seed: int) -> dict[str, Any]:
        """What came out: recall of the words, the codes of what refuses, the words of lines named as handwriting."""
        page = on(sheet, medium, seed)
        reading = one_reading(self._engine, page, self._task)
        reading = replace(reading, blocks=arrange(page, reading.lines))
        verdict = judge(page, reading, engine=self._engine.info, task=self._task)
        said = " ".join(line.text for line in reading.lines)
        truth = " ".join(line.text for line in sheet.lines)
        recall = word_overlap(truth.casefold(), said.casefold(), "typography").recall
        return {"recall": recall, "codes": [finding.code for finding in verdict.findings if finding.refuses]}


def share(rows: list[bool]) -> dict[str, Any]:
    ends = wilson(sum(rows), len(rows))
    return {"count": sum(rows), "of": len(rows), "from": round(ends.low, 4), "to": round(ends.high, 4)}


@cache
def reader_of(engine: str) -> Reader:
    """One engine a process."""
    return Reader(engine)


def page(engine: str, half: str, task: tuple[str, int]) -> tuple[str, dict[str, Any] | None]:
    """The kind of a page, and what came out of it; None where no font is here to draw it with."""
    kind, at = task
    seed, medium = FIRST + at, MEDIA[at % len(MEDIA)]
    if kind == "handwritten":
        sheet = handwritten(half, seed)
    else:
        sheet = mixed(half, seed)[0] if kind == "filled_in" else make(PRINT[at % len(PRINT)], half, seed)
    if sheet is None:
        return kind, None
    found = reader_of(engine).read(sheet, medium, seed)
    print(kind, seed, medium, round(found["recall"], 3), found["codes"], flush=True)
    return kind, found


def run(half: str, pages: int, engine: str, jobs: int) -> dict[str, Any]:
    """Both kinds of handwriting and print, ``pages`` of each."""
    kinds = ("handwritten", "filled_in", "print")
    tasks = [(kind, at) for at in range(pages) for kind in kinds]
    read: dict[str, list[dict[str, Any]]] = {kind: [] for kind in kinds}
    for kind, found in in_processes(partial(page, engine, half), tasks, jobs):
        if found is not None:
            read[kind].append(found)
    return {"half": half, "engine": engine} | {
        kind: {
            "refused_or_right": share([bool(row["codes"]) or row["recall"] >= GOOD for row in rows]),
            "named_as_handwriting": share(["handwriting" in row["codes"] for row in rows]),
            "good_refused": share([bool(row["codes"]) for row in rows if row["recall"] >= GOOD]),
        }
        for kind, rows in read.items()
    }


def main() -> None:
    parser = harness.arguments(__doc__, record="handwriting")
    parser.add_argument("--half", choices=("tune", "report"), default="report")
    parser.add_argument("--pages", type=int, default=20, help="of each kind")
    parser.add_argument("--engine", default="rapidocr")
    parser.add_argument("--jobs", type=int, default=1, help="processes, each on a core of its own")
    options = parser.parse_args()
    found = run(options.half, options.pages, options.engine, options.jobs)
    print(*(f"{kind}: {value}" for kind, value in found.items()), sep="\n")
    harness.write(options.json, found)


if __name__ == "__main__":
    main()
