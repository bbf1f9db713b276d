"""An adapter on disk: peft's files, so that other programs load it too, and what is known of it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from ocroute.engines.neural.adapters import CONFIG, RECORD, TENSORS
from ocroute.errors import CorruptInput, InputNotFound
from ocroute.files import cannot_write, write_whole
from ocroute.finetune import lora
from ocroute.finetune.targets import Task
from ocroute.finetune.training_plan import TrainSettings
from ocroute.finetune.training_state import Trial

if TYPE_CHECKING:
    from torch import Tensor

CARD = "README.md"


class AdapterRecord(msgspec.Struct, frozen=True, omit_defaults=True):
    """What ``ocroute.json`` says of an adapter, beside its tensors.

    Attributes:
        engine, model, model_hash: what it is for, see `ocroute.engines.neural.adapters.MadeFor`.
        task: what pages were asked.
        data_hash: SHA-256 over examples and images.
        examples: pages that taught it.
        settings: of its training.
        versions: of the libraries that trained it.
        device, dtype: where, and in which numbers.
        trials: with the pages that it was tried on meanwhile.
        losses: the mean of each epoch.
        step: after which it stands.
        judged: what ``ocroute finetune judge`` found, as JSON; empty before.
    """

    engine: str
    model: str
    model_hash: str
    task: Task
    data_hash: str
    examples: int
    settings: TrainSettings
    versions: dict[str, str]
    device: str
    dtype: str
    trials: tuple[Trial, ...] = ()
    losses: tuple[float, ...] = ()
    step: int = 0
    judged: dict[str, Any] = {}


def write(folder: Path, tensors: dict[str, Tensor], record: AdapterRecord) -> None:
    """Put the adapter into ``folder``, in the place of an earlier one.

    Raises:
        OutputError: the disk is full, or the like.
    """
    from safetensors.torch import save

    rank = record.settings.rank
    config = {
        "peft_type": "LORA", "task_type": None, "base_model_name_or_path": record.model, "r": rank,
        "lora_alpha": lora.alpha(rank), "lora_dropout": 0.0, "target_modules": lora.TARGETS, "bias": "none",
        "use_rslora": False, "use_dora": False, "fan_in_fan_out": False, "modules_to_save": None, "inference_mode": True,
    }  # fmt: skip
    _put(folder / TENSORS, save(tensors, metadata={"format": "pt"}))
    _put(folder / CONFIG, json.dumps(config, indent=2).encode())
    note(folder, record)


def note(folder: Path, record: AdapterRecord) -> None:
    """Write what is known of the adapter, for programs and for people.

    Raises:
        OutputError: the disk is full, or the like.
    """
    _put(folder / RECORD, msgspec.json.format(msgspec.json.encode(record), indent=1))
    _put(folder / CARD, _card(record).encode())


def recorded(folder: Path) -> AdapterRecord:
    """What is known of the adapter in ``folder``.

    Raises:
        InputError: nothing, or it cannot be read.
    """
    try:
        return msgspec.json.decode((folder / RECORD).read_bytes(), type=AdapterRecord)
    except FileNotFoundError as error:
        step = "Make one with: ocroute finetune train DATA -o FOLDER"
        raise InputNotFound(f"{folder} has no {RECORD}: it holds no adapter of ocroute's", next_step=step) from error
    except (OSError, msgspec.DecodeError, UnicodeDecodeError) as error:
        raise CorruptInput(f"{folder / RECORD} cannot be read: {error}", next_step="Copy the folder again") from error


def _put(path: Path, data: bytes) -> None:
    try:
        write_whole(path, data)
    except OSError as error:
        raise cannot_write("cannot write the adapter to", path, error, {}) from error


def _card(record: AdapterRecord) -> str:
    """README.md."""
    before, best = record.trials[:1], [one for one in record.trials if one.step == record.step]
    lines = [
        f"# An adapter for {record.engine}",
        "",
        f"    ocroute read PAGE --engine {record.engine} --model {record.model} --adapter THIS_FOLDER",
        "",
        f"- Made for the weights {record.model}, hash {record.model_hash}; other weights are refused.",
        f"- Taught on {record.examples} pages (data {record.data_hash[:16]}), task {record.task}, on {record.device} in "
        f"{record.dtype}, with {', '.join(f'{name} {version}' for name, version in record.versions.items())}.",
        f"- Settings: {', '.join(f'{name} {value}' for name, value in msgspec.structs.asdict(record.settings).items())}.",
    ]
    if before and best:
        lines.append(
            f"- While it was trained: {before[0].cer:.2%} of the characters wrong before, {best[0].cer:.2%} after {record.step} "
            f"steps, on {best[0].pages} pages that did not teach it but chose this step."
        )
    judged = json.dumps(record.judged, ensure_ascii=False, indent=1)
    lines.append(
        f"- Judged on held-out pages:\n\n```json\n{judged}\n```"
        if record.judged
        else "- Not judged yet on held-out pages: ocroute finetune judge THIS_FOLDER DATA"
    )
    return "\n".join(lines) + "\n"
