"""How well pages of twelve kinds are read: ocroute beside Tesseract and RapidOCR, letters, words and CPU seconds.

    python -m bench.accuracy.by_kind [--half tune] [--pages 2] [--engine ocroute] [--kind receipts] [--show]
    python -m bench.accuracy.by_kind --half report --pages 20 --engine ocroute --engine tesseract --engine rapidocr --json FILE
        [--minutes 30] [--jobs 2]
    python -m bench.accuracy.by_kind --make PAGES --half report --pages 20     # to be read where reportlab and fonts are not
    python -m bench.accuracy.by_kind --from PAGES --jobs 16 --json FILE [--beside RECORD]

The pages are set as PDFs (``bench/pages/leaves``) and printed on the medium that goes with the kind: scanned, faxed, faded,
photographed. The halves have other sentences, fonts and seeds: **tune on tune, report on report.** All read the same pictures; a
page's language is told to nobody, but for Tesseract, which is given the page's own.

What is held against the truth is the Markdown without its marks, in its order (`bench.outcomes`): CER is edits over letters,
F1 is of words whatever their order. Blocks that may be read at any place count where they stand. Plain engines' pages are kept,
by their file; ours never, so that each run reads anew. ``--beside`` takes the rows of engines that are not read now from a
record of the same pages; their CPU seconds are of the machine that is named there.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import math
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache, lru_cache, partial
from pathlib import Path
from typing import NamedTuple

import msgspec
from bench.accuracy.cases import HOME
from bench.outcomes import ordered_truth, spoken
from bench.pages.truth import Flow
from bench.pool import in_processes
from bench.verdicts import printed

from bench import harness
from ocroute.compare.measures import Errors, Overlap, bootstrap, character_errors, word_overlap

FIRST = {"tune": 1, "report": 7001}  # seeds; those of the report half are used by no other bench


class Kind(NamedTuple):
    """Which leaves are pages of a kind, and the media they are printed on; both in turn."""

    leaves: tuple[str, ...]
    media: tuple[str, ...]


KINDS = {
    "letters": Kind(("letter", "german", "french", "two_addresses", "signatures"), ("office", "coarse")),
    "small print": Kind(("small_print", "dictionary", "index"), ("coarse",)),
    "columns": Kind(
        ("newspaper", "magazine", "picture_in_text", "picture_in_columns", "three_columns", "side_notes"),
        ("office", "old"),
    ),
    "papers": Kind(("paper", "footnotes", "references", "report"), ("office",)),
    "receipts": Kind(("receipt",), ("faded", "photo")),
    "forms": Kind(("form", "boxed_form", "key_value", "fax_cover", "archive_form"), ("fax", "archive")),
    "tables": Kind(("ruled_table", "unruled_table", "accounts", "booktabs", "wrapped_cells"), ("office",)),
    "slides": Kind(("slide", "dark_slide", "poster", "dark_page"), ("clean",)),
    "lists": Kind(("nested_list", "contents", "exam", "bullets"), ("office",)),
    "listings": Kind(("code_listing",), ("office", "coarse")),
    "photographs": Kind(("letter", "menu", "two_columns", "minutes", "form"), ("photo", "aside")),
    "Russian": Kind(("cyrillic",), ("office", "coarse", "photo")),
}


class Sheet(msgspec.Struct, frozen=True):
    """A page as a PDF, with what stands on it and the medium that it is read from."""

    name: str
    kind: str
    language: str
    flows: list[Flow]
    pdf: bytes
    medium: str
    seed: int

    @property
    def picture(self) -> bytes:
        """The page on its medium, as the bytes of a file."""
        return _picture(self.pdf, self.medium, self.seed)


@lru_cache(maxsize=1)
def _picture(pdf: bytes, medium: str, seed: int) -> bytes:
    return printed(pdf, medium, seed)


class Row(msgspec.Struct, frozen=True):
    """One page as one engine read it."""

    engine: str
    name: str
    kind: str
    edits: int
    letters: int
    common: int
    wanted: int
    found: int
    cpu: float

    @property
    def errors(self) -> Errors:
        """Of letters."""
        return Errors(self.edits, self.letters)

    @property
    def words(self) -> Overlap:
        """Of words."""
        return Overlap(self.common, self.wanted, self.found)


def sheets(kinds: Sequence[str], half: str, count: int) -> Iterator[Sheet]:
    """``count`` pages of each kind, the same each time: the first of all kinds, then the second."""
    for at in range(count):
        yield from (_sheet(kind, half, at) for kind in kinds)


def _sheet(kind: str, half: str, at: int) -> Sheet:
    leaves, media = KINDS[kind]
    leaf, medium, seed = leaves[at % len(leaves)], media[(at + at // len(leaves)) % len(media)], FIRST[half] + at
    language = {"german": "deu", "french": "fra", "cyrillic": "rus"}.get(leaf, "eng")
    data, flows = _cyrillic(half, seed) if leaf == "cyrillic" else leaf_of(leaf, half, seed)
    return Sheet(f"{leaf}-{half}-{seed}-{medium}", kind, language, flows, data, medium, seed)


def leaf_of(leaf: str, half: str, seed: int) -> tuple[bytes, list[Flow]]:
    """The first page of a leaf as a PDF, and what stands on it."""
    import pypdfium2
    from bench.pages.leaves import draw

    data, truth = draw(leaf, half, seed)
    single, held = pypdfium2.PdfDocument.new(), io.BytesIO()
    single.import_pages(pypdfium2.PdfDocument(data), [0])
    single.save(held)
    return held.getvalue(), truth.pages[0]


def _cyrillic(half: str, seed: int) -> tuple[bytes, list[Flow]]:
    from bench.pages.kinds import KINDS as DRAWN
    from bench.pages.kinds import Press

    drawn, held = DRAWN["cyrillic"](Press(half, seed)), io.BytesIO()
    drawn.image.save(held, "PDF", resolution=150)
    return held.getvalue(), [Flow([[line.text] for line in drawn.lines])]


# who reads


def ocroute(sheet: Sheet) -> str:
    """As installed, with nothing told."""
    import ocroute as package

    return package.read(sheet.picture).to_markdown()


def tesseract(sheet: Sheet) -> str:
    """``tesseract page - -l LANGUAGE``; English where that language's data is not installed."""
    listed = subprocess.run(["tesseract", "--list-langs"], capture_output=True, text=True, check=True).stdout.split()
    language = sheet.language if sheet.language in listed else "eng"
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "page"
        file.write_bytes(sheet.picture)
        command = ["tesseract", str(file), "-", "-l", language]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def rapidocr(sheet: Sheet) -> str:
    """``RapidOCR()(page)``: its lines in its order."""
    return "\n".join(_rapidocr()(sheet.picture).txts or ())


@cache
def _rapidocr() -> Callable[..., object]:
    import logging

    from rapidocr import RapidOCR

    engine: Callable[..., object] = RapidOCR()
    logging.getLogger("RapidOCR").setLevel(logging.ERROR)
    return engine


READERS: dict[str, Callable[[Sheet], str]] = {"ocroute": ocroute, "tesseract": tesseract, "rapidocr": rapidocr}


def read(engine: str, sheet: Sheet) -> tuple[str, float]:
    """What the engine says of the page, and the CPU seconds that it took, those of its programs included."""
    kept = HOME / "plain" / engine / f"{hashlib.sha256(sheet.picture).hexdigest()[:20]}.json"
    if engine != "ocroute" and kept.exists():
        return msgspec.json.decode(kept.read_bytes(), type=tuple[str, float])
    before = sum(os.times()[:4])
    text = READERS[engine](sheet)
    spent = sum(os.times()[:4]) - before
    if engine != "ocroute":
        kept.parent.mkdir(parents=True, exist_ok=True)
        kept.write_bytes(msgspec.json.encode((text, spent)))
    return text, spent


def row(engine: str, sheet: Sheet, text: str, cpu: float) -> Row:
    """What was read, held against what stands there."""
    said = spoken(text)
    truth = ordered_truth(sheet.flows, said)
    errors, words = character_errors(truth, said, "typography"), word_overlap(truth, said, "typography")
    counts = (errors.edits, errors.length, words.common, words.wanted, words.found)
    return Row(engine, sheet.name, sheet.kind, *counts, round(cpu, 2))


# what came out


def figures(rows: Sequence[Row]) -> dict[str, object]:
    """CER with its bootstrap interval over pages, F1 of words, CPU seconds a page."""
    errors, words = sum((each.errors for each in rows), Errors()), sum((each.words for each in rows), Overlap())
    between = bootstrap(rows, lambda some: sum((each.errors for each in some), Errors()).rate)
    return {
        "pages": len(rows),
        "cer": round(errors.rate, 4),
        "cer_interval": [round(between.low, 4), round(between.high, 4)],
        "f1": round(words.f1, 4),
        "cpu_seconds_per_page": round(sum(each.cpu for each in rows) / len(rows), 2),
    }


def table(rows: Sequence[Row], engines: Sequence[str]) -> dict[str, dict[str, dict[str, object]]]:
    """By kind, ``all`` at the end, and engine."""
    kinds = [kind for kind in KINDS if any(each.kind == kind for each in rows)]
    return {
        kind: {
            engine: figures(some)
            for engine in engines
            if (some := [each for each in rows if each.engine == engine and kind in (each.kind, "all")])
        }
        for kind in [*kinds, "all"]
    }


def rows_of(sheet: Sheet, engines: Sequence[str], until: float, show: bool) -> list[Row]:
    """What each engine makes of the page; nothing after ``until`` of ``time.time()``."""
    rows = list[Row]()
    for engine in engines if time.time() <= until else ():
        text, cpu = read(engine, sheet)
        last = row(engine, sheet, text, cpu)
        rows.append(last)
        if show:
            print(
                f"{engine:10} {last.name:40} {last.errors.rate:.4f} {last.words.f1:.4f} {last.cpu:6.1f} s", flush=True
            )
            if "-tune-" in sheet.name:
                print(text)
    return rows


def main(arguments: Sequence[str] | None = None) -> int:
    """Read the pages and print a line for each kind and engine."""
    wish = _wish(arguments)
    if wish.make:
        wish.make.write_bytes(msgspec.msgpack.encode(list(sheets(wish.kind or list(KINDS), wish.half, wish.pages))))
        return 0
    pages: Iterable[Sheet] = sheets(wish.kind or list(KINDS), wish.half, wish.pages)
    if wish.packed:
        every = msgspec.msgpack.decode(wish.packed.read_bytes(), type=list[Sheet])
        pages = [sheet for sheet in every if sheet.kind in (wish.kind or [sheet.kind])]
    engines, started = wish.engine or ["ocroute"], time.perf_counter()
    work = partial(rows_of, engines=engines, until=time.time() + 60 * wish.minutes, show=wish.show)
    rows = [row for some in in_processes(work, pages, wish.jobs) for row in some]
    print(f"{time.perf_counter() - started:.0f} s", file=sys.stderr)
    halves = sorted({row.name.split("-")[1] for row in rows})
    record: dict[str, object] = {"half": ", ".join(halves)}
    if wish.beside:
        other = msgspec.json.decode(wish.beside.read_bytes())
        here = {row.name for row in rows}
        told = [msgspec.convert(each, Row) for each in other["rows"] if each["engine"] not in engines]
        rows += [row for row in told if row.name in here]
        engines = list(dict.fromkeys([*engines, *(row.engine for row in rows)]))
        record["beside"] = {"machine": other["machine"], "engines": sorted({row.engine for row in told})}
    found = table(rows, engines)
    for kind, by_engine in found.items():
        for engine, said in by_engine.items():
            print(
                f"{kind:12} {engine:10} CER {said['cer']:.4f}  F1 {said['f1']:.4f}  {said['cpu_seconds_per_page']} CPU s"
            )
    record |= {"kinds": found, "rows": [msgspec.to_builtins(each) for each in rows]}
    if wish.before:
        record["before"] = msgspec.json.decode(wish.before.read_bytes())["kinds"]
    harness.write(wish.json, record)
    return 0


def _wish(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = harness.arguments(__doc__, record="accuracy-by-kind")
    parser.add_argument("--half", choices=list(FIRST), default="tune")
    parser.add_argument("--pages", type=int, default=2, help="of each kind (default 2)")
    parser.add_argument("--make", type=Path, metavar="PAGES", help="only write the pages here, to be read with --from")
    parser.add_argument("--from", type=Path, metavar="PAGES", dest="packed", help="read these pages")
    parser.add_argument("--jobs", type=int, default=1, help="processes, each on a core of its own")
    parser.add_argument(
        "--minutes", type=float, default=math.inf, help="after which no other page is begun (default: none)"
    )
    parser.add_argument("--engine", action="append", choices=list(READERS), help="repeatable; default: ocroute")
    parser.add_argument("--kind", action="append", choices=list(KINDS), help="repeatable; default: all")
    parser.add_argument("--show", action="store_true", help="print each page's figures; of the tune half also its text")
    parser.add_argument("--before", type=Path, help="a record of the same pages, whose figures are kept beside these")
    parser.add_argument("--beside", type=Path, help="a record of the same pages, for the engines that are not read now")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
