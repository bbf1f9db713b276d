"""Which fonts the bench prints with: other families to report on than to tune with."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from PIL import ImageFont

ROOTS = (Path("/usr/share/fonts"), Path.home() / ".fonts", Path("/Library/Fonts"), Path("C:/Windows/Fonts"))
FAMILIES = {
    "tune": {
        "serif": ["LiberationSerif-Regular.ttf"],
        "sans": ["LiberationSans-Regular.ttf"],
        "mono": ["LiberationMono-Regular.ttf"],
        "wide": ["NotoSansCJK-Regular.ttc"],
    },
    "report": {
        "serif": ["DejaVuSerif.ttf", "C059-Roman.otf"],
        "sans": ["DejaVuSansCondensed.ttf", "NimbusSans-Regular.otf"],
        "mono": ["DejaVuSansMono.ttf"],
        "wide": ["NotoSerifCJK-Regular.ttc"],
    },
}


@cache
def _installed() -> dict[str, Path]:
    return {path.name: path for root in ROOTS if root.is_dir() for path in root.rglob("*.[to]t[fc]")}


def path(half: str, style: str, at: int = 0) -> Path | None:
    """The font file for a style; where the family is not installed, for Latin letters, the one that reportlab brings."""
    family = FAMILIES[half][style]
    wanted = _installed().get(family[at % len(family)])
    if wanted is not None or style == "wide":
        return wanted
    import reportlab

    return Path(reportlab.__file__).parent / "fonts" / "Vera.ttf"


def knows_cyrillic(half: str) -> bool:
    """Whether the serif font here has Russian letters."""
    found = path(half, "serif", 0)
    return found is not None and not found.name.startswith("Vera")


@cache
def font(file: Path, size: int) -> ImageFont.FreeTypeFont:
    """The font at ``size`` pixels to the em."""
    return ImageFont.truetype(str(file), size)
