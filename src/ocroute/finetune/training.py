"""A model taught with examples: all that can be known beforehand is asked first, then it learns, and what helped is kept."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable
from pathlib import Path

import msgspec

from ocroute.engines.dots_ocr import DotsOcr
from ocroute.engines.neural import availability, devices, weights
from ocroute.engines.neural.checkpoint_kinds import quantized
from ocroute.errors import EngineError, EngineUnavailable, InputError, NextStep, PackageMissing, UsageError
from ocroute.files import cannot_write, held
from ocroute.finetune.checking import check
from ocroute.finetune.example_files import manifest_of, pairs_of
from ocroute.finetune.exporting import Manifest
from ocroute.finetune.trainer_formats import Pair
from ocroute.finetune.training_plan import TrainSettings, parted
from ocroute.finetune.training_state import Trial
from ocroute.kernels import device_errors

INSTALL = "pip install 'ocroute[finetune]'"

_log = logging.getLogger(__name__)


class Trained(msgspec.Struct, frozen=True):
    """How a training ended.

    Attributes:
        folder: with the adapter.
        pages: that taught it.
        steps: that were made.
        before, after: how the pages were read on which it was tried; None without any.
        better: whether an adapter was kept: one that reads those pages better, or, where there are none, the last.
        spoilt: trials in which the canary page was not read any more.
        seconds: of all runs together.
    """

    folder: str
    pages: int
    steps: int
    before: Trial | None
    after: Trial | None
    better: bool
    spoilt: int
    seconds: float


def train(
    data: Path,
    folder: Path,
    *,
    model: str = "",
    settings: TrainSettings | None = None,
    stop: Callable[[], bool] = lambda: False,
) -> Trained:
    """Teach dots.ocr the examples in ``data`` and write an adapter into ``folder``; a training that was stopped goes on.

    Args:
        data: as `ocroute.finetune.export` makes it.
        folder: new, or of a training of the same data, weights and settings.
        model: the weights, as for `ocroute.read`.
        stop: asked between pages; where it says yes, all whole steps are saved and `Interrupted` is raised.

    Raises:
        InputError: something is wrong with the examples.
        PackageMissing, EngineUnavailable: packages, weights or memory are missing; said before the model is loaded.
        UsageError: the folder holds something else.
        OutputError: the disk is full, or the like; what was saved last is whole.
        EngineError: it cannot be trained; what was saved last is whole.
        Interrupted: as ``stop`` wanted; the same call goes on.
    """
    settings = settings or TrainSettings()
    if lacking := availability.missing(DotsOcr.facts.transformers, ("peft", "accelerate")):
        raise PackageMissing(f"training needs more packages: {lacking}", next_step=NextStep(command=INSTALL))
    manifest, pairs = _examples(data)
    base, where = _base(model), devices.place()
    if where.dtype_name == "float16":
        raise EngineUnavailable(
            f"{where.name} has no bfloat16, and gradients vanish in float16",
            next_step="Train on a card of compute capability 8.0 or newer",
        )
    document = {entry.image: entry.document for entry in manifest.entries}
    teach, tried = parted(pairs, document, settings.trial_pages)

    from ocroute.finetune.training_run import TrainingRun  # which imports torch

    run = TrainingRun(
        data, _hash(data, manifest), manifest.task, teach, tried, model or DotsOcr.facts.hub, base, where, settings
    )
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with held(folder) as free:
            if not free:
                raise UsageError(
                    f"another process trains into {folder}", next_step="Wait for it, or name another folder"
                )
            return run.carried_out(folder, stop)
    except OSError as error:
        raise cannot_write("cannot train into", folder, error, {}) from error
    except RuntimeError as error:
        if device_errors.out_of_memory(error):
            raise EngineError(
                f"memory ran out on {where.name}; what was saved is whole",
                next_step="Close what else uses that memory, and run the same command again",
            ) from error
        raise


def _examples(data: Path) -> tuple[Manifest, list[Pair]]:
    """
    Raises:
        InputError: there are none, or something is wrong with them.
    """
    found = check(data)
    if found.problems:
        more = f" ({len(found.problems)} problems in all)" if len(found.problems) > 1 else ""
        raise InputError(f"{found.problems[0]}{more}", next_step=NextStep(command=f"ocroute finetune check {data}"))
    for remark in found.remarks:
        _log.warning("%s", remark)
    manifest = manifest_of(data)
    pairs = [pair for _, pair in pairs_of(data, "train", manifest, [])]
    if not pairs:
        raise InputError(f"{data} holds no example to train on", next_step="Export pages with their known text into it")
    return manifest, pairs


def _base(model: str) -> Path:
    """The folder with the weights.

    Raises:
        EngineUnavailable: they are not here, or cannot be trained.
    """
    facts = DotsOcr.facts
    base = weights.find(facts, model)
    weights.check(facts, base)
    if quantized(weights.config(facts, base), base):
        raise EngineUnavailable(
            f"the weights in {base} are quantized, and an adapter is trained for whole ones",
            next_step=f"Give the published ones: --model {facts.hub}",
        )
    return base


def _hash(data: Path, manifest: Manifest) -> str:
    """SHA-256 over what is taught: the lines of ``train.jsonl``, and the images, which `check` has held against the manifest."""
    total = hashlib.sha256((data / "train.jsonl").read_bytes())
    for entry in manifest.entries:
        total.update(f"{entry.image} {entry.sha256}\n".encode())
    return total.hexdigest()
