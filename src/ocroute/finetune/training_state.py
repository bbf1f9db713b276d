"""A training on disk, to go on from: one file, always whole, with nothing in it that could be executed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from ocroute.compare.measures import Errors
from ocroute.errors import CorruptInput
from ocroute.files import cannot_write, write_whole

if TYPE_CHECKING:
    from torch import Tensor

FILE = "training.safetensors"
_KEY = "ocroute"


class Trial(msgspec.Struct, frozen=True):
    """How pages were read that are not trained on.

    Attributes:
        step: after which.
        pages: that were read.
        edits, characters: of all pages, see `ocroute.compare.measures.Errors`.
        loops: pages on which the model fell into a repetition loop.
        fault: what is wrong with how it reads the canary page; empty where it reads it. One that does not is of no use.
    """

    step: int
    pages: int
    edits: int
    characters: int
    loops: int
    fault: str = ""

    @property
    def cer(self) -> float:
        """Character error rate over all pages."""
        return Errors(self.edits, self.characters).rate


class Progress(msgspec.Struct, frozen=True):
    """How far a training is.

    Attributes:
        of: the hash of all that decides its outcome: data, weights, settings.
        step: steps done.
        trials: so far, the first before the first step.
        losses: the mean of each epoch, per token of the answers.
        loss, tokens: the sums of the epoch that is not over.
        seconds: of all runs together.
        done: whether it is over.
    """

    of: str
    step: int = 0
    trials: tuple[Trial, ...] = ()
    losses: tuple[float, ...] = ()
    loss: float = 0.0
    tokens: int = 0
    seconds: float = 0.0
    done: bool = False

    @property
    def best(self) -> Trial | None:
        """The trial with the fewest errors, the earliest of several; without pages the last. None before the first."""
        sound = [one for one in self.trials if not one.fault]
        return min(sound, key=lambda one: (one.edits, one.step if one.pages else -one.step), default=None)


def save(folder: Path, progress: Progress, tensors: dict[str, Tensor]) -> None:
    """Put it in the place of an earlier one.

    Raises:
        OutputError: the disk is full, or the like; the earlier one is unchanged.
    """
    from safetensors.torch import save as packed

    data = packed(tensors, metadata={_KEY: msgspec.json.encode(progress).decode()})
    try:
        write_whole(folder / FILE, data)
    except OSError as error:
        raise cannot_write("cannot save the training to", folder / FILE, error, {}) from error


def progress_in(folder: Path) -> Progress | None:
    """How far the training in ``folder`` is; None where there is none.

    Raises:
        CorruptInput: it cannot be read.
    """
    for metadata, _ in _opened(folder):
        return msgspec.json.decode(metadata, type=Progress)
    return None


def tensors_in(folder: Path) -> dict[str, Tensor]:
    """What `save` was given.

    Raises:
        CorruptInput: it cannot be read.
    """
    for _, found in _opened(folder):
        return found
    return {}


def _opened(folder: Path) -> Iterator[tuple[str, dict[str, Tensor]]]:
    from safetensors import SafetensorError, safe_open

    path = folder / FILE
    if not path.exists():
        return
    try:
        with safe_open(path, "pt") as file:
            yield (file.metadata() or {})[_KEY], {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except (OSError, SafetensorError, KeyError, msgspec.DecodeError) as error:
        raise CorruptInput(
            f"{path} is damaged: {error}", next_step="Remove that file to begin again, or train into another folder"
        ) from error
