"""How often a page that lies on its side, or is skewed, is put upright and straight, and how often an upright one is left alone.

    python -m bench.orientation [--seeds 2] [--kind KIND] [--json FILE]

Drawn pages of many kinds, each as it is, turned by a quarter, a half and three quarters, and turned and skewed by up to five
degrees. A turn is right when the page stands as it was drawn. A page that is not turned costs only what the engines cannot do
themselves; a false turn loses it, so both are counted apart.
"""

from __future__ import annotations

import random
import sys
import time
from collections import Counter
from statistics import median
from typing import Any

import numpy as np
from bench.pages.canvas import ArrayPage
from bench.pages.kinds import KINDS, make

from bench import harness
from ocroute.compare.measures import wilson
from ocroute.pages.page import deskewed
from ocroute.ppocr.page_orientation import make_upright

FIRST = 500
"""The seed from which on no page was looked at while limits were set."""

STEEPEST = 5.0
SLACK = 0.25
"""Degrees of skew that may stay: lines of print then stay within themselves."""

SKEWED = ("dense", "two_column", "noisy_scan", "tiny", "fax", "picture", "cyrillic", "chinese", "capitals", "contents")
"""Kinds with lines enough to have a skew."""


def turned(raster: np.ndarray, quarters: int, skew: float) -> np.ndarray:
    """The page so many quarter turns clockwise, with ``skew`` degrees more."""
    lying = np.ascontiguousarray(np.rot90(raster, -quarters))
    return deskewed(lying, -skew) if skew else lying


def tried(kind: str, seed: int) -> dict[str, Any] | None:
    """What became of one page in all its positions; None where there is no font for it."""
    sheet = make(kind, "report", seed)
    if sheet is None:
        return None
    raster = np.asarray(sheet.image.convert("RGB"))
    rng = random.Random(f"{kind}-{seed}")
    found: dict[str, Any] = {"turns": Counter(), "leans": [], "seconds": 0.0}
    leaning = (0, 1, 2, 3) if kind in SKEWED else ()
    for quarters, lean in [*((q, 0.0) for q in range(4)), *((q, rng.uniform(-STEEPEST, STEEPEST)) for q in leaning)]:
        page = ArrayPage(turned(raster, quarters, lean))
        started = time.process_time()
        upright = make_upright(page)
        found["seconds"] += time.process_time() - started
        turns, skew = (0, 0.0) if upright is page else (upright.turned // 90, upright.skew)
        position = "upright" if quarters == 0 else "turned"
        result = "right" if turns == quarters else "left as it is" if turns == 0 else "false turn"
        found["turns"][position, result] += 1
        if lean and turns == quarters:
            found["leans"].append(abs(skew - lean))
    return found


def main() -> None:
    parser = harness.arguments(__doc__, record="orientation")
    parser.add_argument("--seeds", type=int, default=2, help="pages of each kind")
    parser.add_argument("--first", type=int, default=FIRST, help="the first seed")
    parser.add_argument("--kind", action="append", default=[], choices=tuple(KINDS))
    options = parser.parse_args()
    rows: dict[str, Any] = {}
    turns, leans, seconds, positions = Counter[tuple[str, str]](), [], 0.0, 0
    for kind in options.kind or [kind for kind in KINDS if kind != "blank"]:
        every = [tried(kind, seed) for seed in range(options.first, options.first + options.seeds)]
        here = Counter[tuple[str, str]]()
        for found in filter(None, every):
            here += found["turns"]
            leans += found["leans"]
            seconds += found["seconds"]
        turns += here
        positions += here.total()
        rows[kind] = {f"{position}, {result}": count for (position, result), count in sorted(here.items())}
        print(f"{kind:12} {rows[kind]}", flush=True)
    result = {
        "seeds": [options.first, options.first + options.seeds - 1],
        "positions": {position: share(turns, position) for position in ("upright", "turned")},
        "skew": {
            "pages": len(leans),
            "median_error": median(leans) if leans else None,
            "within": {"degrees": SLACK, "pages": sum(error <= SLACK for error in leans)},
        },
        "ms_per_page": 1000 * seconds / max(1, positions),
        "kinds": rows,
    }
    print(result["positions"], result["skew"])
    harness.write(options.json, result)


def share(turns: Counter[tuple[str, str]], position: str) -> dict[str, Any]:
    """How pages in one position fared."""
    counts = {result: turns[position, result] for result in ("right", "left as it is", "false turn")}
    total = sum(counts.values())
    sure = wilson(counts["right"], total)
    return {**counts, "total": total, "interval": [sure.low, sure.high]}


if __name__ == "__main__":
    sys.exit(main())
