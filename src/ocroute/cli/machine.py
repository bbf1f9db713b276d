"""``ocroute doctor`` and ``ocroute engines``."""

from __future__ import annotations

from typing import Annotated

import typer

from ocroute.cli.app import app, write_json


@app.command()
def doctor(json: Annotated[bool, typer.Option("--json", help="Write it as JSON.")] = False) -> None:
    """Say what this machine is, which engines and attention kernels can run on it, why the others cannot, what to install."""
    from ocroute.route.survey import survey

    found = survey(kernels=True)
    if json:
        write_json(found)
    else:
        from ocroute.console import draw_survey

        draw_survey(found)


@app.command()
def engines(json: Annotated[bool, typer.Option("--json", help="Write it as JSON.")] = False) -> None:
    """List every registered engine with its scripts, strengths and needs."""
    from ocroute.route.survey import survey

    found = survey()
    if json:
        write_json(found.engines)
    else:
        from ocroute.console import console, engine_table

        console().print(engine_table(found))
