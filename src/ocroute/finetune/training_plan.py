"""What is decided before a training begins: which pages teach, which ones try it, in which order, at which rate. Pure."""

from __future__ import annotations

import hashlib
import math
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import msgspec

from ocroute.errors import UsageError
from ocroute.finetune.exporting import split_of
from ocroute.finetune.trainer_formats import Pair

_WARM_UP = 0.05  # of all steps
_LAST_RATE = 0.1  # of the highest
_TRIED = 0.1  # of the documents that are trained on


class TrainSettings(msgspec.Struct, frozen=True):
    """What the user may choose.

    Attributes:
        rank: of the adapters' matrices.
        epochs: how often each page is shown at most.
        pages_per_step: pages whose gradients are added up for one step.
        rate: the highest learning rate.
        patience: so many trials in a row that bring nothing better end it.
        trial_pages: pages that are read in a trial at most.
        seed: of the adapters' first values and the order of the pages.
    """

    rank: int = 16
    epochs: int = 5
    pages_per_step: int = 8
    rate: float = 1e-4
    patience: int = 2
    trial_pages: int = 16
    seed: int = 0

    def __post_init__(self) -> None:
        for name in ("rank", "epochs", "pages_per_step", "patience", "trial_pages"):
            if getattr(self, name) < 1:
                raise UsageError(
                    f"{name} is {getattr(self, name)}, and 1 is the least", next_step="Give more, or leave it out"
                )
        if not 0 < self.rate < 1:
            raise UsageError(f"a learning rate of {self.rate} makes no sense", next_step="Try 1e-4")


@dataclass(frozen=True, slots=True)
class Course:
    """The steps of a training.

    Attributes:
        pages: that teach.
        settings: of the user.
    """

    pages: int
    settings: TrainSettings

    @property
    def steps_an_epoch(self) -> int:
        """Of which the last may have fewer pages."""
        return math.ceil(self.pages / self.settings.pages_per_step)

    @property
    def steps(self) -> int:
        """In all."""
        return self.steps_an_epoch * self.settings.epochs

    def pages_of(self, step: int) -> list[int]:
        """Which pages teach in a step, counted from 0: every page once an epoch, in an order that only seed and epoch decide."""
        epoch, within = divmod(step, self.steps_an_epoch)
        order = list(range(self.pages))
        random.Random(f"{self.settings.seed} {epoch}").shuffle(order)
        return order[within * self.settings.pages_per_step :][: self.settings.pages_per_step]

    def rate_of(self, step: int) -> float:
        """The learning rate: up in a straight line, down along a cosine."""
        warm = max(1, round(_WARM_UP * self.steps))
        if step < warm:
            return self.settings.rate * (step + 1) / warm
        share = (step - warm) / max(1, self.steps - warm)
        return self.settings.rate * (_LAST_RATE + (1 - _LAST_RATE) * (1 + math.cos(math.pi * share)) / 2)

    def ends_epoch(self, step: int) -> bool:
        """Whether an epoch is over when so many steps are done."""
        return step > 0 and step % self.steps_an_epoch == 0


def parted(pairs: Sequence[Pair], document: Mapping[str, str], most: int) -> tuple[list[Pair], list[Pair]]:
    """The pages that teach, and those that try it: of other documents.

    Nobody but the early stop sees the second; what is held out in ``test.jsonl`` stays for the judgement.

    Args:
        document: by image.
        most: pages that try it.
    """
    known = sorted({document[pair.image] for pair in pairs})
    split = split_of(known, _TRIED) if len(known) > 1 else dict.fromkeys(known, "train")
    teach = [pair for pair in pairs if split[document[pair.image]] == "train"]
    tried = sorted(
        (pair for pair in pairs if split[document[pair.image]] == "test"),
        key=lambda pair: hashlib.sha256(pair.image.encode()).digest(),
    )
    return teach, tried[:most]
