"""``ocroute finetune train``, ``judge`` and ``merge``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ocroute.cli.app import write_json
from ocroute.cli.finetune_command import Json, finetune

if TYPE_CHECKING:
    from ocroute.finetune import Judged, Trained

_Model = Annotated[
    str, typer.Option(metavar="WHERE", help="The weights of dots.ocr: a folder or a hub id that was fetched before.")
]
_Adapter = Annotated[str, typer.Argument(metavar="ADAPTER", help="The folder that `ocroute finetune train` has made.")]


@finetune.command()
def train(
    data: Annotated[str, typer.Argument(metavar="DATA", help="That `ocroute finetune export` has made.")],
    out: Annotated[
        str, typer.Option("--out", "-o", metavar="FOLDER", help="For the adapter; a stopped training goes on.")
    ],
    model: _Model = "",
    rank: Annotated[int, typer.Option(help="Of the adapter's matrices.")] = 16,
    epochs: Annotated[int, typer.Option(help="How often each page is shown at most.")] = 5,
    pages_per_step: Annotated[int, typer.Option(help="Pages that are learnt from together.")] = 8,
    rate: Annotated[float, typer.Option(help="The highest learning rate.")] = 1e-4,
    patience: Annotated[int, typer.Option(help="End after so many epochs that bring nothing better.")] = 2,
    seed: Annotated[int, typer.Option(help="Of the order of the pages and the adapter's first values.")] = 0,
    json: Json = False,
) -> None:
    """Teach dots.ocr your examples; ends with 3 where it reads pages that it was not taught no better than before."""
    from ocroute.cli.terminal import console, logged
    from ocroute.errors import ExitCode
    from ocroute.finetune import TrainSettings
    from ocroute.finetune import train as trained
    from ocroute.process.interrupts import noted, stoppable

    settings = TrainSettings(
        rank=rank, epochs=epochs, pages_per_step=pages_per_step, rate=rate, patience=patience, seed=seed
    )
    with stoppable(lambda: "Run the same command again to go on"), noted() as stop, logged():
        found = trained(Path(data), Path(out), model=model, settings=settings, stop=stop)
    if json:
        write_json(found)
    else:
        console().print(_told(found, data), soft_wrap=True)
    raise typer.Exit(ExitCode.OK if found.better else ExitCode.DOUBTFUL)


@finetune.command()
def judge(
    adapter: _Adapter,
    data: Annotated[str, typer.Argument(metavar="DATA", help="The examples; those that are held out are read.")],
    others: Annotated[
        str, typer.Option(metavar="DATA", help="Examples of what was read well before; all are read: is it forgotten?")
    ] = "",
    model: _Model = "",
    json: Json = False,
) -> None:
    """Read held-out pages with and without the adapter; ends with 3 where it is not better for certain, or forgets."""
    from ocroute.cli.terminal import console, logged
    from ocroute.errors import ExitCode
    from ocroute.finetune import judge as judged
    from ocroute.process.interrupts import stoppable

    with stoppable(), logged():
        found = judged(Path(adapter), Path(data), others=Path(others) if others else None, model=model)
    if json:
        write_json(found)
    else:
        console().print(
            "\n".join((*_rows(found.held_out), *(_rows(found.others) if found.others else ()), *found.says)),
            soft_wrap=True,
        )
    raise typer.Exit(ExitCode.OK if found.fine else ExitCode.DOUBTFUL)


@finetune.command()
def merge(
    adapter: _Adapter,
    out: Annotated[str, typer.Option("--out", "-o", metavar="FOLDER", help="For the whole model; not there yet.")],
    model: _Model = "",
    json: Json = False,
) -> None:
    """Write a model with the adapter in it, for vLLM and other programs; ocroute reads with it as with any weights."""
    from ocroute.cli.terminal import console
    from ocroute.finetune import merge as merged
    from ocroute.process.interrupts import stoppable

    with stoppable():
        found = merged(Path(adapter), Path(out), model=model)
    if json:
        write_json(found)
    else:
        console().print(
            f"{found.changed} tensors changed. Read with it: ocroute read PAGE --engine dots_ocr --model {found.folder}",
            soft_wrap=True,
        )


def _told(found: Trained, data: str) -> str:
    taught = f"{found.steps} steps with {found.pages} pages in {found.seconds:.0f} s"
    if found.before and found.after:
        rates = f"{found.before.cer:.2%} of the characters were wrong, now {found.after.cer:.2%}"
        taught += f"; on {found.after.pages} others {rates}"
    if found.spoilt:
        taught += f"; in {found.spoilt} trials the canary page was not read any more: ordinary pages, or a smaller --rate, help"
    if not found.better:
        return f"{taught}. That is no better, so no adapter was kept"
    return f"{taught}. See whether it helps on what is held out: ocroute finetune judge {found.folder} {data}"


def _rows(found: Judged) -> list[str]:
    """One set of pages, a line for each of the two."""
    rows = [f"{found.folder}: {found.pages} pages, {found.characters} characters"]
    for name, side in (("without", found.base), ("with the adapter", found.adapted)):
        rows.append(
            f"  {name:<17} {side.cer:7.2%} wrong, {side.accepted} accepted ({side.wrong_accepted} of them wrong), "
            f"{side.loops} loops, {side.failed} failed, {side.seconds:.1f} s"
        )
    if found.gained:
        rows.append(f"  difference        {found.gained.low:+.2%} to {found.gained.high:+.2%} of the characters")
    return rows
