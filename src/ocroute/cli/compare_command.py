"""``ocroute compare``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ocroute.cli.app import app, write_json

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ocroute.compare.comparison import Comparison
    from ocroute.compare.saved_runs import Run
    from ocroute.errors import ExitCode


@app.command()
def compare(
    inputs: Annotated[
        list[str],
        typer.Argument(metavar="INPUT...", help="Pages to read; with --runs folders or files of outputs."),
    ],
    engines: Annotated[
        str,
        typer.Option(
            metavar="NAMES",
            help="Read the inputs with each of these engines; with all that would be tried here when left out.",
        ),
    ] = "",
    runs: Annotated[
        bool,
        typer.Option(
            "--runs", help="The inputs are outputs: of ocroute (JSON), Markdown, text, hOCR, ALTO, docling's JSON."
        ),
    ] = False,
    truth: Annotated[str, typer.Option(metavar="WHERE", help="The known text: files named like the documents.")] = "",
    facts: Annotated[
        str, typer.Option(metavar="FILE", help="Facts about pages, as olmOCR-bench writes them (JSONL).")
    ] = "",
    ignore: Annotated[
        str, typer.Option(metavar="WHAT", help="What does not count, with commas: case, punctuation, furniture; none.")
    ] = "furniture",
    teds: Annotated[bool, typer.Option("--teds", help="Measure TEDS of tables too; needs ocroute[teds].")] = False,
    repeat: Annotated[
        bool, typer.Option("--repeat", help="Read with each engine twice: does the same come out?")
    ] = False,
    lang: Annotated[str, typer.Option(metavar="CODES", help="The languages of the pages, with commas.")] = "",
    pages: Annotated[str | None, typer.Option(help="Which pages of each input, e.g. 1-3,7.")] = None,
    jobs: Annotated[int | None, typer.Option(help="Processes that read pages side by side.", min=1)] = None,
    out: Annotated[
        str,
        typer.Option("--out", "-o", metavar="FOLDER", help="Write report.html there; what engines read stays in it."),
    ] = "",
    images: Annotated[bool, typer.Option("--images/--no-images", help="Show pages and crops in the report.")] = True,
    json: Annotated[bool, typer.Option("--json", help="Write all figures as JSON.")] = False,
    md: Annotated[bool, typer.Option("--md", help="Write the tables as Markdown.")] = False,
) -> None:
    """Compare engines, or outputs of any program, on your own pages: with each other, with facts, or with the known text."""
    from ocroute.cli.commands import split
    from ocroute.cli.terminal import error_line, logged
    from ocroute.compare.comparing import compare as compared
    from ocroute.compare.fact_files import load_facts
    from ocroute.compare.saved_runs import load_run, named_apart, together
    from ocroute.compare.scoring import rules_for
    from ocroute.compare.table_trees import TreeLikeness

    rules = rules_for(split(ignore))
    trees = TreeLikeness() if teds else None
    stated, wrong = load_facts(Path(facts)) if facts else ([], [])
    known = [load_run(Path(truth))] if truth else []
    read = (
        [] if runs else _fresh(inputs, split(engines), repeat=repeat, lang=split(lang), pages=pages, jobs=jobs, out=out)
    )
    with logged():
        found = _saved(inputs, engines) if runs else read
        aligned = together([*named_apart(found), *known])
        last = aligned.pop() if known else None
        result = compared(aligned, truth=last, facts=stated, rules=rules, trees=trees, problems=wrong)
        if out:
            from ocroute.compare.report_page import write_report

            written = write_report(result, aligned, Path(out) / "report.html", truth=last, rules=rules, images=images)
    code = _written(result, json=json, md=md)
    if out:
        error_line(f"the report is {written}")
    raise typer.Exit(code)


def _written(result: Comparison, *, json: bool, md: bool) -> ExitCode:
    """Write what came out as it is wanted, and what was wrong with the inputs beside it; the code to exit with."""
    from ocroute.cli.draw_compare import comparison_markdown, draw_comparison
    from ocroute.cli.terminal import error_line, product
    from ocroute.errors import ExitCode

    if json:
        write_json(result)
    elif md:
        product(comparison_markdown(result).encode())
    else:
        draw_comparison(result)
    problems = [*result.problems, *(f"{row.name}: {one}" for row in result.runs for one in row.problems)]
    for problem in problems:
        error_line(problem)
    return ExitCode.BAD_INPUT if problems else ExitCode.OK


def _saved(inputs: list[str], engines: str) -> list[Run]:
    from ocroute.compare.saved_runs import load_run
    from ocroute.errors import UsageError

    if engines:
        raise UsageError("--runs compares what was read, and --engines reads", next_step="Leave one of them out")
    return [load_run(Path(one)) for one in inputs]


def _fresh(
    inputs: list[str],
    engines: Sequence[str],
    *,
    repeat: bool,
    lang: Sequence[str],
    pages: str | None,
    jobs: int | None,
    out: str,
) -> list[Run]:
    from ocroute.cli.progress_bar import ProgressBar
    from ocroute.compare.fresh_runs import engines_here, read_with
    from ocroute.languages import resolved
    from ocroute.process.interrupts import stoppable
    from ocroute.route.machine_survey import plan_here
    from ocroute.route.wish import Wish

    languages = resolved(lang)
    engines = engines or engines_here(languages)
    for one in engines:
        plan_here(Wish(one))  # before the first of them has read for an hour
    folder = Path(out) / "runs" if out else None
    with stoppable(), ProgressBar():
        return [
            read_with(one, inputs, folder=folder, repeat=repeat, languages=languages, pages=pages, jobs=jobs)
            for one in engines
        ]
