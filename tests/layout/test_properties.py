"""What holds for any page, sensible or not."""

import random
from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support.pages import blank_page

from ocroute.layout.arrange import arrange
from ocroute.layout.hyphens import Joiner
from ocroute.values import Block, Box, Font, Line, Word

WIDTH, HEIGHT = 1000, 1400
words = st.text(st.sampled_from("abcdefgxyzABC0123456789.,-–()[]•*=港口й"), min_size=1, max_size=9)
starts = st.tuples(st.floats(-20, WIDTH - 30), st.floats(-20, HEIGHT - 40))


@st.composite
def lines(draw: st.DrawFn) -> Line:
    said = draw(st.lists(words, min_size=1, max_size=7))
    x, y = draw(starts)
    size = draw(st.sampled_from([12.0, 20.0, 20.0, 34.0]))
    gaps = draw(st.lists(st.sampled_from([0.3, 0.3, 0.3, 1.0, 4.0]), min_size=len(said), max_size=len(said)))
    placed = []
    for word, gap in zip(said, gaps, strict=True):
        box = Box(x, y, x + len(word) * size / 2, y + size)
        placed.append(Word(word, box))
        x = box.x1 + gap * size
    known = draw(st.booleans())
    return Line(
        " ".join(said),
        Box.around(word.box for word in placed),
        draw(st.none() | st.floats(0, 1)),
        tuple(placed) if draw(st.booleans()) else (),
        Font("Serif", size, bold=draw(st.booleans())) if known else None,
    )


pages = st.lists(lines(), max_size=25)


def letters(texts: object) -> Counter[str]:
    return Counter("".join("".join(texts).split()))  # type: ignore[call-overload]


def sources(blocks: tuple[Block, ...]) -> Counter[str]:
    return letters(line.text for block in blocks for line in block.lines)


@settings(max_examples=150, deadline=None)
@given(pages)
def test_every_word_is_kept_once_and_every_box_is_on_the_page(given_lines: list[Line]) -> None:
    blocks = arrange(blank_page(WIDTH, HEIGHT), given_lines)
    assert sources(blocks) == letters(line.text for line in given_lines)
    for block in blocks:
        assert block.box is not None
        assert block.box.x0 >= 0 <= block.box.y0
        assert block.box.x1 <= WIDTH
        assert block.box.y1 <= HEIGHT
        if block.table is None:
            said = letters([block.marker or "", block.text])
            lost = letters(line.text for line in block.lines) - said
            assert set(lost) <= {"-"}, "only hyphens at line ends may go"
            assert not said - letters(line.text for line in block.lines)


@settings(max_examples=60, deadline=None)
@given(pages, st.integers(0, 1000))
def test_the_order_of_the_input_does_not_matter(given_lines: list[Line], seed: int) -> None:
    # Of lines that say the same in the same place on the page, each may come first.
    distinct = list({(line.box.clamped(WIDTH, HEIGHT), line.text): line for line in given_lines}.values())
    shuffled = list(distinct)
    random.Random(seed).shuffle(shuffled)
    page = blank_page(WIDTH, HEIGHT)
    assert arrange(page, distinct) == arrange(page, shuffled)


@given(st.lists(words, min_size=2, max_size=2))
def test_joining_loses_no_letter(pair: list[str]) -> None:
    above, below = pair
    joined = Joiner(pair).join(above, below)
    assert joined.replace(" ", "") in (above + below, above[:-1] + below)


def test_nothing_is_arranged_to_nothing() -> None:
    assert arrange(blank_page(WIDTH, HEIGHT), []) == ()
    assert arrange(blank_page(WIDTH, HEIGHT), [Line("  ", Box(0, 0, 5, 5))]) == ()
