"""Only the words of a line that are in doubt are read again, and what is put back fits where it was."""

import random
from itertools import pairwise

import cv2
import numpy as np
import pytest
from PIL import Image, ImageDraw
from tests.support.pages import SERIF, face

from ocroute.ppocr import inference, recogniser
from ocroute.ppocr.second_look import NARROWEST, in_doubt, put_back
from ocroute.ppocr.traced import Traced

PITCH = 20  # columns of a letter


def line(text, doubtful=(), sure=0.999, doubt=0.5):
    """A reading of ``text``, and its crop: a bar for each letter. The characters at ``doubtful`` are in doubt."""
    probabilities = np.full(len(text), sure, np.float32)
    probabilities[list(doubtful)] = 1 - doubt
    centers = PITCH * (np.arange(len(text)) + 0.5)
    crop = np.full((40, PITCH * len(text), 3), 255, np.uint8)
    for at, sign in enumerate(text):
        if sign != " ":
            crop[8:32, PITCH * at + 7 : PITCH * at + 13] = 0
    return Traced(text, probabilities, centers, np.zeros(len(text), np.float32)), crop


LONG = "the quick brown fox jumps over the lazy dog and runs away from here"


def test_a_line_read_surely_is_not_read_again():
    assert in_doubt(*line(LONG)) == []
    assert in_doubt(*line("")) == []


def test_a_piece_is_whole_words_with_their_ink():
    traced, crop = line(LONG, [LONG.index("jumps")])
    (piece,) = in_doubt(traced, crop)
    assert "jumps" in LONG[piece.start : piece.end]
    assert LONG[piece.start : piece.end].split() == LONG[piece.start : piece.end].strip().split(" ")
    assert piece.x0 <= PITCH * piece.start <= PITCH * piece.end <= piece.x1
    assert crop[:, [piece.x0, piece.x1 - 1]].min() == 255, "it is cut in the white"
    assert NARROWEST * 40 <= piece.x1 - piece.x0 < crop.shape[1] / 2


def test_a_line_in_doubt_all_over_is_read_again_as_a_whole_and_a_hopeless_one_is_left():
    traced, crop = line(LONG, range(0, len(LONG), 5))
    assert [(piece.x0, piece.x1) for piece in in_doubt(traced, crop)] == [(0, crop.shape[1])]
    assert in_doubt(*line(LONG, range(len(LONG)))) == []


@pytest.mark.parametrize(
    ("other", "doubt", "gives"),
    [
        (" leaps ", 0.1, "the cat leaps over it"),
        ("leaps", 0.9, "the cat jumps over it"),  # no surer
        ("l", 0.0, "the cat jumps over it"),  # sure of one letter of five
        ("", 0.0, "the cat jumps over it"),
    ],
)
def test_what_is_surer_and_as_long_is_put_back(other, doubt, gives):
    said = "the cat jumps over it"
    traced, crop = line(said, [9])
    (piece,) = [piece._replace(start=8, end=13) for piece in in_doubt(traced, crop)]
    new, _ = line(other, [1] if len(other) > 1 else [], doubt=doubt)
    back = put_back(traced, [piece], [new])
    assert back.text == gives
    assert len(back.text) == len(back.probabilities) == len(back.centers) == len(back.spaces)


@pytest.mark.parametrize("seed", range(60))
def test_any_line_comes_back_in_order_with_the_words_outside_its_pieces_untouched(seed):
    rng = random.Random(seed)
    said = " ".join("x" * rng.randint(1, 9) for _ in range(rng.randint(1, 14)))
    traced, crop = line(said, rng.sample(range(len(said)), rng.randint(0, min(6, len(said)))))
    pieces = in_doubt(traced, crop)
    assert all(one.end < two.start and one.x1 <= two.x0 for one, two in pairwise(pieces))
    assert all(0 <= piece.x0 < piece.x1 <= crop.shape[1] for piece in pieces)
    back = put_back(traced, pieces, [line(said[piece.start : piece.end].upper())[0] for piece in pieces])
    assert back.text.lower() == said
    outside = np.ones(len(said), bool)
    for piece in pieces:
        outside[piece.start : piece.end] = False
    assert all(new == old for new, old, own in zip(back.text, said, outside, strict=True) if own)
    assert (np.diff(back.centers) > 0).all()
    assert back.doubt <= traced.doubt


def test_a_spoilt_word_costs_a_part_of_its_line(monkeypatch):
    said = (
        "The keeper wrote down the weather every morning before breakfast, and sent it to the office by the first boat"
    )
    font = face(SERIF, 34)
    image = Image.new("RGB", (round(font.getlength(said)) + 40, 60), "white")
    ImageDraw.Draw(image).text((20, 8), said, font=font, fill="black")
    crop = np.asarray(image).copy()
    x = round(20 + font.getlength("The keeper wrote down the wea"))
    cv2.line(crop, (x - 30, 20), (x + 25, 44), (0, 0, 0), 3)
    seen = []
    real = inference.OpenVino.map if inference.name() == "openvino" else inference.OnnxRuntime.map

    def counted(self, inputs, reduce):
        tensors = list(inputs)
        seen.append(sum(tensor.shape[3] for tensor in tensors))
        return real(self, tensors, reduce)

    monkeypatch.setattr(inference.OpenVino, "map", counted)
    monkeypatch.setattr(inference.OnnxRuntime, "map", counted)
    (read,) = recogniser.recognise([crop], 1)
    assert read.text.startswith("The keeper wrote down the ")
    assert read.text.endswith("to the office by the first boat")
    first, again = seen
    assert 0 < again < first / 2
