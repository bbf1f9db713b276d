"""The bench behind the README's figure: its pages say what their truth says, and its measures tell right from wrong."""

from collections import Counter

import pypdfium2
import pytest
from bench.outcomes import outcome, spoken
from bench.pages.leaves import KINDS, draw
from bench.pages.truth import Flow, Truth
from bench.verdicts import Job, printed, read, summary

ADDRESSES = [["Edith Combe", "14 Quilford Road", "55032 Lorwell"], ["Hugh Norby", "9 Fenhouse Lane", "81774 Ridmore"]]
PAGE = [
    Flow([ADDRESSES[0]], 0),
    Flow([ADDRESSES[1]], 0),
    Flow([["The violin was restored in 1931 beside the river.", "Nobody in the lower town knew why."]], 1),
    Flow([["Ribbon"], ["1,204.50"], ["Blanket"], ["88.10"]], 2, cells=True),
    Flow([["17"]], -1, needed=False),
]
RIGHT = """# Edith Combe
14 Quilford Road
55032 Lorwell

Hugh Norby 9 Fenhouse Lane 81774 Ridmore

The violin was *restored* in 1931 beside the river. Nobody in the lower town knew why.

<table><tr><td>Ribbon</td><td>1,204.50</td></tr><tr><td>Blanket</td><td>88.10</td></tr></table>
"""


def reasons(markdown: str, own_text: bool = True) -> list[str]:
    return outcome(PAGE, markdown).grossly_wrong(own_text=own_text)


def test_a_right_page_is_right_in_either_order_of_what_stands_side_by_side():
    first, second, rest = RIGHT.partition("\n\n")[0], RIGHT.split("\n\n")[1], RIGHT.split("\n\n", 2)[2]
    for markdown in (RIGHT, f"{second}\n\n{first}\n\n{rest}", f"{RIGHT}\n17\n"):
        found = outcome(PAGE, markdown)
        assert (found.recall, found.tau, found.lost, found.invented, found.misread) == (1.0, 1.0, [], [], 0)
        assert found.good


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("<td>Blanket</td>", "<td></td>", "lost"),
        ("Hugh Norby 9 Fenhouse Lane 81774 Ridmore", "", "lost"),
        ("knew why.", "knew why.\n\nAll rights belong to the printer of this page", "invented"),
        ("knew why.", "knew why. Nobody in the lower town knew why.", "invented"),
        ("1,204.50", "1,204.502", "number"),
        ("1931", "19311", "number"),
    ],
)
def test_what_is_wrong_is_named(old, new, reason):
    assert reason in reasons(RIGHT.replace(old, new))


def test_lines_of_two_addresses_read_across_are_in_the_wrong_order():
    across = "\n".join(f"{one} {other}" for one, other in zip(*ADDRESSES, strict=True))
    assert outcome(PAGE[:2], across).tau < 0.9
    assert outcome(PAGE[:2], "\n".join(" ".join(lines) for lines in ADDRESSES)).tau == 1.0


def test_misread_letters_are_no_lost_block():
    misread = RIGHT.replace("Blanket", "B1anket").replace("14 Quilford Road", "l4 Qui1ford Rood")
    assert reasons(misread, own_text=False) == ["recall"]


def test_markdown_is_taken_for_what_it_says():
    said = spoken(
        r"**10**<sup>6</sup> a note[^3] and [a link](http://x.org) 1\. x\*y <b>bold</b>ly . . . . 12 \<http://y.org>"
    )
    assert said == "10^6 a note^3 and a link 1. x*y boldly 12 <http://y.org>"


def test_escaped_marks_are_signs_of_the_page():
    assert spoken(r"lines \<!--Made by hand. DO NOT EDIT!--> here <!-- page 3 -->") == (
        "lines <!--Made by hand. DO NOT EDIT!--> here"
    )
    assert spoken(r"text/x-diff:\*.patch text/x-diff:\*.diff") == "text/x-diff:*.patch text/x-diff:*.diff"
    assert spoken("```xml\n<comment>*Made* by\n  hand</comment>\n```\n\nas `<b>` says") == (
        "<comment>*Made* by hand</comment> as <b> says"
    )
    assert spoken("50:*.diff\n\n55:*.patch") == "50:*.diff 55:*.patch"


def test_every_kind_has_the_text_that_its_truth_tells():
    assert len(KINDS) >= 40
    for kind in KINDS:
        data, truth = draw(kind, "report", 1)
        document = pypdfium2.PdfDocument(data)
        for page, flows in zip(document, truth.pages, strict=True):
            told = Counter(word for flow in flows for block in flow.blocks for line in block for word in line.split())
            own = Counter(page.get_textpage().get_text_range().split())
            strange = {
                word: n for word, n in ((told - own) | (own - told)).items() if word.strip(".") and "^" not in word
            }
            assert sum(strange.values()) <= 0.12 * told.total(), (kind, strange)


def test_rows_are_counted_with_intervals():
    truth = Truth("sparse", "report", 0, [[Flow([["Please keep the quay clear of all goods."]])]])

    class Fixed:
        def read(self, data: bytes):
            raise ValueError(data[:4])

    rows = read_one(truth, Fixed())
    assert [(row.status, row.findings) for row in rows] == [("failed", ["ValueError: b'%PDF'"])]
    counted = summary(rows)["all"]
    assert counted["pages"] == 1
    assert counted["grossly_wrong"] == {"count": 0, "of": 1, "share": 0.0, "from": 0.0, "to": 0.7935}


def read_one(truth: Truth, reader) -> list:
    import tempfile
    import zipfile
    from pathlib import Path

    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "pages.zip"
        with zipfile.ZipFile(file, "w") as archive:
            archive.writestr("one.pdf", draw("sparse", "report", 0)[0])
        return read(file, Job("one", truth, "digital"), reader)


def test_the_same_seed_gives_the_same_picture():
    data, truth = draw("invitation", "tune", 0)
    pictures = {medium: printed(data, medium, truth.seed) for medium in ("photo", "fax")}
    assert pictures == {medium: printed(data, medium, truth.seed) for medium in pictures}
