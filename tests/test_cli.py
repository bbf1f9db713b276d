"""The command as a user types it: its output, its exit code, and where it matters its processes."""

from __future__ import annotations

import inspect
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from ocroute.document.formats import format_names
from ocroute.errors import ExitCode
from ocroute.kernels.build.recipes import book
from ocroute.options import CommandOptions, InputOptions, ReaderOptions, ReadOptions, declared
from tests.support import command
from tests.support.waiting import PATIENCE

SAMPLES = Path(__file__).parent.parent / "samples"


def process(*arguments, **options):
    """The command in a process of its own, where that is what is tested; ``command.ocroute`` otherwise."""
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "stdin": subprocess.DEVNULL, "text": True} | options
    return subprocess.run(
        [sys.executable, "-m", "ocroute", *map(str, arguments)], check=False, timeout=PATIENCE, **pipes
    )


def ocroute(*arguments, **options):
    """Without a worker either."""
    return command.ocroute(*arguments, **{"OCROUTE_JOBS": "0"} | options)


def assert_no_traceback(done):
    assert "Traceback" not in done.stderr, done.stderr
    assert "Traceback" not in done.stdout, done.stdout


def test_help_and_version_are_there_and_light():
    done = process("--help")
    assert done.returncode == 0
    assert all(command in done.stdout for command in ("read", "doctor", "engines"))
    assert ocroute("--version").stdout.startswith("ocroute ")
    loaded = (
        "import sys, ocroute.cli; print(*sorted({'numpy', 'cv2', 'openvino', 'PIL', 'msgspec'} & set(sys.modules)))"
    )
    light = subprocess.run([sys.executable, "-c", loaded], capture_output=True, text=True, check=True)
    assert light.stdout.strip() == ""


def test_a_process_that_reads_pages_imports_no_client_and_no_model_s_library():
    """It starts as often as there are workers."""
    planned = """
import sys
import ocroute.run.worker
from ocroute.engines.base import Wanted
from ocroute.route.page_reader import PageReader
from ocroute.route.plan import Wish
PageReader(Wish("textlayer", Wanted()))
heavy = {"asyncio", "ssl", "http.client", "httpx", "torch", "transformers", "onnxruntime", "openvino", "pandas", "cv2"}
print(*sorted(heavy & set(sys.modules)))
"""
    done = subprocess.run([sys.executable, "-c", planned], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "cv2"


def test_commands_to_be_typed_are_whole_on_a_narrow_terminal():
    drawn = ocroute("engines", COLUMNS="80").stdout
    cells = [line.split("│")[-2] for line in drawn.splitlines() if line.count("│") > 2]
    remarks = "".join("".join(cells).split())
    installs = [
        row["availability"].get("install", "") for row in json.loads(ocroute("engines", "--json").stdout).values()
    ]
    assert any(installs)
    assert all("".join(install.split()) in remarks for install in installs)
    assert "…" not in drawn


@pytest.mark.parametrize("page", ["cp1251", "cp866", "ascii"])
def test_what_a_code_page_lacks_is_escaped_and_nothing_ends_by_it(page):
    """As where a Windows console's output goes into a file."""
    done = process("languages", env={**os.environ, "PYTHONIOENCODING": page, "PYTHONUTF8": "0"}, encoding=page)
    assert done.returncode == 0, done.stderr
    assert r"\u4e2d" in done.stdout  # 中文
    assert ("русский" in done.stdout.casefold()) == (page != "ascii")


def test_headers_and_footers_stay_where_they_are_wanted_by_the_old_spelling_too():
    texts = [ocroute("read", SAMPLES / "report.pdf", *option, "--jobs", "0").stdout for option in
             ((), ("--keep-headers-footers",), ("--keep-furniture",))]  # fmt: skip
    assert texts[0] != texts[1] == texts[2]


@pytest.mark.parametrize("spelling", ["--quantized", "--quantised"])
def test_quantized_kernels_are_asked_for_by_the_old_spelling_too(spelling):
    done = ocroute("read", SAMPLES / "report.pdf", "--engine", "textlayer", spelling)
    assert (done.returncode, "knows nothing of --quantized" in done.stderr) == (ExitCode.USAGE, True)
    assert ocroute("prove", "nosuch", spelling).stderr.startswith("ocroute: there is no kernel named 'nosuch'")


def test_every_option_is_in_help_in_python_and_in_the_documentation_and_no_old_spelling():
    told = ocroute("read", "--help", COLUMNS="200").stdout
    page = (SAMPLES.parent / "docs" / "python-api.md").read_text(encoding="utf-8")
    for name, one in declared(CommandOptions).items():
        assert one.flag in told
        assert f"`{one.flag}` | {f'`{name}`' if name in declared(ReadOptions) else ''}" in page
        assert not one.option.old or one.option.old not in told
    import ocroute as library

    keywords = list(inspect.signature(library.read).parameters)
    assert keywords == ["source", *declared(InputOptions), *declared(ReaderOptions)]
    assert list(inspect.signature(library.Reader).parameters) == [*declared(ReaderOptions)]
    assert all(f"{name}: " in (library.read.__doc__ or "") for name in keywords)


def test_help_names_what_is_registered():
    told = " ".join(ocroute("read", "--help", COLUMNS="200").stdout.split())
    assert f"One of {', '.join(format_names())}; several with commas" in told
    assert f"One of {', '.join(book().recipes)}." in ocroute("build", "--help", COLUMNS="200").stdout


def test_an_option_that_there_is_not_is_a_type_error():
    import ocroute as library

    with pytest.raises(TypeError, match="no option 'quantised'; there are: engine, languages"):
        library.read("page.png", quantised=True)


def test_text_goes_to_stdout_and_the_explanation_to_stderr():
    done = ocroute("read", SAMPLES / "article-two-column.pdf", "--explain")
    assert done.returncode == ExitCode.OK, done.stderr
    assert "Ashbrook" in done.stdout
    assert "textlayer" not in done.stdout
    assert "accepted textlayer" in done.stderr
    assert "first that every check accepted" in done.stderr


def test_a_reason_is_given_once_for_all_engines_that_it_holds_for():
    said = ocroute("read", SAMPLES / "report.pdf", "--pages", "1", "--engine", "textlayer", "--explain").stderr
    assert said.count("only textlayer was asked for") == 1
    assert "not tried deepseek_ocr, deepseek_ocr2, dots_ocr," in said


def test_several_inputs_on_stdout_are_refused_but_as_lines():
    inputs = (SAMPLES / "report.pdf", SAMPLES / "invoice.pdf", "--pages", "1", "--jobs", "0")
    done = ocroute("read", *inputs)
    assert (done.returncode, done.stdout) == (ExitCode.USAGE, "")
    assert (
        "2 inputs for standard output. Add: -o FOLDER, a file for each; or --format jsonl, a page a line" in done.stderr
    )
    pages = [json.loads(line) for line in ocroute("read", *inputs, "--format", "jsonl").stdout.splitlines()]
    assert [(Path(page["source"]).name, page["number"]) for page in pages] == [("report.pdf", 1), ("invoice.pdf", 1)]


@pytest.mark.skipif(not shutil.which("bash"), reason="this system has no bash")
@pytest.mark.parametrize("given", ["cat {} | {} - -o -", "{1} <(cat {0})"])
def test_pipes_go_in(given):
    read = f"{sys.executable} -m ocroute read --engine textlayer --jobs 0"
    words = ["bash", "-c", given.format(SAMPLES / "invoice.pdf", read)]
    done = subprocess.run(words, check=False, capture_output=True, text=True, timeout=PATIENCE)
    assert (done.returncode, "Amount" in done.stdout) == (ExitCode.OK, True), done.stderr
    assert re.fullmatch(r"ocroute: 1 file, 1 page, .*; text on stdout\n", done.stderr)


@pytest.mark.skipif(not shutil.which("bash"), reason="this system has no bash")
def test_a_closed_standard_input_is_told():
    words = ["bash", "-c", f"{sys.executable} -m ocroute read - --jobs 0 <&-"]
    done = subprocess.run(words, check=False, capture_output=True, text=True, timeout=PATIENCE)
    assert (done.returncode, done.stdout) == (ExitCode.BAD_INPUT, "")
    assert done.stderr.startswith(
        "ocroute: <stdin>: standard input is closed. Pipe a file into it: cat FILE | ocroute read -\n"
    )


def test_a_file_is_written_by_its_suffix_and_standard_input_into_a_folder(tmp_path):
    page = (SAMPLES / "invoice.pdf").read_bytes()
    for out, name in (("page.html", "page.html"), ("out/", "out/stdin.md")):
        words = ("read", "-", "-o", out, "--jobs", "0", "--engine", "textlayer")
        done = ocroute(*words, cwd=tmp_path, stdin=page)
        assert (done.returncode, done.stdout) == (ExitCode.OK, ""), done.stderr
        assert f"; results in {out.rstrip('/')}" in done.stderr
        assert "Amount" in (tmp_path / name).read_text()


def test_a_blank_page_is_a_success():
    done = ocroute("read", SAMPLES / "blank-specks.png")
    assert (done.returncode, done.stdout) == (ExitCode.OK, "")


def test_every_format_is_written(tmp_path):
    done = ocroute(
        "read", SAMPLES / "report.pdf", "-o", tmp_path, "--format", "md,json,jsonl,html,txt,hocr,alto", "--pages", "2"
    )
    assert done.returncode == ExitCode.OK, done.stderr
    assert done.stdout == ""
    written = sorted(path.name for path in tmp_path.iterdir() if not path.name.startswith("."))
    assert written == [
        "report.alto.xml",
        "report.hocr",
        "report.html",
        "report.json",
        "report.jsonl",
        "report.md",
        "report.txt",
    ]
    assert [page["number"] for page in json.loads((tmp_path / "report.json").read_bytes())["pages"]] == [2]


def test_doctor_and_engines_as_json():
    report = json.loads(ocroute("doctor", "--json", OCROUTE_LANG="ru").stdout)
    assert report["machine"]["cores"] >= 1
    assert report["settings"]["values"]["lang"] == ["ru", "OCROUTE_LANG"]
    assert report["engines"]["textlayer"]["availability"]["state"] == "usable"
    assert set(report["plan"]["routes"]) | set(report["plan"]["rejected"]) == set(report["engines"])
    assert set(json.loads(ocroute("engines", "--json").stdout)) == set(report["engines"])


def test_doctor_fits_a_screen_and_all_shows_the_rest():
    done = ocroute("doctor")
    assert done.returncode == 0
    assert "rapidocr" in done.stdout
    assert len(done.stdout.splitlines()) <= 25
    rest = ocroute("doctor", "--all").stdout
    assert len(rest.splitlines()) > 60
    assert "usable" in rest
    assert "Attention kernels on" in rest


def test_doctor_of_one_engine_shows_no_other():
    said = ocroute("doctor", "--engine", "dots_ocr", COLUMNS="200").stdout
    assert "dots_ocr" in said
    assert not any(name in said for name in ("rapidocr", "got_ocr2", "sage1", "libraries"))


def test_engines_that_are_usable_come_first():
    said = ocroute("engines", COLUMNS="160").stdout
    states = [row["availability"]["state"] for row in json.loads(ocroute("engines", "--json").stdout).values()]
    drawn = [word for line in said.splitlines() for word in line.split()[3:4] if word in ("usable", "broken", "absent")]
    assert drawn == sorted(states, key=["usable", "broken", "absent"].index)


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (["read", "nosuch.png"], ExitCode.BAD_INPUT, "does not exist"),
        (["read", "."], ExitCode.BAD_INPUT, "no image or PDF"),
        (["read", "*.tif"], ExitCode.BAD_INPUT, "no file matches"),
        (["read", "x.png", "--engine", "nosuch"], ExitCode.USAGE, "rapidocr"),
        (["read", "x.png", "--format", "nosuch"], ExitCode.USAGE, "alto"),
        (["read", "x.png", "--format", "md,json"], ExitCode.USAGE, "-o FOLDER"),
        (["read", "x.png", "-o", "x.md", "--format", "json"], ExitCode.USAGE, "Leave --format out"),
        (["read", "http://host/a.pdf"], ExitCode.BAD_INPUT, "curl -L http://host/a.pdf | ocroute read -"),
        (["read", "file:///tmp/a%20b.pdf"], ExitCode.BAD_INPUT, "/tmp/a b.pdf does not exist"),
        (["read", "x.png", "--pages", "9"], ExitCode.USAGE, "1 page"),
        (["read", "x.png", "--pages", "a-b"], ExitCode.USAGE, "a-b"),
        (["read"], ExitCode.USAGE, "FILE"),
        (["doctor", "--engine", "rapidocr", "--model", "x"], ExitCode.USAGE, "--model x"),
    ],
    ids=lambda value: " ".join(value[1:3]) if isinstance(value, list) else None,
)
def test_a_mistake_is_one_line_with_the_next_step_and_a_code(tmp_path, arguments, code, says):
    if "x.png" in arguments:
        Image.new("L", (200, 200), 255).save(tmp_path / "x.png")
    done = ocroute(*arguments, cwd=tmp_path)
    assert done.returncode == code, done.stderr
    assert says in done.stderr
    assert done.stdout == ""
    assert_no_traceback(done)


def test_bad_inputs_cost_only_themselves(tmp_path):
    (tmp_path / "empty.png").write_bytes(b"")
    (tmp_path / "text.pdf").write_text("this is no PDF")
    (tmp_path / "broken.pdf").write_bytes(b"%PDF-1.7\n" + b"\0" * 400)
    whole = (SAMPLES / "notice-skewed.jpg").read_bytes()
    (tmp_path / "half.jpg").write_bytes(whole[: len(whole) // 20])
    Image.new("1", (1, 1), 1).save(tmp_path / "dot.png")
    good = SAMPLES / "article-two-column.pdf"
    out = tmp_path / "out"
    done = process("read", *sorted(tmp_path.glob("*.*")), good, "-o", out)
    assert done.returncode == ExitCode.BAD_INPUT, done.stderr
    assert_no_traceback(done)
    for name in ("empty.png", "text.pdf", "broken.pdf", "half.jpg"):
        lines = [line for line in done.stderr.splitlines() if name in line]
        assert lines, f"{name} is not mentioned in: {done.stderr}"
    assert "Ashbrook" in (out / "article-two-column.md").read_text()
    assert (out / "dot.png.md").exists()


def test_an_encrypted_pdf_needs_its_password(tmp_path):
    from reportlab.pdfgen.canvas import Canvas

    path = tmp_path / "secret.pdf"
    canvas = Canvas(str(path), encrypt="open sesame")
    canvas.setFont("Helvetica", 14)
    for row in range(12):
        canvas.drawString(
            72, 720 - 22 * row, f"The cave in the hill keeps its door shut, said the porter at line {row}."
        )
    canvas.save()
    for arguments in ([], ["--password", "wrong"]):
        done = ocroute("read", path, *arguments)
        assert done.returncode == ExitCode.BAD_INPUT
        assert "--password" in done.stderr
    done = ocroute("read", path, "--password", "open sesame")
    assert done.returncode == ExitCode.OK, done.stderr
    assert "porter at line 7" in done.stdout


def test_output_that_cannot_be_written(tmp_path):
    (tmp_path / "taken").write_text("a file, not a folder")
    done = ocroute("read", SAMPLES / "blank-specks.png", "-o", tmp_path / "taken")
    assert done.returncode == ExitCode.BAD_OUTPUT
    assert_no_traceback(done)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
@pytest.mark.parametrize(
    "arguments",
    [["read", SAMPLES / "invoice.pdf", "--jobs", "0"], ["languages", "--json"], ["languages"], ["--version"]],
)
def test_a_full_stdout_is_one_line_and_a_code(arguments):
    with Path("/dev/full").open("wb") as full:
        done = process(*arguments, stdout=full)
    assert done.returncode == ExitCode.BAD_OUTPUT, done.stderr
    assert done.stderr == (
        "ocroute: cannot write to standard output: no space left on device. With -o the results go into files\n"
    )


def test_a_file_with_fewer_pages_than_asked_for_is_named():
    inputs = (SAMPLES / "report.pdf", SAMPLES / "invoice.pdf", "--pages", "2", "--engine", "textlayer")
    done = ocroute("read", *inputs, "--format", "jsonl")
    assert done.returncode == ExitCode.USAGE
    said = "page range '2' leaves the document, which has 1 page. Choose pages from 1 to 1"
    assert f"ocroute: {SAMPLES / 'invoice.pdf'}: {said}" in done.stderr.splitlines()


def test_of_a_shorter_file_among_many_the_pages_that_it_has_are_read(tmp_path):
    inputs = (SAMPLES / "report.pdf", SAMPLES / "invoice.pdf", "--pages", "1-2", "--engine", "textlayer")
    done = ocroute("read", *inputs, "--format", "jsonl", "-o", tmp_path)
    assert done.returncode == 0, done.stderr
    assert f"{SAMPLES / 'invoice.pdf'} has only 1 page: those of 1-2 that it has are read" in done.stderr
    pages = [len(Path(file).read_text("utf-8").splitlines()) for file in sorted(tmp_path.rglob("*.jsonl"))]
    assert pages == [1, 2]


def test_help_has_a_letter_in_every_command_and_shells_can_complete():
    for words in ([], ["read"], ["doctor"], ["prove"]):
        assert ocroute(*words, "-h").stdout == ocroute(*words, "--help").stdout != ""
    told = ocroute(_OCROUTE_COMPLETE="complete_bash", COMP_WORDS="ocroute read --keep", COMP_CWORD="2")
    assert told.stdout.split() == ["--keep-headers-footers"]
    for typed, offered in (("--engine te", ["tesseract", "textlayer"]), ("--format json,h", ["json,hocr", "json,html"]),
                           ("--prefer s", ["speed"]), ("--lang en,ru", ["en,ru"])):  # fmt: skip
        words = f"ocroute read a.png {typed}"
        told = ocroute(_OCROUTE_COMPLETE="complete_bash", COMP_WORDS=words, COMP_CWORD=str(len(words.split()) - 1))
        assert told.stdout.split() == offered, told.stderr
    for shell in ("bash", "zsh", "fish", "powershell"):
        done = ocroute(_OCROUTE_COMPLETE=f"source_{shell}")
        assert (done.returncode, "_OCROUTE_COMPLETE" in done.stdout) == (0, True), done.stderr


@pytest.mark.skipif(os.name == "nt", reason="a closed pipe has no sign of its own there")
@pytest.mark.parametrize("arguments", [("--version",), ("languages",), ("engines", "--json"), (
    "read", SAMPLES / "invoice.pdf", "--engine", "textlayer", "--jobs", "0", "-q")])  # fmt: skip
def test_a_closed_pipe_ends_quietly_with_a_code_of_its_own(arguments):
    reading, writing = os.pipe()
    os.close(reading)
    words = [sys.executable, "-m", "ocroute", *map(str, arguments)]
    done = subprocess.run(words, check=False, stdout=writing, stderr=subprocess.PIPE, text=True, timeout=PATIENCE)
    os.close(writing)
    assert (done.returncode, done.stderr) == (ExitCode.PIPE_CLOSED, "")


@pytest.mark.skipif(os.name == "nt", reason="the shell is that of POSIX")
def test_standard_streams_may_be_closed(tmp_path):
    """A program that starts us may have closed them; no file that is opened then takes their place."""
    read = f"{sys.executable} -m ocroute read {SAMPLES / 'invoice.pdf'} --engine textlayer --jobs 1"

    def shell(closed):
        return subprocess.run(
            ["sh", "-c", read + closed], check=False, capture_output=True, text=True, timeout=PATIENCE
        )

    done = shell(" >&-")
    assert done.returncode == ExitCode.BAD_OUTPUT
    assert done.stderr == "ocroute: cannot write to standard output: it is closed. With -o the results go into files\n"
    text = shell(" 2>&-")
    assert (text.returncode, len(text.stdout.split()) > 20, text.stderr) == (0, True, "")
    out = tmp_path / "all-closed.md"
    assert shell(f" -o {out} <&- >&- 2>&-").returncode == 0
    assert out.read_text() == text.stdout


def test_what_a_file_is_called_cannot_write_to_the_terminal(tmp_path):
    name = "a\nocroute: 1 file\x1b[31m\u2028b.png"
    done = ocroute("read", tmp_path / name)
    assert done.stderr.count("\n") == 2, "the error, and the last line"
    assert "a\\nocroute: 1 file\\x1b[31m\\u2028b.png" in done.stderr
    if os.name != "nt":
        (tmp_path / name).write_bytes(b"no page")
        done = ocroute("read", tmp_path / name, "-v", "--jobs", "0")
        assert "\x1b" not in done.stderr
        assert all(line.startswith("ocroute: ") for line in done.stderr.splitlines())


def test_an_empty_name_is_not_this_folder(tmp_path):
    (tmp_path / "a.png").write_bytes(b"")
    done = ocroute("read", "", cwd=tmp_path)
    assert done.returncode == ExitCode.BAD_INPUT
    assert done.stderr.startswith("ocroute: an empty path names nothing. Name a file, or . for the current folder")
    assert ocroute("read", "a.png", "-o", "", cwd=tmp_path).returncode == ExitCode.USAGE


def test_a_russian_page_is_read_without_tesseract(tmp_path):
    """With nothing on the PATH: what pip installs is enough."""
    nothing = tmp_path / "bin"
    nothing.mkdir()
    done = process("read", SAMPLES / "letter-ru.png", "--jobs", "0", env=os.environ | {"PATH": str(nothing)})
    assert done.returncode == ExitCode.OK, done.stderr
    assert "Работа стоит 18 550 рублей, эти расходы покроет наш фонд" in done.stdout
