"""Pages and their known text as examples on disk, parted into what is trained on and what is held out, by document."""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import msgspec
from PIL import Image

from ocroute.compare.read_pages import PageKey, ReadPage, of_record
from ocroute.compare.saved_runs import document_name, load_run
from ocroute.errors import Declined, InputError, UsageError
from ocroute.files import cannot_write, write_whole
from ocroute.finetune.targets import ENGINE, NoTarget, Task, input_size, layout_target, prompt
from ocroute.finetune.trainer_formats import Format, Pair, dataset_info, line_of
from ocroute.pages import expand
from ocroute.pages.opening import open_input
from ocroute.pages.page import Raster
from ocroute.pages.reopening import upright
from ocroute.values import Category

Split = Literal["train", "test"]
MANIFEST = "manifest.json"


class Entry(msgspec.Struct, frozen=True):
    """One example as it was made: where it lies, and of which page it is."""

    split: Split
    image: str
    sha256: str
    document: str
    page: int


class Manifest(msgspec.Struct, frozen=True):
    """What a folder of examples holds, so that `ocroute.finetune.check` can see what has changed since."""

    version: int
    engine: str
    task: Task
    form: Format
    entries: tuple[Entry, ...]


class Exported(msgspec.Struct, frozen=True):
    """What became of the pages.

    Attributes:
        train, test: examples in each file.
        left_out: pages of which no example was made, and why, a line each.
        remarks: what else must be known.
    """

    folder: str
    train: int
    test: int
    left_out: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Example:
    key: PageKey
    pair: Pair
    sha256: str


def export(
    inputs: Sequence[str],
    truth: Path,
    folder: Path,
    *,
    engine: str = ENGINE,
    task: Task = "layout",
    form: Format = "swift",
    held_out: float = 0.15,
) -> Exported:
    """Write ``train.jsonl``, ``test.jsonl``, the images, and a manifest into ``folder``.

    Images have the very size at which the model sees them, so that no trainer's own scaling moves the boxes.

    Args:
        inputs: images, PDFs, or folders of them.
        truth: what stands on their pages: ocroute's JSON, corrected, for ``layout``; any output for ``text``. Files go together
            by their names.
        engine: whose prompts and answers; ``dots_ocr`` is known.
        held_out: share of the documents that are not trained on.

    Raises:
        UsageError: an argument makes no sense, or the folder holds something else.
        InputError: there is no example in all of it.
        OutputError: the folder cannot be written.
    """
    if engine != ENGINE:
        raise UsageError(f"examples for {engine} are not known", next_step=f"Choose: --engine {ENGINE}")
    if not 0 <= held_out < 1:
        raise UsageError(f"{held_out} of the documents cannot be held out", next_step="Give a share from 0 to below 1")
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise UsageError(f"{folder} holds something already", next_step="Name a folder that is not there yet")
    known = load_run(truth)
    left_out = list(known.problems)
    try:
        (folder / "images").mkdir(parents=True, exist_ok=True)
        examples = list(_examples(inputs, known.pages, folder, task, left_out))
        if not examples:
            raise InputError(
                f"no example could be made: {left_out[0] if left_out else 'no page has a known text'}",
                next_step="Name pages and their known text alike: scan.pdf and scan.json",
            )
        splits = split_of(sorted({one.key.name for one in examples}), held_out)
        _write(folder, examples, splits, task, form)
    except OSError as error:
        raise cannot_write("cannot write the examples to", folder, error, {}) from error
    held = sum(splits[one.key.name] == "test" for one in examples)
    remarks = [] if held else ["no document is held out: nothing will tell whether the model got better on others"]
    if doubtful := [one.key for one in examples if known.pages[one.key].status == "doubtful"]:
        remarks.append(
            f"{len(doubtful)} texts were doubtful when they were read, e.g. {doubtful[0]}: see that they were corrected"
        )
    return Exported(str(folder), len(examples) - held, held, tuple(left_out), tuple(remarks))


def _examples(
    inputs: Sequence[str], known: dict[PageKey, ReadPage], folder: Path, task: Task, left_out: list[str]
) -> Iterator[_Example]:
    """Each page with a known text whose target its own parser reads; the others are told of in ``left_out``."""
    seen: dict[tuple[str, str], PageKey] = {}
    for key, page, picture in _pages(inputs, known, left_out):
        try:
            if isinstance(picture, InputError):
                raise NoTarget(picture.message)
            image, target = _example(picture, page, task)
        except (NoTarget, Declined) as error:
            left_out.append(f"{key}: {error.message}")
            continue
        digest = hashlib.sha256(image).hexdigest()
        if other := seen.get((digest, target)):
            left_out.append(f"{key}: is the same as {other}")
            continue
        seen[digest, target] = key
        path = f"images/{key.name.replace('/', '__')}.p{key.number}.png"
        write_whole(folder / path, image, durable=False)
        yield _Example(key, Pair(path, prompt(task), target), digest)


def _pages(
    inputs: Sequence[str], known: dict[PageKey, ReadPage], left_out: list[str]
) -> Iterator[tuple[PageKey, ReadPage, Raster | InputError]]:
    """The pages of which something is known, with their pictures: upright, as the record of them says, where there is one."""
    found = expand(inputs)
    left_out += [str(error) for error in found.errors]
    bare = {key.name.rpartition("/")[2]: key.name for key in known}
    for file in found.files:
        below = document_name(Path(file.below), Path())
        name = below if any(key.name == below for key in known) else bare.get(below.rpartition("/")[2], "")
        pages = {key: page for key, page in sorted(known.items()) if key.name == name}
        if not pages:
            left_out.append(f"{file.told}: nothing is known of it")
            continue
        for key, page in pages.items():
            yield key, page, _picture(file.path, key, page)


def _picture(path: str, key: PageKey, page: ReadPage) -> Raster | InputError:
    try:
        if page.record is not None:
            return upright(page.record, path)
        with open_input(path) as source:
            if key.number > source.page_count:
                return InputError(f"{path} has {source.page_count} pages only")
            opened = source.page(key.number)
            try:
                return opened.raster()
            finally:
                opened.release()
    except InputError as error:
        return error


def _example(raster: Raster, page: ReadPage, task: Task) -> tuple[bytes, str]:
    """The picture as the model sees it, as a PNG, and what it should answer.

    Raises:
        NoTarget, Declined: there is none, or the page is too long for its width.
    """
    if page.error:
        raise NoTarget(f"has no known text: {page.error}")
    height, width = raster.shape[:2]
    size = input_size(width, height)
    if task == "layout":
        if page.record is None:
            raise NoTarget("is known without its blocks; --task text takes it")
        target = layout_target(page.record.blocks, (page.record.width, page.record.height), size)
    else:
        target = _text(page)
    held = io.BytesIO()
    Image.fromarray(raster).resize(size, Image.Resampling.BICUBIC).save(held, "PNG", compress_level=6)
    return held.getvalue(), target


def _text(page: ReadPage) -> str:
    """All that is printed, in reading order, a part a line; headers and footers too where the record has their place."""
    record = page.record
    if record is None:
        said = [part.text for part in page.parts]
    else:
        everything = (msgspec.structs.replace(block, category=Category.TEXT) for block in record.blocks)
        said = [part.text for part in of_record(msgspec.structs.replace(record, blocks=tuple(everything))).parts]
    if not any(map(str.strip, said)):
        raise NoTarget("has an empty text")
    return "\n".join(said)


def split_of(documents: Sequence[str], held_out: float) -> dict[str, Split]:
    """Which documents are held out: the same ones whenever the same documents come, one at least of several."""
    ranked = sorted(documents, key=lambda name: hashlib.sha256(name.encode()).digest())
    count = round(held_out * len(ranked))
    if held_out and len(ranked) > 1:
        count = min(max(count, 1), len(ranked) - 1)
    return {name: "test" if place < count else "train" for place, name in enumerate(ranked)}


def _write(folder: Path, examples: Sequence[_Example], splits: dict[str, Split], task: Task, form: Format) -> None:
    for split in ("train", "test"):
        lines = [line_of(one.pair, form) for one in examples if splits[one.key.name] == split]
        write_whole(folder / f"{split}.jsonl", "".join(f"{line}\n" for line in lines).encode())
    entries = tuple(
        Entry(splits[one.key.name], one.pair.image, one.sha256, one.key.name, one.key.number) for one in examples
    )
    manifest = Manifest(1, ENGINE, task, form, entries)
    if form == "llamafactory":
        write_whole(folder / "dataset_info.json", json.dumps(dataset_info(), indent=2).encode())
    write_whole(folder / MANIFEST, msgspec.json.format(msgspec.json.encode(manifest), indent=1))
