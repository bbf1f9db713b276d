"""Sets the parts that arrangements are made of on a sheet: paragraphs, rows, items, grids, and names to fill them with."""

from __future__ import annotations

from collections.abc import Sequence

from bench.pages import texts
from bench.pages.canvas import Sheet, wrap
from bench.pages.kinds import WIDTH, Press
from PIL import ImageFont

LEFT, RIGHT = 110.0, 1130.0
Face = ImageFont.FreeTypeFont
_PEOPLE = {
    "tune": ("A. Berg", "K. Lind", "Maria Olsen", "P. Varga", "Ines Roth", "Jon Hale", "D. Okafor", "Lea Brandt"),
    "report": (
        "T. Moreau",
        "S. Iyer",
        "Clara Whitfield",
        "R. Novak",
        "Emil Dahl",
        "Ada Finch",
        "B. Castell",
        "Noor Aziz",
    ),
}
_FIRMS = {
    "tune": (
        "Harbour Authority",
        "The crew of the Aurora",
        "Lind & Sons Ltd",
        "Northport Council",
        "Bay Timber Company",
    ),
    "report": (
        "Orchard Trust",
        "Friends of the Old Mill",
        "Whitfield Clockworks",
        "City of Dunmere",
        "Novak Instruments GmbH",
    ),
}
_STREETS = {
    "tune": ("Quay Street", "Mast Lane", "Chapel Road", "Old Mill Way", "Station Square"),
    "report": ("Garden Row", "Ferry Lane", "Copper Street", "Upper Market", "Linden Avenue"),
}
_TOWNS = {
    "tune": ("Northport", "Eastport", "Saltby", "Kingsferry", "Lower Harwick"),
    "report": ("Dunmere", "Westhaven", "Ashcombe", "Port Ellis", "Great Marden"),
}
_ROLES = {
    "tune": ("Harbour master", "Captain", "Treasurer", "Managing director", "Witness"),
    "report": ("Chair", "Head of archives", "Secretary", "Owner", "Notary"),
}
_FIELDS = {
    "tune": (
        "Invoice number",
        "Invoice date",
        "Due date",
        "Customer",
        "Order no.",
        "Terms",
        "Currency",
        "Contact",
        "Vessel",
    ),
    "report": (
        "Reference",
        "Date of issue",
        "Patient",
        "Ward",
        "Tax number",
        "Policy",
        "Valid until",
        "Agent",
        "Room",
        "Class",
    ),
}


class Setter:
    """Sets lines on a sheet in reading order."""

    def __init__(self, press: Press, sheet: Sheet) -> None:
        self.press, self.sheet, self.rng, self.half = press, sheet, press.rng, press.half

    def body(self, low: int = 19, high: int = 25) -> Face:
        """A face for text."""
        return self.press.body(low, high)

    def line(self, x: float, y: float, text: str, font: Face) -> None:
        """One line from x on."""
        self.sheet.write(x, y, text, font)

    def right(self, x: float, y: float, text: str, font: Face) -> None:
        """One line up to x."""
        self.sheet.write(x - font.getlength(text), y, text, font)

    def rows(self, x: float, y: float, lines: Sequence[str], font: Face, *, lead: float = 1.35) -> float:
        """Lines one below the other; the y below them."""
        for text in lines:
            self.line(x, y, text, font)
            y += lead * font.size
        return y

    def paragraph(
        self, x0: float, x1: float, y: float, font: Face, *, sentences: int = 3, text: str = "", bottom: float = 1e9
    ) -> float:
        """Running text, down to ``bottom`` at most; the y below it."""
        for row in wrap(text or self.press.prose(sentences), font, x1 - x0):
            if y + 1.3 * font.size > bottom:
                break
            self.line(x0, y, row, font)
            y += 1.3 * font.size
        return y

    def fill(self, x0: float, x1: float, y: float, bottom: float, font: Face) -> float:
        """Paragraphs down to ``bottom``; the y below them."""
        while y + 4 * font.size < bottom:
            y = self.paragraph(x0, x1, y, font, sentences=self.rng.randint(2, 5), bottom=bottom) + 0.6 * font.size
        return y

    def item(
        self, x: float, y: float, mark: str, font: Face, *, sentences: int, right: float = RIGHT, indent: float = 40
    ) -> float:
        """A list item that hangs; the y below it."""
        self.line(x, y, mark, font)
        return self.paragraph(x + indent, right, y, font, sentences=sentences)

    def heading(self, y: float) -> float:
        """A heading over the whole width, centred or not; the y below it."""
        font, text = self.press.font("sans", 32), self.title(self.rng.randint(2, 4))
        self.line(LEFT if self.rng.random() < 0.5 else (WIDTH - font.getlength(text)) / 2, y, text, font)
        return y + 75

    def grid(self, x: float, y: float, widths: Sequence[float], rows: int, font: Face, *, ruled: bool) -> float:
        """A table of words and numbers, in the order of its rows; the y below it."""
        step, heads = (
            1.8 * font.size,
            ("Item", *self.rng.sample(("Count", "Price", "Net", "Gross", "Weight"), k=len(widths) - 1)),
        )
        for row in range(rows):
            at = x
            for column, width in enumerate(widths):
                words = f"{self.rng.uniform(1, 999):.1f}" if row and column else heads[column] if column else ""
                words = words or (self.rng.choice(texts.GOODS).split()[0] if row else "Item")
                self.line(at + 8, y + 0.3 * font.size, words, font)
                if ruled:
                    self.sheet.draw.rectangle((at, y, at + width, y + step), outline="black", width=2)
                at += width
            y += step
        return y

    def title(self, words: int) -> str:
        """The first words of a sentence."""
        return " ".join(self.press.prose(1).rstrip(".").split()[:words]).rstrip(",")

    def name(self) -> str:
        """A person."""
        return self.rng.choice(_PEOPLE[self.half])

    def role(self) -> str:
        """What a person is."""
        return self.rng.choice(_ROLES[self.half])

    def date(self) -> str:
        """A day."""
        return f"{self.rng.randint(1, 28)} {self.rng.choice(('March', 'May', 'June', 'October'))} 20{self.rng.randint(10, 29)}"

    def fields(self, count: int) -> list[str]:
        """Names of what a form asks for."""
        return self.rng.sample(_FIELDS[self.half], k=count)

    def value(self) -> str:
        """What is filled in."""
        rng = self.rng
        number = f"{rng.randint(2010, 2029)}-{rng.randint(100, 999)}"
        return rng.choice(
            (number, self.date(), self.name(), f"{rng.uniform(1, 9999):.2f}", rng.choice(_TOWNS[self.half]))
        )

    def address(self, lines: int = 0) -> list[str]:
        """Three to five lines."""
        rng, half = self.rng, self.half
        town = f"{rng.choice(_TOWNS[half])} {rng.randint(1000, 99999)}"
        said = [
            rng.choice(_FIRMS[half]),
            self.name(),
            f"{rng.randint(1, 99)} {rng.choice(_STREETS[half])}",
            town,
            "Norway",
        ]
        count = lines or rng.randint(3, 5)
        return [said[0], *said[2:4]] if count == 3 else said[:count]
