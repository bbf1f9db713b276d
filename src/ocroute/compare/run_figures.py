"""Figures of one run over all pages, with their intervals, and of two runs against each other. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import combinations
from statistics import median

from ocroute.compare.comparison import AgainstTruth, Difference, Facts, Figure, Judged
from ocroute.compare.differences import confusions
from ocroute.compare.fact_files import CheckedFacts
from ocroute.compare.intervals import Resampled, interval
from ocroute.compare.measures import Errors, Order, Overlap
from ocroute.compare.read_pages import PageKey, ReadPage
from ocroute.compare.scoring import PageScore, Rules

_CONFUSIONS = 30


def against_truth(
    scores: Sequence[PageScore], truth: Mapping[PageKey, ReadPage], pages: Mapping[PageKey, ReadPage], rules: Rules
) -> AgainstTruth:
    """How far a run is from the known text of ``truth``'s pages, whose scores come in the same order."""
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
        teds=figure([one.trees[0] for one in scores], [one.trees[1] for one in scores]),
        confusions=confusions(((rules.text(truth[key]), rules.text(pages[key])) for key in truth), _CONFUSIONS),
    )


def _pairs(one: Order) -> int:
    return one.concordant + one.discordant


def judged(scores: Sequence[PageScore], pages: Sequence[ReadPage]) -> Judged | None:
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


def facts_held(checked: CheckedFacts) -> Facts:
    """Facts that hold in one run, drawn by pages."""
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


def differences(scores: Mapping[str, Sequence[PageScore]], checked: Mapping[str, CheckedFacts]) -> list[Difference]:
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
