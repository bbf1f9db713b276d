"""Results are whole or not there, each under its own name, and a disk that is full is an error in one line."""

import errno
import os
import re
import stat
from pathlib import Path

import fsspec
import msgspec
import pytest
from fsspec.implementations.memory import MemoryFile
from hypothesis import given
from hypothesis import strategies as st

from ocroute.document.model import Page
from ocroute.errors import ExitCode, OutputError, UsageError
from ocroute.files import Draft
from ocroute.run import read_documents
from ocroute.run.output import make_folder, put, write_changed
from ocroute.run.result_names import check_stems, stem_of
from ocroute.run.target import target_of
from ocroute.run.written import Written


@pytest.mark.parametrize(
    ("below", "stem"),
    [
        ("report.pdf", "report"),
        ("a/Report.PDF", "a/Report"),
        ("report.png", "report.png"),
        ("scan", "scan"),
        ("x.png.pdf", "x.png"),
        (".pdf", ".pdf"),
        ("..pdf", "..pdf"),
        ("../../a/../x.pdf", "__/__/a/__/x"),
        ("/etc/x.png", "etc/x.png"),
        ("..", "__"),
    ],
)
def test_a_name_depends_on_its_own_path_only(below, stem):
    assert stem_of(below) == os.path.normpath(stem)


def test_two_inputs_for_one_file_are_named_also_where_upper_and_lower_case_are_one():
    check_stems([("a.pdf", "a"), ("a.png", "a.png"), ("b/a.pdf", "b/a")])
    for first, second in (
        (("Report.pdf", "Report"), ("report.pdf", "report")),
        (("e\u0301", "e\u0301"), ("\xe9", "\xe9")),
    ):
        with pytest.raises(UsageError, match=f"{first[0]} and {second[0]} would both be written to {second[1]}"):
            check_stems([first, second])


def test_no_two_files_are_written_where_names_clash(make_pages, tmp_path):
    pages = [make_pages(1, "x.tif", tmp_path / name) for name in ("a", "b")]
    with pytest.raises(UsageError, match=r"would both be written to x\.tif"):
        next(read_documents(pages, out=tmp_path / "out"))
    assert not (tmp_path / "out").exists()


parts = st.sampled_from(["a", "A", "a-b", "x", ".hidden"])
names = st.sampled_from(["x.png", "x.pdf", "X.png", "x", ".png", ".pdf", "x.png.pdf", "..x"])


@given(st.lists(parts, max_size=3), names)
def test_names_never_leave_the_folder(folders, name):
    stem = Path(stem_of("/".join((*folders, name))))
    assert stem.parts[:-1] == tuple(folders)
    assert stem.name not in ("", ".", "..")
    assert stem.name in name


def test_what_was_written_is_remembered_and_a_torn_line_is_none(tmp_path):
    names = ["a/x.md", "\udcff.md", "Größe\n.md"]
    Written(tmp_path / "written").add(names[:2])
    Written(tmp_path / "written").add(names)
    assert (tmp_path / "written").read_bytes().count(b"x.md") == 1
    with (tmp_path / "written").open("ab") as file:
        file.write(b'"torn.m')
    Written(tmp_path / "written").add(["last.md"])
    found = Written(tmp_path / "written")
    assert all(name in found for name in (*names, "last.md"))
    assert "torn.m" not in found


@pytest.mark.parametrize(
    ("out", "formats", "kind", "chosen"),
    [
        (None, (), "stdout", ("md",)),
        ("-", ("json",), "stdout", ("json",)),
        ("page.md", (), "file", ("md",)),
        ("PAGE.ALTO.XML", (), "file", ("alto",)),
        ("page.json", ("json",), "file", ("json",)),
        ("out", (), "folder", ("md",)),
        ("out", ("md", "json"), "folder", ("md", "json")),
        ("page.md/", (), "folder", ("md",)),
        ("scans.2024", (), "folder", ("md",)),
        ("/dev/null", ("json",), "file", ("json",)),
    ],
)
def test_what_o_means(out, formats, kind, chosen, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    target = target_of(out, formats)
    assert (target.kind, target.formats) == (kind, chosen)


@pytest.mark.parametrize(
    ("out", "formats", "kind", "says"),
    [
        ("page.md", ("json",), UsageError, "page.md says md, and --format says json"),
        ("page.md", ("md", "json"), UsageError, "2 formats for the file page.md"),
        ("page.epub", (), UsageError, r"no format is written into .epub files. Choose from: .*\.md"),
        ("", (), UsageError, "names nothing"),
        ("folder.md", (), OutputError, "is a folder, and has the name of a file. Name a file, or write the folder as folder.md/"),
    ],
)  # fmt: skip
def test_a_wrong_o_is_told(out, formats, kind, says, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "folder.md").mkdir()
    with pytest.raises(kind, match=says):
        target_of(out, formats)


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


def test_full_disk_leaves_the_old_file(tiny_disk):
    put(tiny_disk / "x", b"old")
    with pytest.raises(OutputError, match=r"no space left.*Free some space"):
        put(tiny_disk / "x", bytes(1 << 17))
    assert (tiny_disk / "x").read_bytes() == b"old"
    assert len(list(tiny_disk.iterdir())) == 1, "nothing half-written stays"


def test_full_disk_costs_its_input_only(tiny_disk, make_pages, ocroute, tmp_path):
    """What does not fit is told by name, and nothing half-written stays."""
    long, short = make_pages(100, "long.tif"), make_pages(1, "short.tif")
    done = ocroute.run(long, short, "-o", tiny_disk, "--format", "json", "--jobs", "2", engines=["null"])
    assert done.returncode == ExitCode.BAD_OUTPUT, done.stderr
    assert "long.tif.json: no space left on device. Free some space" in done.stderr
    assert "cannot be resumed" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tiny_disk / "long.tif.json").exists()


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
    with pytest.raises(UsageError, match="no format named 'epub'"):
        next(read_documents([make_pages(1)], out=tmp_path / "out", formats=["epub"]))


def read_all(inputs, **options):
    return list(read_documents(inputs, jobs=0, **options))


def content(folder):
    return {
        file.relative_to(folder).as_posix()
        for file in folder.rglob("*")
        if file.is_file() and ".ocroute" not in file.parts
    }


@pytest.fixture
def here(faulty):
    """The engine of the tests, in this process."""
    faulty("null")


def test_a_folder_is_mirrored(make_pages, here, tmp_path):
    for place in ("in", "in/a", "in/a/b"):
        make_pages(1, "x.tif", tmp_path / place)
    wanted = {"x.tif.md", "a/x.tif.md", "a/b/x.tif.md"}
    results = read_all([tmp_path / "in"], out=tmp_path / "out")
    assert {path.relative_to(tmp_path / "out").as_posix() for result in results for path in result.outputs} == wanted
    assert content(tmp_path / "out") == wanted
    read_all([tmp_path / "in" / "**" / "*.tif"], out=tmp_path / "globbed")
    assert content(tmp_path / "globbed") == wanted
    assert all(result.reused == 1 for result in read_all([tmp_path / "in"], out=tmp_path / "out"))


def test_only_what_a_run_has_written_is_replaced(make_pages, here, tmp_path):
    pages, out = [make_pages(1, "x.tif"), make_pages(1, "y.tif")], tmp_path / "out"
    out.mkdir()
    (out / "x.tif.md").write_text("mine")
    theirs, ours = read_all(pages, out=out)
    assert str(theirs.error).endswith("add --force to replace it")
    assert (theirs.exit_code, ours.error) == (ExitCode.BAD_OUTPUT, None)
    assert (out / "x.tif.md").read_text() == "mine"
    make_pages(2, "y.tif")
    assert read_all(pages[1:], out=out)[0].error is None
    assert "mine" not in read_all(pages, out=out, force=True)[0].outputs[0].read_text()
    assert read_all(pages, out=out)[0].error is None, "from then on it is ours"


def test_a_file_is_replaced_only_when_asked_for(make_pages, here, tmp_path):
    page, file = make_pages(1), tmp_path / "page.json"
    (result,) = read_all([page], out=file)
    assert (result.outputs, file.read_bytes()[:1]) == ((file,), b"{")
    file.write_text("mine")
    with pytest.raises(OutputError, match=r"page\.json: file exists\. Choose another name, or add --force"):
        read_all([page], out=file)
    assert file.read_text() == "mine"
    read_all([page], out=file, force=True)
    assert file.read_bytes()[:1] == b"{"
    assert content(tmp_path) == {"page.json", "pages.tif"}


def test_a_file_that_comes_while_pages_are_read_stays(make_pages, here, tmp_path):
    run = read_documents([make_pages(1)], out=tmp_path / "page.md", jobs=0)
    next(run)
    (tmp_path / "page.md").write_text("theirs")
    with pytest.raises(OutputError, match="--force"):
        next(run)
    assert (tmp_path / "page.md").read_text() == "theirs"
    assert content(tmp_path) == {"page.md", "pages.tif"}


def test_no_file_is_made_where_nothing_could_be_read(here, tmp_path):
    (tmp_path / "empty.png").touch()
    (result,) = read_all([tmp_path / "empty.png"], out=tmp_path / "page.md")
    assert result.exit_code == ExitCode.BAD_INPUT
    assert content(tmp_path) == {"empty.png"}
    for out in (tmp_path / "gone" / "page.md", tmp_path / "empty.png" / "page.md"):
        with pytest.raises(OutputError, match=r"Make its folder first|Choose a folder"):
            read_all([tmp_path / "empty.png"], out=out)


def test_many_inputs_go_into_one_file_only_as_lines(make_pages, here, tmp_path):
    pages = [make_pages(2, "x.tif"), make_pages(1, "y.tif"), tmp_path / "gone.tif"]
    for out in ("-", tmp_path / "page.md"):
        with pytest.raises(UsageError, match=r"3 inputs for .*Add: -o FOLDER, a file for each; or --format jsonl"):
            read_all(pages, out=out)
    read_all(pages, out=tmp_path / "all.jsonl")
    lines = [msgspec.json.decode(line, type=Page) for line in (tmp_path / "all.jsonl").read_bytes().splitlines()]
    told = sorted((Path(page.source).name, page.number, page.verdict.status) for page in lines)
    assert told == [
        ("gone.tif", 1, "failed"),
        ("x.tif", 1, "blank"),
        ("x.tif", 2, "blank"),
        ("y.tif", 1, "blank"),
    ]


def test_a_full_disk_leaves_nothing_half_of_a_file(make_pages, here, tmp_path, monkeypatch):
    def full(*_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    (tmp_path / "page.md").write_text("old")
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OutputError, match=r"no space left on device\. Free some space"):
        read_all([make_pages(1)], out=tmp_path / "page.md", force=True)
    assert (tmp_path / "page.md").read_text() == "old"
    assert content(tmp_path) == {"page.md", "pages.tif"}


def test_a_line_that_does_not_fit_is_taken_back(tiny_disk):
    draft = Draft(tiny_disk / "x")
    draft.add(b"one\n")
    with pytest.raises(OSError, match="No space"):
        draft.add(bytes(1 << 17))
    draft.add(b"two\n")
    draft.place()
    assert (tiny_disk / "x").read_bytes() == b"one\ntwo\n"


@pytest.mark.parametrize("known", [(2, 0, 0), (2, 1, 0), (2, 0, 2), (0, 2, 1), (1, 1, 1)])
def test_a_run_that_goes_on_gives_every_document_its_own_pages(dotted_pages, faulty, tmp_path, known):
    """``known``: how many pages of each document, of two pages, an earlier run has read."""
    faulty("null")
    frames = dotted_pages(6)
    files = [tmp_path / f"{number}.tif" for number in range(3)]
    for number, file in enumerate(files):
        frames[2 * number].save(file, save_all=True, append_images=frames[2 * number + 1 : 2 * number + 2])
    for file, count in zip(files, known, strict=True):
        if count:
            list(read_documents([file], pages=f"1-{count}", out=tmp_path / "out", formats=["json"], jobs=0))
    results = list(read_documents(files, out=tmp_path / "out", formats=["json"], jobs=0))
    assert [result.reused for result in results] == list(known)
    found = [[(page.number, page.width) for page in result.document().pages] for result in results]
    assert found == [[(1, 201), (2, 202)], [(1, 203), (2, 204)], [(1, 205), (2, 206)]]


@pytest.mark.parametrize("known", [0, 2])
def test_an_input_that_is_replaced_meanwhile_is_no_result_and_no_record(dotted_pages, faulty, tmp_path, known):
    """``known``: how many of its pages an earlier run has read."""
    faulty("null")
    frames, out = dotted_pages(4), {"out": tmp_path / "out", "formats": ["json"], "jobs": 0}
    first, second, other = (tmp_path / name for name in ("a.tif", "b.tif", "other.tif"))
    for file, place in ((first, 0), (second, 0), (other, 2)):
        frames[place].save(file, save_all=True, append_images=frames[place + 1 : place + 2])
    body = second.read_bytes()
    list(read_documents([second], **out)) if known else None
    run = read_documents([first, second], **out)
    next(run)
    other.replace(second)
    (result,) = run
    assert re.search(r"b\.tif has changed while it was read\. Run the same command again", str(result.error))
    assert result.exit_code == ExitCode.BAD_INPUT
    second.write_bytes(body)
    (again,) = read_documents([second], **out)
    assert [page.width for page in again.document().pages] == [201, 202]
    assert again.reused == 0
    run = read_documents([first, second], **out)
    next(run)
    second.touch()
    assert next(run).reused == 2, "only its time is another"


def test_two_runs_into_one_folder(make_pages, here, tmp_path):
    page = make_pages(1)
    first = read_documents([page], out=tmp_path / "out", jobs=0)
    next(first)
    with pytest.raises(OutputError, match=r"another run of ocroute is writing into .*out. Wait until it has ended"):
        read_all([page], out=tmp_path / "out")
    first.close()
    assert read_all([page], out=tmp_path / "out")[0].error is None


def test_results_go_to_an_address_and_a_second_run_reads_nothing_again(make_pages, here, tmp_path):
    files, bucket = fsspec.filesystem("memory"), f"memory://{tmp_path.name}"
    for name in ("a/Ж ö.tif", "b.tif"):
        files.put_file(make_pages(2), f"{bucket}/in/{name}")
    files.pipe_file(f"{bucket}/in/broken.tif", b"II*\0")
    first, second = (read_all([f"{bucket}/in/"], out=f"{bucket}/out", formats=["md", "json"]) for _ in range(2))
    assert [(result.source.rpartition("/in/")[2], bool(result.error), result.reused) for result in first] == [
        ("a/Ж ö.tif", False, 0),
        ("b.tif", False, 0),
        ("broken.tif", True, 0),
    ]
    assert [result.reused for result in second] == [2, 2, 0]
    assert first[1].outputs == (f"{bucket}/out/b.tif.md", f"{bucket}/out/b.tif.json")
    there = {name.rpartition("/out/")[2] for name in files.find(f"{bucket}/out") if ".ocroute" not in name}
    assert there == {"a/Ж ö.tif.md", "a/Ж ö.tif.json", "b.tif.md", "b.tif.json"}
    read_all([f"{bucket}/in/b.tif"], out=f"{bucket}/b.jsonl")
    assert files.cat_file(f"{bucket}/b.jsonl").count(b"\n") == 2


def test_no_name_in_a_bucket_leads_out_of_the_output_folder(make_pages, here, tmp_path):
    files, bucket = fsspec.filesystem("memory"), f"memory://{tmp_path.name}"
    for name in ("in/a/../../../x.tif", "in/..\\y.tif"):
        files.store[f"/{tmp_path.name}/{name}"] = MemoryFile(files, name, make_pages(1).read_bytes())
    results = read_all([f"{bucket}/in/**"], out=tmp_path / "deep" / "out")
    assert [result.error for result in results] == [None, None]
    assert content(tmp_path / "deep") == {"out/a/__/__/__/x.tif.md", "out/..\\y.tif.md"}
    assert {path.name for path in tmp_path.iterdir()} == {"deep", "pages.tif"}


def test_only_what_a_run_has_written_is_replaced_elsewhere_too(make_pages, here, tmp_path):
    files, bucket = fsspec.filesystem("memory"), f"memory://{tmp_path.name}"
    files.pipe_file(f"{bucket}/out/pages.tif.md", b"mine")
    (result,) = read_all([make_pages(1)], out=f"{bucket}/out")
    assert str(result.error).endswith("add --force to replace it")
    assert files.cat_file(f"{bucket}/out/pages.tif.md") == b"mine"
    assert read_all([make_pages(1)], out=f"{bucket}/out", force=True)[0].error is None
    assert read_all([make_pages(2)], out=f"{bucket}/out")[0].error is None


def test_parts_are_written_into_one_folder_at_once(make_pages, here, tmp_path):
    pages, out = [make_pages(1, f"{number}.tif") for number in range(6)], tmp_path / "out"
    runs = [read_documents(pages, out=out, jobs=0, shard=f"{number}/3") for number in (1, 2, 3)]
    started = [next(run, None) for run in runs]
    assert sum(1 + sum(1 for _ in run) for run, first in zip(runs, started, strict=True) if first) == 6
    assert content(out) == {f"{number}.tif.md" for number in range(6)}
    assert sum(result.reused for result in read_all(pages, out=out)) == 6, (
        "a run over all knows what its parts have written"
    )
    for wrong in ("4/3", "", "١/٣"):
        with pytest.raises(UsageError, match="is no part of the inputs"):
            read_all(pages, shard=wrong)
