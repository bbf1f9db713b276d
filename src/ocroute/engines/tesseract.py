"""The Tesseract program that the user has installed, with the languages that are installed for it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from time import perf_counter
from typing import ClassVar

import cv2
import numpy as np
from numpy.typing import NDArray

from ocroute.engines import glyphs
from ocroute.engines.base import Availability, EngineInfo, Reading, Task
from ocroute.engines.tess import languages, program, tsv
from ocroute.errors import EngineError, EngineUnavailable
from ocroute.languages import DATA, package
from ocroute.pages.page import InputPage

SMALL, LARGE = 10, 50  # x-heights, in pixels, below and above which a page is resized
GOOD = 20  # the x-height that it is resized to
NOISE = 5.0  # grey levels of noise from which a page is smoothed: on a grainy scan Tesseract sees pictures, not text
SURE = 1.0  # script detection's own confidence from which it is followed
MOST_PIXELS = 60_000_000  # an enlarged page has no more


class Tesseract:
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
            found = program.find()
        except EngineUnavailable as error:
            return Availability("absent", reason=error.message, install=error.next_step)
        except Exception as error:  # whatever a damaged program does
            return Availability("broken", reason=str(error), install=getattr(error, "next_step", "") or program.INSTALL)
        data = [DATA[code] for code in found.languages if code in DATA]
        return Availability(
            "usable",
            version=found.version,
            install="sudo apt install tesseract-ocr-LANGUAGE, e.g. tesseract-ocr-rus for Russian",
            scripts=tuple(sorted({item.script for item in data})),
            languages=tuple(sorted({item.language for item in data})),
        )

    def __init__(self, task: Task) -> None:
        try:
            self._program = program.find()
        except EngineError as error:
            raise EngineUnavailable(f"tesseract is broken: {error.message}", next_step=error.next_step) from error
        self._check(task)

    def read(self, pages: Iterable[InputPage], task: Task) -> Iterator[Reading]:
        """One reading a page, in order."""
        asked = self._check(task)
        for page in pages:
            yield self._read(page, asked, task.threads)

    def _check(self, task: Task) -> list[str]:
        """The codes for the task's languages; none where it names none."""
        asked, missing = languages.chosen(task.languages, self._program.languages)
        if missing:
            packages = " ".join(package(language) for language in missing)
            raise EngineUnavailable(
                f"tesseract has no data for {', '.join(missing)}", next_step=f"sudo apt install {packages}"
            )
        return asked

    def _read(self, page: InputPage, asked: list[str], threads: int) -> Reading:
        start = perf_counter()
        gray, scale = _prepared(page)
        image = program.pnm(gray)
        dpi = round((page.dpi or 200) / scale)
        source = ["stdin", "stdout", "--dpi", str(min(2400, max(70, dpi)))]
        codes = asked or self._detected(image, source, threads)
        detected = perf_counter()
        output = program.run(
            self._program.path,
            [*source, "-l", "+".join(codes), "--psm", "3", "tsv"],
            threads=threads,
            image=image,
        )
        width, height = page.size
        return Reading(
            lines=tuple(tsv.lines(output, scale, width, height)),
            seconds={"prepare": detected - start, "recognise": perf_counter() - detected},
            model="+".join(codes),
            versions={"tesseract": self._program.version},
            settings={"psm": 3, "languages": codes, "scale": round(1 / scale, 4)},
        )

    def _detected(self, image: bytes, source: list[str], threads: int) -> list[str]:
        """The installed languages of the script that the page is in; where that cannot be told, the few that there are."""
        installed = [code for code in DATA if code in self._program.languages]
        if len(installed) == 1:
            return installed
        scripts: tuple[str, ...] = ()
        if self._program.detects_script:
            try:
                seen = program.run(
                    self._program.path, [*source, "--psm", "0", "-l", "osd"], threads=threads, image=image
                )
            except EngineError:  # too little text to tell
                seen = ""
            script = re.search(r"^Script: (\w+)\nScript confidence: ([\d.]+)", seen, re.MULTILINE)
            if script and float(script[2]) >= SURE:
                scripts = languages.DETECTED.get(script[1], ())
        return (
            languages.of_scripts(scripts, installed) or installed[: languages.MANY] or list(self._program.languages[:1])
        )


def _prepared(page: InputPage) -> tuple[NDArray[np.uint8], float]:
    """The page in grey at a size that suits Tesseract, and page pixels for one pixel of it."""
    gray: NDArray[np.uint8] = cv2.cvtColor(np.ascontiguousarray(page.raster()), cv2.COLOR_RGB2GRAY)
    calm = cv2.medianBlur(gray, 3)
    if 1.4826 * float(np.median(cv2.absdiff(gray, calm))) >= NOISE:
        gray = calm
    tall = glyphs.height(page)
    if tall is None or SMALL <= tall <= LARGE:
        return gray, 1.0
    factor = min(GOOD / tall, 4.0, (MOST_PIXELS / gray.size) ** 0.5)
    method = cv2.INTER_CUBIC if factor > 1 else cv2.INTER_AREA
    resized = cv2.resize(gray, None, fx=factor, fy=factor, interpolation=method)
    return resized, gray.shape[1] / resized.shape[1]
