"""Documents are loaded from addresses, and written to them, as `ocroute read` does."""

from __future__ import annotations

import io
from pathlib import Path

import fsspec
import pytest
from tests.support.command import ocroute as run
from tests.support.page_records import image, line, record, text_of

import ocroute
from ocroute import Block, Box, Document, Page, Verdict
from ocroute.document import Category, Provenance
from ocroute.errors import ExitCode, InputNotFound, UsageError


@pytest.fixture
def bucket(tmp_path: Path) -> str:
    return f"memory://{tmp_path.name}"


def files_of(bucket: str) -> set[str]:
    files, root = fsspec.core.url_to_fs(bucket)
    return {name.removeprefix(root).lstrip("/") for name in files.find(root)}


def put(bucket: str, name: str, data: bytes) -> str:
    files, root = fsspec.core.url_to_fs(bucket)
    files.pipe_file(f"{root}/{name}", data)
    return f"{bucket}/{name}"


@pytest.mark.parametrize("suffix", ["md", "docx", "pdf", "show.html", "json"])
def test_every_way_from_address_to_address(suffix: str, bucket: str, tmp_path: Path) -> None:
    source = put(bucket, "in.png", Path(image(tmp_path / "in.png")).read_bytes())
    page = record(line("sure words"))
    Document(source, (page,)).save(f"{bucket}/saved.json")
    document = Document.load(f"{bucket}/saved.json")
    assert document.source == source
    document.save(f"{bucket}/out/made.{suffix}")
    assert f"out/made.{suffix}" in files_of(bucket)


def test_a_pdf_at_an_address_is_whole(bucket: str, tmp_path: Path) -> None:
    source = image(tmp_path / "in.png")
    Document(source, (record(line("sure words")),)).save(f"{bucket}/made.pdf")
    files, root = fsspec.core.url_to_fs(bucket)
    here = tmp_path / "made.pdf"
    here.write_bytes(files.cat_file(f"{root}/made.pdf"))
    assert text_of(here) == "sure words"


def test_figures_come_beside_the_file(bucket: str, tmp_path: Path) -> None:
    source = image(tmp_path / "in.png")
    picture = Block(Category.PICTURE, "", Box(20, 20, 200, 200), image=Box(20, 20, 200, 200))
    page = Page(source, 1, 400, 600, Verdict("accepted", 1.0), (picture,), provenance=Provenance(engine="x"))
    Document(source, (page,)).save(f"{bucket}/made.md", figures=True)
    names = files_of(bucket)
    assert "made.md" in names
    assert any(name.startswith("made.figures/") for name in names)


def test_a_file_address_is_a_path(tmp_path: Path) -> None:
    source = image(tmp_path / "in.png")
    address = (tmp_path / "a b.json").as_uri()
    Document(source, (record(line("sure words")),)).save(address)
    assert "sure words" in Document.load(address).text == Document.load(tmp_path / "a b.json").text


def test_the_command_writes_and_loads_there(bucket: str, tmp_path: Path) -> None:
    source = image(tmp_path / "in.png")
    held = io.BytesIO()
    Document(source, (record(line("sure words")),)).save(tmp_path / "saved.json")
    held.write((tmp_path / "saved.json").read_bytes())
    address = put(bucket, "saved.json", held.getvalue())
    assert run("export", address, "-o", f"{bucket}/made.txt").returncode == 0
    shown = run("show", address, "-o", f"{bucket}/seen.show.html", "--no-open")
    assert shown.stdout.strip() == f"{bucket}/seen.show.html"
    assert {"made.txt", "seen.show.html"} <= files_of(bucket)


def test_what_is_not_there_is_said(bucket: str, tmp_path: Path) -> None:
    with pytest.raises(InputNotFound, match="does not exist"):
        ocroute.Document.load(f"{bucket}/none.json")
    source = image(tmp_path / "in.png")
    document = Document(source, (record(line("sure words")),))
    with pytest.raises(UsageError, match="fsspec"):
        document.save("nowhere-known://bucket/made.md")
    with pytest.raises(InputNotFound, match="does not exist"):
        document.save(tmp_path / "made.pdf", source=f"{bucket}/gone.png")


def test_what_must_be_said_of_a_file_is_said_once(tmp_path: Path, caplog) -> None:
    source = image(tmp_path / "a.png")
    nowhere = Page("x", 1, 400, 600, Verdict("accepted", 1.0), (Block(Category.TEXT, "word"),))
    Document(source, (nowhere,)).save(tmp_path / "a.json")
    done = run("export", tmp_path / "a.json", "-o", tmp_path / "a.pdf")
    assert done.returncode == ExitCode.DOUBTFUL
    assert (done.stderr + caplog.text).count("have no known place") == 1
