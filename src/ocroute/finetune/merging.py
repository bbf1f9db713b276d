"""An adapter added to its weights for good: a checkpoint as the published one, for programs that know nothing of adapters."""

from __future__ import annotations

import shutil
from pathlib import Path

import msgspec

from ocroute.engines.dots_ocr import DotsOcr
from ocroute.engines.neural import adapters, shards, weights
from ocroute.engines.neural.checkpoint_kinds import quantized
from ocroute.errors import EngineUnavailable, OutputError, UsageError
from ocroute.files import cannot_write
from ocroute.finetune.adapter_folder import recorded
from ocroute.machine import MIB


class Merged(msgspec.Struct, frozen=True):
    """What was written: the folder, how many of its tensors the adapter has changed, and the hash of its weights."""

    folder: str
    changed: int
    model_hash: str


def merge(adapter: Path, folder: Path, *, model: str = "") -> Merged:
    """Write the weights with the adapter added, each tensor in the dtype that it has, into a new ``folder``.

    Args:
        model: the weights; those that the adapter names when left out.

    Raises:
        InputError: the adapter says nothing of itself.
        EngineUnavailable: the weights are not here, or are not those that the adapter was made for.
        UsageError: ``folder`` is there.
        OutputError: the disk is full, or the like; nothing is left in ``folder`` then.
    """
    facts = DotsOcr.facts
    base = weights.find(facts, model or recorded(adapter).model)
    weights.check(facts, base)
    if quantized(weights.config(facts, base), base):
        raise EngineUnavailable(
            f"the weights in {base} are quantized: an adapter would be rounded away", next_step="Give whole ones"
        )
    found = adapters.opened(str(adapter), facts.name, weights.digest(base))
    if folder.exists():
        raise UsageError(f"{folder} is there already", next_step="Name a folder that is not there yet")
    draft = folder.with_name(f".{folder.name}.ocroute")
    try:
        folder.absolute().parent.mkdir(parents=True, exist_ok=True)
        _require_room(base, folder.absolute().parent)
        changed = _written(base, draft, found)
        draft.rename(folder)
    except OSError as error:
        raise cannot_write("cannot write the merged model to", folder, error, {}) from error
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    return Merged(str(folder), changed, weights.digest(folder))


def _require_room(base: Path, where: Path) -> None:
    wanted, free = sum(file.stat().st_size for file in base.iterdir() if file.is_file()), shutil.disk_usage(where).free
    if free < wanted:
        raise OutputError(
            f"a merged model takes {wanted // MIB + 1} MiB, and {free // MIB} MiB are free in {where}",
            next_step="Free some space, or name a folder on another disk",
        )


def _written(base: Path, draft: Path, adapter: adapters.Adapter) -> int:
    """One file after the other, so that only the largest is in memory; how many tensors were changed.

    Raises:
        EngineUnavailable: the adapter changes tensors that are not there.
    """
    from safetensors import safe_open
    from safetensors.torch import load_file, save_file

    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(parents=True)
    weight_files, changes = shards.files(base), adapter.matrices()
    for file in base.iterdir():
        if file.is_file() and file not in weight_files:
            shutil.copyfile(file, draft / file.name)
    missing = set(changes)
    for file in weight_files:
        tensors = load_file(file)
        for name in [name for name in changes if f"{name}.weight" in tensors]:
            tensors[f"{name}.weight"] = adapters.added(
                tensors[f"{name}.weight"], *changes[name], adapter.scale
            ).contiguous()
            missing.discard(name)
        with safe_open(file, "pt") as opened:
            metadata = opened.metadata()
        save_file(tensors, draft / file.name, metadata=metadata)
    if missing:
        raise EngineUnavailable(
            f"the adapter in {adapter.folder} changes {sorted(missing)[0]}, which {base} does not have",
            next_step="Give the weights that it was made for with --model",
        )
    return len(changes)
