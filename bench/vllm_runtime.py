"""`--runtime vllm` with a real vLLM on a GPU: started, read through, killed while it reads, and ended.

    OCROUTE_VLLM=/path/to/bin/vllm python -m bench.vllm_runtime --json evidence/vllm-runtime.json [--pages 48]

The tiny trained dots.ocr reads drawn pages, once in this process and once in vLLM: the same prompts, so answers should be the
same but for rounding. It says that the way works, not how fast vLLM is. Then vLLM is killed while it reads:
every page must come all the same, and nothing of it may be left.
"""

from __future__ import annotations

import json
import logging
import os
import signal
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

import psutil
from bench.four_bits import KEPT, sheets
from bench.tiny_models.packed import unpack
from bench.tiny_models.pages import Drawn
from PIL import Image

import ocroute
from bench import harness
from ocroute.compare.measures import Errors, character_errors
from ocroute.engines.vllm.installed_vllm import find

TEMPLATE = (
    "{% for m in messages %}<|user|>{{ m.content }}<|endofuser|>{% endfor %}"
    "{% if add_generation_prompt %}<|assistant|>{% endif %}"
)
"""Content as one string, in which vLLM keeps the image's place where the prompt has it."""

LONGEST = 131_072  # positions, as published: ocroute asks for more than the tiny model was made for


def weights(folder: Path) -> Path:
    """The tiny checkpoint with what the published one has for servers."""
    unpack(KEPT / "dots_ocr", folder)
    for name, more in (
        ("config.json", {"max_position_embeddings": LONGEST}),
        ("tokenizer_config.json", {"model_max_length": LONGEST}),
    ):
        file = folder / name
        file.write_text(json.dumps(json.loads(file.read_text(encoding="utf-8")) | more), encoding="utf-8")
    (folder / "chat_template.jinja").write_text(TEMPLATE, encoding="utf-8")
    return folder


def read(
    folder: Path, pages: list[Drawn], files: list[Path], *, runtime: str = "", kill: bool = False
) -> dict[str, Any]:
    """The pages, read with one Reader; with ``kill``, vLLM is killed once a third of them is there."""
    errors, verdicts, ran, texts, first = Errors(), [], [], {}, 0.0
    options: dict[str, Any] = {"engine": "dots_ocr", "model": str(folder), "jobs": 0}
    began = time.perf_counter()
    with ocroute.Reader(**options, **({"runtime": runtime} if runtime else {})) as reader:
        for at, page in enumerate(reader.pages(files, ordered=False)):
            first = first or time.perf_counter() - began
            texts[page.source] = " ".join(block.text for block in page.blocks)
            verdicts.append(f"{page.provenance.engine} {page.verdict.status}")
            ran.append(str(page.provenance.settings.get("runtime", "in process")))
            if kill and at == len(files) // 3:
                threading.Thread(target=_kill).start()
    seconds = time.perf_counter() - began - first
    for file, sheet in zip(files, pages, strict=True):
        errors += character_errors(" ".join(block.chars for block in sheet.blocks), texts.get(str(file), ""))
    return {
        "pages": len(texts), "cer": round(errors.rate, 4), "texts": texts,
        "first_text_s": round(first, 1), "pages_per_s_after": round((len(texts) - 1) / seconds, 1) if seconds else None,
        "verdicts": {one: verdicts.count(one) for one in sorted(set(verdicts))},
        "ran": {one: ran.count(one) for one in sorted(set(ran))}, "left_running": len(_processes()),
    }  # fmt: skip


def _processes() -> list[psutil.Process]:
    """Of vLLM, whoever started them."""
    return [one for one in psutil.process_iter(["cmdline", "name"]) if "vllm" in " ".join(one.info["cmdline"] or []).lower()
            and one.pid != os.getpid() and "bench.vllm_runtime" not in " ".join(one.info["cmdline"] or [])]  # fmt: skip


def _kill() -> None:
    for process in _processes():
        if "serve" in process.info["cmdline"]:
            process.send_signal(signal.SIGKILL)


def main() -> None:
    parser = harness.arguments(__doc__, record="vllm-runtime")
    parser.add_argument("--pages", type=int, default=48)
    given = parser.parse_args()
    logging.basicConfig(level=logging.INFO)
    vllm = find()
    with tempfile.TemporaryDirectory() as made:
        place = Path(made)
        folder, pages, files = weights(place / "dots_ocr"), sheets(given.pages), []
        for at, sheet in enumerate(pages):
            files.append(place / f"{at:03}.png")
            Image.fromarray(sheet.image).save(files[-1])
        result: dict[str, Any] = {"vllm": vllm.version}
        here = read(folder, pages, files)
        there = read(folder, pages, files, runtime="vllm")
        if list(there["ran"]) == ["in process"]:
            raise SystemExit("NOT shown: vLLM did not read")
        same = sum(here["texts"][file] == text for file, text in there.pop("texts").items())
        result |= {"in process": here | {"texts": None}, "in vLLM": there, "same_text": same}
        harness.write(given.json, result)
        killed = read(folder, pages, files, runtime="vllm", kill=True)
        del killed["texts"], result["in process"]["texts"]
        result["killed while it read"] = killed
        harness.write(given.json, result)
    print(json.dumps(result, indent=1))
    if killed["pages"] != given.pages or killed["left_running"] or there["left_running"]:
        raise SystemExit("NOT shown: a page was lost, or something of vLLM is left")


if __name__ == "__main__":
    main()
