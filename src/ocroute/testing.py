"""For tests: engines that see nothing or say what they are told, and tiny checkpoints for engines with a model.

Register the engines, or a subclass, under the group ``ocroute.engines`` in your test package, as any engine is registered.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, ClassVar

import msgspec

from ocroute.engines.base import Availability, EngineInfo, Reading, Task
from ocroute.engines.neural import Layout, NeuralEngine
from ocroute.engines.neural.two_stage import TwoStage
from ocroute.engines.page_by_page import PageByPage
from ocroute.pages.page import InputPage
from ocroute.values import Line

SCRIPT = "OCROUTE_SCRIPT"
"""The environment variable that names the scripted engine's JSON file: page number to list of lines."""


class Null(PageByPage):
    """Reads every page as empty."""

    info: ClassVar[EngineInfo] = EngineInfo("ocr", rank=900, strengths="sees nothing; for tests")

    @classmethod
    def probe(cls) -> Availability:
        """Always usable."""
        return Availability("usable", version="1", scripts=("Latn", "Cyrl"))

    def __init__(self, task: Task) -> None:
        self.task = task

    def read_page(self, page: InputPage, task: Task) -> Reading:  # noqa: ARG002 - for subclasses
        """What this engine makes of one page; the only method that a subclass needs."""
        return Reading()


class Scripted(Null):
    """Reads every page as the lines that the file in ``OCROUTE_SCRIPT`` has for its number.

    The file is JSON: ``{"1": [{"text": "Dear Ada,", "box": [100, 80, 420, 120], "confidence": 0.99}]}``, boxes in pixels of the
    upright page. A page that is not in the file is empty.
    """

    info: ClassVar[EngineInfo] = EngineInfo("ocr", rank=901, strengths="says what it is told; for tests")

    @classmethod
    def probe(cls) -> Availability:
        """Usable where there is a script."""
        if SCRIPT in os.environ:
            return super().probe()
        return Availability("absent", reason=f"{SCRIPT} names no file")

    def __init__(self, task: Task) -> None:
        super().__init__(task)
        script = Path(os.environ[SCRIPT]).read_bytes()
        self._lines = msgspec.json.decode(script, type=dict[int, tuple[Line, ...]])

    def read_page(self, page: InputPage, task: Task) -> Reading:  # noqa: ARG002
        """The script's lines for this page number."""
        return Reading(self._lines.get(page.number, ()), model="script")


def tiny_checkpoint(engine: type[NeuralEngine], folder: Path, *, seed: int = 0, **changes: Any) -> Any:
    """Write a checkpoint of random weights in the layout that ``engine`` declares, small enough for tests.

    Args:
        engine: one whose ``facts`` have a layout.
        folder: an empty one.
        changes: to config.json, key by key within dictionaries.

    Returns:
        The model, of the class that the engine loads.
    """
    import torch

    layout = _layout(engine)
    torch.manual_seed(seed)
    raw, tokenizer = _files(engine, folder, _merged(_merged(layout.config, layout.tiny), changes), tiny=True)
    model_class = engine.model_class()
    model = model_class(model_class.config_class.from_dict(engine.adjust(raw)))
    if layout.generation:
        stops = list(engine.facts.stop_tokens)
        model.generation_config.eos_token_id = tokenizer.convert_tokens_to_ids(stops)
    model.save_pretrained(folder)
    if not layout.generation:
        (folder / "generation_config.json").unlink()
    (folder / "config.json").write_text(json.dumps(raw), encoding="utf-8")
    if issubclass(engine, TwoStage):
        tiny_first_stage(engine, folder)
    return model


def tiny_first_stage(engine: type[TwoStage], folder: Path, **changes: Any) -> Any:
    """Write a layout model of random weights into a folder within ``folder``, where ``engine`` finds it. It sees no regions.

    Args:
        changes: to its config.json.
    """
    import transformers

    facts, inner = engine.first_stage, folder / engine.first_stage.name
    assert facts.layout is not None
    inner.mkdir()
    raw = _merged(facts.layout.config, facts.layout.tiny) | changes | {"architectures": [facts.architectures[0]]}
    model_class = getattr(transformers, facts.model_class)
    model = model_class(model_class.config_class.from_dict(raw))
    model.save_pretrained(inner)
    pixels = {**facts.layout.pixels, **facts.layout.tiny_pixels}
    (inner / "preprocessor_config.json").write_text(json.dumps(pixels), encoding="utf-8")
    return model


def published_files(engine: type[NeuralEngine], folder: Path) -> Path:
    """Write into ``folder`` everything of the published checkpoint but its weights, with a tokenizer of bytes."""
    folder.mkdir(parents=True, exist_ok=True)
    _files(engine, folder, _layout(engine).config, tiny=False)
    if issubclass(engine, TwoStage) and engine.first_stage.layout:
        inner = folder / engine.first_stage.name
        inner.mkdir(exist_ok=True)
        raw = dict(engine.first_stage.layout.config) | {"architectures": [engine.first_stage.architectures[0]]}
        (inner / "config.json").write_text(json.dumps(raw), encoding="utf-8")
    return folder


def byte_tokenizer(folder: Path, special: Iterable[str], *, first: Iterable[str] = (), chat_template: str = "") -> Any:
    """Write a tokenizer with one token a byte, and ``special`` ones after, or ``first`` before, them."""
    import transformers
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers

    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    made = Tokenizer(models.BPE(vocab={token: at for at, token in enumerate([*first, *alphabet])}, merges=[]))
    made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    made.decoder = decoders.ByteLevel()
    made.add_special_tokens([*first, *special])
    tokenizer: Any = transformers.PreTrainedTokenizerFast(tokenizer_object=made)  # type: ignore[no-untyped-call]
    if chat_template:
        tokenizer.chat_template = chat_template
    tokenizer.save_pretrained(folder)
    return tokenizer


def _layout(engine: type[NeuralEngine]) -> Layout:
    if engine.facts.layout is None:
        raise ValueError(f"the engine {engine.facts.name} declares no layout")
    return engine.facts.layout


def _files(
    engine: type[NeuralEngine], folder: Path, config: Mapping[str, Any], *, tiny: bool
) -> tuple[dict[str, Any], Any]:
    """Write config.json, the tokenizer and the image processor's settings; the first's content, and the second."""
    import transformers

    facts, layout = engine.facts, _layout(engine)
    tokenizer = byte_tokenizer(folder, layout.tokens, first=layout.first_tokens, chat_template=layout.chat_template)
    ids = {key: tokenizer.convert_tokens_to_ids(token) for key, token in layout.ids.items()}
    raw = _merged(config, {"architectures": [facts.architectures[0]], **ids})
    if tiny:
        words = {"vocab_size": len(tokenizer)}
        raw = _merged(raw, {layout.vocabulary: words} if layout.vocabulary else words)
    (folder / "config.json").write_text(json.dumps(raw), encoding="utf-8")
    pixels = {**layout.pixels, **(layout.tiny_pixels if tiny else {})}
    if facts.image_processor:
        getattr(transformers, facts.image_processor)(**pixels).save_pretrained(folder)
    elif pixels:
        (folder / "preprocessor_config.json").write_text(json.dumps(pixels), encoding="utf-8")
    return raw, tokenizer


def _merged(under: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """Both, key by key; ``over`` wins."""
    return dict(under) | {
        key: _merged(under[key], value) if isinstance(value, Mapping) and isinstance(under.get(key), Mapping) else value
        for key, value in over.items()
    }
