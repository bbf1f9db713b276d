"""What a reader that stays open saves: small images through one `Reader` against a fresh reader for each, in one run.

    python -m bench.tiny_models unpack dots_ocr FOLDER
    python -m bench.warm_reader --images 100 --jobs 2 --model FOLDER --json evidence/warm-reader.json

All sides must give the same text. A fresh reader for each is what `ocroute.read` was before readers stayed warm; a process keeps
RapidOCR's compiled models anyway. Of a second `ocroute.read` of a page the time that its record does not account for is told
too, with ``--model`` also of a neural engine with a tiny checkpoint.
"""

from __future__ import annotations

import json
import os
from time import perf_counter
from typing import Any

from PIL import Image, ImageDraw, ImageFont

import ocroute
from bench import harness
from ocroute.events import EngineLoading, listening
from ocroute.machine import usable_cores

_ROUNDS = 10
_AGAIN = 7
_PAGE = "tests/checkpoints/pages/dots_ocr/layout-line-cyrillic.png"


def picture(number: int) -> Image.Image:
    """A small image with one line of text, each with another number."""
    image = Image.new("RGB", (420, 80), "white")
    ImageDraw.Draw(image).text(
        (20, 24), f"Receipt number {1000 + number}", font=ImageFont.load_default(28), fill="black"
    )
    return image


def timed(page: ocroute.Page) -> float:
    """Seconds that a page's record accounts for."""
    return sum(value for step, value in page.provenance.seconds.items() if "." not in step)


def second_read(page: object, **options: Any) -> dict[str, Any]:
    """The wall time of reading a page again, what its record accounts for, and the loads; of several times the median."""
    heard: list[object] = []
    ocroute.read(page, **options)
    times = []
    with listening(heard.append):
        for _ in range(_AGAIN):
            began = perf_counter()
            document = ocroute.read(page, **options)
            wall = perf_counter() - began
            times.append((wall - timed(document.pages[0]), wall))
    beside, wall = sorted(times)[_AGAIN // 2]
    return {
        "wall_ms": round(1000 * wall, 1),
        "not_in_the_record_ms": round(1000 * beside, 1),
        "loads": sum(isinstance(event, EngineLoading) for event in heard),
        "versions": document.pages[0].provenance.versions,
    }


def side_by_side(images: list[Image.Image], count: int, jobs: int, engine: str) -> dict[str, float]:
    """Pages a second of each side, in turns: the machine's other work falls on all."""
    texts: dict[str, list[str]] = {}
    seconds: dict[str, float] = {}
    readers = {"one reader": ocroute.Reader(engine=engine)}
    if jobs:
        readers[f"one reader, {jobs} jobs"] = ocroute.Reader(engine=engine, jobs=jobs)
    for reader in readers.values():
        list(reader.pages(images[: 2 * max(1, jobs)]))
    for part in range(_ROUNDS):
        began = perf_counter()
        for image in images[:count][part::_ROUNDS]:
            with ocroute.Reader(engine=engine) as fresh:
                texts.setdefault("fresh reader each", []).append(fresh.read(image).text)
        seconds["fresh reader each"] = seconds.get("fresh reader each", 0) + perf_counter() - began
        for name, reader in readers.items():
            began = perf_counter()
            texts.setdefault(name, []).extend(page.text for page in reader.pages(images[part::_ROUNDS]))
            seconds[name] = seconds.get(name, 0) + perf_counter() - began
    for reader in readers.values():
        reader.close()
    whole = set(texts["one reader"])
    if len(whole) != len(images) or any(not set(some) <= whole for some in texts.values()):
        raise SystemExit("the sides read different texts")
    return {name: len(some) / seconds[name] for name, some in texts.items()}


def main() -> None:
    """Measure, and write what was measured."""
    parser = harness.arguments(__doc__, record="warm-reader")
    parser.add_argument("--images", type=int, default=100)
    parser.add_argument("--cold", type=int, default=0, help="fresh readers; as many as images when left out")
    parser.add_argument("--engine", default="rapidocr")
    parser.add_argument("--jobs", type=int, default=0, help="worker processes of a third side; none when left out")
    parser.add_argument("--neural", default="dots_ocr", help="the engine of --model")
    parser.add_argument("--model", default="", help="a checkpoint of which a second read is timed")
    parser.add_argument("--page", default=_PAGE, help="the picture that is read with it")
    given = parser.parse_args()
    images = [picture(number) for number in range(given.images)]
    count = given.cold or given.images
    rates = side_by_side(images, count, given.jobs, given.engine)
    fresh = rates["fresh reader each"]
    result = {
        "engine": given.engine,
        "images": len(images),
        "fresh_readers": count,
        "pages_per_second": {name: round(rate, 3) for name, rate in rates.items()},
        "times": {name: round(rate / fresh, 2) for name, rate in rates.items()},
        "second_read": {given.engine: second_read(images[0], engine=given.engine)},
        "cores": usable_cores(),
        "load_average": round(os.getloadavg()[0], 1) if hasattr(os, "getloadavg") else None,
    }
    if given.model:
        result["second_read"][given.neural] = second_read(given.page, engine=given.neural, model=given.model)
    print(json.dumps(result, indent=1))
    harness.write(given.json, result)


if __name__ == "__main__":
    main()
