"""Writes the parts of the documentation that follow from the code: ``python docs/generate.py [--check]``.

A generated part stands between ``<!-- generated: NAME -->`` and ``<!-- end -->``. With ``--check`` nothing is written; the exit
status is 1 when something is stale.
"""

from __future__ import annotations

import argparse
import json
import re
from pathlib import Path

from parts import (
    cards,
    clusters,
    comparing,
    experiment,
    finetuning,
    gpu_speed,
    judging,
    kernels,
    layers,
    layouts,
    line_model,
    measured_kernels,
    neural,
    service,
    tiny,
    trusted,
)
from parts.common import Part, built_in, measured, table

import ocroute.errors
from ocroute.document.exporters.json import schema
from ocroute.document.formats import EXPORTERS, WRITERS, format_class
from ocroute.engines import ENGINES
from ocroute.errors import ExitCode
from ocroute.judge import CHECKS
from ocroute.options import CommandOptions, ReadOptions, declared

HERE = Path(__file__).parent
SCHEMA = Path("schema/document-1.json")
PART = re.compile(r"(?P<open><!-- generated: (?P<name>[a-z0-9-]+) -->\n).*?(?P<close><!-- end -->)", re.DOTALL)

EXIT_CODES = {
    ExitCode.OK: "every page of every input was accepted, or is blank",
    ExitCode.INTERNAL: "a fault in ocroute itself; please report it",
    ExitCode.USAGE: "an option is unknown, or options contradict each other",
    ExitCode.DOUBTFUL: "all pages have a text, but the judge does not believe at least one of them",
    ExitCode.FAILED_PAGE: "at least one page has no text: every engine failed on it, or its own pixels cannot be decoded",
    ExitCode.BAD_INPUT: "an input cannot be opened: missing, unreadable, damaged from its start, encrypted, or no image or PDF",
    ExitCode.BAD_OUTPUT: "a result could not be written",
    ExitCode.UNAVAILABLE: "the engine that was asked for, or every engine, cannot run here; or a plug-in is broken",
    ExitCode.PIPE_CLOSED: "what read standard output has closed it, as `| head` does",
    ExitCode.INTERRUPTED: "stopped by Ctrl-C or SIGTERM; the same command with the same -o goes on from there",
}


def exit_codes() -> str:
    """A row a code; a code without its sentence is an error."""
    rows = [(str(code.value), f"`{code.name}`", EXIT_CODES[code]) for code in ExitCode]
    return table(("code", "name", "meaning"), rows)


def error_tree() -> str:
    """As drawn at the top of the module."""
    lines = (ocroute.errors.__doc__ or "").splitlines()
    drawn = [line for line in lines if line.startswith("    ")]
    return "```text\n" + "\n".join(line.removeprefix("    ") for line in drawn) + "\n```\n"


def checks() -> str:
    """Every check of ocroute's own."""
    loaded = {name: CHECKS.load(name) for name in built_in(CHECKS)}
    rows = [(f"`{name}`", check.summary, f"{check.limit:g}", first_paragraph(check)) for name, check in loaded.items()]
    return table(("check", "it says", "limit", "how"), rows)


def engines() -> str:
    """Every engine of ocroute's own, in the order in which they are tried."""
    infos = sorted(((name, ENGINES.load(name).info) for name in built_in(ENGINES)), key=lambda row: row[1].rank)
    rows = [
        (f"`{name}`", info.kind, info.strengths, "; ".join(info.needs), memory(info), gives(info))
        for name, info in infos
    ]
    return table(("engine", "kind", "good at", "needs", "memory", "gives"), rows)


def memory(info: ocroute.engines.EngineInfo) -> str:
    """Of one loaded copy; where that is a GPU's, with one page."""
    return f"{info.gpu_mb:,} MiB of a GPU" if info.gpu_mb else f"{info.memory_mb} MiB"


def gives(info: ocroute.engines.EngineInfo) -> str:
    """What its readings hold besides text."""
    given = {"boxes": info.gives_boxes, "confidence": info.gives_confidence, "layout": info.gives_layout}
    return ", ".join(name for name, is_given in given.items() if is_given) or "text only"


def formats() -> str:
    """Every format of ocroute's own."""
    rows = []
    for name in sorted([*built_in(EXPORTERS), *built_in(WRITERS)]):
        exporter = format_class(name)
        rows.append((f"`{name}`", f"`{exporter.suffix}`", f"`{exporter.media_type}`", first_paragraph(exporter)))
    return table(("name", "file", "media type", "what it holds"), rows)


def searchable_pdfs() -> str:
    """What the text layer of PDFs costs, and what comes back from it; pictures found."""
    record, pictures = measured("searchable-pdf"), measured("figures")
    layer, memory = record["layer"], record["memory"]["mib"]
    exceptions = [
        f"{reader} {share:.0%} of {name}"
        for name, readers in record["scripts"].items()
        for reader, share in readers.items()
        if share < 1
    ]
    rows = [
        ("bytes a word, beyond 3 KB a file", f"{layer['bytes_a_word_beyond_3_kb']:.1f}"),
        ("words that come back in order, by PDFium", f"{layer['words_back_in_order']:.0%} of {layer['words']:,}"),
        (f"words that come back, in {len(record['scripts'])} kinds of script", f"all, but {', '.join(exceptions)}"),
        (
            "peak memory of writing 30 and 300 pages, packed records included",
            " and ".join(f"{one:.0f} MiB" for one in memory.values()),
        ),
    ]
    if "peers" in record:
        pages, jobs = record["peers"]["pages"], record["peers"]["jobs"]
        for name, run in record["peers"]["runs"].items():
            cost = f"{run['seconds']:.0f} s, {run['cpu_seconds']:.0f} s of CPU, {run['words_found']:.1%} of the words, "
            cost += _more(run["bytes_beyond_the_scan"])
            rows.append((f"{pages} scanned pages, `--jobs {jobs}`: {name}", cost))
    for name, told in (("drawn", "pages drawn as scans"), ("pdfs", "public PDFs")):
        one = pictures[name]
        found = f"{one['recall']:.1%} of {one['true']} found, {one['precision']:.1%} of {one['found']} right"
        rows.append((f"pictures on {one['pages']} {told}", found))
    return table(("measured", "came out"), rows)


def _more(size: int) -> str:
    return f"{abs(size) / 1000:.0f} kB {'more' if size >= 0 else 'less'} than the scan"


def options() -> str:
    """Every option of ``ocroute read``, and what Python calls those that it has too."""
    python = declared(ReadOptions)
    names = {"formats": ", ".join(f"`{name}`" for name in sorted([*built_in(EXPORTERS), *built_in(WRITERS)]))}
    rows = [
        (
            ", ".join(f"`{flag}`" for flag in (one.option.short, one.flag) if flag),
            f"`{name}`" if name in python else "",
            one.option.help.format_map(names),
        )
        for name, one in declared(CommandOptions).items()
    ]
    return table(("command", "Python", "meaning"), rows)


def speed() -> str:
    """The goals for speed and memory, and what was measured."""
    speeds = ("ocr-speed", "ocr-speed-avx2")  # what a network costs depends on the vector unit
    records = {name: measured(name) for name in (*speeds, "born-digital", "overhead", "startup", "memory")}
    digital, overhead = records["born-digital"], records["overhead"]
    runs = sorted({(record["date"], record["machine"]) for record in records.values()})
    rows = []

    def add(record: str, *cells: str) -> None:
        """A row, with the number of its run below the table: records are made anew one by one, on different machines."""
        rows.append((*cells, str(1 + runs.index((records[record]["date"], records[record]["machine"])))))

    for name in speeds:
        for pair in records[name]["pairs"].values():
            (ours, us), (other, them) = ((side, told) for side, told in pair.items() if isinstance(told, dict))
            what = f"{records[name]['pages']} scanned pages, `{ours}` over {other}"
            what += ", on a CPU with AVX2 and no AVX-512" if name == "ocr-speed-avx2" else ""
            errors = f"CER {us['cer']:.4f} against {them['cer']:.4f}"
            add(name, what, f"{pair['ratio']:.2f}x", f"{pair['limit']:.1f}x or more", errors)
    equal = f"text equal on {digital['equal_pages']} of {digital['pages']} pages"
    add("born-digital", "a PDF's own text over OCR of the same pages", f"{digital['ratio']:.1f}x", "20x or more", equal)
    share = f"{overhead['share']:.1%}"
    add("overhead", "judge, layout and routing, of the engine's own time", share, "15 % or less", "all pages accepted")
    for name, pair in records["startup"]["pairs"].items():
        add("startup", f"`{name}`", f"{pair['ratio']:.2f}x", f"{pair['limit']:g}x or less", "nothing heavy is imported")
    memory = records["memory"]["runs"]
    for short, long in zip(memory[::2], memory[1::2], strict=True):
        what = f"peak memory, {long['pages']} {long['kind']} pages over {short['pages']}"
        right = "every page's text is there" if short["correct"] and long["correct"] else "TEXT WAS MISSING"
        add("memory", what, f"{long['peak_mb'] / short['peak_mb']:.2f}x", "1.15x or less", right)
    where = "\n".join(f"{number}. {date}, {machine}" for number, (date, machine) in enumerate(runs, 1))
    return table(("what", "measured", "goal", "correct?", "run"), rows) + f"\nRuns:\n\n{where}\n"


def accuracy() -> str:
    """The share of facts that hold, by engine and kind of page."""
    record = measured("accuracy")
    engines = [score["engine"] for score in record["scores"]]
    rows = [("**all, mean of the kinds**", "", *(f"**{score['overall']:.1%}**" for score in record["scores"]))]
    for kind, first in record["scores"][0]["by_category"].items():
        shares = (score["by_category"][kind] for score in record["scores"])
        rows.append((kind.replace("_", " "), str(first["total"]), *(f"{s['passed'] / s['total']:.1%}" for s in shares)))
    pages = record["scores"][0]["pages"]
    return table(("pages", "facts", *engines), rows) + f"\n{pages} pages kept for testing; {record['date']}.\n"


def judge() -> str:
    """Recall and precision of every check, and the false alarms."""
    record = measured("judge")
    rows = [
        (f"`{name}`", str(row["of"]), f"{row['recall']:.3f}", f"{row['precision']:.3f}" if row["precision"] else "")
        for name, row in record["checks"].items()
        if row["of"]  # the failures of layout that others are for stand in a table of their own
    ]
    alarms = f"{record['false_alarm_rate']:.1%} of {record['clean_readings']} clean readings were refused"
    return table(("check", "failures", "recall", "precision"), rows) + f"\n{alarms}; {record['date']}.\n"


def sm120() -> str:
    """What came out of one source of FlashAttention 2, compiled without a card."""
    record = measured("sm120-compile")
    rows = [
        (
            row["arch"],
            row["build"],
            ", ".join(f"`{name}`" for name in row["cubins"]),
            str(sum(row["tensor_core_instructions"].values())),
            f"{row['cpu_seconds']:.0f} s",
            f"{row['peak_mb'] / 1000:.1f} GB",
        )
        for row in record["compiled"]
    ]
    head = ("card", "build", "code inside", "tensor core instructions", "CPU time", "peak memory")
    what = f"`{record['file']}` of {record['source']}, nvcc {record['nvcc']}, {record['date']}. Not run on such a card."
    return table(head, rows) + f"\n{what}\n"


PARTS: dict[str, Part] = {
    "accuracy": accuracy,
    "judge": judge,
    "sm120": sm120,
    "speed": speed,
    "exit-codes": exit_codes,
    "error-tree": error_tree,
    "checks": checks,
    "engines": engines,
    "formats": formats,
    "searchable-pdfs": searchable_pdfs,
    "options": options,
    **kernels.PARTS,
    **measured_kernels.PARTS,
    **cards.PARTS,
    **clusters.PARTS,
    **comparing.PARTS,
    **experiment.PARTS,
    **finetuning.PARTS,
    **neural.PARTS,
    **judging.PARTS,
    **gpu_speed.PARTS,
    **layers.PARTS,
    **line_model.PARTS,
    **layouts.PARTS,
    **service.PARTS,
    **tiny.PARTS,
    **trusted.PARTS,
}


def first_paragraph(thing: type) -> str:
    """Of its docstring, on one line."""
    return " ".join((thing.__doc__ or "").split("\n\n")[0].split()).replace("``", "`")


def generated() -> dict[Path, str]:
    """Every file that has generated parts, as it should be."""
    wanted = {HERE / SCHEMA: json.dumps(schema(), indent=1) + "\n"}
    for path in [HERE.parent / "README.md", *sorted(HERE.glob("*.md"))]:
        text = path.read_text(encoding="utf-8")
        filled = PART.sub(lambda part: part["open"] + PARTS[part["name"]]() + part["close"], text)
        if PART.search(text):
            wanted[path] = filled
    return wanted


def main() -> None:
    parser = argparse.ArgumentParser(description="Write the generated parts of the documentation.")
    parser.add_argument("--check", action="store_true", help="write nothing; exit with 1 when something is stale")
    check = parser.parse_args().check
    stale = [
        (path, text)
        for path, text in generated().items()
        if not path.exists() or path.read_text(encoding="utf-8") != text
    ]
    for path, text in stale:
        print(f"{'stale' if check else 'written'}: {path.relative_to(HERE.parent).as_posix()}")
        if not check:
            path.write_text(text, encoding="utf-8")
    if check and stale:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
