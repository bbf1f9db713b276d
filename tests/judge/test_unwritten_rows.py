"""A single line that came back blank refuses the page where it is a row of print; a signature, a rule or a picture does not."""

import pytest
from bench.judge.readings import of_lines
from msgspec.structs import replace
from tests.support.pages import letter, sheet, vera

from ocroute.engines.base import EngineInfo, Task
from ocroute.judge.checks.wrong_script import WrongScript
from ocroute.values import Box, Line

INFO = EngineInfo(kind="ocr", rank=0, letter_confidence=True)


def finding(sheet, blank: Box, lines):
    reading = replace(of_lines(lines), blanks=(Line("", blank),))
    return WrongScript().check(sheet.page(), reading, engine=INFO, task=Task())


@pytest.mark.parametrize("size", [16, 24, 34])
@pytest.mark.parametrize("at", [0, 2, -1])
def test_a_line_of_print_that_came_back_blank(size, at):
    sheet = letter(size=size)
    gone = [line for line in sheet.lines if len(line.words) >= 3][at]
    spoken = finding(sheet, gone.box, [line for line in sheet.lines if line is not gone])
    assert spoken is not None
    assert spoken.image == gone.box
    assert "1 line(s) of print" in spoken.sentence


@pytest.mark.parametrize("what", ["signature", "rule", "picture"])
def test_what_is_no_row_of_print(what):
    sheet = letter(size=24)
    x, y = 200, max(line.box.y1 for line in sheet.lines) + 60
    width, height = {"signature": (260, 36), "rule": (400, 30), "picture": (90, 40)}[what]
    box = Box(x, y, x + width, y + height)
    if what == "signature":
        points = [(x + 13 * at, y + (4 if at % 2 else 30)) for at in range(20)]
        sheet.draw.line(points, fill="black", width=3)
    elif what == "rule":
        sheet.draw.line((x, y + 15, x + 400, y + 15), fill="black", width=3)
    else:
        for at in range(8):
            sheet.draw.ellipse((x + 10 * at, y + 3 * at, x + 10 * at + 8, y + 3 * at + 14), fill=(90, 90, 90))
    assert finding(sheet, box, sheet.lines) is None


@pytest.mark.parametrize("size", [20, 34])
def test_the_only_line_of_a_page_that_came_back_blank(size):
    made = sheet()
    made.write(200, 300, "The lighthouse keeper wrote down", vera(size))
    assert finding(made, made.lines[0].box, []) is not None
    made.draw.rectangle((190, 290, 900, 360), fill="white")
    assert finding(made, made.lines[0].box, []) is None
