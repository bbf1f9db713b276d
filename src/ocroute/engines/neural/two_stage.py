"""Engines that read a page in two stages: a layout model finds its regions, and a language model reads each of them as an image.

The regions of all pages that are here go through the language model together, whatever page they are from; a page is answered
when its last region is.
"""

from __future__ import annotations

import gc
import hashlib
import json
from abc import abstractmethod
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any, ClassVar

import msgspec
import numpy as np

from ocroute.engines.base import Answer, Availability, PageLimits, Reading, Request, Task, Wanted
from ocroute.engines.neural import base, devices, failures, fetching, pixel_budget, region_model, weights
from ocroute.engines.neural.availability import Located
from ocroute.engines.neural.base import NeuralEngine
from ocroute.engines.neural.image_prompts import WIDEST
from ocroute.engines.neural.model_facts import Answered, Facts, Mode
from ocroute.engines.neural.region_model import Region, RegionModel
from ocroute.engines.page_by_page import answer
from ocroute.errors import Declined, EngineCrashed, EngineUnavailable, OcrouteError
from ocroute.kernels import device_errors
from ocroute.pages.cropped import CroppedPage
from ocroute.pages.page import InputPage
from ocroute.values import Block, Box

if TYPE_CHECKING:
    from PIL.Image import Image

    from ocroute.engines.neural.canary.diagnosis import Sight
    from ocroute.engines.neural.devices import Place
    from ocroute.engines.neural.loading import Loaded
    from ocroute.pages.page import Raster

_WORST = ("stop", "loop", "length", "late")
_AT_LEAST = 1e-3
"""Seconds for a page's first region, where finding it has taken all of the time: its reading is late, not none."""


@dataclass(eq=False, slots=True)
class _Sheet:
    """A page whose regions are being read.

    Attributes:
        regions: in reading order; None stands for the page as a whole.
        modes: of each, empty where nothing is read.
        parts: what was read, by the region's place.
        left: regions that are yet to be handed on or to be answered.
        handed: whether the first was handed on.
        late: whether time was up before all were.
        answered: whether the page has its answer: what comes now is of no use.
    """

    request: Request
    regions: list[Region | None]
    modes: list[str]
    layout_seconds: float
    began: float
    parts: dict[int, Reading] = field(default_factory=dict)
    left: int = 0
    handed: bool = False
    late: bool = False
    answered: bool = False


class TwoStage(NeuralEngine):
    """A neural engine whose default mode reads a page region by region; its other modes read what they get as one image.

    A page on which the layout model finds nothing to read is read as one image, so that no text is lost which it overlooks.
    """

    first_stage: ClassVar[Facts]
    """Of the layout model."""

    @staticmethod
    @abstractmethod
    def mode_for(label: str) -> str:
        """The mode in which a region that the layout model calls ``label`` is read; empty where it holds nothing to read."""

    @staticmethod
    @abstractmethod
    def region_blocks(label: str, text: str, box: Box, page: tuple[int, int]) -> tuple[Block, ...]:
        """What an answer says of a region. ``text`` is empty where nothing was read of it.

        Args:
            page: its width and height.
        """

    @staticmethod
    @abstractmethod
    def whole_mode() -> str:
        """The mode in which a page is read on which no regions were found."""

    def on_meta_device(self, folder: Path, where: Place) -> Loaded:
        """The second stage without contents; the first is counted when memory is."""
        self._folder = folder
        self._first_stage_bytes: tuple[int, int] | None = None
        return super().on_meta_device(folder, where)

    def sample(self, mode: Mode, pixels: int) -> pixel_budget.Sample:
        """With what the layout model takes: its weights stay beside the other's, and it looks at a page at any time."""
        if self._first_stage_bytes is None:
            found = region_model.folder_of(self.first_stage, self._folder)
            self._first_stage_bytes = region_model.need(self.first_stage, found)
        (weights_bytes, looking), counted = self._first_stage_bytes, super().sample(mode, pixels)
        need = counted.need
        need = replace(
            need, weights=need.weights + weights_bytes, vision=need.vision + looking, prompt=need.prompt + looking
        )
        return replace(counted, need=need)

    def _start(self, folder: Path, task: Task) -> None:
        """As for one model; what tells the weights apart is said of both."""
        self._digest = _both(self._digest, weights.digest(region_model.folder_of(self.first_stage, folder)))
        super()._start(folder, task)

    def load(self, folder: Path, where: Place) -> Loaded:
        """Both models."""
        self._regions = RegionModel(self.first_stage, region_model.folder_of(self.first_stage, folder), where.device)
        return super().load(folder, where)

    def read(self, requests: Iterable[Request | None]) -> Iterator[Answer]:
        """Regions of many pages at once, see `ocroute.engines.base.Engine.read`."""
        sheets: dict[Request, tuple[_Sheet, int]] = {}
        for request, reading in self._read_crops(self._crops(requests, sheets)):
            if request not in sheets:
                yield request, reading
                continue
            sheet, place = sheets.pop(request)
            if (whole := self._taken(sheet, place, reading)) is not None:
                yield sheet.request, whole

    def read_page(self, page: InputPage, task: Task) -> Reading:
        """What both models make of it, or the second alone where it is asked for one of its own modes."""
        if self.mode_of(task) != self.facts.default_mode:
            return super().read_page(page, task)
        ((_, reading),) = self.read([Request(page, task)])
        if isinstance(reading, Exception):
            raise reading
        return reading

    def _read_crops(self, crops: Iterable[Request | Answer | None]) -> Iterator[Answer]:
        if self.single is not None:
            yield from self._read_together(crops)
            return
        for crop in crops:
            if isinstance(crop, tuple):
                yield crop
            elif crop is not None:
                yield crop, answer(crop, super().read_page, self.info)

    def _crops(
        self, requests: Iterable[Request | None], sheets: dict[Request, tuple[_Sheet, int]]
    ) -> Iterator[Request | Answer | None]:
        """What the language model is to read, each as it has room for it; pages that end before that come as answers."""
        for request in requests:
            if request is None:
                yield None
                continue
            try:
                if request.regions is not None:
                    raise Declined("this engine reads whole pages only")
                if self.mode_of(request.task) != self.facts.default_mode:
                    yield request
                    continue
                sheet = self._sheet(request)
            except EngineCrashed:
                raise
            except OcrouteError as error:
                yield request, error
                continue
            except Exception as error:  # a page that cannot be decoded, or whatever torch raises
                said = failures.translated(error, self.facts.name)
                if isinstance(said, EngineCrashed):
                    raise said from error
                yield request, said
                continue
            yield from self._crops_of(sheet, sheets)

    def _crops_of(self, sheet: _Sheet, sheets: dict[Request, tuple[_Sheet, int]]) -> Iterator[Request | Answer]:
        request, limit = sheet.request, sheet.request.task.limits.seconds
        for place, (region, mode) in enumerate(zip(sheet.regions, sheet.modes, strict=True)):
            if not mode or sheet.answered:
                continue
            left = limit - (perf_counter() - sheet.began) if limit else 0.0
            if limit and left <= 0 and sheet.handed:
                sheet.late = True
                sheet.left -= sum(map(bool, sheet.modes[place:]))
                if not sheet.left:
                    sheet.answered = True
                    yield request, self._whole(sheet)
                return
            sheet.handed = True
            page = request.page if region is None else CroppedPage(request.page, region.box)
            limits = PageLimits(request.task.limits.threads, max(left, _AT_LEAST) if limit else 0.0)
            crop = Request(page, msgspec.structs.replace(request.task, mode=mode, limits=limits))
            sheets[crop] = sheet, place
            yield crop

    def _sheet(self, request: Request) -> _Sheet:
        began = perf_counter()
        devices.limit_threads(request.task.limits.threads)
        failures.check_device(self.facts.name)
        regions = self._found(request.page.raster())
        modes = [self.mode_for(region.label) if region else self.whole_mode() for region in regions]
        return _Sheet(request, regions, modes, perf_counter() - began, began, left=sum(map(bool, modes)))

    def _found(self, raster: Raster) -> list[Region | None]:
        """The regions of a page, and the page as a whole where none of them is to be read."""
        regions: list[Region | None] = [
            region
            for region in self._seen(raster)
            if max(region.box.width, region.box.height) <= WIDEST * min(region.box.width, region.box.height)
        ]
        if not any(region and self.mode_for(region.label) for region in regions):
            regions.append(None)
        return regions

    def _seen(self, raster: Raster) -> list[Region]:
        """What the layout model finds; where memory does not suffice, it is tried again with all that can be given back."""
        try:
            return self._regions.find(raster)
        except Exception as error:  # whatever torch raises
            if not device_errors.out_of_memory(error):
                raise
        gc.collect()  # what the error held in reference cycles, tensors among it
        devices.free_memory()
        return self._regions.find(raster)

    def _taken(self, sheet: _Sheet, place: int, reading: Reading | Exception) -> Reading | Exception | None:
        """The page's answer where this was the last that it waited for."""
        if sheet.answered:
            return None
        sheet.left -= 1
        if isinstance(reading, Exception):
            sheet.answered = True
            return reading
        sheet.parts[place] = reading
        if sheet.left:
            return None
        sheet.answered = True
        return self._whole(sheet)

    def _whole(self, sheet: _Sheet) -> Reading:
        """The page's reading, of those of its regions."""
        parts = [sheet.parts[place] for place in sorted(sheet.parts)]
        blocks: list[Block] = []
        told: list[dict[str, Any]] = []
        for place, region in enumerate(sheet.regions):
            part = sheet.parts.get(place)
            if region is None:
                blocks.extend(part.blocks if part else ())
            else:
                blocks.extend(
                    self.region_blocks(region.label, part.raw if part else "", region.box, sheet.request.page.size)
                )
            told.append(_told(region, part))
        finish = "late" if sheet.late else max((part.finish for part in parts), key=_WORST.index)
        generated = perf_counter() - sheet.began - sheet.layout_seconds
        return msgspec.structs.replace(
            parts[0],
            blocks=tuple(blocks),
            raw=json.dumps(told, ensure_ascii=False, indent=1),
            finish=finish,
            cut=next((part.cut for part in parts if part.cut), ""),
            transcribes=True,
            seconds={
                "layout": sheet.layout_seconds,
                "prepare": sum(part.seconds["prepare"] for part in parts),
                "generate": generated,
            },
            settings=self._settings(sheet, parts, finish),
        )

    def _settings(self, sheet: _Sheet, parts: list[Reading], finish: str) -> dict[str, Any]:
        """Of the page: those of its first region, with what is added up."""
        added = {name: sum(part.settings[name] for part in parts) for name in ("prompt_tokens", "tokens")}
        found = [region for region in sheet.regions if region]
        layout = {
            "model": self.first_stage.name,
            "sha256": self._regions.digest,
            "regions": len(found),
            "read": len(parts),
        }
        settings = parts[0].settings | added | {"mode": self.facts.default_mode, "ending": finish, "layout": layout}
        if tried := max(part.settings.get("out_of_memory", 0) for part in parts):
            settings["out_of_memory"] = tried
        return settings

    def _sight(self, image: Image, task: Task) -> Sight:
        """What both models make of an image."""
        if self.mode_of(task) != self.facts.default_mode:
            return super()._sight(image, task)
        from ocroute.engines.neural.canary.diagnosis import Sight

        texts: list[str] = []
        raws: list[str] = []
        endings, deadline = ["stop"], perf_counter() + base.CANARY_SECONDS
        for region in self._found(np.asarray(image)):
            name = self.mode_for(region.label) if region else self.whole_mode()
            if not name:
                continue
            mode = self.facts.modes[name]
            part = image.crop(_whole_pixels(region.box)) if region else image
            prepared = self.prepare(part, mode, self.budget.pixels)
            most = min(mode.max_new_tokens, base.CANARY_TOKENS)
            written = self._answer(prepared, mode, most=most, deadline=deadline)
            if region:
                blocks = self.region_blocks(region.label, written.text, region.box, image.size)
            else:
                blocks = self.blocks(Answered(written.text, mode, prepared.input_size, image.size))
            texts.extend(block.text for block in blocks)
            raws.append(written.text)
            endings.append(written.ending)
        worst = max(endings, key=("stop", "loop", "length", "late", "not finite").index)
        stops = self.loaded.tokenizer.convert_ids_to_tokens(list(self.loaded.stop_ids))
        return Sight("\n".join(texts), "\n".join(raws), worst, self.where.dtype_name, tuple(stops))

    @classmethod
    def probe_for(cls, wanted: Wanted) -> Availability:
        """Whether packages and the weights of both models are here."""
        found = super().probe_for(wanted)
        if found.state != "usable" or cls.fetches(wanted):
            return found
        try:
            folder = region_model.folder_of(cls.first_stage, weights.find(cls.facts, wanted.model))
            weights.check(cls.first_stage, folder)
        except EngineUnavailable as error:
            step, lacking = error.next_step, "" if wanted.model else weights.wanted(cls.first_stage)
            return Located("absent", reason=error.message, install=step.command, advice=step.advice, lacking=lacking)
        return msgspec.structs.replace(found, weights=_both(found.weights, weights.digest(folder))[:16])

    @classmethod
    def fetches(cls, wanted: Wanted) -> bool:
        """Whether one of the two is to be fetched."""
        return super().fetches(wanted) or (weights.is_hub_id(wanted.model) and not cls._first_stage_here(wanted))

    @classmethod
    def fetch(cls, wanted: Wanted) -> None:
        """Fetch what is missing of the two."""
        if super().fetches(wanted):
            super().fetch(wanted)
        if not cls._first_stage_here(wanted):
            fetching.fetch(cls.first_stage, cls.first_stage.hub)

    @classmethod
    def _first_stage_here(cls, wanted: Wanted) -> bool:
        try:
            weights.check(
                cls.first_stage, region_model.folder_of(cls.first_stage, weights.find(cls.facts, wanted.model))
            )
        except EngineUnavailable:
            return False
        return True


def _both(second: str, first: str) -> str:
    """One digest for the weights of both stages; of the second, its first 16 digits count, which are what a probe knows."""
    return hashlib.sha256(f"{second[:16]} {first}".encode()).hexdigest()


def _told(region: Region | None, part: Reading | None) -> dict[str, Any]:
    """A region as it is kept in the record."""
    place: dict[str, Any] = {"label": "page"}
    if region:
        box = [round(value) for value in (region.box.x0, region.box.y0, region.box.x1, region.box.y1)]
        place = {"label": region.label, "score": round(region.score, 3), "bbox": box}
    return place | ({"text": part.raw} if part else {})


def _whole_pixels(box: Box) -> tuple[int, int, int, int]:
    return int(box.x0), int(box.y0), int(-(-box.x1 // 1)), int(-(-box.y1 // 1))
