"""Documents into files and back."""

from __future__ import annotations

import json
import os
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from tests.support.random_documents import documents

import ocroute
from ocroute import Block, Document, Page, Verdict
from ocroute.document import Category
from ocroute.document.formats import EXPORTERS
from ocroute.document.storage import format_of, suffixes

PLANES = "".join(chr(plane * 0x10000 + 0xFFFD - offset) for plane in range(17) for offset in (0, 0x1F00, 0xFF00))
DOCUMENT = Document("a.png", (Page("a.png", 1, 600, 800, Verdict("accepted", 1.0), (Block(Category.TEXT, "Good"),)),))


PURE = [suffix for suffix, name in suffixes().items() if name in EXPORTERS]
"""Of formats that need no source."""


def told(error: pytest.ExceptionInfo[ocroute.OcrouteError]) -> str:
    assert error.value.next_step
    assert "\n" not in str(error.value)
    return str(error.value)


@pytest.mark.parametrize("name", EXPORTERS)
def test_the_suffix_says_the_format(name: str, tmp_path: Path) -> None:
    suffix = next(suffix for suffix, known in suffixes().items() if known == name)
    for file in (f"x{suffix}", f"X.Y{suffix.upper()}"):
        DOCUMENT.save(tmp_path / file)
        assert (tmp_path / file).read_bytes() == DOCUMENT.export(name)
    assert format_of(str(tmp_path / f"x{suffix}")) == name


def test_furniture_is_kept_when_asked_for(tmp_path: Path) -> None:
    page = msgspec.structs.replace(DOCUMENT[0], blocks=(Block(Category.PAGE_HEADER, "Head"), *DOCUMENT[0].blocks))
    Document("a.png", (page,)).save(str(tmp_path / "x.txt"), keep_headers_footers=True)
    assert (tmp_path / "x.txt").read_text(encoding="utf-8") == "Head\n\nGood\n"


@pytest.mark.parametrize("name", ["x", "x.epub", "x.", ".md.bak", "", "x.xml"])
def test_an_unknown_suffix_lists_those_that_are_known(name: str, tmp_path: Path) -> None:
    with pytest.raises(ocroute.UsageError) as error:
        DOCUMENT.save(tmp_path / name)
    assert all(suffix in told(error) for suffix in suffixes())
    assert not list(tmp_path.iterdir())


def test_plug_ins_may_choose_odd_suffixes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ocroute.document.storage.suffixes", lambda: {"": "none", ".Big": "big", ".x.big": "longer"})
    assert (format_of("a.big"), format_of("a.x.BIG")) == ("big", "longer")
    with pytest.raises(ocroute.UsageError):
        format_of("a.md")


@pytest.mark.parametrize("name", ["no/x.md", "file/x.md", "folder.md", "n\0.md", "x" * 400 + ".md", "\ud800/x.md"])
def test_a_place_that_cannot_be_written(name: str, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    (tmp_path / "folder.md").mkdir()
    with pytest.raises(ocroute.OutputError, match="cannot write") as error:
        DOCUMENT.save(tmp_path / name)
    assert told(error)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "folder.md"]


def test_what_was_there_stays_when_writing_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "x.md").write_bytes(b"old")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(ocroute.OutputError, match=r"no space left on device. Free some space"):
        DOCUMENT.save(tmp_path / "x.md")
    assert [(path.name, path.read_bytes()) for path in tmp_path.iterdir()] == [("x.md", b"old")]


@pytest.mark.parametrize("suffix", [suffix for suffix in PURE if suffix != ".docx"])
def test_every_plane_of_unicode_is_kept(suffix: str, tmp_path: Path) -> None:
    page = msgspec.structs.replace(DOCUMENT[0], blocks=(Block(Category.TEXT, "".join(PLANES)),))
    document = Document("a.png", (page,))
    document.save(tmp_path / f"x{suffix}")
    written = (tmp_path / f"x{suffix}").read_text(encoding="utf-8")
    assert all(character in written for character in PLANES)
    if suffix == ".json":
        assert Document.load(tmp_path / "x.json") == document


@settings(deadline=None, max_examples=30)
@given(documents().map(Document.of))
def test_what_is_saved_is_loaded(tmp_path_factory: pytest.TempPathFactory, document: Document) -> None:
    path = tmp_path_factory.mktemp("saved") / "x.json"
    document.save(path)
    loaded = Document.load(path)
    loaded.save(path)
    assert len(loaded) == len(document)
    assert Document.load(path) == loaded


def test_a_document_without_pages(tmp_path: Path) -> None:
    empty = Document("a.pdf", ())
    for suffix in PURE:
        empty.save(tmp_path / f"x{suffix}")
    assert Document.load(tmp_path / "x.json") == empty
    assert (len(empty), list(empty), empty.text, empty.tables) == (0, [], "", ())


def test_a_byte_order_mark_is_no_fault(tmp_path: Path) -> None:
    (tmp_path / "x.json").write_bytes(b"\xef\xbb\xbf" + DOCUMENT.export("json"))
    assert Document.load(tmp_path / "x.json") == DOCUMENT


WHOLE = json.loads(DOCUMENT.export("json"))
BAD: dict[str, tuple[bytes, type[ocroute.InputError], str]] = {
    "empty": (b"", ocroute.CorruptInput, "is empty"),
    "blank": (b" \n", ocroute.CorruptInput, "is empty"),
    "truncated": (DOCUMENT.export("json")[:100], ocroute.CorruptInput, "not whole JSON"),
    "without its end": (DOCUMENT.export("json").rstrip()[:-1], ocroute.CorruptInput, "not whole JSON"),
    "two documents": (DOCUMENT.export("json") * 2, ocroute.CorruptInput, "not whole JSON"),
    "not UTF-8": (DOCUMENT.export("json").replace(b"Good", b"\xff"), ocroute.CorruptInput, "not whole JSON"),
    "deep": (b"[" * 100_000, ocroute.CorruptInput, "not whole JSON"),
    "deep object": (b'{"pages":' * 100_000, ocroute.CorruptInput, "not whole JSON"),
    "a PNG": (b"\x89PNG\r\n\x1a\n", ocroute.UnsupportedInput, "is not JSON"),
    "Markdown": (b"# Title", ocroute.UnsupportedInput, "is not JSON"),
    "a list": (b"[]", ocroute.UnsupportedInput, "not a document of ocroute"),
    "foreign": (b'{"pages": []}', ocroute.UnsupportedInput, "not a document of ocroute"),
    "a newer version": (json.dumps({**WHOLE, "version": 2}).encode(), ocroute.UnsupportedInput, "in version 2"),
    "no version": (b'{"format": "ocroute-document"}', ocroute.CorruptInput, "not a valid document"),
    "no pages": (json.dumps({**WHOLE, "pages": None}).encode(), ocroute.CorruptInput, "not a valid document"),
    "an absurd table": (
        DOCUMENT.export("json").replace(
            b'"text":"Good"', b'"text":"Good","table":{"rows":1000000000,"columns":1000000000,"cells":[]}'
        ),
        ocroute.CorruptInput,
        "no page holds more than 1,000,000",
    ),
    "a wrong box": (
        DOCUMENT.export("json").replace(b'"text":"Good"', b'"text":"Good","box":[9,0,1,1]'),
        ocroute.CorruptInput,
        "not a box",
    ),
}


@pytest.mark.parametrize("what", BAD)
def test_bad_json_is_told_in_a_line(what: str, tmp_path: Path) -> None:
    data, kind, message = BAD[what]
    (tmp_path / "x.json").write_bytes(data)
    with pytest.raises(ocroute.InputError) as error:
        Document.load(tmp_path / "x.json")
    assert type(error.value) is kind
    assert f"{tmp_path / 'x.json'}" in told(error)
    assert message in told(error)


@pytest.mark.parametrize(
    ("name", "kind"),
    [("no.json", ocroute.InputNotFound), ("", ocroute.UnsupportedInput), ("a\0", ocroute.InputError)],
)
def test_what_is_no_file(name: str, kind: type[ocroute.InputError], tmp_path: Path) -> None:
    with pytest.raises(kind) as error:
        Document.load(f"{tmp_path}/{name}")
    assert told(error)
