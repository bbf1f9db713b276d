"""What is known of the attention kernels without running them: requirements, facts that refuse, cases, build recipes."""

from __future__ import annotations

from ocroute.kernels.base import KERNELS, KernelInfo
from ocroute.kernels.build.recipes import book
from ocroute.kernels.facts import Fact, all_facts, in_words
from ocroute.kernels.probe.cases import CASES, Case
from parts.advice import CARDS, advice
from parts.common import Part, built_in, code, table

SHORT = {"float16": "fp16", "bfloat16": "bf16", "float32": "fp32"}


def kernels() -> str:
    """Every kernel of ocroute's own."""
    infos: dict[str, KernelInfo] = {name: KERNELS.load(name).info for name in built_in(KERNELS)}
    rows = [
        (
            f"`{name}`",
            f"{info.distribution}{f' {info.min_version} or newer' if info.min_version else ''}",
            in_words(info.capabilities) if info.capabilities else "any device",
            dtypes(info),
            head_dims(info),
            "yes" if info.gqa else "no",
            "one call" if info.packed else "a call each",
            info.numerics,
            remarks(info),
            code(info.install),
        )
        for name, info in infos.items()
    ]
    head = ("kernel", "package", "cards", "dtypes", "head dims", "GQA", "pack", "numerics", "remarks", "to install")
    return table(head, rows)


def dtypes(info: KernelInfo) -> str:
    """Those on a GPU, and those on the CPU where they differ."""
    usual = ", ".join(SHORT[name] for name in info.dtypes)
    on_cpu = info.dtypes_on_cpu
    return (
        f"{usual}; on a CPU {', '.join(SHORT[name] for name in on_cpu)}" if on_cpu not in ((), info.dtypes) else usual
    )


def head_dims(info: KernelInfo) -> str:
    if info.head_dims:
        return ", ".join(map(str, info.head_dims))
    most = f"up to {info.max_head_dim}" if info.max_head_dim else "any"
    return f"{most}, multiples of {info.head_dim_multiple}" if info.head_dim_multiple > 1 else most


def remarks(info: KernelInfo) -> str:
    """What is out of the ordinary."""
    said = {
        "memory grows with the square of the length": info.materialises,
        "compiles at its first call": info.compiles,
        "no CUDA graph can capture it": not info.capturable,
        "works on the default stream only": info.default_stream_only,
    }
    return "; ".join(text for text, holds in said.items() if holds)


def facts() -> str:
    """Every dated fact that refuses a kernel before it runs, the newest first."""
    rows = [
        (
            ", ".join(f"`{name}`" for name in fact.kernels),
            condition(fact),
            fact.symptom,
            fact.source,
            f"{fact.date}, {fact.basis}",
        )
        for fact in sorted(all_facts(), key=lambda fact: fact.date, reverse=True)
    ]
    return table(("kernel", "where", "what happens", "source", "date, how it is known"), rows)


def condition(fact: Fact) -> str:
    said = (
        f"version {fact.versions}" if fact.versions else "",
        f"compute capability {in_words(fact.capabilities)}" if fact.capabilities else "",
        f"torch for a CUDA older than {fact.cuda_below}" if fact.cuda_below else "",
        ", ".join(SHORT[name] for name in fact.dtypes),
        f"head dim over {fact.head_dim_over}" if fact.head_dim_over else "",
    )
    return "; ".join(text for text in said if text)


def cases() -> str:
    """What a probe tries, in its order; cases that differ in a number only share a row."""
    grouped: dict[tuple[str, str, str], list[str]] = {}
    for case in CASES:
        grouped.setdefault((case.catches, runs_for(case), decides(case)), []).append(case.name)
    rows = [(", ".join(f"`{name}`" for name in names), *key) for key, names in grouped.items()]
    return table(("case", "fault that it shows", "runs", "a refusal"), rows)


def runs_for(case: Case) -> str:
    only = {"causal problems": case.causal, "fewer KV heads": case.grouped, "on a GPU": case.cuda}
    return ", ".join(name for name, holds in only.items() if holds) or "always"


def decides(case: Case) -> str:
    return "decides" if case.own else "is allowed"


def recipes() -> str:
    """How each kernel is built, and for which cards."""
    rows = [
        (
            f"`{name}`",
            recipe.summary,
            ", ".join(recipe.archs),
            "; ".join(f"{arch}: {reason}" for arch, reason in said_once(recipe.refused).items()),
            code(recipe.requirement) or f"a folder that you name: `--source` (it holds `{recipe.marker}`)",
            recipe.min_nvcc,
            f"{recipe.gb_per_job:g} GB" + (f" ({recipe.forward.gb_per_job:g} forward only)" if recipe.forward else ""),
            f"{recipe.disk_gb:g} GB" + (f" ({recipe.forward.disk_gb:g} forward only)" if recipe.forward else ""),
            recipe.source,
        )
        for name, recipe in book().recipes.items()
    ]
    head = (
        "kernel",
        "what it is",
        "for",
        "in vain for",
        "source code",
        "nvcc",
        "memory a job",
        "disk",
        "these facts are from",
    )
    return table(head, rows)


def said_once(refused: dict[str, str]) -> dict[str, str]:
    """Cards that share a reason, together."""
    by_reason: dict[str, list[str]] = {}
    for arch, reason in refused.items():
        by_reason.setdefault(reason, []).append(arch)
    return {", ".join(archs): reason for reason, archs in by_reason.items()}


def nvcc() -> str:
    """The oldest compiler for each card."""
    ages = book().nvcc
    by_age: dict[str, list[str]] = {}
    for arch, age in ages.oldest.items():
        by_age.setdefault(age, []).append(arch)
    return table(("compute capability", "nvcc"), [(", ".join(archs), age) for age, archs in by_age.items()])


def old_advice() -> str:
    """Every claim about attention packages, with what its source says."""
    parts = []
    for row in advice().claims:
        verdict = f"**{row.verdict[:1].upper()}{row.verdict[1:]}.**"
        parts.append(f"> {row.claim}\n\n{verdict} {row.answer}\n*{row.source}; {row.date}.*\n\n    {row.instead}\n")
    return "\n".join(parts)


def card_code() -> str:
    """For which cards each attention package has code."""
    rows = [(row.name, f"`{row.get}`", *row.cards) for row in advice().packages]
    return table(("package", "get it with", *CARDS), rows)


PARTS: dict[str, Part] = {
    "card-code": card_code,
    "old-advice": old_advice,
    "kernels": kernels,
    "kernel-facts": facts,
    "kernel-cases": cases,
    "build-recipes": recipes,
    "build-nvcc": nvcc,
}
