"""How much memory a training will take, counted before it begins, on the model without contents."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ocroute.engines.neural import memory_count
from ocroute.engines.neural.devices import Place
from ocroute.errors import EngineUnavailable
from ocroute.finetune import lora
from ocroute.machine import MIB
from ocroute.models.dots_ocr.input_size import InputSize
from ocroute.models.dots_ocr.load import Loaded

_STATES = 8  # bytes that Adam keeps for each trained number


@dataclass(frozen=True, slots=True)
class Largest:
    """The largest of the pages and answers: counted as if they came together.

    Attributes:
        size: of the image, pixels.
        tokens: of prompt and answer.
        answer: of those, the answer's.
        longest_read: tokens that the model may write when it reads a page on its own.
    """

    size: InputSize
    tokens: int
    answer: int
    longest_read: int


@dataclass(frozen=True, slots=True)
class TrainingNeed:
    """Bytes on the model's device.

    Attributes:
        weights: of the model.
        adapters: with what the optimizer keeps for them.
        step: at the peak of one page's forward and backward pass.
        reading: at the peak of reading a page in a trial.
    """

    weights: int
    adapters: int
    step: int
    reading: int

    @property
    def peak(self) -> int:
        """What must be free before the model is loaded."""
        return round((self.weights + self.adapters + max(self.step, self.reading)) * memory_count.SLACK)


def need(loaded: Loaded, rank: int, largest: Largest) -> TrainingNeed:
    """What a training takes at most.

    Args:
        loaded: the model without contents, see `ocroute.models.dots_ocr.load.on_meta_device`; it gets adapters.
        rank: of those.
        largest: page.
    """
    model: Any = loaded.model
    grid, patches = _patches(largest.size, loaded.preprocessing.patch_size)

    def see(one: Any) -> Any:
        return one.vision_tower(patches.to(model.dtype), grid)

    prompt = largest.tokens - largest.answer
    read = memory_count.need(model, see, tokens=prompt, answer=largest.longest_read)
    lora.put_in(model, rank, seed=0)
    trained = sum(weight.numel() for weight in lora.parameters(model).values())
    with memory_count.counted_attention(model):
        step = memory_count.peak_bytes(lambda: _step(model.train(), largest), gradients=True)
    return TrainingNeed(
        read.weights,
        trained * (4 + _STATES),
        max(read.vision, step),
        max(read.vision, read.prompt + read.answer),
    )


def require(found: TrainingNeed, free: int, where: Place) -> None:
    """Whether the training fits into ``free`` bytes.

    Raises:
        EngineUnavailable: it does not; the message says what takes how much.
    """
    if found.peak > free:
        raise EngineUnavailable(
            f"this training needs {found.peak // MIB:,} MiB of memory ({found.weights // MIB:,} for the weights, "
            f"{max(found.step, found.reading) // MIB:,} for the largest page), and {free // MIB:,} MiB are free on {where.name}",
            next_step="Close what else uses it, or export smaller pages, or train on a larger card",
        )


def _patches(size: InputSize, side: int) -> tuple[Any, Any]:
    import torch

    rows, columns = size.height // side, size.width // side
    return torch.tensor([[1, rows, columns]]), torch.empty(rows * columns, 3 * side * side, device="meta")


def _step(model: Any, largest: Largest) -> None:
    import torch

    from ocroute.finetune.answer_loss import answer_loss

    width = model.get_input_embeddings().weight.shape[1]
    embeddings = torch.empty((1, largest.tokens, width), dtype=model.dtype, device="meta")
    answer = torch.zeros(largest.answer, dtype=torch.long, device="meta")
    answer_loss(model, embeddings, answer).backward()  # type: ignore[no-untyped-call]
