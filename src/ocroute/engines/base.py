"""The contract of an engine."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, ClassVar, Literal, Protocol

import msgspec

from ocroute.errors import NextStep
from ocroute.pages.page import InputPage
from ocroute.registry import Registry
from ocroute.values import Block, Box, Line

State = Literal["absent", "broken", "usable"]
Kind = Literal["textlayer", "ocr", "vlm", "remote"]


class Availability(msgspec.Struct, frozen=True, omit_defaults=True):
    """Whether an engine can run here, found without loading its models.

    Attributes:
        state: ``absent`` (not installed), ``broken`` (installed, does not start; ``reason`` keeps the error's text), ``usable``.
        version: of the library or program behind it.
        reason: why it is not usable.
        install: the command that would make it usable, or more capable (e.g. a missing language pack).
        advice: what would, in a sentence, where no one command does.
        scripts: ISO 15924 codes of the scripts it can write *here*, from its own dictionary or data files.
        languages: codes as in `ocroute.languages.LANGUAGES` where it tells languages apart; empty where it knows scripts only.
        weights: what tells the weights that it would load from others, e.g. from ones that are put in their place; empty where
            it has no choice of them.
    """

    state: State
    version: str = ""
    reason: str = ""
    install: str = ""
    scripts: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    weights: str = ""
    advice: str = ""

    @property
    def next_step(self) -> NextStep:
        """What would make it usable, or more capable."""
        return NextStep(self.advice, self.install)


class EngineInfo(msgspec.Struct, frozen=True, omit_defaults=True):
    """What an engine is, as data; the same on every machine.

    Attributes:
        kind: ``textlayer`` copies what the file says, ``ocr`` reads lines, ``vlm`` reads pages with a language model,
            ``remote`` asks a server.
        rank: among engines that fit, the lower is tried first.
        gives_boxes: whether its readings have boxes.
        gives_layout: whether it returns blocks in reading order; otherwise it returns lines and the layout room arranges them.
        letter_confidence: whether a word's confidence is the mean probability of its letters, none of them calibrated away.
        needs: packages, programs or weights, in words a user can act on.
        memory_mb: resident memory that one loaded copy takes, measured.
        gpu_mb: GPU memory for its weights and one A4 page at 100 dpi, the smallest that it is loaded for, in two bytes a
            number; 0 where no GPU is used.
        at_once: pages that it holds together at most, on the largest machine. It takes them as it has room.
        strengths: one sentence for ``ocroute engines``.
    """

    kind: Kind
    rank: int
    gives_boxes: bool = True
    gives_layout: bool = False
    gives_confidence: bool = True
    letter_confidence: bool = False
    needs: tuple[str, ...] = ()
    memory_mb: int = 0
    gpu_mb: int = 0
    at_once: int = 1
    strengths: str = ""


class Wanted(msgspec.Struct, frozen=True, omit_defaults=True):
    """What the user wants of every page; where it differs, the result may.

    Attributes:
        languages: codes of what is written there, as `ocroute.languages.resolved` gives them; empty when unknown.
        model: weights for an engine that takes a choice of them: a folder, a hub id or a server's name for the model.
        mode: what a neural engine is asked to do, e.g. ``layout`` or ``text``; empty for its own default.
        base_url: of an OpenAI-compatible server, e.g. ``http://127.0.0.1:8000/v1``.
        runtime: what runs the model of a neural engine: ``vllm`` for the user's own vLLM; empty for ocroute itself.
        ca: a file with the certificates that this server may have, in PEM form; empty for those of the system.
        quantized: whether attention kernels that compute in fewer bits may be used.
        adapter: a folder with an adapter (LoRA) to be added to the weights; empty for none.
    """

    languages: tuple[str, ...] = ()
    model: str = ""
    mode: str = ""
    base_url: str = ""
    runtime: str = ""
    ca: str = ""
    quantized: bool = False
    adapter: str = ""


class PageLimits(msgspec.Struct, frozen=True, omit_defaults=True):
    """What an engine may take for a page; no part of what is wanted.

    Attributes:
        threads: the most threads it may use.
        seconds: after which an autoregressive engine should give what it has of a page; 0 for no limit. Loading does not count.
    """

    threads: int = 1
    seconds: float = 0.0


ONE_THREAD = PageLimits()
"""One thread, and any time."""


class Task(Wanted, frozen=True, omit_defaults=True):
    """What an engine is given with a page: what is wanted, and within which ``limits``."""

    limits: PageLimits = ONE_THREAD

    @classmethod
    def of(cls, wanted: Wanted, limits: PageLimits) -> Task:
        """The two together."""
        return cls(**msgspec.structs.asdict(wanted), limits=limits)


class Reading(msgspec.Struct, frozen=True, omit_defaults=True):
    """What an engine made of one page.

    Attributes:
        lines: from engines without layout, in any order; ``layout.arrange`` makes blocks of them.
        blocks: from engines with layout, in reading order.
        raw: the engine's own output, for those who want to look.
        finish: ``stop`` when it ended by itself; else its text is cut: ``length`` when it ran out of room, ``loop`` when it
            fell into a repetition loop, ``late`` when it ran out of time.
        cut: how its answer breaks off although the engine ended by itself, in words, e.g. ``its JSON is not closed``; empty where
            it comes to its own end.
        seconds: by step, e.g. ``{"detect": 0.9, "recognise": 2.1}``.
        model, model_hash, kernel, device, versions, settings: for the page record's provenance.
        blanks: boxes in which the engine saw text but could write nothing, e.g. for want of the script.
        foreign: ISO 15924 code of the script that the engine takes the page for and cannot write here; empty where it saw none.
        transcribes: whether it should hold the page's text. One that was asked for something else, e.g. for boxes alone or for
            a description, is not compared with the print.
    """

    lines: tuple[Line, ...] = ()
    blocks: tuple[Block, ...] = ()
    raw: str = ""
    finish: Literal["stop", "length", "loop", "late"] = "stop"
    cut: str = ""
    seconds: dict[str, float] = {}
    model: str = ""
    model_hash: str = ""
    kernel: str = ""
    device: str = "cpu"
    versions: dict[str, str] = {}
    settings: dict[str, Any] = {}
    blanks: tuple[Line, ...] = ()
    transcribes: bool = True
    foreign: str = ""

    @property
    def text(self) -> str:
        """All its text, one line or block a line, for checks that need no geometry."""
        return "\n".join(part.text for part in (self.blocks or self.lines))


@dataclass(frozen=True, slots=True, eq=False)
class Request:
    """A page that an engine is to read.

    Attributes:
        page: upright.
        task: what is wanted of it, and within which limits. Its deadline is ``task.limits.seconds``, which begins when the
            engine begins to work on the page.
        regions: boxes in page pixels: only what stands in them is to be read, each by itself, as if it were a page. At least
            one; parts outside the page do not count. They may touch but should not overlap, or text is read twice, and should
            cut no line, which then is read as a piece. None for the whole page.

    Raises:
        ValueError: there are no regions, or one of them is outside the page.
    """

    page: InputPage
    task: Task
    regions: tuple[Box, ...] | None = None

    def __post_init__(self) -> None:
        if self.regions is not None:
            width, height = self.page.size
            if not self.regions or any(box.clamped(width, height).area == 0 for box in self.regions):
                raise ValueError(f"not regions of a page of {width} x {height} pixels: {self.regions}")


Answer = tuple[Request, Reading | Exception]
"""A request as it was given, and its reading, or why there is none; `Declined` where the page is not for this engine."""


class Engine(Protocol):
    """Reads pages: a stream of requests becomes a stream of answers. It never loops over files, never writes, never falls back.

    One that reads single pages, or crops of one, is a `ocroute.engines.page_by_page.PageByPage` and implements one method.

    Built once a process and reused for many pages; building loads the models. Runs in the calling thread and uses no more
    threads than ``task.limits.threads``. An engine with a choice of weights has a class method ``probe_for(wanted)`` besides: as
    `probe`, for the weights that ``wanted.model`` names; it is asked when the user asks for that engine. One that can fetch
    weights has ``fetches(wanted)``, whether there are any to fetch, and ``fetch(wanted)``, which is called before the first page.
    One that imports much has ``prepare_process()``, called in the process that will hold it, while the first pages are opened.
    """

    info: ClassVar[EngineInfo]

    @classmethod
    def probe(cls) -> Availability:
        """Whether it can run here. Cheap, loads no model, never raises."""
        ...

    def __init__(self, task: Task) -> None:
        """Load what is needed.

        Raises:
            EngineUnavailable: it cannot run here.
        """
        ...

    def read(self, requests: Iterable[Request | None]) -> Iterator[Answer]:
        """One answer for each request, as it ends, in any order.

        Args:
            requests: taken one by one, each when the engine has room for it, up to ``info.at_once``. A ``None`` means that no
                page is ready now and that it is not the end: an engine that holds pages goes on with them, and asks again
                later. It comes to engines only that hold pages.

        Raises:
            EngineCrashed: the engine is of no more use in this process; all requests that it holds have failed. Any other error
                than this one is an answer to the one request that it belongs to.
        """
        ...


ENGINES = Registry("ocroute.engines", required=("info", "probe", "read"))
