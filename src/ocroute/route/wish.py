"""What the user asked for, and whether an engine heeds it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import msgspec

from ocroute.engines.base import EngineInfo, Wanted
from ocroute.errors import UsageError
from ocroute.languages import resolved
from ocroute.options import Declared, ReadOptions, declared

_SERVER = "http://127.0.0.1:8000/v1"


class Wish(msgspec.Struct, frozen=True, omit_defaults=True):
    """What the user asked for.

    Attributes:
        engine: pins one; the others are then not tried.
        prefer: ``layout`` (the best engine that the machine can run) or ``speed`` (engines without a language model first).
    """

    engine: str = ""
    wanted: Wanted = Wanted()
    prefer: Literal["layout", "speed"] = "layout"


def wish_of(options: Mapping[str, Any]) -> Wish:
    """What values of `ocroute.options.ReadOptions` ask for.

    Raises:
        UsageError: a language is not known.
    """
    wanted = {one.option.field: options[name] for name, one in declared(ReadOptions).items() if one.option.field}
    return Wish(options["engine"], Wanted(**wanted | {"languages": resolved(wanted["languages"])}), options["prefer"])


def check_options(wish: Wish, pinned: EngineInfo | None) -> None:
    """Whether every option has an engine that heeds it: one without effect is refused, not dropped.

    Args:
        wish: what was asked for.
        pinned: the engine that was asked for by name; None where none was.

    Raises:
        UsageError: one has not, or one that the engine needs is missing.
    """
    if wish.wanted.runtime not in ("", "vllm"):
        raise UsageError(
            f"there is no runtime {wish.wanted.runtime!r}", next_step="Choose vllm, or leave --runtime out"
        )
    if wish.wanted.runtime and wish.wanted.adapter:
        raise UsageError(
            f"--runtime {wish.wanted.runtime} reads with no adapter",
            next_step="Merge it first: ocroute finetune merge ADAPTER -o FOLDER, then --model FOLDER",
        )
    given = [one for one in declared(ReadOptions).values() if one.option.kinds and _value(wish.wanted, one)]
    if pinned is None:
        for one in given:
            if one.option.needs_engine and not wish.wanted.base_url:
                raise UsageError(
                    f"{_typed(wish.wanted, one)} goes with one engine, and none is named",
                    next_step="Name it too, e.g.: --engine dots_ocr",
                )
        return
    for one in given:
        if pinned.kind not in one.option.kinds:
            raise UsageError(
                f"the engine {wish.engine} knows nothing of {_typed(wish.wanted, one)}",
                next_step="Leave it out, or name another engine: ocroute engines",
            )
    if pinned.kind == "remote" and not wish.wanted.base_url:
        raise UsageError(
            f"the engine {wish.engine} asks a server, and none is named", next_step=f"Add: --base-url {_SERVER}"
        )


def _value(wanted: Wanted, one: Declared) -> Any:
    return getattr(wanted, one.option.field)


def _typed(wanted: Wanted, one: Declared) -> str:
    """The option as it stands on the command line; a switch has no value."""
    value = _value(wanted, one)
    return one.flag if value is True else f"{one.flag} {value}"
