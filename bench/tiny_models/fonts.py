"""The typefaces: which families train, which are kept for evaluation, and where their files are gathered.

``python -m bench.tiny_models.fonts DIR [--search FOLDER...]`` (which needs fontTools) cuts the files down to the characters that
are drawn and puts them where training looks for them, so that it needs no installed fonts.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from random import Random

from bench.tiny_models.words import CHARACTERS
from PIL import Image, ImageDraw, ImageFont

from bench import harness

# File names, without their suffix: (regular ...), (bold ...). All cover Latin, Cyrillic and digits.
TRAINING: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "DejaVu Sans": (("DejaVuSans", "DejaVuSansCondensed"), ("DejaVuSans-Bold",)),
    "DejaVu Sans Mono": (("DejaVuSansMono",), ("DejaVuSansMono-Bold",)),
    "Liberation Sans": (("LiberationSans-Regular",), ("LiberationSans-Bold",)),
    "Liberation Serif": (("LiberationSerif-Regular",), ("LiberationSerif-Bold",)),
    "Noto Sans": (("NotoSans-Regular",), ("NotoSans-Bold",)),
    "Noto Mono": (("NotoSansMono-Regular",), ("NotoSansMono-Bold",)),
    "C059": (("C059-Roman",), ("C059-Bold",)),
    "URW Bookman": (("URWBookman-Light",), ("URWBookman-Demi",)),
    "P052": (("P052-Roman",), ("P052-Bold",)),
    "Open Sans": (("OpenSans-Regular", "OpenSans-Light"), ("OpenSans-Bold",)),
    "Inter": (("Inter-Regular",), ("Inter-Bold",)),
    "Carlito": (("Carlito-Regular",), ("Carlito-Bold",)),
    "Charis": (("CharisSIL-Regular",), ("CharisSIL-Bold",)),
    "Libertine": (("LinLibertine_R",), ("LinLibertine_RB",)),
    "Biolinum": (("LinBiolinum_R",), ("LinBiolinum_RB",)),
    "Computer Modern": (("cmunrm", "cmunss"), ("cmunbx", "cmunsx")),
    "Cantarell": (("Cantarell-Regular",), ("Cantarell-Bold",)),
    "JetBrains Mono": (("JetBrainsMono-Regular",), ("JetBrainsMono-Bold",)),
    "Old Standard": (("OldStandard-Regular",), ("OldStandard-Bold",)),
    "Garamond": (("EBGaramond12-Regular",), ("EBGaramond12-Regular",)),
    "PT Sans": (("PTS55F", "PTN57F"), ("PTS75F",)),
    "Play": (("Play-Regular",), ("Play-Bold",)),
    "FreeSans": (("FreeSans",), ("FreeSansBold",)),
    "Fira Code": (("FiraCode-Regular",), ("FiraCode-Bold",)),
}
EVALUATION: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "Roboto": (("Roboto-Regular",), ("Roboto-Bold",)),
    "Noto Serif": (("NotoSerif-Regular",), ("NotoSerif-Bold",)),
    "DejaVu Serif": (("DejaVuSerif",), ("DejaVuSerif-Bold",)),
    "Nimbus Sans": (("NimbusSans-Regular",), ("NimbusSans-Bold",)),
    "PT Serif": (("PTF55F",), ("PTF75F",)),
    "Gentium": (("GentiumPlus-Regular",), ("GentiumPlus-Bold",)),
    "Hack": (("Hack-Regular",), ("Hack-Bold",)),
}
GATHERED = Path("build/fonts")
PILLOW = "Pillow's own"  # drawn where a program names no font; it has no Cyrillic


@dataclass(frozen=True)
class Family:
    """One family's files, for running text and for headings."""

    name: str
    regular: tuple[str, ...]
    bold: tuple[str, ...]


Stamp = tuple[Image.Image, int, int]  # a mask of ink, and where its corner lies from the pen on the baseline


class Face:
    """A font at one size, which remembers each character's advance and shape.

    Args:
        path: the font file, or ``PILLOW``.
        size: em in pixels.
    """

    def __init__(self, path: str, size: int) -> None:
        basic = ImageFont.Layout.BASIC
        opened = ImageFont.load_default(size) if path == PILLOW else ImageFont.truetype(path, size, layout_engine=basic)
        assert isinstance(opened, ImageFont.FreeTypeFont)
        self.font = opened
        self.size = size
        self._advances: dict[str, float] = {}
        self._stamps: dict[str, Stamp | None] = {}

    def advances(self, text: str) -> list[float]:
        """Pixels from each character to the next, kerning left out."""
        known = self._advances
        for char in text:
            if char not in known:
                known[char] = self.font.getlength(char)
        return [known[char] for char in text]

    def width(self, text: str) -> float:
        """Pixels that the text takes."""
        return sum(self.advances(text))

    def stamp(self, text: str) -> Stamp | None:
        """The ink of ``text``; None when there is none."""
        left, top, right, bottom = (int(side) for side in self.font.getbbox(text, anchor="ls"))
        mask = Image.new("L", (right - left + 4, bottom - top + 4), 0)
        ImageDraw.Draw(mask).text((2 - left, 2 - top), text, fill=255, font=self.font, anchor="ls")
        ink = mask.getbbox()
        return (mask.crop(ink), left - 2 + ink[0], top - 2 + ink[1]) if ink else None

    def letter(self, char: str) -> Stamp | None:
        """The ink of one character, drawn once: setting a line from letters is ten times as fast as drawing it."""
        if char not in self._stamps:
            self._stamps[char] = self.stamp(char)
        return self._stamps[char]


@lru_cache(maxsize=4096)
def face(path: str, size: int) -> Face:
    """The face, opened once a process."""
    return Face(path, size)


@lru_cache
def families(folder: Path = GATHERED, *, evaluation: bool) -> tuple[Family, ...]:
    """The families of one split whose files lie in ``folder``.

    Raises:
        FileNotFoundError: none is there.
    """
    found = []
    for name, (regular, bold) in (EVALUATION if evaluation else TRAINING).items():
        files = [[str(path) for stem in stems for path in folder.glob(f"{stem}.[ot]tf")] for stems in (regular, bold)]
        if all(files):
            found.append(Family(name, tuple(files[0]), tuple(files[1])))
    if not found:
        raise FileNotFoundError(f"no font in {folder}: gather them with python -m bench.tiny_models.fonts {folder}")
    return tuple(found)


def choose(rng: Random, script: str, *, evaluation: bool) -> Family:
    """A family at random; now and then, for Latin, the one that Pillow carries (in training only)."""
    if not evaluation and script in ("latin", "digits") and rng.random() < 0.06:
        return Family(PILLOW, (PILLOW,), (PILLOW,))
    return rng.choice(families(evaluation=evaluation))


def gather(out: Path, search: list[Path]) -> list[str]:
    """Cut the files of both splits, found below ``search``, down to ``CHARACTERS``; gives the names that were not found."""
    from fontTools import subset  # type: ignore[import-not-found, import-untyped, unused-ignore]

    present = {path.stem: path for root in search for path in root.rglob("*.[ot]tf")}
    out.mkdir(parents=True, exist_ok=True)
    missing = []
    for stem in (stem for split in (TRAINING, EVALUATION) for pair in split.values() for half in pair for stem in half):
        if stem in present:
            subset.main([str(present[stem]), f"--text={CHARACTERS}", f"--output-file={out / present[stem].name}"])
        else:
            missing.append(stem)
    return missing


if __name__ == "__main__":
    parser = harness.arguments(__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("--search", type=Path, nargs="*", default=[Path("/usr/share/fonts")])
    options = parser.parse_args()
    print("not found:", gather(options.out, options.search))
