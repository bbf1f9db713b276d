"""What a new version would change here: plan and kernels are chosen again with it in place of the old one. Pure."""

from __future__ import annotations

import shlex
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace

from ocroute.engines.neural.attention import kernel_choices
from ocroute.engines.neural.attention_shapes import models, problems_by_sub_model
from ocroute.errors import EngineUnavailable
from ocroute.kernels.base import SUB_MODELS, Presence, Problem, SubModel
from ocroute.kernels.binaries import runs_on
from ocroute.kernels.choice import choose
from ocroute.kernels.probe.proof import Place, Proof
from ocroute.kernels.requirements import Platform, TorchBuild, obstacle, torch_obstacle
from ocroute.kernels.torch_builds import code, releases
from ocroute.route.plan import plan
from ocroute.route.wish import Wish
from ocroute.watch.base import Here, Subject


@dataclass(frozen=True, slots=True)
class Outlook:
    """What a version would change.

    Attributes:
        changes: sentences.
        commands: that bring it, in their order.
        better: whether something becomes possible that is not now.
        worse: whether something is lost.
    """

    changes: tuple[str, ...] = ()
    commands: tuple[str, ...] = ()
    better: bool = False
    worse: bool = False


def outlook(here: Here, subject: Subject, version: str) -> Outlook:
    """What ``version`` of a subject would change on the machine."""
    if subject.kind == "driver":
        return _of_driver(here)
    if subject.name == "torch":
        return _of_torch(here, version)
    kernels = [name for name in subject.about if here.platform and name in here.platform.kernels]
    if kernels:
        return _of_kernels(here, subject, kernels, version)
    if subject.kind == "program":
        return Outlook()
    return Outlook(tuple(_engines_on(here, subject.name, version)), (_install(subject.name, version),))


def _of_driver(here: Here) -> Outlook:
    proofs = _proofs(here)
    told = f"{_count(len(proofs), 'proof')} of kernels {'is' if len(proofs) == 1 else 'are'} of driver {here.machine.driver}"
    changes = [f"{told}, and would have to be made again"] if proofs else []
    if here.platform and (found := torch_obstacle(here.platform)) and "driver serves CUDA" in found.cause:
        changes.append(f"{found.cause}: a newer driver may serve it")
    return Outlook(tuple(changes), ("ocroute prove",) if proofs else (), better=len(changes) > bool(proofs))


def _of_torch(here: Here, version: str) -> Outlook:
    now = here.platform
    if now is None or now.gpu is None:
        return Outlook((), (_install("torch", version),))
    build, command = _torch(now, version)
    if build is None:
        change = f"the facts here do not say for which cards torch {version} has code; newer ones come with --facts"
        return Outlook((change,), (command,))
    then = replace(
        now,
        torch=build,
        proofs=(),
        kernels={
            name: (info, Presence("usable", build.version)) if info.distribution == "torch" else (info, presence)
            for name, (info, presence) in now.kernels.items()
        },
    )
    lost, gained = _routes(here, now, then)
    changes = [*lost, *gained]
    if dropped := _dropped(now, build):
        changes.append(dropped)
    if proofs := _proofs(here):
        torch = now.torch.version if now.torch else "none"
        changes.append(
            f"{_count(len(proofs), 'proof')} of kernels hold for torch {torch} only, and would have to be made again"
        )
    commands = (command, "ocroute prove") if proofs else (command,)
    return Outlook(tuple(changes), commands, better=bool(gained), worse=bool(lost or dropped))


def _torch(now: Platform, version: str) -> tuple[TorchBuild | None, str]:
    """The build that would come, and its command: for the same CUDA where the release has that, else the default one."""
    have = now.torch.cuda if now.torch and "+" in now.torch.version else ""
    known = next((one for one in releases() if one.release == version), None)
    plain = f"pip install torch=={version} torchvision"
    if known is None:
        return None, plain
    cuda = have if have in known.cuda else known.default
    local = f"cu{cuda.replace('.', '')}"
    index = f" --index-url https://download.pytorch.org/whl/{local}" if have else ""
    command = f"pip install torch=={version}+{local} torchvision{index}" if have else plain
    return TorchBuild(f"{version}+{local}", cuda, code()[cuda].on(now.host, version)), command


def _dropped(now: Platform, build: TorchBuild) -> str:
    """That the card itself is no longer served."""
    gpu = now.gpu
    if gpu is None or gpu.kind != "cuda" or any(runs_on(one, gpu.compute_capability) for one in build.arch_list):
        return ""
    capability = ".".join(map(str, gpu.compute_capability))
    return f"torch {build.version} has no code for {gpu.name}, compute capability {capability}: it would not be used any more"


def _routes(here: Here, now: Platform, then: Platform) -> tuple[list[str], list[str]]:
    """Engines that the planner would no longer try, and those that it would try besides."""
    plans = []
    for platform in (now, then):
        try:
            plans.append(plan(here.machine, here.engines, Wish(), platform))
        except EngineUnavailable:
            return [], []
    before, after = plans
    lost = [
        f"{name} would not be used any more: {after.rejected[name]}"
        for name in before.routes
        if name not in after.routes
    ]
    gained = [f"{name} could be used: {after.routes[name]}" for name in after.routes if name not in before.routes]
    return lost, gained


def _of_kernels(here: Here, subject: Subject, kernels: list[str], version: str) -> Outlook:
    """Of a package that brings kernels: each model's choice, as if the kernels of ``version`` were proven."""
    assert here.platform is not None
    lines: dict[str, dict[str, list[SubModel]]] = defaultdict(lambda: defaultdict(list))
    better = worse = False
    for name in kernels:
        then = _with(here.platform, name, version)
        for model in models():
            for sub_model, said, gains in _choices(here, then, name, model):
                lines[said][model].append(sub_model)
                better, worse = better or gains, worse or not gains
    changes = [said.replace("{where}", _where(by_model)) for said, by_model in lines.items()]
    outdated = [name for name in kernels if any(proof.kernel == name for proof in _proofs(here))]
    changes += [f"the proofs of {name} are of {subject.have}, and would have to be made again" for name in outdated]
    proves = [name for name in kernels if better or name in outdated]
    commands = (_get(here.platform, kernels[0], version), *(f"ocroute prove {name}" for name in proves))
    return Outlook(tuple(changes), commands, better, worse)


def _choices(here: Here, then: Platform, kernel: str, model: str) -> Iterator[tuple[SubModel, str, bool]]:
    """For each sub-model of ``model`` what would be other with ``kernel`` as it is in ``then``, and whether that is a gain.

    ``{where}`` in a sentence stands for the models that it is true of.
    """
    assert here.platform is not None
    assert here.platform.gpu is not None
    card = here.platform.gpu.name
    before = kernel_choices(model, here.platform)
    for sub_model, problems in problems_by_sub_model(model, here.platform.gpu).items():
        problem, now = problems[-1], before[sub_model].kernel or "nothing"
        usable, against = obstacle(kernel, here.platform, problem) is None, obstacle(kernel, then, problem)
        if against is not None:
            if usable:
                yield sub_model, f"on {card} {kernel} would be lost to {{where}}: {against.cause}", False
            continue
        after = choose(problem, replace(then, proofs=(*then.proofs, _assumed(here, kernel, then, problem))))
        if after.kernel == kernel != now:
            yield sub_model, f"on {card} {{where}} would use {kernel} instead of {now}, once it is proven", True
        elif not usable and any(one.kernel == kernel and one.accepted for one in after.trace):
            yield (
                sub_model,
                f"on {card} {{where}} could use {kernel}; proving it tells whether it is faster than {now}",
                True,
            )


def _with(now: Platform, kernel: str, version: str) -> Platform:
    info = now.kernels[kernel][0]
    proofs = tuple(proof for proof in now.proofs if proof.kernel != kernel)
    return replace(now, kernels={**now.kernels, kernel: (info, Presence("usable", version))}, proofs=proofs)


def _assumed(here: Here, kernel: str, then: Platform, problem: Problem) -> Proof:
    gpu, torch = then.gpu, then.torch
    assert gpu is not None
    place = Place(gpu.name, gpu.compute_capability, here.machine.driver, torch.version if torch else "")
    return Proof(kernel, then.kernels[kernel][1].version, problem, place, "proven", "assumed")


def _engines_on(here: Here, name: str, version: str) -> Iterator[str]:
    """What stands on a library here."""
    users = [
        engine
        for engine, status in sorted(here.engines.items())
        if engine == name or (status.availability.state == "usable" and name in _LIBRARIES.get(status.info.kind, ()))
    ]
    if users:
        yield f"{' and '.join(users) if len(users) < 4 else f'{len(users)} engines'} would run on {name} {version}"


_LIBRARIES = {
    "textlayer": ("pypdfium2",),
    "ocr": ("openvino", "onnxruntime"),
    "vlm": ("transformers",),
}
"""Kind of engine to the libraries that it rests on."""


def _proofs(here: Here) -> tuple[Proof, ...]:
    """Those that hold on the GPU now."""
    if here.platform is None or here.platform.gpu is None:
        return ()
    gpu = here.platform.gpu
    return tuple(one for one in here.platform.proofs if one.verdict == "proven" and one.place.device == gpu.name)


def _get(now: Platform, kernel: str, version: str) -> str:
    """The kernel's own command, with the version where it is one of pip's."""
    info = now.kernels[kernel][0]
    if info.install.startswith("pip install ") and info.install.endswith(info.distribution):
        return f"{info.install}=={version}"
    if "==" in info.install:  # a version of its own, not the one that is out
        return _install(info.distribution, version)
    return info.install or _install(info.distribution, version)


def _install(name: str, version: str) -> str:
    return f"pip install {shlex.quote(f'{name}=={version}')}"


def _where(by_model: dict[str, list[SubModel]]) -> str:
    """Models with the parts that are meant, left out where both are."""
    names = [
        model if len(parts) == len(SUB_MODELS) else f"{model}'s {SUB_MODELS[parts[0]]}"
        for model, parts in sorted(by_model.items())
    ]
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"
