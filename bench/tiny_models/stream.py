"""Batches of drawn samples, made by worker processes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from random import Random
from typing import Any

import numpy as np
import torch
from bench.tiny_models import pages
from bench.tiny_models.pages import Drawn
from bench.tiny_models.specs.base import Spec
from bench.tiny_models.tokens import Ids
from bench.tiny_models.words import CHARACTERS
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import IterableDataset, get_worker_info

SIZES = {
    "word": ((28, 112), (56, 112), (56, 224), (28, 224)),
    "line": ((28, 448), (56, 448), (56, 336), (84, 448)),
    "page": ((112, 448), (168, 448), (224, 336), (224, 448), (280, 448), (336, 336), (336, 448), (448, 448)),
}
# for models that see every page in one square: shapes in which letters come out alike in size
SQUARED = dict.fromkeys(
    ("word", "line", "page"), ((192, 256), (224, 256), (256, 256), (224, 288), (224, 336), (256, 320))
)
SLOTS = 6  # characters that are named a square: more do not fit
LABELS = {char: index for index, char in enumerate(CHARACTERS, 1)}  # 0 is an empty slot
SCRIPTS = ("latin", "cyrillic", "digits", "mixed")
_SCRIPT_SHARES = (0.36, 0.36, 0.12, 0.16)


@dataclass
class Batch:
    """Samples of one image size and one task.

    Attributes:
        images: uint8 ``(batch, height, width)``.
        answers: int64 ``(batch, answer)``, ended by the end token, then -100.
        places: int64 like ``answers``: the embedding that each token is read from, -1 for none.
        squares: int64 ``(batch, embeddings, slots)``: the ``LABELS`` of the characters in each embedding's square, then 0.
        texts: what is drawn, as the task writes it.
    """

    kind: str
    task: str
    images: Tensor
    answers: Tensor
    places: Tensor
    squares: Tensor
    texts: list[str]

    def to(self, device: torch.device) -> Batch:
        """The same on a device, without waiting for the copy."""
        return self._with(lambda tensor: tensor.to(device, non_blocking=True))

    def pin_memory(self) -> Batch:
        """Called by the loader."""
        return self._with(Tensor.pin_memory)

    def _with(self, change: Callable[[Tensor], Tensor]) -> Batch:
        return replace(
            self,
            images=change(self.images),
            answers=change(self.answers),
            places=change(self.places),
            squares=change(self.squares),
        )


def draw(kind: str, size: tuple[int, int], rng: Random, script: str, *, evaluation: bool) -> Drawn:
    """One sample of a kind."""
    painter = pages.Painter(size, rng, script, evaluation=evaluation)
    return pages.page(painter) if kind == "page" else pages.short(painter, 2 if kind == "word" else 9)


class Batcher:
    """Makes batches for one model.

    Args:
        spec: the model.
        slots: characters that are named a square.
    """

    def __init__(self, spec: Spec, slots: int = SLOTS) -> None:
        self.spec = spec
        self.slots = slots
        self.ids = Ids(spec.tokenizer())

    def make(
        self,
        kind: str,
        size: tuple[int, int],
        task: str,
        count: int,
        rng: Random,
        script: str = "",
        *,
        evaluation: bool,
    ) -> Batch:
        """``count`` samples drawn at ``size`` (height, width); ``script`` empty means any."""
        drawn = [
            draw(kind, size, rng, script or rng.choices(SCRIPTS, _SCRIPT_SHARES)[0], evaluation=evaluation)
            for _ in range(count)
        ]
        if side := self.spec.square:
            drawn = [pages.squeezed(one, side) for one in drawn]
            size = (side, side)
        pieces = [self.spec.tasks[task].answer(one) for one in drawn]
        longest = -(-(max(map(len, pieces)) + 1) // 8) * 8
        answers = np.full((count, longest), -100, dtype=np.int64)
        places = np.full((count, longest), -1, dtype=np.int64)
        rows, columns = self.spec.grid(*size)
        squares = np.zeros((count, rows * columns, self.slots), dtype=np.int64)
        for row, (one, written) in enumerate(zip(drawn, pieces, strict=True)):
            known, added = self.ids.of, self.ids.added
            answers[row, : len(written)] = [known[piece] if piece in known else added[piece] for piece, _ in written]
            answers[row, len(written)] = added[self.spec.end]
            pointed = [index for index, (_, point) in enumerate(written) if point is not None]
            at = self._squares([written[index][1] for index in pointed], size)
            places[row, pointed] = at + at // columns if self.spec.newlines else at
            self._name_squares(one, size, squares[row])
        return Batch(
            kind,
            task,
            images=torch.from_numpy(np.stack([one.image for one in drawn])),
            answers=torch.from_numpy(answers),
            places=torch.from_numpy(places),
            squares=torch.from_numpy(squares),
            texts=["".join(piece for piece, _ in written) for written in pieces],
        )

    def _squares(self, points: Sequence[tuple[float, float] | None], size: tuple[int, int]) -> NDArray[np.int64]:
        """The square in which each point lies."""
        xy = np.array(points, dtype=np.float64).reshape(-1, 2)
        x, y = (np.clip(xy[:, axis], 0, size[1 - axis] - 1).astype(np.int64) // self.spec.cell for axis in (0, 1))
        return y * (size[1] // self.spec.cell) + x

    def _name_squares(self, drawn: Drawn, size: tuple[int, int], squares: NDArray[np.int64]) -> None:
        filled = [0] * len(squares)
        for block in drawn.blocks:
            for char, square in zip(block.chars, self._squares(block.places, size).tolist(), strict=True):
                if char not in " \n" and filled[square] < self.slots:
                    squares[square, filled[square]] = LABELS[char]
                    filled[square] += 1


def shares(progress: float) -> dict[str, float]:
    """How often each kind is drawn: words first, then lines, then pages. ``progress`` from 0 to 1."""
    if progress < 0.05:
        return {"word": 1.0, "line": 0.0, "page": 0.0}
    if progress < 0.12:
        return {"word": 0.4, "line": 0.6, "page": 0.0}
    if progress < 0.22:
        return {"word": 0.15, "line": 0.4, "page": 0.45}
    return {"word": 0.07, "line": 0.23, "page": 0.7}


class Stream(IterableDataset[Batch]):
    """Training batches without end, each of about ``budget`` patches and tokens.

    Args:
        progress: a shared double, from 0 to 1, that says which kinds to draw.
        budget: of a batch.
        seed: of the first worker; the next ones follow.
    """

    def __init__(self, spec: Spec, progress: Any, budget: int, seed: int) -> None:
        self.spec = spec
        self.progress = progress
        self.budget = budget
        self.seed = seed

    def __iter__(self) -> Iterator[Batch]:
        info = get_worker_info()
        rng = Random(self.seed * 1000 + (info.id if info else 0))
        batcher = Batcher(self.spec)
        names, weights = zip(*((name, task.share) for name, task in self.spec.tasks.items()), strict=True)
        while True:
            wanted = shares(self.progress.value)
            kind = rng.choices(list(wanted), list(wanted.values()))[0]
            size = rng.choice((SQUARED if self.spec.square else SIZES)[kind])
            count = max(4, min(384, self.budget // self._cost(kind, size)))
            yield batcher.make(kind, size, rng.choices(names, weights)[0], count, rng, evaluation=False)

    def _cost(self, kind: str, size: tuple[int, int]) -> int:
        """Patches and tokens of one sample, roughly."""
        text = {"word": 20, "line": 45, "page": 80 + size[0] * size[1] // 700}[kind]
        if self.spec.square:
            return 10 * (self.spec.square // self.spec.cell) ** 2 + (text if kind != "page" else 250)
        return 5 * size[0] * size[1] // self.spec.cell**2 + text + 20
