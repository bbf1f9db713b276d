"""Pages of forty arrangements whose reading order is known: ``sheet.lines`` stand in it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from bench.pages import texts
from bench.pages.canvas import Sheet, photo, wrap
from bench.pages.kinds import HEIGHT, WIDTH, Press
from bench.pages.setter import LEFT, RIGHT, Setter
from bench.pages.side_by_side import BESIDE

Maker = Callable[[Setter], None]


def _columns(s: Setter, count: int, top: float, bottom: float, *, gutter: float = 44, style: str = "serif") -> float:
    """Columns of running text; y below the longest."""
    size = s.rng.randint(18, 23) if count < 3 else s.rng.randint(14, 17)
    font, width = s.press.font(style, size), (RIGHT - LEFT - (count - 1) * gutter) / count
    low = top
    for column in range(count):
        x, y = LEFT + column * (width + gutter), top
        end = bottom if column < count - 1 else bottom - s.rng.randint(0, 4) * 1.3 * size
        while y + 4 * size < end:
            y = s.paragraph(x, x + width, y, font, sentences=s.rng.randint(1, 4), bottom=end)
            y += s.rng.choice((0.0, 0.5)) * size
        low = max(low, y)
    return low


def prose(s: Setter) -> None:
    _columns(s, 1, s.heading(120), HEIGHT - 150)


def two_columns(s: Setter) -> None:
    _columns(s, 2, s.heading(110), HEIGHT - 140)


def three_columns(s: Setter) -> None:
    _columns(s, 3, s.heading(110), HEIGHT - 140, gutter=36)


def four_columns(s: Setter) -> None:
    _columns(s, 4, 130, HEIGHT - 160, gutter=30)


def abstract_over_columns(s: Setter) -> None:
    y = s.paragraph(LEFT + 90, RIGHT - 90, s.heading(110), s.body(), sentences=4)
    _columns(s, 2, y + 40, HEIGHT - 140)


def abstract_close_over_columns(s: Setter) -> None:
    font = s.press.font("serif", 21)
    y = s.paragraph(LEFT, RIGHT, 140, font, sentences=5)
    _columns(s, 2, y + 8, HEIGHT - 300)


def columns_twice(s: Setter) -> None:
    y = _columns(s, 2, 120, 720)
    y = s.paragraph(LEFT, RIGHT, s.heading(y + 50), s.body(), sentences=4)
    _columns(s, 2, y + 40, HEIGHT - 140)


def three_then_two(s: Setter) -> None:
    y = _columns(s, 3, 120, 760)
    y = s.heading(y + 60)
    _columns(s, 2, y, HEIGHT - 140)


def unequal_columns(s: Setter) -> None:
    font, note = s.body(), s.press.font("sans", 17)
    edge = LEFT + (RIGHT - LEFT) * s.rng.uniform(0.58, 0.68)
    s.fill(LEFT, edge, 130, HEIGHT - 150, font)
    s.fill(edge + 50, RIGHT, 130, HEIGHT - 150 - s.rng.randint(0, 500), note)


def side_notes(s: Setter) -> None:
    font, note = s.body(), s.press.font("sans", 15)
    y, tops = 140.0, []
    for _ in range(4):
        tops.append(y)
        y = s.paragraph(LEFT, 860, y, font, sentences=5) + 24
    for top in tops:
        s.paragraph(910, RIGHT, top, note, sentences=1)


def narrow_left_column(s: Setter) -> None:
    edge = LEFT + (RIGHT - LEFT) * s.rng.uniform(0.26, 0.34)
    s.fill(LEFT, edge, 150, HEIGHT - 150 - s.rng.randint(200, 700), s.press.font("sans", 16))
    s.fill(edge + 45, RIGHT, 150, HEIGHT - 150, s.body())


def figure_across(s: Setter) -> None:
    y = _columns(s, 2, 120, 640)
    s.sheet.image.paste(photo(s.rng, 900, 260), (170, round(y) + 20))
    _columns(s, 2, y + 310, HEIGHT - 150)


def headings_in_columns(s: Setter) -> None:
    size = s.rng.randint(18, 22)
    font, head = s.press.font("serif", size), s.press.font("sans", size + 3)
    for x0, x1 in ((LEFT, 600), (650, RIGHT)):
        y = 130.0
        while y < HEIGHT - 420:
            s.line(x0, y, s.title(2), head)
            y = s.paragraph(x0, x1, y + 1.6 * size, font, sentences=s.rng.randint(2, 5)) + 30


def stories_under_heads(s: Setter) -> None:
    """Newspaper: a head over two columns, beside it a story of its own."""
    font, x = s.press.font("serif", 16), 800
    s.line(LEFT, 130, s.title(4), s.press.font("sans", 34))
    s.fill(LEFT, 425, 200, 1050, font)
    s.fill(457, 760, 200, 1050, font)
    s.line(x, 130, s.title(2), s.press.font("sans", 24))
    s.fill(x, RIGHT, 200, 1050, font)
    s.sheet.draw.line((778, 120, 778, 1060), fill="black", width=2)


def letter(s: Setter) -> None:
    font = s.body()
    y = s.rows(LEFT, 130, s.address(), font) + 40
    s.right(RIGHT, y, s.date(), font)
    y = s.rows(LEFT, y + 60, s.address(), font) + 40
    s.line(LEFT, y, f"Dear {s.name().split()[-1]},", font)
    y = s.fill(LEFT, RIGHT, y + 50, y + 480, font)
    s.rows(LEFT, y + 60, ["Yours sincerely,", s.name(), s.rng.choice(texts.NAMES)], font)


def bullets(s: Setter) -> None:
    font = s.body()
    y = s.heading(120)
    for _ in range(s.rng.randint(6, 10)):
        deeper = s.rng.choice((0, 40))
        y = s.item(LEFT + deeper, y, s.rng.choice("•–•"), font, sentences=1) + 6
    s.paragraph(LEFT, RIGHT, y + 20, font, sentences=4)


def numbered(s: Setter) -> None:
    font = s.body()
    y = s.paragraph(LEFT, RIGHT, 130, font, sentences=3) + 20
    for number in range(1, s.rng.randint(6, 10)):
        y = s.item(LEFT, y, f"{number}.", font, sentences=s.rng.randint(1, 3)) + 8


def references(s: Setter) -> None:
    size = s.rng.randint(16, 18)
    font, number = s.press.font("serif", size), 1
    for x0, x1 in ((LEFT, 600), (650, RIGHT)):
        y = 140.0
        while y < HEIGHT - 300:
            y = s.item(x0, y, f"[{number}]", font, sentences=1, right=x1, indent=46) + 5
            number += 1


def contents(s: Setter) -> None:
    font = s.body()
    y = s.heading(120)
    for number in range(1, s.rng.randint(10, 20)):
        title = f"{number} {s.title(s.rng.randint(2, 5))}"
        dots = "." * max(3, int((RIGHT - LEFT - 70 - font.getlength(title)) / font.getlength(".")))
        s.line(LEFT, y, f"{title} {dots}", font)
        s.right(RIGHT, y, str(7 * number), font)
        y += 1.6 * font.size


def speakers(s: Setter) -> None:
    """An interview: a name in front of what is said."""
    font, y = s.body(), 140.0
    for turn in range(10):
        s.line(LEFT, y, ("Q:", "A:")[turn % 2], font)
        y = s.paragraph(LEFT + 80, RIGHT, y, font, sentences=s.rng.randint(1, 3)) + 14


def glossary(s: Setter) -> None:
    font, y = s.body(18, 22), 140.0
    for _ in range(9):
        s.line(LEFT, y, s.title(s.rng.randint(1, 2)), font)
        y = s.paragraph(LEFT + 300, RIGHT, y, font, sentences=s.rng.randint(1, 3)) + 18


def poem(s: Setter) -> None:
    font, y = s.body(), 200.0
    for _ in range(4):
        for _ in range(4):
            text = s.title(s.rng.randint(4, 7))
            s.line((WIDTH - font.getlength(text)) / 2, y, text, font)
            y += 1.4 * font.size
        y += font.size


def footnotes(s: Setter) -> None:
    y = _columns(s, 2, 130, HEIGHT - 330)
    small = s.press.font("serif", 15)
    s.sheet.draw.line((LEFT, y + 24, LEFT + 220, y + 24), fill="black", width=2)
    for number in (1, 2):
        y = s.paragraph(LEFT, 600, y + 34, small, text=f"{number} {s.press.prose(1)}")


def table_between(s: Setter) -> None:
    font = s.body(18, 22)
    y = s.paragraph(LEFT, RIGHT, 130, font, sentences=4) + 40
    y = s.grid(LEFT, y, (300, 260, 260, 200), s.rng.randint(5, 9), font, ruled=s.rng.random() < 0.5) + 40
    s.paragraph(LEFT, RIGHT, y, font, sentences=5)


def table_in_a_column(s: Setter) -> None:
    font = s.press.font("serif", 17)
    y = s.fill(LEFT, 600, 140, 700, font)
    y = s.grid(LEFT, y + 30, (180, 150, 150), 6, font, ruled=True)
    s.fill(LEFT, 600, y + 30, HEIGHT - 160, font)
    s.fill(650, RIGHT, 140, HEIGHT - 160, font)


def table_beside_text(s: Setter) -> None:
    font = s.press.font("serif", 18)
    y = s.paragraph(LEFT, RIGHT, 130, font, sentences=3) + 40
    s.fill(LEFT, 600, y, y + 420, font)
    s.grid(650, y, (180, 140, 140), 7, font, ruled=True)
    s.paragraph(LEFT, RIGHT, y + 470, font, sentences=4)


def receipt(s: Setter) -> None:
    font, y = s.press.font("mono", 20), 160.0
    for item in s.rng.sample(texts.RECEIPT, k=min(8, len(texts.RECEIPT))):
        s.line(340, y, item, font)
        s.right(860, y, f"{s.rng.uniform(1, 60):.2f}", font)
        y += 32


def captions_under_pictures(s: Setter) -> None:
    font, small = s.body(), s.press.font("sans", 15)
    y = s.paragraph(LEFT, RIGHT, 130, font, sentences=3) + 30
    for x in (LEFT, 650):
        s.sheet.image.paste(photo(s.rng, 480, 260), (round(x), round(y)))
        s.paragraph(x, x + 480, y + 275, small, sentences=2)
    s.fill(LEFT, RIGHT, y + 400, HEIGHT - 300, font)


def minutes(s: Setter) -> None:
    font = s.body()
    y = s.rows(LEFT, s.heading(110), [f"Date: {s.date()}", f"Present: {s.name()}, {s.name()}, {s.name()}"], font) + 24
    for number in range(1, 6):
        s.line(LEFT, y, f"{number}. {s.title(3)}", s.press.font("sans", font.size))
        y = s.paragraph(LEFT + 40, RIGHT, y + 1.5 * font.size, font, sentences=2) + 20


def indents(s: Setter) -> None:
    """Paragraphs told apart by their first lines alone, in two columns."""
    font = s.press.font("serif", s.rng.randint(18, 21))
    for x0, x1 in ((LEFT, 600), (650, RIGHT)):
        y = 140.0
        while y < HEIGHT - 260:
            rows = list(wrap(f"    {s.press.prose(s.rng.randint(2, 5))}", font, x1 - x0))
            for at, row in enumerate(rows):
                if y < HEIGHT - 200:
                    s.line(x0 + (30 if at == 0 else 0), y, row.strip(), font)
                    y += 1.3 * font.size


PLAIN: Sequence[Maker] = (
    prose, two_columns, three_columns, four_columns, abstract_over_columns, abstract_close_over_columns, columns_twice,
    three_then_two, unequal_columns, side_notes, narrow_left_column, figure_across, headings_in_columns,
    stories_under_heads, letter, bullets, numbered, references, contents, speakers, glossary, poem, footnotes,
    table_between, table_in_a_column, table_beside_text, receipt, captions_under_pictures, minutes, indents,
)  # fmt: skip
ARRANGEMENTS: dict[str, Maker] = {maker.__name__: maker for maker in (*PLAIN, *BESIDE)}


def draw(name: str, half: str, seed: int) -> Sheet:
    """One page; the same seed gives the same page.

    Raises:
        FileNotFoundError: this machine has no font for it.
    """
    press = Press(half, 1000 * seed + len(name))
    setter = Setter(press, press.sheet(name))
    ARRANGEMENTS[name](setter)
    return setter.sheet
