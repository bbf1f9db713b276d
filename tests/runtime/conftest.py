"""The tiny trained checkpoints, loaded as engines load them, and prompts of their pages."""

import pytest

pytest.importorskip("torch", reason="needs the extra vlm: pip install 'ocroute[vlm]'")
pytest.importorskip("transformers", reason="needs the extra vlm: pip install 'ocroute[vlm]'")

from dataclasses import dataclass, field
from typing import Any

import torch
from PIL import Image
from tests.support import checkpoints

from ocroute.engines.base import ENGINES
from ocroute.engines.neural.devices import Place
from ocroute.runtime.decoder import Decoder, decoder_of

LONGEST = 100  # tokens of an answer that a test looks at


@dataclass(frozen=True)
class Trained:
    """A model, and what it writes by itself."""

    model: Any
    decoder: Decoder
    stop_ids: tuple[int, ...]
    prompts: list[dict[str, Any]]
    _answers: dict[int, list[int]] = field(default_factory=dict)

    def answer(self, prompt: dict[str, Any], limit: int) -> list[int]:
        """Of transformers' own loop, which takes long; a shorter answer to a prompt is the beginning of a longer one."""
        if id(prompt) not in self._answers:
            self._answers[id(prompt)] = self._answer(prompt, LONGEST)
        assert limit <= LONGEST
        return self._answers[id(prompt)][:limit]

    def _answer(self, prompt: dict[str, Any], limit: int) -> list[int]:
        with torch.inference_mode():
            written = self.model.generate(
                **prompt,
                attention_mask=torch.ones_like(prompt["input_ids"]),
                do_sample=False,
                max_new_tokens=limit,
                eos_token_id=list(self.stop_ids),
                pad_token_id=self.stop_ids[0],
            )
        return written[0, prompt["input_ids"].shape[1] :].tolist()


@pytest.fixture(scope="session")
def trained():
    """By engine name: read in float32 on the processor, with pages of several sizes and scripts."""
    known: dict[str, Trained] = {}

    def load(name: str) -> Trained:
        if name not in known:
            kind = ENGINES.load(name)
            engine = kind.__new__(kind)  # without its canary page and planning
            place = Place("cpu", torch.float32, "cpu")
            engine.loaded = engine.load(checkpoints.trained(name), place)
            mode = next(iter(kind.facts.modes.values()))
            pages = sorted((checkpoints.PAGES / name).glob("*.png"))[::3]
            prompts = [
                engine.prepare(Image.open(page).convert("RGB"), mode, kind.facts.max_pixels).inputs for page in pages
            ]
            model = engine.loaded.model
            known[name] = Trained(model, decoder_of(model), engine.loaded.stop_ids, prompts)
        return known[name]

    return load
