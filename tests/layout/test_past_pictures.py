"""A picture across columns: the sentences say whether each column is read past it, or all above it first."""

import random
from collections.abc import Sequence

import pytest
from msgspec.structs import replace
from reportlab.pdfbase.pdfmetrics import stringWidth
from tests.support.pages import TypesetPage

from ocroute.layout.arrange import arrange

TOP, BOTTOM, LEFT, RIGHT, GAP, SIZE = 200, 1900, 150, 1550, 44, 26
Slot = tuple[float, float, float, float]


def sentence_of(rng: random.Random) -> list[str]:
    """Ten words that hardly come twice."""
    first, *rest = ("".join(rng.choices("aeioulmnrst", k=rng.randint(4, 6))) for _ in range(10))
    return [first.capitalize(), *rest[:-1], f"{rest[-1]}."]


def text_through(sheet: TypesetPage, slots: Sequence[Slot], rng: random.Random) -> list[str]:
    """One text set into slots (x, width, top, bottom), which it fills to the last line; its words."""
    told, sentence = list[str](), list[str]()
    for x, width, top, bottom in slots:
        y = top
        while y + SIZE < bottom:
            row = ""
            while True:
                sentence = sentence or sentence_of(rng)
                if stringWidth(f"{row} {sentence[0]}", "Times-Roman", SIZE) > width:
                    break
                row = f"{row} {sentence[0]}".strip()
                told.append(sentence.pop(0))
            sheet.line(row, x, y, size=SIZE, width=width)
            y += 1.22 * SIZE
    return told


@pytest.mark.parametrize("bands", [False, True])
@pytest.mark.parametrize(
    ("caption", "fonts"),
    [
        ("", True),
        ("", False),
        ("Low tide.", False),
        ("What the photographer saw of the quay on the day after the gale, before it was mended", True),
    ],
)
@pytest.mark.parametrize(("count", "first", "over"), [(2, 0, 2), (3, 0, 2), (3, 1, 2), (3, 0, 3)])
def test_text_is_read_past_a_picture_as_its_sentences_run_on(count, first, over, caption, fonts, bands):
    rng = random.Random(f"{count}{first}{over}{bands}{len(caption)}{fonts}")
    sheet = TypesetPage(fonts=fonts)
    width = (RIGHT - LEFT - GAP * (count - 1)) / count
    start = rng.randint(420, 1000)
    end = start + rng.randint(260, 600)
    columns = [LEFT + at * (width + GAP) for at in range(count)]
    covered = range(first, first + over)
    if caption:
        sheet.line(caption, columns[first], end - 36, size=20)
    before = [(x, width, TOP, BOTTOM) for x in columns[:first]]
    after = [(x, width, TOP, BOTTOM) for x in columns[first + over :]]
    above, below = ([(columns[at], width, *sides) for at in covered] for sides in ((TOP, start), (end, BOTTOM)))
    if bands:  # the one above ends with a sentence
        told = text_through(sheet, [*before, *above], rng)
        told[-1] = f"{told[-1].rstrip('.')}."
        *others, last = sheet.lines[-1].words
        words = (*others, replace(last, text=told[-1]))
        sheet.lines[-1] = replace(sheet.lines[-1], text=" ".join(word.text for word in words), words=words)
        told += text_through(sheet, [*below, *after], rng)
    else:
        told = text_through(
            sheet, [*before, *(slot for pair in zip(above, below, strict=True) for slot in pair), *after], rng
        )
    lines = list(sheet.lines)
    rng.shuffle(lines)
    said = " ".join(block.text for block in arrange(sheet.page, lines)).replace(caption or "\0", "").split()
    assert said == told
