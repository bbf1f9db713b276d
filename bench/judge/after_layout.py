"""How often the judge sees what layout and exporters do wrong, and how often it speaks on pages that are right.

    python -m bench.judge.after_layout [--half tune|report] [--seeds N] [--first-seed N] [--kind KIND] [--show]

Pages of all kinds of ``bench/pages/leaves``, born digital, as office scans, faded and photographed (``laid_out``), as our own
layout gives them; and damaged after layout (``layout_failures``, where the strengths are). Part of ``python -m bench.judge``.
"""

from __future__ import annotations

import json
import random
import time
from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import Any

from bench.judge.laid_out import MEDIA, laid_out
from bench.judge.layout_failures import damages
from bench.pages.leaves import KINDS

from bench import harness
from ocroute.compare.measures import wilson
from ocroute.engines.base import EngineInfo, Reading, Task
from ocroute.judge import judge
from ocroute.pages import InputPage

UNSEEN = 820  # the first seed of the report half that no limit was ever changed for


def codes(page: InputPage, reading: Reading, kind: str) -> dict[str, str]:
    """What refuses the reading: code and sentence."""
    findings = judge(page, reading, engine=EngineInfo(kind=kind, rank=0), task=Task()).findings  # type: ignore[arg-type]
    return {finding.code: finding.sentence for finding in findings if finding.refuses}


def run(
    half: str,
    seeds: int,
    *,
    first: int = UNSEEN,
    kinds: Sequence[str] = tuple(KINDS),
    media: Sequence[str] = MEDIA,
    show: bool = False,
) -> dict[str, Any]:
    """Count over ``seeds`` pages of every kind in every medium."""
    seen: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0])
    alarms: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    spoke, wrongly = Counter[str](), Counter[str]()
    started = time.process_time()
    for kind in kinds:
        for seed in range(first, first + seeds):
            for made in laid_out(kind, half, seed, media):
                found = codes(made.page, made.reading, made.engine_kind)
                wrongly.update(found.keys())
                alarms[kind][0] += bool(found)
                alarms[kind][1] += 1
                if show and found:
                    print("alarm", kind, seed, made.medium, found)
                for damage in damages(made.reading, random.Random(f"{kind}-{seed}-{made.medium}")):
                    found = codes(made.page, damage.reading, "ocr")  # a text layer's spot checks do not look at blocks
                    spoke.update(found.keys())
                    tally = seen[f"{damage.kind}: {damage.strength}"]
                    tally[0] += any(code in found for code in damage.seen_by)
                    tally[1] += bool(found)
                    tally[2] += 1
                    if show and not found:
                        print("missed", kind, seed, made.medium, damage.kind, damage.strength)
    bad, clean = (sum(counts[at] for counts in alarms.values()) for at in (0, 1))
    ends = wilson(bad, clean)
    return {
        "half": half,
        "seeds": [first, first + seeds - 1],
        "media": list(media),
        "clean_pages": clean,
        "false_alarms": bad,
        "false_alarm_rate": round(bad / max(1, clean), 4),
        "false_alarm_interval": [round(ends.low, 4), round(ends.high, 4)],
        "false_alarms_by_kind": {kind: f"{bad}/{count}" for kind, (bad, count) in sorted(alarms.items()) if bad},
        "false_alarms_by_check": dict(wrongly.most_common()),
        "failures": {
            name: {"by_its_check": own, "by_any": any_one, "of": total}
            for name, (own, any_one, total) in sorted(seen.items())
        },
        "spoke": dict(spoke.most_common()),
        "cpu_seconds": round(time.process_time() - started, 1),
    }


def main() -> None:
    parser = harness.arguments(__doc__)
    parser.add_argument("--half", choices=("tune", "report"), default="report")
    parser.add_argument("--seeds", type=int, default=1, help="pages of each kind")
    parser.add_argument("--first-seed", type=int, default=UNSEEN)
    parser.add_argument("--kind", action="append", default=[], choices=tuple(KINDS))
    parser.add_argument("--show", action="store_true", help="print what the judge got wrong")
    options = parser.parse_args()
    kinds = options.kind or tuple(KINDS)
    result = run(options.half, options.seeds, first=options.first_seed, kinds=kinds, show=options.show)
    print(json.dumps(result, indent=1))


if __name__ == "__main__":
    main()
