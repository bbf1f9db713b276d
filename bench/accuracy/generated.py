"""Typesets the generated documents, cuts them into pages, wears their scans and writes down the facts."""

from __future__ import annotations

import random
import re
import sys
import zlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from pathlib import Path

import numpy as np
import pypdfium2 as pdfium
from bench.accuracy.cases import HOME, Case
from bench.pages.typeset import browser, latex
from bench.pages.typeset.programs import typeset
from bench.pages.typeset.script import Script, Source, TableData
from bench.pages.wear import WEARS, as_pdf, worn

from ocroute.compare.fact_text import find, normalise
from ocroute.compare.page_facts import Absent, AnyFact, Baseline, Order, Present, TableCell

_PAGES_OF_A_DOCUMENT = 2
_WEARS = {
    "old_scan": ("old", "faded", "fax"),
    "tiny_text": ("clean", "clean", "office"),
    "": ("office", "coarse", "clean", "faded"),
}


def sources(copies: int) -> list[Source]:
    """``copies`` documents of every template."""
    made = []
    for group, templates in (("latex", latex.TEMPLATES), ("browser", browser.TEMPLATES)):
        for template, write in templates.items():
            for copy in range(copies):
                source = write(f"{group}-{template}-{copy}", "")
                wears = _WEARS.get(source.category, _WEARS[""])
                wear = wears[zlib.crc32(source.name.encode()) % len(wears)]
                made.append(write(source.name, wear))
    return made


def make(copies: int, jobs: int = 2) -> list[Case]:
    """All cases of the generated documents. A document that cannot be set is named on stderr and left out."""
    (HOME / "pages").mkdir(parents=True, exist_ok=True)
    every = sources(copies)
    with ThreadPoolExecutor(jobs) as pool:
        list(pool.map(_set, every))
    return [case for source in every if _document(source).exists() for case in _cases(source)]


def _document(source: Source) -> Path:
    stamp = zlib.crc32(source.code.encode())
    return HOME / "documents" / f"{source.name}-{stamp:08x}.pdf"


def _set(source: Source) -> None:
    if not _document(source).exists():
        try:
            typeset(source, _document(source))
        except RuntimeError as problem:
            print(f"left out: {problem}", file=sys.stderr)


def _cases(source: Source) -> Iterator[Case]:
    document = pdfium.PdfDocument(_document(source))
    for number in range(min(len(document), _PAGES_OF_A_DOCUMENT)):
        text = document[number].get_textpage().get_text_bounded()
        name = f"{source.name}-p{number + 1}"
        facts = {medium: tuple(page_facts(source, text, name, medium)) for medium in ("born", "scan")}
        if len(facts["born"]) < 4:
            continue
        media = ("scan",) if source.category == "old_scan" else ("born", "scan")
        for medium in media:
            pdf = f"pages/{name}-{medium}.pdf"
            (HOME / pdf).write_bytes(
                born_pdf(document, number) if medium == "born" else scan_pdf(document[number], source.wear, name)
            )
            yield Case(f"{name}-{medium}", source.name, source.category, medium, pdf, "generated", facts[medium])


def born_pdf(document: pdfium.PdfDocument, number: int) -> bytes:
    """One page of a document (``number`` from 0) as a PDF of its own."""
    single, held = pdfium.PdfDocument.new(), BytesIO()
    single.import_pages(document, [number])
    single.save(held)
    return held.getvalue()


def scan_pdf(page: pdfium.PdfPage, wear_name: str, name: str) -> bytes:
    """The page as a worn scan; ``name`` seeds the chance in it."""
    wear = WEARS[wear_name]
    grey = page.render(scale=wear.dpi / 72, grayscale=True).to_numpy()
    return as_pdf(worn(np.ascontiguousarray(grey.reshape(grey.shape[:2])), wear, zlib.crc32(name.encode())), wear)


def squash(text: str) -> str:
    """Letters and digits only, so that line ends and hyphens do not matter."""
    return re.sub(r"[\W_]+", "", normalise(text).replace("\ufffe", "").replace("\u0002", "")).lower()


def page_facts(source: Source, text: str, name: str, medium: str) -> Iterator[AnyFact]:
    """The facts of one page whose own text is ``text``; scans may have more letters wrong."""
    dice = random.Random(name)
    letters = squash(text)
    yield Baseline()
    slack = 40 if medium == "born" else 25
    flows = _on_page(source.script, letters)
    spoken = [sentence for sentences in flows.values() for sentence in sentences if len(sentence) > 40]
    for sentence in dice.sample(spoken, min(len(spoken), 7 if source.category in ("tiny_text", "old_scan") else 3)):
        yield Present(sentence, max(1, len(sentence) // slack))
    yield from _orders(flows, dice, slack, count=5 if source.category == "multi_column" else 2)
    yield from _absences(source.script, text, letters)
    for table in source.script.tables:
        yield from _cells(table, letters, dice)


def _on_page(script: Script, letters: str) -> dict[str, list[str]]:
    flows: dict[str, list[str]] = {}
    for piece in script.pieces:
        for sentence in piece.sentences:
            if piece.flow and letters.count(squash(sentence)) == 1:
                flows.setdefault(piece.flow, []).append(sentence)
    return flows


def _orders(flows: dict[str, list[str]], dice: random.Random, slack: int, count: int) -> Iterator[Order]:
    long = [flow for flow in flows.values() if len(flow) > 5]
    for _ in range(count if long else 0):
        flow = dice.choice(long)
        first = dice.randrange(len(flow) - 1)
        second = min(len(flow) - 1, first + dice.randint(1, max(2, len(flow) // 2)))
        before, after = (" ".join(flow[at].split()[:12]) for at in (first, second))
        if first != second and before != after:
            yield Order(before, after, max(1, len(before) // slack))


def _absences(script: Script, text: str, letters: str) -> Iterator[Absent]:
    body = normalise(" ".join(sentence for piece in script.pieces for sentence in piece.sentences))
    for line in script.furniture:
        wanted = normalise(line)
        if squash(line) in letters and find(wanted, body).likeness < 0.8:
            yield Absent(line, max(1, len(line) // 20))
    numbers = [
        word
        for line in (text.splitlines()[:2] + text.splitlines()[-2:])
        for word in re.findall(r"^\d{3}(?= |$)|(?<= )\d{3}$", line.strip())
    ]
    for number in set(numbers):
        if script.furniture and text.count(number) == 1:
            yield Absent(number)


def _cells(table: TableData, letters: str, dice: random.Random) -> Iterator[TableCell]:
    places = _places(table)
    if sum(squash(text) in letters for text in places.values()) < 0.9 * len(places):
        return  # the table is on another page
    texts = list(places.values())
    heads = 1 + any(cell.rows > 1 for cell in table.rows[0])
    asked = [at for at, text in places.items() if at[0] >= heads and len(text) > 2 and texts.count(text) == 1]
    for row, column in dice.sample(asked, min(4, len(asked))):
        around = {
            "up": places.get((row - 1, column), ""),
            "down": places.get((row + 1, column), ""),
            "left": places.get((row, column - 1), ""),
            "right": places.get((row, column + 1), ""),
            "top_heading": places[heads - 1, column] if column else "",
            "left_heading": places[row, 0] if column else "",
        }
        filled = [side for side, text in around.items() if text]
        wish = {side: around[side] for side in dice.sample(filled, min(2, len(filled)))}
        yield TableCell(places[row, column], **wish, max_diffs=1)


def _places(table: TableData) -> dict[tuple[int, int], str]:
    """The text at every position that a cell covers."""
    places: dict[tuple[int, int], str] = {}
    for row, cells in enumerate(table.rows):
        column = 0
        for cell in cells:
            while (row, column) in places:
                column += 1
            for r in range(row, row + cell.rows):
                for c in range(column, column + cell.columns):
                    places[r, c] = cell.text
            column += cell.columns
    return places
