"""Form fields and annotations are part of the page: drawn, and read where they stand."""

import msgspec
import numpy as np
import pypdfium2
import pypdfium2.raw as pdfium
import pytest
from tests.support.pdf_writer import form, widget

import ocroute
from ocroute.document import Document, Page, Verdict
from ocroute.engines.base import EngineInfo, Reading, Task
from ocroute.judge.checks.unread import UnreadParts
from ocroute.layout.arrange import arrange
from ocroute.pages import open_input

LABELS = "BT /F1 11 Tf 20 250 Td (Name of ship:) Tj 0 -30 Td (Cargo: dry) Tj 90 0 Td (wet) Tj -90 -30 Td (Flag:) Tj ET"
TEXT, TICK, CHOICE = (120, 245, 300, 263), (85, 217, 97, 229), (120, 185, 300, 203)
SHIP = widget("ship", "Tx", TEXT, "/V(Aurora Borealis)")
FLAG = widget("flag", "Ch", CHOICE, "/Ff 131072/V(nor)/Opt[[(nor)(Norway)][(swe)(Sweden)]]")


def box(name, x, *, on, entries="", mark="4"):
    """A tick box with drawings of both its states, the mark by a sign of the dingbats."""
    state = "/AS/Yes/V/Yes" if on else "/AS/Off/V/Off"
    return widget(name, "Btn", (x, 216, x + 12, 228), f"{state}/AP<</N<</Yes 100 0 R/Off 101 0 R>>>>{entries}")


DRAWINGS = {
    100: (
        "/Type/XObject/Subtype/Form/BBox[0 0 12 12]/Resources<</Font<</ZaDb 6 0 R>>>>",
        "q 0 0 12 12 re s BT /ZaDb 10 Tf 2 2 Td (4) Tj ET Q",
    ),
    101: ("/Type/XObject/Subtype/Form/BBox[0 0 12 12]", "q 0 0 12 12 re s Q"),
}


def read(tmp_path, data, name="form.pdf"):
    """The lines of the one page, its raster, and the text of its blocks."""
    path = tmp_path / name
    path.write_bytes(data)
    with open_input(str(path)) as source:
        page = source.page(1)
        lines = page.text_layer() or ()
        return lines, page.raster().copy(), [block.text for block in arrange(page, lines)]


def inked(raster, box):
    return (raster[round(box.y0) : round(box.y1), round(box.x0) : round(box.x1)].min(axis=2) < 128).any()


@pytest.mark.parametrize("rotation", [0, 90, 180, 270])
def test_values_without_a_drawing_are_drawn_and_read_beside_their_labels(tmp_path, rotation):
    data = form(
        LABELS,
        [SHIP, box("dry", 85, on=True), box("wet", 140, on=False), FLAG],
        more=DRAWINGS,
        page=f"/Rotate {rotation}",
    )
    path = tmp_path / "form.pdf"
    path.write_bytes(data)
    with open_input(str(path)) as source:
        page = source.page(1).turned_by(rotation // 90)
        lines, raster = page.text_layer(), page.raster()
        assert all(inked(raster, line.box) for line in lines)
        said = " ".join(block.text for block in arrange(page, lines))
        assert said == "Name of ship: Aurora Borealis Cargo: dry ☑ wet ☐ Flag: Norway"


def test_what_no_viewer_shows_is_neither_drawn_nor_read(tmp_path):
    icon = "/Subtype/Text/Rect[300 20 320 40]/F 4/Contents(A remark)"
    secret = widget("secret", "Tx", (120, 155, 300, 173), "/Ff 8192/V(swordfish)")
    hidden = [widget(f"h{flag}", "Tx", (120, 125, 300, 143), "/V(Hidden)", flags=flag) for flag in (2, 32)]
    lines, raster, _ = read(tmp_path, form(LABELS, [SHIP, secret, *hidden, icon]))
    assert " ".join(line.text for line in lines) == "Name of ship: Cargo: dry wet Flag: Aurora Borealis"
    assert (raster[round(0.43 * len(raster)) :, round(0.25 * raster.shape[1]) :] == 255).all()


def test_a_comb_is_one_word_and_its_empty_cell_parts_two(tmp_path):
    cells = "/Ff 16777216/MaxLen 12"
    whole = widget("a", "Tx", (60, 245, 300, 263), f"{cells}/V(DK47 1109)")
    lines, _, _ = read(tmp_path, form("BT /F1 11 Tf 20 250 Td (No.) Tj ET", [whole]))
    assert [word.text for line in lines for word in line.words] == ["No.", "DK47", "1109"]


def test_a_form_reads_the_same_when_its_fields_are_flattened(tmp_path):
    several = widget("lines", "Tx", (20, 100, 200, 140), "/Ff 4096/V(Bound for Bergen\\nwith timber)")
    ticks = [box("dry", 85, on=True), box("wet", 140, on=False)]
    made = form(LABELS, [SHIP, FLAG, several, *ticks], page="/Rotate 90", more=DRAWINGS)
    _, drawn, said = read(tmp_path, made)
    pdf = pypdfium2.PdfDocument(made)
    pdf.init_forms()
    page = pdf[0]
    page.set_mediabox(0, 0, 400, 300)
    page.flatten()
    page.close()
    pdf.save(tmp_path / "flat.pdf")
    pdf.close()
    _, flat, flat_said = read(tmp_path, (tmp_path / "flat.pdf").read_bytes(), "again.pdf")
    assert said == flat_said
    assert np.array_equal(drawn, flat)


DRAWN = {
    "empty": ("", "☐"),
    "a tick": ("84 220 m 87 217 l 94 226 l S", "☑"),
    "a cross": ("85 218 m 93 226 l S 93 218 m 85 226 l S", "☑"),
    "a letter": ("BT /F1 9 Tf 86 219 Td (x) Tj ET", "☑"),
    "a sign": ("BT /ZaDb 9 Tf 86 219 Td (4) Tj ET", "☑"),
    "a frame in it": ("1 w 84 217 10 10 re S", "☐"),
    "a number": ("BT /F1 9 Tf 86 219 Td (7) Tj ET", "7"),
    "a cell beside it": ("95 216 12 12 re S", ""),
}


@pytest.mark.parametrize("inside", DRAWN)
def test_a_box_that_is_only_drawn_is_seen(tmp_path, inside):
    drawing, sign = DRAWN[inside]
    content = f"BT /F1 11 Tf 20 250 Td (Cargo of the ship) Tj 0 -31 Td (Dry goods) Tj ET 83 216 12 12 re S {drawing}"
    _, _, said = read(tmp_path, form(content, []))
    assert " ".join(said) == f"Cargo of the ship Dry goods {sign}".strip()


def test_typed_annotations_stamps_and_signatures_are_read(tmp_path):
    kinds = [
        f"/Subtype/{kind}/Rect[60 {y} 280 {y + 20}]/F 4/AP<</N {100 + at} 0 R>>{entries}"
        for at, (kind, y, entries) in enumerate(
            [
                ("FreeText", 200, ""),
                ("Stamp", 160, ""),
                ("Widget", 120, "/T(s)/FT/Sig"),
                ("Widget", 80, "/T(b)/FT/Btn/Ff 65536"),
            ]
        )
    ]
    said = ["Received on 3 May 1911", "APPROVED", "Signed by A. Holm", "Send the form"]
    drawings = {
        100 + at: (
            "/Type/XObject/Subtype/Form/BBox[0 0 220 20]/Resources<</Font<</F1 5 0 R>>>>",
            f"q BT /F1 11 Tf 2 5 Td ({text}) Tj ET Q",
        )
        for at, text in enumerate(said)
    }
    lines, raster, _ = read(tmp_path, form("BT /F1 11 Tf 20 250 Td (A page) Tj ET", kinds, more=drawings))
    assert [line.text for line in lines] == ["A page", *said]
    assert all(inked(raster, line.box) for line in lines)


def circle(x, y, r):
    """A path of four curves."""
    k = 0.5523 * r
    return (
        f"{x + r} {y} m {x + r} {y + k} {x + k} {y + r} {x} {y + r} c {x - k} {y + r} {x - r} {y + k} {x - r} {y} c "
        f"{x - r} {y - k} {x - k} {y - r} {x} {y - r} c {x + k} {y - r} {x + r} {y - k} {x + r} {y} c h "
    )


def test_circles_that_are_only_drawn_are_radio_buttons_where_there_are_several(tmp_path):
    def said(*circles):
        labels = "".join(f"1 0 0 1 60 {y} Tm ({text}) Tj " for text, y in (("By ship", 200), ("By train", 170)))
        made = form("".join(circles) + f"BT /F1 12 Tf {labels} ET", [])
        return [line.text for line in read(tmp_path, made)[0]]

    first, second = circle(46, 204, 5) + "S ", circle(46, 174, 5) + "S "
    assert said(first, second, circle(46, 174, 2.5) + "f ") == ["○ By ship", "◉ By train"]
    assert said(first) == ["By ship", "By train"]
    assert said(first, first) == ["By ship", "By train"]
    assert said(circle(46, 204, 5) + "f ", circle(46, 174, 5) + "f ") == ["By ship", "By train"]


def test_typed_text_without_a_drawing_is_set_in_its_box(tmp_path):
    said = "Received at the office of the harbour on 3 May"
    typed = f"/Subtype/FreeText/Rect[60 120 200 200]/F 4/DA(/Helv 10 Tf 0 g)/Contents({said})"
    lines, raster, _ = read(tmp_path, form("BT /F1 11 Tf 20 250 Td (A page) Tj ET", [typed]))
    assert " ".join(line.text for line in lines) == f"A page {said}"
    assert len(lines) == 3
    assert all(inked(raster, line.box) for line in lines)
    assert max(line.box.x1 for line in lines) < 0.5 * raster.shape[1]


def test_comments_are_notes_beside_the_page(tmp_path):
    comments = [
        "/Subtype/Text/Rect[300 20 320 40]/F 4/T(Anna)/Contents(Is this right?)",
        "/Subtype/Highlight/Rect[20 245 80 262]/QuadPoints[20 262 80 262 20 245 80 245]/Contents(Two lines\\rof it)",
        "/Subtype/FreeText/Rect[60 120 200 140]/F 4/Contents<FEFF65E5672C>",
        "/Subtype/Text/Rect[300 60 320 80]/F 2/Contents(Hidden)",
        "/Subtype/Link/Rect[20 20 90 30]/Contents(A link)",
    ]
    path = tmp_path / "notes.pdf"
    path.write_bytes(form(LABELS, comments))
    with open_input(str(path)) as source:
        page = source.page(1)
        notes = page.notes()
        turned = page.turned_by(1).notes()
        width = page.size[0]
    assert [(note.text, note.author) for note in notes] == [
        ("Two lines\nof it", ""),
        ("日本", ""),
        ("Is this right?", "Anna"),
    ]
    assert notes[0].box.y0 < notes[2].box.y0
    assert turned[0].box.y0 == pytest.approx(width - notes[0].box.x1)
    record = Page("a.pdf", 1, 100, 100, Verdict("accepted", 1.0), notes=notes)
    document = Document("a.pdf", (record,))
    assert document.to_markdown() == "> Note: Two lines  \n> of it\n\n> Note: 日本\n\n> Note by Anna: Is this right?\n"
    assert "[Note by Anna: Is this right?]" in document.text
    assert '<aside class="note" role="note"><p dir="auto">Note: Two lines<br>' in document.to_html()
    assert msgspec.json.decode(document.export("json"))["pages"][0]["notes"][2]["author"] == "Anna"


ATTACHED = {
    100: "<</Type/Filespec/F(ledger.csv)/UF(ledger.csv)/EF<</F 101 0 R>>>>",
    101: ("/Type/EmbeddedFile", "a,b"),
}
ENGINE = EngineInfo(kind="textlayer", rank=0)


def finding(tmp_path, data):
    path = tmp_path / "more.pdf"
    path.write_bytes(data)
    with open_input(str(path)) as source:
        return UnreadParts().check(source.page(1), Reading(), engine=ENGINE, task=Task())


def test_attached_files_are_named(tmp_path):
    names = "/Names<</EmbeddedFiles<</Names[(ledger.csv) 100 0 R]>>>>"
    found = finding(tmp_path, form(LABELS, [], catalog=names, more=ATTACHED))
    assert (found.sentence, found.refuses) == ("1 attached file of the PDF not read: ledger.csv.", False)
    record = Page("a.pdf", 1, 100, 100, Verdict("accepted", 1.0, (found,)))
    assert (
        Document("a.pdf", (record,))
        .to_markdown()
        .startswith("<!-- page 1: 1 attached file of the PDF not read: ledger.csv.")
    )
    assert finding(tmp_path, form(LABELS, [SHIP])) is None


def test_a_page_that_stands_in_for_an_xfa_form_is_refused(tmp_path):
    parts = {100: ("", "<template/>")}
    dynamic, drawn = (
        form(LABELS, [SHIP], catalog=f"/NeedsRendering {needed}", acro_form="/XFA[(template) 100 0 R]", more=parts)
        for needed in ("true", "false")
    )
    assert finding(tmp_path, dynamic).refuses
    assert not finding(tmp_path, drawn).refuses


def test_other_engines_are_not_tried_on_a_page_that_stands_in_for_an_xfa_form(tmp_path):
    parts = {100: ("", "<template/>")}
    path = tmp_path / "dynamic.pdf"
    path.write_bytes(
        form(LABELS, [SHIP], catalog="/NeedsRendering true", acro_form="/XFA[(template) 100 0 R]", more=parts)
    )
    (page,) = ocroute.read(path)
    assert [attempt.engine for attempt in page.attempts] == ["textlayer"]
    assert page.verdict.status == "doubtful"


def test_links_stay_where_a_page_has_fields_too(tmp_path):
    link = "/Subtype/Link/Rect[20 20 100 40]/A<</S/URI/URI(https://example.org)>>"
    path = tmp_path / "form.pdf"
    path.write_bytes(form(LABELS, [SHIP, link]))
    with open_input(str(path)) as source:
        page = source.page(1)
        assert any("Aurora" in line.text for line in page.text_layer())
        page.release()  # and again, from a page that is flattened already
        assert any("Aurora" in line.text for line in page.text_layer())
        assert pdfium.FPDFPage_GetAnnotCount(page._page()) == 2


CYCLE = "<</T(loop)/Kids[101 0 R]/Parent 101 0 R>>"


@pytest.mark.parametrize(
    "annotations",
    [
        [SHIP, "/Subtype/Widget/T(x)/FT/Tx/Parent 100 0 R/Rect[20 20 90 40]"],
        [SHIP, "/Subtype/FreeText/Rect[9000 9000 9900 9100]/Contents(outside)", "/Subtype/Stamp/Rect[1e30 -1e30 0 0]"],
        [
            SHIP,
            "/Subtype/Stamp/Rect[0 0 50 50]/AP<</N 102 0 R>>",
            "/Rect 7",
            "/Subtype/Widget/FT/Btn/T(t)/Rect[0 0 0 0]",
        ],
        [SHIP, widget("n", "Btn", (20, 20, 30, 30), "/AS/Yes/AP<</N<</Yes 999 0 R>>>>")],
    ],
    ids=["a cycle of fields", "outside the page", "broken", "no drawing of this state"],
)
def test_bad_annotations_cost_only_themselves(tmp_path, annotations):
    loops = {
        100: CYCLE,
        101: CYCLE.replace("101", "100"),
        102: ("/Type/XObject/Subtype/Form/BBox[0 0 9 9]/Resources<</XObject<</X 102 0 R>>>>", "/X Do"),
    }
    lines, _, _ = read(tmp_path, form(LABELS, annotations, more=loops))
    assert "Aurora Borealis" in [line.text for line in lines]
