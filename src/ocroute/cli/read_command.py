"""``ocroute read``."""

from pathlib import Path
from typing import Annotated, Unpack

import typer

from ocroute.cli.app import app
from ocroute.cli.commands import Command, takes
from ocroute.options import CommandOptions


@app.command(cls=Command)
@takes(CommandOptions)
def read(
    files: Annotated[list[str], typer.Argument(metavar="FILE...", help="Images, PDFs, folders or globs.")],
    **options: Unpack[CommandOptions],
) -> None:
    """Read pages: the text goes to stdout, or with -o into files."""
    from ocroute.cli.draw_pages import Tally, explain, remarks
    from ocroute.cli.progress_bar import ProgressBar
    from ocroute.cli.terminal import product
    from ocroute.errors import ExitCode, UsageError
    from ocroute.process.interrupts import stoppable
    from ocroute.route.wish import wish_of
    from ocroute.run import read_documents

    out, formats, kept = options["out"], options["formats"], options["keep_headers_footers"]
    if out is None and len(formats) != 1:
        raise UsageError(
            f"--format {','.join(formats)} names {len(formats)} formats for one stdout", next_step="Add: -o FOLDER"
        )
    code, first, quiet = ExitCode.OK, True, options["quiet"]
    tally, watched = Tally(out), ProgressBar(quiet=quiet)
    with stoppable(lambda: _kept(out, watched.pages)), watched:
        for result in read_documents(
            files,
            wish_of(options),
            pages=options["pages"],
            password=options["password"],
            jobs=options["jobs"],
            timeout=options["timeout"],
            out=out,
            formats=formats,
            keep_headers_footers=kept,
        ):
            code = max(code, result.exit_code)
            if result.error is None and out is None:
                product(result.document().export(formats[0], keep_headers_footers=kept), first=first)
                first = False
            if options["explain"] and result.error is None:
                explain(result.document())
            remarks(result, quiet=quiet)
            tally.add(result)
    if not quiet:
        tally.line()
    raise typer.Exit(code)


def _kept(out: Path | None, pages: int) -> str:
    """What is left of a run that was stopped when so many pages were done."""
    if not pages:
        return "No page was done"
    if out is None:
        return "With -o FOLDER a run that was stopped goes on where it was"
    return f"The same command goes on where this one stopped: what was read is kept in {out}"
