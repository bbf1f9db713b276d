"""A model with an adapter against the model without: the same pages, read and judged as `ocroute read` does it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from time import monotonic
from typing import Literal

import msgspec
from PIL import Image

from ocroute.compare.intervals import Resampled, interval
from ocroute.compare.measures import Errors, Interval, character_errors
from ocroute.document.model import Page
from ocroute.errors import DOCTOR, EngineUnavailable, InputError, UsageError
from ocroute.finetune.adapter_folder import note, recorded
from ocroute.finetune.example_files import manifest_of, pairs_of
from ocroute.finetune.targets import Task, said, words
from ocroute.finetune.trainer_formats import Pair
from ocroute.models.dots_ocr.input_size import InputSize
from ocroute.reader import Reader

WORSE = 1.2
"""So many times the errors of before are taken for forgetting."""


class Side(msgspec.Struct, frozen=True):
    """How one of the two read a set of pages.

    Attributes:
        edits: wrong characters; a page that failed has as many as it has characters.
        accepted: pages that the judge accepted.
        wrong_accepted: of those, pages with more than a tenth of the characters wrong.
        loops: pages on which the model fell into a repetition loop.
        failed: pages without a text.
        seconds: of all pages, loading not counted.
    """

    cer: float
    edits: int
    accepted: int
    wrong_accepted: int
    loops: int
    failed: int
    seconds: float


class Judged(msgspec.Struct, frozen=True):
    """Two readings of one set of pages.

    Attributes:
        folder: of the examples.
        pages, characters: of the set.
        base, adapted: without the adapter, and with it.
        gained: by how much the character error rate changes, where that lies in 95 of 100 draws of pages, the same ones for both;
            None for fewer than five pages, which say nothing.
    """

    folder: str
    pages: int
    characters: int
    base: Side
    adapted: Side
    gained: Interval | None

    @property
    def better(self) -> bool:
        """Whether fewer errors with the adapter are no accident."""
        return self.gained is not None and self.gained.high < 0

    @property
    def forgets(self) -> bool:
        """Whether the adapter makes it read these pages worse."""
        return self.adapted.edits > WORSE * self.base.edits


class Judgement(msgspec.Struct, frozen=True):
    """What becomes of a model by an adapter.

    Attributes:
        held_out: pages like those that taught it.
        others: pages such as it read before; None where nobody gave any.
        says: in a sentence each, the first: whether it is better.
    """

    held_out: Judged
    others: Judged | None
    says: tuple[str, ...]

    @property
    def fine(self) -> bool:
        """Whether it is better on what it was taught, and forgot nothing."""
        return self.held_out.better and not (self.others and self.others.forgets)


def judge(adapter: Path, data: Path, *, others: Path | None = None, model: str = "") -> Judgement:
    """Read held-out pages with and without the adapter.

    What comes out is noted beside the adapter too.

    Args:
        adapter: of `ocroute.finetune.train`.
        data: the examples; only those that are held out are read.
        others: examples of what the model read well before; all of them are read.
        model: the weights; those that the adapter names when left out.

    Raises:
        InputError: nothing is held out, or the adapter says nothing of itself.
        EngineUnavailable: one of the two cannot read here; the canary page is asked of both.
        OutputError: the result cannot be noted.
    """
    record = recorded(adapter)
    sets = [(data, *_held_out(data)), *([(others, *_all(others))] if others else [])]
    if any(task != record.task for _, task, _ in sets):
        raise UsageError(
            f"the adapter was taught the task {record.task}, and examples are of another",
            next_step=f"Export them with --task {record.task}",
        )
    reads = {side: _read(sets, model or record.model, record.task, side) for side in (str(adapter), "")}
    judged = [
        _judged(folder, pairs, base, adapted, record.task)
        for (folder, _, pairs), base, adapted in zip(sets, reads[""], reads[str(adapter)], strict=True)
    ]
    result = Judgement(judged[0], judged[1] if others else None, tuple(sentences(judged)))
    note(adapter, msgspec.structs.replace(record, judged=msgspec.to_builtins(result)))
    return result


Reads = Sequence[tuple[Page, float]]


def _held_out(folder: Path) -> tuple[Task, list[Pair]]:
    return _pairs(folder, ("test",), f"{folder} holds nothing back: no page can tell whether the adapter helps")


def _all(folder: Path) -> tuple[Task, list[Pair]]:
    return _pairs(folder, ("train", "test"), f"{folder} holds no examples")


def _pairs(folder: Path, splits: Sequence[Literal["train", "test"]], none: str) -> tuple[Task, list[Pair]]:
    """
    Raises:
        InputError: there are none, or one is none.
    """
    manifest, problems = manifest_of(folder), list[str]()
    pairs = [pair for split in splits for _, pair in pairs_of(folder, split, manifest, problems)]
    if problems or not pairs:
        raise InputError(problems[0] if problems else none, next_step=f"Look at: ocroute finetune check {folder}")
    return manifest.task, pairs


def _read(sets: Sequence[tuple[Path, Task, list[Pair]]], model: str, task: Task, adapter: str) -> Sequence[Reads]:
    """All sets with one loaded model; each page with its seconds.

    Raises:
        EngineUnavailable: it reads none of the first set.
    """
    with Reader(engine="dots_ocr", model=model, task=task, adapter=adapter) as reader:
        reads = [list(_timed(reader.pages([folder / pair.image for pair in pairs]))) for folder, _, pairs in sets]
    if all(page.error for page, _ in reads[0]):
        how = f"with the adapter in {adapter}" if adapter else "without the adapter"
        raise EngineUnavailable(f"no page could be read {how}: {reads[0][0][0].error}", next_step=DOCTOR)
    return reads


def _timed(pages: Iterator[Page]) -> Iterator[tuple[Page, float]]:
    began = monotonic()
    for page in pages:
        yield page, monotonic() - began
        began = monotonic()


def _judged(folder: Path, pairs: Sequence[Pair], base: Reads, adapted: Reads, task: Task) -> Judged:
    truths = [_truth(folder, pair, task) for pair in pairs]
    errors = [[_errors(truth, page) for truth, (page, _) in zip(truths, side, strict=True)] for side in (base, adapted)]
    lengths = [one.length for one in errors[0]]
    apart = [after.edits - before.edits for before, after in zip(*errors, strict=True)]
    return Judged(
        str(folder),
        len(pairs),
        sum(lengths),
        _side(base, errors[0]),
        _side(adapted, errors[1]),
        interval(Resampled(len(pairs)).ratios(apart, lengths)),
    )


def _truth(folder: Path, pair: Pair, task: Task) -> str:
    with Image.open(folder / pair.image) as image:
        return said(task, pair.target, InputSize(*image.size))


def _errors(truth: str, page: Page) -> Errors:
    if page.verdict.status == "failed":
        return Errors(character_errors(truth, "").edits, character_errors(truth, "").length)
    return character_errors(truth, " ".join(words(page.blocks)))


def _side(reads: Reads, errors: Sequence[Errors]) -> Side:
    pages = [page for page, _ in reads]
    accepted = [page.verdict.fine for page in pages]
    return Side(
        sum(errors, Errors()).rate,
        sum(one.edits for one in errors),
        sum(accepted),
        sum(fine and one.rate > 0.1 for fine, one in zip(accepted, errors, strict=True)),
        sum(page.provenance.settings.get("ending") == "loop" for page in pages),
        sum(page.verdict.status == "failed" for page in pages),
        round(sum(seconds for _, seconds in reads), 2),
    )


def sentences(judged: Sequence[Judged]) -> Iterator[str]:
    """What two readings show: of held-out pages, and of others where there are any."""
    held, *others = judged
    said_of = f"{held.base.cer:.2%} of the characters were wrong, {held.adapted.cer:.2%} are with the adapter"
    if held.better:
        yield f"Better on held-out pages: {said_of}"
    elif held.gained is None:
        yield f"Not shown to be better: {held.pages} held-out pages are too few to tell ({said_of})"
    else:
        yield f"Not better for certain on held-out pages: {said_of}"
    if held.adapted.loops > held.base.loops:
        yield f"It falls into repetition loops more often: {held.adapted.loops} pages instead of {held.base.loops}"
    for one in others:
        told = f"{one.base.cer:.2%} of the characters were wrong, {one.adapted.cer:.2%} are"
        yield f"It {'reads other pages worse' if one.forgets else 'has not forgotten what it read before'}: {told}"
    if not others:
        yield "Whether it has forgotten what it read before was not looked at: give such pages with --others"
