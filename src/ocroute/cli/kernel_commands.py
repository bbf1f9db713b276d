"""``ocroute kernels``, ``ocroute prove`` and ``ocroute build``."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ocroute.cli.app import app, write_json
from ocroute.cli.commands import Command, split

if TYPE_CHECKING:
    from ocroute.kernels.probe import Proof

_NO_FACTS = "Let no dated fact about versions and cards refuse a kernel; the probe alone decides."


@app.command()
def kernels(
    no_facts: Annotated[bool, typer.Option("--no-facts", help=_NO_FACTS)] = False,
    json: Annotated[bool, typer.Option("--json", help="Write it as JSON.")] = False,
    export: Annotated[
        str,
        typer.Option(
            metavar="FILE",
            help="Only write all proofs kept here into FILE, - for stdout: for a report. It names neither you nor your folders.",
        ),
    ] = "",
) -> None:
    """List every attention kernel: absent, broken, usable or proven here; why, and what to install."""
    if export and json:
        from ocroute.errors import UsageError

        raise UsageError("--export writes proofs as JSON, and --json the kernels", next_step="Give one of them")
    if export:
        from ocroute.cli.terminal import logged, product
        from ocroute.kernels.ledger import Ledger

        with logged():
            Ledger().export_to(Path(export)) if export != "-" else product(Ledger().export())
        return
    from ocroute.kernels.inventory import inventory
    from ocroute.kernels.this_machine import platform_here, stale_here
    from ocroute.machine import inspect

    machine = inspect()
    platform, stale = platform_here(machine, facts=not no_facts), stale_here(machine)
    rows, proofs = inventory(platform, stale), platform.proofs
    if json:
        write_json({"kernels": rows, "proofs": proofs, "stale": stale})
    else:
        from ocroute.cli.draw_kernels import kernel_table
        from ocroute.cli.terminal import console

        console().print(kernel_table(rows, machine, proofs))


@app.command(cls=Command)
def prove(
    names: Annotated[list[str] | None, typer.Argument(metavar="[KERNEL]...", help="All that are installed.")] = None,
    model: Annotated[
        str, typer.Option("--for", metavar="MODEL", help="Only what this model needs, at this card's page sizes.")
    ] = "",
    weights: Annotated[
        str,
        typer.Option(
            "--model",
            metavar="WHERE",
            help="Weights for --for whose shapes are proven: a folder or a hub id, as in read.",
        ),
    ] = "",
    no_facts: Annotated[bool, typer.Option("--no-facts", help=_NO_FACTS)] = False,
    quantized: Annotated[
        bool, typer.Option("--quantized", help="Prove kernels that compute in fewer bits too.")
    ] = False,
    timeout: Annotated[
        float,
        typer.Option(
            metavar="SECONDS",
            min=1.0,
            help="For one case. Compiling for it has its own time: ten times as much, ten minutes at least.",
        ),
    ] = 60.0,
    json: Annotated[bool, typer.Option("--json", help="Write every proof as JSON.")] = False,
) -> None:
    """Run attention kernels here, each in a process of its own, on inputs chosen to break them; keep the proofs."""
    from ocroute.cli import draw_kernels as draw
    from ocroute.cli.terminal import logged
    from ocroute.engines.neural.attention_shapes import all_problems, problems_for
    from ocroute.errors import ExitCode, OcrouteError, UsageError
    from ocroute.kernels.prove import Limits, prove_here, unproven, unserved
    from ocroute.machine import inspect
    from ocroute.process.interrupts import stoppable

    show = write_json if json else draw.draw_proofs
    if weights and not model:
        raise UsageError(f"--model {weights} says nothing of its engine", next_step="Add: --for MODEL")
    gpu = inspect().first_gpu
    problems = problems_for(model, gpu, weights) if model else all_problems(gpu)
    made: list[Proof] = []
    with stoppable(), logged():
        try:
            for proof in prove_here(
                names or (), problems, facts=not no_facts, quantized=quantized, limits=Limits.of(timeout)
            ):
                draw.draw_verdict(proof)
                made.append(proof)
        except OcrouteError:
            if made:
                show(made)
            raise
    show(made)
    if unproven(names, made) if names else unserved(made):
        raise typer.Exit(ExitCode.UNAVAILABLE)


@app.command(cls=Command)
def build(
    name: Annotated[str, typer.Argument(metavar="KERNEL", help="One of {recipes}.")],
    arch: Annotated[
        str, typer.Option(metavar="X.Y", help="Compute capability to build for; that of the card here when left out.")
    ] = "",
    source: Annotated[
        Path | None,
        typer.Option(metavar="PATH", help="A source folder or archive; needed where no package index has it."),
    ] = None,
    jobs: Annotated[int, typer.Option(min=0, help="Compilers at once; memory and cores decide when left out.")] = 0,
    forward_only: Annotated[
        bool, typer.Option("--forward-only", help="Leave out the backward pass, which reading never needs.")
    ] = False,
    head_dims: Annotated[
        str, typer.Option("--head-dims", metavar="DIMS", help="Only these, e.g. 64,128; with --forward-only.")
    ] = "",
    work: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help="Where to build; a folder of ocroute's own when left out.")
    ] = None,
    install: Annotated[
        bool, typer.Option("--install/--no-install", help="Install the wheel and prove the kernel.")
    ] = True,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Check, and print what would run; run nothing.")] = False,
) -> None:
    """Build an attention kernel for a card: checks first, then a wheel whose architectures are known, then its proof."""
    from ocroute.cli import draw_build as draw
    from ocroute.cli.draw_kernels import draw_verdict
    from ocroute.cli.terminal import logged
    from ocroute.engines.neural.attention_shapes import all_problems
    from ocroute.errors import ExitCode
    from ocroute.kernels.build import checks, command, plan, script
    from ocroute.kernels.prove import unproven
    from ocroute.process.interrupts import stoppable

    request = command.wanted(
        name,
        arch=arch,
        work=work,
        source=source,
        jobs=jobs,
        forward_only=forward_only,
        head_dims=split(head_dims),
        install=install,
    )
    tools = command.tools_for(request)
    found = checks(request, tools)
    draw.draw_checks(found)
    failed = any(check.state == "fail" for check in found)
    if dry_run and command.possible(request):
        typer.echo(script(plan(request, tools)), nl=False)
    if failed:
        raise typer.Exit(ExitCode.UNAVAILABLE)
    if dry_run:
        return
    made: list[Proof] = []
    with stoppable(), logged():
        with draw.watched() as watch:
            built = command.build_wheel(request, tools, watch=watch)
        draw.draw_built(built)
        for proof in command.proofs(request, all_problems):
            draw_verdict(proof)
            made.append(proof)
    draw.draw_proven(built, made)
    if made and unproven([name], made):
        raise typer.Exit(ExitCode.UNAVAILABLE)
