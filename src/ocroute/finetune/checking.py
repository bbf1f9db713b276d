"""Examples looked through for what makes a model worse: targets that its parser refuses, boxes outside, doubles, leaks."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import msgspec
from PIL import Image, UnidentifiedImageError

from ocroute.engines.dots_ocr import MODES
from ocroute.errors import Declined
from ocroute.finetune.example_files import manifest_of, pairs_of
from ocroute.finetune.exporting import Manifest, Split
from ocroute.finetune.targets import FACTOR, Task, faults, input_size, prompt
from ocroute.finetune.trainer_formats import Pair
from ocroute.models.dots_ocr.input_size import InputSize

_LETTERS_A_TOKEN = 6
"""At the most, in any script: without a tokenizer only what is too long for certain is said to be."""

_TELLING = 40
"""Characters from which the same target twice is a sign of the same page."""


class Checked(msgspec.Struct, frozen=True):
    """What was found.

    Attributes:
        train, test: examples that could be read.
        longest_image, longest_target: image tokens of the largest picture, characters of the longest target.
        problems: what must be mended before training, a line each, with file and line.
        remarks: what should be known.
    """

    folder: str
    train: int
    test: int
    longest_image: int
    longest_target: int
    problems: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()


class _Seen(msgspec.Struct):
    """Where images and targets stood, to find those that stand twice."""

    images: dict[str, list[tuple[Split, str]]] = msgspec.field(default_factory=lambda: defaultdict(list))
    targets: dict[str, list[tuple[Split, str]]] = msgspec.field(default_factory=lambda: defaultdict(list))


def check(folder: Path) -> Checked:
    """Look through a folder that `ocroute.finetune.export` has made, whatever was changed in it since.

    Raises:
        InputError: there is no such folder, or it is none of those.
    """
    manifest = manifest_of(folder)
    problems: list[str] = []
    counts: dict[Split, int] = {"train": 0, "test": 0}
    longest_image = longest_target = 0
    seen = _Seen()
    entries = {entry.image: entry for entry in manifest.entries}
    splits: tuple[Split, ...] = ("train", "test")
    for split in splits:
        for place, pair in pairs_of(folder, split, manifest, problems):
            counts[split] += 1
            size, digest, wrong = _image(folder, pair.image)
            problems += [f"{place}: {fault}" for fault in wrong]
            problems += [f"{place}: {fault}" for fault in _of_pair(pair, manifest.task, size)]
            entry = entries.get(pair.image)
            if entry and digest and entry.sha256 != digest:
                problems.append(f"{place}: the image {pair.image} has changed since it was exported")
            if entry and entry.split != split:
                problems.append(f"{place}: {entry.document} is of {entry.split}, and stands in {split}: its pages leak")
            if digest:
                seen.images[digest].append((split, place))
            if len(pair.target) >= _TELLING:
                seen.targets[pair.target].append((split, place))
            longest_image = max(longest_image, size.width * size.height // FACTOR**2 if size else 0)
            longest_target = max(longest_target, len(pair.target))
    problems += _twice(seen.images, "the same image")
    doubled = [*_twice({target: at for target, at in seen.targets.items() if _crosses(at)}, "the same target")]
    remarks = [*_remarks(manifest, counts)]
    return Checked(
        str(folder),
        counts["train"],
        counts["test"],
        longest_image,
        longest_target,
        (*problems, *doubled),
        tuple(remarks),
    )


def _image(folder: Path, name: str) -> tuple[InputSize | None, str, list[str]]:
    """The picture's size and SHA-256, and what is wrong with it."""
    path = folder / name
    if not path.resolve().is_relative_to(folder.resolve()):
        return None, "", [f"the image {name} does not lie in the folder"]
    try:
        data = path.read_bytes()
        with Image.open(path) as image:
            image.load()
            size = InputSize(*image.size)
    except (OSError, UnidentifiedImageError, Image.DecompressionBombError, ValueError, SyntaxError) as error:
        return None, "", [f"the image {name} cannot be opened: {error}"]
    digest = hashlib.sha256(data).hexdigest()
    try:
        seen = input_size(*size)
    except Declined as error:
        return size, digest, [f"the image {name}: {error.message}"]
    if size != seen:
        return (
            size,
            digest,
            [f"the image {name} is {size.width} x {size.height}, and the model sees {seen.width} x {seen.height}"],
        )
    return size, digest, []


def _of_pair(pair: Pair, task: Task, size: InputSize | None) -> Iterator[str]:
    if pair.prompt != prompt(task):
        yield "the question is not the prompt that the model knows, to the letter"
    if size is not None:
        yield from (f"the target {fault}" for fault in faults(task, pair.target, size))
    most = MODES[task].max_new_tokens
    if len(pair.target) > most * _LETTERS_A_TOKEN:
        yield f"the target of {len(pair.target)} characters is longer than the {most} tokens that are read of an answer"


def _crosses(places: list[tuple[Split, str]]) -> bool:
    return len({split for split, _ in places}) > 1


def _twice(found: dict[str, list[tuple[Split, str]]], what: str) -> Iterator[str]:
    for places in found.values():
        if len(places) > 1:
            leaks = ": what is held out is trained on" if _crosses(places) else ""
            yield f"{places[1][1]}: {what} as in {places[0][1]}{leaks}"


def _remarks(manifest: Manifest, counts: dict[Split, int]) -> Iterator[str]:
    if not counts["test"]:
        yield "nothing is held out: nothing will tell whether the model got better on other documents"
    total = counts["train"]
    if 0 < total < 100:
        yield f"few examples ({total}): some hundred pages move style and special characters, not more"
    missing = len(manifest.entries) - sum(counts.values())
    if missing > 0:
        yield f"{missing} exported examples are not in the files any more"
