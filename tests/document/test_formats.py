"""JSON, HTML, text, hOCR and ALTO: what each of them promises besides the contract."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any, ClassVar

import jsonschema
import msgspec
import pytest
from hypothesis import given, settings
from lxml import etree
from tests.support.random_documents import documents
from tests.support.reading_back import ALTO, XHTML, hocr, of_class

import ocroute
from ocroute.document import Block, Box, Category, Cell, Document, Font, Line, Page, Provenance, Table, Verdict, Word
from ocroute.document.exporters.json import decode
from ocroute.document.exporters.prepared import clean

some = settings(deadline=None, max_examples=40)
PUBLISHED = json.loads((Path(__file__).parents[2] / "docs/schema/document-1.json").read_text(encoding="utf-8"))
ALTO_SUBSET = etree.XMLSchema(etree.parse(Path(__file__).with_name("alto-4-4-subset.xsd")))

LINE = Line(
    "Good morning",
    Box(10, 20, 110.4, 40),
    0.9,
    (Word("Good", Box(10, 20, 50, 40), 0.93), Word("morning", Box(60, 20, 110.4, 40), 0.876)),
    Font("Serif", 25, bold=True, italic=True),
)
TABLE = Table(
    3,
    3,
    (
        Cell(0, 0, "Fruit", header=True),
        Cell(0, 1, "Number and price", column_span=2, header=True),
        Cell(1, 0, "Apples"),
        Cell(1, 1, "12"),
        Cell(1, 2, "3.50"),
        Cell(2, 0, "梨 (pears)"),
        Cell(2, 2, "14.00\nper kg"),
    ),
)
PAGE = Page(
    "dir/a.png",
    1,
    600,
    800,
    Verdict("accepted", 1.0),
    (
        Block(Category.PAGE_HEADER, "Head", Box(0, 0, 600, 15)),
        Block(Category.TEXT, LINE.text, LINE.box, lines=(LINE,)),
        Block(Category.TABLE, "", Box(0, 100, 600, 300), table=TABLE),
        Block(Category.LIST_ITEM, "an item", marker="(a)"),
        Block(Category.PICTURE, "", Box(0, 300, 700, 500)),
    ),
    dpi=300,
    provenance=Provenance("tesseract", "eng", versions={"tesseract": "5.3.0"}),
)
DOCUMENT = Document("dir/a.png", (PAGE,))


def export(document: Document, name: str) -> str:
    return document.export(name).decode()


def without_surrogates(value: Any) -> Any:
    """UTF-8 cannot say them; they come out as U+FFFD."""
    if isinstance(value, str):
        return re.sub("[\ud800-\udfff]", "\ufffd", value)
    if isinstance(value, tuple):
        return tuple(map(without_surrogates, value))
    if isinstance(value, msgspec.Struct):
        return type(value)(*map(without_surrogates, msgspec.structs.astuple(value)))
    return value


@pytest.mark.parametrize(
    ("dirty", "kept"),
    [
        ("a\x00b\x07c\ud800d\ufffee\x7ff", "abcdef"),
        ("a\x0cb\x1cc", "a b c"),
        ("a\r\nb\rc\td", "a\nb\nc\td"),
        ("état 漢字 \U0001f600 \u200b\x85", "état 漢字 \U0001f600 \u200b\x85"),
    ],
)
def test_characters_that_no_format_may_carry_are_taken_out(dirty: str, kept: str) -> None:
    assert clean(dirty) == kept


class TestJson:
    @some
    @given(document=documents())
    def test_comes_back_as_it_was(self, document: Document) -> None:
        assert decode(document.export("json")) == without_surrogates(document)

    @some
    @given(document=documents())
    def test_keeps_the_published_schema(self, document: Document) -> None:
        found = jsonschema.Draft202012Validator(PUBLISHED).iter_errors(json.loads(document.export("json")))
        assert [error.message for error in found] == []

    @pytest.mark.parametrize(
        "damage",
        [{"version": 2}, {"pages": None}, {"pages": [{}]}, {"source": 3}],
        ids=lambda damage: next(iter(damage)),
    )
    def test_the_published_schema_refuses_what_is_none_of_ours(self, damage: dict[str, Any]) -> None:
        told = json.loads(export(DOCUMENT, "json")) | damage
        assert not jsonschema.Draft202012Validator(PUBLISHED).is_valid(told)

    def test_is_versioned(self) -> None:
        assert export(DOCUMENT, "json").startswith('{"format":"ocroute-document","version":1,"source":"dir/a.png",')
        with pytest.raises(msgspec.ValidationError):
            decode(export(DOCUMENT, "json").replace('"version":1', '"version":2'))

    def test_the_order_of_settings_does_not_matter(self) -> None:
        one, two = (
            Document("a", (msgspec.structs.replace(PAGE, provenance=Provenance("e", settings=settings)),))
            for settings in ({"a": 1, "b": 2}, {"b": 2, "a": 1})
        )
        assert one.export("json") == two.export("json")


class TestText:
    def test_a_short_text_over_several_columns_is_written(self) -> None:
        """No column is given a width by it, and yet it begins in one."""
        table = Table(rows=2, columns=2, cells=(Cell(0, 0, "#", column_span=2), Cell(1, 0, "a"), Cell(1, 1, "b")))
        alone = Table(rows=1, columns=2, cells=(Cell(0, 0, "#", column_span=2),))
        blocks = tuple(Block(Category.TABLE, each.cells[0].text, table=each) for each in (alone, table))
        page = Page(source="", number=1, width=600, height=800, verdict=Verdict("accepted", 1.0), blocks=blocks)
        assert Document(source="", pages=(page,)).export("txt").decode().split() == ["#", "#", "a", "b"]

    def test_columns_are_aligned(self) -> None:
        document = Document("a", (msgspec.structs.replace(PAGE, blocks=(PAGE.blocks[2],)),))
        assert export(document, "txt").splitlines() == [
            "Fruit       Number and price",
            "Apples      12  3.50",
            "梨 (pears)      14.00",
            "                per kg",
        ]

    def test_pages_are_parted_by_form_feeds(self) -> None:
        blocks = (Block(Category.LIST_ITEM, "a", marker="•"), Block(Category.LIST_ITEM, "b\nc", marker="1.", level=1))
        page = msgspec.structs.replace(PAGE, blocks=blocks)
        assert export(Document("a", (page, page)), "txt") == "• a\n  1. b\n     c\n" + "\f\n" + "• a\n  1. b\n     c\n"


class TestHtml:
    def test_is_a_semantic_page_on_its_own(self) -> None:
        source = export(DOCUMENT, "html")
        assert source.startswith("<!DOCTYPE html>\n")
        assert "<title>a.png</title>" in source
        assert '<th scope="col" colspan="2">Number and price</th>' in source
        assert '<figure role="img" aria-label="Picture">' in source
        assert not re.search(r"<script|<link|(src|href)=", source)

    @some
    @given(document=documents())
    def test_tags_are_balanced(self, document: Document) -> None:
        source = export(document, "html")
        body = source[source.index("<main>") : source.index("</main>") + len("</main>")]
        assert etree.fromstring(body.replace("<br>", "<br/>")).tag == "main"  # a tag without its end is an error

    def test_a_list_in_a_list(self) -> None:
        blocks = [("1.", 0, "a"), ("•", 1, "b"), ("2.", 0, "c")]
        items = tuple(Block(Category.LIST_ITEM, text, marker=marker, level=level) for marker, level, text in blocks)
        source = export(Document("a", (msgspec.structs.replace(PAGE, blocks=items),)), "html").replace("\n", "")
        assert '<ol><li value="1">a<ul><li>b</li></ul></li><li value="2">c</li></ol>' in source

    def test_links_in_given_markdown_cannot_run_code(self) -> None:
        block = Block(Category.TEXT, "[x](javascript:alert(1)) <img src=x onerror=alert(1)>", markup="markdown")
        source = export(Document("a", (msgspec.structs.replace(PAGE, blocks=(block,)),)), "html")
        assert 'href="javascript' not in source
        assert "<img" not in source


class TestHocr:
    """The rules of hOCR 1.2: sections 1.1 (document), 3 (logical order), 4.1 (areas), 4.2 (lines, words), 6 (meta data)."""

    NESTING: ClassVar = {
        "ocr_carea": "ocr_page",
        "ocr_par": "ocr_carea",
        "ocr_line": "ocr_par",
        "ocrx_word": "ocr_line",
    }
    PROPERTY = re.compile(r'bbox \d+ \d+ \d+ \d+|x_wconf \d+|ppageno \d+|scan_res \d+ \d+|image "[^"]*"')

    @some
    @given(document=documents())
    def test_keeps_the_rules(self, document: Document) -> None:
        root = hocr(document.export("hocr"))
        assert root.tag == f"{XHTML}html"
        assert root.find(f"{XHTML}head/{XHTML}title") is not None
        metas = {meta.get("name"): meta.get("content") for meta in root.iter(f"{XHTML}meta")}
        classes = {element.get("class") for element in root.iter(etree.Element) if element.get("class")}
        assert classes <= set(metas["ocr-capabilities"].split())
        assert metas["ocr-number-of-pages"] == str(len(document.pages))
        assert [self.properties(page)["ppageno"] for page in of_class(root, "ocr_page")] == [
            str(number) for number in range(len(document.pages))
        ]
        identities = [element.get("id") for element in root.iter(etree.Element) if element.get("id")]
        assert len(set(identities)) == len(identities)
        for element in root.iter(etree.Element):
            if element.get("class"):
                self.check(element)

    def check(self, element: etree._Element) -> None:
        kind = element.get("class")
        if kind != "ocr_page":
            assert element.getparent().get("class") == self.NESTING[kind]
        properties = self.properties(element)
        if "bbox" in properties:
            x0, y0, x1, y1 = map(int, properties["bbox"].split())
            assert 0 <= x0 <= x1 <= 600
            assert 0 <= y0 <= y1 <= 800
        if "x_wconf" in properties:
            assert kind == "ocrx_word"
            assert 0 <= int(properties["x_wconf"]) <= 100
        if kind == "ocrx_word":
            text = "".join(element.itertext())
            assert text
            assert not re.search(r"\s", text)

    def properties(self, element: etree._Element) -> dict[str, str]:
        title = element.get("title", "")
        found = self.PROPERTY.findall(title)
        assert "; ".join(found) == title
        return dict(one.split(" ", 1) for one in found)

    def test_words_have_boxes_and_confidence(self) -> None:
        words = {word.text: word.get("title") for word in of_class(hocr(DOCUMENT.export("hocr")), "ocrx_word")}
        assert words["morning"] == "bbox 60 20 110 40; x_wconf 88"
        assert words["12"] is None
        assert words["(a)"] is None

    def test_boxes_of_words_are_cut_from_the_line_where_the_engine_gives_none(self) -> None:
        line = Line("ab cdef", Box(0, 0, 70, 10), 0.5)
        page = msgspec.structs.replace(PAGE, blocks=(Block(Category.TEXT, "ab cdef", lines=(line,)),))
        words = of_class(hocr(Document("a", (page,)).export("hocr")), "ocrx_word")
        assert [word.get("title") for word in words] == ["bbox 0 0 20 10; x_wconf 50", "bbox 30 0 70 10; x_wconf 50"]

    def test_the_page_names_its_image(self) -> None:
        page = msgspec.structs.replace(PAGE, source='C:\\a "b".png', blocks=())
        element = of_class(hocr(Document("a", (page,)).export("hocr")), "ocr_page")[0]
        assert element.get("title") == "image \"C:/a 'b'.png\"; bbox 0 0 600 800; ppageno 0; scan_res 300 300"


class TestAlto:
    @some
    @given(document=documents())
    def test_is_valid_and_its_references_hold(self, document: Document) -> None:
        root = etree.fromstring(document.export("alto"))
        if document.pages:  # a document without pages cannot be said in ALTO
            ALTO_SUBSET.assertValid(root)
        identities = {element.get("ID") for element in root.iter() if element.get("ID")}
        for element in root.iter():
            for name in ("TAGREFS", "STYLEREFS", "PROCESSINGREFS"):
                assert set(element.get(name, "").split()) <= identities

    def test_the_schema_is_not_blind(self) -> None:
        source = export(DOCUMENT, "alto")
        for right, wrong in (
            ("CONTENT=", "TEXT="),
            ('WC="0.93"', 'WC="1.3"'),
            ("<PrintSpace", "<Space"),
            (">pixel<", ">px<"),
        ):
            broken = source.replace(right, wrong).replace(
                "</PrintSpace", "</Space" if wrong == "<Space" else "</PrintSpace"
            )
            assert not ALTO_SUBSET.validate(etree.fromstring(broken.encode()))

    def test_furniture_stands_in_the_margins_and_tables_are_composed(self) -> None:
        root = etree.fromstring(DOCUMENT.export("alto"))
        assert root.find(f".//{ALTO}TopMargin/{ALTO}TextBlock//{ALTO}String").get("CONTENT") == "Head"
        assert root.find(f".//{ALTO}PrintSpace/{ALTO}ComposedBlock").get("TYPE") == "table"
        picture = root.find(f".//{ALTO}Illustration")
        assert (picture.get("HPOS"), picture.get("WIDTH"), picture.get("TAGREFS")) == ("0", "600", "category_Picture")

    def test_words_fonts_and_origin(self) -> None:
        root = etree.fromstring(DOCUMENT.export("alto"))
        word = next(string for string in root.iter(f"{ALTO}String") if string.get("CONTENT") == "morning")
        assert {name: word.get(name) for name in ("HPOS", "VPOS", "WIDTH", "HEIGHT", "WC")} == {
            "HPOS": "60", "VPOS": "20", "WIDTH": "50.4", "HEIGHT": "20", "WC": "0.876",
        }  # fmt: skip
        style = root.find(f".//{ALTO}TextStyle")
        assert (style.get("FONTFAMILY"), style.get("FONTSIZE"), style.get("FONTSTYLE")) == (
            "Serif",
            "6",
            "bold italics",
        )
        assert word.getparent().get("STYLEREFS") == style.get("ID")
        assert root.findtext(f".//{ALTO}processingStepDescription") == "tesseract eng 5.3.0"
        assert root.findtext(f".//{ALTO}softwareVersion") == ocroute.__version__
