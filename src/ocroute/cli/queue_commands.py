"""``ocroute queue``: what several machines read together."""

from __future__ import annotations

from typing import Annotated

import typer

from ocroute.cli.app import app, write_json

queue = typer.Typer(
    help="Fill and look at a queue of documents that any number of machines read: ocroute read --queue WHERE -o OUT.",
    no_args_is_help=True,
)
app.add_typer(queue, name="queue")

_Where = Annotated[
    str, typer.Argument(metavar="WHERE", help="The queue: a folder that all machines see, or an address.")
]


@queue.command()
def add(
    where: _Where,
    files: Annotated[list[str], typer.Argument(metavar="FILE...", help="Images, PDFs, folders, globs or addresses.")],
    patience: Annotated[
        float,
        typer.Option(
            min=1.0,
            metavar="SECONDS",
            help="Of a new queue: a worker that gives no sign of life for so long counts as dead.",
        ),
    ] = 120.0,
    tries: Annotated[
        int,
        typer.Option(
            min=1, metavar="N", help="Of a new queue: workers that may die over a document before it is set aside."
        ),
    ] = 3,
) -> None:
    """Put documents into a queue, which is made where there is none. One that is in it already is not put there twice."""
    from ocroute.cli.terminal import error_line
    from ocroute.errors import ExitCode
    from ocroute.jobs.document_queue import DocumentQueue
    from ocroute.jobs.queue_files import Rules
    from ocroute.pages import expand

    found = expand(files)
    new = DocumentQueue(where, new=Rules(patience, tries)).add(found.files)
    for error in found.errors:
        error_line(str(error))
    known = len(found.files) - new
    error_line(f"{new} added" + (f", {known} were there" if known else ""))
    if found.errors:
        raise typer.Exit(ExitCode.BAD_INPUT)


@queue.command()
def status(where: _Where, json: Annotated[bool, typer.Option("--json", help="Write it as JSON.")] = False) -> None:
    """Say how far a queue is: done, being read, set aside and why, waiting."""
    import msgspec

    from ocroute.cli.terminal import console
    from ocroute.jobs.document_queue import DocumentQueue

    found = DocumentQueue(where).status()
    if json:
        write_json(msgspec.to_builtins(found))
        return
    out = console()
    out.print(
        f"{found.documents} documents: {found.done} done, {len(found.reading)} being read, {len(found.aside)} set aside, "
        f"{found.waiting} waiting"
        + (f"; {found.taken_over} taken over from workers that ended" if found.taken_over else ""),
        highlight=False,
        markup=False,
    )
    for source, worker in found.reading.items():
        out.print(f"  {source}: read by {worker}", highlight=False, markup=False)
    for source, reason in found.aside.items():
        out.print(f"  {source}: set aside: {reason}", highlight=False, markup=False)
    if found.out:
        out.print(f"results in {found.out}", highlight=False, markup=False)


@queue.command()
def retry(where: _Where) -> None:
    """Let documents that were set aside be tried again."""
    from ocroute.cli.terminal import error_line
    from ocroute.jobs.document_queue import DocumentQueue

    error_line(f"{DocumentQueue(where).retry()} documents wait again")


@queue.command()
def requeue(
    where: _Where,
    files: Annotated[
        list[str], typer.Argument(metavar="FILE...", help="Paths or addresses, as they were added; folders too.")
    ],
) -> None:
    """Let documents be done again: their results are removed. Pages whose records still hold are not read a second time."""
    from ocroute.cli.terminal import error_line
    from ocroute.jobs.document_queue import DocumentQueue

    error_line(f"{DocumentQueue(where).requeue(files)} documents wait again")
