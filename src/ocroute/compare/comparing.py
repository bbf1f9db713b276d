"""Runs held against each other, and against what is known: facts, or the full text. Pure; failures count as read worst."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import combinations
from statistics import median

from ocroute.compare.comparison import (
    AgainstTruth,
    Comparison,
    Difference,
    Facts,
    Figure,
    Judged,
    PageRow,
    Repeated,
    RunRow,
)
from ocroute.compare.differences import confusions
from ocroute.compare.fact_files import CheckedFacts, Documents, Stated
from ocroute.compare.intervals import Resampled, interval
from ocroute.compare.measures import Errors, Order, Overlap
from ocroute.compare.read_pages import PageKey, ReadPage
from ocroute.compare.saved_runs import Run
from ocroute.compare.scoring import PageScore, Rules, apart, score
from ocroute.errors import InputError

_MISSING = ReadPage(error="this run has no such page")
_CONFUSIONS = 30


def compare(
    runs: Sequence[Run],
    *,
    truth: Run | None = None,
    facts: Sequence[Stated] = (),
    rules: Rules = Rules(),  # noqa: B008 - frozen
    problems: Sequence[str] = (),
) -> Comparison:
    """Hold runs, whose pages go by the same names, against each other and against what is known.

    Args:
        truth: the known text of some of the pages: they alone are scored.
        facts: that are known of pages.
        rules: which differences do not count.
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
    distances, by_page = _distances(texts, keys)
    known = [key for key in keys if key in truth.pages and not truth.pages[key].error] if truth else []
    scores = (
        {run.name: [score(truth.pages[key], pages[run.name][key], rules) for key in known] for run in runs}
        if truth
        else {}
    )
    checked = {run.name: CheckedFacts(list(facts), run.pages) for run in runs} if facts else {}
    nearest = _nearest(distances)
    rows = []
    for place, run in enumerate(runs):
        own = scores.get(run.name, [])
        told = {key: truth.pages[key] for key in known} if truth else {}
        rows.append(
            _row(
                run,
                pages[run.name],
                None if nearest is None else 1 - nearest[place],
                _against_truth(own, told, pages[run.name], rules) if own else None,
                _judged(own, [pages[run.name][key] for key in known]) if own else None,
                _facts(checked[run.name]) if checked else None,
                rules,
            )
        )
    return Comparison(
        version=1,
        rules=rules.in_words,
        runs=tuple(rows),
        distances=tuple(map(tuple, distances)),
        medoid=runs[nearest.index(min(nearest))].name if nearest and len(runs) > 2 else "",
        differences=tuple(_differences(scores, checked)),
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
    texts: Mapping[str, Mapping[PageKey, str]], keys: Sequence[PageKey]
) -> tuple[list[list[float]], dict[PageKey, float]]:
    """Between runs over all pages, and between all runs at each page."""
    names = list(texts)
    total = {pair: [0, 0] for pair in combinations(range(len(names)), 2)}
    by_page = {}
    for key in keys:
        shares = []
        for one, other in total:
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


def _against_truth(
    scores: Sequence[PageScore], truth: Mapping[PageKey, ReadPage], pages: Mapping[PageKey, ReadPage], rules: Rules
) -> AgainstTruth:
    drawn = Resampled(len(scores))

    def figure(over: Sequence[float], under: Sequence[float], otherwise: float | None = None) -> Figure:
        above, below = sum(over), sum(under)
        return Figure(above / below if below else otherwise, interval(drawn.ratios(over, under)))

    def errors(sides: Sequence[Errors]) -> Figure:
        return figure(
            [one.edits for one in sides], [one.length for one in sides], float(any(one.edits for one in sides))
        )

    def shares(sides: Sequence[Overlap], under: str, otherwise: float | None) -> Figure:
        return figure([one.common for one in sides], [getattr(one, under) for one in sides], otherwise)

    def f1(sides: Sequence[Overlap]) -> Figure:
        return figure([2 * one.common for one in sides], [one.wanted + one.found for one in sides])

    bags = [one.bag for one in scores]
    orders = [one.order for one in scores]
    return AgainstTruth(
        cer=errors([one.characters for one in scores]),
        wer=errors([one.words for one in scores]),
        mean_cer=figure([one.clipped for one in scores], [1.0] * len(scores)),
        median_cer=median(one.clipped for one in scores),
        recall=shares(bags, "wanted", 1.0),
        precision=shares(bags, "found", 1.0),
        order=figure([one.concordant - one.discordant for one in orders], [_pairs(one) for one in orders], 1.0),
        tables=f1([one.tables for one in scores]),
        furniture=f1([one.furniture for one in scores]),
        confusions=confusions(((rules.text(truth[key]), rules.text(pages[key])) for key in truth), _CONFUSIONS),
    )


def _pairs(one: Order) -> int:
    return one.concordant + one.discordant


def _judged(scores: Sequence[PageScore], pages: Sequence[ReadPage]) -> Judged | None:
    """None for a run that nobody judged."""
    if not any(page.status for page in pages):
        return None
    accepted = [page.status in ("accepted", "blank") for page in pages]
    right = [one.right for one in scores]
    count = Counter(zip(accepted, right, strict=True))
    successes = [float(one and other) for one, other in zip(accepted, right, strict=True)]
    drawn = Resampled(len(scores)).ratios(successes, [1.0] * len(scores))
    return Judged(
        count[True, True],
        count[True, False],
        count[False, True],
        count[False, False],
        Figure(sum(successes) / len(scores), interval(drawn)),
    )


def _facts(checked: CheckedFacts) -> Facts:
    pages = list(checked.by_page.values())
    held, of = [float(sum(marks)) for marks in pages], [float(len(marks)) for marks in pages]
    known = Resampled(len(pages)).ratios(held, of) if pages else None
    share = sum(held) / sum(of) if pages else None
    return Facts(
        Figure(share, interval(known) if known is not None else None),
        {kind: (sum(marks), len(marks)) for kind, marks in sorted(checked.by_kind.items())},
        dict(sorted(checked.unmeasured.items())),
        checked.refuted,
    )


def _differences(scores: Mapping[str, Sequence[PageScore]], checked: Mapping[str, CheckedFacts]) -> list[Difference]:
    """Of every two runs on the same draws of pages."""
    found = []
    for one, other in combinations(scores, 2):
        for measure in ("cer", "recall"):
            sums = [_sums(scores[name], measure) for name in (one, other)]
            found += _difference(one, other, measure, sums)
    for one, other in combinations(checked, 2):
        pages = sorted({*checked[one].by_page, *checked[other].by_page})
        sides = [[checked[name].by_page.get(key, []) for key in pages] for name in (one, other)]
        sums = [([float(sum(marks)) for marks in side], [float(len(marks)) for marks in side]) for side in sides]
        found += _difference(one, other, "facts", sums)
    return found


def _sums(scores: Sequence[PageScore], measure: str) -> tuple[list[float], list[float]]:
    if measure == "cer":
        return [one.clipped for one in scores], [1.0] * len(scores)
    return [float(one.bag.common) for one in scores], [float(one.bag.wanted) for one in scores]


def _difference(
    one: str, other: str, measure: str, sums: Sequence[tuple[list[float], list[float]]]
) -> list[Difference]:
    if not all(sum(under) for _, under in sums):
        return []
    drawn = Resampled(len(sums[0][0]))
    values = [sum(over) / sum(under) for over, under in sums]
    told = interval(drawn.ratios(*sums[0]) - drawn.ratios(*sums[1]))
    sure = told is not None and (told.low > 0 or told.high < 0)
    return [Difference(one, other, measure, values[0] - values[1], told, sure)]


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
