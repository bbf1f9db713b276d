"""Standard input, pipes and devices: read once, kept in a file, and no more of them than there is room for."""

import io
import os
import sys
import threading

import pytest
from PIL import Image

from ocroute.errors import CorruptInput, InputError, UnsupportedInput
from ocroute.pages import expand, in_memory, spool, spool_stream
from ocroute.pages.inputs import STDIN


def picture():
    kept = io.BytesIO()
    Image.new("L", (80, 80), 200).save(kept, "PNG")
    return kept.getvalue()


@pytest.fixture
def given(monkeypatch):
    """Put bytes, or nothing at all, on standard input."""

    def give(content):
        stdin = None if content is None else io.TextIOWrapper(io.BufferedReader(io.BytesIO(content)))
        monkeypatch.setattr(sys, "stdin", stdin)

    return give


@pytest.mark.parametrize("name", ["-", "/dev/stdin", "/dev/fd/0"])
def test_standard_input_by_its_names(name, given, tmp_path):
    given(picture())
    (file,) = expand([name, "-"]).files
    assert (file.path, file.below, file.stream) == (STDIN, "stdin", True)
    spool_stream(file, tmp_path / "kept")
    assert (tmp_path / "kept").read_bytes() == picture()


@pytest.mark.parametrize(
    ("content", "kind", "says"),
    [
        (None, InputError, "standard input is closed. Pipe a file into it: cat FILE | ocroute read -"),
        (b"", InputError, "gives no bytes"),
        (b"Dear Sir,\n" * 9, UnsupportedInput, "not an image or PDF but plain text. It needs no OCR"),
    ],
)
def test_what_cannot_be_read_from_standard_input_is_told(content, kind, says, given, tmp_path):
    given(content)
    (file,) = expand(["-"]).files
    with pytest.raises(kind, match=says.replace("|", r"\|")):
        spool_stream(file, tmp_path / "kept")


def test_a_stream_without_end_is_ended(given, tmp_path, monkeypatch):
    monkeypatch.setattr(in_memory, "MAX_STREAM_BYTES", 3 << 20)

    class Endless:
        name = "tape"

        def read(self, size):
            return b"%PDF-1.7\n".ljust(size, b"\n")

    with pytest.raises(
        InputError, match=r"tape is longer than 0\.00\d+ GiB, the most that is kept .*Save it as a file"
    ):
        spool(Endless(), tmp_path / "kept")
    assert (tmp_path / "kept").stat().st_size <= 3 << 20


def test_what_is_no_page_is_refused_before_it_is_kept(tmp_path):
    with open("/dev/zero", "rb") as zeros, pytest.raises(UnsupportedInput, match="of a kind that is not known"):  # noqa: PTH123
        spool(zeros, tmp_path / "kept")
    assert (tmp_path / "kept").stat().st_size == 0


def test_a_stream_that_breaks_off(tmp_path):
    class Broken(io.BytesIO):
        def read(self, size=-1):
            if self.tell() > 0:
                raise ConnectionResetError("peer left")
            return super().read(size)

    with pytest.raises(
        CorruptInput, match=r"failed before its end: ConnectionResetError: peer left\. Read it whole first"
    ):
        spool(Broken(picture() + bytes(9000)), tmp_path / "kept")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_a_pipe_is_read_where_it_is_named_and_left_alone_in_a_folder(tmp_path):
    os.mkfifo(tmp_path / "pipe.png")
    Image.new("L", (8, 8)).save(tmp_path / "page.png")
    assert [file.below for file in expand([tmp_path]).files] == ["page.png"]
    (file,) = expand([tmp_path / "pipe.png"]).files
    writer = threading.Thread(target=(tmp_path / "pipe.png").write_bytes, args=(picture(),))
    writer.start()
    spool_stream(file, tmp_path / "kept")
    writer.join()
    assert (tmp_path / "kept").read_bytes() == picture()
