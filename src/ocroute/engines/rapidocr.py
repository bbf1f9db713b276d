"""PP-OCR as it comes inside the rapidocr wheel: detector and recogniser, on any CPU, with nothing to download."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from time import perf_counter
from typing import ClassVar

from msgspec.structs import replace

from ocroute.engines.base import Availability, EngineInfo, Reading, Task
from ocroute.engines.ppocr import files, gutters, runtime, words
from ocroute.engines.ppocr.detect import detect
from ocroute.engines.ppocr.read import read
from ocroute.engines.ppocr.regions import distinct
from ocroute.errors import EngineUnavailable
from ocroute.pages.page import InputPage
from ocroute.values import Line


class RapidOcr:
    """Reads lines with PP-OCRv6 on OpenVINO, or on ONNX Runtime where there is no OpenVINO."""

    info: ClassVar[EngineInfo] = EngineInfo(
        kind="ocr",
        rank=10,
        needs=("rapidocr 3.10, whose wheel holds the models", "openvino or onnxruntime"),
        memory_mb=800,
        strengths="Latin, Chinese and Japanese print; CER 0.6 % on 11 English pages, clean to badly scanned (Tesseract: 2.8 %)",
    )

    @classmethod
    def probe(cls) -> Availability:
        """Whether the models are here, and the scripts in their dictionary."""
        try:
            models = files.find()
            return Availability("usable", version=models.version, scripts=files.scripts(models.recogniser))
        except EngineUnavailable as error:
            return Availability("absent", reason=error.message, install=error.next_step)
        except Exception as error:  # probing must survive a damaged install
            return Availability("broken", reason=f"{type(error).__name__}: {error}", install=files.INSTALL)

    def __init__(self, task: Task) -> None:
        models = files.find()
        runtime.session(models.detector, task.threads, parallel=False)
        runtime.session(models.recogniser, task.threads, parallel=True)
        self._digest = files.digest(models.detector, models.recogniser)
        self._versions = {"rapidocr": models.version, **runtime.versions()}

    def read(self, pages: Iterable[InputPage], task: Task) -> Iterator[Reading]:
        """One reading a page, in order."""
        for page in pages:
            yield self._read(page, task.threads)

    def _read(self, page: InputPage, threads: int) -> Reading:
        start = perf_counter()
        regions = distinct(detect(page, threads))
        detected = perf_counter()
        lines: list[Line] = []
        blanks: list[Line] = []
        for piece, trace in read(page.raster(), regions, threads):
            written, unwritten = words.lines(piece, trace)
            lines += written
            blanks += unwritten
        return Reading(
            lines=tuple(_clamped(line, page) for line in gutters.part(lines)),
            blanks=tuple(_clamped(line, page) for line in blanks),
            seconds={"detect": detected - start, "recognise": perf_counter() - detected},
            model="PP-OCRv6 small",
            model_hash=self._digest,
            versions=self._versions,
        )


def _clamped(line: Line, page: InputPage) -> Line:
    width, height = page.size
    placed = tuple(replace(word, box=word.box.clamped(width, height)) for word in line.words)
    return replace(line, box=line.box.clamped(width, height), words=placed)
