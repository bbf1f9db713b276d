"""What a comparison says, as plain values: what ``--json`` writes."""

from __future__ import annotations

import msgspec

from ocroute.compare.measures import Interval


class Figure(msgspec.Struct, frozen=True):
    """A figure over all pages, and where it lies with 95 % confidence; None where nothing can be said."""

    value: float | None
    interval: Interval | None = None


class AgainstTruth(msgspec.Struct, frozen=True):
    """How far a run is from the known text.

    Attributes:
        cer, wer: edits over all pages by the length of all; above 1 where much was invented.
        mean_cer, median_cer: of pages, each 1 at most.
        recall, precision: of words whatever their order.
        order: Kendall's tau of lines, -1 to 1.
        tables: F1 of neighbouring cells; furniture: of words of headers and footers. None where the truth has none.
        teds: of tables; None where nobody asked, or there are none.
        confusions: what was read for what, the most frequent first.
    """

    cer: Figure
    wer: Figure
    mean_cer: Figure
    median_cer: float
    recall: Figure
    precision: Figure
    order: Figure
    tables: Figure
    furniture: Figure
    confusions: tuple[tuple[str, str, int], ...] = ()
    teds: Figure = Figure(None)


class Judged(msgspec.Struct, frozen=True):
    """The judge's verdicts held against the truth; blank counts as accepted.

    Attributes:
        success: share of pages that were accepted and are right.
    """

    accepted_right: int
    accepted_wrong: int
    refused_right: int
    refused_wrong: int
    success: Figure


class Facts(msgspec.Struct, frozen=True):
    """Facts that hold, by kind as (held, of). Those of kinds that are not measured are counted apart."""

    held: Figure
    by_kind: dict[str, tuple[int, int]]
    not_measured: dict[str, int]
    refuted: dict[str, str]


class Repeated(msgspec.Struct, frozen=True):
    """The same pages read twice by the same engine: how many came out alike, and the share of characters that did not."""

    pages: int
    alike: int
    apart: float


class RunRow(msgspec.Struct, frozen=True):
    """What is said of one run.

    Attributes:
        statuses: verdict to pages; ``unjudged`` of foreign ones, ``missing`` of those that this run does not have.
        findings: code of a check to pages that it refused.
        agreement: how alike its texts are to those of the others, 0 to 1; None for a single run. No accuracy.
        seconds: of the median page.
    """

    name: str
    pages: int
    statuses: dict[str, int]
    findings: dict[str, int]
    agreement: float | None
    seconds: float | None
    memory_mb: int | None
    truth: AgainstTruth | None = None
    judge: Judged | None = None
    facts: Facts | None = None
    repeated: Repeated | None = None
    problems: tuple[str, ...] = ()


class Difference(msgspec.Struct, frozen=True):
    """Two runs on the same pages: the first one's figure less the second one's.

    Attributes:
        sure: whether the interval leaves out 0: else nothing is known of which is better.
    """

    one: str
    other: str
    measure: str
    value: float
    interval: Interval | None
    sure: bool


class PageRow(msgspec.Struct, frozen=True):
    """One page in all runs.

    Attributes:
        disagreement: the mean distance of the runs' texts, 0 to 1.
        cer: by run, where the truth is known, 1 at most.
        status, error: by run.
    """

    name: str
    number: int
    disagreement: float
    status: dict[str, str]
    cer: dict[str, float] = {}
    right: dict[str, bool] = {}
    error: dict[str, str] = {}


class Comparison(msgspec.Struct, frozen=True):
    """The whole answer.

    Attributes:
        version: of this form; goes up when a field changes its meaning.
        rules: what did not count as a difference, in words.
        runs: in the order given.
        distances: run by run, 0 to 1: edits by the length of the longer text, over all pages.
        medoid: the run that is nearest to all others; empty for fewer than three.
        differences: between pairs of runs, on the same pages.
        pages: those on which runs differ most first.
        unknown: pages that were read and of which the truth says nothing: not scored.
        problems: what could not be read, besides what runs say themselves.
        elsewhere: documents that something is known of, and no run has: they do not count.
    """

    version: int
    rules: str
    runs: tuple[RunRow, ...]
    distances: tuple[tuple[float, ...], ...]
    medoid: str
    differences: tuple[Difference, ...]
    pages: tuple[PageRow, ...]
    unknown: int = 0
    problems: tuple[str, ...] = ()
    elsewhere: int = 0
