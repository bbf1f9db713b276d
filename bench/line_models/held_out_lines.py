"""Lines that training never saw: faces, texts and wear of their own; and what a network reads of them."""

from __future__ import annotations

import pickle
import random
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
from bench.line_models.alphabet import CHARACTERS, classes, readable
from bench.line_models.batches import batches, read_bank
from bench.line_models.line_drawing import Faces, cropped, drawn
from bench.line_models.line_pictures import Picture, scaled
from bench.line_models.line_texts import Writer
from bench.pages.wear import WEARS, worn
from numpy.typing import NDArray

LANGUAGES = ("ru", "uk", "bg", "sr", "el", "be", "mk", "kk", "mn", "en", "de", "fr", "es", "pl", "cs")
SMALLEST, LARGEST = 16, 48  # pixels of the em
_WORN = [name for name in WEARS if name != "clean"]


def lines(bank: dict[str, Any], fonts: Path, language: str, state: str) -> Iterator[tuple[NDArray[np.uint8], str, str]]:
    """Crops, (H, W) grey, what they say, and the face's name, without end. ``state``: ``clean`` or ``worn``."""
    seed = f"held out {language} {state}"
    rng, writer, faces = random.Random(seed), Writer(bank, "test", len(seed)), Faces(fonts, "test")
    writer.rng = rng
    while True:
        text = readable(writer.piece(language))
        name = faces.fitting(text, "g" if language == "el" else "c", rng) if text else None
        if text is None or name is None:
            continue
        ink = drawn(text, faces.font(name, rng.randint(SMALLEST, LARGEST)), rng, styled=False)
        view = None
        if state == "worn":
            wear = WEARS[rng.choice(_WORN)]._replace(skew=0.15)  # crops of the detector stand upright
            view = np.asarray(worn(ink, wear, rng.getrandbits(30)).convert("L"))
        yield cropped(ink, rng, styled=False, view=view), text, name


def draw_all(pack: Path, count: int, file: Path) -> None:
    """Write ``count`` lines of each language and state to ``file``: a pickle of `Picture` lists by ``LANGUAGE STATE``."""
    bank = read_bank(pack)
    drawn_lines = {}
    for language in LANGUAGES:
        for state in ("clean", "worn"):
            some = islice(lines(bank, pack / "fonts.zip", language, state), count)
            drawn_lines[f"{language} {state}"] = [
                Picture(scaled(pixels), classes(text), text) for pixels, text, _ in some
            ]
    draft = file.with_suffix(".part")
    draft.write_bytes(pickle.dumps(drawn_lines))
    draft.replace(file)


def read_all(network: Any, file: Path) -> dict[str, list[tuple[str, str]]]:
    """By ``LANGUAGE STATE``, pairs of what the lines of `draw_all` say and what the network reads."""
    return {key: _read(network, pictures) for key, pictures in pickle.loads(file.read_bytes()).items()}


def _read(network: Any, pictures: list[Picture]) -> list[tuple[str, str]]:
    import torch

    letters, pairs = ("", *CHARACTERS, " "), []
    device = next(network.parameters()).device
    for batch in batches(pictures, whole=True):
        pixels = torch.from_numpy(batch.pixels).to(device).float()[:, None].expand(-1, 3, -1, -1) / 127.5 - 1
        inside = torch.arange(pixels.shape[3], device=device)[None] < torch.from_numpy(batch.widths).to(device)[:, None]
        with torch.no_grad():
            best = network(pixels * inside[:, None, None]).argmax(2).cpu().numpy()
        ends = batch.lengths.cumsum()
        for row, start, end in zip(best, ends - batch.lengths, ends, strict=True):
            said = "".join(letters[at] for at in batch.classes[start:end])
            new = np.append(True, row[1:] != row[:-1]) & (row != 0)
            pairs.append((said, "".join(letters[at] for at in row[new])))
    return pairs
