"""Small pages drawn in given typefaces, with their text as ocroute's JSON, as examples for `ocroute.finetune`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from random import Random

from bench.tiny_models.fonts import Family
from bench.tiny_models.pages import Drawn, Painter, page, short
from PIL import Image

from ocroute.document.model import Document, Page, Verdict
from ocroute.finetune import export
from ocroute.values import Block, Box, Category

LINE, PAGE = (56, 448), (112, 448)
"""Height and width, pixels: one line, and a few."""


def family(path: str) -> Family:
    """One typeface for everything."""
    return Family(Path(path).stem, (path,), (path,))


def examples(
    folder: Path, faces: Sequence[Family], count: int, *, sizes: Sequence[tuple[int, int]] = (LINE, PAGE), seed: int = 0,
    held_out: float = 0.25, scripts: Sequence[str] = ("latin", "cyrillic"),
) -> Path:  # fmt: skip
    """Draw ``count`` documents of a page each, in typefaces and sizes by turns, and export them.

    Returns:
        The folder of examples, below ``folder``.
    """
    scans, truth = folder / "scans", folder / "truth"
    for place in (scans, truth):
        place.mkdir(parents=True)
    for number in range(count):
        face = faces[number % len(faces)]
        rng = Random(f"{face.name} {seed} {number}")
        size = sizes[number // len(faces) % len(sizes)]
        painter = Painter(
            size, rng, scripts[number // len(faces) // len(sizes) % len(scripts)], evaluation=False, family=face
        )
        drawn = page(painter) if size[0] > LINE[0] else short(painter, 9)
        name = f"{face.name}-{number:03}"
        Image.fromarray(drawn.image).save(scans / f"{name}.png")
        (truth / f"{name}.json").write_bytes(Document(f"{name}.png", (_record(f"{name}.png", drawn),)).export("json"))
    exported = export([str(scans)], truth, folder / "data", held_out=held_out)
    if exported.train + exported.test != count:
        raise SystemExit(
            f"{exported.train} and {exported.test} examples were made of {count} pages: {exported.left_out[:3]}"
        )
    return folder / "data"


def _record(name: str, drawn: Drawn) -> Page:
    height, width = drawn.image.shape
    blocks = [
        Block(Category.TEXT, block.chars.replace("\n", " "), Box(*map(float, block.box))) for block in drawn.blocks
    ]
    return Page(name, 1, width, height, Verdict("accepted", 1.0), tuple(blocks))
