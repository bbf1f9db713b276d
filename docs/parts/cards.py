"""Which engine and kernels ocroute would use on cards that are described, not had: what the planner itself says."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import msgspec

from ocroute.engines import ENGINES, Availability
from ocroute.engines.neural.attention import kernel_choices
from ocroute.engines.neural.attention_shapes import problems_by_sub_model
from ocroute.kernels.base import KERNELS, KernelInfo, Presence, SubModel
from ocroute.kernels.choice import Choice
from ocroute.kernels.probe.proof import Measure, Place, Proof
from ocroute.kernels.requirements import Installed, Platform, TorchBuild
from ocroute.machine import Gpu, Machine
from ocroute.route.plan import EngineStatus, Plan, Wish, plan
from parts.common import EVIDENCE, Part, Record, built_in, from_evidence, measured, table

MODEL = "dots_ocr"
LAPTOP = Machine("Linux", "x86_64", "described", cores=8, memory_mb=32_000, free_mb=24_000, python="3.12")
CARDS = {
    "RTX 5070 Ti 16 GB": Gpu("NVIDIA GeForce RTX 5070 Ti", 16_303, 15_303, (12, 0)),
    "RTX 5090 32 GB": Gpu("NVIDIA GeForce RTX 5090", 32_607, 31_607, (12, 0)),
    "RTX 4090 24 GB": Gpu("NVIDIA GeForce RTX 4090", 24_564, 23_564, (8, 9)),
    "RTX 3060 12 GB": Gpu("NVIDIA GeForce RTX 3060", 12_288, 11_288, (8, 6)),
    "T4 16 GB": Gpu("Tesla T4", 15_360, 14_360, (7, 5)),
    "A100 80 GB": Gpu("NVIDIA A100-SXM4-80GB", 81_920, 80_920, (8, 0)),
    "H100 80 GB": Gpu("NVIDIA H100 80GB HBM3", 81_559, 80_559, (9, 0)),
    "B200 180 GB": Gpu("NVIDIA B200", 183_359, 182_359, (10, 0)),
    "laptop without GPU": None,
}
TORCH = TorchBuild("2.13.0+cu130", "13.0", ("sm_75", "sm_80", "sm_86", "sm_90", "sm_100", "sm_120"))
OLD_TORCH = TorchBuild("2.9.1+cu126", "12.6", ("sm_50", "sm_60", "sm_70", "sm_75", "sm_80", "sm_86", "sm_90"))
DRIVER, OLD_DRIVER = "13.0", "12.8"
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

    torch: TorchBuild = TORCH
    driver: str = DRIVER
    versions: dict[str, str] = {}
    speeds: dict[str, dict[str, float]] = {}

    def on(self, gpu: Gpu | None) -> Seen:
        """What the planner says of it on a card."""
        machine = (
            msgspec.structs.replace(LAPTOP, gpus=(gpu,), driver="described", driver_cuda=self.driver) if gpu else LAPTOP
        )
        kernels = self._kernels()
        proofs = tuple(self._proofs(gpu, kernels)) if gpu else ()
        platform = Platform(gpu, machine.driver_cuda, self.torch, kernels, proofs)
        return Seen(plan(machine, engines(), Wish(), platform), kernel_choices(MODEL, platform))

    def _kernels(self) -> dict[str, Installed]:
        """Every kernel of ours, as it stands there."""
        versions = {**self.versions, "torch": self.torch.version}

        def presence(info: KernelInfo) -> Presence:
            version = versions.get(info.distribution)
            return (
                Presence("usable", version)
                if version
                else Presence("absent", reason=f"{info.distribution} is not installed")
            )

        infos = {name: KERNELS.load(name).info for name in built_in(KERNELS)}
        return {name: (info, presence(info)) for name, info in infos.items()}

    def _proofs(self, gpu: Gpu, kernels: dict[str, Installed]) -> Iterator[Proof]:
        place = Place(gpu.name, gpu.compute_capability, "described", self.torch.version)
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
    "torch with code for the card": Scene(),
    "torch 2.9 for CUDA 12.6": Scene(torch=OLD_TORCH),
    "driver for CUDA 12.8": Scene(driver=OLD_DRIVER),
    "flash-attn-4 as well": Scene(versions={"flash-attn-4": FLASH4}),
}


def overview() -> str:
    """Card by card, what is installed against what reads."""
    scenes = dict(SCENES)
    if (EVIDENCE / "kernels.json").exists():
        scenes["everything, proven"] = all_proven(measured("kernels"))
    rows = [(name, *(scene.on(gpu).brief for scene in scenes.values())) for name, gpu in CARDS.items()]
    return table(("card", *scenes), rows)


def grouped(row: Callable[[Gpu | None], Row]) -> list[Row]:
    """A row for all cards of which the same is to be said."""
    alike: dict[Row, list[str]] = {}
    for name, gpu in CARDS.items():
        alike.setdefault(row(gpu), []).append(name)
    return [(", ".join(names), *cells) for cells, names in alike.items()]


def details(scene: Scene) -> Part:
    """Engines, kernels, and what to do next."""

    def row(gpu: Gpu | None) -> Row:
        seen = scene.on(gpu)
        if seen.why_not:
            return seen.order, "", "", seen.why_not
        proven = all(choice.proven for choice in seen.parts.values())
        step = "" if proven else f"unproven: run `ocroute prove --for {MODEL}`"
        return seen.order, *map(kernel, seen.parts.values()), step

    head = ("card", "a page is read by", "vision encoder on", "decoder on", "next step, or what is missing")
    return lambda: table(head, grouped(row))


def with_flash4() -> str:
    """What the choice says of flash-attn-4 before anything is proven."""

    def row(gpu: Gpu | None) -> Row:
        seen = SCENES["flash-attn-4 as well"].on(gpu)
        if seen.why_not:
            return seen.order, "", seen.why_not
        choice = seen.parts["vision"]
        return seen.order, kernel(choice), next(one.reason for one in choice.trace if one.kernel == "flash4")

    return table(("card", "a page is read by", "vision encoder on", "what is said of `flash4`"), grouped(row))


@from_evidence("kernels", "python -m bench.kernels --json evidence/kernels.json")
def proven(record: Record) -> str:
    """The three fastest kernels of each part."""
    scene = all_proven(record)

    def row(gpu: Gpu | None) -> Row:
        seen = scene.on(gpu)
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


PARTS: dict[str, Part] = {
    "cards": overview,
    "cards-torch": details(SCENES["torch with code for the card"]),
    "cards-no-code": details(SCENES["torch 2.9 for CUDA 12.6"]),
    "cards-old-driver": details(SCENES["driver for CUDA 12.8"]),
    "cards-flash4": with_flash4,
    "cards-proven": proven,
}
