"""Tables as reports and papers have them: plain grids, headings over several columns, grouped rows, gaps."""

from __future__ import annotations

import random

from bench.pages.typeset.prose import Prose
from bench.pages.typeset.script import Cell, TableData


def statistics(prose: Prose, dice: random.Random) -> TableData:
    """A two-storey heading: each group of measures over two columns; one row a place."""
    groups = dice.sample(["Spring", "Summer", "Autumn", "Winter"], dice.choice((2, 3)))
    top = [Cell("Station", rows=2, header=True), *(Cell(group, columns=2, header=True) for group in groups)]
    below = [Cell(name, header=True) for _ in groups for name in ("Mean", "Share")]
    places = dice.sample(prose.words("place"), dice.randint(5, 9))
    body = [
        (
            Cell(place),
            *(Cell(_figure(dice) if at % 2 == 0 else f"{dice.uniform(1, 99):.1f}%") for at in range(len(below))),
        )
        for place in places
    ]
    return TableData((tuple(top), tuple(below), *body))


def accounts(_: Prose, dice: random.Random) -> TableData:
    """A statement: captions indented under groups, amounts of three years, brackets for losses, dashes for nothing."""
    years = [str(year) for year in range(dice.randint(1990, 2018), 2030)][:3]
    rows: list[tuple[Cell, ...]] = [
        (Cell("Item", header=True), Cell("Note", header=True), *(Cell(y, header=True) for y in years))
    ]
    names = ["Revenue from freight", "Cost of timber", "Wages and salaries", "Repairs to the quay", "Rents received",
             "Interest paid", "Insurance", "Other income", "Tax on profit", "Result for the year"]  # fmt: skip
    for at, name in enumerate(sorted(dice.sample(range(len(names)), dice.randint(6, 10)))):
        note = str(at + 3) if dice.random() < 0.5 else ""
        rows.append((Cell(names[name]), Cell(note), *(Cell(_amount(dice)) for _ in years)))
    return TableData(tuple(rows))


def results(_: Prose, dice: random.Random) -> TableData:
    """A paper's table of methods and scores."""
    heads = [
        "Method",
        *dice.sample(["Recall", "Precision", "Error", "Seconds", "Memory", "Pages", "F-score"], dice.randint(3, 5)),
    ]
    stems = dice.sample(
        ["Baseline", "Linear", "Grid search", "Two-stage", "Ours (small)", "Ours (large)", "Median filter", "No prior"],
        6,
    )
    body = [(Cell(stem), *(Cell(f"{dice.uniform(0.1, 99):.2f}") for _ in heads[1:])) for stem in stems]
    return TableData((tuple(Cell(head, header=True) for head in heads), *body))


def catalogue(prose: Prose, dice: random.Random) -> TableData:
    """A price list whose descriptions run over several lines."""
    heads = ("Code", "Description", "Origin", "Quantity", "Price")
    body = [
        (
            Cell(f"{dice.choice('ABCDEF')}{dice.randint(100, 999)}-{dice.randint(1, 9)}"),
            Cell(_goods(prose)),
            Cell(prose.word("place")),
            Cell(str(dice.randint(1, 480))),
            Cell(f"{dice.randint(1, 4000):,}.{dice.randint(0, 99):02d}"),
        )
        for _ in range(dice.randint(5, 9))
    ]  # fmt: skip
    return TableData((tuple(Cell(head, header=True) for head in heads), *body))


KINDS = (statistics, accounts, results, catalogue)


def _goods(prose: Prose) -> str:
    things = f"{prose.word('thing')} and {prose.word('thing')}"
    return f"{prose.word('adj').capitalize()} {prose.word('noun')} for {prose.word('plural')}, {things}"


def _figure(dice: random.Random) -> str:
    return f"{dice.randint(10, 99999):,}" if dice.random() < 0.7 else f"{dice.uniform(0, 50):.2f}"


def _amount(dice: random.Random) -> str:
    kind = dice.random()
    value = f"{dice.randint(100, 2_000_000):,}"
    return "–" if kind < 0.08 else f"({value})" if kind < 0.3 else value
