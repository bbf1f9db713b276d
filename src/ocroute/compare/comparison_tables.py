"""The tables of a comparison as texts, for the terminal, Markdown and the report alike."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ocroute.compare.comparison import Comparison, Figure, RunRow
from ocroute.errors import one_line

_PAGES = 10  # that are named


def tables(found: Comparison) -> Iterator[tuple[str, list[str], list[list[str]]]]:
    """Title, headings and rows of each table that has something to say."""
    yield "Runs", ["run", "pages", "verdicts", "agreement", "s/page", "MiB"], [_run(one) for one in found.runs]
    if any(one.truth for one in found.runs):
        header = [
            "run",
            "CER",
            "WER",
            "mean page CER",
            "median",
            "word recall",
            "precision",
            "order",
            "tables",
            "furniture",
        ]
        told = [(one, one.truth) for one in found.runs if one.truth]
        teds = any(truth.teds.value is not None for _, truth in told)
        rows = [[*_truth(one), *([_figure(truth.teds)] if teds else [])] for one, truth in told]
        yield "Against the known text", [*header, *(["TEDS"] if teds else [])], rows
    if any(one.judge for one in found.runs):
        header = ["run", "accepted and right", "accepted, wrong", "refused, right", "refused and wrong", "success"]
        yield "The judge against the known text", header, [_judge(one) for one in found.runs if one.judge]
    if any(one.facts for one in found.runs):
        kinds = sorted({kind for one in found.runs if one.facts for kind in one.facts.by_kind})
        yield "Facts that hold", ["run", "all", *kinds], [_facts(one, kinds) for one in found.runs if one.facts]
    if found.differences:
        header = ["runs", "measure", "difference", "95 %", "sure"]
        yield (
            "Differences on the same pages",
            header,
            [
                [
                    f"{one.one} - {one.other}",
                    one.measure,
                    _signed(one.value),
                    f"{_signed(one.interval.low)} to {_signed(one.interval.high)}" if one.interval else "-",
                    "yes" if one.sure else "no",
                ]
                for one in found.differences
            ],
        )
    if len(found.runs) > 1:
        names = [one.name for one in found.runs]
        rows = [
            [names[at], *("-" if at == other else _percent(share) for other, share in enumerate(row))]
            for at, row in enumerate(found.distances)
        ]
        yield "Distance of texts (agreement, not accuracy)", ["", *names], rows
    rows = [
        [f"{one.name} p. {one.number}" if one.number else one.name, _percent(one.disagreement), *one.status.values()]
        for one in found.pages[:_PAGES]
        if one.disagreement
    ]
    if rows:
        yield "Where runs differ most", ["page", "distance", *(one.name for one in found.runs)], rows


def remarks(found: Comparison) -> Iterator[str]:
    """What a reader of the tables must know."""
    yield f"Texts are compared as: {found.rules}."
    if found.medoid:
        yield f"Nearest to all others: {found.medoid}. Engines of one family agree in their mistakes too."
    if any(one.truth for one in found.runs):
        yield "A page that failed or is missing counts as read worst; one with a CER above 10 % or a recall below 90 % is wrong."
    if found.unknown:
        yield f"Pages that are not in the known text, and not scored: {found.unknown}."
    if found.elsewhere:
        yield f"Of {found.elsewhere} documents something is known and no run has them: they do not count."
    left = {kind: count for one in found.runs if one.facts for kind, count in one.facts.not_measured.items()}
    if left:
        yield f"Not measured: {', '.join(f'{count} facts of kind {one_line(kind)[:40]}' for kind, count in left.items())}."
    for one in found.runs:
        if one.repeated:
            yield (
                f"{one.name} read twice: {one.repeated.alike} of {one.repeated.pages} pages alike, "
                f"{_percent(one.repeated.apart)} of characters differ."
            )


def _run(one: RunRow) -> list[str]:
    statuses = ", ".join(f"{count} {status}" for status, count in one.statuses.items())
    agreement = _percent(one.agreement) if one.agreement is not None else "-"
    seconds = f"{one.seconds:.2f}" if one.seconds is not None else "-"
    return [one.name, str(one.pages), statuses, agreement, seconds, str(one.memory_mb or "-")]


def _truth(one: RunRow) -> list[str]:
    told = one.truth
    assert told is not None
    order = f"{told.order.value:.3f}" if told.order.value is not None else "-"
    figures = [told.cer, told.wer, told.mean_cer]
    rest = [told.recall, told.precision]
    shares = [_figure(figure) for figure in rest]
    last = [_figure(told.tables), _figure(told.furniture)]
    return [one.name, *map(_figure, figures), _percent(told.median_cer), *shares, order, *last]


def _judge(one: RunRow) -> list[str]:
    told = one.judge
    assert told is not None
    counts = (told.accepted_right, told.accepted_wrong, told.refused_right, told.refused_wrong)
    return [one.name, *map(str, counts), _figure(told.success)]


def _facts(one: RunRow, kinds: Sequence[str]) -> list[str]:
    told = one.facts
    assert told is not None
    by_kind = ["{} of {}".format(*told.by_kind[kind]) if kind in told.by_kind else "-" for kind in kinds]
    return [one.name, _figure(told.held), *by_kind]


def _figure(one: Figure) -> str:
    if one.value is None:
        return "-"
    if one.interval is None:
        return _percent(one.value)
    return f"{_percent(one.value)} ({100 * one.interval.low:.1f} to {100 * one.interval.high:.1f})"


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %"


def _signed(share: float) -> str:
    return f"{100 * share:+.1f} %"
