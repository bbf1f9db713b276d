"""Tiny models: what is drawn, what is kept for evaluation, and how answers become tokens."""

import json
from random import Random

import numpy as np
import pytest
from bench.tiny_models import pages
from bench.tiny_models.answers import as_layout, as_lines
from bench.tiny_models.fonts import PILLOW, Family
from bench.tiny_models.specs import SPECS
from bench.tiny_models.tokens import Ids
from bench.tiny_models.words import ALIKE, CHARACTERS, Writer, held_out

FAMILY = Family(PILLOW, (PILLOW,), (PILLOW,))  # every machine has it; Latin and digits only


def painter(seed: int, size: tuple[int, int] = (336, 448), script: str = "latin") -> pages.Painter:
    return pages.Painter(size, Random(seed), script, evaluation=False, family=FAMILY)


@pytest.mark.parametrize("script", ["latin", "cyrillic", "digits", "mixed"])
def test_the_words_of_the_two_splits_never_meet(script: str) -> None:
    seen = {}
    for evaluation in (False, True):
        writer = Writer(Random(5), script, evaluation=evaluation)
        seen[evaluation] = {writer.token().strip(".,;:!?()'«»").lower() for _ in range(3000)}
    shared = {token for token in seen[False] & seen[True] if token.isalpha()}
    assert not shared
    numbers = {token for token in seen[False] & seen[True] if token.isdigit() and len(token) > 2}
    assert not numbers
    assert len(seen[True]) > 300


def test_no_word_could_be_of_either_script() -> None:
    writer = Writer(Random(6), "mixed", evaluation=False)
    words = {writer._word() for _ in range(3000)}
    assert not [word for word in words if ALIKE.issuperset(word) or held_out(word)]


def test_only_known_characters_are_written() -> None:
    for script in ("latin", "cyrillic", "digits", "mixed"):
        writer = Writer(Random(7), script, evaluation=True)
        assert set(" ".join(writer.token() for _ in range(2000))) <= set(CHARACTERS)


@pytest.mark.parametrize("seed", range(12))
def test_boxes_hold_all_the_ink(seed: int) -> None:
    drawn = pages.page(painter(seed))
    rest = drawn.image.copy()
    for block in drawn.blocks:
        x1, y1, x2, y2 = block.box
        assert 0 <= x1 < x2 <= 448
        assert 0 <= y1 < y2 <= 336
        assert drawn.image[y1:y2, x1:x2].min() < 100
        rest[y1:y2, x1:x2] = 255
        assert len(block.chars) == len(block.places)
        assert all(x1 - 8 <= x <= x2 + 8 and y1 - 8 <= y <= y2 + 8 for x, y in block.places)
    assert rest.min() > 200


def test_letters_stand_where_they_are_said_to() -> None:
    """Ink is darkest around the places of letters: a place off by half a line would find paper."""
    drawn = pages.page(painter(3))
    hits = []
    for block in drawn.blocks:
        for char, (x, y) in zip(block.chars, block.places, strict=True):
            if char.isalnum():
                part = drawn.image[int(y) - 4 : int(y) + 5, int(x) - 3 : int(x) + 4]
                hits.append(part.min() < 128)
    assert np.mean(hits) > 0.97


def test_squeezing_moves_boxes_and_places_with_the_ink() -> None:
    drawn = pages.squeezed(pages.page(painter(4, (224, 336))), 256)
    assert drawn.image.shape == (256, 256)
    rest = drawn.image.copy()
    for block in drawn.blocks:
        x1, y1, x2, y2 = block.box
        rest[max(0, y1 - 2) : y2 + 2, max(0, x1 - 2) : x2 + 2] = 255
    assert rest.min() > 180


@pytest.mark.parametrize("name", sorted(SPECS))
def test_prompts_cost_little_and_hold_one_image(name: str) -> None:
    spec = SPECS[name]()
    tokenizer = spec.tokenizer()
    mark = tokenizer.token_to_id(spec.placeholder)
    for task in spec.tasks.values():
        ids = tokenizer.encode(task.template, add_special_tokens=False).ids
        assert ids.count(mark) == 1
        assert len(ids) < 100
        assert tokenizer.decode(ids, skip_special_tokens=False) == task.template


@pytest.mark.parametrize("name", sorted(SPECS))
@pytest.mark.parametrize("seed", range(4))
def test_answers_are_tokenised_as_the_tokenizer_would(name: str, seed: int) -> None:
    spec = SPECS[name]()
    tokenizer = spec.tokenizer()
    ids = Ids(tokenizer)
    for task in spec.tasks.values():
        pieces = task.answer(pages.page(painter(seed)))
        own = [ids.of[piece] if piece in ids.of else ids.added[piece] for piece, _ in pieces]
        text = "".join(piece for piece, _ in pieces)
        assert tokenizer.decode(own, skip_special_tokens=False) == text
        assert tokenizer.encode(text, add_special_tokens=False).ids == own


def test_anything_encodes_and_comes_back() -> None:
    tokenizer = SPECS["dots_ocr"]().tokenizer()
    for text in ("naïve 漢字 𝒳", '{"bbox": [1, 2', "a\tb\r\n\n  c", "Ёлка № 5 «ъ»"):
        assert tokenizer.decode(tokenizer.encode(text).ids, skip_special_tokens=False) == text


def test_the_layout_is_json_in_reading_order() -> None:
    drawn = pages.page(painter(8))
    cells = json.loads("".join(piece for piece, _ in as_layout(drawn)))
    assert [tuple(cell["bbox"]) for cell in cells] == [block.box for block in drawn.blocks]
    tops = [cell["bbox"][1] for cell in cells]
    assert tops == sorted(tops)
    lines = "".join(piece for piece, _ in as_lines(drawn))
    assert "\n".join(cell["text"] for cell in cells) == "\n".join(
        block.chars.replace("\n", " ") for block in drawn.blocks
    )
    assert lines == drawn.text
