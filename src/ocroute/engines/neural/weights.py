"""Where a model's weights lie on this machine, and whether they may be opened.

Only safetensors are: a pickle can run anything when it is loaded, and so can code that comes with a checkpoint.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shlex
from pathlib import Path
from typing import Any

from ocroute.engines.neural import checkpoint_kinds, shards
from ocroute.engines.neural.model_facts import Facts
from ocroute.errors import EngineUnavailable, NextStep
from ocroute.models.settings import settings

MODELS = "OCROUTE_MODELS"
"""The environment variable that names a folder with one folder a model, called like its engine."""

FOUR_BITS = frozenset({"dots_ocr", "qwen2_vl"})
"""Engines whose model can be loaded through bitsandbytes."""

_PICKLES = (".bin", ".pt", ".pth", ".ckpt", ".pkl")
_SAMPLE = 1 << 16
_HUB_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*/[A-Za-z0-9_][A-Za-z0-9_.-]*(@[A-Za-z0-9_][A-Za-z0-9_./-]*)?")


def is_hub_id(model: str) -> bool:
    """Whether ``model`` has the form of a name on the Hugging Face hub, OWNER/NAME or OWNER/NAME@REVISION, and names nothing
    here.
    """
    return bool(_HUB_ID.fullmatch(model)) and not os.path.lexists(model)


def find(facts: Facts, model: str = "") -> Path:
    """The folder with the weights. Nothing is fetched: see `fetching.fetch`.

    The user's ``model`` comes first: a folder, or a hub id. Else the folder ``$OCROUTE_MODELS/<engine>``, else the local
    cache of the Hugging Face hub.

    Args:
        facts: whose weights.
        model: the user's word; empty for none.

    Raises:
        EngineUnavailable: they are not here.
    """
    if model:
        return _named(facts, model)
    if (folder := _of_the_user(facts)) and folder.is_dir():
        return folder
    if cached := _cached(facts.hub):
        return cached
    raise EngineUnavailable(
        f"the weights of {facts.name} are not on this machine ({wanted(facts)})",
        next_step=NextStep(command=command(facts, facts.hub)),
    )


def to_fetch(facts: Facts, model: str) -> bool:
    """Whether ``model`` is a hub id of which all, or what is missing or damaged in the cache, would have to be fetched."""
    if not is_hub_id(model):
        return False
    cached = _cached(model)
    try:
        return cached is None or not config(facts, cached) or bool(_lacking(facts, cached))
    except EngineUnavailable:  # a file that cannot be read
        return True


def command(facts: Facts, model: str) -> str:
    """The command that reads a page with ``model``, which fetches it first if it is a hub id that is not here.

    For a model that only finds what another reads: the command for that one, which fetches both.
    """
    if (second := facts.first_stage_of) is not None:
        facts, model = second, second.hub
    return f"ocroute read PAGE --engine {facts.name} --model {shlex.quote(model)}"


def wanted(facts: Facts) -> str:
    """Which weights there should be, how large they are, and where else they were looked for, in a few words."""
    folder = _of_the_user(facts)
    looked = f"; there is no folder {folder}, in which {MODELS} would have them" if folder else ""
    return f"{facts.hub}, {facts.gigabytes:g} GB{looked}"


def _of_the_user(facts: Facts) -> Path | None:
    """Where the weights are expected in the folder that the user's environment names; None where it names none."""
    home = os.environ.get(MODELS, "")
    return Path(home).expanduser() / facts.name if home else None


def _named(facts: Facts, model: str) -> Path:
    folder = Path(os.path.expanduser(model))  # noqa: PTH111 - Path's own raises where there is no such user
    if folder.is_dir():
        return folder
    if os.path.lexists(folder):
        if found := checkpoint_kinds.of_path(folder):
            raise EngineUnavailable(f"{model} {found.what}", next_step=found.next_step)
        kind = "a file" if folder.is_file() else "no folder"
        raise EngineUnavailable(
            f"{model} is {kind}, and weights are named by their folder",
            next_step=NextStep(command=command(facts, str(folder.parent))),
        )
    if not is_hub_id(model):
        raise EngineUnavailable(
            f"there is no folder {model}, and it is no model on the hub either: those are called OWNER/NAME",
            next_step=f"Give a folder with weights, or run: {command(facts, facts.hub)}",
        )
    if cached := _cached(model):
        return cached
    raise EngineUnavailable(
        f"{model} is not on this machine yet, and there is no folder of that name",
        next_step=NextStep(command=command(facts, model)),
    )


def by_revision(model: str) -> tuple[str, str | None]:
    """A model's name on the hub, and the revision that is meant: a branch, a tag or a commit; None for the newest."""
    hub, _, revision = model.partition("@")
    return hub, revision or None


def _cached(model: str) -> Path | None:
    """The snapshot of ``model`` in the local cache; None where there is none, or only a part of one.

    Where no revision is meant and the newest is not here, the one that was fetched last, of whatever revision.
    """
    hub, revision = by_revision(model)
    try:
        from huggingface_hub import constants

        if not any(Path(constants.HF_HUB_CACHE).glob("models--*")):
            return None  # found out before the client is imported, which is a tenth of a short run
        from huggingface_hub import try_to_load_from_cache
        from huggingface_hub.errors import HFValidationError
    except ImportError:
        return None
    try:
        config = try_to_load_from_cache(hub, "config.json", revision=revision)
    except HFValidationError:
        return None
    here = [Path(config)] if isinstance(config, str) else []
    if not here and revision is None:
        snapshots = Path(constants.HF_HUB_CACHE, f"models--{hub.replace('/', '--')}", "snapshots")
        here = sorted(snapshots.glob("*/config.json"), key=lambda file: file.lstat().st_mtime, reverse=True)
    folders = (file.parent for file in here)
    return next((folder for folder in folders if any(folder.glob("*.safetensors"))), None)


def config(facts: Facts, folder: Path) -> dict[str, Any]:
    """The checkpoint's config.json.

    Raises:
        EngineUnavailable: it is missing or no JSON object.
    """
    try:
        read = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise EngineUnavailable(
            f"{folder} holds no readable config.json ({_why(error)})", next_step=again(facts, folder)
        ) from error
    if not isinstance(read, dict):
        raise EngineUnavailable(f"{folder / 'config.json'} is no JSON object", next_step=again(facts, folder))
    return read


def _why(error: Exception) -> str:
    """What is wrong with a JSON file, in a few words."""
    if isinstance(error, FileNotFoundError):
        return "there is none"
    return (error.strerror or type(error).__name__) if isinstance(error, OSError) else f"it is no JSON: {error}"


def check_kind(facts: Facts, folder: Path, *, loaded_here: bool = True) -> None:
    """Whether the config.json in ``folder`` describes a model that this engine reads.

    Args:
        loaded_here: whether ocroute itself is to load it; vLLM loads quantized weights of more kinds.

    Raises:
        EngineUnavailable: it does not; the message says what it describes.
    """
    if found := checkpoint_kinds.of_path(folder):
        raise EngineUnavailable(f"{folder} {found.what}", next_step=found.next_step)
    raw = config(facts, folder)
    said = raw.get("architectures") or [raw.get("model_type", "nothing")]
    if not set(said) & set(facts.architectures):
        code = ", which needs code from the checkpoint, and ocroute runs none" if "auto_map" in raw else ""
        raise EngineUnavailable(
            f"{folder} holds {', '.join(map(str, said))}{code}; {facts.name} reads {', '.join(facts.architectures)}",
            next_step=f"Give the folder or the hub id of such a checkpoint: {command(facts, facts.hub)}",
        )
    if loaded_here and (found := checkpoint_kinds.of_config(raw, folder, runs_4bit=facts.name in FOUR_BITS)):
        raise EngineUnavailable(f"{folder} {found.what}", next_step=found.next_step)


def check(facts: Facts, folder: Path, *, loaded_here: bool = True) -> None:
    """Whether ``folder`` holds whole safetensors weights of this model.

    Args:
        loaded_here: see `check_kind`.

    Raises:
        EngineUnavailable: it does not; the message says what it holds.
    """
    check_kind(facts, folder, loaded_here=loaded_here)
    if not shards.files(folder):
        pickles = sorted(file.name for file in folder.iterdir() if file.suffix in _PICKLES)
        reason = (
            f"only pickled weights ({', '.join(pickles[:3])}), which may run code when opened"
            if pickles
            else "no weights"
        )
        raise EngineUnavailable(f"{folder} holds {reason}", next_step=again(facts, folder))
    if lacking := _lacking(facts, folder):
        step = again(facts, folder)
        if lacking.endswith(shards.LFS):
            step = NextStep(command=f"git -C {shlex.quote(str(folder))} lfs pull")
        raise EngineUnavailable(f"{folder} {lacking}", next_step=step)


def _lacking(facts: Facts, folder: Path) -> str:
    """What a download that broke off has left out, as the rest of a sentence; empty when all is there."""
    files = shards.files(folder)
    if not files:
        return "holds no weights"
    if absent := [file.name for file in files if not file.is_file()]:
        return f"lacks {len(absent)} of {len(files)} weight files: {', '.join(absent[:3])}"
    if cut := [f"{file.name} {said}" for file in files if (said := shards.fault(file))]:
        return f"holds a damaged weight file: {cut[0]}"
    missing = [] if facts.first_stage_of or (folder / "tokenizer.json").is_file() else ["tokenizer.json"]
    if facts.image_processor or facts.own_pixels:
        try:
            missing += [] if settings(lambda name: folder / name)[0] else ["preprocessor_config.json"]
        except ValueError as error:
            return f"holds a damaged file: {error}"
    return f"lacks {' and '.join(missing)}" if missing else ""


def again(facts: Facts, folder: Path) -> NextStep:
    """How to get what is missing: in the hub's cache, the command that goes on with a download of the same revision."""
    model = folder.parent.parent
    if folder.parent.name == "snapshots" and model.name.startswith("models--"):
        hub = model.name.removeprefix("models--").replace("--", "/", 1)
        return NextStep(command=command(facts, hub + _revision(model / "refs", folder.name)))
    return NextStep(f"Copy it again from where it came, or use the published one: {command(facts, facts.hub)}")


def _revision(refs: Path, commit: str) -> str:
    """What follows a hub id to mean ``commit``: nothing where ``main`` is there, else a branch or tag that is, or the commit."""
    names = [ref.relative_to(refs).as_posix() for ref in refs.rglob("*") if ref.is_file() and _read(ref) == commit]
    return "" if "main" in names else f"@{min(names, default=commit)}"


def _read(ref: Path) -> str:
    try:
        return ref.read_text(encoding="utf-8").strip()
    except (OSError, ValueError):
        return ""


def digest(folder: Path) -> str:
    """A SHA-256 that tells checkpoints apart without reading gigabytes: each file's size and header, and a sample of its data."""
    total = hashlib.sha256()
    for file in shards.files(folder):
        size = file.stat().st_size
        header = shards.header(file)
        total.update(f"{file.name} {size}\n".encode())
        total.update(header)
        with file.open("rb") as opened:
            for start in (8 + len(header), size // 2, max(0, size - _SAMPLE)):
                opened.seek(start)
                total.update(opened.read(_SAMPLE))
    return total.hexdigest()
