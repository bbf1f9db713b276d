"""Clean pages that look as if they were not: slanted, pale, ruled with dashes, scanned with edges, printed through, dark."""

from __future__ import annotations

import cv2
import numpy as np
from bench.pages.canvas import Sheet, photo
from bench.pages.kinds import HEIGHT, WIDTH, Press, kind, replaced
from msgspec.structs import replace
from PIL import Image

from ocroute.values import Box, Line

PALE = ((255, 205, 40), (150, 215, 150), (170, 200, 245), (245, 170, 160), (190, 190, 190))
GROUNDS = ((255, 246, 200), (225, 240, 255), (228, 245, 225), (70, 90, 120), (120, 30, 40))


@kind
def slanted(press: Press) -> Sheet:
    """A page with some lines turned by a few degrees, as on a label or a leaflet; boxes stay upright."""
    sheet, rng = press.sheet("slanted"), press.rng
    y = sheet.paragraph((130, 130, 1110, 560), press.prose(5), press.body(22, 26))
    font = press.body(26, 34)
    for _ in range(rng.randint(3, 6)):
        _slanted_line(
            sheet,
            200,
            y + 90,
            press.prose(1)[: rng.randint(28, 44)],
            font,
            rng.choice((-1, 1)) * rng.choice((4, 8, 12, 20, 30, 42)),
        )
        y += 190
    return sheet


def _slanted_line(sheet: Sheet, x: float, y: float, text: str, font: object, degrees: float) -> None:
    loose = Sheet("line", Image.new("L", sheet.image.size, 255))
    loose.write(x, y, text, font)  # type: ignore[arg-type]
    middle = loose.lines[0].box.center
    turn = cv2.getRotationMatrix2D(middle, degrees, 1.0)
    turned = cv2.warpAffine(np.asarray(loose.image), turn, sheet.image.size, flags=cv2.INTER_CUBIC, borderValue=255)
    pixels = np.minimum(np.asarray(sheet.image), turned[..., None])
    sheet.image.paste(Image.fromarray(pixels))
    sheet.lines.append(_turned(loose.lines[0], turn))
    sheet.columns.append(0)


def _turned(line: Line, turn: np.ndarray) -> Line:
    words = tuple(replace(word, box=_around(word.box, turn)) for word in line.words)
    return replace(line, box=Box.around(word.box for word in words), words=words)


def _around(box: Box, turn: np.ndarray) -> Box:
    corners = np.array([[box.x0, box.y0], [box.x1, box.y0], [box.x1, box.y1], [box.x0, box.y1]])
    moved = corners @ turn[:, :2].T + turn[:, 2]
    (x0, y0), (x1, y1) = moved.min(axis=0).tolist(), moved.max(axis=0).tolist()
    return Box(x0, y0, x1, y1)


@kind
def pale_words(press: Press) -> Sheet:
    """Headings and whole paragraphs in pale colours on white."""
    sheet, rng, y = press.sheet("pale_words"), press.rng, 120.0
    while y < HEIGHT - 400:
        pale = rng.choice(PALE) if rng.random() < 0.5 else "black"
        y = sheet.paragraph((130, y, 1110, y + 190), press.prose(2), press.body(22, 30), ink=pale) + 40
    return sheet


@kind
def dashed_rules(press: Press) -> Sheet:
    """A form to be cut out and filled in: dashed and dotted rules, rows of boxes for single letters."""
    sheet, rng, y = press.sheet("dashed_rules"), press.rng, 120
    font = press.body(22, 26)
    for _ in range(rng.randint(5, 9)):
        y = int(sheet.paragraph((130, y, 1110, y + 90), press.prose(1), font)) + 30
        style = rng.choice(("dashes", "dots", "boxes"))
        step, size = {"dashes": (26, (16, 3)), "dots": (11, (4, 4)), "boxes": (34, (28, 32))}[style]
        for x in range(130, 1100, step):
            if style == "boxes":
                sheet.draw.rectangle((x, y, x + size[0], y + size[1]), outline="black", width=2)
            else:
                sheet.draw.rectangle((x, y, x + size[0], y + size[1]), fill="black")
        y += 70
    return sheet


@kind
def scan_edges(press: Press) -> Sheet:
    """Black borders, the shadow of a spine, punch holes and a staple."""
    sheet, rng = press.sheet("scan_edges", ground=(244, 243, 240)), press.rng
    sheet.paragraph((190, 160, 1080, HEIGHT - 200), press.prose(40), press.body(22, 26))
    pixels = np.asarray(sheet.image, dtype=float).copy()
    chance = np.random.default_rng(press.seed)
    ragged = (rng.randint(18, 60) + np.cumsum(chance.normal(0, 0.6, HEIGHT))).clip(5, 90).astype(int)
    for y in range(HEIGHT):
        pixels[y, : ragged[y]] = chance.uniform(0, 40)
    pixels[HEIGHT - rng.randint(10, 50) :] = 15
    spine = np.exp(-np.arange(WIDTH)[::-1] / rng.uniform(25, 60))
    pixels *= (1 - 0.85 * spine)[None, :, None]
    holes = np.ascontiguousarray(pixels)
    for y in (HEIGHT // 3, 2 * HEIGHT // 3):
        cv2.circle(holes, (120, y), 24, (25.0, 25.0, 25.0), -1)
    return replaced(sheet, holes)


@kind
def halftone(press: Press) -> Sheet:
    """A newspaper's picture, printed in dots, and a dotted tint under some text."""
    sheet, rng = press.sheet("halftone"), press.rng
    y = int(sheet.paragraph((130, 120, 1110, 480), press.prose(5), press.body(22, 26))) + 30
    height, pitch, degrees = rng.randint(350, 600), rng.choice((5, 6, 8, 10)), rng.choice((0, 15, 45, 45, 75))
    tone = np.asarray(photo(rng, 980, height).convert("L"), dtype=float)
    sheet.image.paste(Image.fromarray(_screened(tone, pitch, degrees)), (130, y))
    low = y + height + 40
    sheet.image.paste(Image.fromarray(_screened(np.full((260, 1000), 225.0), 6, 45)), (120, low))
    sheet.paragraph((140, low + 20, 1100, low + 240), press.prose(3), press.body(26, 30))
    sheet.paragraph((130, low + 290, 1110, HEIGHT - 80), press.prose(12), press.body(22, 26))
    return sheet


def _screened(tone: np.ndarray, pitch: int, degrees: float) -> np.ndarray:
    """A grey picture as black dots on a turned grid, the darker the larger."""
    y, x = np.mgrid[: tone.shape[0], : tone.shape[1]] * (2 * np.pi / pitch)
    turn = np.radians(degrees)
    along, across = x * np.cos(turn) + y * np.sin(turn), y * np.cos(turn) - x * np.sin(turn)
    screen = (np.cos(along) + np.cos(across) + 2) * 63.75
    return np.where(tone > screen, 255, 0).astype(np.uint8)


@kind
def bleed_through(press: Press) -> Sheet:
    """Thin paper: the print of the other side shows, mirrored."""
    sheet, rng = press.sheet("bleed_through"), press.rng
    sheet.paragraph((130, 140, 1110, rng.randint(900, 1600)), press.prose(40), press.body(24, 28))
    other = press.sheet("bleed_through")
    other.paragraph((130, 140, 1110, HEIGHT - 150), press.prose(60), press.body(24, 28))
    behind = cv2.GaussianBlur(np.asarray(other.image)[:, ::-1].astype(np.float32), (0, 0), rng.uniform(1.0, 2.0))
    seen = 255 - (255 - behind) * rng.uniform(0.15, 0.4)
    return replaced(sheet, np.minimum(np.asarray(sheet.image, dtype=float), seen))


@kind
def dark_columns(press: Press) -> Sheet:
    """Light on dark, in two columns under a head."""
    sheet, font = (
        press.sheet("dark_columns", ground=press.rng.choice(("black", (24, 26, 30), (10, 30, 60)))),
        press.body(20, 24),
    )
    sheet.write(300, 90, press.prose(1)[:36], press.font("sans", 36), ink="white")
    for column, x in enumerate((100, 650)):
        sheet.paragraph((x, 190, x + 490, HEIGHT - 300), press.prose(50), font, ink=(240, 240, 235), column=column)
    return sheet


@kind
def tinted_boxes(press: Press) -> Sheet:
    """Boxes of several grounds, pale and dark, with text in each."""
    sheet, rng, y = press.sheet("tinted_boxes"), press.rng, 120
    for _ in range(rng.randint(4, 6)):
        ground = rng.choice(GROUNDS)
        sheet.draw.rectangle((110, y, 1130, y + 220), fill=ground)
        sheet.paragraph(
            (140, y + 20, 1100, y + 210),
            press.prose(3),
            press.body(24, 28),
            ink="white" if sum(ground) < 400 else "black",
        )
        y += 250
    return sheet
