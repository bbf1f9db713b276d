"""``ocroute read``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Unpack

import typer

from ocroute.cli.app import app
from ocroute.cli.commands import Command, takes
from ocroute.options import CommandOptions, FormatOptions, declared

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ocroute.run import InputResult, Target


@app.command(cls=Command)
@takes(CommandOptions)
def read(
    files: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="FILE...",
            help="Images, PDFs, folders or globs, here or at an address like s3://; - is standard input.",
        ),
    ] = None,
    **options: Unpack[CommandOptions],
) -> None:
    """Read pages: the text goes to stdout, or with -o into files."""
    from ocroute.cli.draw_pages import Tally, explain, remarks
    from ocroute.cli.progress_bar import ProgressBar
    from ocroute.cli.terminal import product
    from ocroute.errors import ExitCode
    from ocroute.process.interrupts import stoppable
    from ocroute.run.results import streamed
    from ocroute.run.target import PAGE_A_LINE

    quiet = options["quiet"]
    of_format = {name: value for name, value in options.items() if name in declared(FormatOptions)}
    target, results = _results(files or [], options, of_format)
    code = ExitCode.OK
    tally = Tally(target)
    watched = ProgressBar(quiet=quiet, verbose=options["verbose"], log_file=options["log_file"])
    with stoppable(lambda: _kept(target, watched.pages)), watched:
        for read_ in results:
            result = read_
            if target.kind == "stdout" and (result.error is None or target.formats == (PAGE_A_LINE,)):
                result, data = streamed(result, target.formats[0], of_format)
                product(data)
            code = max(code, result.exit_code)
            if options["explain"] and result.error is None:
                explain(result.document())
            remarks(result, quiet=quiet)
            tally.add(result)
        tally.log()
    if not quiet:
        tally.line()
    raise typer.Exit(code)


def _results(
    files: list[str], options: CommandOptions, of_format: Mapping[str, Any]
) -> tuple[Target, Iterator[InputResult]]:
    """Where results go, and what becomes of each input, or of each document that this worker of a queue reads."""
    from ocroute.errors import UsageError
    from ocroute.route.wish import wish_of
    from ocroute.run import read_documents, target_of

    common: dict[str, Any] = {name: options[name] for name in ("pages", "password", "jobs", "timeout", "formats")}
    where = options["queue"]
    if where is None:
        if not files:
            raise UsageError("no file is named", next_step="Name one or more: ocroute read FILE...")
        out = "-" if options["out"] is None else options["out"]
        read = read_documents(
            files,
            wish_of(options),
            out=out,
            options=of_format,
            force=options["force"],
            shard=options["shard"],
            **common,
        )
        return target_of(out, options["formats"]), read
    from ocroute.jobs.queue_worker import queue_target, read_queue
    from ocroute.stores import shown

    if files:
        raise UsageError(
            f"--queue reads what is in the queue, and {shown(files[0])} is named besides",
            next_step=f"Put it into the queue: ocroute queue add {shown(where)} {shown(files[0])}",
        )
    if other := next((name for name in ("force", "shard") if options[name]), None):
        step = {
            "force": "To read documents again: ocroute queue requeue",
            "shard": "Leave it out: a queue shares itself out",
        }
        raise UsageError(f"--{other} does not go with --queue", next_step=step[other])
    target = queue_target(where, options["out"], options["formats"])
    return target, read_queue(where, wish_of(options), out=options["out"], options=of_format, **common)


def _kept(target: Target, pages: int) -> str:
    """What is left of a run that was stopped when so many pages were done."""
    if not pages:
        return "No page was done"
    if target.kind != "folder":
        return "With -o FOLDER a run that was stopped goes on where it was"
    return f"The same command goes on where this one stopped: what was read is kept in {target.place}"
