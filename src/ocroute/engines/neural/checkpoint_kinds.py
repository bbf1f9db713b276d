"""What a folder or a file with a model is, where it is none that transformers loads as it stands, and the way that works."""

from __future__ import annotations

import json
import shlex
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from ocroute.errors import NextStep

_MAGIC = b"GGUF"
_ADAPTER, _CONFIG, _OURS = "adapter_config.json", "config.json", "ocroute.json"
_SERVED = "ocroute read PAGE --engine openai --base-url http://127.0.0.1"
_METHODS = {
    "awq": "AWQ",
    "gptq": "GPTQ",
    "fp8": "FP8",
    "fbgemm_fp8": "FP8",
    "modelopt": "ModelOpt's FP8 or FP4",
    "compressed-tensors": "compressed-tensors (llm-compressor)",
    "bitsandbytes": "bitsandbytes",
    "mxfp4": "MXFP4",
    "torchao": "torchao",
    "hqq": "HQQ",
    "aqlm": "AQLM",
    "eetq": "EETQ",
    "quanto": "Quanto",
    "mlx": "MLX",
}
_BESIDE = {"hf_quant_config.json": "modelopt", "quantize_config.json": "gptq", "quant_config.json": "awq"}
"""Files in which older tools say how they have quantized, beside a config.json that does not."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A form of weights that is not read here.

    Attributes:
        what: it is, as the rest of a sentence that begins with its path.
        next_step: the way that works.
    """

    what: str
    next_step: NextStep


def of_path(path: Path) -> Kind | None:
    """What a path holds that is no folder of safetensors weights; None where it may be one."""
    if path.is_file():
        return _gguf(path) if path.suffix.lower() == ".gguf" or _begins(path, _MAGIC) else None
    if not path.is_dir():
        return None
    if (path / _ADAPTER).is_file() and not any(path.glob("model*.safetensors")):
        return _adapter(path)
    if not any(path.glob("*.safetensors")) and (files := _gguf_in(path)):
        return _gguf(files[0], folder=path)
    return None if (path / _CONFIG).is_file() else _within(path)


def of_files(names: list[str], hub: str) -> Kind | None:
    """The same of the files that the hub lists of a model, where safetensors weights are not among them."""
    if _ADAPTER in names and not any(name.startswith("model") and name.endswith(".safetensors") for name in names):
        return _adapter(Path(hub))
    if any(name.endswith(".gguf") for name in names) and not any(name.endswith(".safetensors") for name in names):
        served = f"llama-server -hf {hub}, and: {_SERVED}:8080/v1"
        return Kind("holds GGUF weights, which llama.cpp and ollama run", NextStep(f"Serve it: {served}"))
    return None


def quantized(config: dict[str, Any], folder: Path) -> str:
    """How the weights in a ``folder`` are quantized, by the word of its config.json or of a file beside it; empty where they are
    not.
    """
    text = config.get("text_config")
    for part in (config, text if isinstance(text, dict) else {}):
        said = part.get("quantization_config") or part.get("compression_config")
        if isinstance(said, dict):
            method = str(said.get("quant_method") or "").casefold()
            if not method and (said.get("load_in_4bit") or said.get("load_in_8bit")):
                return "bitsandbytes"
            return method or "an unnamed method"
    if isinstance(config.get("quantization"), dict):
        return "mlx"
    return next((method for name, method in _BESIDE.items() if (folder / name).is_file()), "")


def of_config(config: dict[str, Any], folder: Path, *, runs_4bit: bool) -> Kind | None:
    """Quantized weights that cannot be loaded here; None of others.

    Args:
        runs_4bit: whether the engine's model can be loaded through bitsandbytes.
    """
    method = quantized(config, folder)
    if not method:
        return None
    name = _METHODS.get(method, method)
    served = f"vllm serve {shlex.quote(str(folder))}, and: {_SERVED}:8000/v1"
    if method == "mlx":
        served = f"python -m mlx_vlm.server --model {shlex.quote(str(folder))} --port 8080, and: {_SERVED}:8080/v1"
        return Kind(
            "holds weights quantized for MLX, which are not loaded here", NextStep(f"Have MLX run it: {served}")
        )
    if method != "bitsandbytes":
        what = f"holds weights quantized by {name}, which are not loaded here"
        return Kind(what, NextStep(f"Have vLLM run it: {served}; or use the checkpoint that it was made of"))
    if not runs_4bit:
        what = f"holds weights quantized by {name}, in which this engine's model is not loaded"
        return Kind(what, NextStep(f"Use the checkpoint that it was made of, or have vLLM run it: {served}"))
    if missing := [package for package in ("bitsandbytes", "accelerate") if find_spec(package) is None]:
        what = f"holds weights quantized by {name}, and {' and '.join(missing)} is not installed, which reads them"
        return Kind(what, NextStep(command=f"pip install {' '.join(missing)}"))
    return None


def _gguf_in(folder: Path) -> list[Path]:
    """GGUF files, those first that are models by themselves."""
    files = [file for file in folder.iterdir() if file.suffix.lower() == ".gguf"]
    return sorted(files, key=lambda file: (_is_projector(file), file.name))


def _within(folder: Path) -> Kind | None:
    """The folder in a ``folder`` without a model that holds one, as a download or a training leaves it."""
    files = (file for pattern in ("*/*", "*/*/*") for file in sorted(folder.glob(pattern)))
    models = (file.parent for file in files if file.name in (_CONFIG, _ADAPTER) or file.suffix.lower() == ".gguf")
    if not (model := next(models, None)):
        return None
    return Kind(
        "holds no model, but a folder in it does", NextStep(f"Name that one: --model {shlex.quote(str(model))}")
    )


def _gguf(file: Path, *, folder: Path | None = None) -> Kind:
    what = f"holds GGUF weights ({file.name})" if folder else "holds GGUF weights"
    projector = next(iter(sorted(file.parent.glob("*mmproj*.gguf"))), None)
    vision = shlex.quote(str(projector)) if projector else "MMPROJ.gguf"
    weights = "MODEL.gguf" if _is_projector(file) else shlex.quote(str(file))
    served = f"llama-server -m {weights} --mmproj {vision}, and: {_SERVED}:8080/v1"
    return Kind(f"{what}, which llama.cpp and ollama run", NextStep(f"Serve it: {served}"))


def _is_projector(file: Path) -> bool:
    """Whether a GGUF file holds what turns pictures into tokens, which serves beside a model and is none itself."""
    return "mmproj" in file.name.casefold()


def _adapter(folder: Path) -> Kind:
    base = "its base model"
    if (folder / _OURS).is_file():
        step = NextStep(f"Name it beside the weights: --adapter {shlex.quote(str(folder))}")
        return Kind("holds an adapter, not a whole model", step)
    try:
        read = json.loads((folder / _ADAPTER).read_text(encoding="utf-8"))
        base = str(read.get("base_model_name_or_path") or base) if isinstance(read, dict) else base
    except (OSError, ValueError):  # of a model on the hub nothing is here yet
        pass
    merge = f"peft's PeftModel.from_pretrained(BASE, {str(folder)!r}).merge_and_unload().save_pretrained(MERGED)"
    return Kind(
        f"holds a LoRA adapter for {base}, not a whole model",
        NextStep(f"Merge it: {merge}, copy the base's tokenizer files there, and name MERGED"),
    )


def _begins(path: Path, magic: bytes) -> bool:
    try:
        with path.open("rb") as opened:
            return opened.read(len(magic)) == magic
    except OSError:
        return False
