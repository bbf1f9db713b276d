"""``ocroute finetune export`` and ``ocroute finetune check``."""

from pathlib import Path
from typing import Annotated

import typer

from ocroute.cli.app import app, write_json

finetune = typer.Typer(
    help="Make examples of your pages, train dots.ocr on them, and see whether it reads better.", no_args_is_help=True
)
app.add_typer(finetune, name="finetune")

Json = Annotated[bool, typer.Option("--json", help="Write it as JSON.")]


@finetune.command()
def export(
    inputs: Annotated[list[str], typer.Argument(metavar="INPUT...", help="Pages: images, PDFs, or folders of them.")],
    truth: Annotated[str, typer.Option(metavar="WHERE", help="What stands on them: files named like the documents.")],
    out: Annotated[str, typer.Option("--out", "-o", metavar="FOLDER", help="A folder that is not there yet.")],
    engine: Annotated[str, typer.Option(metavar="NAME", help="Whose prompts and answers: dots_ocr.")] = "dots_ocr",
    task: Annotated[
        str, typer.Option(metavar="TASK", help="layout (blocks with boxes, from ocroute's JSON) or text.")
    ] = "layout",
    form: Annotated[str, typer.Option("--format", metavar="TRAINER", help="swift, llamafactory or trl.")] = "swift",
    held_out: Annotated[float, typer.Option(metavar="SHARE", help="Of the documents, not to be trained on.")] = 0.15,
    json: Json = False,
) -> None:
    """Write pages and their known text as examples: images at the size that the model sees, answers as its parser reads them."""
    from typing import cast, get_args

    from ocroute.cli.terminal import console, error_line
    from ocroute.errors import UsageError
    from ocroute.finetune import export as exported
    from ocroute.finetune.targets import Task
    from ocroute.finetune.trainer_formats import Format

    for given, known, option in ((task, get_args(Task), "--task"), (form, get_args(Format), "--format")):
        if given not in known:
            raise UsageError(f"{option} {given} is not known", next_step=f"Choose from: {', '.join(known)}")
    found = exported(
        inputs,
        Path(truth),
        Path(out),
        engine=engine,
        task=cast("Task", task),
        form=cast("Format", form),
        held_out=held_out,
    )
    for line in (*found.left_out, *found.remarks):
        error_line(line)
    if json:
        write_json(found)
    else:
        console().print(f"{found.train} examples to train on, {found.test} held out, in {found.folder}", soft_wrap=True)


@finetune.command()
def check(
    folder: Annotated[str, typer.Argument(metavar="FOLDER", help="That `ocroute finetune export` has made.")],
    json: Json = False,
) -> None:
    """Look through examples for what makes a model worse; ends with 5 where something must be mended."""
    from ocroute.cli.terminal import console, error_line
    from ocroute.errors import ExitCode
    from ocroute.finetune import check as checked

    found = checked(Path(folder))
    for line in (*found.problems, *found.remarks):
        error_line(line)
    if json:
        write_json(found)
    else:
        told = f"{found.train} examples to train on, {found.test} held out; the largest image has {found.longest_image} tokens, "
        told += f"the longest answer {found.longest_target} characters; {len(found.problems)} problems"
        console().print(told, soft_wrap=True)
    raise typer.Exit(ExitCode.BAD_INPUT if found.problems else ExitCode.OK)
