"""Tables, with rules and without."""

from __future__ import annotations

from bench.pages.leaves.leaf import LEFT, RIGHT, Leaf, Maker, wrapped


def _rows(leaf: Leaf, columns: int, count: int) -> list[list[str]]:
    say = leaf.speech
    head = [say.noun().capitalize() for _ in range(columns)]
    return [
        head,
        *([say.label(), *(f"{leaf.rng.uniform(1, 9999):,.1f}" for _ in range(columns - 1))] for _ in range(count)),
    ]


def _starts(columns: int) -> tuple[float, ...]:
    return (LEFT + 5, *(LEFT + 170 + (RIGHT - LEFT - 175) * k / (columns - 1) for k in range(1, columns)))


def ruled_table(leaf: Leaf) -> None:
    leaf.paragraph(leaf.speech.prose(3))
    columns, count = leaf.rng.randint(3, 5), leaf.rng.randint(6, 16)
    top, step = leaf.y, leaf.size * 1.7
    starts = _starts(columns)
    leaf.columns(_rows(leaf, columns, count), starts, right=range(1, columns), step=1.7)
    for at in range(count + 2):
        leaf.rule(LEFT, top - 3 + at * step, RIGHT + 5, top - 3 + at * step, 0.5)
    for x in (LEFT, *(x + 5 for x in (starts[0] + 160, *starts[1:]))):
        leaf.rule(x, top - 3, x, top - 3 + (count + 1) * step, 0.5)
    leaf.flow()
    leaf.y += 16
    leaf.paragraph(leaf.speech.prose(3))


def unruled_table(leaf: Leaf) -> None:
    leaf.paragraph(leaf.speech.prose(3))
    columns = leaf.rng.randint(3, 5)
    leaf.columns(_rows(leaf, columns, leaf.rng.randint(6, 20)), _starts(columns), right=range(1, columns))
    leaf.flow()
    leaf.y += 16
    leaf.paragraph(leaf.speech.prose(3))


def booktabs(leaf: Leaf) -> None:
    leaf.paragraph(leaf.speech.prose(2))
    columns = leaf.rng.randint(3, 5)
    leaf.flow()
    leaf.line(f"Table {leaf.rng.randint(1, 9)}. {leaf.speech.title()}.", size=9, after=2)
    leaf.rule(LEFT, leaf.y - 4, RIGHT, leaf.y - 4, 1)
    leaf.rule(LEFT, leaf.y + leaf.size * 1.35, RIGHT, leaf.y + leaf.size * 1.35, 0.5)
    leaf.columns(_rows(leaf, columns, leaf.rng.randint(5, 12)), _starts(columns), right=range(1, columns))
    leaf.rule(LEFT, leaf.y, RIGHT, leaf.y, 1)
    leaf.flow()
    leaf.y += 16
    leaf.paragraph(leaf.speech.prose(3))


def wrapped_cells(leaf: Leaf) -> None:
    """A ruled table whose second column has cells of several lines."""
    say = leaf.speech
    leaf.heading(say.title())
    leaf.flow(cells=True)
    for _ in range(leaf.rng.randint(5, 9)):
        top, lines = leaf.y, wrapped(say.prose(leaf.rng.randint(1, 2)), leaf.body, leaf.size, 245)
        leaf.write(LEFT + 5, top + 13, say.code())
        for at, line in enumerate(lines):
            leaf.write(160, top + 13 + 13 * at, line, new=at == 0)
        leaf.write(RIGHT - 5, top + 13, say.amount(), align="right")
        leaf.y = top + 13 * len(lines) + 8
        leaf.frame(LEFT, top, RIGHT, leaf.y, 0.5)
        for x in (152, 420):
            leaf.rule(x, top, x, leaf.y, 0.5)


def accounts(leaf: Leaf) -> None:
    say = leaf.speech
    leaf.heading("Accounts", size=15)
    leaf.columns([["", "2024", "2023"]], (LEFT, 440, RIGHT), right=(1, 2))
    for _ in range(leaf.rng.randint(2, 4)):
        leaf.columns([[say.label(), "", ""]], (LEFT, 440, RIGHT), right=(1, 2))
        rows = [
            [say.label(), f"{leaf.rng.randint(100, 99999):,}", f"({leaf.rng.randint(100, 9999):,})"]
            for _ in range(leaf.rng.randint(3, 5))
        ]
        leaf.columns(rows, (LEFT + 14, 440, RIGHT), right=(1, 2))
        leaf.rule(380, leaf.y - 3, RIGHT, leaf.y - 3, 0.5)
        leaf.columns(
            [["Sum", f"{leaf.rng.randint(10**5, 10**6):,}", f"{leaf.rng.randint(10**5, 10**6):,}"]],
            (LEFT, 440, RIGHT),
            right=(1, 2),
            step=2,
        )


def all_numbers(leaf: Leaf) -> None:
    """A page of nothing but columns of figures."""
    columns = leaf.rng.randint(6, 9)
    starts = [LEFT + 40 + (RIGHT - LEFT - 40) * k / (columns - 1) for k in range(columns)]
    leaf.size = 9
    rows = [[str(leaf.rng.randint(10, 99999)) for _ in range(columns)] for _ in range(leaf.rng.randint(25, 50))]
    leaf.columns(rows, starts, right=range(columns))


def timetable(leaf: Leaf) -> None:
    say = leaf.speech
    leaf.heading("Timetable", size=16)
    columns = leaf.rng.randint(5, 8)
    starts = (LEFT, *(LEFT + 150 + 42 * k for k in range(columns)))
    rows = [
        [say.surname(), *(f"{leaf.rng.randint(5, 23)}:{leaf.rng.randint(10, 59)}" for _ in range(columns))]
        for _ in range(leaf.rng.randint(10, 22))
    ]
    leaf.columns(rows, starts)


def calendar(leaf: Leaf) -> None:
    say = leaf.speech
    leaf.line(say.day(), style="bold", size=18, after=2)
    width, top = (RIGHT - LEFT) / 5, leaf.y
    leaf.flow(cells=True)
    for row in range(4):
        for column in range(5):
            x, y = LEFT + width * column, top + 100 * row
            leaf.frame(x, y, x + width, y + 100, 0.5)
            leaf.write(x + 5, y + 13, str(5 * row + column + 1))
            if leaf.rng.random() < 0.5:
                for at, line in enumerate(wrapped(say.title(2, 3), leaf.body, 9, width - 10)):
                    leaf.write(x + 5, y + 32 + 12 * at, line, size=9, new=at == 0)


MAKERS: tuple[Maker, ...] = (
    ruled_table,
    unruled_table,
    booktabs,
    wrapped_cells,
    accounts,
    all_numbers,
    timetable,
    calendar,
)
