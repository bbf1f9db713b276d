"""Slides, dark pages, long pictures, labels."""

from __future__ import annotations

from bench.pages.leaves.leaf import LEFT, Leaf, Maker
from reportlab.lib.colors import HexColor


def slide(leaf: Leaf) -> None:
    leaf.paper(720, 405)
    leaf.write(50, 70, leaf.speech.title(), style="bold", size=28)
    leaf.y = 110
    for _ in range(leaf.rng.randint(3, 5)):
        leaf.paragraph(f"{leaf.speech.title(3, 5)} in {leaf.rng.randint(1900, 2024)}", x=70, width=600, size=18)


def dark_slide(leaf: Leaf) -> None:
    leaf.paper(720, 405, leaf.rng.choice(("#101828", "#003c6e", "#3b0d0d")))
    leaf.ink = HexColor("#f4f4ea")
    leaf.write(50, 70, leaf.speech.title(), style="bold", size=26)
    for column, x in enumerate((50.0, 380.0)):
        leaf.flow(beside=bool(column))
        leaf.y = 110
        for _ in range(3):
            leaf.paragraph(leaf.speech.sentence(), x=x, width=290, size=12)


def dark_page(leaf: Leaf) -> None:
    leaf.paper(*(595, 842), "#1c2430")
    leaf.ink = HexColor("#eceadf")
    leaf.line(leaf.speech.title(), style="bold", size=18, after=2)
    for x in (LEFT, 312.0):
        leaf.flow()
        leaf.y = 110
        for _ in range(4):
            leaf.paragraph(leaf.speech.prose(3), x=x, width=220)


def poster(leaf: Leaf) -> None:
    say = leaf.speech
    leaf.picture(0, 420, 595, 300)
    leaf.write(leaf.width / 2, 120, say.surname().upper(), style="bold", size=58, align="centre")
    leaf.write(leaf.width / 2, 180, say.title(), size=20, align="centre")
    leaf.write(leaf.width / 2, 320, say.day(), style="bold", size=30, align="centre")
    leaf.flow()
    leaf.write(
        leaf.width / 2, 770, f"Tickets {leaf.rng.randint(10, 90)}.50 at {say.surname()} Hall", size=15, align="centre"
    )


def long_picture(leaf: Leaf) -> None:
    """A page as long as a screen shot of a whole site."""
    leaf.paper(400, 3600)
    leaf.size = 12
    while leaf.y < 3450:
        leaf.heading(leaf.speech.label(), x=24)
        for _ in range(3):
            leaf.paragraph(leaf.speech.prose(3), x=24, width=350, bottom=3560)


def chat(leaf: Leaf) -> None:
    """Bubbles at either side."""
    leaf.paper(360, 640, "#eef1f4")
    leaf.y = 30
    while leaf.y < 540:
        mine = leaf.rng.random() < 0.5
        top, x = leaf.y, 100.0 if mine else 20.0
        text = leaf.speech.sentence()
        height = 13.5 * (1 + len(text) // 38) + 30
        leaf.tint(x, top, x + 240, top + height, "#cfe9c8" if mine else "#ffffff")
        leaf.y = top + 10
        leaf.paragraph(text, x=x + 10, width=218, size=10)
        leaf.y = top + height + 12


def labels(leaf: Leaf) -> None:
    """A sheet of address labels."""
    for row in range(7):
        for column in range(3):
            leaf.flow(beside=bool(row or column))
            for at, line in enumerate(leaf.speech.address()):
                leaf.write(40 + 180 * column, 60 + 108 * row + 14 * at, line, size=10, new=at == 0)


def sparse(leaf: Leaf) -> None:
    leaf.y = leaf.rng.randint(200, 500)
    leaf.paragraph(leaf.speech.sentence(), size=12)


def title_page(leaf: Leaf) -> None:
    say = leaf.speech
    for y, size, text in (
        (220, 30, say.surname()),
        (270, 16, say.title()),
        (420, 14, say.person()),
        (700, 12, f"{say.surname()} Press"),
        (720, 12, str(leaf.rng.randint(1900, 2024))),
    ):
        leaf.write(leaf.width / 2, y, text, size=size, align="centre")


MAKERS: tuple[Maker, ...] = (slide, dark_slide, dark_page, poster, long_picture, chat, labels, sparse, title_page)
