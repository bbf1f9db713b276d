"""What judge, layout and routing add to an engine's own time, page by page.

    python -m bench.overhead [--engine NAME] [--json FILE] [FILE...]

Every page is read once to warm the engines up and then once more on a fresh page object; steps are timed by the reader
itself and held against the wall clock around it. A page that is not accepted does not count: no timing without correctness.
"""

from __future__ import annotations

import time
from pathlib import Path

from bench import harness
from ocroute.engines.base import PageLimits
from ocroute.pages import open_input
from ocroute.route import Wish
from ocroute.route.page_reader import PageReader

SAMPLES = Path(__file__).parent.parent / "samples"
LIMIT = 0.15


def timed(reader: PageReader, path: Path, limits: PageLimits) -> list[dict[str, float]]:
    rows = []
    with open_input(path) as source:
        for page in source:
            started = time.perf_counter()
            record = reader.read(page, limits)
            wall = time.perf_counter() - started
            if record.verdict.status == "blank":  # seen by no engine
                continue
            if not record.verdict.fine:
                print(f"left out, not accepted: {path.name} page {record.number}: {record.verdict}")
                continue
            steps = record.attempts[-1].seconds
            engine = sum(attempt.seconds.get("read", 0.0) for attempt in record.attempts)
            own = wall - engine - steps["upright"] - sum(a.seconds.get("load", 0.0) for a in record.attempts)
            rows.append(
                {
                    "engine": engine,
                    "ours": own,
                    "upright": steps["upright"],
                    "layout": steps["layout"],
                    "judge": steps["judge"],
                }
            )
    return rows


def main() -> None:
    parser = harness.arguments(__doc__, record="overhead")
    parser.add_argument("files", nargs="*", type=Path)
    parser.add_argument("--engine", default="")
    parser.add_argument("--threads", type=int, default=1)
    args = parser.parse_args()
    reader, limits = PageReader(Wish(args.engine)), PageLimits(args.threads)
    total: dict[str, float] = {}
    for path in args.files or sorted(SAMPLES.glob("*.png")):
        timed(reader, path, limits)
        for row in timed(reader, path, limits):
            share = row["ours"] / row["engine"]
            print(
                f"{path.name}: engine {row['engine']:.3f} s, judge + layout + routing {row['ours']:.3f} s = {share:.1%}"
            )
            for step, value in row.items():
                total[step] = total.get(step, 0.0) + value
    share = total["ours"] / total["engine"]
    upright = total["upright"] / total["engine"]
    print(f"all pages: {share:.1%} of the engine's own time (limit {LIMIT:.0%}); turning upright another {upright:.1%}")
    harness.write(args.json, {"seconds": total, "share": share, "limit": LIMIT})


if __name__ == "__main__":
    main()
