from pathlib import Path

import pytest
from PIL import Image

from ocroute.errors import InputError, InputNotFound, UnsupportedInput
from ocroute.pages import expand


@pytest.fixture
def folder(tmp_path):
    for name in ("page10.png", "page2.png", "sub/page1.png", "sub/scan"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        Image.new("L", (8, 8)).save(tmp_path / name, "PNG")
    (tmp_path / "notes.txt").write_text("no page")
    (tmp_path / "empty.pdf").touch()
    (tmp_path / ".hidden.png").touch()
    return tmp_path


def names(inputs, folder):
    return [str(Path(file.path).relative_to(folder)) for file in inputs.files]


def test_a_folder_gives_its_pages_in_natural_order_and_keeps_damaged_ones(folder):
    inputs = expand([folder])
    assert names(inputs, folder) == ["empty.pdf", "page2.png", "page10.png", "sub/page1.png", "sub/scan"]
    assert inputs.errors == ()


def test_globs_are_expanded_and_no_file_comes_twice(folder):
    inputs = expand([folder / "page2.png", f"{folder}/**/*.png", folder / "sub" / ".." / "page10.png"])
    assert names(inputs, folder) == ["page2.png", "page10.png", "sub/page1.png"]


def test_a_file_whose_name_looks_like_a_glob_is_a_file(tmp_path):
    file = tmp_path / "scan[1].png"
    Image.new("L", (8, 8)).save(file)
    assert expand([file]).files == ((str(file), file.name, False),)


def test_one_bad_argument_costs_only_itself(folder, tmp_path):
    barren = tmp_path / "barren"
    barren.mkdir()
    inputs = expand(["missing.png", folder / "page2.png", barren, f"{folder}/*.xyz", "https://example.org/a.pdf"])
    assert names(inputs, folder) == ["page2.png"]
    assert [type(error) for error in inputs.errors] == [InputNotFound, InputNotFound, InputNotFound, UnsupportedInput]
    assert all(
        isinstance(error, InputError) and error.next_step and "\n" not in error.message for error in inputs.errors
    )
    assert "missing.png does not exist" in str(inputs.errors[0])
    assert "holds no image or PDF" in str(inputs.errors[1])
