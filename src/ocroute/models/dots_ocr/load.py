"""A published checkpoint, loaded without any of the code that it brings."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import torch
from transformers import PreTrainedTokenizerFast
from transformers.utils.hub import cached_file

from ocroute.errors import EngineUnavailable
from ocroute.models.dots_ocr.config import DotsOCRConfig
from ocroute.models.dots_ocr.modeling import DotsOCRForCausalLM
from ocroute.models.dots_ocr.prompts import ENDS, IMAGE_PAD, SPECIAL
from ocroute.models.settings import settings

if TYPE_CHECKING:
    from collections.abc import Iterable


class Preprocessing(msgspec.Struct, frozen=True):
    """The keys that say how an image becomes patches, see `ocroute.models.settings`.

    Attributes:
        min_pixels, max_pixels: bounds of the input's area.
        image_mean, image_std: of red, green and blue, values from 0 to 1.
    """

    min_pixels: int
    max_pixels: int
    patch_size: int
    merge_size: int
    image_mean: tuple[float, float, float]
    image_std: tuple[float, float, float]
    temporal_patch_size: int = 1

    @property
    def factor(self) -> int:
        """Pixels along one side of the square that becomes one embedding."""
        return self.patch_size * self.merge_size


@dataclass(frozen=True, slots=True)
class Loaded:
    """A model that is ready to read, with what belongs to it.

    Attributes:
        stop_ids: the tokens that end an answer.
        source: the folder or hub id it came from.
    """

    model: DotsOCRForCausalLM
    tokenizer: PreTrainedTokenizerFast
    preprocessing: Preprocessing
    stop_ids: tuple[int, ...]
    source: str

    @property
    def device(self) -> torch.device:
        """Where the weights are."""
        return self.model.device

    @property
    def dtype(self) -> torch.dtype:
        """The type of the weights."""
        return self.model.dtype


def load(
    path_or_id: str | Path,
    *,
    device: str | torch.device = "cpu",
    dtype: torch.dtype = torch.float32,
    download: bool = False,
) -> Loaded:
    """Load dots.ocr or dots.mocr.

    Args:
        path_or_id: a folder with the files of the checkpoint, or a hub id.
        device: where to put the weights.
        dtype: their type there: ``bfloat16``, ``float16`` or ``float32``.
        download: whether files of a hub id may be fetched; otherwise they must be in the local cache.

    Raises:
        EngineUnavailable: files are missing, are of another model, or do not fit; the message names which.
    """
    source = str(path_or_id)
    config = _config(source, download)
    try:
        loaded: Any = DotsOCRForCausalLM.from_pretrained(
            source,
            config=config,
            dtype=dtype,
            use_safetensors=True,
            attn_implementation="sdpa",
            output_loading_info=True,
            local_files_only=not download,
        )
        tokenizer = PreTrainedTokenizerFast.from_pretrained(source, local_files_only=not download)
    except (OSError, ValueError) as error:
        raise EngineUnavailable(f"{source} cannot be loaded: {error}", next_step=_look(source)) from error
    model, report = loaded
    _require_whole(source, report)
    _require_tokens(source, tokenizer, config)
    preprocessing = _preprocessing(source, config, download)
    model = model.to(device).eval()
    return Loaded(model, tokenizer, preprocessing, _stop_ids(model, tokenizer), source)


def on_meta_device(folder: Path, *, dtype: torch.dtype) -> Loaded:
    """As `load`, with a model on torch's meta device, which has shapes but no contents: for counting memory beforehand.

    Raises:
        EngineUnavailable: as `load`, for every file but the weights.
    """
    source = str(folder)
    config = _config(source, download=False)
    tokenizer = PreTrainedTokenizerFast.from_pretrained(source, local_files_only=True)
    _require_tokens(source, tokenizer, config)
    with torch.device("meta"):
        model: Any = DotsOCRForCausalLM(config)
    return Loaded(model.to(dtype).eval(), tokenizer, _preprocessing(source, config, download=False), (), source)


def _config(source: str, download: bool) -> DotsOCRConfig:
    try:
        keys, _ = DotsOCRConfig.get_config_dict(source, local_files_only=not download)
        found = keys.get("model_type")
        if found != DotsOCRConfig.model_type:
            raise ValueError(f"its config.json describes {found!r}, not {DotsOCRConfig.model_type!r}")
        return DotsOCRConfig.from_dict(keys)
    except (OSError, ValueError, TypeError) as error:
        raise EngineUnavailable(
            f"{source} is no checkpoint of dots.ocr: {error}",
            next_step=_look(source),
        ) from error


def _require_whole(source: str, report: dict[str, Any]) -> None:
    """Every tensor of the model came from the files, and every tensor of the files went into the model."""
    faults = [f"{_some(report[kind])} {said}" for kind, said in _FAULTS.items() if report.get(kind)]
    if faults:
        raise EngineUnavailable(
            f"the tensors of {source} do not fit dots.ocr: {'; '.join(faults)}",
            next_step=f"A fine-tune must keep the names of the original. {_look(source)}",
        )


_FAULTS = {
    "missing_keys": "missing",
    "unexpected_keys": "not known",
    "mismatched_keys": "of another shape",
    "error_msgs": "reported",
}


def _some(names: Iterable[Any]) -> str:
    every = sorted(str(name) for name in names)
    return ", ".join(every[:3]) + (f" and {len(every) - 3} more" if len(every) > 3 else "")


def _require_tokens(source: str, tokenizer: PreTrainedTokenizerFast, config: DotsOCRConfig) -> None:
    known = tokenizer.get_vocab()
    if unknown := [token for token in SPECIAL if token not in known]:
        raise EngineUnavailable(
            f"the tokenizer of {source} lacks {', '.join(unknown)}",
            next_step=f"Use the checkpoint's own tokenizer files. {_look(source)}",
        )
    if known[IMAGE_PAD] != config.image_token_id:
        raise EngineUnavailable(
            f"{source} contradicts itself: {IMAGE_PAD} is token {known[IMAGE_PAD]} of the tokenizer, "
            f"but config.json says {config.image_token_id}",
            next_step=f"Use config.json and tokenizer files of one checkpoint. {_look(source)}",
        )


def _preprocessing(source: str, config: DotsOCRConfig, download: bool) -> Preprocessing:
    def find(name: str) -> Path | None:
        try:
            path = cached_file(source, name, local_files_only=not download)
        except OSError:
            return None
        return Path(str(path))

    name = "preprocessor_config.json"
    try:
        name, keys = settings(find)
        if not name:
            raise ValueError("there is none, nor a processor_config.json that holds its settings")
        size = keys.get("size") or {}
        bounds = {"min_pixels": size.get("shortest_edge"), "max_pixels": size.get("longest_edge")}
        found = msgspec.convert(
            {key: value for key, value in bounds.items() if value is not None} | keys, Preprocessing
        )
        vision = config.vision
        here = (found.patch_size, found.merge_size, found.temporal_patch_size)
        there = (vision.patch_size, vision.spatial_merge_size, vision.temporal_patch_size)
        if here != there:
            raise ValueError(f"it cuts patches by (side, merge, frames) = {here}, config.json says {there}")
    except (OSError, TypeError, ValueError, AttributeError, msgspec.MsgspecError) as error:
        raise EngineUnavailable(
            f"{name or 'preprocessor_config.json'} of {source} cannot be used: {error}", next_step=_look(source)
        ) from error
    return found


def _stop_ids(model: DotsOCRForCausalLM, tokenizer: PreTrainedTokenizerFast) -> tuple[int, ...]:
    """The ids of generation_config.json, and the two tokens that end published models' answers: the file may be missing."""
    listed = model.generation_config.eos_token_id
    ids = [] if listed is None else [listed] if isinstance(listed, int) else list(listed)
    known = tokenizer.get_vocab()
    return tuple(dict.fromkeys([*ids, *(known[token] for token in ENDS if token in known)]))


def _look(source: str) -> str:
    """The next step where a checkpoint is not whole or not of this model."""
    return (
        f"Fetch or copy it again; to have it looked at: ocroute doctor --engine dots_ocr --model {shlex.quote(source)}"
    )
