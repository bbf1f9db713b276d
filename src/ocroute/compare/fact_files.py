"""Facts about pages in the JSONL of olmOCR-bench: a line a fact. What cannot be measured is counted and said, not passed."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ocroute.compare.page_facts import Absent, AnyFact, Baseline, Order, PageText, Present, TableCell
from ocroute.compare.read_pages import WHOLE, PageKey, ReadPage
from ocroute.errors import CorruptInput, InputError, InputNotFound
from ocroute.pages.inputs import SUFFIXES

_CELL = ("cell", "up", "down", "left", "right", "top_heading", "left_heading")


@dataclass(frozen=True, slots=True)
class Stated:
    """One fact of a file.

    Attributes:
        kind: as the file calls it.
        fact: None where this kind is not measured.
        first, last: of the page's characters only so many at its beginning, or its end; 0 for all.
        folded: whether case does not matter.
    """

    id: str
    page: PageKey
    kind: str
    fact: AnyFact | None
    first: int = 0
    last: int = 0
    folded: bool = False

    def refutation(self, page: PageText) -> str | None:
        """Why the page does not show it; None where it does, or where it is not measured."""
        if self.fact is None:
            return None
        if self.first or self.last or self.folded:
            flat = page.flat[: self.first or None] if not self.last else page.flat[-self.last :]
            page = PageText(flat.casefold() if self.folded else flat)
        return self.fact.refutation(page)


def load_facts(path: Path) -> tuple[list[Stated], list[str]]:
    """The facts of a file, without those that were rejected, and what is wrong with single lines of it.

    Raises:
        InputError: it cannot be read, or holds none.
    """
    try:
        lines = path.read_text(encoding="utf-8-sig").split("\n")
    except FileNotFoundError as error:
        raise InputNotFound(f"{path} does not exist", next_step="Check the path") from error
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}", next_step="Name a file of facts") from error
    except UnicodeDecodeError as error:
        raise CorruptInput(f"{path} is no text in UTF-8", next_step="Save it as UTF-8") from error
    facts, problems = [], []
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            told = json.loads(line)
            if told.get("checked") != "rejected":
                facts.append(_stated(told, str(number)))
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            problems.append(f"{path}, line {number}: it is no fact: {type(error).__name__}: {str(error)[:100]}")
    if not facts:
        raise CorruptInput(f"{path} holds no facts", next_step="Give JSON lines as olmOCR-bench has them")
    return facts, problems


def _stated(told: Mapping[str, Any], number: str) -> Stated:
    kind, name = str(told["type"]), str(told["pdf"])
    stem, dot, ending = name.rpartition(".")
    key = PageKey(stem if dot and f".{ending.lower()}" in SUFFIXES else name, int(told.get("page") or 1))
    return Stated(
        str(told.get("id") or number),
        key,
        kind,
        _fact(kind, told),
        first=max(0, int(told.get("first_n") or 0)),
        last=max(0, int(told.get("last_n") or 0)),
        folded=told.get("case_sensitive") is False,
    )


def _fact(kind: str, told: Mapping[str, Any]) -> AnyFact | None:
    edits = max(0, int(told.get("max_diffs") or 0))
    if kind in ("present", "absent"):
        text = str(told["text"])
        text = text.casefold() if told.get("case_sensitive") is False else text
        return Present(text, edits) if kind == "present" else Absent(text, edits)
    if kind == "order":
        return Order(str(told["before"]), str(told["after"]), edits)
    if kind == "table":
        return TableCell(**{name: str(told.get(name) or "") for name in _CELL}, max_diffs=edits)
    return Baseline() if kind == "baseline" else None


class Documents:
    """The documents of runs, to be found by the names that facts have for them: with their folders, or without."""

    def __init__(self, pages: Iterable[PageKey]) -> None:
        names = {key.name for key in pages}
        self._by_name = {name.rpartition("/")[2]: name for name in sorted(names, reverse=True)} | {
            one: one for one in names
        }

    def named(self, name: str) -> str:
        """As runs call it; empty where they do not have it."""
        return self._by_name.get(name) or self._by_name.get(name.rpartition("/")[2], "")


class CheckedFacts:
    """The facts of one run: by page whether each holds; those of pages that the run does not have fail."""

    def __init__(self, facts: list[Stated], pages: Mapping[PageKey, ReadPage]) -> None:
        self.refuted: dict[str, str] = {}
        self.by_page: dict[PageKey, list[bool]] = defaultdict(list)
        self.by_kind: dict[str, list[bool]] = defaultdict(list)
        self.unmeasured = Counter(one.kind for one in facts if one.fact is None)
        documents = Documents(pages)
        texts: dict[PageKey, tuple[PageText, PageText]] = {}
        for one in facts:
            if one.fact is None:
                continue
            name = documents.named(one.page.name)
            key = PageKey(name or one.page.name, WHOLE if PageKey(name, WHOLE) in pages else one.page.number)
            page = pages.get(key)
            if page is None or page.error:
                why: str | None = "the page was not read"
            else:
                text, plain = texts.setdefault(key, (PageText(page.markdown), PageText(page.text)))
                why = one.refutation(text)
                if why is not None and one.kind in ("present", "order"):
                    why = one.refutation(plain) and why  # an escape, or markup within a word, is no fault of the text
            self.by_page[key].append(why is None)
            self.by_kind[one.kind].append(why is None)
            if why is not None:
                self.refuted[one.id] = why
