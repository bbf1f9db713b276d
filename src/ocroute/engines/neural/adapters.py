"""Adapters: low-rank updates (LoRA) from fine-tuning, found in a folder and added to the weights that they were made for.

The files are peft's: ``adapter_model.safetensors``, ``adapter_config.json``. Nothing in them is executed, and what they name is
never fetched. ``ocroute finetune train`` writes ``ocroute.json`` beside them, which says for which engine and weights they are.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from ocroute.engines.neural import shards
from ocroute.errors import EngineUnavailable

if TYPE_CHECKING:
    from torch import Tensor

TENSORS, CONFIG, RECORD = "adapter_model.safetensors", "adapter_config.json", "ocroute.json"
PREFIX = "base_model.model."
"""What peft puts before the names of the model's modules."""

DOWN, UP = ".lora_A.weight", ".lora_B.weight"

_OTHER = ("use_dora", "modules_to_save", "rank_pattern", "alpha_pattern", "target_parameters", "fan_in_fan_out", "lora_bias",
          "layer_replication", "trainable_token_indices", "use_qalora", "alora_invocation_tokens", "auto_mapping")  # fmt: skip
"""Keys of adapter_config.json that change more than `added` does."""


class MadeFor(msgspec.Struct, frozen=True):
    """What ``ocroute.json`` says of what the adapter belongs to.

    Attributes:
        engine: its name.
        model: the weights, as the user named them.
        model_hash: of those weights, see `weights.digest`.
    """

    engine: str
    model: str
    model_hash: str


@dataclass(frozen=True, slots=True)
class Adapter:
    """An adapter that fits the weights it is to be added to, as far as headers show.

    Attributes:
        folder: where it lies.
        digest: SHA-256 of its tensors and of the scale that they are added with.
        scale: that the product of its matrices is multiplied by.
        told: whether it says which weights it was made for; one that does not is held against nothing but their shapes.
    """

    folder: Path
    digest: str
    scale: float
    told: bool

    def hash_with(self, base: str) -> str:
        """The hash of weights with the hash ``base`` to which it has been added."""
        return hashlib.sha256(f"{base} {self.digest}".encode()).hexdigest()

    def merge_into(self, model: Any) -> None:
        """Add it to the weights of a loaded ``model``.

        Raises:
            EngineUnavailable: its matrices do not fit, or are not finite.
        """
        import torch

        with torch.no_grad():
            for name, (down, up) in self.matrices().items():
                linear = _linear(model, name, down, up, self.folder)
                linear.weight.data = added(linear.weight, down, up, self.scale)

    def matrices(self) -> dict[str, tuple[Tensor, Tensor]]:
        """By the name of the module that they are added to: ``(rank, in)`` and ``(out, rank)``.

        Raises:
            EngineUnavailable: a number is NaN or Inf.
        """
        from safetensors.torch import load_file

        found = load_file(self.folder / TENSORS)
        if odd := [name for name, tensor in found.items() if not bool(tensor.isfinite().all())]:
            raise EngineUnavailable(f"the adapter in {self.folder} holds NaN or Inf in {odd[0]}", next_step=_TRAIN)
        names = [name.removesuffix(DOWN) for name in found if name.endswith(DOWN)]
        return {name.removeprefix(PREFIX): (found[name + DOWN], found[name + UP]) for name in names}


def opened(folder: str, engine: str, base: str) -> Adapter:
    """The adapter in ``folder``, for an engine that reads with weights of the hash ``base``. Imports no torch.

    Raises:
        EngineUnavailable: there is none, it is damaged, it is of a kind that cannot be added, or it was made for other weights.
    """
    path = Path(folder).expanduser()
    if not (path / TENSORS).is_file():
        pickled = ", or only a pickle, which may run code" if (path / "adapter_model.bin").exists() else ""
        raise EngineUnavailable(f"{folder} holds no adapter: there is no {TENSORS} in it{pickled}", next_step=_TRAIN)
    if found := shards.fault(path / TENSORS):
        raise EngineUnavailable(f"the adapter {path / TENSORS} {found}", next_step=_COPY)
    scale = _scale(path)
    _require_pairs(path)
    told = _require_base(path, engine, base)
    with (path / TENSORS).open("rb") as file:
        digest = hashlib.file_digest(file, "sha256")
    digest.update(f" {scale!r}".encode())
    return Adapter(path, digest.hexdigest(), scale, told)


def added(weight: Tensor, down: Tensor, up: Tensor, scale: float) -> Tensor:
    """``weight`` ``(out, in)`` with the product of ``up`` and ``down`` added: computed in float32, in the dtype of ``weight``."""
    update = up.to(weight.device).float() @ down.to(weight.device).float()
    return weight.float().add_(update, alpha=scale).to(weight.dtype)


def scale_of(alpha: float, rank: int, *, stabilized: bool = False) -> float:
    """What peft multiplies by; ``stabilized`` is its ``use_rslora``."""
    return alpha / (rank**0.5 if stabilized else rank)


_TRAIN = "Make one with: ocroute finetune train DATA -o FOLDER"
_COPY = "Copy it again, whole, from where it came; or make one with: ocroute finetune train DATA -o FOLDER"
_MERGE = "Merge it into its model with the program that made it, then give the result: ocroute read FILE --model MERGED"


class _Config(msgspec.Struct, frozen=True):
    """The keys of adapter_config.json that decide what is added; `_OTHER` are looked at besides."""

    peft_type: str
    r: int
    lora_alpha: float
    use_rslora: bool = False
    bias: str = "none"


def _scale(path: Path) -> float:
    try:
        raw = msgspec.json.decode((path / CONFIG).read_bytes())
        config = msgspec.convert(raw, _Config)
    except (OSError, msgspec.DecodeError, UnicodeDecodeError) as error:
        said = "is missing" if isinstance(error, FileNotFoundError) else f"cannot be read: {error}"
        raise EngineUnavailable(f"{path / CONFIG} {said}", next_step=_COPY) from error
    odd = [f"{name}={raw[name]!r:.60}" for name in _OTHER if raw.get(name)]
    odd += [f"bias={config.bias!r}"] if config.bias != "none" else []
    odd += [f"peft_type={config.peft_type!r}"] if config.peft_type != "LORA" else []
    odd += [f"r={config.r}"] if config.r < 1 else []
    if odd:
        raise EngineUnavailable(
            f"the adapter in {path} is more than plain LoRA: {', '.join(odd)}",
            next_step=_MERGE,
        )
    return scale_of(config.lora_alpha, config.r, stabilized=config.use_rslora)


def _require_pairs(path: Path) -> None:
    names = shards.names_in(path / TENSORS)
    wanted = {
        name.removesuffix(end) + other
        for name in names
        for end, other in ((DOWN, UP), (UP, DOWN))
        if name.endswith(end)
    }
    if strange := sorted(names ^ wanted) or sorted(name for name in names if not name.startswith(PREFIX)):
        raise EngineUnavailable(
            f"the adapter in {path} holds, or lacks, {strange[0]}: only whole pairs of lora_A and lora_B can be added",
            next_step=_MERGE,
        )
    if not names:
        raise EngineUnavailable(f"the adapter in {path} is empty", next_step=_TRAIN)


def _require_base(path: Path, engine: str, base: str) -> bool:
    """Whether it says what it was made for, which then is this."""
    try:
        made_for = msgspec.json.decode((path / RECORD).read_bytes(), type=MadeFor)
    except FileNotFoundError:
        return False
    except (OSError, msgspec.DecodeError, UnicodeDecodeError) as error:
        raise EngineUnavailable(f"{path / RECORD} cannot be read: {error}", next_step=_COPY) from error
    if (made_for.engine, made_for.model_hash) != (engine, base):
        raise EngineUnavailable(
            f"the adapter in {path} was made for {made_for.engine} with the weights {made_for.model} "
            f"({made_for.model_hash[:16]}), not for {engine} with these ({base[:16]})",
            next_step=f"Give those weights: ocroute read FILE --engine {made_for.engine} --model {made_for.model}",
        )
    return True


def _linear(model: Any, name: str, down: Tensor, up: Tensor, folder: Path) -> Any:
    """The module to whose weight the two are added."""
    try:
        linear = model.get_submodule(name)
        shape = tuple(linear.weight.shape)
        ready = linear.weight.is_floating_point()
    except AttributeError:
        linear, shape, ready = None, (), False
    wanted = (up.shape[0], down.shape[1])
    if shape != wanted or up.shape[1] != down.shape[0] or not ready:
        has = (
            f"has {'quantized weights' if shape and not ready else shape}"
            if linear is not None
            else "is not in the model"
        )
        raise EngineUnavailable(
            f"the adapter in {folder} does not fit: {name} {has}, and {wanted} is needed",
            next_step="Give the weights that it was made for, not quantized: ocroute read FILE --model MODEL --adapter ADAPTER",
        )
    return linear
