"""``ocroute read``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from ocroute.cli.app import app, split


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
    prefer: Annotated[
        Literal["layout", "speed"],
        typer.Option(help="The best engine that runs here first, or those without a language model."),
    ] = "layout",
    model: Annotated[
        str, typer.Option(metavar="WHERE", help="Weights for --engine: a folder, a hub id, a server's name for it.")
    ] = "",
    task: Annotated[
        str, typer.Option(metavar="NAME", help="What a neural engine is asked to do, e.g. layout or text.")
    ] = "",
    base_url: Annotated[
        str, typer.Option("--base-url", metavar="URL", help="Of an OpenAI-compatible server, for --engine openai.")
    ] = "",
    quantized: Annotated[
        bool, typer.Option("--quantized", "--quantised", help="Allow attention kernels that compute in fewer bits.")
    ] = False,
    jobs: Annotated[int | None, typer.Option(min=0, help="Worker processes; 0 reads in this process.")] = None,
    timeout: Annotated[
        float | None,
        typer.Option(
            metavar="SECONDS",
            help="The most one engine may take for one page, its loading not counted; 300, or 1800 for a model without a GPU.",
        ),
    ] = None,
    password: Annotated[str | None, typer.Option(help="Of encrypted PDFs.")] = None,
    keep_headers_footers: Annotated[
        bool, typer.Option("--keep-headers-footers", help="Keep page headers and footers in the running text.")
    ] = False,
    keep_furniture: Annotated[bool, typer.Option("--keep-furniture", hidden=True)] = False,
    explain: Annotated[
        bool, typer.Option("--explain", help="Say on stderr what was tried on each page and why its text won.")
    ] = False,
    quiet: Annotated[bool, typer.Option("-q", "--quiet", help="No progress and no remarks on stderr.")] = False,
) -> None:
    """Read pages: the text goes to stdout, or with -o into files."""
    from ocroute.cli.draw_pages import explain as draw_explanation
    from ocroute.cli.draw_pages import remarks
    from ocroute.cli.progress_bar import Progress
    from ocroute.cli.terminal import product
    from ocroute.engines.base import Wanted
    from ocroute.errors import ExitCode, UsageError
    from ocroute.route.plan import Wish
    from ocroute.run import read_documents, stoppable

    wish = Wish(engine, Wanted(split(lang), model=model, mode=task, base_url=base_url, quantized=quantized), prefer)
    names = split(formats)
    keep_headers_footers = keep_headers_footers or keep_furniture  # the option's old spelling
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
            timeout=timeout,
            out=out,
            formats=names,
            keep_headers_footers=keep_headers_footers,
        ):
            code = max(code, result.exit_code)
            if result.error is None and out is None:
                product(result.document().export(names[0], keep_headers_footers=keep_headers_footers), first=first)
                first = False
            if explain and result.error is None:
                draw_explanation(result.document())
            if not quiet:
                remarks(result)
    raise typer.Exit(code)
