"""The root of the command line, and what its commands share."""

import gc
import sys
from typing import Annotated

import typer

app = typer.Typer(
    help="Read pages with the best OCR engine this machine has, judge every page against its ink, and say what happened.",
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


def write_json(value: object) -> None:
    """``value`` on stdout, indented."""
    import msgspec

    sys.stdout.buffer.write(msgspec.json.format(msgspec.json.encode(value), indent=2) + b"\n")


def _version(wanted: bool) -> None:
    if wanted:
        from ocroute import __version__

        typer.echo(f"ocroute {__version__}")
        raise typer.Exit


@app.callback()
def root(
    version: Annotated[  # noqa: ARG001 - its callback does all
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    """Read pages with the best OCR engine this machine has, judge every page against its ink, and say what happened."""
    gc.enable()
