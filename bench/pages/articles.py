"""Pages of articles, whose reading order and whose lines' roles are known: one to three columns, headings, notes, furniture."""

from __future__ import annotations

from dataclasses import dataclass, field

from bench.pages.canvas import Sheet, photo, wrap
from bench.pages.kinds import HEIGHT, WIDTH, Press
from bench.pages.prose import sentences
from PIL import Image, ImageFont

SIDE, GUTTER, TOP, BOTTOM = 100, 40, 150, 140
BODY, HEADING, TITLE, NOTE, FURNITURE, CAPTION = "body", "heading", "title", "note", "furniture", "caption"


@dataclass
class Article:
    """A page and the role of each of its ``sheet.lines``, which stand in reading order, furniture and notes last."""

    sheet: Sheet
    roles: list[str] = field(default_factory=list)

    def write(self, x: float, y: float, text: str, font: ImageFont.FreeTypeFont, role: str) -> None:
        """One line with its top left corner at (x, y)."""
        self.sheet.write(x, y, text, font)
        self.roles.append(role)

    def of(self, *roles: str) -> list[str]:
        """The lines of these roles, in reading order."""
        return [line.text for line, role in zip(self.sheet.lines, self.roles, strict=True) if role in roles]


def article(columns: int, seed: int, half: str = "report") -> Article:
    """One page; the same seed gives the same page."""
    press = Press(half, 100 * seed + columns)
    rng = press.rng
    made = Article(Sheet(f"{columns} columns", Image.new("RGB", (WIDTH, HEIGHT), "white")))
    size = rng.randint(18, 24) if columns < 3 else rng.randint(15, 18)
    style = rng.choice(("serif", "sans"))
    body, heading, note = press.font(style, size), press.font("sans", size + 7), press.font(style, size - 4)
    width = (WIDTH - 2 * SIDE - (columns - 1) * GUTTER) / columns
    top = float(TOP)
    if rng.random() < 0.5:
        for row in wrap(_title(press), press.font("sans", 40), WIDTH - 2 * SIDE):
            made.write(SIDE, top, row, press.font("sans", 40), TITLE)
            top += 54
        top += 30
    notes = [f"{number} {press.prose(1)}" for number in range(1, rng.randint(1, 3))]
    noted = [row for text in notes for row in wrap(text, note, width)]
    for column in range(columns):
        x = SIDE + column * (width + GUTTER)
        end = HEIGHT - BOTTOM - (len(noted) * note.size * 1.3 + 40 if column == columns - 1 and noted else 0)
        _column(made, press, (x, top, x + width, end), body, heading)
    y = HEIGHT - BOTTOM - len(noted) * note.size * 1.3
    for row in noted:
        made.write(WIDTH - SIDE - width, y, row, note, NOTE)
        y += note.size * 1.3
    small = press.font("sans", 16)
    if rng.random() < 0.7:
        made.write(SIDE, 70, _title(press), small, FURNITURE)
    made.write(WIDTH / 2 - 10, HEIGHT - 80, str(rng.randint(2, 400)), small, FURNITURE)
    return made


def _title(press: Press) -> str:
    return " ".join(press.prose(1).rstrip(".").split()[: press.rng.randint(4, 7)])


def _column(
    made: Article,
    press: Press,
    box: tuple[float, float, float, float],
    body: ImageFont.FreeTypeFont,
    heading: ImageFont.FreeTypeFont,
) -> None:
    x0, y, x1, y1 = box
    rng = press.rng
    first = True
    while y + 6 * body.size < y1:
        chance = rng.random()
        if chance < 0.2 and not first and y + 10 * body.size < y1:
            y += 0.8 * heading.size
            for row in wrap(" ".join(_title(press).split()[:3]), heading, x1 - x0):
                made.write(x0, y, row, heading, HEADING)
                y += 1.5 * heading.size
        elif chance < 0.27 and not first and y + 330 < y1:
            made.sheet.image.paste(photo(rng, round(x1 - x0), 200), (round(x0), round(y) + 10))
            y += 224
            for row in wrap(f"Figure {rng.randint(1, 9)}. {_title(press)}, {rng.randint(1800, 2020)}.", body, x1 - x0):
                made.write(x0, y, row, body, CAPTION)
                y += 1.3 * body.size
            y += body.size
        for row in wrap(sentences(rng.randrange(1 << 30)), body, x1 - x0):
            if y + 1.3 * body.size > y1:
                return
            made.write(x0, y, row, body, BODY)
            y += 1.3 * body.size
        y += 0.7 * body.size
        first = False
