"""``ocroute doctor``, ``ocroute engines`` and ``ocroute languages``."""

from typing import Annotated

import typer

from ocroute.cli.app import app, write_json


@app.command()
def doctor(
    engine: Annotated[str, typer.Option(metavar="NAME", help="Plan for this engine only.")] = "",
    model: Annotated[
        str, typer.Option(metavar="WHERE", help="Weights for --engine that are looked at: a folder or a hub id.")
    ] = "",
    json: Annotated[bool, typer.Option("--json", help="Write it as JSON.")] = False,
) -> None:
    """Say what this machine is, which engines and attention kernels can run on it, why the others cannot, what to install."""
    from ocroute.engines.base import ENGINES, Wanted
    from ocroute.errors import UsageError
    from ocroute.route.machine_survey import survey
    from ocroute.route.plan import Wish

    if model and not engine:
        raise UsageError(f"--model {model} says nothing of its engine", next_step="Add: --engine NAME")
    if engine and engine not in ENGINES:
        raise UsageError(f"there is no engine named {engine!r}", next_step=f"Choose from: {', '.join(ENGINES)}")
    found = survey(Wish(engine, Wanted(model=model)), kernels=True)
    if json:
        write_json(found)
    else:
        from ocroute.cli.draw_survey import draw_survey

        draw_survey(found)


@app.command()
def engines(json: Annotated[bool, typer.Option("--json", help="Write it as JSON.")] = False) -> None:
    """List every registered engine with its scripts, strengths and needs."""
    from ocroute.route.machine_survey import survey

    found = survey()
    if json:
        write_json(found.engines)
    else:
        from ocroute.cli.draw_survey import engine_table
        from ocroute.cli.terminal import console

        console().print(engine_table(found))


@app.command()
def languages(json: Annotated[bool, typer.Option("--json", help="Write it as JSON.")] = False) -> None:
    """List the languages that --lang takes, by code or name, and the engines that can write them here."""
    from ocroute.languages import LANGUAGES
    from ocroute.route.machine_survey import statuses
    from ocroute.route.plan import writers

    engines = statuses()
    found = {code: writers(engines, code) for code in LANGUAGES}
    if json:
        write_json(
            {
                code: {
                    "codes": [*one.others, *(name for name in one.data if name not in one.others)],
                    "names": one.names,
                    "native_names": one.native,
                    "engines": found[code],
                }
                for code, one in LANGUAGES.items()
            }
        )
    else:
        from ocroute.cli.draw_survey import draw_languages

        draw_languages(found, engines)
