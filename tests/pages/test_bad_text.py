"""Text of PDFs that no program should write and some do: it costs no more than its page, in seconds and in memory."""

import random
import re
import time

import psutil
import pytest
from tests.support.pages import LIGHTHOUSE
from tests.support.pdf_writer import page_of

from ocroute.engines.base import EngineInfo, Reading, Task
from ocroute.judge import judge
from ocroute.layout.arrange import arrange
from ocroute.pages import open_input

LAYER = EngineInfo(kind="textlayer", rank=0, gives_confidence=False)
WORDS = LIGHTHOUSE.split()
SECONDS = 40.0  # on a busy machine; alone the slowest takes a sixth of it
MEGABYTES = 700
COURIER = "<</Type/Font/Subtype/Type1/BaseFont/Courier>>"
HELVETICA = "<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>"


def read(path, data):
    """The lines and blocks of a file's one page, all checks made, within bounds."""
    path.write_bytes(data)
    process = psutil.Process()
    before, started = process.memory_info().rss, time.process_time()
    with open_input(path) as source:
        page = source.page(1)
        lines = page.text_layer() or ()
        blocks = arrange(page, lines)
        verdict = judge(page, Reading(lines=lines, blocks=blocks), engine=LAYER, task=Task())
        page.release()
    assert time.process_time() - started < SECONDS
    assert process.memory_info().rss - before < MEGABYTES << 20
    return " ".join(line.text for line in lines), verdict


def rows(words, *, size=10, leading=12, top=800):
    """A content stream that sets ``words`` in rows of ten."""
    told = [" ".join(words[at : at + 10]) for at in range(0, len(words), 10)]
    return f"BT /F {size} Tf {leading} TL 40 {top} Td " + " ".join(f"({row}) Tj T*" for row in told) + " ET"


def test_a_hundred_thousand_glyphs(tmp_path):
    words = [f"{at:05d}" for at in range(20_000)]
    content = "".join(
        f"BT /F 1.6 Tf {20 + 5 * (at % 110)} {830 - 4 * (at // 110)} Td ({word}) Tj ET\n"
        for at, word in enumerate(words)
    )
    said, _ = read(tmp_path / "a.pdf", page_of(content, HELVETICA))
    assert sorted(said.split()) == words


@pytest.mark.parametrize("order", ["in order", "backwards", "by chance"])
def test_every_letter_is_an_object_of_its_own(tmp_path, order):
    objects = [
        f"BT /F 10 Tf 1 0 0 1 {40 + 6 * at} {800 - 14 * row} Tm ({letter}) Tj ET"
        for row in range(12)
        for at, letter in enumerate(" ".join(WORDS[5 * row : 5 * row + 5]))
    ]
    if order != "in order":
        objects = objects[::-1] if order == "backwards" else random.Random(1).sample(objects, len(objects))
    said, _ = read(tmp_path / "a.pdf", page_of("\n".join(objects), COURIER))
    if order == "by chance":  # where its words end is then not known everywhere
        assert sorted(said.replace(" ", "")) == sorted("".join(WORDS[:60]))
    else:
        assert sorted(said.split()) == sorted(WORDS[:60])


@pytest.mark.parametrize(
    "entries",
    [
        "",
        "/FontDescriptor<</Type/FontDescriptor/FontName/Nowhere/Flags 4/FontFile2 99 0 R>>",
        "/FontDescriptor 5 0 R",
        "/FirstChar 0/LastChar 2/Widths[1 2]",
        "/Encoding/Nonsense",
        "/Encoding<</Differences[1 2 3/a/b 999999999/c -4/d]>>",
    ],
)
def test_fonts_without_programs(tmp_path, entries):
    font = f"<</Type/Font/Subtype/TrueType/BaseFont/Nowhere{entries}>>"
    said, _ = read(tmp_path / "a.pdf", page_of(rows(WORDS[:30]), font))
    assert len(said) > 20


@pytest.mark.parametrize(
    "map_to_unicode",
    [
        "",
        "beginbfchar <41>",
        "1 beginbfrange <00> <ffffffff> <0041> endbfrange",
        "1 beginbfrange <ff> <00> <0041> endbfrange",
        "/Own usecmap 2 beginbfchar <4> <d800> <61> <dfffdfffdfff> endbfchar",
        "1 beginbfrange <00> <ff> [" + "<0061>" * 5000 + "] endbfrange",
        "9999999999 beginbfchar " + "<61> <0062> " * 3000,
        "\x00\xff" * 500,
    ],
)
def test_broken_maps_to_unicode(tmp_path, map_to_unicode):
    font = "<</Type/Font/Subtype/Type1/BaseFont/Helvetica/ToUnicode 6 0 R>>"
    more = {6: ("", map_to_unicode)}
    said, _ = read(tmp_path / "a.pdf", page_of(rows(WORDS[:60]), font, more=more))
    assert not re.search("[\ud800-\udfff]", said)  # halves of surrogates, which no file can hold


def type3(procedure, entries=""):
    glyphs = "".join(f"/{letter} 7 0 R" for letter in "abcdefgh")
    names = "".join(f"/{letter}" for letter in "abcdefgh")
    return (
        "<</Type/Font/Subtype/Type3/FontBBox[0 0 750 750]/FontMatrix[.001 0 0 .001 0 0]/FirstChar 97/LastChar 104"
        f"/Widths[{'700 ' * 8}]/CharProcs<<{glyphs}>>/Encoding<</Differences[97{names}]>>"
        f"/Resources<</Font<</F 5 0 R>>>>{entries}>>",
        {7: ("", procedure)},
    )


@pytest.mark.parametrize(
    "procedure",
    ["700 0 d0 0 0 600 600 re f", "", "700 0 d0 BT /F 900 Tf (a) Tj ET", "700 0 0 0 9e9 9e9 d1 q q q q Q"],
    ids=["squares", "nothing", "its own letter again", "unbalanced"],
)
def test_type_3_fonts(tmp_path, procedure):
    font, more = type3(procedure)
    said, verdict = read(tmp_path / "a.pdf", page_of(rows(["bead", "cafe", "deaf", "head"] * 8), font, more=more))
    assert verdict.status != "accepted" or not said


@pytest.mark.parametrize("depth", [1, 2, 40])
def test_cycles_of_forms(tmp_path, depth):
    more = {
        10 + at: (
            "/Type/XObject/Subtype/Form/BBox[0 0 600 850]"
            f"/Resources<</XObject<</X {10 + (at + 1) % depth} 0 R>>/Font<</F 5 0 R>>>>",
            rows(WORDS[:20], top=800 - 8 * at) + " /X Do",
        )
        for at in range(depth)
    }
    said, _ = read(tmp_path / "a.pdf", page_of("/X Do", HELVETICA, more=more, resources="/XObject<</X 10 0 R>>"))
    assert said.startswith(" ".join(WORDS[:5]))


@pytest.mark.parametrize(
    "matrix",
    [
        "0 0 0 0 40 700",
        "1e9 0 0 1e9 0 0",
        "1 0 0 1 1e30 -1e30",
        "1e-9 0 0 1e-9 40 700",
        "1 1 1 1 40 700",
        "nan 0 0 inf 0 0",
    ],
)
def test_type_of_no_size_or_place(tmp_path, matrix):
    content = f"{rows(WORDS[:40])} BT /F 12 Tf {matrix} Tm (Nowhere to be seen) Tj ET"
    said, _ = read(tmp_path / "a.pdf", page_of(content, HELVETICA))
    assert said.startswith(" ".join(WORDS[:5]))


def test_signs_without_a_drawing_are_spaces(tmp_path):
    """As in fonts of some programs, which call their space #."""
    font = "<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding<</Differences[35/space]>>/ToUnicode 6 0 R>>"
    letters = "1 begincodespacerange <00> <ff> endcodespacerange 1 beginbfrange <23> <7a> <0023> endbfrange"
    content = "BT /F 12 Tf 40 700 Td (Mast#Lane##7,#Eastport_1120) Tj ET"
    said, _ = read(tmp_path / "a.pdf", page_of(content, font, more={6: ("", letters)}))
    assert said == "Mast Lane 7, Eastport_1120"
