"""``ocroute read``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Unpack

import typer

from ocroute.cli.app import app
from ocroute.cli.commands import Command, takes
from ocroute.options import CommandOptions, FormatOptions, declared

if TYPE_CHECKING:
    from ocroute.run import Target


@app.command(cls=Command)
@takes(CommandOptions)
def read(
    files: Annotated[
        list[str], typer.Argument(metavar="FILE...", help="Images, PDFs, folders or globs; - is standard input.")
    ],
    **options: Unpack[CommandOptions],
) -> None:
    """Read pages: the text goes to stdout, or with -o into files."""
    from ocroute.cli.draw_pages import Tally, explain, remarks
    from ocroute.cli.progress_bar import ProgressBar
    from ocroute.cli.terminal import product
    from ocroute.errors import ExitCode
    from ocroute.process.interrupts import stoppable
    from ocroute.route.wish import wish_of
    from ocroute.run import read_documents, target_of
    from ocroute.run.results import streamed
    from ocroute.run.target import PAGE_A_LINE

    out, quiet = "-" if options["out"] is None else options["out"], options["quiet"]
    of_format = {name: value for name, value in options.items() if name in declared(FormatOptions)}
    target = target_of(out, options["formats"])
    code = ExitCode.OK
    tally = Tally(target)
    watched = ProgressBar(quiet=quiet, verbose=options["verbose"], log_file=options["log_file"])
    with stoppable(lambda: _kept(target, watched.pages)), watched:
        for read_ in read_documents(
            files,
            wish_of(options),
            pages=options["pages"],
            password=options["password"],
            jobs=options["jobs"],
            timeout=options["timeout"],
            out=out,
            formats=options["formats"],
            options=of_format,
            force=options["force"],
        ):
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


def _kept(target: Target, pages: int) -> str:
    """What is left of a run that was stopped when so many pages were done."""
    if not pages:
        return "No page was done"
    if target.kind != "folder":
        return "With -o FOLDER a run that was stopped goes on where it was"
    return f"The same command goes on where this one stopped: what was read is kept in {target.path}"
