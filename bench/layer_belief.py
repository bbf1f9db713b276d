"""Whether wrong text layers are refused and right ones believed.

    python -m bench.layer_belief --make PAGES.zip [--half tune|report] [--pages 200] [--pdfs FOLDER]...
                                 [--first SEED] [--without ZIP]...
    python -m bench.layer_belief --from PAGES.zip [--jobs N] [--shard I/N] [--only WAY]... [--show] --rows ROWS.jsonl
    python -m bench.layer_belief --merge ROWS.jsonl... [--read-on MACHINE] --json evidence/layer-belief.json

Pages drawn here (bench.pages) and pages of PDFs from the folders named, each with its layer as it is and altered in the ways of
`bench.wrong_layers`. A right layer goes the whole way of a page and counts as believed when it is accepted, what it lacks read by
OCR and added; a wrong one when the checks of letters and places have nothing to say.

Left out are pages of a PDF whose glyphs partly have no meaning by the file's own word, hidden layers, which another OCR wrote,
pages without letters and those with the words of another. A page belongs to the tuning half or to the report half by the hash of
its name; limits are set on the first alone. Pages that nobody has looked at have seeds from ``--first`` on and are of files that
are in no earlier archive (``--without``). Making needs fonts, reading does not. A run that was stopped goes on where it was.
"""

from __future__ import annotations

import io
import random
import tempfile
import time
import zipfile
import zlib
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import numpy as np
import pypdfium2.raw as pdfium
from bench.pages.canvas import ArrayPage
from bench.pool import in_processes
from bench.wrong_layers import RIGHT, Lines, Subject, alterations, letters_of, stretched
from PIL import Image

from bench import harness
from ocroute.document.model import Finding
from ocroute.engines.base import EngineInfo, Reading, Task
from ocroute.errors import OcrouteError
from ocroute.judge.base import CHECKS
from ocroute.pages import InputPage, open_input
from ocroute.pages.page import Raster
from ocroute.pages.pdf import PdfPage
from ocroute.raster.printed import printed
from ocroute.route import Plan, Wish
from ocroute.route.page_reader import PageReader
from ocroute.values import Block, Category

LAYER = EngineInfo(kind="textlayer", rank=0, gives_confidence=False)
BELIEF = ("textlayer_mismatch", "garble", "wrong_script", "invented")
"""Checks that say something of the layer's letters and places; others speak of what it leaves out."""
PER_FILE = 3
FIRST = 1001  # seed of the drawn pages; those of 500 to 560 and 900 to 925 were looked at while the checks were made
MOST_BYTES = 400_000  # of a PDF, and of a picture without loss; all of them are carried to the machine that reads
QUALITY = 90  # of the JPEG that a larger picture is kept as, as scanners do with noise
UNKNOWN = 0.01  # of a page's signs that the file gives no meaning
LEAST = 3
"""Letters of a page."""


class Packed(msgspec.Struct, frozen=True):
    """A page of the archive, whose layer is right: a picture of it, or page ``number`` of a PDF."""

    name: str
    file: str
    number: int
    size: tuple[int, int]
    lines: Lines

    @property
    def source(self) -> str:
        """Where it is from."""
        return "files" if self.number else "drawn"


class Case(msgspec.Struct, frozen=True):
    """One layer of a page: whether all checks, and those of letters and places, believe it; what they say."""

    way: str
    accepted: bool
    letters_believed: bool
    said: str


class Row(msgspec.Struct, frozen=True):
    """All layers of one page; ``seconds`` of the right one."""

    name: str
    source: str
    seconds: float | None
    cases: list[Case]


class Job(NamedTuple):
    """A page to be read, with another file's."""

    archive: Path
    page: Packed
    other: Packed
    only: tuple[str, ...]


# pages


def make(
    archive: Path, half: str, pages: int, folders: Sequence[Path], first: int = FIRST, without: Sequence[Path] = ()
) -> None:
    """Write half as many drawn pages as ``pages``, and as many of PDFs that are not in the archives ``without``."""
    files = pages // 2 if folders else 0
    known = {name for other in without for name in zipfile.ZipFile(other).namelist()}
    packed: list[Packed] = []
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as held:
        for name, subject in drawn(half, pages - files, first):
            picture, kind = picture_of(subject.page.raster())
            packed.append(Packed(name, f"{name}.{kind}", 0, subject.page.size, subject.lines))
            held.writestr(packed[-1].file, picture)
        for file, number, page, lines in of_files(half, folders, files, known):
            if file.name not in held.namelist():
                held.write(file, file.name)
            packed.append(Packed(f"{file.name} {number}", file.name, number, page.size, lines))
        random.Random(7).shuffle(packed)  # a run that is cut short has seen all kinds
        held.writestr("pages.json", msgspec.json.encode(packed))
    print(f"{archive}: {len(packed)} pages, {archive.stat().st_size / 1e6:.1f} MB")


def picture_of(raster: Raster) -> tuple[bytes, str]:
    """The bytes and the ending of a file that shows a page: without loss, unless it is noise that fills the file."""
    picture = io.BytesIO()
    Image.fromarray(raster).save(picture, "WEBP", lossless=True)
    if picture.tell() <= MOST_BYTES:
        return picture.getvalue(), "webp"
    picture = io.BytesIO()
    Image.fromarray(raster).save(picture, "JPEG", quality=QUALITY)
    return picture.getvalue(), "jpg"


def drawn(half: str, count: int, first: int) -> Iterator[tuple[str, Subject]]:
    """Pages of all kinds that have letters, of the seeds from ``first``."""
    from bench.pages.kinds import KINDS
    from bench.pages.kinds import make as draw

    kinds = [name for name in KINDS if name not in ("blank", "picture", "drawing")]
    for at in range(count):
        sheet = draw(kinds[at % len(kinds)], half, first + at)
        if sheet is not None and sheet.lines:
            yield f"{sheet.kind} {first + at}", Subject(sheet.kind, sheet.page(), tuple(sheet.lines))


def of_files(
    half: str, folders: Sequence[Path], count: int, known: Collection[str]
) -> Iterator[tuple[Path, int, InputPage, Lines]]:
    """Pages of PDFs whose layer has no gap by its own word, in a chance order; none of files whose names are ``known``, and of
    pages with the same words one.
    """
    files = {file.name: file for folder in folders for file in sorted(folder.glob("**/*.pdf"))}
    order = sorted(files.keys() - known)
    random.Random(7).shuffle(order)
    given: set[frozenset[str]] = set()
    for file in map(files.__getitem__, order):
        if (zlib.crc32(file.name.encode()) % 2 == 0) != (half == "tune") or file.stat().st_size > MOST_BYTES:
            continue
        try:
            with open_input(file) as source:
                for number in list(source.numbers)[:PER_FILE]:
                    page = source.page(number)
                    lines = printed(page).lines
                    text = " ".join(line.text for line in lines)
                    words = frozenset(text.split())
                    by_ocr = any(line.font and line.font.hidden for line in lines)
                    told = text.count("\ufffd") <= UNKNOWN * len(text) and whole(page)
                    good = told and not by_ocr and len(letters_of(lines)) >= LEAST
                    if good and words not in given:
                        yield file, number, page, lines
                        given.add(words)
                    page.release()
                    if len(given) >= count:
                        return
        except OcrouteError:
            continue


def whole(page: InputPage) -> bool:
    """Whether the file says of nearly every glyph what it means."""
    assert isinstance(page, PdfPage)
    text = page._page().get_textpage()
    count = pdfium.FPDFText_CountChars(text.raw)
    unknown = sum(pdfium.FPDFText_HasUnicodeMapError(text.raw, at) == 1 for at in range(min(count, 5000)))
    text.close()
    return bool(unknown <= UNKNOWN * min(count, 5000))


# reading


def jobs_of(archive: Path, only: tuple[str, ...]) -> list[Job]:
    """Every page, with the one before it that is of another file."""
    with zipfile.ZipFile(archive) as held:
        pages = msgspec.json.decode(held.read("pages.json"), type=list[Packed])
    others = (
        next(pages[at - back] for back in range(1, len(pages)) if pages[at - back].file != page.file)
        for at, page in enumerate(pages)
    )
    return [Job(archive, page, other, only) for page, other in zip(pages, others, strict=True)]


def read(job: Job) -> Row:
    """What is believed of one page's layers."""
    page = job.page
    with zipfile.ZipFile(job.archive) as held, tempfile.TemporaryDirectory() as folder:
        file = held.extract(page.file, folder)
        if page.number:
            with open_input(file) as source:
                return _read(job, source.page(page.number))
        with Image.open(file) as picture:
            return _read(job, ArrayPage(np.asarray(picture.convert("RGB")), page.lines))


def _read(job: Job, page: InputPage) -> Row:
    packed = job.page
    subject = Subject(packed.name, page, printed(page).lines if packed.number else packed.lines)
    foreign = stretched(job.other.lines, page.size[0] / job.other.size[0], page.size)
    seconds, cases = None, []
    for way, case in alterations(subject, foreign, random.Random(packed.name)):
        same = [line.text for line in case.lines] == [line.text for line in subject.lines]
        if (job.only and way not in job.only) or (same and way not in (*RIGHT, "half a line")):
            continue
        started = time.perf_counter()
        cases.append(Case(way, *believed(case, right=way in RIGHT)))
        if way == "right":
            seconds = round(time.perf_counter() - started, 4)
    return Row(packed.name, packed.source, seconds, cases)


def believed(subject: Subject, *, right: bool) -> tuple[bool, bool, str]:
    """Whether the layer is accepted, whether nothing is said of its letters and places, and what is said.

    A wrong layer is put before the checks of letters and places alone: that another one speaks too is no merit of theirs.
    """
    said = of_the_whole_way(subject.page) if right else of_the_checks(subject)
    return not said, not any(f.code in BELIEF for f in said), " ".join(f"{f.code}: {f.sentence}" for f in said)


def of_the_whole_way(page: InputPage) -> list[Finding]:
    """What refuses the page's own layer when the page is read."""
    attempt = reader().read(page).attempts[0]
    return [finding for finding in attempt.findings if finding.refuses]


@cache
def reader() -> PageReader:
    """The text layer, and who reads what it lacks; one a process."""
    return PageReader(Wish(), Plan({"textlayer": "first", "rapidocr": "for what it lacks"}, {}))


def of_the_checks(subject: Subject) -> list[Finding]:
    """What refuses a layer, of the checks of letters and places."""
    reading, task = Reading(lines=subject.lines, blocks=as_they_are(subject.lines)), Task()
    checks = (CHECKS.load(name)() for name in CHECKS if name in BELIEF)
    found = (check.check(subject.page, reading, engine=LAYER, task=task) for check in checks)
    return [f for f in found if f is not None and f.refuses]


def as_they_are(lines: Lines) -> tuple[Block, ...]:
    """Each line as a block: what those checks see does not depend on the layout."""
    return tuple(Block(Category.TEXT, line.text, line.box, lines=(line,)) for line in lines)


# the record


def summary(rows: Sequence[Row]) -> dict[str, Any]:
    """How often a layer of each kind was believed."""
    tallies: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0])
    for case in (case for row in rows for case in row.cases):
        for at, more in enumerate((case.accepted, case.letters_believed, True)):
            tallies[case.way][at] += more
    sources = [row.source for row in rows]
    seconds = [row.seconds for row in rows if row.seconds is not None]
    return {
        "pages": len(rows),
        "sources": {source: sources.count(source) for source in sorted(set(sources))},
        "layers": {
            way: {"believed": accepted, "letters_believed": letters, "of": count}
            for way, (accepted, letters, count) in tallies.items()
        },
        "seconds_of_a_right_page": round(float(np.median(seconds)), 4) if seconds else None,
    }


def load(files: Iterable[Path]) -> list[Row]:
    """The rows of several runs; of a page that is there twice, the last."""
    lines = (line for file in files if file.exists() for line in file.read_bytes().splitlines())
    return list({row.name: row for row in (msgspec.json.decode(line, type=Row) for line in lines)}.values())


def wrong(rows: Iterable[Row]) -> Iterator[str]:
    """A line for each layer that was judged wrongly."""
    for row in rows:
        for case in row.cases:
            if (case.accepted if case.way in RIGHT else case.letters_believed) != (case.way in RIGHT):
                yield f"{case.way:20} {row.name}: {case.said or 'believed'}"


def show(rows: Sequence[Row]) -> None:
    """What was found, in short."""
    found = summary(rows)
    print(*wrong(rows), sep="\n")
    for name, row in found["layers"].items():
        print(f"{name:20} believed {row['believed']:4}, letters believed {row['letters_believed']:4} of {row['of']}")
    print(found["pages"], "pages;", found["seconds_of_a_right_page"], "s of a right page, median")


def main() -> None:
    parser = harness.arguments(__doc__, record="layer-belief")
    parser.add_argument("--make", type=Path, metavar="ZIP", help="write the pages here")
    parser.add_argument("--from", type=Path, metavar="ZIP", dest="archive", help="read these pages")
    parser.add_argument("--rows", type=Path, help="one line of JSON a page; what is there is not read again")
    parser.add_argument("--merge", type=Path, nargs="+", default=[], metavar="ROWS", help="make the record of these")
    parser.add_argument("--read-on", default="", metavar="MACHINE", help="where the rows were made, if not here")
    parser.add_argument("--half", choices=("tune", "report"), default="report")
    parser.add_argument("--pages", type=int, default=200)
    parser.add_argument("--pdfs", type=Path, action="append", default=[], metavar="FOLDER")
    parser.add_argument("--first", type=int, default=FIRST, metavar="SEED", help="of the drawn pages")
    parser.add_argument(
        "--without", type=Path, action="append", default=[], metavar="ZIP", help="no file that is in it"
    )
    parser.add_argument("--only", action="append", default=[], metavar="WAY", help="these ways alone")
    parser.add_argument("--jobs", type=int, default=1, help="processes")
    parser.add_argument("--shard", default="1/1", metavar="I/N", help="only this part, from 1")
    options = parser.parse_args()
    if options.make:
        make(options.make, options.half, options.pages, options.pdfs, options.first, options.without)
    rows = load(options.merge or ([options.rows] if options.rows else []))
    if options.archive:
        part, parts = map(int, options.shard.split("/"))
        done = {row.name for row in rows}
        jobs = [
            job for job in jobs_of(options.archive, tuple(options.only))[part - 1 :: parts] if job.page.name not in done
        ]
        for row in in_processes(read, jobs, options.jobs):
            rows.append(row)
            print(*wrong([row]), sep="\n", flush=True)
            if options.rows:
                with options.rows.open("ab") as held:
                    held.write(msgspec.json.encode(row) + b"\n")
    if options.merge:
        elsewhere = {"machine": options.read_on, "versions": {}} if options.read_on else {}
        harness.write(options.json, summary(rows) | elsewhere)
    if rows:
        show(rows)


if __name__ == "__main__":
    main()
