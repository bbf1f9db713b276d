"""A reader that stays open: engines load once, inputs of every kind, streams of pages, threads and forks."""

import errno
import gc
import io
import os
import sys
import tempfile
import threading
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from tests.support.waiting import PATIENCE, running, until

import ocroute
from ocroute import reader as open_reader
from ocroute import warm_readers
from ocroute.errors import CorruptInput, EngineUnavailable, InputNotFound, OutputError, UnsupportedInput, UsageError
from ocroute.events import EngineLoading, InputDone, InputFailed, PageDone, RunStarted, listening

REPORT = Path(__file__).parents[2] / "samples" / "report.pdf"


@pytest.fixture
def null(faulty, tmp_path, monkeypatch):
    """The options of a reader whose engine takes no time, in one worker process; its log of pages and processes."""
    faulty("null")
    monkeypatch.setenv("OCROUTE_FAULTY_LOG", str(tmp_path / "log"))
    return {"engine": "null", "jobs": 1}


@pytest.fixture
def processes(tmp_path):
    """The processes that have read a page so far."""
    return lambda: {int(line.split()[2]) for line in (tmp_path / "log").read_text().splitlines()}


@pytest.fixture
def picture(dotted_pages):
    return dotted_pages(1)[0]


@pytest.fixture(autouse=True)
def scratch(tmp_path, monkeypatch):
    """What lies in the folder for temporary files, which no other program uses."""
    folder = tmp_path / "scratch"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    monkeypatch.setenv("TMPDIR", str(folder))
    return lambda: list(folder.iterdir())


@pytest.mark.parametrize("jobs", [0, 1])
def test_engines_load_once(jobs):
    heard = []
    with listening(heard.append), ocroute.Reader(engine="textlayer", jobs=jobs) as reader:
        first, second = reader.read(REPORT), reader.read(REPORT, pages=[2])
    assert (len(first.pages), [page.number for page in second.pages]) == (2, [2])
    both, alone = first.pages[1].blocks, second.pages[0].blocks
    # Not the kinds of block: alone it cannot know which line repeats on other pages.
    assert [(block.text, block.box) for block in both] == [(block.text, block.box) for block in alone]
    assert [type(event) for event in heard].count(EngineLoading) == 1


def test_one_process_reads_all_that_one_reader_is_given_and_ends_with_it(null, make_pages, processes):
    with ocroute.Reader(**null) as reader:
        for count in (1, 2):
            assert len(reader.read(make_pages(count)).pages) == count
        (pid,) = processes()
        assert running(pid)
    assert not running(pid)
    with pytest.raises(UsageError, match="closed"):
        reader.read(REPORT)
    reader.close()


def test_a_reader_that_is_forgotten_ends_its_processes_too(null, make_pages, processes, scratch):
    reader = ocroute.Reader(**null)
    reader.read(make_pages(1).read_bytes())
    assert scratch()
    del reader
    gc.collect()
    assert not any(map(running, processes()))
    assert scratch() == []


def test_a_worker_that_died_meanwhile_is_replaced(null, make_pages, processes):
    with ocroute.Reader(**null) as reader:
        for _ in range(4):
            assert reader.read(make_pages(1)).ok
            for pid in processes():
                if running(pid):
                    os.kill(pid, 9)
                    until(lambda pid=pid: not running(pid))


def test_every_kind_of_input_gives_the_same_page(null, picture, tmp_path, monkeypatch):
    picture.save(tmp_path / "page.png", dpi=(150, 150))
    colour = np.asarray(picture.convert("RGB"))
    saved = Image.open(tmp_path / "page.png")
    inputs = {
        "page.png": "page.png",
        str(tmp_path / "page.png"): tmp_path / "page.png",
        "<bytes>": (tmp_path / "page.png").read_bytes(),
        "<bytesio>": io.BytesIO((tmp_path / "page.png").read_bytes()),
        saved.filename: saved,
        "<image>": picture,
        "<ndarray>": colour,
    }
    monkeypatch.chdir(tmp_path)
    with ocroute.Reader(**null) as reader:
        read = {name: reader.read(given) for name, given in inputs.items()}
        grey = reader.read(colour[..., 0])
        strided = reader.read(colour[::-1, ::-1])
        monkeypatch.chdir("/")  # a path is looked up where the caller is, not where the worker was started
        with pytest.raises(InputNotFound):
            reader.read("page.png")
    assert {document.source for document in read.values()} == set(inputs)
    assert {
        (page.width, page.height, page.verdict.status)
        for document in [*read.values(), grey, strided]
        for page in document.pages
    } == {(picture.width, picture.height, "blank")}
    told = [document.pages[0].dpi for name, document in read.items() if name not in ("<ndarray>", "<image>")]
    assert told == [pytest.approx(150, abs=0.1)] * 4


def test_a_picture_says_which_way_is_up(null, tmp_path, picture):
    exif = Image.Exif()
    exif[0x0112] = 6
    picture.save(tmp_path / "turned.png", exif=exif)
    with ocroute.Reader(**null) as reader:
        paths = [
            reader.read(given).pages[0] for given in (tmp_path / "turned.png", Image.open(tmp_path / "turned.png"))
        ]
    assert {(page.width, page.height) for page in paths} == {(picture.height, picture.width)}


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "I;16", "F", "YCbCr"])
def test_a_picture_of_any_mode_can_be_read(null, picture, mode):
    with ocroute.Reader(**null) as reader:
        assert (
            reader.read(picture.convert(mode) if mode != "I;16" else picture.convert("I").convert(mode)).pages[0].width
            == picture.width
        )


class Torn(io.RawIOBase):
    """Fails after its first piece."""

    def __init__(self, *first):
        self.pieces = [*first]

    def readable(self):
        return True

    def read(self, size=-1):
        if self.pieces:
            return self.pieces.pop()
        raise ConnectionResetError("the network\nis gone")


def closed():
    file = io.BytesIO(b"%PDF-")
    file.close()
    return file


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (np.zeros((4, 4, 3)), "float64"),
        (np.zeros((4, 4, 4), np.uint8), r"array\[\.\.\., :3\]"),
        (np.zeros((2, 4, 4, 3), np.uint8), "2 x 4 x 4 x 3"),
        (np.zeros((4,), np.uint8), "no picture"),
        (io.StringIO("text"), 'mode "rb"'),
        (closed(), "closed file"),
        (5, "int is nothing that can be read"),
        (None, "NoneType"),
        (["a.png"], "list"),
    ],
    ids=lambda value: value.replace(" ", "_") if isinstance(value, str) else "",
)
def test_what_cannot_be_an_input_is_a_wrong_argument(given, told, scratch):
    with ocroute.Reader(engine="textlayer") as reader, pytest.raises(UsageError, match=told) as raised:
        reader.read(given)
    assert raised.value.next_step
    assert scratch() == []


TORN = [
    (lambda: np.zeros((4, 0, 3), np.uint8), "no pixels"),
    (lambda: Image.new("RGB", (0, 5)), "no pixels"),
    (lambda: b"", "empty"),
    (io.BytesIO, "no bytes"),
    (lambda: Torn(b"\x89PNG\r\n\x1a\n" + b"x" * 5000), r"failed before its end: .* the network\\nis gone"),
    (Torn, r"failed before its end: .* the network\\nis gone"),
]


@pytest.mark.parametrize(("given", "told"), TORN)
def test_what_holds_no_whole_page_is_an_error_of_the_input_in_one_line(given, told, scratch):
    with ocroute.Reader(engine="textlayer") as reader, pytest.raises(CorruptInput, match=told) as raised:
        reader.read(given())
    assert raised.value.next_step
    assert "\n" not in str(raised.value)
    assert scratch() == []


def test_in_a_stream_it_costs_the_others_nothing(null, picture):
    with ocroute.Reader(**null) as reader:
        pages = list(reader.pages([picture, *(given() for given, _ in TORN), "", picture]))
    assert [bool(page.width) for page in pages] == [True] + [False] * (len(TORN) + 1) + [True]
    assert [page.input_index for page in pages] == list(range(len(TORN) + 3))


def test_what_ends_a_stream_comes_after_the_pages_before_it(null, picture, scratch):
    def failing():
        yield picture
        yield picture
        raise LookupError("no more")

    with ocroute.Reader(**null) as reader:
        for given, error in (([picture, picture, 5, picture], UsageError), (failing(), LookupError)):
            pages = reader.pages(given)
            assert [next(pages).input_index, next(pages).input_index] == [0, 1]
            with pytest.raises(error):
                next(pages)
        assert reader.read(picture).ok
    assert scratch() == []


def test_content_that_is_no_page_is_an_error_of_the_input_by_its_name():
    with ocroute.Reader(engine="textlayer") as reader:
        with pytest.raises(UnsupportedInput, match=r"^<bytes> is not an image or PDF but plain text"):
            reader.read(b"Just text.")
        with pytest.raises(CorruptInput, match=r"^<bytes> cannot be opened"):
            reader.read(b"%PDF-1.7\ntorn")


def test_no_room_for_temporary_files_is_told(monkeypatch, null, picture):
    def full(**_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(tempfile, "mkdtemp", full)
    with pytest.raises(OutputError, match=r"no temporary folder can be made: no space left.*set TMPDIR"):
        ocroute.read(picture, **null)


@pytest.mark.parametrize("pages", [[], "", [0], [True], [1, True], b"1", ["1"], [1.5], 3, "x", [3]])
def test_pages_that_make_no_sense(pages):
    with ocroute.Reader(engine="textlayer") as reader, pytest.raises(UsageError):
        reader.read(REPORT, pages=pages)


@pytest.mark.parametrize("pages", ["2,1", [2, 1], (1, 2), range(1, 3), np.array([1, 2])])
def test_pages_are_named_by_text_or_numbers(pages):
    with ocroute.Reader(engine="textlayer") as reader:
        assert [page.number for page in reader.read(REPORT, pages=pages).pages] == [1, 2]


def test_options_of_a_wrong_kind():
    for name, value in (
        ("languages", "nonsense"), ("languages", 5), ("languages", [5]), ("jobs", "2"), ("jobs", True), ("jobs", 1.5),
        ("jobs", -1), ("timeout", "x"), ("timeout", 0), ("timeout", True), ("prefer", "fast"), ("quantized", "yes"),
        ("engine", 5), ("engine", ["textlayer"]), ("model", 5), ("base_url", b"http://x"),
    ):  # fmt: skip
        with pytest.raises(UsageError) as raised:
            ocroute.Reader(**{name: value})
        assert raised.value.next_step, name
    for languages in ("en", ["en"], {"en"}, (code for code in ["en"]), np.array(["en"])):
        ocroute.Reader(languages=languages, model=Path("weights"), engine="dots_ocr").close()
    with pytest.raises(TypeError, match="no option"):
        ocroute.Reader(pages="1")


@pytest.mark.parametrize("ordered", [True, False])
def test_a_stream_of_pages_says_where_each_is_from(null, make_pages, picture, tmp_path, scratch, ordered):
    make_pages(1, "x.tif", tmp_path / "folder")
    make_pages(1, "y.tif", tmp_path / "folder")
    inputs = [make_pages(2), picture, "none.png", tmp_path / "folder", b"no page", REPORT.read_bytes()]
    heard = []
    with ocroute.Reader(**null | {"jobs": 2}) as reader:
        pages = list(reader.pages(iter(inputs), ordered=ordered, on_event=heard.append))
        assert not list(Path(reader._scratch.folder()).iterdir())
    found = [(page.input_index, Path(page.source).name, page.number) for page in pages]
    expected = [(0, "pages.tif", 1), (0, "pages.tif", 2), (1, "<image>", 1), (2, "none.png", 1), (3, "x.tif", 1),
                (3, "y.tif", 1), (4, "<bytes>", 1), (5, "<bytes>", 1), (5, "<bytes>", 2)]  # fmt: skip
    assert (found if ordered else sorted(found)) == expected
    assert {page.input_index for page in pages if not page.width} == {2, 4}
    kinds = [type(event) for event in heard]
    assert (kinds.count(PageDone), kinds.count(InputFailed), kinds.count(InputDone)) == (7, 2, 5)
    assert scratch() == []


def test_a_stream_takes_inputs_as_they_are_needed(null, picture, monkeypatch):
    monkeypatch.setattr(open_reader, "_TOGETHER", 2)
    taken, heard = [], []

    def inputs():
        for number in range(5):
            taken.append(number)
            yield picture

    with ocroute.Reader(**null) as reader:
        pages = reader.pages(inputs(), on_event=heard.append)
        assert taken == []
        assert next(pages).input_index == 0
        assert taken == [0, 1]
        assert [page.input_index for page in pages] == [1, 2, 3, 4]
    assert [event.pages for event in heard if isinstance(event, RunStarted)] == [2, 2, 1]


def test_events_of_a_stream_go_to_its_listener_and_those_between_do_not(null, picture):
    heard, other = [], []
    with listening(other.append), ocroute.Reader(**null) as reader, ocroute.Reader(**null) as second:
        for _ in reader.pages([picture], on_event=heard.append):
            second.read(picture)
    assert [type(event) for event in heard].count(PageDone) == [type(event) for event in other].count(PageDone) == 1


def test_one_input_is_no_stream(picture):
    with ocroute.Reader(engine="textlayer") as reader:
        for given in ("a.pdf", REPORT, b"%PDF-", picture, np.asarray(picture), io.BytesIO(b"x"), 5, None):
            with pytest.raises(UsageError, match="several inputs"):
                reader.pages(given)


def test_a_stream_that_is_left_leaves_the_reader_usable(null, make_pages, picture):
    with ocroute.Reader(**null) as reader:
        pages = reader.pages([make_pages(3), picture])
        next(pages)
        with pytest.raises(UsageError, match="in the middle of pages"):
            reader.read(picture)
        pages.close()
        assert reader.read(picture).ok
        for _ in reader.pages([make_pages(3)]):
            break
        assert reader.read(picture).ok


def test_closing_in_the_middle_of_a_stream(null, make_pages):
    reader = ocroute.Reader(**null)
    pages = reader.pages([make_pages(3)])
    next(pages)
    reader.close()
    with pytest.raises(UsageError, match="closed"):
        next(pages)


def test_threads_share_a_reader(null, dotted_pages, processes):
    frames, read = dotted_pages(6), {}
    with ocroute.Reader(**null) as reader:

        def work(frame):
            read[frame.width] = reader.read(frame).pages[0].width

        threads = [threading.Thread(target=work, args=(frame,)) for frame in frames]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(PATIENCE)
    assert read == {frame.width: frame.width for frame in frames}
    assert len(processes()) == 1


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
@pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork.*:DeprecationWarning")
def test_a_forked_process_is_told_to_make_its_own_and_harms_nothing(null, make_pages, processes):
    picture = make_pages(1)
    with ocroute.Reader(**null) as reader:
        reader.read(picture.read_bytes())
        child = os.fork()
        if not child:
            code = 1
            try:
                reader.read(picture)
            except UsageError as error:
                code = 42 if "forked" in error.message else 2
            reader.close()
            os._exit(code)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 42
        assert reader.read(picture.read_bytes()).ok
    assert len(processes()) == 1


def test_a_file_that_was_written_anew_is_read_anew(null, make_pages, dotted_pages):
    path = make_pages(1)
    for jobs in (0, 1):
        with ocroute.Reader(**null | {"jobs": jobs} if jobs else {"engine": "textlayer", "jobs": 0}) as reader:
            dotted_pages(1)[0].save(path)
            assert reader.read(path).pages[0].width == 201
            dotted_pages(3)[2].save(path)
            assert reader.read(path).pages[0].width == 203


def test_the_reader_of_the_process_stays_warm_by_options(null, picture, processes):
    assert ocroute.read(picture, **null).ok
    assert ocroute.read(picture, **null).ok
    assert len(processes()) == 1
    ocroute.read(picture, **null, languages=["en"])
    ocroute.read(picture, **null, languages=("en",))
    assert len(processes()) == 2
    ocroute.close()
    assert not any(map(running, processes()))
    assert ocroute.read(picture, **null).ok


def test_no_more_than_a_few_stay_warm(null, picture, processes, monkeypatch):
    monkeypatch.setattr(warm_readers, "_WARM", 1)
    for languages in ((), ("en",)):
        ocroute.read(picture, **null, languages=languages)
    assert sum(map(running, processes())) == 1


def test_a_reader_of_the_process_that_nobody_uses_is_closed(null, picture, processes, monkeypatch):
    monkeypatch.setattr(warm_readers, "_IDLE", 0.3)
    ocroute.read(picture, **null)
    (worker,) = processes()
    until(lambda: not running(worker))


def test_what_was_missing_may_be_there_by_the_next_call(null, picture, faulty):
    faulty("slow")
    with pytest.raises(EngineUnavailable):
        ocroute.read(picture, **null)
    faulty("null")
    assert ocroute.read(picture, **null).ok


def test_an_input_that_cannot_be_opened_costs_no_engine(null, picture, processes, tmp_path):
    ocroute.read(picture, **null)
    for given, error in ((tmp_path / "none.png", InputNotFound), (b"x", UnsupportedInput)):
        with pytest.raises(error):
            ocroute.read(given, **null)
    ocroute.read(picture, **null)
    assert len(processes()) == 1


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
@pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork.*:DeprecationWarning")
@pytest.mark.parametrize("parents", ["read", "Reader"])
def test_a_forked_process_has_a_reader_of_its_own(parents):
    if parents == "read":
        ocroute.read(REPORT, engine="textlayer")
    else:
        ocroute.Reader(engine="textlayer").read(REPORT)
    child = os.fork()
    if not child:
        code = 1
        for way in (ocroute.read, lambda given, **options: ocroute.Reader(**options).read(given)):
            try:
                way(REPORT, engine="textlayer")
                code = 3
            except UsageError as error:
                fits = "forked" in error.message and way(REPORT, engine="textlayer", jobs=1).ok
                code = 42 if fits and code in (1, 42) else 2
        ocroute.close()
        os._exit(code)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 42


def test_nothing_is_left_when_a_program_ends_without_closing(ocroute_script, scratch):
    pids = ocroute_script
    assert pids
    until(lambda: not any(map(running, pids)))
    assert scratch() == []


@pytest.fixture
def ocroute_script(null, tmp_path, picture):
    import subprocess

    picture.save(tmp_path / "page.png")
    script = (
        "import ocroute, sys\n"
        "kept = ocroute.Reader(engine='null', jobs=1)\n"
        "data = open(sys.argv[1], 'rb').read()\n"
        "kept.read(data); ocroute.read(data, engine='null', jobs=1)\n"
    )
    paths = os.pathsep.join(entry for entry in sys.path if entry)
    subprocess.run(
        [sys.executable, "-c", script, tmp_path / "page.png"],
        check=True,
        env=os.environ | {"PYTHONPATH": paths},
        timeout=PATIENCE,
    )
    return {int(line.split()[2]) for line in (tmp_path / "log").read_text().splitlines()}
