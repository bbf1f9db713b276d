"""What a reader that stays open saves: small images through one `Reader` against a fresh reader for each, in one run.

    python -m bench.warm_reader --images 100 --json evidence/warm-reader.json

Both sides must give the same text. A fresh reader for each is what `ocroute.read` was before readers stayed warm. Of a second
`ocroute.read` of the same page the time that its record does not account for is told too.
"""

from __future__ import annotations

import json
import os
from time import perf_counter

from PIL import Image, ImageDraw, ImageFont

import ocroute
from bench import harness
from ocroute.events import EngineLoading, listening
from ocroute.machine import usable_cores

_ROUNDS = 10


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


def main() -> None:
    """Measure, and write what was measured."""
    parser = harness.arguments(__doc__, record="warm-reader")
    parser.add_argument("--images", type=int, default=100)
    parser.add_argument("--cold", type=int, default=0, help="fresh readers; as many as images when left out")
    parser.add_argument("--engine", default="rapidocr")
    given = parser.parse_args()
    images = [picture(number) for number in range(given.images)]
    cold_images = images[: given.cold or given.images]

    cold: list[str] = []
    warm: list[str] = []
    cold_seconds = warm_seconds = 0.0
    with ocroute.Reader(engine=given.engine) as reader:
        reader.read(images[0])
        for part in range(_ROUNDS):  # in turns: the machine's other work falls on both
            began = perf_counter()
            for image in cold_images[part::_ROUNDS]:
                with ocroute.Reader(engine=given.engine) as fresh:
                    cold.append(fresh.read(image).text)
            cold_seconds += perf_counter() - began
            began = perf_counter()
            warm += [page.text for page in reader.pages(images[part::_ROUNDS])]
            warm_seconds += perf_counter() - began
    cold_rate, warm_rate = len(cold) / cold_seconds, len(warm) / warm_seconds
    if not set(cold) <= set(warm) or len(set(warm)) != len(images):
        raise SystemExit("the two sides read different texts")

    heard: list[object] = []
    ocroute.read(images[0], engine=given.engine)
    with listening(heard.append):
        began = perf_counter()
        second = ocroute.read(images[0], engine=given.engine)
        wall = perf_counter() - began
    result = {
        "engine": given.engine,
        "images": len(images),
        "fresh_readers": len(cold),
        "pages_per_second": {"fresh reader each": round(cold_rate, 3), "one reader": round(warm_rate, 3)},
        "times": round(warm_rate / cold_rate, 2),
        "second_read": {
            "wall_ms": round(1000 * wall, 1),
            "not_in_the_record_ms": round(1000 * (wall - timed(second.pages[0])), 1),
            "loads": sum(isinstance(event, EngineLoading) for event in heard),
        },
        "cores": usable_cores(),
        "load_average": round(os.getloadavg()[0], 1) if hasattr(os, "getloadavg") else None,
        "versions": second.pages[0].provenance.versions,
    }
    print(json.dumps(result, indent=1))
    harness.write(given.json, result)


if __name__ == "__main__":
    main()
