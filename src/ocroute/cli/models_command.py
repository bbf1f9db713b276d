"""``ocroute models`` and ``ocroute models get``: the recognisers of lines that are here, and those that can be fetched."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from ocroute.cli.app import app, write_json

models = typer.Typer(help="List the line models: which scripts, size, where from, licence; get one that is published.")
app.add_typer(models, name="models")


@models.callback(invoke_without_command=True)
def listed(ctx: typer.Context, json: Annotated[bool, typer.Option("--json", help="Write it as JSON.")] = False) -> None:
    """List the line models: which scripts, size, where from, licence; get one that is published."""
    if ctx.invoked_subcommand:
        return
    from ocroute.ppocr.line_models import shelf

    rows = shelf()
    if json:
        write_json(rows)
        return
    from ocroute.cli.draw_models import line_model_table
    from ocroute.cli.terminal import console

    console().print(line_model_table(rows))


@models.command()
def get(
    name: Annotated[str, typer.Argument(help="Of the list that `ocroute models` writes.")],
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
) -> None:
    """Fetch a published line model; after that it reads without a network."""
    from ocroute.cli.terminal import console
    from ocroute.errors import UsageError
    from ocroute.ppocr import published_models

    model = published_models.named(name)
    if published_models.state(model) == "here":
        console().print(f"The line model {name} is here already.")
        return
    where = published_models.address(model)
    if not yes:
        if not sys.stdin.isatty():
            raise UsageError(
                f"fetching the line model {name} from {where} must be agreed to",
                next_step=f"Run: ocroute models get {name} --yes",
            )
        if not typer.confirm(
            f"Fetch the line model {name} ({model.scripts}; {published_models.LICENCE}) from {where}?", err=True
        ):
            raise typer.Exit(0)
    path = published_models.get(model, _told)
    if sys.stderr.isatty():
        print(file=sys.stderr)
    console().print(f"The line model {name} is here: {path}", soft_wrap=True)


def _told(done: int, total: int) -> None:
    if sys.stderr.isatty():
        of = f" of {total / 1e6:.1f}" if total else ""
        print(f"\r{done / 1e6:.1f}{of} MB", end="", file=sys.stderr, flush=True)
