"""The neural engines, and what was measured of their memory and of the answers that come out broken."""

from __future__ import annotations

from typing import Any

from ocroute.engines import ENGINES, EngineInfo
from ocroute.languages import SCRIPT_NAMES
from parts.common import Part, Record, built_in, from_evidence, stamp, table


def neural() -> dict[str, type[Any]]:
    """The engines that load a model, in the order in which they are tried."""
    loaded = {name: ENGINES.load(name) for name in built_in(ENGINES)}
    return dict(sorted(((n, e) for n, e in loaded.items() if e.info.kind == "vlm"), key=lambda row: row[1].info.rank))


def engines() -> str:
    """Weights, memory, tasks and what comes out."""
    rows = []
    for name, engine in neural().items():
        facts, info = engine.facts, engine.info
        rows.append(
            (
                f"`{name}`",
                info.strengths,
                f"{facts.hub}, {facts.gigabytes:g} GB",
                f"{info.gpu_mb:,} MiB",
                ", ".join(f"`{mode}`" for mode in facts.modes),
                boxes(info, [mode for mode, asked in facts.modes.items() if asked.boxes]),
                " and ".join(facts.kernels),
            )
        )
    head = ("engine", "good at", "weights", "GPU memory", "tasks, the first by default", "boxes", "our kernels in")
    return table(head, rows)


def boxes(info: EngineInfo, modes: list[str]) -> str:
    return f"with {', '.join(f'`{mode}`' for mode in modes)}" if info.gives_boxes and modes else "no"


def prompts() -> str:
    """What each engine asks its model, word for word; long prompts are cut."""
    rows = []
    for name, engine in neural().items():
        for mode, asked in engine.facts.modes.items():
            words = asked.prompt.strip() or "(no words)"
            shown = words if len(words) <= 110 else words[:110].rsplit(" ", 1)[0] + " …"
            rows.append(
                (f"`{name}`", f"`{mode}`", f"`{shown}`", f"{asked.max_new_tokens:,}", "yes" if asked.text else "no")
            )
    return table(("engine", "task", "prompt", "most tokens of answer", "gives the page's text"), rows)


def scripts() -> str:
    """As the models' authors claim, or their tokens show."""
    rows = [
        (f"`{name}`", ", ".join(SCRIPT_NAMES.get(script, script) for script in engine.facts.scripts))
        for name, engine in neural().items()
    ]
    return table(("engine", "scripts"), rows)


def under_vllm() -> str:
    """The models that vLLM is started for."""
    rows = [
        (f"`{name}`", how.since, str(how.tokens), "yes" if how.configuration else "no")
        for name, engine in neural().items()
        if engine.facts.served and (how := engine.facts.served.vllm)
    ]
    return table(("engine", "vLLM from", "tokens of page and text", "our plug-in"), rows)


@from_evidence("vllm-runtime", "python -m bench.vllm_runtime --json evidence/vllm-runtime.json")
def vllm_runtime(record: Record) -> str:
    """A real vLLM, read through and killed."""
    rows = [
        (
            name,
            f"{told['pages']}",
            ", ".join(f"{count} {verdict.split()[-1]}" for verdict, count in told["verdicts"].items()),
            f"{told['cer']:.2%}",
            ", ".join(f"{count} {where}" for where, count in told["ran"].items()),
            f"{told['first_text_s']:g} s",
            f"{told['left_running']}",
        )
        for name, told in record.items()
        if isinstance(told, dict) and "ran" in told
    ]
    head = ("", "pages", "verdicts", "wrong characters", "read", "first text after", "processes left behind")
    same = f"The text of {record['same_text']} pages is the same to the letter in both."
    return f"{table(head, rows)}\nvLLM {record['vllm']}. {same}\n{stamp(record)}"


@from_evidence("four-bits", "python -m bench.four_bits --json evidence/four-bits.json")
def four_bits(record: Record) -> str:
    """Weights in four bits, read by their engines."""
    rows = [
        (
            f"`{name}`",
            form,
            f"{told['stored_bytes'] / 1e6:.1f} MB",
            ", ".join(f"{count} {verdict.split()[-1]}" for verdict, count in told["verdicts"].items()),
            f"{told['cer']:.2%}",
        )
        for name, forms in record.items()
        if isinstance(forms, dict)
        for form, told in forms.items()
        if isinstance(told, dict) and "verdicts" in told
    ]
    tiny = table(("tiny model", "weights", "file", "pages", "wrong characters"), rows)
    large = record.get("published geometry of dots_ocr", {})
    sizes = [
        (
            form,
            *(f"{told[key]:,} MiB" for key in ("stored_mib", "weights_mib", "peak_mib")),
            f"{told['prompt_tokens']:,}",
        )
        for form, told in large.items()
    ]
    head = (
        "`dots_ocr`, its published geometry",
        "file",
        "weights on the card",
        "most, with a page",
        "tokens of the page",
    )
    return tiny + "\n" + table(head, sizes) + stamp(record)


def served_models() -> str:
    """Models that are known behind a server."""
    rows = [
        (served.family, f"`{name}`", f"`{served.names}`")
        for name, engine in neural().items()
        if (served := engine.facts.served)
    ]
    head = ("family, in the page record", "asked as by", "its name there, small letters and digits only, holds")
    return table(head, rows)


@from_evidence("page-memory", "python -m bench.page_memory --json evidence/page-memory.json")
def page_memory(record: Record) -> str:
    """Peak memory of dots.ocr for a page: predicted and measured."""
    rows = [
        (
            name,
            f"{page['patches']:,}",
            f"{page['weights_mb']:,} MiB",
            f"{page['predicted_mb']:,} MiB",
            "" if page["measured_mb"] is None else f"{page['measured_mb']:,} MiB",
            "" if page["measured_mb"] is None else f"{page['ratio'] - 1:+.1%}",
        )
        for name, page in record["pages"].items()
    ]
    end = f"\nGoal: within {record['bound']:.0%} of each other.\n"
    return (
        table(("page", "patches", "weights", "predicted peak", "measured peak", "off by"), rows) + end + stamp(record)
    )


@from_evidence("answers", "python -m bench.answers --json evidence/answers.json")
def answers(record: Record) -> str:
    """Cells kept from broken layout answers, by our reader and by the published rules."""
    rows = []
    for name, found in record["breaks"].items():
        rows.append((name, *kept(found, "ours"), *kept(found, "published")))
    head = ("what is broken", "cells, ocroute", "their texts", "cells, published rules", "their texts")
    what = f"{record['pages']} made pages, each broken at {record['places']} places."
    return (
        f"{what} A cell counts where box, category and text are right.\n"
        + "\n"
        + table(head, rows)
        + f"\n{record['date']}.\n"
    )


def kept(found: Record, who: str) -> tuple[str, str]:
    """The share of whole cells, and of texts, that came out."""
    there = found["there"]
    return f"{found[who].get('cells', 0) / there['cells']:.1%}", f"{found[who].get('texts', 0) / there['texts']:.1%}"


PARTS: dict[str, Part] = {
    "neural-engines": engines,
    "neural-prompts": prompts,
    "neural-scripts": scripts,
    "served-models": served_models,
    "vllm": under_vllm,
    "vllm-runtime": vllm_runtime,
    "four-bits": four_bits,
    "page-memory": page_memory,
    "answers": answers,
}
