"""Lines of the kinds that line models misread, by the file that is shipped and by an earlier one.

    python -m bench.line_models.hard_lines --pack PACK --before OLD.onnx --json evidence/line-model.json

Small figures above and below the line, apostrophes, doubled letters and others, clean, worn, with specks at letters, with thinned
strokes, in held-out faces and texts; and plain sentences as `held_out_lines` draws them, by language. White space counts as one.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

import cv2
import numpy as np
from bench.harness import arguments, machine, write
from bench.line_models.batches import read_bank
from bench.line_models.held_out_lines import LARGEST, SMALLEST, lines
from bench.line_models.line_drawing import Faces, cropped, drawn
from bench.line_models.line_texts import Writer, said
from bench.line_models.line_wear import dusted, thinned
from bench.line_models.report import rate
from bench.pages.wear import WEARS, worn
from numpy.typing import NDArray

LANGUAGES = ("ru", "ru", "ru", "uk", "uk", "el", "el", "bg", "sr", "be", "kk", "en")
STATES = ("clean", "worn", "specks", "thin")
PLAIN = ("ru", "uk", "bg", "sr", "el", "en")
FINER = 3  # times the size at which a line is drawn whose strokes are thinned
_WORN = [name for name in WEARS if name != "clean"]


class HardLine(NamedTuple):
    """A line for the recogniser.

    Attributes:
        kind, state: of its text and of its picture.
        text: what it says.
        crop: (H, W, 3).
    """

    kind: str
    state: str
    text: str
    crop: NDArray[np.uint8]


def main() -> None:
    """See the module."""
    parser = arguments(__doc__, record="line-model")
    parser.add_argument("--pack", type=Path, required=True)
    parser.add_argument("--before", type=Path, required=True)
    parser.add_argument("--lines", type=int, default=240)
    parser.add_argument("--plain", type=int, default=20, help="lines of each language and state")
    options = parser.parse_args()
    some = list(islice(hard_lines(options.pack, "test", "hard"), options.lines))
    bank = read_bank(options.pack)
    for language in PLAIN:
        for state in ("clean", "worn"):
            held = islice(lines(bank, options.pack / "fonts.zip", language, state), options.plain)
            some += [HardLine(language, f"sentences, {state}", text, _rgb(crop)) for crop, text, _ in held]
    record: dict[str, Any] = json.loads(options.json.read_text()) if options.json and options.json.exists() else {}
    record |= machine() | {"hard": _compared(some, options.before)}
    write(options.json, record)
    print(json.dumps(record["hard"], indent=1))


def hard_lines(pack: Path, half: str, seed: str) -> Iterator[HardLine]:
    """Lines without end in the faces and texts of a half of the pack, ``train`` or ``test``."""
    rng, writer, faces = random.Random(seed), Writer(read_bank(pack), half, 0), Faces(pack / "fonts.zip", half)
    writer.rng = rng
    while True:
        kind, language, state = rng.choice(list(writer.hard)), rng.choice(LANGUAGES), rng.choice(STATES)
        text = " ".join(writer.hard[kind](language)[:88].split())
        name = faces.fitting(text, "g" if language == "el" else "c", rng) if text else None
        if name is None:
            continue
        size = rng.randint(SMALLEST, LARGEST)
        ink = drawn(text, faces.font(name, size * (FINER if state == "thin" else 1)), rng, styled=False)
        view = None
        if state == "thin":
            ink = thinned(ink, rng)
            ink = np.asarray(cv2.resize(ink, None, fx=1 / FINER, fy=1 / FINER, interpolation=cv2.INTER_AREA), np.uint8)
        elif state == "worn":
            wear = WEARS[rng.choice(_WORN)]._replace(skew=0.15)
            view = np.asarray(worn(ink, wear, rng.getrandbits(30)).convert("L"))
        elif state == "specks":
            view = dusted(ink, rng)
        crop = cropped(ink, rng, styled=False, view=view)
        if min(crop.shape) >= 8:
            yield HardLine(kind, state, said(text), _rgb(crop))


def _rgb(crop: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return np.repeat(crop[:, :, None], 3, 2)


def _compared(some: list[HardLine], before: Path) -> dict[str, dict[str, dict[str, float]]]:
    """By kind and by state, how many lines either file reads wrongly, and the rate of wrong characters."""
    from ocroute.ppocr import model_files
    from ocroute.ppocr.recogniser import recognise

    found: dict[str, dict[str, dict[str, float]]] = {}
    for name, file in (("before", before), ("now", model_files.european())):
        read = recognise([line.crop for line in some], 2, file)
        pairs: dict[str, list[list[str]]] = {}
        for line, traced in zip(some, read, strict=True):
            for group in (line.kind, line.state):
                pairs.setdefault(group, []).append([line.text, " ".join(traced.text.split())])
        for group, each in pairs.items():
            wrong = sum(one != other for one, other in each)
            found.setdefault(group, {})[name] = rate(each) | {"wrong_lines": wrong}
    return found


if __name__ == "__main__":
    main()
