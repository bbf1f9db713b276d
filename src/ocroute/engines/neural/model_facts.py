"""What a neural engine says of its model, as data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from ocroute.engines.neural.attention_shapes import AttentionShape
from ocroute.engines.neural.repetition import Guard
from ocroute.kernels.base import SubModel

Form = Literal["plain", "markdown", "mathpix"]


@dataclass(frozen=True, slots=True)
class Mode:
    """One thing that a model can be asked to do.

    Attributes:
        prompt: the words for the model; what stands around them is the engine's.
        text: whether the answer is the page's text; the canary page is read in such a mode only, and such answers only are
            compared with the print.
        boxes: whether the answer tells where things stand.
        form: of its text where it has no boxes; what the engine, or `plain.blocks`, takes it for.
        max_new_tokens: where the answer is cut.
        options: for the engine's own `prepare`.
        guard: what the model's authors set against running in circles.
    """

    prompt: str
    text: bool = True
    boxes: bool = False
    max_new_tokens: int = 4096
    options: Mapping[str, Any] = field(default_factory=dict)
    guard: Guard | None = None
    form: Form = "markdown"


@dataclass(frozen=True, slots=True)
class Facts:
    """A model that transformers can load, and how it wants to be used.

    Attributes:
        name: of the engine's row.
        hub: the model's id on the Hugging Face hub.
        gigabytes: of the weights there.
        architectures: the names in a checkpoint's config.json that ``model_class`` can load.
        model_class, image_processor: names in the transformers package; an engine that makes its own pixels leaves the
            second empty.
        transformers: the oldest version that has them.
        modes: by name; the first is used when none is asked for.
        scripts: ISO 15924 codes that the model's authors claim, or its tokens show.
        stop_tokens: strings of the tokens that end an answer, besides those in the checkpoint's generation_config.json.
        keep_special: whether special tokens are part of the answer, like the tags around a box.
        min_pixels, max_pixels: of the image as the model sees it.
        processor_pixels: the most on a processor; 0 for `budget.PROCESSOR_PAGE`, with which a model of many patches reads a
            page in minutes.
        attention: the shapes of the sub-models whose attention a kernel can take over, as published: kernels are proven for them.
        own_pixels: whether an engine without an ``image_processor`` makes its pixels as preprocessor_config.json says.
        packages: needed besides torch and transformers, by distribution name.
    """

    name: str
    hub: str
    gigabytes: float
    architectures: tuple[str, ...]
    model_class: str
    modes: Mapping[str, Mode]
    image_processor: str = ""
    transformers: str = "5.20"
    scripts: tuple[str, ...] = ("Latn",)
    stop_tokens: tuple[str, ...] = ()
    keep_special: bool = False
    min_pixels: int = 28 * 28 * 4
    max_pixels: int = 28 * 28 * 4096
    processor_pixels: int = 0
    attention: Mapping[SubModel, AttentionShape] = field(default_factory=dict)
    own_pixels: bool = False
    packages: tuple[str, ...] = ()

    @property
    def kernels(self) -> tuple[SubModel, ...]:
        """The sub-models whose attention a kernel can take over."""
        return tuple(self.attention)

    @property
    def default_mode(self) -> str:
        """The mode that is used when none is asked for."""
        return next(iter(self.modes))


@dataclass(frozen=True, slots=True)
class Prepared:
    """One image as the model takes it.

    Attributes:
        inputs: keyword arguments of ``generate``: ``input_ids`` int64 ``(1, prompt tokens)``, pixels as the model's own
            processor names them, float32, everything on the CPU.
        frame: (width, height) in pixels of the image that the model sees, for models that answer in its coordinates.
    """

    inputs: dict[str, Any]
    frame: tuple[int, int]


@dataclass(frozen=True, slots=True)
class Answered:
    """A model's answer, with what is needed to make blocks of it.

    Attributes:
        text: what the model wrote.
        mode: what it was asked.
        frame: (width, height) of the image that it saw.
        size: (width, height) of the page, in whose pixels boxes are wanted.
    """

    text: str
    mode: Mode
    frame: tuple[int, int]
    size: tuple[int, int]
