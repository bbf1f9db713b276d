"""``ocroute watch``."""

from typing import Annotated

import typer

from ocroute.cli.app import app, write_json


@app.command()
def watch(
    offline: Annotated[
        bool, typer.Option("--offline", help="Ask nothing: show what was said last, with its age.")
    ] = False,
    now: Annotated[bool, typer.Option("--now", help="Ask also what was asked in the last 6 hours.")] = False,
    ignore: Annotated[str, typer.Option(metavar="NAMES", help="Names, with commas, that are not asked for.")] = "",
    facts: Annotated[
        str, typer.Option(metavar="WHERE", help="First take newer facts about kernels from this file or address.")
    ] = "",
    json: Annotated[bool, typer.Option("--json", help="Write all of it as JSON.")] = False,
    md: Annotated[bool, typer.Option("--md", help="Write it as Markdown.")] = False,
) -> None:
    """Ask what is new that matters on this machine, and say what it would change. Nothing else asks the network unasked.

    Ends with 0 where nothing is new, with 10 where something is, with 11 where nothing is known to be and a source was silent.
    """
    from ocroute.cli.commands import split
    from ocroute.cli.draw_watch import draw_watched, watched_markdown
    from ocroute.cli.terminal import error_line, logged, product
    from ocroute.errors import UsageError
    from ocroute.watch import refresh_facts
    from ocroute.watch import watch as watched

    if offline and now:
        raise UsageError("--offline asks nothing, and --now asks for everything", next_step="Leave one of them out")
    with logged():
        if facts:
            error_line(f"the facts about kernels are of {refresh_facts(facts):%Y-%m-%d}")
        found = watched(now=now, offline=offline, ignore=split(ignore))
    if json:
        write_json(found)
    elif md:
        product(watched_markdown(found).encode())
    else:
        draw_watched(found)
    raise typer.Exit(found.exit_code)
