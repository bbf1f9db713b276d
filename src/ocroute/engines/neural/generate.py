"""Greedy answers, stopped when they end, fall into a repetition loop, take too long or come from NaN or Inf logits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from time import perf_counter
from typing import TYPE_CHECKING, Any, Literal

from ocroute.engines.neural.loading import Loaded, quiet
from ocroute.engines.neural.repetition import TAIL, LoopDetector, NoRepeatNgram

if TYPE_CHECKING:
    import torch

    from ocroute.runtime.single import Single

Ending = Literal["stop", "length", "loop", "late", "not finite"]
ODD_EVERY = 16  # tokens between two looks at the scores: each makes the host wait for the device
LOOK_EVERY = 64  # tokens between two looks at what is being written


@dataclass(frozen=True, slots=True)
class Answer:
    """What the model wrote.

    Attributes:
        text: without the token that ended it.
        ending: ``stop``: by itself; ``length``: it was cut; ``loop``: in a repetition loop, of which two rounds are kept;
            ``late``: time was up; ``not finite``: the logits of the next token were NaN or Inf.
        tokens: how many it wrote.
        prompt_tokens: how many it was given, those of the image included.
    """

    text: str
    ending: Ending
    tokens: int
    prompt_tokens: int


class _Watch:
    """A logits processor and stopping criterion in one: sees every token, ends the answer for a reason."""

    def __init__(self, prompt_tokens: int, deadline: float | None, loop_detector: LoopDetector) -> None:
        self.prompt_tokens = prompt_tokens
        self.deadline = deadline
        self.loop_detector = loop_detector
        self.ending: Ending | None = None
        self._peaks: torch.Tensor | None = None

    # An object with this method, not a bound one: transformers takes a processor's signature at every token, and that of a
    # bound method takes a third of a millisecond.
    def __call__(self, input_ids: torch.Tensor, scores: torch.Tensor) -> torch.Tensor:  # noqa: ARG002 - the library's form
        """Add up the maxima on the device: one that is not finite stays. Some processors forbid tokens with minus infinity."""
        peak = scores.amax(dim=-1)
        self._peaks = peak if self._peaks is None else self._peaks + peak
        return scores

    def done(self, input_ids: torch.Tensor, scores: Any, **_: Any) -> torch.Tensor:  # noqa: ARG002
        """Whether to stop now, one flag a sequence."""
        import torch

        written = input_ids.shape[1] - self.prompt_tokens
        if (written == 1 or written % ODD_EVERY == 0) and self.odd():
            self.ending = "not finite"
        elif written % LOOK_EVERY == 0 and self.loop_detector.found(input_ids[0, -min(written, TAIL) :].tolist()):
            self.ending = "loop"
        elif self.deadline is not None and perf_counter() > self.deadline:
            self.ending = "late"
        return torch.full((input_ids.shape[0],), self.ending is not None, device=input_ids.device)

    def odd(self) -> bool:
        """Whether any scores so far were not finite. Waits for the device."""
        return self._peaks is not None and not bool(self._peaks.isfinite().all())


def answer(
    loaded: Loaded,
    inputs: Mapping[str, Any],
    *,
    max_new_tokens: int,
    keep_special: bool = False,
    deadline: float | None = None,
    no_repeat: NoRepeatNgram | None = None,
    boxes: bool = False,
    single: Single | None = None,
) -> Answer:
    """Let the model write, always taking the likeliest token.

    Args:
        loaded: the model.
        inputs: as in `Prepared`, but on the model's device.
        max_new_tokens: where to cut.
        keep_special: whether special tokens are part of the answer.
        deadline: by ``time.perf_counter``; None for none.
        no_repeat: keeps n-grams from coming again.
        boxes: whether the answer says where each text stands, see `LoopDetector`.
        single: writes it; without, transformers' own loop does, which waits for the device at every token.
    """
    prompt_tokens = inputs["input_ids"].shape[1]
    loop_detector = LoopDetector(loaded.tokenizer, boxes=boxes)
    if single is None:
        tokens, ending = _by_transformers(loaded, inputs, max_new_tokens, deadline, no_repeat, loop_detector)
    else:
        rule = no_repeat.rule(loaded.tokenizer) if no_repeat else None
        with quiet():
            ended = single.write(
                inputs,
                limit=max_new_tokens,
                deadline=deadline,
                is_loop=lambda written: loop_detector.found(written[-TAIL:]),
                rule=rule,
            )
        tokens, ending = ended.tokens, ended.ending
    return written(loaded, tokens, ending, prompt_tokens, keep_special=keep_special, loop_detector=loop_detector)


def written(
    loaded: Loaded,
    tokens: list[int],
    ending: Ending,
    prompt_tokens: int,
    *,
    keep_special: bool,
    loop_detector: LoopDetector,
) -> Answer:
    """What an answer's tokens say, the one that ended it included."""
    count = len(tokens)
    if ending == "stop":
        tokens = tokens[:-1]
    elif ending == "loop":
        tokens = loop_detector.cut(tokens)
    text = loaded.tokenizer.decode(tokens, skip_special_tokens=not keep_special, clean_up_tokenization_spaces=False)
    return Answer(text, ending, count, prompt_tokens)


def _by_transformers(
    loaded: Loaded,
    inputs: Mapping[str, Any],
    max_new_tokens: int,
    deadline: float | None,
    no_repeat: NoRepeatNgram | None,
    loop_detector: LoopDetector,
) -> tuple[list[int], Ending]:
    """The tokens, the one that ended the answer included, and why it ended."""
    import torch
    from transformers import LogitsProcessorList, StoppingCriteriaList

    prompt_tokens = inputs["input_ids"].shape[1]
    watch = _Watch(prompt_tokens, deadline, loop_detector)
    processors: list[Any] = [watch]  # the first: its forbidden tokens have no finite score
    if no_repeat:
        processors.append(no_repeat.processor(loaded.tokenizer, prompt_tokens))
    with torch.inference_mode(), quiet():
        written = loaded.model.generate(
            **inputs,
            attention_mask=torch.ones_like(inputs["input_ids"]),
            do_sample=False,
            num_beams=1,
            temperature=None,  # a checkpoint's own sampling settings would only draw a warning
            top_p=None,
            top_k=None,
            repetition_penalty=1.0,  # pages repeat themselves: a penalty damages tables and JSON
            max_new_tokens=max_new_tokens,
            eos_token_id=list(loaded.stop_ids),
            pad_token_id=loaded.stop_ids[0],
            logits_processor=LogitsProcessorList(processors),
            stopping_criteria=StoppingCriteriaList([watch.done]),
        )
    tokens = written[0, prompt_tokens:].tolist()
    if watch.odd():
        return tokens, "not finite"
    if tokens and tokens[-1] in loaded.stop_ids:
        return tokens, "stop"
    return tokens, watch.ending or "length"
