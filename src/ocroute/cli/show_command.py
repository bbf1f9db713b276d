"""``ocroute show`` and ``ocroute export``: what was read, to be looked at or in another format."""

from __future__ import annotations

import os
import sys
import webbrowser
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Unpack, cast

import typer

from ocroute.cli.app import app
from ocroute.cli.commands import Command, takes
from ocroute.options import FormatOptions, InputOptions, ReaderOptions

if TYPE_CHECKING:
    from ocroute.document_api import Document
    from ocroute.errors import ExitCode


class ShowOptions(InputOptions, ReaderOptions, total=False):
    """What ``ocroute show`` takes about reading."""


Source = Annotated[
    str | None, typer.Option(metavar="FILE", help="Where the file that was read is now, if that is not where it was.")
]


@app.command(cls=Command)
@takes(ShowOptions)
def show(
    file: Annotated[str, typer.Argument(metavar="FILE", help="An image or PDF, which is read first; or a saved JSON.")],
    out: Annotated[
        str | None,
        typer.Option("--out", "-o", metavar="FILE", help="Where to write; FILE.show.html here when left out."),
    ] = None,
    source: Source = None,
    opens: Annotated[bool, typer.Option("--open/--no-open", help="Open it in the browser of this machine.")] = True,
    **options: Unpack[ShowOptions],
) -> None:
    """Show pages beside what was read on them, in one HTML file that needs no network: its path goes to stdout."""
    from ocroute.document_api import Document
    from ocroute.errors import ExitCode
    from ocroute.stores import scheme_of, shown

    path = out or f"{Path(shown(file)).name.removesuffix('.json')}.show.html"
    if shown(file).lower().endswith(".json"):
        code = _written(Document.load(file), path, source, options["password"], {})
    else:
        document = _read(file, options)
        code = _written(document, path, file, options["password"], {})
        code = max(code, ExitCode.OK if document.ok else ExitCode.DOUBTFUL)
    typer.echo(shown(path))
    if opens and not scheme_of(path) and sys.stdout.isatty() and _has_screen():
        webbrowser.open(Path(path).absolute().as_uri())
    raise typer.Exit(code)


@app.command(cls=Command)
@takes(FormatOptions)
def export(
    file: Annotated[str, typer.Argument(metavar="JSON", help="A document that was saved as JSON.")],
    out: Annotated[
        str, typer.Option("--out", "-o", metavar="FILE", help="Where to write, in the format of its suffix.")
    ],
    source: Source = None,
    password: Annotated[str | None, typer.Option(help="Of an encrypted PDF.")] = None,
    **options: Unpack[FormatOptions],
) -> None:
    """Write a document that was read before in another format; what needs its pages opens the file that was read."""
    from ocroute.document_api import Document

    raise typer.Exit(_written(Document.load(file), out, source, password, options))


def _read(file: str, options: ShowOptions) -> Document:
    from ocroute.cli.progress_bar import ProgressBar
    from ocroute.options import declared
    from ocroute.process.interrupts import stoppable
    from ocroute.reader import Reader

    reading = {name: value for name, value in options.items() if name in declared(ReaderOptions)}
    watched = ProgressBar()
    with stoppable(), watched, Reader(**cast("ReaderOptions", reading)) as reader:
        return reader.read(file, pages=options["pages"], password=options["password"])


def _written(
    document: Document, path: str, source: str | None, password: str | None, options: Mapping[str, Any]
) -> ExitCode:
    from ocroute.cli.terminal import error_line
    from ocroute.document.formats import Origin
    from ocroute.errors import ExitCode
    from ocroute.writers.save_document import save

    remarks = save(document, path, Origin(source or document.source, password), options)
    for remark in remarks:
        error_line(remark.sentence)
    return max((remark.code for remark in remarks), default=ExitCode.OK)


def _has_screen() -> bool:
    return sys.platform in ("win32", "darwin") or any(name in os.environ for name in ("DISPLAY", "WAYLAND_DISPLAY"))
