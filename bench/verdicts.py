"""Of pages with truth: how many are accepted and grossly wrong, and how many good ones refused.

    python -m bench.verdicts --make PAGES.zip [--half report] [--seeds N] [--first-seed N]
    python -m bench.verdicts --from PAGES.zip [--jobs N] [--shard I/N] [--quick] --rows ROWS.jsonl
    python -m bench.verdicts --merge ROWS.jsonl... [--before ROWS.jsonl...] [--from PAGES.zip] --json evidence/verdicts.json

Documents of many kinds (``bench/pages/leaves``) are set as PDFs with an exact text layer. Each is read as it is, as a scan, and
worn or photographed; and so are documents of Linux packages as scans, whose own text is the truth. What counts is the Markdown
that leaves, see ``bench/outcomes.py``. Limits may be tuned on ``--half tune``; the record is of ``report``, which has other
sentences and fonts. Making needs reportlab and fonts, reading does not. A run that was stopped goes on where it was: rows that
the file has are not read again. With ``--from``, merging measures their texts anew.
"""

from __future__ import annotations

import io
import json
import time
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pypdfium2
from bench.outcomes import Outcome, outcome
from bench.pages.truth import Flow, Truth
from bench.pages.wear import WEARS, as_pdf, photographed, worn
from bench.pool import in_processes
from PIL import Image

from bench import harness
from ocroute.compare.measures import wilson
from ocroute.document.model import Document, Page
from ocroute.engines.base import ENGINES, Reading
from ocroute.judge.checks.unsure_words import words_of
from ocroute.judge.misreading import chances
from ocroute.reader import Reader

FIRST = 1000  # the first seed of the record; pages of smaller ones were looked at
SEEDS = 5
WORN = ("coarse", "photo", "faded", "old", "photo", "fax")  # by kind and seed, beside "digital" and "office"
PHOTOGRAPHS = {"photo": 0.0, "aside": 0.14}  # and how far from the side they are taken
QUICK = 60
DOUBTS = (0.005, 0.01, 0.015, 0.02, 0.03)  # limits of unsure words that are compared
PACKAGED = "packaged"
MOST_OF_A_FILE, FEWEST_WORDS = 12, 30
FOLDERS = (Path("/usr/share/doc"), Path("/usr/share/texmf"), Path("/usr/lib/python3"))


class Job(msgspec.Struct, frozen=True):
    """One document in one medium."""

    name: str
    truth: Truth
    medium: str


class Row(msgspec.Struct, omit_defaults=True):
    """One page that was read; ``doubt`` is the share of its words that are likely misread, by what its engine says of each."""

    name: str
    page: int
    kind: str
    medium: str
    status: str
    engine: str = ""
    findings: list[str] = []
    seconds: float = 0.0
    doubt: float = 0.0
    outcome: Outcome = Outcome(0.0, 1.0)
    markdown: str = ""

    @property
    def accepted(self) -> bool:
        """Whether it left as right."""
        return self.status == "accepted"

    @property
    def wrong(self) -> list[str]:
        """Why it is grossly wrong and accepted."""
        return self.outcome.grossly_wrong(own_text=self.medium == "digital") if self.accepted else []


# pages


def make(file: Path, half: str, seeds: range) -> None:
    """Write the documents with their truths."""
    from bench.pages.leaves import KINDS, draw

    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for kind in KINDS:
            for seed in seeds:
                _put(archive, f"{kind}-{half}-{seed}", *draw(kind, half, seed))
        if half == "report":
            for name, data, truth in packaged():
                _put(archive, name, data, truth)
    print(f"{file}: {file.stat().st_size / 1e6:.1f} MB")


def _put(archive: zipfile.ZipFile, name: str, data: bytes, truth: Truth) -> None:
    archive.writestr(f"{name}.pdf", data)
    archive.writestr(f"{name}.json", msgspec.json.encode(truth))


def packaged() -> Iterator[tuple[str, bytes, Truth]]:
    """Documents that Linux packages bring; a page at a time, its text as PDFium has it."""
    for file in sorted({path for folder in FOLDERS for path in folder.glob("**/*.pdf")}):
        source = pypdfium2.PdfDocument(file)
        told = [(index, _own_text(source[index])) for index in range(len(source))]
        told = [(index, lines) for index, lines in told if len(" ".join(lines).split()) >= FEWEST_WORDS]
        for index, lines in told[:: max(1, len(told) // MOST_OF_A_FILE)][:MOST_OF_A_FILE]:
            single, held = pypdfium2.PdfDocument.new(), io.BytesIO()
            single.import_pages(source, [index])
            single.save(held)
            ends = [Flow([[lines[0]], [lines[-1]]], -1, needed=False)]
            flows = [Flow([[line] for line in lines[1:-1]]), *ends]
            yield f"{PACKAGED}-{file.stem}-{index + 1}", held.getvalue(), Truth(PACKAGED, "report", index, [flows])


def _own_text(page: pypdfium2.PdfPage) -> list[str]:
    text = page.get_textpage().get_text_bounded()
    for broken in ("\ufffe\r\n", "\x02\r\n", "\x02", "\ufffe"):
        text = text.replace(broken, "")
    return [line for line in map(str.strip, text.splitlines()) if line]


def jobs_of(file: Path, media: Iterable[str] = ()) -> list[Job]:
    """Every document of an archive in its media."""
    with zipfile.ZipFile(file) as archive:
        names = sorted(name[:-5] for name in archive.namelist() if name.endswith(".json"))
        truths = [msgspec.json.decode(archive.read(f"{name}.json"), type=Truth) for name in names]
    every = (Job(name, truth, medium) for name, truth in zip(names, truths, strict=True) for medium in _media(truth))
    return [job for job in every if not media or job.medium in media]


def _media(truth: Truth) -> tuple[str, ...]:
    if truth.kind == PACKAGED:
        return ("office", "faded") if truth.seed % 2 else ("office", "photo")
    return ("digital", "office", WORN[(truth.seed + zlib.crc32(truth.kind.encode())) % len(WORN)])


def some(jobs: list[Job], count: int) -> list[Job]:
    """About so many, spread over all; the same each time."""
    return sorted(jobs, key=lambda job: zlib.crc32(f"{job.name} {job.medium}".encode()))[:count]


def printed(data: bytes, medium: str, seed: int) -> bytes:
    """The document on a medium: as it is, or as pictures."""
    if medium == "digital":
        return data
    document = pypdfium2.PdfDocument(data)
    photo = medium in PHOTOGRAPHS
    wear = WEARS["office" if photo else medium]
    pictures = []
    for index, page in enumerate(document):
        grey = np.asarray(page.render(scale=wear.dpi / 72, grayscale=True).to_pil().convert("L"))
        chance = zlib.crc32(f"{medium} {seed} {index}".encode())
        pictures.append(photographed(grey, chance, tilt=PHOTOGRAPHS[medium]) if photo else worn(grey, wear, chance))
    held = io.BytesIO()
    if len(pictures) > 1:
        sheets = [pypdfium2.PdfDocument(as_pdf(picture, wear)) for picture in pictures]
        whole = pypdfium2.PdfDocument.new()
        for sheet in sheets:
            whole.import_pages(sheet)
        whole.save(held)
    else:
        _save(pictures[0], held, wear.quality, wear.dpi // (2 if wear.halved else 1))
    return held.getvalue()


def _save(picture: Image.Image, held: io.BytesIO, quality: int, dpi: int) -> None:
    if picture.mode == "L" and quality >= 80:
        picture.save(held, "PNG", dpi=(dpi, dpi))
    else:
        picture.save(held, "JPEG", quality=quality, dpi=(dpi, dpi))


# reading


def read(file: Path, job: Job, reader: Reader) -> list[Row]:
    """A row for each page; a page that breaks the reader is ``failed``."""
    with zipfile.ZipFile(file) as archive:
        data = printed(archive.read(f"{job.name}.pdf"), job.medium, job.truth.seed)
    started = time.perf_counter()
    count = len(job.truth.pages)
    try:
        document = reader.read(data)
    except Exception as error:  # whatever it is, it is a result
        return [_row(job, n + 1, "failed", findings=[f"{type(error).__name__}: {error}"[:200]]) for n in range(count)]
    seconds = (time.perf_counter() - started) / count
    return [
        _page_row(job, document, page, flows, seconds)
        for page, flows in zip(document.pages, job.truth.pages, strict=True)
    ]


def _page_row(job: Job, document: Document, page: Page, flows: list[Flow], seconds: float) -> Row:
    markdown = msgspec.structs.replace(document, pages=(page,)).to_markdown()
    codes = sorted({finding.code for finding in page.verdict.findings if finding.refuses})
    engine = page.provenance.engine
    found = {
        "outcome": _outcome(job.truth.kind, flows, markdown),
        "markdown": markdown,
        "doubt": round(_doubt(page), 4),
    }
    return _row(
        job, page.number, page.verdict.status, engine=engine, findings=codes, seconds=round(seconds, 2), **found
    )


def _doubt(page: Page) -> float:
    words = words_of(Reading(blocks=page.blocks))
    if not words:
        return 0.0
    return sum(chances(words, ENGINES.load(page.provenance.engine).info)) / len(words)


def _outcome(kind: str, flows: list[Flow], markdown: str) -> Outcome:
    """As `outcome`; the text that a packaged document brings says nothing of underscores: TeX draws them as rules."""
    if kind == PACKAGED:
        markdown = markdown.replace("\\_", " ").replace("_", " ")
        blocks = ((flow, [[line.replace("_", " ") for line in block] for block in flow.blocks]) for flow in flows)
        flows = [msgspec.structs.replace(flow, blocks=replaced) for flow, replaced in blocks]
    return outcome(flows, markdown)


def _row(job: Job, page: int, status: str, **more: Any) -> Row:
    return Row(job.name, page, job.truth.kind, job.medium, status, **more)


@cache
def _reader() -> Reader:
    """That of this process."""
    return Reader(jobs=0)


def _work(task: tuple[Path, Job]) -> list[Row]:
    return read(*task, _reader())


def run(file: Path, jobs: list[Job], processes: int) -> Iterator[Row]:
    """Every page of the jobs, as they are done."""
    for rows in in_processes(_work, [(file, job) for job in jobs], processes):
        yield from rows


# the record


def summary(rows: list[Row]) -> dict[str, Any]:
    """Counts with 95 % intervals, for all pages, by medium and by kind."""
    groups = {"all": {"all": rows}, "media": _grouped(rows, "medium"), "kinds": _grouped(rows, "kind")}
    counted = {name: {key: _counts(group) for key, group in found.items()} for name, found in groups.items()}
    return {
        **counted["all"],
        "media": counted["media"],
        "kinds": counted["kinds"],
        "reasons": dict(Counter(reason for row in rows for reason in row.wrong).most_common()),
        "refused_by": dict(
            Counter(
                code for row in rows if row.outcome.good and not row.accepted for code in row.findings
            ).most_common()
        ),
        "wrong_pages": [f"{row.name} p{row.page} {row.medium}: {', '.join(row.wrong)}" for row in rows if row.wrong],
        "refused_pages": [
            f"{row.name} p{row.page} {row.medium}: {', '.join(row.findings)}"
            for row in rows
            if row.outcome.good and not row.accepted
        ],
    }


def _grouped(rows: list[Row], by: str) -> dict[str, list[Row]]:
    keys = sorted({getattr(row, by) for row in rows})
    return {key: [row for row in rows if getattr(row, by) == key] for key in keys}


def _counts(rows: list[Row]) -> dict[str, Any]:
    accepted = [row for row in rows if row.accepted]
    good = [row for row in rows if row.outcome.good]
    read = [row.outcome for row in accepted if row.medium != "digital"]
    return {
        "pages": len(rows),
        "accepted": len(accepted),
        "grossly_wrong": _share(sum(bool(row.wrong) for row in rows), len(rows)),
        "low_recall": _share(sum(row.outcome.recall < 0.98 for row in accepted), len(rows)),
        "good_refused": _share(sum(not row.accepted for row in good), len(good)),
        "good": len(good),
        "numbers_misread": _share(sum(one.misread for one in read), sum(one.numbers for one in read)),
    }


def _share(count: int, total: int) -> dict[str, Any]:
    ends = wilson(count, total)
    return {
        "count": count,
        "of": total,
        "share": round(count / total, 4) if total else None,
        "from": round(ends.low, 4),
        "to": round(ends.high, 4),
    }


def load(files: Iterable[Path]) -> list[Row]:
    """The rows of several runs; of a page that is there twice, the last."""
    found = {}
    for file in files:
        for line in file.read_text(encoding="utf-8").splitlines():
            row = msgspec.json.decode(line, type=Row)
            found[row.name, row.page, row.medium] = row
    return [found[key] for key in sorted(found)]


def measured(rows: list[Row], file: Path | None) -> list[Row]:
    """The rows with their texts compared anew with the truth of an archive, where it is given."""
    if file is None:
        return rows
    truths = {job.name: job.truth for job in jobs_of(file)}
    for row in rows:
        if row.markdown or row.status != "failed":
            row.outcome = _outcome(row.kind, truths[row.name].pages[row.page - 1], row.markdown)
    return rows


def show(rows: list[Row]) -> None:
    """What was found, in short."""
    found = summary(rows)
    for name, counts in {"all": found["all"], **found["media"], **found["kinds"]}.items():
        wrong, low, refused = (counts[key] for key in ("grossly_wrong", "low_recall", "good_refused"))
        print(
            f"{name:20} {counts['pages']:5} pages, {counts['accepted']:5} accepted, {wrong['count']:3} grossly wrong, "
            f"{low['count']:3} below 98 %, {refused['count']:3} of {refused['of']} good ones refused"
        )
    print(json.dumps({key: found[key] for key in ("reasons", "refused_by")}, indent=1))
    _show_doubts([row for row in rows if row.medium != "digital"])
    print(*found["wrong_pages"], "refused:", *found["refused_pages"], sep="\n")


def _show_doubts(rows: list[Row]) -> None:
    """What other limits of unsure words would refuse of what is accepted or refused by them alone."""
    asked = [row for row in rows if row.accepted or row.findings == ["unsure_words"]]
    low, good = [row for row in asked if row.outcome.recall < 0.98], [row for row in asked if row.outcome.good]
    for limit in DOUBTS:
        refused = [sum(row.doubt >= limit for row in group) for group in (low, good)]
        print(
            f"unsure words {limit:5.1%}: {refused[0]} of {len(low)} below 98 % and {refused[1]} of {len(good)} good ones refused"
        )


def main() -> None:
    parser = harness.arguments(__doc__, record="verdicts")
    parser.add_argument("--make", type=Path, metavar="ZIP", help="write the pages here")
    parser.add_argument("--from", type=Path, metavar="ZIP", dest="pages", help="read these pages")
    parser.add_argument("--rows", type=Path, help="one line of JSON a page; what is there is not read again")
    parser.add_argument("--merge", type=Path, nargs="+", default=[], metavar="ROWS", help="make the record of these")
    parser.add_argument("--before", type=Path, nargs="+", default=[], metavar="ROWS", help="of an earlier version")
    parser.add_argument("--read-on", default="", metavar="MACHINE", help="where the rows were made, if not here")
    parser.add_argument("--half", choices=("tune", "report"), default="report")
    parser.add_argument("--seeds", type=int, default=SEEDS, help="documents of each kind")
    parser.add_argument("--first-seed", type=int, default=FIRST)
    parser.add_argument("--medium", action="append", default=[], choices=("digital", "photo", *WEARS))
    parser.add_argument("--kind", action="append", default=[])
    parser.add_argument("--jobs", type=int, default=1, help="processes")
    parser.add_argument("--shard", default="1/1", metavar="I/N", help="only this part, from 1")
    parser.add_argument("--quick", action="store_true", help=f"about {QUICK} pages of all")
    options = parser.parse_args()
    if options.make:
        make(options.make, options.half, range(options.first_seed, options.first_seed + options.seeds))
    if options.merge:
        now, before = (measured(load(files), options.pages) for files in (options.merge, options.before))
        elsewhere = {"machine": options.read_on, "versions": {}} if options.read_on else {}
        harness.write(options.json, summary(now) | ({"before": summary(before)} if before else {}) | elsewhere)
        show(now)
    elif options.pages:
        jobs = [
            job
            for job in jobs_of(options.pages, options.medium)
            if job.truth.kind in (options.kind or [job.truth.kind])
        ]
        jobs = some(jobs, QUICK if options.quick else len(jobs))
        part, parts = map(int, options.shard.split("/"))
        jobs = jobs[part - 1 :: parts]
        rows = load([options.rows]) if options.rows and options.rows.exists() else []
        done = {(row.name, row.medium) for row in rows}
        started = time.perf_counter()
        for row in run(options.pages, [job for job in jobs if (job.name, job.medium) not in done], options.jobs):
            rows.append(row)
            if options.rows:
                with options.rows.open("ab") as held:
                    held.write(msgspec.json.encode(row) + b"\n")
        show(rows)
        print(f"{time.perf_counter() - started:.0f} s")


if __name__ == "__main__":
    main()
