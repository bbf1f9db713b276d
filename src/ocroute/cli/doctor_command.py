"""``ocroute doctor``, ``ocroute engines`` and ``ocroute languages``."""

from typing import Annotated

import typer

from ocroute.cli.app import app, write_json


@app.command()
def doctor(
    engine: Annotated[str, typer.Option(metavar="NAME", help="Look at this engine only.")] = "",
    model: Annotated[
        str, typer.Option(metavar="WHERE", help="Weights for --engine that are looked at: a folder or a hub id.")
    ] = "",
    everything: Annotated[bool, typer.Option("--all", help="Every engine, kernel and library, and why not.")] = False,
    config: Annotated[
        str | None, typer.Option("--config", metavar="FILE", help="Look at the settings in this file.")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Write all of it as JSON.")] = False,
) -> None:
    """Say what reads pages on this machine, in order, and what is missing for more."""
    import msgspec

    from ocroute.engines.base import ENGINES, Wanted
    from ocroute.errors import UsageError
    from ocroute.machine import inspect
    from ocroute.route.machine_survey import survey
    from ocroute.route.plan import Wish
    from ocroute.user_settings import settings_here

    if model and not engine:
        raise UsageError(f"--model {model} says nothing of its engine", next_step="Add: --engine NAME")
    if engine and engine not in ENGINES:
        raise UsageError(f"there is no engine named {engine!r}", next_step=f"Choose from: {', '.join(ENGINES)}")
    kernels = json or everything or bool(engine) or bool(inspect().gpus)  # without a GPU the import of torch is spared
    found = survey(Wish(engine, Wanted(model=model)), kernels=kernels)
    settings = settings_here(config)
    if json:
        write_json(msgspec.to_builtins(found) | {"settings": settings})
        return
    from ocroute.cli.draw_survey import draw_engine, draw_overview, draw_survey

    if everything:
        draw_survey(found, settings)
    elif engine:
        draw_engine(found, engine)
    else:
        draw_overview(found, settings)


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
