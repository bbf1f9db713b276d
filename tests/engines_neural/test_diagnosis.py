"""What is said of answers that are wrong in known ways."""

import pytest

from ocroute.engines.neural import canary
from ocroute.engines.neural.canary import TRUTH
from ocroute.engines.neural.canary.diagnosis import Sight, diagnose, error_rate, find

NOTHING = Sight("", "", "stop")


def said(text, ending="stop", *, raw=None, blank=NOTHING, dtype="float16", stops=("<|im_end|>",)):
    return diagnose(Sight(text, text if raw is None else raw, ending, dtype, stops), TRUTH, lambda: blank)


@pytest.mark.parametrize(
    "text",
    [
        TRUTH,
        TRUTH.upper(),
        TRUTH.replace("\n", " "),
        "# " + TRUTH.replace("\n", "\n\n"),
        TRUTH.replace("mill.", "mill,").replace("herons", "heron"),
        TRUTH.replace("4817", "$4817$").replace("395.60", "395 . 60"),
        f"**{TRUTH}**",
        "<p>" + TRUTH.replace("\n", "<br>\n") + "</p>",
        '<div class="page"><b>' + TRUTH.replace(" ", "&nbsp;") + "</b></div>",
    ],
)
def test_the_text_however_it_is_set_out_is_the_text(text):
    assert said(text) == ""


@pytest.mark.parametrize(
    ("right", "wrong"),
    [("4817", "4811"), ("4817", "48171"), ("395.60", "395.66"), ("395.60", "39560"), ("395.60", "395.6"), ("4817", "")],
)
def test_a_number_that_is_wrong_is_a_fault_however_well_the_words_are_read(right, wrong):
    found = said(TRUTH.replace(right, wrong))
    assert f"reads the words of the canary page, but not {right} (reads '" in found
    assert "grey herons" in found


INTRODUCED = [
    f"Here is the text:\n{TRUTH}",
    f"The text in the image reads:\n\n```\n{TRUTH}\n```",
    f"Sure! Here is the text:\n{TRUTH}\nLet me know if you need anything else.",
]


@pytest.mark.parametrize("text", INTRODUCED)
def test_words_around_the_text_are_told_and_not_taken_for_a_fault_of_loading(text, caplog):
    sight = canary.require("qwen2_vl", lambda _: Sight(text, text, "stop"))
    assert sight.text == text
    (note,) = caplog.messages
    assert note.startswith("qwen2_vl reads the canary page and adds words that are not on it: '")
    assert text.split("\n")[0].casefold() in note
    assert "herons" not in note


def test_of_a_text_alone_nothing_is_told(caplog):
    canary.require("qwen2_vl", lambda _: Sight(TRUTH, TRUTH, "stop"))
    assert caplog.messages == []


def test_more_than_a_few_words_around_the_text_are_a_fault():
    assert "much besides that does not stand on it: 'the sea" in said("The sea was calm. " * 12 + TRUTH)


CASES = [
    ("!!!!!!!!!!!!", "not finite", "NaN or Inf logits on the canary page ('!!!!!!!!!!!!').*overflow in float16"),
    ("!!!!!!!!!!!!", "length", "reads the canary page as '!!!!!!!!!!!!', typical of NaN or Inf logits"),
    ("", "stop", "gives an empty answer"),
    ("the the the " * 90, "loop", "falls into a repetition loop on the canary page: 'the the"),
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


def test_a_part_is_found_wherever_it_stands():
    match = find("abcdef", "xx abXdef yy")
    assert (match.before, match.found, match.after) == ("xx", "abXdef", "yy")
    assert match.rate == 1 / 6
    assert find("abc", "").rate == find("abc", "xyz").rate == 1
    assert find("abc", "...abc...abc").after == "...abc"


def test_a_part_has_the_fewest_edits_of_all_parts():
    import random

    from rapidfuzz.distance import Levenshtein

    rng = random.Random(7)
    for _ in range(100):
        sought, text = ("".join(rng.choices("abc", k=rng.randrange(1, most))) for most in (6, 14))
        match = find(sought, text)
        parts = {text[start:end] for start in range(len(text) + 1) for end in range(start, len(text) + 1)}
        assert Levenshtein.distance(match.found, sought) == match.rate * len(sought)
        assert match.rate * len(sought) == min(Levenshtein.distance(part, sought) for part in parts)
        assert match.before + match.found + match.after == text
