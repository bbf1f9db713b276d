"""``python -m bench.accuracy``: makes the pages where they are missing, reads them, checks the facts, prints the rates."""

from __future__ import annotations

import argparse
import hashlib
import os
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor

import msgspec
from bench.accuracy import report
from bench.accuracy.candidates import CANDIDATES, fingerprint, programs
from bench.accuracy.cases import HOME, Case, load, save
from bench.accuracy.scores import Checked, check, score

from bench import harness

GROUPS = ("generated", "real")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the bench; 0 when every page could be read by every engine."""
    wish = _parser().parse_args(arguments)
    cases = _chosen(wish)
    if not cases:
        print("no page fits; see --help", file=sys.stderr)
        return 2
    checked: list[Checked] = []
    broken = 0
    stamp = fingerprint("ocroute")
    changed = False
    for engine in wish.engine:
        began = time.monotonic()
        print(f"{engine}: {len(cases)} pages", file=sys.stderr)
        for case, markdown, problem in _read_all(engine, cases, wish.jobs):
            broken += bool(problem)
            if problem:
                print(f"{engine}: {case.name}: {problem}", file=sys.stderr)
            checked += check(engine, case, markdown)
        print(f"{engine}: {time.monotonic() - began:.0f} s, kept pages included", file=sys.stderr)
        if engine == "ocroute" and fingerprint(engine) != stamp:
            changed = True
            print("ocroute's code changed while it read: its figures may mix two states", file=sys.stderr)
    scores = [score(engine, [item for item in checked if item.engine == engine]) for engine in wish.engine]
    if wish.failures:
        print(report.failures(checked))
    print(report.as_text(scores))
    harness.write(
        wish.json,
        {
            "programs": programs() | {"ocroute code": stamp},
            "split": wish.split,
            "group": wish.group,
            "limit": wish.limit,  # how many pages of the split were asked for; None for all of them
            "code_changed": changed,  # while it read, so that the figures may mix two states
            "scores": msgspec.to_builtins(scores),
        },
    )
    return 1 if broken else 0


def _parser() -> argparse.ArgumentParser:
    parser = harness.arguments(__doc__, record="accuracy")
    parser.add_argument(
        "--engine", action="append", choices=list(CANDIDATES), help="whom to ask (default: ocroute); repeatable"
    )
    parser.add_argument("--split", choices=["dev", "test", "all"], default="dev", help="tune on dev, report on test")
    parser.add_argument(
        "--group", choices=[*GROUPS, "all"], default="all", help="our own pages, or pages of PDFs found here"
    )
    parser.add_argument("--category", help="only this one")
    parser.add_argument("--kind", choices=["born", "scan"], help="only born-digital pages, or only scans")
    parser.add_argument("--only", default="", help="only pages whose name contains this")
    parser.add_argument("--limit", type=int, help="at most so many pages, evenly chosen")
    parser.add_argument("--copies", type=int, default=3, help="documents of every template (default 3)")
    parser.add_argument("--jobs", type=int, default=2, help="processes")
    parser.add_argument("--make", action="store_true", help="make all pages anew")
    parser.add_argument("--failures", action="store_true", help="print every fact that does not hold")
    parser.set_defaults(engine=None)
    return parser


def _chosen(wish: argparse.Namespace) -> list[Case]:
    wish.engine = wish.engine or ["ocroute"]
    groups = GROUPS if wish.group == "all" else (wish.group,)
    cases = [case for group in groups for case in _cases(group, wish)]
    cases = [
        case
        for case in cases
        if wish.split in (case.split, "all")
        and wish.category in (case.category, None)
        and wish.kind in (case.medium, None)
        and wish.only in case.name
    ]
    if wish.limit and len(cases) > wish.limit:
        cases = [cases[at * len(cases) // wish.limit] for at in range(wish.limit)]
    return cases


def _cases(group: str, wish: argparse.Namespace) -> list[Case]:
    kept = load(group)
    if kept and not wish.make:
        return kept
    print(f"making the {group} pages in {HOME}", file=sys.stderr)
    if group == "generated":
        from bench.accuracy.generated import make

        cases = make(wish.copies, wish.jobs)
    else:
        from bench.accuracy.real.make import make as make_real

        cases = make_real()
    save(cases, group)
    return cases


def _read_all(engine: str, cases: list[Case], jobs: int) -> list[tuple[Case, str, str]]:
    """Each case with its Markdown and, where it could not be read, why."""
    stamp = fingerprint(engine)
    with ProcessPoolExecutor(jobs) as pool:
        read = pool.map(_read, [engine] * len(cases), cases, [stamp] * len(cases))
        return [(case, markdown, problem) for case, (markdown, problem) in zip(cases, read, strict=True)]


def _read(engine: str, case: Case, stamp: str) -> tuple[str, str]:
    """The Markdown, from the store where the same engine has read the same file before."""
    os.environ.setdefault("OMP_THREAD_LIMIT", "1")
    contents = hashlib.sha256(case.path.read_bytes()).hexdigest()[:16]
    kept = HOME / "outputs" / engine / stamp / f"{case.name}-{contents}.md"
    if kept.exists():
        return kept.read_text(), ""
    try:
        markdown = CANDIDATES[engine](case.path)
    except Exception as problem:  # one page must not end the run; it counts as read to nothing
        return "", f"{type(problem).__name__}: {problem}"
    kept.parent.mkdir(parents=True, exist_ok=True)
    kept.write_text(markdown)
    return markdown, ""


if __name__ == "__main__":
    sys.exit(main())
