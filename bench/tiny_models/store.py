"""The files of a checkpoint: written in the published layout, read back to go on training."""

from __future__ import annotations

import json
import tarfile
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch
from bench.tiny_models import tokens
from bench.tiny_models.nets import Teacher, model_class
from bench.tiny_models.specs.base import Spec
from safetensors.torch import load_file, save_file
from transformers import PreTrainedModel

TEACHER = "teacher.safetensors"
START = 0.05  # spread of fresh weights: the published 0.02 is for decoders ten times as wide


def config_keys(spec: Spec) -> dict[str, Any]:
    """config.json."""
    tokenizer = spec.tokenizer()
    size = -(-tokenizer.get_vocab_size() // 64) * 64
    return spec.config(tokenizer.get_vocab(), size)


def fresh(spec: Spec) -> PreTrainedModel:
    """A model with random weights."""
    cls, config_class = model_class(spec)
    config = config_class.from_dict(config_keys(spec))
    for part in _parts(config):
        part.initializer_range = START
        part.dtype = torch.float32
    model: Any = cls(config)
    if spec.name == "qwen2_vl":
        with torch.no_grad():  # no norm follows: patches that start loud drown what the layers add to them
            model.model.visual.patch_embed.proj.weight.mul_(0.2)
    whole: PreTrainedModel = model.float()
    return whole


def _parts(config: Any) -> Iterator[Any]:
    """A configuration and those inside it."""
    yield config
    for name in ("text_config", "vision_config", "sam_config", "encoder_config"):
        if getattr(config, name, None) is not None:
            yield from _parts(getattr(config, name))


def write(folder: Path, spec: Spec, model: PreTrainedModel, teacher: Teacher, notes: dict[str, Any]) -> None:
    """A whole checkpoint, its weights in bfloat16; ``notes`` become training.json."""
    folder.mkdir(parents=True, exist_ok=True)
    tokenizer = spec.tokenizer()
    ids = tokenizer.get_vocab()
    for name, keys in {
        "config.json": config_keys(spec),
        "generation_config.json": spec.generation(ids),
        "preprocessor_config.json": spec.preprocessor,
        "training.json": notes,
    }.items():
        (folder / name).write_text(json.dumps(keys, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    tokens.save(tokenizer, folder, _tokenizer_keys(spec))
    half = {name: tensor.detach().to("cpu", torch.bfloat16).contiguous() for name, tensor in model.state_dict().items()}
    if config_keys(spec).get("tie_word_embeddings"):
        half = {name: tensor for name, tensor in half.items() if not name.endswith("lm_head.weight")}
    with tempfile.TemporaryDirectory() as place:  # the model's own way to save knows most of the published names
        model.save_pretrained(place, state_dict=half, safe_serialization=True)
        saved = {
            _published(name, spec): tensor for name, tensor in load_file(Path(place) / "model.safetensors").items()
        }
    save_file(saved, folder / "model.safetensors", metadata={"format": "pt"})
    save_file(
        {name: tensor.detach().to("cpu", torch.bfloat16) for name, tensor in teacher.state_dict().items()},
        teacher_file(folder),
    )


def _published(name: str, spec: Spec) -> str:
    for own, published in spec.published:
        if name.startswith(own):
            return published + name.removeprefix(own)
    return name


def teacher_file(folder: Path) -> Path:
    """Where the part that only trains is kept: beside the checkpoint, which does not need it."""
    return folder.with_name(f"{folder.name}.{TEACHER}")


def _tokenizer_keys(spec: Spec) -> dict[str, object]:
    keys: dict[str, object] = {
        "tokenizer_class": spec.tokenizer_class,
        "add_prefix_space": False,
        "clean_up_tokenization_spaces": False,
        "eos_token": spec.eos,
        "pad_token": spec.pad,
        "model_max_length": 4096,
    }
    if spec.bos:
        keys["bos_token"] = spec.bos
    if spec.chat_template:
        keys["chat_template"] = spec.chat_template
    return keys


def pack(folder: Path, archive: Path) -> None:
    """The folder as one file, put in place at once."""
    partial = archive.with_suffix(".part")
    with tarfile.open(partial, "w") as tar:
        for path in (folder, teacher_file(folder)):
            tar.add(path, arcname=path.name)
    partial.replace(archive)


def load(folder: Path, spec: Spec, dtype: torch.dtype) -> PreTrainedModel:
    """The model in a checkpoint's folder, as transformers loads it.

    Raises:
        ValueError: a weight was not in the file, and would be random.
    """
    cls, config_class = model_class(spec)
    keys = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    # the class has its own: DeepSeek-OCR's is another one, and with that the names of its tensors would not be known
    del keys["model_type"]
    made: Any = cls
    model, report = made.from_pretrained(
        folder, config=config_class.from_dict(keys), dtype=dtype, output_loading_info=True
    )
    if report["missing_keys"]:
        raise ValueError(f"{folder} lacks weights: {', '.join(sorted(report['missing_keys'])[:3])} ...")
    whole: PreTrainedModel = model
    return whole


def resume(source: Path, spec: Spec, model: PreTrainedModel, teacher: Teacher) -> dict[str, Any]:
    """Load the weights of a checkpoint that ``write`` or ``pack`` left in ``source``; gives its training.json."""
    with tempfile.TemporaryDirectory() as place:
        folder = source / spec.name
        if not folder.is_dir():
            with tarfile.open(source / f"{spec.name}.tar") as tar:
                tar.extractall(place, filter="data")
            folder = Path(place) / spec.name
        model.load_state_dict(load(folder, spec, torch.float32).state_dict())
        if teacher_file(folder).is_file():  # the repository keeps none: then it learns anew
            teacher.load_state_dict(load_file(teacher_file(folder)))
        notes: dict[str, Any] = json.loads((folder / "training.json").read_text(encoding="utf-8"))
    return notes
