"""PP-OCR with the models that RapidOCR publishes: detector and recogniser, on any CPU, with nothing to download."""

from __future__ import annotations

from collections.abc import Sequence
from time import perf_counter
from typing import ClassVar

from msgspec.structs import replace

from ocroute.engines.base import Availability, EngineInfo, Reading, Task
from ocroute.engines.page_by_page import PageByPage
from ocroute.errors import EngineUnavailable
from ocroute.pages.page import InputPage, Raster
from ocroute.ppocr import gutters, inference, line_models, model_files, word_boxes
from ocroute.ppocr.crops import Crop, cut, cut_box
from ocroute.ppocr.detector import Region, detect, distinct
from ocroute.ppocr.line_choice import PageLines
from ocroute.ppocr.overlooked import is_figure, overlooked
from ocroute.ppocr.stacked import parted
from ocroute.ppocr.tick_boxes import with_ticks
from ocroute.ppocr.traced import Traced
from ocroute.raster.dots import only_dots
from ocroute.raster.grey import grey_of
from ocroute.values import Line

TALL = 3.0  # height over width from which a region may be a line that runs up or down the page
MORE = "ocroute models get NAME"  # for further scripts
FEW = 8  # regions of a page that says something
DOTTED = 0.8  # share of them that are rows of dots, from which these are a pattern
SURE = 0.8  # confidence from which a tall region is believed as it stands, e.g. a lone I


class RapidOcr(PageByPage):
    """Reads lines with PP-OCRv6, and with what is here for other scripts, on OpenVINO, or on ONNX Runtime where there is none."""

    info: ClassVar[EngineInfo] = EngineInfo(
        kind="ocr",
        rank=10,
        letter_confidence=True,
        needs=("its models, which come with ocroute", "openvino or onnxruntime"),
        memory_mb=1040,  # with both line models; 900 where one is enough
        strengths=(
            "Latin, Cyrillic, Greek, Chinese and Japanese print; CER 0.6 % on 11 English pages, clean to badly scanned "
            "(Tesseract: 2.8 %)"
        ),
    )

    @classmethod
    def probe(cls) -> Availability:
        """Whether the models are here, and the scripts in their dictionary."""
        try:
            scripts = {script: None for model in line_models.every() for script in model_files.scripts(model.path)}
            return Availability("usable", version=model_files.RELEASE, scripts=tuple(scripts), install=MORE)
        except EngineUnavailable as error:
            return Availability("absent", reason=error.message, install=error.next_step.command)
        except Exception as error:  # probing must survive a damaged install
            return Availability("broken", reason=f"{type(error).__name__}: {error}", install=model_files.INSTALL)

    def __init__(self, task: Task) -> None:
        models = model_files.find()
        inference.session(models.detector, task.limits.threads, parallel=False)
        self._lines = line_models.every()
        first, *_ = line_models.useful(self._lines, task.languages)
        inference.session(first.path, task.limits.threads, parallel=True)  # the others when a page needs them
        self._digest = model_files.digest(models.detector, *(model.path for model in self._lines))
        self._versions = {"rapidocr": models.version, **inference.versions()}

    def read_page(self, page: InputPage, task: Task) -> Reading:
        """Its lines, and the boxes of those that cannot be written with this dictionary."""
        start, threads = perf_counter(), task.limits.threads
        regions = parted(page, _without_dots(page, distinct(detect(page, threads))))
        detected = perf_counter()
        lines: list[Line] = []
        blanks: list[Line] = []
        reader = PageLines(line_models.useful(self._lines, task.languages), threads)
        for piece, trace in _read_regions(page.raster(), regions, reader):
            written, unwritten = word_boxes.lines(piece, trace)
            lines += written
            blanks += unwritten
        lines += _figures(page, regions, reader)
        return Reading(
            lines=tuple(_clamped(line, page) for line in with_ticks(grey_of(page), gutters.part(lines))),
            blanks=tuple(_clamped(line, page) for line in blanks),
            seconds={"detect": detected - start, "recognise": perf_counter() - detected},
            model=" and ".join(sorted(reader.used, reverse=True)) or self._lines[0].name,
            model_hash=self._digest,
            versions=self._versions,
        )


def _clamped(line: Line, page: InputPage) -> Line:
    width, height = page.size
    placed = tuple(replace(word, box=word.box.clamped(width, height)) for word in line.words)
    return replace(line, box=line.box.clamped(width, height), words=placed)


def _without_dots(page: InputPage, regions: list[Region]) -> list[Region]:
    """``regions`` without rows of nothing but dots, on a page of such: they cost most of all, for they come back as long lines of
    signs of which nobody is sure. Elsewhere such a row leads to a number.
    """
    if len(regions) < FEW:
        return regions
    grey = grey_of(page)
    left = [region for region in regions if not only_dots(cut_box(grey, region.box).pixels)]
    return left if len(regions) - len(left) >= DOTTED * len(regions) else regions


def _read_regions(raster: Raster, regions: Sequence[Region], reader: PageLines) -> list[tuple[Crop, Traced]]:
    """Every region's crop, turned so that its text is upright, and what it says, in order."""
    crops = [cut(raster, region) for region in regions]
    found = list(zip(crops, reader.read([crop.pixels for crop in crops]), strict=True))
    unsure = [index for index, (crop, traced) in enumerate(found) if _is_tall(crop) and traced.confidence < SURE]
    turned = [found[index][0].turned(quarters) for index in unsure for quarters in (1, 3)]
    again = list(zip(turned, reader.read([crop.pixels for crop in turned]), strict=True))
    for place, index in enumerate(unsure):
        found[index] = max(found[index], *again[2 * place : 2 * place + 2], key=lambda pair: pair[1].confidence)
    return found


def _figures(page: InputPage, regions: Sequence[Region], reader: PageLines) -> list[Line]:
    """Figures that stand alone where the detector saw none."""
    crops = [cut(page.raster(), region) for region in overlooked(page, regions)]
    read = zip(crops, reader.read([crop.pixels for crop in crops]), strict=True)
    return [line for crop, traced in read if is_figure(traced) for line in word_boxes.lines(crop, traced)[0]]


def _is_tall(crop: Crop) -> bool:
    height, width = crop.pixels.shape[:2]
    return bool(height >= TALL * width)
