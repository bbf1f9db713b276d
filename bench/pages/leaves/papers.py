"""Science, books and manuals."""

from __future__ import annotations

from bench.pages.leaves.leaf import LEFT, RIGHT, Leaf, Maker

COLUMN = 225.0
SECOND = RIGHT - COLUMN


def _in_columns(
    leaf: Leaf,
    top: float,
    bottom: float,
    starts: tuple[float, ...],
    width: float,
    *,
    headed: bool = True,
    size: float = 9.5,
) -> None:
    for x in starts:
        leaf.flow()
        leaf.y = top
        while leaf.y < bottom - 60:
            if headed and leaf.rng.random() < 0.2 and leaf.y > top:
                leaf.line(f"{leaf.rng.randint(2, 6)} {leaf.speech.label()}", x=x, style="bold", size=11, after=1.7)
            leaf.paragraph(leaf.speech.prose(leaf.rng.randint(2, 4)), x=x, width=width, size=size, bottom=bottom)


def paper(leaf: Leaf) -> None:
    """Title, authors, summary across; two columns below; a page number."""
    say = leaf.speech
    leaf.write(leaf.width / 2, 80, say.title(4, 6), style="bold", size=17, align="centre")
    leaf.write(leaf.width / 2, 104, f"{say.person()}, {say.person()}", align="centre")
    leaf.y = 124
    leaf.line("Summary", x=100, style="bold")
    leaf.paragraph(say.prose(4), x=100, width=395, size=9)
    _in_columns(leaf, leaf.y + 14, 780, (LEFT, SECOND), COLUMN)
    leaf.number(str(leaf.rng.randint(1, 300)))


def two_columns(leaf: Leaf) -> None:
    _in_columns(leaf, 70, 780, (LEFT, SECOND), COLUMN, size=leaf.rng.choice((9, 10, 11)))
    leaf.number(str(leaf.rng.randint(1, 300)))


def three_columns(leaf: Leaf) -> None:
    leaf.line(leaf.speech.title(), style="bold", size=20, after=1.6)
    _in_columns(leaf, leaf.y, 790, (LEFT, LEFT + 162, LEFT + 324), 147, headed=False, size=8.5)


def formulas(leaf: Leaf) -> None:
    """Prose with formulas between, which nobody has to read as plain words."""
    for number in range(1, 5):
        leaf.flow()
        leaf.paragraph(leaf.speech.prose(3))
        leaf.flow(anywhere=True, needed=False)
        a, b = leaf.rng.randint(2, 9), leaf.rng.randint(2, 9)
        leaf.write(leaf.width / 2, leaf.y + 10, f"f(x) = {a}x + {b} - c / (y + {a})", align="centre", style="serif")
        leaf.write(RIGHT, leaf.y + 10, f"({number})", align="right", style="serif")
        leaf.y += 34
    leaf.flow()
    leaf.paragraph(leaf.speech.prose(3))


def powers(leaf: Leaf) -> None:
    """Raised figures: powers and marks of notes; in the truth after a ^."""
    say = leaf.speech
    leaf.heading(say.title())
    leaf.y += 16
    for _ in range(leaf.rng.randint(8, 12)):
        base, power = str(leaf.rng.choice((10, 2, leaf.rng.randint(11, 99)))), str(leaf.rng.randint(2, 12))
        before, after = (
            f"The {say.noun()} of {say.surname()} holds {base}",
            f" units in {leaf.rng.randint(1800, 2000)}.",
        )
        x = leaf.write(LEFT, leaf.y, before)
        leaf.canvas.setFont(leaf.body, leaf.size * 0.62)
        leaf.canvas.drawString(x, leaf.height - leaf.y + leaf.size * 0.38, power)
        x += leaf.canvas.stringWidth(power, leaf.body, leaf.size * 0.62)
        leaf.canvas.setFont(leaf.body, leaf.size)
        leaf.canvas.drawString(x, leaf.height - leaf.y, after)
        leaf.relate(f"{before}^{power}{after}")
        leaf.y += 24
    leaf.paragraph(say.prose(3))


def footnotes(leaf: Leaf) -> None:
    say = leaf.speech
    leaf.heading(say.title())
    for _ in range(5):
        leaf.paragraph(say.prose(4))
    leaf.y = 700
    leaf.rule(LEFT, leaf.y, LEFT + 130, leaf.y)
    leaf.y += 8
    leaf.flow()
    for number in range(1, leaf.rng.randint(3, 5)):
        leaf.paragraph(f"{number} {say.sentence()}", size=8)
    leaf.number(str(leaf.rng.randint(2, 400)))


def references(leaf: Leaf) -> None:
    say = leaf.speech
    leaf.heading("References")
    for number in range(1, leaf.rng.randint(12, 18)):
        leaf.paragraph(
            f"[{number}] {say.person()}. {say.title()}. {say.surname()} Press, {leaf.rng.randint(1900, 2024)}.",
            indent=22,
        )


def contents(leaf: Leaf) -> None:
    say = leaf.speech
    leaf.heading("Contents", size=18)
    leaf.flow(cells=True)
    page = 1
    for number in range(1, leaf.rng.randint(14, 26)):
        page += leaf.rng.randint(1, 14)
        end = leaf.write(LEFT, leaf.y + 11, f"{number} {say.title()}")
        leaf.write(RIGHT, leaf.y + 11, str(page), align="right")
        dots = int((RIGHT - 26 - end) / leaf.canvas.stringWidth(".", leaf.body, leaf.size))
        leaf.canvas.drawString(end + 4, leaf.height - leaf.y - 11, "." * max(3, dots))
        leaf.y += 19


def index(leaf: Leaf) -> None:
    say = leaf.speech
    for x in (LEFT, LEFT + 165, LEFT + 330):
        leaf.flow()
        leaf.y = 70
        for _ in range(leaf.rng.randint(28, 40)):
            leaf.line(
                f"{say.surname()}, {leaf.rng.randint(1, 99)}, {leaf.rng.randint(100, 400)}", x=x, size=8.5, after=1.6
            )


def dictionary(leaf: Leaf) -> None:
    say = leaf.speech
    for x in (LEFT, SECOND):
        leaf.flow()
        leaf.y = 70
        while leaf.y < 740:
            leaf.paragraph(
                f"{say.surname().lower()} n. {say.prose(1)}", x=x, width=COLUMN, size=9, indent=10, bottom=790
            )


def code_listing(leaf: Leaf) -> None:
    say, rng = leaf.speech, leaf.rng
    leaf.paragraph(say.prose(2))
    leaf.flow()
    leaf.body, depth = leaf.type("mono"), 0
    for _ in range(rng.randint(16, 34)):
        one, other = say.noun(), say.noun()
        text = rng.choice(
            (
                f"{one} = {other}({rng.randint(0, 99)})",
                f"if {one} > {rng.randint(2, 999)}:",
                f"return {one} + {other}",
                f"def {one}_{other}(x):",
            )
        )
        leaf.write(LEFT + 22 * depth, leaf.y + 9, text, size=9, new=False)
        leaf.y += 13
        depth = min(3, depth + 1) if text.endswith(":") else max(0, depth - rng.randint(0, 1))


def report(leaf: Leaf) -> None:
    """Three pages with the same running head and counting numbers."""
    title = leaf.speech.title()
    for page in range(3):
        if page:
            leaf.next_page()
        leaf.number(title, y=32)
        leaf.flow()
        while leaf.y < 720:
            if leaf.rng.random() < 0.3:
                leaf.heading(leaf.speech.label(), size=12)
            leaf.paragraph(leaf.speech.prose(3), bottom=780)
        leaf.number(str(page + 7))


MAKERS: tuple[Maker, ...] = (
    paper, two_columns, three_columns, formulas, powers, footnotes, references, contents, index, dictionary, code_listing, report,
)  # fmt: skip
