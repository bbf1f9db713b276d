"""What a neural engine says of its model, as data.

All that is known of a model stands in its engine's module: tests, docs, benches and the engine for servers read it from there.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from ocroute.engines.base import EngineInfo
from ocroute.engines.neural.attention_shapes import AttentionShape
from ocroute.engines.neural.repetition import NoRepeatNgram
from ocroute.kernels.base import SubModel

AT_ONCE = 64
"""Pages that are written together at most: beyond, a step takes longer by almost as much as it writes more."""

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
        no_repeat: what the model's authors set against repetition.
    """

    prompt: str
    text: bool = True
    boxes: bool = False
    max_new_tokens: int = 4096
    options: Mapping[str, Any] = field(default_factory=dict)
    no_repeat: NoRepeatNgram | None = None
    form: Form = "markdown"


@dataclass(frozen=True, slots=True)
class Vllm:
    """How vLLM is started for the model.

    Attributes:
        since: the oldest version that has it.
        tokens: of prompt and answer together.
        arguments: of ``vllm serve``, besides those that every model gets.
        configuration: ``model_type=module:class`` of a configuration that vLLM has and transformers lacks; empty where both know
            the model.
    """

    since: str
    tokens: int
    arguments: tuple[str, ...] = ()
    configuration: str = ""


@dataclass(frozen=True, slots=True)
class Served:
    """How the model wants to be asked where an OpenAI-compatible server runs it.

    Attributes:
        names: a regular expression, looked for in the server's name for a model without all but its small letters and digits.
        family: the model's name in page records.
        before: a server's program, e.g. ``vllm``, to what it wants in front of the prompt.
        fit: (width, height) of a page to those of the image that is sent; None where that may be the page as it is.
        vllm: for ``--runtime vllm``; None where it is not known.
    """

    names: str
    family: str
    before: Mapping[str, str] = field(default_factory=dict)
    fit: Callable[[int, int], tuple[int, int]] | None = None
    vllm: Vllm | None = None


@dataclass(frozen=True, slots=True)
class Layout:
    """The published checkpoint's files beside its weights: enough to count memory, and to write tiny checkpoints of that layout.

    Attributes:
        config: the content of config.json but for the ids of tokens.
        ids: keys of config.json to the special tokens whose ids they hold.
        tokens: the tokenizer's special tokens; ``first_tokens`` have the lowest ids.
        prompt: the whole of a prompt, ``{image}`` where the image's tokens stand and ``{prompt}`` for a mode's own words.
        vocabulary: the part of config.json in which the size of the vocabulary stands; empty where that is the whole.
        chat_template: as the checkpoint has it, for models whose engine uses it.
        pixels: the settings of the image processor.
        tiny: what differs in the config.json of a model that is small enough for tests, key by key within dictionaries.
        tiny_pixels: the same for the image processor.
        generation: whether there is a generation_config.json.
    """

    config: Mapping[str, Any]
    ids: Mapping[str, str]
    tokens: tuple[str, ...]
    prompt: str
    first_tokens: tuple[str, ...] = ()
    vocabulary: str = "text_config"
    chat_template: str = ""
    pixels: Mapping[str, Any] = field(default_factory=dict)
    tiny: Mapping[str, Any] = field(default_factory=dict)
    tiny_pixels: Mapping[str, Any] = field(default_factory=dict)
    generation: bool = True


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
        cpu_pixels: the most on a CPU; 0 for `pixel_budget.CPU_PAGE`, with which a model of many patches reads a
            page in minutes.
        attention: the shapes of the sub-models whose attention a kernel can take over, as published: kernels are proven for them.
        own_pixels: whether an engine without an ``image_processor`` makes its pixels as preprocessor_config.json says.
        on_host: inputs that the model reads on the host: on a GPU it would have to be waited for.
        packages: needed besides torch and transformers, by distribution name.
        layout: of the published checkpoint; an engine of ocroute's own has one, so that every test of such engines includes it.
        served: how to ask for the model behind a server; None where no server runs it.
        first_stage_of: the model that reads what this one finds on a page; it is fetched with that. None for models that read.
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
    cpu_pixels: int = 0
    attention: Mapping[SubModel, AttentionShape] = field(default_factory=dict)
    own_pixels: bool = False
    on_host: tuple[str, ...] = ()
    packages: tuple[str, ...] = ()
    layout: Layout | None = None
    served: Served | None = None
    first_stage_of: Facts | None = None

    def info(self, *, rank: int, gpu_mb: int, card: str, strengths: str) -> EngineInfo:
        """The constant facts of the engine, as far as they follow from these.

        Args:
            rank, gpu_mb, strengths: as in `EngineInfo`.
            card: the GPU that it needs, in words.
        """
        return EngineInfo(
            kind="vlm",
            rank=rank,
            gives_boxes=any(mode.boxes for mode in self.modes.values()),
            gives_layout=True,
            gives_confidence=False,
            needs=("pip install 'ocroute[vlm]'", f"{self.hub}, {self.gigabytes:g} GB", card),
            gpu_mb=gpu_mb,
            at_once=AT_ONCE,
            strengths=strengths,
        )

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
        input_size: (width, height) in pixels of the image that the model sees, for models that answer in its coordinates.
    """

    inputs: dict[str, Any]
    input_size: tuple[int, int]


@dataclass(frozen=True, slots=True)
class Answered:
    """A model's answer, with what is needed to make blocks of it.

    Attributes:
        text: what the model wrote.
        mode: what it was asked.
        input_size: (width, height) of the image that it saw.
        size: (width, height) of the page, in whose pixels boxes are wanted.
    """

    text: str
    mode: Mode
    input_size: tuple[int, int]
    size: tuple[int, int]
