"""Lines drawn by every core into batches of like width, while the GPU trains on those that are done."""

from __future__ import annotations

import json
import lzma
import multiprocessing
import tempfile
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from bench.line_models.line_pictures import HEIGHT, Picture, training_lines
from numpy.typing import NDArray

AREA, MOST = 131_072, 384  # columns and lines of a batch
WIDTHS = (96, 128, 160, 192, 224, 256, 320, 384, 448, 544, 640, 768, 928, 1120, 1344, 1632, 1984)
"""Of batches, few: for every new shape cuDNN makes new plans, which takes longer than many steps."""


class Batch(NamedTuple):
    """Lines of like width.

    Attributes:
        pixels: (N, `HEIGHT`, W) grey, padded on the right.
        widths: (N,), of each without the padding.
        classes: of all lines, one after the other.
        lengths: (N,), of each line's classes.
    """

    pixels: NDArray[np.uint8]
    widths: NDArray[np.int32]
    classes: NDArray[np.int32]
    lengths: NDArray[np.int32]


def batches(pictures: Iterable[Picture], *, whole: bool = False) -> Iterator[Batch]:
    """Batches of ``pictures``, each as soon as it is full. Lines wider than all `WIDTHS` are left out.

    Args:
        whole: at the end, batches that are not full come too.
    """
    held: dict[int, list[Picture]] = {width: [] for width in WIDTHS}
    for picture in pictures:
        at = bisect_left(WIDTHS, picture.pixels.shape[1])
        if at == len(WIDTHS):
            continue
        width = WIDTHS[at]
        held[width].append(picture)
        if len(held[width]) == count(width):
            yield _batch(held[width], width)
            held[width] = []
    if whole:
        yield from (_batch(rest, width) for width, rest in held.items() if rest)


def count(width: int) -> int:
    """How many lines a full batch of a width has."""
    return min(MOST, AREA // width // 8 * 8)


def _batch(pictures: list[Picture], width: int) -> Batch:
    widths = np.array([picture.pixels.shape[1] for picture in pictures], np.int32)
    pixels = np.zeros((len(pictures), HEIGHT, width), np.uint8)
    for at, picture in enumerate(pictures):
        pixels[at, :, : widths[at]] = picture.pixels
    spoken = np.concatenate([np.array(picture.classes, np.int32) for picture in pictures])
    return Batch(pixels, widths, spoken, np.array([len(picture.classes) for picture in pictures], np.int32))


def read_bank(pack: Path) -> dict[str, Any]:
    """The texts of a pack."""
    bank: dict[str, Any] = json.loads(lzma.decompress((pack / "texts.json.xz").read_bytes()))
    return bank


class Drawers:
    """Processes that draw without end; ``names`` gives the files of batches that are ready.

    Start them before CUDA is: they are forked.
    """

    def __init__(self, pack: Path, cores: int, seed: int) -> None:
        context = multiprocessing.get_context("fork")
        self.names: Any = context.Queue(maxsize=40 * cores)
        self._folder = tempfile.TemporaryDirectory(dir="/dev/shm" if Path("/dev/shm").is_dir() else None)
        bank = read_bank(pack)
        self._processes = [
            context.Process(
                target=_draw, args=(bank, pack, seed * 1000 + at, Path(self._folder.name), self.names), daemon=True
            )
            for at in range(cores)
        ]
        for process in self._processes:
            process.start()

    def stop(self) -> None:
        """End the processes and remove their files."""
        for process in self._processes:
            process.terminate()
        for process in self._processes:
            process.join()
        self._folder.cleanup()


def _draw(bank: dict[str, Any], pack: Path, seed: int, folder: Path, names: Any) -> None:
    import cv2

    cv2.setNumThreads(1)
    for number, batch in enumerate(batches(training_lines(bank, pack / "fonts.zip", seed))):
        file = folder / f"{seed}-{number}.npz"
        np.savez(file, *batch)
        names.put(str(file))


def load(name: str) -> Batch:
    """A batch from its file, which goes."""
    with np.load(name) as arrays:
        batch = Batch(*(arrays[key] for key in arrays.files))
    Path(name).unlink()
    return batch
