"""Whether wrong text layers are refused and right ones believed.

    python -m bench.layer_belief [--half tune|report] [--pages 200] [--pdfs FOLDER]... [--show] [--json FILE]

Pages drawn here (bench.pages) and pages of PDFs from the folders named, each with its layer as it is and altered in known ways:
letters exchanged for others of the page (1, 5 and 20 % of them), every word moved to the place of the next one, the layer moved
by half a line, another page's layer, a permutation of the letters (of all fonts, or of one font alone), a third of the words
misread as a bad OCR does, and the page reduced to a single word, right and scrambled. A right layer counts as believed when the
judge accepts it, a wrong one when its checks of letters and places have nothing to say.

Pages of a PDF whose glyphs partly have no meaning by the file's own word are left out, and so are pages without letters. A page
belongs to the tuning half or to the report half by the hash of its name; limits are set on the first alone.
"""

from __future__ import annotations

import random
import time
import zlib
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pypdfium2.raw as pdfium
from bench.judge.readings import SLIPS
from bench.pages.canvas import ArrayPage
from bench.pages.kinds import KINDS, make
from msgspec.structs import replace

from bench import harness
from ocroute.engines.base import EngineInfo, Reading, Task
from ocroute.errors import OcrouteError
from ocroute.judge import judge
from ocroute.judge.base import CHECKS
from ocroute.layout.arrange import arrange
from ocroute.pages import InputPage, open_input
from ocroute.pages.pdf import PdfPage
from ocroute.values import Block, Box, Category, Line, Word

LAYER = EngineInfo(kind="textlayer", rank=0, gives_confidence=False)
BELIEF = ("textlayer_mismatch", "garble", "wrong_script", "invented")
"""Checks that say something of the layer's letters and places; others speak of what it leaves out."""
PER_FILE = 3
FIRST = 1001  # seed of the drawn pages; those of 500 to 560 and 900 to 925 were looked at while the checks were made
LEAST = 3
"""Letters of a page."""
Lines = tuple[Line, ...]


@dataclass
class Subject:
    """A page with a layer that is right."""

    name: str
    page: InputPage
    lines: Lines


def letters_of(lines: Lines) -> list[str]:
    return [sign for line in lines for word in line.words for sign in word.text if sign.isalpha()]


def rewritten(lines: Lines, words: list[str]) -> Lines:
    """``lines`` with other words in the same places."""
    given = iter(words)
    made = []
    for line in lines:
        every = tuple(Word(next(given), word.box) for word in line.words)
        made.append(replace(line, words=every, text=" ".join(word.text for word in every)))
    return tuple(made)


def moved(lines: Lines, size: tuple[int, int], x: float, y: float) -> Lines:
    """``lines`` moved by parts of their height."""

    def at(box: Box, height: float) -> Box:
        dx, dy = x * height, y * height
        return Box(box.x0 + dx, box.y0 + dy, box.x1 + dx, box.y1 + dy).clamped(*size)

    return tuple(
        replace(
            line,
            box=at(line.box, line.box.height),
            words=tuple(replace(word, box=at(word.box, line.box.height)) for word in line.words),
        )
        for line in lines
    )


def exchanged(lines: Lines, share: float, rng: random.Random) -> Lines:
    """``share`` of the letters are others of the page, at least one."""
    letters = letters_of(lines)
    chosen = set(rng.sample(range(len(letters)), max(1, round(share * len(letters)))))
    bank = sorted({letter.lower() for letter in letters})
    place = -1
    words = []
    for line in lines:
        for word in line.words:
            signs = []
            for sign in word.text:
                place += sign.isalpha()
                other = sign
                if sign.isalpha() and place in chosen:
                    other = rng.choice([letter for letter in bank if letter != sign.lower()] or ["q"])
                signs.append(other.upper() if sign.isupper() else other)
            words.append("".join(signs))
    return rewritten(lines, words)


def scrambled(lines: Lines, rng: random.Random, font: str | None = None) -> Lines:
    """The letters of each font permuted, or of ``font`` alone."""
    tables: dict[str, dict[int, str]] = {}
    for name in {_font(line) for line in lines}:
        bank = sorted({sign.lower() for line in lines if _font(line) == name for sign in line.text if sign.isalpha()})
        target = bank[1:] + bank[:1] if len(bank) < 4 else _deranged(bank, rng)
        pairs = dict(zip(bank, target, strict=True))
        tables[name] = {ord(a): b for a, b in pairs.items()} | {
            ord(a.upper()): b.upper() for a, b in pairs.items() if len(a.upper()) == 1
        }
    words = [
        word.text.translate(tables[_font(line)]) if font in (None, _font(line)) else word.text
        for line in lines
        for word in line.words
    ]
    return rewritten(lines, words)


def _deranged(bank: list[str], rng: random.Random) -> list[str]:
    while True:
        target = rng.sample(bank, len(bank))
        if all(a != b for a, b in zip(bank, target, strict=True)):
            return target


def _font(line: Line) -> str:
    return line.font.name if line.font else ""


def misread(lines: Lines, rng: random.Random) -> Lines:
    """A third of the words as a bad OCR writes them: likely letters and other words."""
    words = [word.text for line in lines for word in line.words]
    bank = [word for word in words if len(word) > 2] or words
    made = []
    for word in words:
        if rng.random() < 0.2:
            made.append("".join(SLIPS.get(sign, sign) if rng.random() < 0.7 else sign for sign in word))
        elif rng.random() < 0.2:
            near = [other for other in rng.sample(bank, min(30, len(bank))) if abs(len(other) - len(word)) < 2]
            made.append(rng.choice(near or [word]))
        else:
            made.append(word)
    return rewritten(lines, made)


def single(subject: Subject, rng: random.Random) -> Subject | None:
    """The page with one of its words alone."""
    found = [
        (line, word)
        for line in subject.lines
        for word in line.words
        if sum(map(str.isalpha, word.text)) >= 4 and not line.angle and word.box.height >= 10 and len(word.text) < 20
    ]
    if not found:
        return None
    line, word = rng.choice(found)
    raster = subject.page.raster()
    paper = np.full_like(raster, 255)
    box = word.box.clamped(*subject.page.size)
    x0, y0, x1, y1 = int(box.x0), int(box.y0), int(np.ceil(box.x1)), int(np.ceil(box.y1))
    paper[y0:y1, x0:x1] = raster[y0:y1, x0:x1]
    alone = replace(line, text=word.text, words=(word,), box=word.box)
    return Subject(subject.name, ArrayPage(paper, (alone,)), (alone,))


def alterations(subject: Subject, other: Subject, rng: random.Random) -> Iterator[tuple[str, Subject]]:
    """The layer as it is, then all that is wrong in one way."""

    def case(name: str, lines: Lines) -> tuple[str, Subject]:
        return name, Subject(subject.name, subject.page, lines)

    lines, size = subject.lines, subject.page.size
    words = [word.text for line in lines for word in line.words]
    yield case("right", lines)
    for share in (0.01, 0.05, 0.2):
        yield case(f"letters {share:.0%}", exchanged(lines, share, rng))
    if len(set(words)) > 3:
        yield case("words moved", rewritten(lines, words[1:] + words[:1]))
        yield case("misread", misread(lines, rng))
    yield case("half a line", moved(lines, size, 0.3, 0.5))
    scale = size[0] / other.page.size[0]
    yield case(
        "foreign",
        tuple(
            replace(
                line,
                box=_scaled(line.box, scale).clamped(*size),
                words=tuple(replace(word, box=_scaled(word.box, scale).clamped(*size)) for word in line.words),
            )
            for line in other.lines
        ),
    )
    yield case("scrambled", scrambled(lines, rng))
    fonts = Counter(_font(line) for line in lines for sign in line.text if sign.isalpha())
    if len(fonts) > 1:
        name = rng.choice(sorted(font for font, count in fonts.items() if count >= 6) or sorted(fonts))
        yield case("one font scrambled", scrambled(lines, rng, name))
    if (alone := single(subject, rng)) is not None:
        yield "one word right", alone
        yield "one word scrambled", Subject(alone.name, alone.page, scrambled(alone.lines, rng))


def _scaled(box: Box, by: float) -> Box:
    return Box(box.x0 * by, box.y0 * by, box.x1 * by, box.y1 * by)


def drawn(half: str, count: int) -> Iterator[Subject]:
    """Pages of all kinds that have letters."""
    kinds = [name for name in KINDS if name not in ("blank", "picture", "drawing")]
    for at in range(count):
        sheet = make(kinds[at % len(kinds)], half, FIRST + at)
        if sheet is not None and sheet.lines:
            yield Subject(f"{sheet.kind} {FIRST + at}", sheet.page(), tuple(sheet.lines))


def of_files(half: str, folders: list[Path], count: int) -> Iterator[Subject]:
    """Pages of PDFs whose layer has no gap by its own word, in a chance order."""
    files = sorted(file for folder in folders for file in folder.glob("**/*.pdf"))
    random.Random(7).shuffle(files)
    given = 0
    for file in files:
        if (zlib.crc32(file.name.encode()) % 2 == 0) != (half == "tune"):
            continue
        try:
            with open_input(file) as source:
                for number in list(source.numbers)[:PER_FILE]:
                    page = source.page(number)
                    lines = page.text_layer() or ()
                    if len(letters_of(lines)) >= LEAST and whole(page):
                        yield Subject(f"{file.name} {number}", page, lines)
                        given += 1
                    page.release()
                    if given >= count:
                        return
        except OcrouteError:
            continue


def in_turn(**sources: Iterator[Subject]) -> Iterator[tuple[str, Subject]]:
    """One of each, until all are used up, so that a run that is cut short has seen both."""
    while sources:
        for kind, subjects in list(sources.items()):
            subject = next(subjects, None)
            if subject is None:
                del sources[kind]
            else:
                yield kind, subject


def whole(page: InputPage) -> bool:
    """Whether the file says of nearly every glyph what it means."""
    assert isinstance(page, PdfPage)
    text = page._page().get_textpage()
    count = pdfium.FPDFText_CountChars(text.raw)
    unknown = sum(pdfium.FPDFText_HasUnicodeMapError(text.raw, at) == 1 for at in range(min(count, 5000)))
    text.close()
    return bool(unknown <= 0.01 * min(count, 5000))


def believed(subject: Subject, *, right: bool) -> tuple[bool, bool, str]:
    """Whether the judge accepts the layer, whether it has nothing to say of its letters and places, and what it says.

    A wrong layer is put before the checks of letters and places alone: that another one speaks too is no merit of theirs.
    """
    blocks = arrange(subject.page, subject.lines) if right else as_they_are(subject.lines)
    reading, task = Reading(lines=subject.lines, blocks=blocks), Task()
    if right:
        said = [f for f in judge(subject.page, reading, engine=LAYER, task=task).findings if f.refuses]
    else:
        checks = (CHECKS.load(name)() for name in CHECKS if name in BELIEF)
        found = (check.check(subject.page, reading, engine=LAYER, task=task) for check in checks)
        said = [f for f in found if f is not None and f.refuses]
    return not said, not any(f.code in BELIEF for f in said), " ".join(f"{f.code}: {f.sentence}" for f in said)


def as_they_are(lines: Lines) -> tuple[Block, ...]:
    """Each line as a block: what those checks see does not depend on the layout."""
    return tuple(Block(Category.TEXT, line.text, line.box, lines=(line,)) for line in lines)


def run(
    half: str,
    pages: int,
    folders: list[Path],
    *,
    show: bool = False,
    only: tuple[str, ...] = (),
    path: Path | None = None,
) -> dict[str, Any]:
    """Count over half as many drawn pages as there are, and as many of PDFs; see the module."""
    files = pages // 2 if folders else 0
    believed_of: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0])
    seconds: list[float] = []
    sources: Counter[str] = Counter()
    other = past = next(drawn(half, 1))  # the last page of another file than this
    for kind, subject in in_turn(drawn=drawn(half, pages - files), files=of_files(half, folders, files)):
        rng = random.Random(subject.name)
        if subject.name.split()[0] != past.name.split()[0]:
            other = past
        sources[kind] += 1
        for name, case in alterations(subject, other, rng):
            if only and name not in only:
                continue
            if name not in ("right", "one word right", "half a line") and _texts(case) == _texts(subject):
                continue
            start = time.perf_counter()
            whole_page, letters, said = believed(case, right=name in ("right", "one word right"))
            if name == "right":
                seconds.append(time.perf_counter() - start)
            tally = believed_of[name]
            tally[0] += whole_page
            tally[1] += letters
            tally[2] += 1
            if show and letters != (name in ("right", "one word right")):
                print(f"{name:20} {subject.name}: {said or 'believed'}", flush=True)
        harness.write(path, _result(half, sources, believed_of, seconds))
        past = Subject(subject.name, ArrayPage(np.full, size=subject.page.size), subject.lines)
    return _result(half, sources, believed_of, seconds)


def _result(half: str, sources: Counter[str], tallies: dict[str, list[int]], seconds: list[float]) -> dict[str, Any]:
    return {
        "half": half,
        "pages": sum(sources.values()),
        "sources": dict(sources),
        "layers": {
            name: {"believed": accepted, "letters_believed": letters, "of": count}
            for name, (accepted, letters, count) in tallies.items()
        },
        "seconds_of_a_right_page": round(float(np.median(seconds)), 4) if seconds else None,
    }


def _texts(subject: Subject) -> list[str]:
    return [line.text for line in subject.lines]


def main() -> None:
    parser = harness.arguments(__doc__, record="layer-belief")
    parser.add_argument("--half", choices=("tune", "report"), default="report")
    parser.add_argument("--pages", type=int, default=200)
    parser.add_argument("--pdfs", type=Path, action="append", default=[], metavar="FOLDER")
    parser.add_argument("--only", action="append", default=[], metavar="WAY", help="these ways alone")
    parser.add_argument("--show", action="store_true", help="print what the judge got wrong")
    options = parser.parse_args()
    result = run(
        options.half, options.pages, options.pdfs, show=options.show, only=tuple(options.only), path=options.json
    )
    for name, row in result["layers"].items():
        print(f"{name:20} believed {row['believed']:4}, letters believed {row['letters_believed']:4} of {row['of']}")
    print(result["pages"], "pages;", result["seconds_of_a_right_page"], "s of a right page, median")
    harness.write(options.json, result)


if __name__ == "__main__":
    main()
