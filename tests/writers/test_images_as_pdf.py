"""An image in a PDF looks as it was read, whatever its format; as many pages as were read, none encoded anew without need."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pikepdf
import pypdfium2
import pytest
from PIL import ExifTags, Image, ImageCms
from tests.support.page_records import line, text_of

from ocroute import Block, Document, Page, Verdict
from ocroute.document import Category, Provenance
from ocroute.pages import open_input

WIDTH, HEIGHT = 600, 400
ACCEPTED = Verdict("accepted", 1.0)


def drawn(mode: str = "RGB", *, size: tuple[int, int] = (WIDTH, HEIGHT), shade: int = 250) -> Image.Image:
    """Nothing in it is alike to its other corner, so that no turn or mirror goes unnoticed."""
    image = Image.new("RGB", size, (shade, shade, shade))
    image.paste((180, 30, 30), (20, 20, 220, 90))
    image.paste((0, 0, 0), (size[0] - 150, size[1] - 120, size[0] - 20, size[1] - 20))
    return image.convert(mode)


def clear(mode: str = "RGBA") -> Image.Image:
    image = drawn("RGBA")
    image.putalpha(Image.fromarray(np.tile(np.linspace(0, 255, WIDTH).astype(np.uint8), (HEIGHT, 1))))
    return image.convert(mode)


def deep() -> np.ndarray:
    return np.asarray(drawn("L")).astype(np.uint16) * 257


def turned(orientation: int) -> Image.Exif:
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = orientation
    return exif


def several(path: Path, *frames: Image.Image, **how: object) -> None:
    first, *others = frames or (drawn(), drawn(shade=240), drawn(shade=230))
    first.save(path, save_all=True, append_images=others, **how)


def profile() -> bytes:
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


KINDS: dict[str, Callable[[Path], object]] = {
    "rgb.png": drawn().save,
    "grey and alpha.png": clear("LA").save,
    "alpha.png": clear().save,
    "colour key.png": lambda path: drawn().save(path, transparency=(250, 250, 250)),
    "palette.png": drawn("P").save,
    "icc.png": lambda path: drawn().save(path, icc_profile=profile()),
    "16 bit grey.png": lambda path: Image.fromarray(deep()).save(path),
    "16 bit rgb.png": lambda path: path.write_bytes(
        cv2.imencode(".png", np.asarray(drawn())[..., ::-1].astype(np.uint16) * 257)[1].tobytes()
    ),
    "animated.png": several,
    "one bit.png": drawn("1").save,
    "a dot.png": Image.new("L", (1, 1)).save,
    "a hair.png": Image.new("L", (2, 700), 200).save,
    "a tape.png": lambda path: Image.new("L", (45_000, 30), 200).save(path),
    "animated.gif": several,
    "animated.webp": lambda path: several(path, lossless=True),
    "alpha.webp": lambda path: clear().save(path, lossless=True),
    "rgb.jp2": drawn().save,
    "alpha.jp2": clear().save,
    "rgb.bmp": drawn().save,
    "rgb.ppm": drawn().save,
    "progressive.jpg": lambda path: drawn().save(path, progressive=True),
    "grey.jpg": drawn("L").save,
    "cmyk.jpg": lambda path: drawn("CMYK").save(path, quality=95),
    "with a gain map.jpg": lambda path: several(path, format="MPO"),
    "many.tif": several,
    "many fax.tif": lambda path: several(path, drawn("1"), drawn("1"), compression="group4"),
    "many kinds.tif": lambda path: several(path, drawn(), drawn("1"), drawn("CMYK"), clear(), drawn(size=(300, 500))),
    "16 bit.tif": lambda path: Image.fromarray(deep()).save(path),
    "32 bit.tif": drawn("I").save,
    "float.tif": drawn("F").save,
    "lab.tif": drawn("LAB").save,
    "ycbcr.tif": drawn("YCbCr").save,
    "jpeg.tif": lambda path: drawn().save(path, compression="jpeg"),
    **{f"turned {n}.jpg": lambda path, n=n: drawn().save(path, exif=turned(n), quality=95) for n in range(2, 9)},
    **{f"turned {n}.png": lambda path, n=n: drawn().save(path, exif=turned(n)) for n in (3, 5, 6)},
    **{f"turned {n}.tif": lambda path, n=n: drawn().save(path, tiffinfo={274: n}) for n in (3, 6, 7)},
}
_SMALL = (60, 40)


@pytest.mark.parametrize("kind", KINDS)
def test_it_looks_as_it_was_read_and_carries_its_words(kind: str, tmp_path: Path) -> None:
    path = tmp_path / kind
    KINDS[kind](path)
    records, looks = [], []
    with open_input(path) as source:
        for number in range(1, source.page_count + 1):
            page = source.page(number)
            width, height = page.size
            word = line(f"word{number}", x=width / 9, y=height / 3, size=max(height / 40, 1), step=max(width / 40, 1))
            block = Block(Category.TEXT, word.text, word.box, lines=(word,))
            facts = {"dpi": page.dpi, "provenance": Provenance(engine="tesseract")}
            records.append(Page(str(path), number, width, height, ACCEPTED, (block,), **facts))
            looks.append(_small(Image.fromarray(page.raster())))
    made = tmp_path / "made.pdf"
    Document(str(path), tuple(records)).save(made)
    with pypdfium2.PdfDocument(made) as pdf:
        assert len(pdf) == len(records)
        for page, look in zip(pdf, looks, strict=True):
            shown = _small(page.render(scale=120 / max(page.get_size())).to_pil())
            assert np.abs(shown - look).mean() < (8 if "cmyk" in kind or "kinds" in kind else 4)
    for number in range(1, len(records) + 1):
        assert text_of(made, number).strip() == f"word{number}"


def _small(image: Image.Image) -> np.ndarray:
    return np.asarray(image.convert("RGB").resize(_SMALL)).astype(int)


@pytest.mark.parametrize("kind", ["progressive.jpg", "cmyk.jpg", "with a gain map.jpg", "turned 6.jpg", "rgb.jp2"])
def test_what_a_pdf_can_hold_is_not_encoded_anew(kind: str, tmp_path: Path) -> None:
    path = tmp_path / kind
    KINDS[kind](path)
    made = tmp_path / "made.pdf"
    Document(str(path), ()).save(made)
    with pikepdf.open(made) as pdf:
        (page,) = pdf.pages
        (picture,) = page.resources.XObject.values()
        data = picture.read_raw_bytes()
    assert path.read_bytes().startswith(data[:2000])


def test_one_frame_that_cannot_be_decoded_costs_no_other(tmp_path: Path) -> None:
    path = tmp_path / "many.tif"
    several(path, drawn(), drawn(), drawn(), compression="tiff_lzw")
    with Image.open(path) as image:
        image.seek(1)
        (start, *_), (length, *_) = image.tag_v2[273], image.tag_v2[279]
    data = bytearray(path.read_bytes())
    data[start : start + length] = bytes(255 for _ in range(length))
    path.write_bytes(data)
    word = line("third")
    block = Block(Category.TEXT, word.text, word.box, lines=(word,))
    record = Page(str(path), 3, WIDTH, HEIGHT, ACCEPTED, (block,), provenance=Provenance(engine="tesseract"))
    made = tmp_path / "made.pdf"
    Document(str(path), (record,)).save(made)
    assert text_of(made, 3).strip() == "third"
    with pypdfium2.PdfDocument(made) as pdf:
        assert [np.asarray(page.render().to_pil()).min() < 100 for page in pdf] == [True, False, True]


def test_the_size_of_a_page_is_that_of_its_paper(tmp_path: Path) -> None:
    held = io.BytesIO()
    several(held, drawn("1"), dpi=(300, 300), format="TIFF", compression="group4")
    path = tmp_path / "a.tif"
    path.write_bytes(held.getvalue())
    record = Page(str(path), 1, WIDTH / 2, HEIGHT / 2, ACCEPTED, (), dpi=150.0)  # reduced when it was read
    Document(str(path), (record,)).save(tmp_path / "made.pdf")
    with pypdfium2.PdfDocument(tmp_path / "made.pdf") as pdf:
        assert pdf[0].get_size() == pytest.approx((WIDTH * 72 / 300, HEIGHT * 72 / 300), abs=0.5)
