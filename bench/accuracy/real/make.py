"""Takes the listed pages from this machine's PDFs and derives facts that their own text and geometry vouch for."""

from __future__ import annotations

import random
import re
import statistics
import sys
import zlib
from collections.abc import Iterator
from pathlib import Path

import pypdfium2 as pdfium
from bench.accuracy.cases import HOME, Case
from bench.accuracy.generated import born_pdf, scan_pdf
from bench.accuracy.real.documents import DOCUMENTS, Document
from bench.accuracy.real.geometry import Sheet, Strip, columns, furniture, sheets
from bench.accuracy.real.tables import TABLES

from ocroute.compare.fact_text import find, normalise
from ocroute.compare.page_facts import Absent, AnyFact, Baseline, Order, Present, TableCell

_SENTENCE = re.compile(r"(?<=[.?!] )[A-Z][^.?!\d\\{}<>|=]{40,140}[.?!](?= |$)")
_WEARS = ("office", "clean", "coarse", "office", "faded")


def make() -> list[Case]:
    """The cases of every listed page from which at least four facts can be had."""
    (HOME / "pages").mkdir(parents=True, exist_ok=True)
    cases: list[Case] = []
    for document in DOCUMENTS:
        if Path(document.path).exists():
            cases += _cases(document)
        else:
            print(f"left out, not on this machine: {document.path}", file=sys.stderr)
    return cases


def _cases(document: Document) -> Iterator[Case]:
    name = Path(document.path).stem
    pdf = pdfium.PdfDocument(document.path)
    for number in document.pages:
        around = sheets(document.path, max(1, number - 2), min(len(pdf), number + 2))
        sheet = around.pop(number)
        outside = furniture(sheet, list(around.values()))
        layout = columns(sheet, outside)
        page = f"{name}-p{number}"
        cells = TABLES.get(page, ())
        facts = (*_facts(sheet, outside, layout or [], page), *cells)
        if len(facts) < 4:
            print(f"left out, too few facts: {page}", file=sys.stderr)
            continue
        category = _category(layout, facts)
        wear = _WEARS[zlib.crc32(page.encode()) % len(_WEARS)]
        for medium, made in (("born", born_pdf(pdf, number - 1)), ("scan", scan_pdf(pdf[number - 1], wear, page))):
            path = f"pages/{page}-{medium}.pdf"
            (HOME / path).write_bytes(made)
            yield Case(f"{page}-{medium}", document.path, category, medium, path, document.path, facts)


def _category(layout: list[list[Strip]] | None, facts: tuple[AnyFact, ...]) -> str:
    kinds = {type(fact) for fact in facts}
    if TableCell in kinds:
        return "tables"
    if layout and len(layout) > 1:
        return "multi_column"
    return "headers_footers" if Absent in kinds else "plain"


def _facts(sheet: Sheet, outside: tuple[Strip, ...], layout: list[list[Strip]], name: str) -> Iterator[AnyFact]:
    dice = random.Random(name)
    yield Baseline()
    told = [sentence for column in layout for sentence in _sentences(column)]
    for sentence in dice.sample(told, min(3, len(told))):
        yield Present(sentence, max(2, len(sentence) // 25))
    by_column = [_sentences(column) for column in layout]
    pairs = [(a, b) for at, a in enumerate(told) for b in told[at + 1 :]]
    crossing = [(a, b) for a in by_column[0] for b in by_column[-1]] if len(by_column) > 1 else []
    for before, after in [*dice.sample(pairs, min(2, len(pairs))), *dice.sample(crossing, min(2, len(crossing)))]:
        yield Order(before, after, max(2, len(before) // 25))
    body = normalise(" ".join(strip.text for strip in sheet.strips if strip not in outside))
    for strip in outside:
        wanted = normalise(strip.text)
        if len(wanted) >= 8 and find(wanted, body).likeness < 0.8:
            yield Absent(strip.text, len(wanted) // 20)
        elif re.fullmatch(r"\d{3,4}", wanted) and wanted not in body:
            yield Absent(strip.text)


def _sentences(column: list[Strip]) -> list[str]:
    """Whole sentences of one column without figures or signs, none of which occurs twice."""
    text = ""
    last: Strip | None = None
    body = statistics.median(strip.height for strip in column)
    for strip in column:
        if strip.height < body - 1:
            continue  # a note or a caption: where it is read is a matter of taste
        if last and not (0 < strip.y0 - last.y0 < 1.9 * last.height and abs(strip.height - last.height) < 1):
            text += " ¶ \\ "  # a sentence does not go on over a gap or into another size of type
        text = text[:-1] if re.search(r"[a-z][-‐]$", text) and strip.text[:1].islower() else text + " "
        text += strip.text
        last = strip
    found = _SENTENCE.findall(" ".join(text.split()))
    return [each for each in found if text.count(each) <= 1 and _is_prose(each)]


def _is_prose(sentence: str) -> bool:
    letters = sum(each.isalpha() or each == " " for each in sentence)
    words = sentence.split()
    return letters > 0.93 * len(sentence) and len(words) > 6 and sum(map(len, words)) / len(words) > 3
