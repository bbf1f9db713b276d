"""Which engine and kernels ocroute would use on cards that are described, not had: what the planner itself says."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from typing import Literal

import msgspec

from ocroute.engines import ENGINES, Availability
from ocroute.engines.neural.attention import kernel_choices
from ocroute.engines.neural.attention_shapes import problems_by_sub_model
from ocroute.kernels.base import KERNELS, KernelInfo, Presence, SubModel
from ocroute.kernels.choice import Choice
from ocroute.kernels.probe.proof import Measure, Place, Proof
from ocroute.kernels.requirements import Installed, Platform, TorchBuild, torch_obstacle
from ocroute.kernels.torch_builds import code as torch_code
from ocroute.kernels.torch_builds import releases
from ocroute.machine import Gpu
from ocroute.route.plan import EngineStatus, Plan, Wish, plan
from parts.common import EVIDENCE, Part, Record, built_in, from_evidence, measured, table
from parts.machines import Described, System, described, from_default_index, installed_by

MODEL = "dots_ocr"
NEWEST, LAST_YEAR = releases()[0].release, "2.9.1"
FLASH4 = "4.0.0b36"
SPEEDS = {"vision": "page_19012", "text": "text_5000"}
"""Part of the model to the measured problem of the same shape."""

Row = tuple[str, ...]


class Scene(msgspec.Struct, frozen=True):
    """What is installed, and what was proven with it.

    Attributes:
        versions: of installed packages besides torch, by distribution.
        speeds: kernel to part to TFLOP/s, of the kernels that are proven on every card that takes them.
    """

    torch: Literal["fitting", "default", "last year's default"] = "fitting"
    driver: Literal["today's", "last year's"] = "today's"
    versions: dict[str, str] = {}
    speeds: dict[str, dict[str, float]] = {}

    def on(self, one: Described, system: System | None = None) -> Seen:
        """What the planner says of it on a card, on the first system where that exists."""
        system = system or one.hosts[0]
        driver = one.last_driver if self.driver == "last year's" else one.driver
        torch = self._torch(one, system, driver)
        machine = one.on(system, driver, torch)
        gpu, kernels = machine.first_gpu, self._kernels(torch)
        proofs = tuple(self._proofs(gpu, kernels, torch)) if gpu else ()
        platform = Platform(gpu, machine.driver_cuda, torch, kernels, proofs, host=machine.host)
        return Seen(plan(machine, engines(), Wish(), platform), kernel_choices(MODEL, platform))

    def _torch(self, one: Described, system: System, driver: str) -> TorchBuild:
        if self.torch != "fitting":
            return from_default_index(NEWEST if self.torch == "default" else LAST_YEAR, system)
        machine = one.on(system, driver)
        found = torch_obstacle(Platform(machine.first_gpu, driver, None, host=machine.host))
        return (installed_by(found.next_step.command, system) if found else None) or from_default_index(NEWEST, system)

    def _kernels(self, torch: TorchBuild) -> dict[str, Installed]:
        """Every kernel of ours, as it stands there."""
        versions = {**self.versions, "torch": torch.version}

        def presence(info: KernelInfo) -> Presence:
            version = versions.get(info.distribution)
            return (
                Presence("usable", version)
                if version
                else Presence("absent", reason=f"{info.distribution} is not installed")
            )

        infos = {name: KERNELS.load(name).info for name in built_in(KERNELS)}
        return {name: (info, presence(info)) for name, info in infos.items()}

    def _proofs(self, gpu: Gpu, kernels: dict[str, Installed], torch: TorchBuild) -> Iterator[Proof]:
        if gpu.kind == "mps":  # nothing is proven there
            return
        place = Place(gpu.name, gpu.compute_capability, "described", torch.version)
        for part, problems in problems_by_sub_model(MODEL, gpu).items():
            for name, speeds in self.speeds.items():
                for problem in problems if part in speeds else ():
                    measure = Measure(1.0, speeds[part])
                    yield Proof(name, kernels[name][1].version, problem, place, "proven", "", measure=measure)


class Seen(msgspec.Struct, frozen=True):
    """A plan, and the kernels of the model's vision encoder and decoder."""

    plan: Plan
    parts: dict[SubModel, Choice]

    @property
    def why_not(self) -> str:
        """Why the model does not read there; empty where it does."""
        return self.plan.rejected.get(MODEL, "")

    @property
    def order(self) -> str:
        """The engines in their order, but for the file's own text, which always comes first."""
        return ", then ".join(f"`{name}`" for name in self.plan.routes if name != "textlayer")

    @property
    def brief(self) -> str:
        """In a few words."""
        if self.why_not:
            return "CPU: " + self.order.replace(", then", ",")
        kernels = dict.fromkeys(kernel(choice) for choice in self.parts.values())
        proven = all(choice.proven for choice in self.parts.values())
        return f"`{MODEL}` on {' and '.join(kernels)}{'' if proven else ', unproven'}"


def engines() -> dict[str, EngineStatus]:
    """The engines that need no GPU and no server, and dots_ocr with its weights."""
    infos = {name: ENGINES.load(name).info for name in built_in(ENGINES)}
    here = Availability("usable", scripts=("Latn",))
    wanted = {name: info for name, info in infos.items() if name == MODEL or info.kind in ("ocr", "textlayer")}
    return {name: EngineStatus(info, here) for name, info in wanted.items()}


def kernel(choice: Choice) -> str:
    return f"`{choice.kernel}`" if choice.kernel else "none"


def all_proven(record: Record) -> Scene:
    """Every exact kernel that was measured is installed and proven, with the speed that it had where it was measured."""
    infos = {name: KERNELS.load(name).info for name in record["software"]["kernels"]}
    versions = {infos[name].distribution: version for name, version in record["software"]["kernels"].items()}
    speeds = {
        name: {
            part: found[problem]["ours"]["tflops"]
            for part, problem in SPEEDS.items()
            if "ours" in found.get(problem, {})
        }
        for name, found in record["kernels"].items()
        if name in infos and infos[name].numerics == "exact"
    }
    return Scene(versions=versions, speeds={name: found for name, found in speeds.items() if found})


SCENES = {
    "a torch that fits": Scene(),
    f"torch {NEWEST} of the default index": Scene("default"),
    f"torch {LAST_YEAR} of the default index": Scene("last year's default"),
    f"torch {NEWEST}, driver for CUDA 12.8": Scene("default", "last year's"),
    "flash-attn-4 as well": Scene(versions={"flash-attn-4": FLASH4}),
}
_FITS, _DEFAULT, _OLD, _OLD_DRIVER, _FLASH4 = SCENES


def overview() -> str:
    """Card by card, what is installed against what reads."""
    scenes = dict(SCENES)
    if (EVIDENCE / "kernels.json").exists():
        scenes["everything, proven"] = all_proven(measured("kernels"))
    rows = [(name, *(scene.on(one).brief for scene in scenes.values())) for name, one in described().items()]
    return table(("card", *scenes), rows)


def grouped(row: Callable[[Described], Row], cards: Collection[str] = ()) -> list[Row]:
    """A row for all cards of which the same is to be said."""
    alike: dict[Row, list[str]] = {}
    for name in cards or described():
        alike.setdefault(row(described()[name]), []).append(name)
    return [(", ".join(names), *cells) for cells, names in alike.items()]


def details(scene: Scene) -> Part:
    """Engines, kernels, and what to do next."""

    def row(one: Described) -> Row:
        seen = scene.on(one)
        if seen.why_not:
            return seen.order, "", "", seen.why_not
        proven = all(choice.proven for choice in seen.parts.values())
        provable = (one.gpu or {}).get("kind") != "mps"
        step = "" if proven else f"unproven: run `ocroute prove --for {MODEL}`" if provable else "unproven"
        return seen.order, *map(kernel, seen.parts.values()), step

    head = ("card", "a page is read by", "vision encoder on", "decoder on", "next step, or what is missing")
    return lambda: table(head, grouped(row))


def with_flash4() -> str:
    """What the choice says of flash-attn-4 before anything is proven."""

    def row(one: Described) -> Row:
        seen = SCENES[_FLASH4].on(one)
        if seen.why_not:
            return seen.order, "", seen.why_not
        choice = seen.parts["vision"]
        return seen.order, kernel(choice), next(one.reason for one in choice.trace if one.kernel == "flash4")

    return table(("card", "a page is read by", "vision encoder on", "what is said of `flash4`"), grouped(row))


@from_evidence("kernels", "python -m bench.kernels --json evidence/kernels.json")
def proven(record: Record) -> str:
    """The three fastest kernels of each part."""
    scene = all_proven(record)

    def row(one: Described) -> Row:
        seen = scene.on(one)
        if seen.why_not:
            return seen.order, "", seen.why_not
        return seen.order, *map(ranking, seen.parts.values())

    head = ("card", "a page is read by", "vision encoder on, the fastest first", "decoder on, the fastest first")
    taken = ", ".join(f"`{name}`" for name in sorted(scene.speeds))
    end = f"\nKernels: {taken}, in the order of their speed on {record['gpu']}, {record['date']}.\n"
    return table(head, grouped(row)) + end


def ranking(choice: Choice) -> str:
    """The kernel that is used and the two that would be next."""
    accepted = [f"`{one.kernel}`" for one in choice.trace if one.accepted][:3]
    return ", ".join(accepted) or f"{kernel(choice)}, unproven"


def get_torch() -> str:
    """Which torch to install where there is none, by system and driver."""

    def row(one: Described) -> Row:
        return tuple(_install(one, system, driver) for system, driver in kinds)

    drivers = ("today's", "last year's")
    kinds: list[tuple[System, str]] = [(system, driver) for system in ("linux", "windows") for driver in drivers]
    head = ("card", *(f"{'Windows' if system == 'windows' else 'Linux'}, {driver} driver" for system, driver in kinds))
    return table(head, grouped(row))


def _install(one: Described, system: System, driver: str) -> str:
    """The command, or what else there is to say; empty where there is no such machine."""
    if system == "windows" and system not in one.hosts:
        return ""
    system = system if system in one.hosts else one.hosts[0]
    if driver == "last year's" and not one.last_driver:
        return "the same"
    machine = one.on(system, one.last_driver if driver == "last year's" else one.driver)
    found = torch_obstacle(Platform(machine.first_gpu, machine.driver_cuda, None, host=machine.host))
    step = found.next_step if found else None
    return (f"`{step.command}`" if step.command else str(step)) if step else "`pip install 'ocroute[vlm]'`"


def torch_table() -> str:
    """The releases of torch, and what each of their builds has code for."""
    rows = [
        (one.release, ", ".join(one.cuda), one.default, one.rocm, f"{one.source}; {one.date}") for one in releases()
    ]
    return table(("torch", "CUDA builds", "on Linux the default index gives", "ROCm", "read from"), rows)


def code_table() -> str:
    """Architectures by CUDA build."""
    rows = [
        (one.cuda, ", ".join(one.on("linux", NEWEST)), ", ".join(one.on("linux-aarch64", NEWEST)))
        for one in torch_code().values()
    ]
    return table(("CUDA build", "code inside, x86", "code inside, ARM"), rows)


PARTS: dict[str, Part] = {
    "cards": overview,
    "cards-get-torch": get_torch,
    "cards-torch-releases": torch_table,
    "cards-torch-code": code_table,
    "cards-torch": details(SCENES[_FITS]),
    "cards-default": details(SCENES[_DEFAULT]),
    "cards-no-code": details(SCENES[_OLD]),
    "cards-old-driver": details(SCENES[_OLD_DRIVER]),
    "cards-flash4": with_flash4,
    "cards-proven": proven,
}
