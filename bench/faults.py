"""Faults of loading, each as the field has met it, to be put into the dots.ocr engine."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import wraps
from pathlib import Path
from typing import Any

import torch
from PIL.Image import Image

from ocroute.engines.base import Task
from ocroute.engines.dots_ocr import DotsOcr
from ocroute.engines.neural import canary, devices
from ocroute.engines.neural.canary.diagnosis import Sight
from ocroute.engines.neural.loading import Loaded
from ocroute.errors import EngineError, OcrouteError
from ocroute.models.dots_ocr import rotary, vision
from ocroute.models.dots_ocr.modeling import DotsOCRForCausalLM


def _nothing(_: Any) -> None:
    """The model as it is."""


@dataclass(frozen=True)
class Fault:
    """One.

    Attributes:
        what: in a sentence without subject: what happened, and where it was seen.
        model: changes the loaded model.
        swaps: objects, their attributes, and what stands there instead.
        half: computes in float16.
        prompt: other words than those of training.
        stops: whether the token that ends answers is known as one.
        harmless: a control: the model reads as well as without it.
    """

    what: str
    model: Callable[[Any], None] = _nothing
    swaps: tuple[tuple[Any, str, Any], ...] = ()
    half: bool = False
    prompt: str = ""
    stops: bool = True
    harmless: bool = False
    mode: str = "layout"

    def enter(self, stack: ExitStack, device: str) -> None:
        """Put the swaps, and the device with its numbers, in place until the stack ends."""
        usual = torch.bfloat16 if device == "cuda" else torch.float32
        where = devices.Place("cuda:0" if device == "cuda" else "cpu", torch.float16 if self.half else usual, device)
        for owner, name, value in (*self.swaps, (devices, "place", lambda: where)):
            stack.callback(setattr, owner, name, getattr(owner, name))
            setattr(owner, name, value)


def _random_linears(model: Any) -> None:
    torch.manual_seed(0)
    for module in model.vision_tower.modules():
        if isinstance(module, torch.nn.Linear):
            module.weight.data.normal_(std=0.02)


def _louder(model: Any) -> None:
    """The same function in exact numbers: the norm behind the patches takes back what they gain."""
    model.vision_tower.patch_embed.patchifier.proj.weight.data.mul_(30_000)
    model.vision_tower.patch_embed.patchifier.proj.bias.data.mul_(30_000)


def _angles(frequencies: Callable[[int], torch.Tensor]) -> Callable[..., torch.Tensor]:
    """Positions of patches turned by ``frequencies`` instead of the right ones."""
    real = rotary.vision_angles

    def angles(grids: list[tuple[int, int]], head_dim: int, merge: int, device: torch.device) -> torch.Tensor:
        right = real(grids, head_dim, merge, device)
        quarter = head_dim // 4
        exponents = torch.arange(quarter, dtype=torch.float32, device=device) / quarter
        positions = right * (10000.0**exponents).repeat(2)
        return positions * frequencies(quarter).to(device).repeat(2)

    return angles


def _garbage(count: int) -> torch.Tensor:
    """What uninitialised memory may hold: numbers of every size."""
    generator = torch.Generator().manual_seed(0)
    return torch.randn(count, generator=generator) * 10.0 ** torch.randint(-6, 6, (count,), generator=generator)


def _without_pixels(self: Any, input_ids: torch.Tensor, *_: Any) -> torch.Tensor:
    embedded: torch.Tensor = self.model.embed_tokens(input_ids)
    return embedded


_prepare = DotsOCRForCausalLM.prepare_inputs_for_generation


@wraps(_prepare)  # transformers reads its signature
def _pixels_always(self: Any, *args: Any, pixel_values: Any = None, **keywords: Any) -> dict[str, Any]:
    made: dict[str, Any] = _prepare(self, *args, pixel_values=pixel_values, **keywords)
    return made | {"pixel_values": pixel_values}


def _loop_of_transformers(self: Any) -> tuple[None, dict[str, str]]:  # noqa: ARG001 - in the place of a method
    return None, {"decoder": "transformers"}


FAULTS = {
    "sound": Fault("nothing", harmless=True),
    "vision weights drawn anew": Fault(
        "every Linear of the vision tower is random: transformers 5.0 to 5.1 with the published code", _random_linears
    ),
    "rotary frequencies zero": Fault(
        "patches have no positions: any transformers 5 with the published code, where memory was clean",
        swaps=((vision, "vision_angles", _angles(torch.zeros)),),
    ),
    "rotary frequencies garbage": Fault(
        "patches have wild positions: any transformers 5 with the published code, where memory was not clean",
        swaps=((vision, "vision_angles", _angles(_garbage)),),
    ),
    "pixels never passed": Fault(
        "the model answers without the page: transformers from 5.4 with one variant of the published code",
        swaps=((DotsOCRForCausalLM, "_embedded", _without_pixels),),
    ),
    # Our own decoder gives pixels once, whatever a model's class says: the fault is that of transformers' loop.
    "pixels at every step": Fault(
        "the page comes again with every token: transformers from 5.3 with the other variant",
        swaps=(
            (DotsOCRForCausalLM, "prepare_inputs_for_generation", _pixels_always),
            (DotsOcr, "_decoder", _loop_of_transformers),
        ),
    ),
    "float16 that overflows": Fault(
        "activations beyond 65,504, forced here by larger weights that are harmless in other numbers",
        _louder,
        half=True,
    ),
    "same weights, not float16": Fault(
        "the control: the same larger weights in the usual numbers", _louder, harmless=True
    ),
    "stop token unknown": Fault("only <|endoftext|> ends an answer, as where one of two stop ids is lost", stops=False),
    "paraphrased prompt": Fault(
        "other words for the same wish", prompt="Please read this page and give me its layout and its text as JSON."
    ),
}


class Faulty(DotsOcr):
    """The engine with a fault in it; used through `engine_class`."""

    fault: Fault

    @classmethod
    def unasked(cls, task: Task) -> Faulty:
        """Loaded without the canary page."""
        require = canary.require
        canary.require = lambda *_: Sight("", "", "stop")
        try:
            return cls(task)
        finally:
            canary.require = require

    def _start(self, folder: Path, task: Task) -> None:
        """In the numbers that were asked for and no others: what overflows is looked at, not mended."""
        self._load(folder, task)

    def load(self, folder: Path, where: devices.Place) -> Loaded:
        """As it should be, and then not."""
        loaded = super().load(folder, where)
        self.fault.model(loaded.model)
        if self.fault.stops:
            return loaded
        return replace(loaded, stop_ids=(loaded.tokenizer.convert_tokens_to_ids("<|endoftext|>"),))

    def raw(self, image: Image, task: Task) -> str:
        """The model's answer to a page, without any check.

        Raises:
            EngineError: there is none.
        """
        mode = self.facts.modes[self._mode(task)]
        try:
            return self._answer(self.prepare(image, mode, self.budget.pixels), mode).text
        except OcrouteError:
            raise
        except Exception as error:  # whatever a broken model makes torch raise
            raise EngineError(f"{type(error).__name__}: {error}") from error


def engine_class(fault: Fault, longest: int) -> type[Faulty]:
    """The engine with ``fault``, its answers cut at ``longest`` tokens."""
    modes = {
        name: replace(mode, max_new_tokens=min(longest, mode.max_new_tokens), prompt=fault.prompt or mode.prompt)
        for name, mode in DotsOcr.facts.modes.items()
    }
    namespace = {"facts": replace(DotsOcr.facts, modes=modes), "fault": fault, "__module__": __name__}
    return type("Faulty", (Faulty,), namespace)
