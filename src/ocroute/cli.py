"""The command line: parse, call the library, draw. No logic lives here, and nothing heavy is imported before it is needed."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Optional

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
