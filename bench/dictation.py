"""A dots.ocr of random weights that writes what it is told to, at the full cost of every token.

Random weights write nonsense without end, which says nothing about the time of a page. So each step runs as always, and only
then the score of the token that stands next in the dictated answer is raised above all others. Which token the model itself
found likeliest is kept: two ways to read a page with the same weights must agree in that at every step.
"""

from __future__ import annotations

import json
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from bench.page_memory import GEOMETRY, TINY
from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import LogitsProcessorList

from ocroute.models.dots_ocr.config import DotsOCRConfig
from ocroute.models.dots_ocr.load import Loaded, on_meta_device
from ocroute.models.dots_ocr.modeling import DotsOCRForCausalLM
from ocroute.models.dots_ocr.prompts import END_OF_ASSISTANT, IMAGE_PAD, PROMPTS, SPECIAL
from ocroute.runtime import batch_state
from ocroute.runtime.batch import Batch, Ended, Prompt

MERGES = 860  # so few that English words are 1.3 tokens long on average, as with the published vocabulary
END = "<|endoftext|>"
# Letters with the space or sign before them, single digits, runs of signs, runs of space: as in Qwen2's tokenizer.
SPLIT = r"[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+"
PIXELS: dict[str, Any] = {
    "min_pixels": 3136,
    "max_pixels": 11289600,
    "patch_size": 14,
    "temporal_patch_size": 1,
    "merge_size": 2,
    "image_mean": [0.48145466, 0.4578275, 0.40821073],
    "image_std": [0.26862954, 0.26130258, 0.27577711],
}


def tokenizer(texts: Iterable[str]) -> Tokenizer:
    """Byte-level BPE learnt from the prompts and ``texts``, with dots.ocr's special tokens."""
    made = Tokenizer(models.BPE())
    made.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(SPLIT), behavior="isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    made.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(
        vocab_size=len(alphabet) + MERGES, initial_alphabet=alphabet, show_progress=False, special_tokens=[]
    )
    made.train_from_iterator([*PROMPTS.values(), *texts], trainer)
    made.add_special_tokens([END, *SPECIAL])
    return made


def config_for(words: Tokenizer, *, tiny: bool) -> DotsOCRConfig:
    """The published sizes, or tiny ones, with the ids of ``words``."""
    known = words.get_vocab()
    sizes = TINY | {"vocab_size": words.get_vocab_size()} if tiny else GEOMETRY
    ids = {"image_token_id": known[IMAGE_PAD], "video_token_id": known[END], "bos_token_id": None, "eos_token_id": None}
    config = DotsOCRConfig(**(sizes | ids))
    config._attn_implementation = "sdpa"
    return config


def checkpoint(folder: Path, words: Tokenizer, config: DotsOCRConfig, device: str) -> Loaded:
    """Write a whole checkpoint of random weights into ``folder``: bfloat16 from a GPU, float32 from the processor.

    Returns:
        The very model that was written, on ``device``.
    """
    dtype = torch.float32 if device == "cpu" else torch.bfloat16
    torch.manual_seed(0)
    torch.set_default_dtype(dtype)
    with torch.device(device):
        model: Any = DotsOCRForCausalLM(config).eval()
    torch.set_default_dtype(torch.float32)
    stops = [words.token_to_id(END), words.token_to_id(END_OF_ASSISTANT)]
    model.generation_config.eos_token_id = stops
    folder.mkdir(parents=True)
    model.save_pretrained(folder)
    words.save(str(folder / "tokenizer.json"))
    (folder / "preprocessor_config.json").write_text(json.dumps(PIXELS), encoding="utf-8")
    rest = on_meta_device(folder, dtype=dtype)
    return Loaded(model, rest.tokenizer, rest.preprocessing, tuple(stops), str(folder))


class Dictation:
    """Answers by the length of the prompt that they belong to, the token at which they end included.

    Both ways to write are dictated to: transformers' ``generate``, and our own decoder, there also to many sequences at once.

    Attributes:
        likeliest: for each answer given so far, the tokens that the model would have written by itself, ``(tokens,)``.
    """

    def __init__(self, answers: Mapping[int, Sequence[int]]) -> None:
        self.answers = answers
        self.likeliest: list[torch.Tensor] = []

    @contextmanager
    def given(self) -> Iterator[None]:
        """Dictate to every dots.ocr in this process."""
        generate, greedy, enter, advance = DotsOCRForCausalLM.generate, batch_state.greedy, Batch.enter, Batch.advance
        choice: Choice | None = None
        prompts: dict[tuple[int, Hashable], int] = {}

        def dictated(model: Any, *, logits_processor: Sequence[Any] = (), **keywords: Any) -> Any:
            prompt = keywords["input_ids"].shape[1]
            voice = _Voice(prompt, self._answer(prompt), keywords["input_ids"].device)
            out = generate(model, logits_processor=LogitsProcessorList([*logits_processor, voice]), **keywords)
            self.likeliest.append(voice.likeliest)
            return out

        def chosen(scores: torch.Tensor, likeliest: torch.Tensor, state: batch_state.State) -> torch.Tensor:
            nonlocal choice
            choice = choice or Choice(self.answers, scores.device)
            return choice(scores, likeliest, state)

        def entered(batch: Batch, name: Hashable, prompt: Prompt, **keywords: Any) -> None:
            self._answer(prompt.length)
            prompts[id(batch), name] = prompt.length
            enter(batch, name, prompt, **keywords)

        def advanced(batch: Batch) -> list[Ended]:
            ended = advance(batch)
            for each in ended:
                prompt = prompts.pop((id(batch), each.name))
                assert choice is not None
                self.likeliest.append(choice.likeliest(prompt)[: len(self.answers[prompt])].clone())
            return ended

        DotsOCRForCausalLM.generate = dictated  # type: ignore[method-assign]
        batch_state.greedy = chosen
        Batch.enter, Batch.advance = entered, advanced  # type: ignore[method-assign]
        try:
            yield
        finally:
            DotsOCRForCausalLM.generate = generate  # type: ignore[method-assign]
            batch_state.greedy = greedy
            Batch.enter, Batch.advance = enter, advance  # type: ignore[method-assign]

    def _answer(self, prompt: int) -> Sequence[int]:
        """What is dictated after a prompt of so many tokens."""
        if prompt not in self.answers:
            raise SystemExit(f"nothing to dictate after {prompt} tokens of prompt; known: {sorted(self.answers)}")
        return self.answers[prompt]


class Choice:
    """Dictates within a step of our own decoder, and never waits for the device."""

    def __init__(self, answers: Mapping[int, Sequence[int]], device: torch.device) -> None:
        longest = max(len(answer) for answer in answers.values())
        self._prompts = list(answers)
        self._lengths = torch.tensor(self._prompts, device=device)
        padded = [[*answer, *[answer[-1]] * (longest - len(answer))] for answer in answers.values()]
        self._tokens = torch.tensor(padded, device=device)
        self._likeliest = torch.zeros_like(self._tokens)

    def __call__(self, _scores: torch.Tensor, likeliest: torch.Tensor, state: batch_state.State) -> torch.Tensor:
        """As `batch_state.greedy`; ``scores`` have been computed all the same."""
        prompts = state.positions - state.written + (state.written > 0)
        answers = (prompts[:, None] == self._lengths).int().argmax(-1)
        places = state.written.clamp(max=self._tokens.shape[1] - 1)
        before = self._likeliest[answers, places]
        self._likeliest[answers, places] = torch.where(state.active, likeliest, before)
        return self._tokens[answers, places]

    def likeliest(self, prompt: int) -> torch.Tensor:
        """What the model itself found likeliest after a prompt of that length, the last time."""
        return self._likeliest[self._prompts.index(prompt)]


class _Voice:
    """A logits processor; it never waits for the device."""

    def __init__(self, prompt: int, answer: Sequence[int], device: torch.device) -> None:
        self._prompt, self._answer = prompt, answer
        self.likeliest = torch.zeros(len(answer), dtype=torch.int64, device=device)

    def __call__(self, input_ids: torch.Tensor, scores: torch.Tensor) -> torch.Tensor:
        at = input_ids.shape[1] - self._prompt
        self.likeliest[at] = scores[0].argmax()
        scores[0, self._answer[at]] = scores[0].amax() + 1
        return scores
