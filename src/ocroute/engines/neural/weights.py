"""Where a model's weights lie on this machine, and whether they may be opened.

Only safetensors are: a pickle can run anything when it is loaded, and so can code that comes with a checkpoint.
"""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path
from typing import Any

from ocroute.engines.neural import shards
from ocroute.engines.neural.recipe import Facts
from ocroute.errors import EngineUnavailable

MODELS = "OCROUTE_MODELS"
"""The environment variable that names a folder with one folder a model, called like its engine."""

_PICKLES = (".bin", ".pt", ".pth", ".ckpt", ".pkl")
_WANTED = ("*.json", "*.safetensors", "*.jinja", "*.txt", "*.model")
_PIXELS = ("preprocessor_config.json", "processor_config.json")  # either says how an image becomes pixels
_SAMPLE = 1 << 16


def find(facts: Facts, model: str = "", *, fetch: bool = False) -> Path:
    """The folder with the weights.

    The user's ``model`` comes first: a folder, or a hub id. Else the folder ``$OCROUTE_MODELS/<engine>``, else the local
    cache of the Hugging Face hub.

    Args:
        facts: whose weights.
        model: the user's word; empty for none.
        fetch: whether what is not in the cache of a hub id that the user gave may be downloaded: all of it, or the rest of a
            download that broke off.

    Raises:
        EngineUnavailable: they are not here.
    """
    if model and Path(model).expanduser().is_dir():
        return Path(model).expanduser()
    if model:
        return _named(facts, model, fetch=fetch)
    if (folder := _of_the_user(facts)) and folder.is_dir():
        return folder
    if cached := _cached(facts.hub):
        return cached
    raise EngineUnavailable(
        f"the weights of {facts.name} are not on this machine ({wanted(facts)})",
        next_step=f"ocroute read PAGE --engine {facts.name} --model {facts.hub}",
    )


def wanted(facts: Facts) -> str:
    """Which weights there should be, how large they are, and where else they were looked for, in a few words."""
    folder = _of_the_user(facts)
    looked = f"; there is no folder {folder}, in which {MODELS} would have them" if folder else ""
    return f"{facts.hub}, {facts.gigabytes:g} GB{looked}"


def _of_the_user(facts: Facts) -> Path | None:
    """Where the weights are expected in the folder that the user's environment names; None where it names none."""
    home = os.environ.get(MODELS, "")
    return Path(home).expanduser() / facts.name if home else None


def _named(facts: Facts, model: str, *, fetch: bool) -> Path:
    cached = _cached(model)
    if cached and not (fetch and _lacking(facts, cached)):
        return cached
    if model.count("/") != 1 or model.startswith((".", "/", "~")):
        raise EngineUnavailable(f"there is no folder {model}", next_step="Give a folder with weights, or a hub id")
    if not fetch:
        raise EngineUnavailable(f"{model} is not on this machine yet", next_step=f"It is fetched by: --model {model}")
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HfHubHTTPError, LocalEntryNotFoundError, RepositoryNotFoundError

    try:
        return Path(snapshot_download(model, allow_patterns=list(_WANTED)))
    except RepositoryNotFoundError as error:
        raise EngineUnavailable(f"the hub has no model {model}", next_step="Check its name") from error
    except (HfHubHTTPError, LocalEntryNotFoundError, OSError) as error:
        reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise EngineUnavailable(
            f"{model} cannot be fetched: {reason}",
            next_step="Check the network, or fetch it on another machine and give its folder with --model",
        ) from error


def _cached(hub: str) -> Path | None:
    """The snapshot of ``hub`` in the local cache; None where there is none, or only a part of one."""
    try:
        from huggingface_hub import try_to_load_from_cache
        from huggingface_hub.errors import HFValidationError
    except ImportError:
        return None
    try:
        config = try_to_load_from_cache(hub, "config.json")
    except HFValidationError:
        return None
    if not isinstance(config, str):
        return None
    folder = Path(config).parent
    return folder if any(folder.glob("*.safetensors")) else None


def config(folder: Path) -> dict[str, Any]:
    """The checkpoint's config.json.

    Raises:
        EngineUnavailable: it is missing or no JSON object.
    """
    try:
        read = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise EngineUnavailable(
            f"{folder} holds no readable config.json ({type(error).__name__})", next_step="Give a checkpoint's folder"
        ) from error
    if not isinstance(read, dict):
        raise EngineUnavailable(f"{folder / 'config.json'} is no JSON object", next_step="Give a checkpoint's folder")
    return read


def check(facts: Facts, folder: Path) -> None:
    """Whether ``folder`` holds whole safetensors weights of this model.

    Raises:
        EngineUnavailable: it does not; the message says what it holds.
    """
    raw = config(folder)
    said = raw.get("architectures") or [raw.get("model_type", "nothing")]
    if not set(said) & set(facts.architectures):
        code = ", which needs code from the checkpoint, and ocroute runs none" if "auto_map" in raw else ""
        raise EngineUnavailable(
            f"{folder} holds {', '.join(map(str, said))}{code}; {facts.name} reads {', '.join(facts.architectures)}",
            next_step=f"Give the folder or the hub id of such a checkpoint: --model {facts.hub}",
        )
    if not shards.files(folder):
        pickles = sorted(file.name for file in folder.iterdir() if file.suffix in _PICKLES)
        reason = (
            f"only pickled weights ({', '.join(pickles[:3])}), which may run code when opened"
            if pickles
            else "no weights"
        )
        raise EngineUnavailable(f"{folder} holds {reason}", next_step="Get the checkpoint's safetensors files")
    if lacking := _lacking(facts, folder):
        raise EngineUnavailable(f"{folder} {lacking}", next_step=_again(facts, folder))


def _lacking(facts: Facts, folder: Path) -> str:
    """What a download that broke off has left out, as the rest of a sentence; empty when all is there."""
    files = shards.files(folder)
    if not files:
        return "holds no weights"
    if absent := [file.name for file in files if not file.is_file()]:
        return f"lacks {len(absent)} of {len(files)} weight files: {', '.join(absent[:3])}"
    if cut := [f"{file.name} {said}" for file in files if (said := shards.fault(file))]:
        return f"holds a damaged weight file: {cut[0]}"
    needed = [("tokenizer.json",), *([_PIXELS] if facts.image_processor or facts.own_pixels else [])]
    missing = [names[0] for names in needed if not any((folder / name).is_file() for name in names)]
    return f"lacks {' and '.join(missing)}" if missing else ""


def _again(facts: Facts, folder: Path) -> str:
    """How to get what is missing: in the hub's cache, the command that goes on with a download."""
    for part in reversed(folder.parts):
        if part.startswith("models--"):
            hub = part.removeprefix("models--").replace("--", "/", 1)
            return f"ocroute read PAGE --engine {facts.name} --model {hub}"
    return f"Fetch the checkpoint again, from where it came or from {facts.hub}"


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
