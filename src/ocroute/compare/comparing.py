"""Runs held against each other, and against what is known: facts, or the full text. Pure; failures count as read worst."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import combinations
from statistics import median

from ocroute.compare.comparison import (
    AgainstTruth,
    Comparison,
    Facts,
    Judged,
    PageRow,
    Repeated,
    RunRow,
)
from ocroute.compare.fact_files import CheckedFacts, Documents, Stated
from ocroute.compare.read_pages import PageKey, ReadPage
from ocroute.compare.run_figures import against_truth, differences, facts_held, judged
from ocroute.compare.saved_runs import Run
from ocroute.compare.scoring import PageScore, Rules, apart, score
from ocroute.compare.table_trees import TreeLikeness
from ocroute.errors import InputError

_MISSING = ReadPage(error="this run has no such page")


def compare(
    runs: Sequence[Run],
    *,
    truth: Run | None = None,
    facts: Sequence[Stated] = (),
    rules: Rules = Rules(),  # noqa: B008 - frozen
    trees: TreeLikeness | None = None,
    problems: Sequence[str] = (),
) -> Comparison:
    """Hold runs, whose pages go by the same names, against each other and against what is known.

    Args:
        truth: the known text of some of the pages: they alone are scored.
        facts: that are known of pages.
        rules: which differences do not count.
        trees: measures TEDS of tables too.
        problems: to be told with the rest.

    Raises:
        InputError: what is known is of none of the documents.
    """
    documents = {key.name for run in runs for key in run.pages}
    named = Documents(key for run in runs for key in run.pages)
    elsewhere = _elsewhere(documents, named, truth, facts)
    facts = [one for one in facts if named.named(one.page.name)]
    keys = sorted(
        {key for run in runs for key in run.pages}
        | {key for key in (truth.pages if truth else ()) if key.name in documents}
    )
    pages = {run.name: {key: run.pages.get(key, _MISSING) for key in keys} for run in runs}
    texts = {name: {key: rules.text(page) for key, page in own.items()} for name, own in pages.items()}
    distances, by_page = _distances(texts, pages, keys)
    known = [key for key in keys if key in truth.pages and not truth.pages[key].error] if truth else []
    scores = (
        {run.name: [score(truth.pages[key], pages[run.name][key], rules, trees) for key in known] for run in runs}
        if truth
        else {}
    )
    checked = {run.name: CheckedFacts(list(facts), run.pages) for run in runs} if facts else {}
    nearest = _nearest(distances)
    told = {key: truth.pages[key] for key in known} if truth else {}
    rows = [
        _row(
            run,
            pages[run.name],
            None if nearest is None else 1 - nearest[place],
            against_truth(scores[run.name], told, pages[run.name], rules) if known else None,
            judged(scores[run.name], [pages[run.name][key] for key in known]) if known else None,
            facts_held(checked[run.name]) if checked else None,
            rules,
        )
        for place, run in enumerate(runs)
    ]
    return Comparison(
        version=1,
        rules=rules.in_words,
        runs=tuple(rows),
        distances=tuple(map(tuple, distances)),
        medoid=runs[nearest.index(min(nearest))].name if nearest and len(runs) > 2 else "",
        differences=tuple(differences(scores, checked)),
        pages=_page_rows(keys, pages, by_page, known, scores),
        unknown=len(keys) - len(known) if truth else 0,
        problems=(*problems, *(truth.problems if truth else ()), *_strangers(runs)),
        elsewhere=elsewhere,
    )


def _elsewhere(documents: set[str], named: Documents, truth: Run | None, facts: Sequence[Stated]) -> int:
    """How many documents something is known of that no run has; they are not part of the comparison.

    Raises:
        InputError: that is so of all of them.
    """
    names = {key.name for key in truth.pages} if truth else set()
    missing = names - documents
    stated = {one.page.name for one in facts}
    of_facts = {one.page.name for one in facts if not named.named(one.page.name)}
    for known, absent, what in ((names, missing, "a known text"), (stated, of_facts, "a fact")):
        if known and absent == known:
            raise InputError(
                f"there is {what} of none of the documents: of {min(known)!r}, for one, while {min(documents)!r} was read",
                next_step="Name them alike, but for the suffix: scan.pdf, scan.json, scan.txt",
            )
    return len(missing | of_facts)


def _strangers(runs: Sequence[Run]) -> list[str]:
    """Runs that have no page in common: nothing can be said of the two."""
    return [
        f"{one.name} and {other.name} have no page in common, e.g. {min(one.pages)} and {min(other.pages)}"
        for one, other in combinations(runs, 2)
        if one.pages and other.pages and not one.pages.keys() & other.pages.keys()
    ]


def _distances(
    texts: Mapping[str, Mapping[PageKey, str]],
    pages: Mapping[str, Mapping[PageKey, ReadPage]],
    keys: Sequence[PageKey],
) -> tuple[list[list[float]], dict[PageKey, float]]:
    """Between runs over all pages, and between all at each page. Who failed is as far from everybody as can be, else two that
    fail would agree.
    """
    names = list(texts)
    total = {pair: [0, 0] for pair in combinations(range(len(names)), 2)}
    by_page = {}
    for key in keys:
        shares = []
        longest = max([1, *(len(own[key]) for own in texts.values())])
        failed = [bool(pages[name][key].error) for name in names]
        for one, other in total:
            edits, length = longest, longest
            if not (failed[one] or failed[other]):
                edits, length = apart(texts[names[one]][key], texts[names[other]][key])
            total[one, other][0] += edits
            total[one, other][1] += length
            shares.append(edits / length if length else 0.0)
        by_page[key] = sum(shares) / len(shares) if shares else 0.0
    matrix = [[0.0] * len(names) for _ in names]
    for (one, other), (edits, length) in total.items():
        matrix[one][other] = matrix[other][one] = edits / length if length else 0.0
    return matrix, by_page


def _nearest(distances: Sequence[Sequence[float]]) -> list[float] | None:
    """The mean distance of each run to the others; None where there are none."""
    others = len(distances) - 1
    return [sum(row) / others for row in distances] if others > 0 else None


def _row(
    run: Run,
    pages: Mapping[PageKey, ReadPage],
    agreement: float | None,
    truth: AgainstTruth | None,
    judge: Judged | None,
    facts: Facts | None,
    rules: Rules,
) -> RunRow:
    statuses = Counter(_status(page) for page in pages.values())
    seconds = [page.seconds for page in run.pages.values() if page.seconds is not None]
    return RunRow(
        name=run.name,
        pages=len(run.pages),
        statuses=dict(sorted(statuses.items())),
        findings=dict(Counter(code for page in pages.values() for code in page.findings).most_common()),
        agreement=agreement,
        seconds=median(seconds) if seconds else None,
        memory_mb=run.memory_mb,
        truth=truth,
        judge=judge,
        facts=facts,
        repeated=_repeated(run, rules),
        problems=run.problems,
    )


def _status(page: ReadPage) -> str:
    if page is _MISSING:
        return "missing"
    return page.status or ("failed" if page.error else "unjudged")


def _repeated(run: Run, rules: Rules) -> Repeated | None:
    if not run.repeated:
        return None
    pairs = [(rules.text(page), rules.text(run.repeated.get(key, _MISSING))) for key, page in run.pages.items()]
    edits, lengths = zip(*(apart(one, other) for one, other in pairs), strict=True)
    alike = sum(one == other for one, other in pairs)
    return Repeated(len(pairs), alike, sum(edits) / sum(lengths) if sum(lengths) else 0.0)


def _page_rows(
    keys: Sequence[PageKey],
    pages: Mapping[str, Mapping[PageKey, ReadPage]],
    by_page: Mapping[PageKey, float],
    known: Sequence[PageKey],
    scores: Mapping[str, Sequence[PageScore]],
) -> tuple[PageRow, ...]:
    at = {key: place for place, key in enumerate(known)}
    rows = [
        PageRow(
            key.name,
            key.number,
            by_page[key],
            {name: _status(own[key]) for name, own in pages.items()},
            {name: own[at[key]].clipped for name, own in scores.items()} if key in at else {},
            {name: own[at[key]].right for name, own in scores.items()} if key in at else {},
            {name: own[key].error for name, own in pages.items() if own[key].error},
        )
        for key in keys
    ]
    worst = {id(row): max(row.cer.values(), default=0.0) for row in rows}
    return tuple(sorted(rows, key=lambda row: (-row.disagreement, -worst[id(row)], row.name, row.number)))
