"""From checked facts to pass rates."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

import msgspec
from bench.accuracy.cases import Case

from ocroute.compare.page_facts import AnyFact, PageText


class Checked(msgspec.Struct, frozen=True):
    """One fact held against one engine's Markdown; ``refutation`` is None when it holds."""

    engine: str
    case: str
    category: str
    medium: str
    fact: AnyFact
    refutation: str | None


def check(engine: str, case: Case, markdown: str) -> list[Checked]:
    """Every fact of a page."""
    page = PageText(markdown)
    return [Checked(engine, case.name, case.category, case.medium, fact, fact.refutation(page)) for fact in case.facts]


class Rate(msgspec.Struct, frozen=True):
    """How many facts hold."""

    passed: int
    total: int

    @property
    def share(self) -> float:
        """0 to 1; 0 of nothing is 0."""
        return self.passed / self.total if self.total else 0.0

    def __str__(self) -> str:
        return f"{100 * self.share:5.1f} % of {self.total}"


def rate(checked: Iterable[Checked]) -> Rate:
    """The rate over some facts."""
    marks = [item.refutation is None for item in checked]
    return Rate(sum(marks), len(marks))


class Score(msgspec.Struct, frozen=True):
    """One engine's rates.

    ``overall`` is the mean over the groups in ``by_category``, as public benchmarks take it, so that no group outweighs
    another by having more facts; the facts of kind ``baseline`` form a group of their own.
    """

    engine: str
    pages: int
    overall: float
    by_category: dict[str, Rate]
    by_kind: dict[str, Rate]
    by_medium: dict[str, Rate]


def score(engine: str, checked: list[Checked]) -> Score:
    """One engine's rates over its checked facts."""
    groups: dict[str, list[Checked]] = defaultdict(list)
    kinds: dict[str, list[Checked]] = defaultdict(list)
    media: dict[str, list[Checked]] = defaultdict(list)
    for item in checked:
        kind = kind_of(item.fact)
        groups["baseline" if kind == "baseline" else item.category].append(item)
        kinds[kind].append(item)
        media[item.medium].append(item)
    by_category = {name: rate(items) for name, items in sorted(groups.items())}
    overall = sum(each.share for each in by_category.values()) / max(1, len(by_category))
    by_kind = {name: rate(items) for name, items in sorted(kinds.items())}
    by_medium = {name: rate(items) for name, items in sorted(media.items())}
    return Score(engine, len({item.case for item in checked}), overall, by_category, by_kind, by_medium)


def kind_of(fact: AnyFact) -> str:
    """``present``, ``absent``, ``order``, ``table`` or ``baseline``."""
    return str(type(fact).__struct_config__.tag)
