import os
import struct
import zlib

import psutil
import pytest
from PIL import Image

from ocroute.errors import (
    CorruptInput,
    InputError,
    InputNotFound,
    OcrouteError,
    PageTooLarge,
    UnsupportedInput,
)
from ocroute.pages import open_input
from ocroute.pages.pillow import FOREIGN, decoding


def read_all(path, **options):
    with open_input(path, **options) as source:
        for page in source:
            page.raster()


def failure(path, kind, **options):
    """The error of reading ``path`` to the last pixel; one line, with the file's name and a next step."""
    with pytest.raises(kind) as caught:
        read_all(path, **options)
    error = caught.value
    assert type(error) is kind
    assert error.message
    assert "\n" not in error.message
    assert str(path) in error.message
    assert error.next_step
    return str(error)


def test_empty_file(tmp_path):
    (tmp_path / "a.pdf").touch()
    assert "0 bytes" in failure(tmp_path / "a.pdf", CorruptInput)


def test_missing_file_and_folder(tmp_path):
    failure(tmp_path / "none.png", InputNotFound)
    assert "folder" in failure(tmp_path, UnsupportedInput)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_unreadable_file(tmp_path):
    file = tmp_path / "a.png"
    Image.new("L", (9, 9)).save(file)
    file.chmod(0)
    assert "chmod" in failure(file, InputError)


def test_content_counts_not_the_name(tmp_path):
    Image.new("L", (9, 7)).save(tmp_path / "a.png")
    (tmp_path / "a.png").rename(tmp_path / "a.pdf")
    with open_input(tmp_path / "a.pdf") as source:
        assert source.page(1).size == (9, 7)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"Dear reader,\nthis is a text.\n", "plain text"),
        (b"PK\x03\x04" + bytes(40), "ZIP"),
        (b"<!DOCTYPE html><html>", "web page"),
        (b"AT&TFORM" + bytes(40), "DjVu"),
        (b"\x00\x00\x00\x18ftypheic" + bytes(40), "HEIC"),
        (b"%!PS-Adobe-3.0 EPSF", "PostScript"),
        (bytes(range(256)), "not known"),
    ],
)
def test_foreign_files_are_named(tmp_path, content, words):
    (tmp_path / "a.png").write_bytes(content)
    assert words in failure(tmp_path / "a.png", UnsupportedInput)


@pytest.mark.parametrize("suffix", ["png", "jpg", "tif", "webp", "bmp", "gif"])
@pytest.mark.parametrize("part", [0.02, 0.3, 0.8])
def test_truncated_images(tmp_path, suffix, part):
    path = tmp_path / f"a.{suffix}"
    Image.effect_noise((300, 300), 80).save(path)
    data = path.read_bytes()
    path.write_bytes(data[: max(20, int(len(data) * part))])
    failure(path, CorruptInput)


def test_a_page_of_one_pixel(tmp_path):
    Image.new("RGB", (1, 1), "white").save(tmp_path / "a.png")
    with open_input(tmp_path / "a.png") as source:
        assert source.page(1).raster().shape == (1, 1, 3)


def bomb(path, width, height, colour_type, bits, rows=b""):
    """A PNG that claims to be large."""

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", width, height, bits, colour_type, 0, 0, 0)
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b""))


def test_a_decompression_bomb_is_refused_before_it_is_decoded(tmp_path):
    bomb(tmp_path / "a.png", 200_000, 200_000, 2, 8, zlib.compress(bytes(1000)))
    before = psutil.Process().memory_info().rss
    assert "200000 x 200000" in failure(tmp_path / "a.png", PageTooLarge)
    assert psutil.Process().memory_info().rss - before < 100 << 20


@pytest.mark.slow
def test_a_page_of_35000_by_35000_bits_is_read_by_reduction(tmp_path):
    if psutil.virtual_memory().available < 4 << 30:
        pytest.skip("needs 4 GB of free memory")
    packer = zlib.compressobj(1)
    row = b"\x00" + b"\x00" * 2187 + b"\xff" * 2188  # left half black
    rows = b"".join(packer.compress(row) for _ in range(35_000)) + packer.flush()
    bomb(tmp_path / "a.png", 35_000, 35_000, 0, 1, rows)
    with open_input(tmp_path / "a.png", max_pixels=4_000_000) as source:
        page = source.page(1)
        assert page.size == (2000, 2000)
        raster = page.raster()
    assert raster[:, :990].max() == 0
    assert raster[:, 1010:].min() == 255


@pytest.mark.parametrize("foreign", list(FOREIGN))
def test_every_foreign_exception_becomes_ours_with_its_cause(foreign):
    with pytest.raises(InputError, match=r"a\.png") as caught, decoding("a.png"):
        raise foreign("what went wrong")
    assert type(caught.value.__cause__) is foreign
    assert caught.value.next_step


def test_our_own_errors_pass_unchanged():
    ours = PageTooLarge("too large")
    with pytest.raises(OcrouteError) as caught, decoding("a.png"):
        raise ours
    assert caught.value is ours


def test_pillows_pixel_limit_is_put_back():
    limit = Image.MAX_IMAGE_PIXELS
    with decoding("a.png"):
        assert Image.MAX_IMAGE_PIXELS is None
    assert limit == Image.MAX_IMAGE_PIXELS
