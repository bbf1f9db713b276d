"""Newspapers, magazines and leaflets."""

from __future__ import annotations

from collections.abc import Sequence

from bench.pages.leaves.leaf import LEFT, RIGHT, Leaf, Maker, wrapped


def _column(leaf: Leaf, x: float, width: float, top: float, bottom: float, size: float) -> None:
    leaf.y = top
    while leaf.y < bottom - 3 * size:
        leaf.paragraph(leaf.speech.prose(leaf.rng.randint(2, 3)), x=x, width=width, size=size, bottom=bottom)


def newspaper(leaf: Leaf) -> None:
    """A head, and stories in four columns, each under its own headline."""
    say = leaf.speech
    leaf.write(leaf.width / 2, 70, f"The {say.surname()} Herald", style="bold", size=30, align="centre")
    leaf.rule(40, 82, 555, 82)
    leaf.flow()
    leaf.write(40, 112, say.title(4, 5), style="bold", size=20)
    for column in range(4):
        leaf.flow()
        _column(leaf, 40 + 131 * column, 120, 130, 430, 8)
    leaf.rule(40, 440, 555, 440)
    leaf.flow()
    leaf.write(40, 466, say.title(), style="bold", size=16)
    for column in range(3):
        leaf.flow()
        _column(leaf, 40 + 176 * column, 163, 484, 800, 8)


def magazine(leaf: Leaf) -> None:
    """A picture with its caption over two columns, and a quotation."""
    say = leaf.speech
    leaf.picture(LEFT, 50, RIGHT - LEFT, 210)
    leaf.flow(anywhere=True)
    leaf.write(LEFT, 274, f"{say.label()}, {say.day()}.", size=8)
    leaf.flow()
    leaf.write(LEFT, 316, say.title(), style="bold", size=24)
    for x in (LEFT, 308.0):
        leaf.flow()
        _column(leaf, x, 225, 340, 790, 9.5)


def picture_in_text(leaf: Leaf) -> None:
    """Text runs beside a picture."""
    leaf.heading(leaf.speech.title())
    top = leaf.y
    leaf.picture(LEFT, top, 200, 180)
    leaf.flow()
    leaf.paragraph(leaf.speech.prose(5), x=280, width=250, bottom=top + 180)
    leaf.y = max(leaf.y, top + 200)
    for _ in range(4):
        leaf.paragraph(leaf.speech.prose(3))


def picture_in_columns(leaf: Leaf) -> None:
    """A picture stands in the columns: within one, over two of three, or between two that run around it."""
    say, count = leaf.speech, leaf.rng.choice((2, 3))
    leaf.write(LEFT, 76, say.title(), style="bold", size=22)
    gap, top, bottom = 16, 100, 790
    width = (RIGHT - LEFT - gap * (count - 1)) / count
    high, from_top = leaf.rng.randint(130, 240), leaf.rng.randint(190, 400)
    kind = leaf.rng.choice(("within", "over two", "around"))
    first = 0 if count == 2 else leaf.rng.randint(0, 1)
    x0 = LEFT + first * (width + gap)
    x1 = x0 + width
    if kind != "within":
        x1 += gap + width
    if kind == "around":
        x0, x1 = x0 + 0.55 * width, x1 - 0.55 * width
    leaf.picture(x0, from_top, x1 - x0, high)
    caption = f"{say.label()}, {say.day()}."
    leaf.flow(anywhere=True)
    leaf.y = from_top + high + 4
    leaf.paragraph(caption, x=x0, width=x1 - x0, size=7.5)
    below = leaf.y + 4
    slots = list[tuple[int, float, float, float, float]]()
    for column in range(count):
        x = LEFT + column * (width + gap)
        beside = (max(x, x0), min(x + width, x1))
        if beside[1] <= beside[0]:
            slots.append((column, x, width, top, bottom))
            continue
        slots.append((column, x, width, top, from_top - 4))
        if kind == "around":
            left = beside[0] > x
            slots.append((column, x if left else beside[1] + 8, 0.55 * width - 8, from_top, below))
        slots.append((column, x, width, below, bottom))
    _run_through(leaf, slots, 9)


def _run_through(leaf: Leaf, slots: Sequence[tuple[int, float, float, float, float]], size: float) -> None:
    """One text through places of a page (column, x, width, top, bottom): what does not fit into one goes on in the next."""
    font, words, last = leaf.body, list[str](), -1
    for column, x, width, top, bottom in slots:
        if column != last:
            leaf.flow()
            last = column
        y = top
        while y + size <= bottom:
            new = not words
            words = words or leaf.speech.prose(leaf.rng.randint(2, 4)).split()
            row = wrapped(" ".join(words), font, size, width)[0]
            leaf.write(x, y + size, row, size=size, new=new)
            words = words[len(row.split()) :]
            y += size * (1.3 if words else 2.0)


def leaflet(leaf: Leaf) -> None:
    """Three panels of a folded sheet."""
    leaf.paper(842, 595)
    for panel in range(3):
        x = 40 + 262 * panel
        leaf.flow()
        leaf.y = 60
        leaf.line(leaf.speech.title(2, 3), x=x, style="bold", size=16, after=1.8)
        _column(leaf, x, 226, leaf.y, 540, 10)


def narrow_strips(leaf: Leaf) -> None:
    """Cuttings beside each other, with rules between."""
    for strip in range(6):
        x = 40 + 88 * strip
        leaf.flow()
        _column(leaf, x, 76, 60, 60 + leaf.rng.randint(400, 720), 7.5)
        if strip:
            leaf.rule(x - 6, 50, x - 6, 790, 0.5)


def side_notes(leaf: Leaf) -> None:
    """Notes in the margin, which stand beside what they are about."""
    say = leaf.speech
    leaf.line(say.title(), x=190, style="bold", size=15, after=2)
    for _ in range(5):
        top = leaf.y
        leaf.flow()
        leaf.paragraph(say.prose(4), x=190, width=340)
        end = leaf.y
        leaf.flow(anywhere=True)
        leaf.y = top
        leaf.paragraph(f"{say.label()} {leaf.rng.randint(1800, 2020)}", x=LEFT, width=105, size=8)
        leaf.y = end


def two_articles(leaf: Leaf) -> None:
    """Two stories side by side, each with its headline; either may be first."""
    for column, x in enumerate((LEFT, 312.0)):
        leaf.flow(beside=bool(column))
        leaf.y = 70
        leaf.line(leaf.speech.title(2, 3), x=x, style="bold", size=15, after=1.8)
        _column(leaf, x, 220, leaf.y, 560 + leaf.rng.randint(0, 200), 10)


def advertisement(leaf: Leaf) -> None:
    say = leaf.speech
    leaf.frame(80, 80, 515, 500, 2)
    leaf.write(leaf.width / 2, 150, f"{say.label()} sale", style="bold", size=34, align="centre")
    leaf.write(leaf.width / 2, 200, f"from {say.day()}", size=18, align="centre")
    leaf.write(leaf.width / 2, 280, f"{leaf.rng.randint(20, 70)} % off", style="bold", size=44, align="centre")
    for at, line in enumerate(say.address()):
        leaf.write(leaf.width / 2, 370 + 20 * at, line, size=13, align="centre")


MAKERS: tuple[Maker, ...] = (
    newspaper, magazine, picture_in_text, picture_in_columns, leaflet, narrow_strips, side_notes, two_articles, advertisement,
)  # fmt: skip
