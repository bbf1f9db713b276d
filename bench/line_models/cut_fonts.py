"""Fonts with Cyrillic or Greek letters out of unpacked packages, cut down to the alphabet."""

from __future__ import annotations

import io
import re
import zlib
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sized
from pathlib import Path

import numpy as np
from bench.line_models.alphabet import CHARACTERS
from bench.line_models.sentences import held_out
from fontTools import subset
from fontTools.ttLib import TTCollection, TTFont
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

RUSSIAN = set("АБВГДЕЖЗИЙКЛМНОПРСТУФХЦЧШЩЪЫЬЭЮЯабвгдежзийклмнопрстуфхцчшщъыьэюя")
GREEK = set("ΑΒΓΔΕΖΗΘΙΚΛΜΝΞΟΠΡΣΤΥΦΧΨΩαβγδεζηθικλμνξοπρςστυφχψωάέήίόύώ")
STYLES = 5  # most faces of one family: some have seventy weights and widths
FAMILIES_TEST = 9  # one family in so many is kept for the test
CLONES = {"Arimo": "LiberationSans", "Tinos": "LiberationSerif", "Cousine": "LiberationMono", "SchoolbookUralic": "C059",
          "NimbusRomNo9L": "NimbusRoman", "NimbusSanL": "NimbusSans", "Verajja": "DejaVuSans"}  # fmt: skip
"""Families that are drawn as others are: both are kept for the test, or none."""

SCREENS = re.compile(
    "Px[A-Z]|Unifont|unifur|Misaki|Terminus|GlassTTY|Monoisome|Futhark|EBGaramondSC|GoSmallcaps|Aegean"
)
"""Families of dots for terminals, copies, runes, and Latin capitals for small letters: no document is printed in them."""

SAME = 0.9  # overlap of a small letter with its capital, both stretched alike, from which the face has no small letters


def gather(folder: Path) -> Iterator[tuple[str, bytes, str]]:
    """``HALF/SCRIPTS/FAMILY-NUMBER.ttf``, bytes and characters of each face; ``c`` and ``g``: Cyrillic, Greek."""
    families: dict[str, set[int]] = defaultdict(set)
    for path in sorted(folder.glob("fonts-*/usr/share/**/*"), key=lambda path: zlib.crc32(path.name.encode())):
        if path.suffix.lower() in {".ttf", ".otf", ".ttc"} and not path.is_symlink():
            for family, scripts, data, letters in _faces(path, families):
                if (digest := zlib.crc32(data)) not in families[family]:
                    families[family].add(digest)
                    half = "test" if held_out(CLONES.get(family, family), FAMILIES_TEST) else "train"
                    yield f"{half}/{scripts}/{family}-{len(families[family])}.ttf", data, letters


def _faces(path: Path, families: Mapping[str, Sized]) -> Iterator[tuple[str, str, bytes, str]]:
    """Family, scripts, cut-down file and characters of each usable face of a file whose family has not `STYLES` yet."""
    try:
        fonts = TTCollection(path).fonts if path.suffix.lower() == ".ttc" else [TTFont(path)]
    except Exception as error:  # a font file of the packages may be broken
        print(f"{path.name}: {error}")
        return
    for font in fonts[:4]:
        try:
            known = {chr(code) for code in font.getBestCmap() or {}}
            scripts = "c" * (known >= RUSSIAN) + "g" * (known >= GREEK)
            if not scripts or ("glyf" not in font and "CFF " not in font):
                continue
            family = "".join(letter for letter in (font["name"].getBestFamilyName() or path.stem) if letter.isalnum())
            if len(families[family]) >= STYLES or SCREENS.match(family):
                continue
            data = _cut(font, known)
            if scripts := "".join(script for script in scripts if _is_sound(data, script)):
                yield family, scripts, data, "".join(letter for letter in CHARACTERS if letter in known)
        except Exception as error:
            print(f"{path.name}: {type(error).__name__} {error}")


def _cut(font: TTFont, known: set[str]) -> bytes:
    options = subset.Options(
        layout_features=[], hinting=False, notdef_outline=True, name_IDs=[1, 2],
        drop_tables=["GSUB", "GPOS", "GDEF", "DSIG", "FFTM"],
    )  # fmt: skip
    cutter = subset.Subsetter(options)
    cutter.populate(unicodes=[ord(letter) for letter in known & {*CHARACTERS, " "}])
    if "fvar" in font:
        for table in ("fvar", "gvar", "avar", "HVAR", "MVAR", "STAT", "cvar"):
            if table in font:
                del font[table]
    cutter.subset(font)
    held = io.BytesIO()
    font.save(held)
    return held.getvalue()


def _is_sound(data: bytes, script: str) -> bool:
    """Whether letters have ink, differ from each other, and small ones from capitals."""
    font = ImageFont.truetype(io.BytesIO(data), 48)
    letters = "жбаедяцщ" if script == "c" else "γδβλαεης"
    shapes = {letter: _shape(font, letter) for letter in letters}
    if any(shape is None for shape in shapes.values()):
        return False
    if len({shape.tobytes() for shape in shapes.values() if shape is not None}) < len(letters):
        return False
    alike = 0
    for small in letters[1:4]:
        large, own = _shape(font, small.upper()), shapes[small]
        if large is None or own is None:
            return False
        alike += float((large & own).sum()) / float((large | own).sum()) > SAME
    return alike == 0


def _shape(font: ImageFont.FreeTypeFont, letter: str) -> NDArray[np.bool_] | None:
    """The letter's ink stretched to 32 by 32; None without ink."""
    image = Image.new("L", (160, 160))
    ImageDraw.Draw(image).text((50, 40), letter, font=font, fill=255)
    box = image.getbbox()
    return None if box is None else np.asarray(image.crop(box).resize((32, 32))) > 127
