"""What the user asked for, and whether an engine heeds it: an option without effect is refused, not dropped."""

from __future__ import annotations

from typing import Literal

import msgspec

from ocroute.engines.base import EngineInfo, Kind, Wanted
from ocroute.errors import UsageError

_SERVER = "http://127.0.0.1:8000/v1"
_HEEDED: dict[str, tuple[Kind, ...]] = {
    "--model": ("vlm", "remote"),
    "--task": ("vlm", "remote"),
    "--base-url": ("remote",),
    "--quantized": ("vlm",),
}
"""Option to the kinds of engine that heed it."""


class Wish(msgspec.Struct, frozen=True, omit_defaults=True):
    """What the user asked for.

    Attributes:
        engine: pins one; the others are then not tried.
        prefer: ``layout`` (the best engine that the machine can run) or ``speed`` (engines without a language model first).
    """

    engine: str = ""
    wanted: Wanted = Wanted()
    prefer: Literal["layout", "speed"] = "layout"


def check_options(wish: Wish, pinned: EngineInfo | None) -> None:
    """Whether every option has an engine that heeds it.

    Args:
        wish: what was asked for.
        pinned: the engine that was asked for by name; None where none was.

    Raises:
        UsageError: one has not, or one that the engine needs is missing.
    """
    if pinned is None:
        for option in ("--model", "--task"):
            if option in _given(wish.wanted) and not wish.wanted.base_url:
                value = _given(wish.wanted)[option]
                raise UsageError(
                    f"{option} {value} goes with one engine, and none is named",
                    next_step="Name it too, e.g.: --engine dots_ocr",
                )
        return
    for option, value in _given(wish.wanted).items():
        if pinned.kind not in _HEEDED[option]:
            raise UsageError(
                f"the engine {wish.engine} knows nothing of {' '.join(filter(None, (option, value)))}",
                next_step="Leave it out, or name another engine: ocroute engines",
            )
    if pinned.kind == "remote" and not wish.wanted.base_url:
        raise UsageError(
            f"the engine {wish.engine} asks a server, and none is named", next_step=f"Add: --base-url {_SERVER}"
        )


def _given(wanted: Wanted) -> dict[str, str]:
    """Option to value, of those that were given; a switch has none."""
    values = {"--model": wanted.model, "--task": wanted.mode, "--base-url": wanted.base_url}
    given = {option: value for option, value in values.items() if value}
    return given | {"--quantized": ""} if wanted.quantized else given


def is_command(step: str) -> bool:
    """Whether a next step is a command, and not a sentence: those begin with a capital letter."""
    return step[:1].islower()


def as_step(step: str) -> str:
    """``step`` as an error's next step: a command is announced as one."""
    return f"Run: {step}" if is_command(step) else step


def as_remark(step: str) -> str:
    """``step`` as a remark beside what is missing; empty where there is none."""
    return f"to install: {step}" if is_command(step) else f"{step[:1].lower()}{step[1:]}"
