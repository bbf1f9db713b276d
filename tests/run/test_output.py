"""Results are whole or not there, each under its own name, and a disk that is full is an error in one line."""

import os
import shutil
import stat
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ocroute.errors import ExitCode, OutputError, UsageError
from ocroute.run import read_documents
from ocroute.run.output import make_folder, put, stems, write_changed


def test_names_stay_short_where_they_can():
    assert stems(["scan.pdf", "in/page.tiff", "b/other.png"]) == ["scan", "page", "other"]


def test_names_that_clash_keep_what_tells_them_apart():
    assert stems(["x.png", "x.pdf", "y.pdf"]) == ["x.png", "x.pdf", "y"]
    assert stems(["a/x.png", "b/x.png", "b/x.pdf"]) == ["a-x.png", "b-x.png", "x.pdf"]
    assert stems(["/s/a/b/x.png", "/s/a/c/b/x.png"]) == ["a-b-x.png", "c-b-x.png"]
    assert len({name.casefold() for name in stems(["X.png", "x.PNG", "x.png.pdf"])}) == 3


parts = st.sampled_from(["a", "b", "A", "a-b", "x", "..", ".hidden"])
names = st.sampled_from(["x.png", "x.pdf", "X.png", "x", "a-x.png", ".png", "x.png.pdf", "..x"])


@given(st.lists(st.tuples(st.lists(parts, max_size=3).map(tuple), names), max_size=8, unique=True))
def test_names_never_clash_and_never_leave_the_folder(paths):
    found = stems(["/".join((*folders, name)) for folders, name in paths])
    assert len({name.casefold() for name in found}) == len(paths)
    assert all(name and os.sep not in name and name not in (".", "..") for name in found)


def test_file_is_replaced_whole_and_link_is_not_followed(tmp_path):
    outside = tmp_path / "outside"
    outside.write_text("theirs")
    out = tmp_path / "out"
    out.mkdir()
    (out / "x.md").symlink_to(outside)
    put(out / "x.md", b"ours")
    assert outside.read_text() == "theirs"
    assert (out / "x.md").read_bytes() == b"ours"
    (tmp_path / "plain").touch()
    assert stat.S_IMODE((out / "x.md").stat().st_mode) == stat.S_IMODE((tmp_path / "plain").stat().st_mode)
    assert [file.name for file in out.iterdir()] == ["x.md"]


def test_equal_file_is_left_alone(tmp_path):
    write_changed(tmp_path / "x", b"same")
    os.utime(tmp_path / "x", ns=(5, 5))
    write_changed(tmp_path / "x", b"same")
    assert (tmp_path / "x").stat().st_mtime_ns == 5
    write_changed(tmp_path / "x", b"else")
    assert (tmp_path / "x").stat().st_mtime_ns != 5


@pytest.fixture
def tiny_disk(tmp_path):
    """A disk of 64 kB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(folder)]
    if (
        getattr(os, "geteuid", lambda: 1)() != 0
        or not shutil.which("mount")
        or subprocess.run(mount, check=False, capture_output=True).returncode
    ):
        pytest.skip("needs the right to mount a disk")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def test_full_disk_leaves_the_old_file(tiny_disk):
    put(tiny_disk / "x", b"old")
    with pytest.raises(OutputError, match=r"no space left.*Free some space"):
        put(tiny_disk / "x", bytes(1 << 17))
    assert (tiny_disk / "x").read_bytes() == b"old"
    assert len(list(tiny_disk.iterdir())) == 1, "nothing half-written stays"


def test_full_disk_costs_its_input_only(tiny_disk, make_pages, ocroute, tmp_path):
    """The long document does not fit; the short one after it does."""
    long, short = make_pages(100, "long.tif"), make_pages(1, "short.tif")
    done = ocroute.run(long, short, "-o", tiny_disk, "--format", "json", "--jobs", "2", engines=["null"])
    assert done.returncode == ExitCode.BAD_OUTPUT, done.stderr
    assert "long.json: no space left on device. Free some space" in done.stderr
    assert "cannot be resumed" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tiny_disk / "long.json").exists()


def test_file_size_limit_is_an_error_in_one_line(make_pages, ocroute, tmp_path):
    resource = pytest.importorskip("resource")
    limit = lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (300, 300))  # noqa: E731
    done = ocroute.run(make_pages(2), "-o", tmp_path / "out", "--format", "json", engines=["null"], preexec=limit)
    assert done.returncode == ExitCode.BAD_OUTPUT, done.stderr
    assert "file too large" in done.stderr
    assert "Traceback" not in done.stderr


def test_folder_that_cannot_be_written_is_told_before_any_page_is_read(make_pages, tmp_path):
    (tmp_path / "file").touch()
    for folder in (tmp_path / "file", tmp_path / "file" / "below"):
        with pytest.raises(OutputError, match="Choose a folder, not a file"):
            next(read_documents([make_pages(1)], out=folder))
    with pytest.raises(OutputError, match="Choose another folder"):
        make_folder(Path("/proc/no/such"))


def test_unknown_format_is_told_before_any_page_is_read(make_pages, tmp_path):
    with pytest.raises(UsageError, match="no exporter named 'docx'"):
        next(read_documents([make_pages(1)], out=tmp_path / "out", formats=["docx"]))


def test_inputs_of_one_name_get_a_file_each(make_pages, faulty, tmp_path):
    faulty("null")
    a, b = make_pages(1, "x.tif", tmp_path / "a"), make_pages(2, "x.tif", tmp_path / "b")
    results = list(read_documents([a, b], out=tmp_path / "out", formats=["md", "json"], jobs=1))
    written = [path.name for result in results for path in result.outputs]
    assert written == ["a-x.tif.md", "a-x.tif.json", "b-x.tif.md", "b-x.tif.json"]
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == sorted([".ocroute", *written])
