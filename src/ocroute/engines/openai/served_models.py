"""How a model behind a server wants to be asked, told by its name, and how its answers become blocks: its engine knows."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from ocroute.engines.base import ENGINES
from ocroute.engines.neural import Answered, Mode, Served, deepseek_family, markdown_blocks
from ocroute.errors import PluginError
from ocroute.values import Block

MOST_PIXELS = 12_845_056
"""What the largest models look at; a larger page is made smaller before it is sent."""


def _whole(width: int, height: int) -> tuple[int, int]:
    """The page as it is, or as large as it may be."""
    scale = min(1.0, (MOST_PIXELS / (width * height)) ** 0.5)
    return max(1, int(width * scale)), max(1, int(height * scale))


@dataclass(frozen=True, slots=True)
class ServedModel:
    """One family of models.

    Attributes:
        family: its name, for the page record.
        modes: by name; the first is used when none is asked for.
        blocks: from an answer to the page's blocks.
        cut: how an answer breaks off, see `Reading`.
        fit: from a page's (width, height) to those of the image that is sent.
        before: servers by name, to what they want in front of the prompt.
        keep_special: whether special tokens are part of its answers.
    """

    family: str
    modes: Mapping[str, Mode]
    blocks: Callable[[Answered], tuple[Block, ...]] = markdown_blocks.blocks
    cut: Callable[[Answered], str] = markdown_blocks.cut
    fit: Callable[[int, int], tuple[int, int]] = _whole
    before: Mapping[str, str] = field(default_factory=dict)
    keep_special: bool = False


OTHER = ServedModel(
    "other",
    {
        "markdown": Mode(
            "Convert this page to Markdown, word for word and in reading order. Write tables as HTML and formulas as LaTeX. "
            "Answer with the text of the page alone.",
            max_new_tokens=8192,
        ),
        "text": Mode(
            "Write down all the text on this page, word for word and in reading order. Answer with that text alone.",
            max_new_tokens=8192,
            form="plain",
        ),
    },
    blocks=deepseek_family.blocks,  # a name that an administrator chose may hide such a model
)


def served_model(names: Iterable[str]) -> ServedModel:
    """What is known of a model that goes by ``names``: the one asked for, and what the server calls it, the telling one first."""
    engines = list(_engines())
    for name in names:
        bare = re.sub(r"[^a-z0-9]", "", name.casefold())
        for served, engine in engines:
            if re.search(served.names, bare):
                return served_by(engine, served)
    return OTHER


def served_by(engine: Any, served: Served) -> ServedModel:
    """What is known of the model of an ``engine``."""
    facts = engine.facts
    return ServedModel(
        served.family, facts.modes, engine.blocks, engine.cut, served.fit or _whole, served.before, facts.keep_special
    )


def _engines() -> Iterator[tuple[Served, Any]]:
    """The engines whose models servers run too, in the order in which engines are tried."""
    loaded = []
    for name in ENGINES:
        try:
            loaded.append(ENGINES.load(name))
        except PluginError:  # who asks for that engine is told
            continue
    for engine in sorted(loaded, key=lambda engine: (engine.info.rank, engine.__name__)):
        served = getattr(getattr(engine, "facts", None), "served", None)
        if isinstance(served, Served):
            yield served, engine
