"""Of several refused texts the one that has most of the page right is given, and none gets past a better one."""

import itertools

from bench.judge.readings import of_lines, retold
from msgspec.structs import replace
from tests.support.pages import letter, sheet, vera

from ocroute.engines.base import EngineInfo, Reading, Task
from ocroute.judge import judge, refused_before

LETTERS = EngineInfo(kind="ocr", rank=1, letter_confidence=True)
WORDS = EngineInfo(kind="ocr", rank=2)


STORY = "seven boats came into the harbour before the storm and none of them left again"


def score(made, reading: Reading, engine: EngineInfo = WORDS) -> float:
    page = made.page()
    found = judge(page, reading, engine=engine, task=Task())
    assert found.status == "doubtful"
    return found.score


def test_one_finding_does_not_outweigh_a_hundred_words():
    """Some words with letters of another alphabet, against half of the page missing."""
    page = letter()
    turned = [
        retold(line, lambda word: word.replace("o", "о").replace("a", "а")) if at < 2 else line
        for at, line in enumerate(page.lines)
    ]
    half = of_lines(page.lines[: len(page.lines) // 2])
    assert score(page, of_lines(turned)) > score(page, half)


def test_more_words_beat_fewer_whatever_else_was_found():
    page = letter()
    by_lines = [score(page, of_lines(page.lines[:count])) for count in range(1, len(page.lines))]
    assert by_lines == sorted(by_lines)


def test_words_read_right_beat_words_read_wrong():
    page = letter()
    cut = page.lines[: 2 * len(page.lines) // 3]
    sure = score(page, of_lines(cut, confidence=lambda: 0.999), LETTERS)
    assert sure > score(page, of_lines(cut, confidence=lambda: 0.93), LETTERS)


def test_text_in_order_beats_text_out_of_order():
    page = sheet((1240, 1754))
    words = itertools.cycle(STORY.split())
    for column, x in enumerate((100, 650)):
        text = " ".join(itertools.islice(words, 160))
        page.paragraph((x, 190, x + 480, 1500), text, vera(22), column=column)
    rows = sorted(page.lines, key=lambda line: (line.box.y0, line.box.x0))
    assert score(page, of_lines(page.lines[:-6])) > score(page, of_lines(rows[:-6]))


def test_a_text_that_is_accepted_alone_is_refused_after_a_better_one():
    page = letter()
    opened = page.page()
    most = judge(opened, replace(of_lines(page.lines), finish="length"), engine=WORDS, task=Task())
    refused_before(opened)[:] = [0.99]
    worse = of_lines(page.lines, confidence=lambda: 0.55)
    assert most.status == "doubtful"
    alone = judge(page.page(), worse, engine=WORDS, task=Task())
    after = judge(opened, worse, engine=WORDS, task=Task())
    assert "outdone" not in {finding.code for finding in alone.findings}
    assert "outdone" in {finding.code for finding in after.findings}
