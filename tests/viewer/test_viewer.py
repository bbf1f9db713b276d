"""The viewer's file holds all that was read, and nothing in it is anything but text."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from PIL import Image
from tests.support.random_documents import documents

import ocroute
from ocroute import Block, Box, Document, Finding, Line, Page, Verdict
from ocroute.document import Category
from ocroute.document.exporters.prepared import clean
from ocroute.viewer import html_page, page_data, script, viewer_data
from ocroute.viewer.show import IN_ONE_FILE

EVIL = "</script><script>alert(1)</script><!--<img src=x onerror=alert(2)>]]>\u2028&amp;"


class _Elements(HTMLParser):
    """The elements of a page, and what stands in its scripts and styles."""

    def __init__(self, html: bytes) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.inside: dict[int, str] = {}
        self.feed(html.decode())

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        self.found.append(("/" + tag, {}))

    def handle_data(self, data):
        place = len(self.found) - 1
        self.inside[place] = self.inside.get(place, "") + data

    def data(self) -> dict:
        place = next(at for at, (_, attributes) in enumerate(self.found) if attributes.get("id") == "data")
        return json.loads(self.inside[place])


def shown(document: ocroute.Document) -> _Elements:
    return _Elements(html_page(viewer_data("x", [page_data(page, None) for page in document.pages])))


def page(*blocks: Block, number: int = 1, verdict: Verdict | None = None, source: str = "a.png") -> Page:
    return Page(source, number, 100, 200, verdict or Verdict("accepted", 1.0), blocks)


@settings(max_examples=60)
@given(documents())
def test_every_character_of_every_block_is_in_the_data_and_no_text_becomes_markup(document) -> None:
    elements = shown(document)
    assert [tag for tag, _ in elements.found].count("script") == 2
    assert not {tag for tag, _ in elements.found} & {"img", "table", "b", "iframe"}
    for record, given_ in zip(document.pages, elements.data()["pages"], strict=True):
        (reading,) = given_["readings"]
        assert len(reading["blocks"]) == len(record.blocks)
        said = json.dumps(reading["blocks"], ensure_ascii=False)
        for block in record.blocks:
            if block.markup == "plain" and block.table is None:
                assert all(json.dumps(word, ensure_ascii=False)[1:-1] in said for word in clean(block.text).split())


def test_text_that_looks_like_the_end_of_the_script_stays_text() -> None:
    evil = Verdict("doubtful", 0.1, (Finding("order", 1, 0, EVIL, image=Box(0, 0, 5, 5)),))
    elements = shown(Document(EVIL, (page(Block(Category.TEXT, EVIL), verdict=evil, source=EVIL),)))
    assert [tag for tag, _ in elements.found].count("script") == 2
    reading = elements.data()["pages"][0]["readings"][0]
    assert reading["findings"][0]["sentence"] == clean(EVIL)
    assert clean(EVIL) in reading["blocks"][0]["parts"][0]["lines"][0][0]["text"]


def test_the_policy_lets_only_its_own_script_and_style_run() -> None:
    elements = shown(Document("a.png", (page(),)))
    policy = next(
        attributes["content"] for tag, attributes in elements.found if tag == "meta" and "http-equiv" in attributes
    )
    assert policy.startswith("default-src 'none'; img-src data:")
    for kind, tag in (("script", "script"), ("style", "style")):
        place = max(at for at, (name, _) in enumerate(elements.found) if name == tag)
        digest = base64.b64encode(hashlib.sha256(elements.inside[place].encode()).digest()).decode()
        assert re.search(rf"{kind}-src 'sha256-{re.escape(digest)}'", policy)
    for word in ("innerHTML", "insertAdjacentHTML", "eval(", "fetch(", "XMLHttpRequest", "document.write"):
        assert word not in script()


def test_text_that_goes_on_in_the_next_column_has_a_box_in_each() -> None:
    lines = [Line("a", Box(0, 150, 40, 160)), Line("b", Box(0, 170, 40, 180)), Line("c", Box(60, 10, 90, 20))]
    block = Block(Category.TEXT, "a b c", Box(0, 10, 90, 180), lines=tuple(lines))
    (given_,) = page_data(page(block), None)["readings"][0]["blocks"]
    assert given_["boxes"] == [[0, 150, 40, 180], [60, 10, 90, 20]]
    one_line = Block(Category.TEXT, "a c", lines=(Line("a", Box(0, 10, 40, 20)), Line("c", Box(60, 9, 90, 19))))
    (given_,) = page_data(page(one_line), None)["readings"][0]["blocks"]
    assert given_["boxes"] == [[0, 9, 90, 20]]


@pytest.fixture
def scan(tmp_path):
    Image.new("RGB", (100, 200), "white").save(tmp_path / "a.png")
    return tmp_path / "a.png"


def test_a_saved_document_is_shown_with_its_page(scan, tmp_path) -> None:
    document = Document(str(scan), (page(Block(Category.TEXT, "Good", Box(1, 2, 3, 4))),))
    document.save(tmp_path / "x.show.html")
    data = _Elements((tmp_path / "x.show.html").read_bytes()).data()
    assert data["pages"][0]["image"].startswith("data:image/webp;base64,")
    assert data["title"] == "a.png"


def test_a_long_document_is_a_page_of_contents_and_a_file_for_each_page(tmp_path) -> None:
    count = IN_ONE_FILE + 1
    frames = [Image.new("1", (100, 200), 1) for _ in range(count)]
    frames[0].save(tmp_path / "a.tif", save_all=True, append_images=frames[1:])
    bad = Verdict("doubtful", 0.1, (Finding("order", 1, 0, "out of order"),))
    pages = [page(number=n + 1, verdict=bad if n in (3, 9) else None, source="a.tif") for n in range(count)]
    Document(str(tmp_path / "a.tif"), tuple(pages)).save(tmp_path / "x y.show.html")
    data = _Elements((tmp_path / "x y.show.html").read_bytes()).data()
    assert len(data["contents"]) == count
    assert data["contents"][3] == {
        "number": 4,
        "status": "doubtful",
        "href": "x%20y.show.pages/page-0004.html",
        "said": "out of order",
    }
    navs = [
        _Elements((tmp_path / "x y.show.pages" / f"page-{n + 1:04}.html").read_bytes()).data()["nav"]
        for n in range(count)
    ]
    assert navs[0] == {
        "index": "../x%20y.show.html",
        "previous": None,
        "next": "page-0002.html",
        "nextDoubtful": "page-0004.html",
        "total": count,
    }
    assert [navs[n]["nextDoubtful"] for n in (3, 9, 20)] == ["page-0010.html", "page-0004.html", "page-0004.html"]
    assert navs[-1]["next"] is None


def test_a_source_that_has_changed_is_refused_and_one_that_has_moved_can_be_named(scan, tmp_path, caplog) -> None:
    digest = hashlib.sha256(scan.read_bytes()).hexdigest()
    document = ocroute.Document("gone.png", (page(Block(Category.TEXT, "Good", Box(1, 2, 3, 4))),), digest)
    document.save(tmp_path / "x.show.html")
    assert "the pages are shown without their images" in caplog.text
    (shown,) = _Elements((tmp_path / "x.show.html").read_bytes()).data()["pages"]
    assert (shown["image"], len(shown["readings"][0]["blocks"])) == (None, 1)
    assert "gone.png does not exist" in shown["missing"]
    with pytest.raises(ocroute.InputNotFound, match=r"nowhere\.png, which the document was read from, is gone"):
        document.save(tmp_path / "x.show.html", source=tmp_path / "nowhere.png")
    document.save(tmp_path / "x.show.html", source=scan)
    Image.new("RGB", (100, 200), "black").save(scan)
    with pytest.raises(ocroute.InputError, match="has changed since it was read"):
        document.save(tmp_path / "y.show.html", source=scan)
    assert not (tmp_path / "y.show.html").exists()
