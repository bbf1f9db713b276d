"""How often the judge is right.

    python -m bench.judge [--half tune|report] [--seeds N] [--first-seed N] [--quick] [--only CHECK] [--show] [--json FILE]

What engines do wrong is here; what layout and exporters do wrong, in ``after_layout``.
Renders pages of many kinds (``sheets``), reads them right and wrong in known ways (``readings``, ``failures``) and counts. Limits
were tuned with ``--half tune`` and on real PDFs; the report half has other sentences, other fonts and other chances. Its first
seeds were looked at once while the judge was made, and three things changed for it: the sentence generator, the slack of ``loop``
and the measure of loose signs in ``garble``. Figures to be believed therefore start at a later seed, whose pages nobody had seen.
"""

from __future__ import annotations

import json
import random
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from typing import Any

import bench.pages.hard_kinds  # noqa: F401  adds its kinds
from bench.judge import after_layout
from bench.judge.cases import Case
from bench.judge.failures import failures
from bench.judge.readings import boxless, in_blocks, noisy, of_lines, reshaped
from bench.pages.canvas import ArrayPage, Sheet
from bench.pages.kinds import KINDS, make

from bench import harness
from ocroute.document.model import Finding
from ocroute.engines.base import EngineInfo, Task
from ocroute.judge import CHECKS, judge

UNSEEN = 300  # the first seed of the report half that no limit was ever changed for
MOST_OF_A_CODE = 3  # failures of one code taken from one page, so that wordy kinds do not outvote the others


def cleans(sheet: Sheet, rng: random.Random) -> Iterator[Case]:
    for rate in (0.0, 0.01, 0.03):
        yield Case(f"clean-{rate}", of_lines(noisy(sheet.lines, rng, rate)))
    yield Case("clean-boxless", boxless(sheet.lines), kind="vlm")
    yield Case("clean-reshaped", reshaped(sheet.lines, rng), kind="vlm")
    yield Case("clean-blocks", in_blocks(noisy(sheet.lines, rng, 0.01)), kind="vlm")
    if sheet.lines:
        yield Case("clean-layer", of_lines(sheet.lines), kind="textlayer")


def sampled(every: list[Case], rng: random.Random) -> Iterator[Case]:
    """A few failures of each code."""
    for code in sorted({case.expected[0] for case in every}):
        cases = [case for case in every if case.expected[0] == code]
        yield from rng.sample(cases, min(MOST_OF_A_CODE, len(cases)))


def chosen(sheet: Sheet, other: Sheet | None, rng: random.Random, only: str | None) -> list[Case]:
    """A few failures of each code beside every clean reading; or all of one code beside the clean ones of its engines."""
    every = list(failures(sheet, rng, other))
    if only is None:
        return [*cleans(sheet, rng), *sampled(every, rng)]
    made = [case for case in every if case.expected[0] == only]
    kinds = {case.kind for case in made}
    return [*(case for case in cleans(sheet, rng) if case.kind in kinds), *made]


def found(page: ArrayPage, case: Case) -> tuple[Finding, ...]:
    engine = EngineInfo(kind=case.kind, rank=0, gives_boxes=case.kind != "vlm")  # type: ignore[arg-type]
    return judge(page, case.reading, engine=engine, task=Task(languages=case.languages)).findings


def run(
    half: str,
    seeds: int,
    *,
    first: int = UNSEEN,
    only: str | None = None,
    show: bool = False,
    kinds: Sequence[str] = tuple(KINDS),
) -> dict[str, Any]:
    """Count over ``seeds`` pages of every kind, from seed ``first`` on.

    Args:
        only: failures of this code alone.
        show: print what the judge got wrong.
        kinds: of pages.
    """
    hit, missed, strengths = Counter[str](), Counter[str](), defaultdict(lambda: [0, 0])
    right, wrong = Counter[str](), Counter[str]()
    alarms: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    refused = total = 0
    seconds = defaultdict(float)
    for name in kinds:
        for seed in range(first, first + seeds):
            sheet = make(name, half, seed)
            if sheet is None:
                continue
            rng = random.Random(f"{half}-{name}-{seed}-cases")
            page = sheet.page()
            for case in chosen(sheet, make(name, half, seed + 1000), rng, only):
                start = time.perf_counter()
                findings = found(page, case)
                seconds[case.kind] += time.perf_counter() - start
                codes = [finding.code for finding in findings if finding.refuses]
                for code in codes:
                    (right if code in case.expected else wrong)[code] += 1
                if not case.expected:
                    if name == "blank" and not any(finding.code == "blank" for finding in findings):
                        missed["blank"] += 1
                    elif name == "blank":
                        hit["blank"] += 1
                    alarms[name][0] += bool(codes)
                    alarms[name][1] += 1
                else:
                    wanted = case.expected[0]
                    (hit if wanted in codes else missed)[wanted] += 1
                    refused += bool(codes)
                    total += 1
                    tally = strengths[f"{wanted}: {case.name}"]
                    tally[0] += wanted in codes
                    tally[1] += 1
                if show and (bool(codes) != bool(case.expected) or (case.expected and case.expected[0] not in codes)):
                    print(name, seed, case.name, [(f.code, f.value, f.sentence) for f in findings if f.refuses])
    clean = sum(count for _, count in alarms.values())
    return {
        "half": half,
        "seeds": [first, first + seeds - 1],
        "note": "sentences and fonts of the report half were seen while the judge was made; pages of these seeds were not"
        if half == "report" and first >= UNSEEN
        else "pages of these seeds may have been seen while the judge was made",
        "clean_readings": clean,
        "false_alarm_rate": round(sum(bad for bad, _ in alarms.values()) / max(1, clean), 4),
        "failures": total,
        "failures_refused_by_any_check": round(refused / max(1, total), 4),
        "checks": {
            code: {
                "recall": round(hit[code] / max(1, hit[code] + missed[code]), 4),
                "of": hit[code] + missed[code],
                "precision": round(right[code] / max(1, right[code] + wrong[code]), 4) if code != "blank" else None,
            }
            for code in CHECKS
        },
        "false_alarms_by_kind": {name: f"{bad}/{count}" for name, (bad, count) in sorted(alarms.items())},
        "recall_by_failure": {name: f"{good}/{count}" for name, (good, count) in sorted(strengths.items())},
        "seconds": round(sum(seconds.values()), 1),
    }


def main() -> None:
    parser = harness.arguments(__doc__, record="judge")
    parser.add_argument("--half", choices=("tune", "report"), default="report")
    parser.add_argument("--seeds", type=int, default=6, help="pages of each kind")
    parser.add_argument("--first-seed", type=int, default=UNSEEN, help="of the pages")
    parser.add_argument("--quick", action="store_true", help="one page of each kind")
    parser.add_argument("--only", choices=tuple(CHECKS), help="all failures of one check instead of a few of each")
    parser.add_argument("--show", action="store_true", help="print what the judge got wrong")
    options = parser.parse_args()
    result = run(
        options.half,
        1 if options.quick else options.seeds,
        first=options.first_seed,
        only=options.only,
        show=options.show,
    )
    if options.only is None:
        pages = 1 if options.quick else max(1, options.seeds // 3)  # each page comes in four media
        result["after_layout"] = after_layout.run(options.half, pages, show=options.show)
    print(json.dumps(result, indent=2))
    harness.write(options.json, result)


if __name__ == "__main__":
    main()
