"""The process that makes results: ``python -m ocroute.jobs.results_child``, started by `ocroute.jobs.job_results` alone."""

from __future__ import annotations

import os
import tempfile
import zipfile
from pathlib import Path

import msgspec

from ocroute.document.formats import Origin, format_class
from ocroute.errors import OcrouteError, OutputError
from ocroute.files import write_whole
from ocroute.jobs.job_results import (
    Answer,
    Made,
    MadeFigure,
    MakeFigures,
    MakeImage,
    MakeResult,
    Order,
    Ready,
    document_of,
    page_of,
)
from ocroute.process import Parent, run_as_child
from ocroute.run.jobs import JobFailed

_QUALITY = 80


def main() -> None:
    """Make what is asked for until the parent is gone."""
    parent: Parent[Order] = Parent(msgspec.msgpack.Decoder(Order))

    parent.send(Ready())
    while True:
        parent.send(_answer(parent.receive()))


def _answer(order: Order) -> Answer:
    try:
        match order:
            case MakeResult():
                return _result(order)
            case MakeImage():
                return _image(order)
            case MakeFigures():
                return _figures(order)
    except OcrouteError as error:
        return JobFailed.of(error)
    except Exception as error:  # a decoder may raise anything over a file
        return JobFailed.of(OutputError(f"the result cannot be made: {type(error).__name__}: {error}"))


def _result(order: MakeResult) -> Made:
    from ocroute.writers.save_document import save

    document = document_of(Path(order.folder), order.record)
    origin = Origin(os.fspath(Path(order.folder, "source")), order.record.password, order.record.name)
    if not order.archive:
        return Made(tuple(one.sentence for one in save(document, order.out, origin, order.options)))
    with tempfile.TemporaryDirectory() as scratch:
        told: list[str] = []
        for name in order.formats:
            path = Path(scratch, order.stem + format_class(name).suffix)
            told += [one.sentence for one in save(document, path, origin, order.options)]
        packed = Path(scratch).parent / f"{Path(scratch).name}.zip"
        try:
            _pack(Path(scratch), packed)
            write_whole(Path(order.out), packed.read_bytes())
        finally:
            packed.unlink(missing_ok=True)
    return Made(tuple(told))


def _pack(folder: Path, packed: Path) -> None:
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for file in sorted(folder.rglob("*")):
            if file.is_file():
                archive.write(file, file.relative_to(folder).as_posix())


def _image(order: MakeImage) -> Made:
    import io

    from PIL import Image

    from ocroute.pages.reopening import Reopened

    page = page_of(Path(order.folder), order.record, order.number)
    if page is None:
        raise OutputError(f"page {order.number} is not read yet")
    origin = Origin(os.fspath(Path(order.folder, "source")), order.record.password, order.record.name)
    with Reopened(origin) as source:
        image = Image.fromarray(source.page(page).raster())
    image.thumbnail((order.width, order.width * 4), reducing_gap=2.0)
    held = io.BytesIO()
    image.save(held, "WEBP", quality=_QUALITY, method=2)
    write_whole(Path(order.out), held.getvalue(), durable=False)
    return Made()


def _figures(order: MakeFigures) -> Made:
    from ocroute.writers.figure_files import save_figures

    document = document_of(Path(order.folder), order.record)
    origin = Origin(os.fspath(Path(order.folder, "source")), order.record.password, order.record.name)
    found = save_figures(document, origin, Path(order.out))
    return Made(figures=tuple(MadeFigure(number, box, str(one.path)) for (number, box), one in found.items()))


if __name__ == "__main__":
    run_as_child(main)
