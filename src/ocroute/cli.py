"""The command line: parse, call the library, draw. No logic lives here, and nothing heavy is imported before it is needed."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(
    help="Read pages with the best OCR engine this machine has, judge every page against its ink, and say what happened.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


def _split(value: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in value.split(",") if part.strip())


@app.command()
def read(
    files: Annotated[list[str], typer.Argument(metavar="FILE...", help="Images, PDFs, folders or globs.")],
    out: Annotated[
        Path | None, typer.Option("-o", "--out", help="Write results into this folder; a stopped run goes on there.")
    ] = None,
    formats: Annotated[
        str, typer.Option("--format", metavar="NAMES", help="md, json, html, txt, hocr, alto; several with commas.")
    ] = "md",
    pages: Annotated[str | None, typer.Option(metavar="RANGES", help="Pages to read, e.g. 1-3,7,10-.")] = None,
    lang: Annotated[
        str, typer.Option(metavar="CODES", help="Languages on the pages, e.g. ru,en; found out when left out.")
    ] = "",
    engine: Annotated[str, typer.Option(metavar="NAME", help="Read with this engine only.")] = "",
    model: Annotated[
        str, typer.Option(metavar="WHERE", help="Weights for --engine: a folder, a hub id, a server's name for it.")
    ] = "",
    task: Annotated[
        str, typer.Option(metavar="NAME", help="What a neural engine is asked to do, e.g. layout or text.")
    ] = "",
    base_url: Annotated[
        str, typer.Option("--base-url", metavar="URL", help="Of an OpenAI-compatible server, for --engine openai.")
    ] = "",
    quantised: Annotated[
        bool, typer.Option("--quantised", help="Allow attention kernels that compute in fewer bits.")
    ] = False,
    jobs: Annotated[int | None, typer.Option(min=0, help="Worker processes; 0 reads in this process.")] = None,
    timeout: Annotated[
        float | None, typer.Option(metavar="SECONDS", help="The most one engine may take for one page.")
    ] = None,
    password: Annotated[str | None, typer.Option(help="Of encrypted PDFs.")] = None,
    keep_furniture: Annotated[
        bool, typer.Option("--keep-furniture", help="Keep page headers and footers in the running text.")
    ] = False,
    explain: Annotated[
        bool, typer.Option("--explain", help="Say on stderr what was tried on each page and why its text won.")
    ] = False,
    quiet: Annotated[bool, typer.Option("-q", "--quiet", help="No progress and no remarks on stderr.")] = False,
) -> None:
    """Read pages: the text goes to stdout, or with -o into files."""
    from ocroute import console
    from ocroute.engines.base import Task
    from ocroute.errors import ExitCode, UsageError
    from ocroute.route.plan import Wish
    from ocroute.run import DEADLINE, read_documents, stoppable
    from ocroute.run.progress import Progress

    wish = Wish(engine, Task(_split(lang), model=model, mode=task, base_url=base_url, quantised=quantised))
    names = _split(formats)
    if out is None and len(names) != 1:
        raise UsageError(f"--format {formats} names {len(names)} formats for one stdout", next_step="Add: -o FOLDER")
    code, first = ExitCode.OK, True
    with stoppable(), Progress(quiet=quiet):
        for result in read_documents(
            files,
            wish,
            pages=pages,
            password=password,
            jobs=jobs,
            timeout=timeout or DEADLINE,
            out=out,
            formats=names,
            keep_furniture=keep_furniture,
        ):
            code = max(code, result.exit_code)
            if result.error is None and out is None:
                console.product(result.document().export(names[0], keep_furniture=keep_furniture), first=first)
                first = False
            if explain and result.error is None:
                console.explain(result.document())
            if not quiet:
                console.remarks(result)
    raise typer.Exit(code)


@app.command()
def doctor(json: Annotated[bool, typer.Option("--json", help="Write it as JSON.")] = False) -> None:
    """Say what this machine is and which engines can run on it; why the others cannot, and what to install."""
    from ocroute.route.survey import survey

    found = survey()
    if json:
        _write_json(found)
    else:
        from ocroute.console import draw_survey

        draw_survey(found)


@app.command()
def engines(json: Annotated[bool, typer.Option("--json", help="Write it as JSON.")] = False) -> None:
    """List every registered engine with its scripts, strengths and needs."""
    from ocroute.route.survey import survey

    found = survey()
    if json:
        _write_json(found.engines)
    else:
        from ocroute.console import console, engine_table

        console().print(engine_table(found))


def _write_json(value: object) -> None:
    import msgspec

    sys.stdout.buffer.write(msgspec.json.format(msgspec.json.encode(value), indent=2) + b"\n")


def _version(wanted: bool) -> None:
    if wanted:
        from ocroute import __version__

        typer.echo(f"ocroute {__version__}")
        raise typer.Exit


@app.callback()
def root(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    """Read pages with the best OCR engine this machine has, judge every page against its ink, and say what happened."""
