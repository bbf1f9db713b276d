"""What is said of answers that are wrong in known ways."""

import pytest

from ocroute.engines.neural.canary import TRUTH
from ocroute.engines.neural.canary.diagnosis import Sight, diagnose, error_rate

NOTHING = Sight("", "", "stop")


def said(text, ending="stop", *, raw=None, blank=NOTHING, numbers="float16", stops=("<|im_end|>",)):
    return diagnose(Sight(text, text if raw is None else raw, ending, numbers, stops), TRUTH, lambda: blank)


@pytest.mark.parametrize(
    "text",
    [
        TRUTH,
        TRUTH.upper(),
        TRUTH.replace("\n", " "),
        "# " + TRUTH.replace("\n", "\n\n"),
        TRUTH.replace("mill.", "mill,").replace("4817", "4811"),
        f"**{TRUTH}**",
    ],
)
def test_the_text_however_it_is_set_out_is_the_text(text):
    assert said(text) == ""


CASES = [
    ("!!!!!!!!!!!!", "not finite", "scores that are not numbers on the canary page ('!!!!!!!!!!!!').*overflow in float16"),
    ("!!!!!!!!!!!!", "length", "reads the canary page as '!!!!!!!!!!!!', typical of scores that are not numbers"),
    ("", "stop", "gives an empty answer"),
    ("the the the " * 90, "loop", "runs in circles on the canary page: 'the the"),
    (TRUTH + "\nOnce more, the sea", "length", "does not stop: it goes on with 'once more.*wrong stop token .*<|im_end"),
    (TRUTH, "length", "never ends its answer .length., typical of a wrong stop token"),
    (TRUTH + "<|endofuser|>", "stop", "leaves the special token <|endofuser|> in the text"),
    (" ".join(reversed(TRUTH.split())), "stop", "letters .* but not their order.*rotary"),
    ("A photograph of a quiet lake", "stop", "misreads the canary page as 'a photograph.*typical of weights that were not"),
    ("A lake", "late", "was not done with the canary page in time"),
    ("x" + "gobbledygook " * 30, "length", "misreads the canary page as .*without end"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "ending", "sentence"), CASES, ids=[str(i) for i in range(len(CASES))])
def test_each_fault_has_its_sentence(text, ending, sentence):
    import re

    found = said(text, ending)
    assert re.search(sentence.replace("('", r"\('").replace("')", r"'\)").replace("|", r"\|"), found), found
    assert "\n" not in found


def test_an_answer_of_the_wrong_form_is_quoted():
    assert "in which there is no text of the form" in said("", raw="I cannot read this.")


def test_the_same_answer_for_an_empty_page_means_that_the_image_is_not_seen():
    assert "does not see the image" in said("A lake", blank=Sight("A lake", "A lake", "stop"))


def test_the_empty_page_is_not_read_where_the_text_is_right():
    assert diagnose(Sight(TRUTH, TRUTH, "stop"), TRUTH, lambda: pytest.fail("asked")) == ""


@pytest.mark.parametrize(
    ("truth", "text", "rate"), [("abcd", "abcd", 0), ("abcd", "abd", 0.25), ("ab", "xy", 1), ("ab", "", 1)]
)
def test_error_rate(truth, text, rate):
    assert error_rate(truth, text) == rate


def test_error_rate_is_the_edit_distance():
    import random

    from rapidfuzz.distance import Levenshtein

    rng = random.Random(5)
    for _ in range(200):
        one, other = ("".join(rng.choices("abc", k=rng.randrange(1, 12))) for _ in range(2))
        assert error_rate(one, other) == Levenshtein.distance(one, other) / len(one)
