"""The Tesseract program that the user has installed, with the languages that are installed for it.

One child process a call: pixels go in by its standard input, TSV comes out by its standard output.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from itertools import groupby
from time import perf_counter
from typing import ClassVar

import cv2
import numpy as np
from numpy.typing import NDArray

from ocroute import process
from ocroute.engines.base import Availability, EngineInfo, Reading, Task
from ocroute.engines.page_by_page import PageByPage
from ocroute.errors import DeadlineExceeded, EngineError, EngineUnavailable, NextStep, OcrouteError
from ocroute.languages import DATA, codes_of, package
from ocroute.pages.page import InputPage
from ocroute.raster import letter_height
from ocroute.raster.grey import grey_of
from ocroute.values import Box, Line, Word

INSTALL = {"darwin": "brew install tesseract", "win32": "winget install tesseract-ocr"}.get(
    sys.platform, "sudo apt install tesseract-ocr"
)
_DATA = {"darwin": "brew install tesseract-lang", "win32": ""}.get(
    sys.platform, "sudo apt install tesseract-ocr-LANGUAGE, e.g. tesseract-ocr-rus for Russian"
)
_WITHOUT_ROOT = "Without root: conda install -c conda-forge tesseract"
_DATA_WITHOUT_ROOT = (
    "More languages without root: copy its data folder, add LANGUAGE.traineddata from "
    "https://github.com/tesseract-ocr/tessdata_fast, and name the copy in TESSDATA_PREFIX"
)
PROBE_SECONDS = 20
READ_SECONDS = 600  # a program that hangs is ended; the page's own deadline is the runner's business
SMALL, LARGE = 10, 50  # x-heights, in pixels, below and above which a page is resized
ENLARGED, REDUCED = 16, 20  # to these; small print needs no more, and time goes with its pixels
NOISE = 5.0  # grey levels of noise from which a page is smoothed: on a grainy scan Tesseract sees pictures, not text
SURE = 1.0  # script detection's own confidence from which it is followed
MOST_PIXELS = 60_000_000  # an enlarged page has no more
WORD_LEVEL = "5"  # of a TSV row that holds a word
# What script detection prints -> the scripts that may be meant.
DETECTED = {
    "Latin": ("Latn",),
    "Fraktur": ("Latn",),
    "Cyrillic": ("Cyrl",),
    "Greek": ("Grek",),
    "Han": ("Hans", "Hant"),
    "Japanese": ("Jpan",),
    "Katakana": ("Jpan",),
    "Hiragana": ("Jpan",),
    "Korean": ("Kore",),
    "Hangul": ("Kore",),
    "Arabic": ("Arab",),
    "Hebrew": ("Hebr",),
    "Devanagari": ("Deva",),
    "Bengali": ("Beng",),
    "Tamil": ("Taml",),
    "Telugu": ("Telu",),
    "Thai": ("Thai",),
    "Armenian": ("Armn",),
    "Georgian": ("Geor",),
    "Ethiopic": ("Ethi",),
    "Kannada": ("Knda",),
    "Malayalam": ("Mlym",),
    "Gujarati": ("Gujr",),
    "Gurmukhi": ("Guru",),
    "Khmer": ("Khmr",),
    "Lao": ("Laoo",),
    "Myanmar": ("Mymr",),
    "Sinhala": ("Sinh",),
}

MANY = 4  # each further language costs time; more than these are not read together unless asked for


class Tesseract(PageByPage):
    """Runs ``tesseract`` on a page and copies its words."""

    info: ClassVar[EngineInfo] = EngineInfo(
        kind="ocr",
        rank=20,
        needs=("the program tesseract", "its data for each language, e.g. tesseract-ocr-rus"),
        memory_mb=250,
        strengths="over a hundred languages, where their data is installed",
    )

    @classmethod
    def probe(cls) -> Availability:
        """The program's version and its installed languages."""
        try:
            found = find_program()
        except EngineUnavailable as error:
            advice = "" if sys.platform == "win32" else _WITHOUT_ROOT
            return Availability("absent", reason=error.message, install=error.next_step.command, advice=advice)
        except Exception as error:  # whatever a damaged program does
            step = error.next_step.command if isinstance(error, OcrouteError) else ""
            return Availability("broken", reason=str(error), install=step or INSTALL)
        data = [DATA[code] for code in found.languages if code in DATA]
        return Availability(
            "usable",
            version=found.version,
            install=_DATA,
            advice=_DATA_WITHOUT_ROOT,
            scripts=tuple(sorted({item.script for item in data})),
            languages=tuple(sorted({item.language for item in data})),
        )

    def __init__(self, task: Task) -> None:
        try:
            self._program = find_program()
        except EngineError as error:
            raise EngineUnavailable(f"tesseract is broken: {error.message}", next_step=error.next_step) from error
        self._check(task)

    def _check(self, task: Task) -> list[str]:
        """The codes for the task's languages; none where it names none."""
        asked, missing = chosen_languages(task.languages, self._program.languages)
        if missing:
            packages = " ".join(package(language) for language in missing)
            raise EngineUnavailable(
                f"tesseract has no data for {', '.join(missing)}",
                next_step=NextStep(command=f"sudo apt install {packages}"),
            )
        return asked

    def read_page(self, page: InputPage, task: Task) -> Reading:
        """Its words, as the program tells them."""
        asked = self._check(task)
        start = perf_counter()
        gray, scale = _prepared(page)
        image = pnm(gray)
        dpi = round((page.dpi or 200) / scale)
        source = ["stdin", "stdout", "--dpi", str(min(2400, max(70, dpi)))]
        codes, foreign = (asked, "") if asked else self._detected(image, source)
        detected = perf_counter()
        output = run_program(
            self._program.path,
            [*source, "-l", "+".join(codes), "--psm", "3", "tsv"],
            image=image,
        )
        width, height = page.size
        return Reading(
            lines=tuple(lines_of_tsv(output, scale, width, height)),
            seconds={"prepare": detected - start, "recognise": perf_counter() - detected},
            model="+".join(codes),
            versions={"tesseract": self._program.version},
            settings={"psm": 3, "languages": codes, "scale": round(1 / scale, 4)},
            foreign=foreign,
        )

    def _detected(self, image: bytes, source: list[str]) -> tuple[list[str], str]:
        """The installed languages of the page's script, and that script if none of them writes it.

        Where the script cannot be told, they are the few that there are.
        """
        installed = [code for code in DATA if code in self._program.languages]
        scripts: tuple[str, ...] = ()
        if self._program.detects_script:
            try:
                seen = run_program(self._program.path, [*source, "--psm", "0", "-l", "osd"], image=image)
            except EngineError:  # too little text to tell
                seen = ""
            script = re.search(r"^Script: (\w+)\nScript confidence: ([\d.]+)", seen, re.MULTILINE)
            if script and float(script[2]) >= SURE:
                scripts = DETECTED.get(script[1], ())
        codes = codes_of_scripts(scripts, installed)
        rest = installed[:MANY] or list(self._program.languages[:1])
        return codes or rest, "" if codes or not scripts else scripts[0]


def _prepared(page: InputPage) -> tuple[NDArray[np.uint8], float]:
    """The page in grey at a size that suits Tesseract, and page pixels for one pixel of it."""
    gray = grey_of(page)
    calm = cv2.medianBlur(gray, 3)
    if 1.4826 * float(np.median(cv2.absdiff(gray, calm))) >= NOISE:
        gray = calm
    tall = letter_height.height(page)
    if tall is None or SMALL <= tall <= LARGE:
        return gray, 1.0
    factor = min((ENLARGED if tall < SMALL else REDUCED) / tall, 4.0, (MOST_PIXELS / gray.size) ** 0.5)
    method = cv2.INTER_CUBIC if factor > 1 else cv2.INTER_AREA
    resized = cv2.resize(gray, None, fx=factor, fy=factor, interpolation=method)
    return resized, gray.shape[1] / resized.shape[1]


def chosen_languages(languages: Iterable[str], installed: Iterable[str]) -> tuple[list[str], list[str]]:
    """The installed codes for ``languages``, and those of the languages that have none installed."""
    have, found, missing = set(installed), [], []
    for language in languages:
        candidates = codes_of(language)
        present = [code for code in candidates if code in have]
        if present:
            found += present[:2] if language == "zh" else present[:1]
        else:
            missing.append(language)
    return found, missing


def codes_of_scripts(scripts: Iterable[str], installed: Iterable[str]) -> list[str]:
    """The installed codes that write one of ``scripts``, English also, since Latin words stand in texts of every script."""
    have, wanted = list(installed), set(scripts)
    codes = sorted((code for code in have if code in DATA and DATA[code].script in wanted), key=list(DATA).index)
    if codes and "eng" in have and "eng" not in codes:
        codes = [*codes[: MANY - 1], "eng"]
    return codes[:MANY]


@dataclass(frozen=True, slots=True)
class Program:
    """The program and what came with it."""

    path: str
    version: str
    languages: tuple[str, ...]
    detects_script: bool


@cache
def find_program() -> Program:
    """Ask the installed program for its version and languages.

    Raises:
        EngineUnavailable: it is not installed.
        EngineError: it is installed and does not run, or has no languages; the message keeps its own words.
    """
    path = shutil.which("tesseract")
    if path is None:
        raise EngineUnavailable("tesseract is not installed", next_step=NextStep(command=INSTALL))
    version = run_program(path, ["--version"], seconds=PROBE_SECONDS)
    listed = run_program(path, ["--list-langs"], seconds=PROBE_SECONDS).splitlines()
    languages = tuple(line.strip() for line in listed[1:] if line.strip() and "/" not in line)
    if not set(languages) - {"osd", "equ"}:
        raise EngineError(
            f"{path} has no language data", next_step=NextStep(command="sudo apt install tesseract-ocr-eng")
        )
    number = re.search(r"tesseract v?(\S+)", version)
    return Program(path, number[1] if number else "", languages, "osd" in languages)


def run_program(path: str, arguments: list[str], *, image: bytes = b"", seconds: float = READ_SECONDS) -> str:
    """The program's standard output. It runs on one thread: others mostly wait for the first, and do so at full speed.

    Raises:
        EngineError: it cannot be started or ends with an error; the message ends with its last words.
        DeadlineExceeded: it did not end within ``seconds``.
    """
    try:
        done = process.run([path, *arguments], stdin=image, env={"OMP_THREAD_LIMIT": "1"}, seconds=seconds)
    except subprocess.TimeoutExpired:
        raise DeadlineExceeded(f"tesseract did not end within {seconds:g} s") from None
    except OSError as error:
        raise EngineError(f"{path} cannot be started: {error}", next_step=NextStep(command=INSTALL)) from error
    if done.returncode != 0:
        words = done.stderr.decode(errors="replace").strip().splitlines()
        raise EngineError(f"tesseract ended with code {done.returncode}: {words[-1] if words else 'no message'}")
    return done.stdout.decode(errors="replace")


def pnm(gray: NDArray[np.uint8]) -> bytes:
    """An (H, W) uint8 image as a PGM file, the plainest thing that tesseract reads."""
    height, width = gray.shape
    return b"P5 %d %d 255\n" % (width, height) + gray.tobytes()


def lines_of_tsv(tsv: str, scale: float, width: float, height: float) -> Iterator[Line]:
    """The lines that have words.

    Args:
        tsv: what ``tesseract ... tsv`` printed.
        scale: page pixels for one pixel of the image that tesseract was given.
        width, height: of the page, pixels; boxes are cut to it.
    """
    for _, rows in groupby(_rows(tsv, scale, width, height), key=lambda row: row[0]):
        yield Line.of_words([word for _, word in rows])


def _rows(tsv: str, scale: float, page_width: float, page_height: float) -> Iterator[tuple[tuple[str, ...], Word]]:
    """Which line (page, block, paragraph, line) and which word each row is."""
    for row in tsv.splitlines():
        fields = row.split("\t", 11)
        if len(fields) < 12 or fields[0] != WORD_LEVEL or not fields[11].strip():
            continue
        left, top, width, height = (float(value) * scale for value in fields[6:10])
        box = Box(left, top, left + width, top + height).clamped(page_width, page_height)
        confidence = min(1.0, max(0.0, float(fields[10]) / 100))
        yield tuple(fields[1:5]), Word(fields[11].strip(), box, confidence)
