"""Outputs that lie in folders, of ocroute or of others, as runs whose pages are brought together by name and number."""

from __future__ import annotations

import os
import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from ocroute.compare.foreign_formats import SUFFIXES, Pages, read_file
from ocroute.compare.read_pages import WHOLE, PageKey, ReadPage
from ocroute.errors import InputError, InputNotFound, UnsupportedInput
from ocroute.pages.inputs import SUFFIXES as SOURCES

_PAGE = re.compile(r"[._-](?:p|page)[._-]?(\d{1,6})$", re.IGNORECASE)
_BEST = (".json", ".xml", ".alto", ".hocr", ".html", ".htm", ".md", ".markdown", ".txt")
"""Of several files of one document the one with the most in it is read."""

_UNPAGED = (".md", ".markdown", ".txt")


@dataclass(frozen=True, slots=True)
class Run:
    """What one engine, or one program, made of some documents.

    Attributes:
        name: unique among those that are compared.
        pages: by document and number.
        unpaged: documents that came as one text, without marks between pages.
        problems: what could not be read, a line each.
        memory_mb: the most that reading took, MiB; None where that is not known.
        repeated: the pages of a second reading by the same engine.
    """

    name: str
    pages: dict[PageKey, ReadPage]
    unpaged: frozenset[str] = frozenset()
    problems: tuple[str, ...] = ()
    memory_mb: int | None = None
    repeated: dict[PageKey, ReadPage] = field(default_factory=dict)


def load_run(path: Path, name: str = "") -> Run:
    """The files in a folder and below it, or one file. What cannot be read becomes a problem, and the rest is there.

    Raises:
        InputNotFound: there is nothing at ``path``.
        UnsupportedInput: nothing in it can be compared.
    """
    if not path.exists():
        raise InputNotFound(f"{path} does not exist", next_step="Check the path")
    groups: dict[str, list[tuple[int, int | None, Path]]] = defaultdict(list)
    for file in _files(path):
        stem, number, rank = _named(file, path)
        groups[stem].append((rank, number, file))
    pages: dict[PageKey, ReadPage] = {}
    unpaged, problems = set(), []
    for stem, files in groups.items():
        found, single, wrong = _document(files)
        problems += wrong
        unpaged |= {stem} if single else set()
        pages |= {PageKey(stem, number): page for number, page in found.items()}
    if not groups:
        raise UnsupportedInput(
            f"{path} holds nothing that can be compared", next_step=f"Files of: {', '.join(SUFFIXES)}"
        )
    return Run(name or path.resolve().name or os.fspath(path), pages, frozenset(unpaged), tuple(problems))


def together(runs: Sequence[Run]) -> list[Run]:
    """The same runs under names that agree: without folders where that is clear, with documents as a whole where one has no
    pages and another several.
    """
    bare = [Counter({key.name: 1 for key in run.pages}) for run in runs]
    if all(max(Counter(name.rpartition("/")[2] for name in names).values(), default=1) == 1 for names in bare):
        runs = [_renamed(run) for run in runs]
    counts: dict[str, int] = defaultdict(int)
    for run in runs:
        for name, number in Counter(key.name for key in run.pages).items():
            counts[name] = max(counts[name], number)
    whole = {name for run in runs for name in run.unpaged if counts[name] > 1}
    return [_merged(run, whole) for run in runs]


def named_apart(runs: Iterable[Run]) -> list[Run]:
    """The same runs, of one name no two."""
    seen: Counter[str] = Counter()
    found = []
    for run in runs:
        seen[run.name] += 1
        found.append(replace(run, name=f"{run.name} ({seen[run.name]})") if seen[run.name] > 1 else run)
    return found


def _files(path: Path) -> list[Path]:
    if path.is_file():
        return [path]
    found = (Path(folder, file) for folder, _, files in os.walk(path) for file in files)
    return sorted(
        one
        for one in found
        if one.name.lower().endswith(SUFFIXES) and not any(part.startswith(".") for part in one.relative_to(path).parts)
    )


def document_name(file: Path, root: Path) -> str:
    """What a document is called, by the path of its result below ``root``, or of the document itself."""
    return _named(file, root)[0]


def _named(file: Path, root: Path) -> tuple[str, int | None, int]:
    """Document, page number where the name has one, and rank among formats."""
    relative = file.relative_to(root) if file.is_relative_to(root) and file != root else Path(file.name)
    name = unicodedata.normalize("NFC", relative.as_posix())
    suffix = max((one for one in SUFFIXES if name.lower().endswith(one)), key=len, default="")
    name = name[: len(name) - len(suffix)].removesuffix(".alto")
    number = None
    if suffix and (match := _PAGE.search(name)):
        name, number = name[: match.start()], int(match[1])
    stem, dot, ending = name.rpartition(".")
    name = stem if stem and f".{ending.lower()}" in SOURCES and dot else name
    kind = f".{suffix.rpartition('.')[2]}"
    return name, number, _BEST.index(kind) if kind in _BEST else len(_BEST)


def _document(files: list[tuple[int, int | None, Path]]) -> tuple[Pages, bool, list[str]]:
    """The pages of one document, whether it came as one text, and what could not be read."""
    problems: list[str] = []
    pages: Pages = {}
    single = False
    for number in sorted({number for _, number, _ in files}, key=lambda one: -1 if one is None else one):
        found, chosen, wrong = _best([file for _, own, file in sorted(files) if own == number])
        problems += wrong
        single = number is None and len(found) == 1 and chosen.suffix.lower() in _UNPAGED
        for own, page in found.items():
            at = own if number is None else number
            if at in pages:
                problems.append(f"{chosen}: page {at} of this document is in another file too, which counts")
            pages.setdefault(at, page)
    return pages, single and len(pages) == 1, problems


def _best(files: list[Path]) -> tuple[Pages, Path, list[str]]:
    """The first of the files that can be read; what is wrong with those before it."""
    problems: list[str] = []
    for file in files:
        try:
            return read_file(file), file, problems
        except InputError as error:
            problems.append(str(error))
    return {1: ReadPage(error=problems[0])}, files[0], problems


def _renamed(run: Run) -> Run:
    def bare(pages: dict[PageKey, ReadPage]) -> dict[PageKey, ReadPage]:
        return {PageKey(key.name.rpartition("/")[2], key.number): page for key, page in pages.items()}

    unpaged = frozenset(name.rpartition("/")[2] for name in run.unpaged)
    return replace(run, pages=bare(run.pages), unpaged=unpaged, repeated=bare(run.repeated))


def _merged(run: Run, whole: set[str]) -> Run:
    """With each of the documents ``whole`` as one page."""
    if not whole & {key.name for key in run.pages}:
        return run
    pages = {key: page for key, page in run.pages.items() if key.name not in whole}
    for name in sorted(whole):
        if parts := [page for key, page in sorted(run.pages.items()) if key.name == name]:
            pages[PageKey(name, WHOLE)] = _joined(parts)
    return replace(run, pages=pages, repeated={})


def _joined(pages: Sequence[ReadPage]) -> ReadPage:
    statuses = [page.status for page in pages]
    status = next((one for one in ("failed", "doubtful", "accepted", "blank") if one in statuses), "")
    known = [page.seconds for page in pages if page.seconds is not None]
    return ReadPage(
        parts=tuple(part for page in pages for part in page.parts),
        furniture=tuple(part for page in pages for part in page.furniture),
        tables=tuple(table for page in pages for table in page.tables),
        markdown="\n\n".join(page.markdown for page in pages),
        status=status,
        findings=tuple(dict.fromkeys(code for page in pages for code in page.findings)),
        error="; ".join(dict.fromkeys(page.error for page in pages if page.error))
        if all(p.error for p in pages)
        else "",
        seconds=sum(known) if known else None,
    )
