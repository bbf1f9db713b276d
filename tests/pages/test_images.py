import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from ocroute.errors import CorruptInput, UsageError
from ocroute.pages import open_input


def picture(size=(60, 40)):
    """White, with a black block in the top left quarter."""
    image = Image.new("L", size, 255)
    ImageDraw.Draw(image).rectangle((0, 0, size[0] // 2 - 1, size[1] // 2 - 1), fill=0)
    return image


def read(path, number=1, **options):
    with open_input(path, **options) as source:
        page = source.page(number)
        raster = page.raster()
        assert raster.dtype == np.uint8
        assert raster.flags.c_contiguous
        assert (raster.shape[1], raster.shape[0]) == page.size
        return page, raster


def looks_right(raster):
    height, width = raster.shape[:2]
    dark = raster[: height // 2 - 1, : width // 2 - 1]
    bright = raster[height // 2 + 1 :, width // 2 + 1 :]
    return dark.max() < 20 and bright.min() > 235


@pytest.mark.parametrize("name", ["a.png", "a.jpg", "a.tif", "a.webp", "a.bmp", "a.gif", "a.ppm", "a.jp2"])
def test_formats(tmp_path, name):
    picture().convert("RGB").save(tmp_path / name)
    assert looks_right(read(tmp_path / name)[1])


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "CMYK"])
def test_modes(tmp_path, mode):
    path = tmp_path / ("a.tif" if mode == "CMYK" else "a.png")
    picture().convert("RGB").convert(mode).save(path)
    assert looks_right(read(path)[1])


def test_cmyk_jpeg(tmp_path):
    picture().convert("RGB").convert("CMYK").save(tmp_path / "a.jpg", quality=95)
    assert looks_right(read(tmp_path / "a.jpg")[1])


@pytest.mark.parametrize("dtype", ["uint16", "int32", "float32"])
def test_deep_samples_become_8_bits(tmp_path, dtype):
    values = np.asarray(picture()).astype(dtype) * (1 if dtype == "float32" else 257)
    Image.fromarray(values / 255 if dtype == "float32" else values).save(tmp_path / "a.tif")
    assert looks_right(read(tmp_path / "a.tif")[1])


def test_transparency_lies_on_white_paper(tmp_path):
    image = Image.new("RGBA", (20, 20), (0, 0, 0, 0))
    image.save(tmp_path / "rgba.png")
    assert read(tmp_path / "rgba.png")[1].min() == 255
    palette = Image.new("P", (20, 20), 0)
    palette.putpalette([0, 0, 0, 255, 255, 255])
    palette.save(tmp_path / "palette.png", transparency=0)
    assert read(tmp_path / "palette.png")[1].min() == 255


def lettered(size, *texts, panel=None):
    """Words on nothing, with a panel of some colour under part of them."""
    image = Image.new("RGBA", size, (0, 0, 0, 0))
    draw = ImageDraw.Draw(image)
    if panel:
        draw.rectangle((100, 150, 900, 500), fill=panel)
    for row, (text, colour) in enumerate(texts):
        draw.text((120, 60 + 120 * row), text, font=ImageFont.load_default(34), fill=colour)
    return image


@pytest.mark.parametrize(
    ("texts", "panel", "ground"),
    [
        ([("dark words", "black")], None, 255),
        ([("light words", "white")], None, 0),
        ([("light words", "#ffe9a0")], None, 0),
        ([("light words", "white"), ("and red ones", "#c02020")], None, 128),
        ([], "white", 255),
        ([("", ""), ("dark on a panel", "black")], "white", 255),
        ([("light beside it", "white"), ("dark on a panel", "black")], "white", 128),
        ([("", ""), ("light on a panel", "white")], "navy", 255),
        ([("light beside it", "white"), ("light on a panel", "white")], "navy", 128),
    ],
)
@pytest.mark.parametrize("scale", [1, 3])
def test_light_words_on_nothing_can_be_seen(tmp_path, texts, panel, ground, scale):
    image = lettered((1000, 600), *[(text, colour or "black") for text, colour in texts], panel=panel)
    image.resize((1000 * scale, 600 * scale)).save(tmp_path / "a.png")
    raster = read(tmp_path / "a.png")[1]
    assert tuple(raster[0, 0]) == (ground,) * 3


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("suffix", ["jpg", "tif"])
def test_exif_orientation_is_undone(tmp_path, orientation, suffix):
    undo = {
        1: None, 2: "FLIP_LEFT_RIGHT", 3: "ROTATE_180", 4: "FLIP_TOP_BOTTOM", 5: "TRANSPOSE", 6: "ROTATE_90",
        7: "TRANSVERSE", 8: "ROTATE_270",
    }[orientation]  # fmt: skip
    image = picture()
    stored = image.transpose(getattr(Image.Transpose, undo)) if undo else image
    exif = Image.Exif()
    exif[0x0112] = orientation
    stored.save(tmp_path / f"a.{suffix}", exif=exif)
    page, raster = read(tmp_path / f"a.{suffix}")
    assert page.size == image.size
    assert looks_right(raster)


def test_every_frame_of_a_tiff_is_a_page_and_animations_are_one(tmp_path):
    frames = [Image.new("L", (30 + i, 20), 40 * i) for i in range(5)]
    for name, count in (("a.tif", 5), ("a.gif", 1)):
        frames[0].save(tmp_path / name, save_all=True, append_images=frames[1:])
        with open_input(tmp_path / name) as source:
            assert len(source) == count
    with open_input(tmp_path / "a.tif", pages="2,4-") as source:
        assert [(page.number, page.size[0], page.raster()[0, 0, 0]) for page in source] == [
            (2, 31, 40),
            (4, 33, 120),
            (5, 34, 160),
        ]
    with pytest.raises(UsageError, match="5 pages"):
        open_input(tmp_path / "a.tif", pages="6")


def test_one_broken_frame_fails_alone(tmp_path):
    frames = [Image.effect_noise((64, 64), 90) for _ in range(3)]
    frames[0].save(tmp_path / "a.tif", save_all=True, append_images=frames[1:], compression="tiff_lzw")
    data = bytearray((tmp_path / "a.tif").read_bytes())
    with Image.open(tmp_path / "a.tif") as image:
        image.seek(1)
        offset = image.tag_v2[273][0]
    data[offset : offset + 400] = b"\xff" * 400
    (tmp_path / "a.tif").write_bytes(data)
    with open_input(tmp_path / "a.tif") as source:
        first, second, third = (source.page(number) for number in source.numbers)
        assert first.raster().std() > 0
        with pytest.raises(CorruptInput, match=r"page 2 of .*a\.tif"):
            second.raster()
        assert third.raster().std() > 0


@pytest.mark.parametrize(
    ("given", "pixels", "dpi"),
    [(300, 2550, 300), (72, 600, 72), (72, 2480, None), (1, 600, None), (None, 600, None)],
)
def test_resolution_is_believed_where_the_page_makes_sense(tmp_path, given, pixels, dpi):
    Image.new("L", (pixels, 100), 255).save(tmp_path / "a.png", **({"dpi": (given, given)} if given else {}))
    page, _ = read(tmp_path / "a.png")
    assert page.dpi == (None if dpi is None else pytest.approx(dpi, abs=0.5))


@pytest.mark.parametrize("mode", ["1", "L", "RGB", "I;16"])
def test_a_page_above_the_cap_is_reduced_evenly(tmp_path, mode):
    image = picture((1000, 800))
    values = np.asarray(image).astype("uint16") * 257
    image = Image.fromarray(values) if mode == "I;16" else image.convert(mode)
    image.save(tmp_path / "a.png", dpi=(200, 200))
    page, raster = read(tmp_path / "a.png", max_pixels=50_000)
    assert page.size == (250, 200)
    assert page.dpi == pytest.approx(50, abs=0.1)
    assert looks_right(raster)


def test_strips_of_a_reduced_page_meet_without_seams(tmp_path, monkeypatch):
    from ocroute.pages import pixels

    ramp = np.tile(np.linspace(0, 255, 900).astype(np.uint8)[:, None], (1, 700))
    whole = pixels.reduced_rgb(Image.fromarray(ramp), (200, 257))
    monkeypatch.setattr(pixels, "_STRIP_PIXELS", 20_000)
    assert np.abs(pixels.reduced_rgb(Image.fromarray(ramp), (200, 257)).astype(int) - whole).max() <= 1


def test_release_frees_the_raster_and_it_can_be_made_again(tmp_path):
    picture().save(tmp_path / "a.png")
    with open_input(tmp_path / "a.png") as source:
        page = source.page(1)
        first = page.raster()
        assert page.raster() is first
        page.release()
        assert page.raster() is not first
