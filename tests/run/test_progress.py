"""ProgressBar goes to a terminal on stderr and nowhere else."""

import logging
import os
import pty
import re
import subprocess
import sys
import threading

import pytest
from tests.support.waiting import PATIENCE

from ocroute.cli.progress_bar import ProgressBar, _rate
from ocroute.errors import ExitCode


def on_terminal(ocroute, *arguments):
    """Run with a terminal as standard error; what it showed, and standard output."""
    return shown_by(lambda terminal: ocroute.start(*arguments, engines=["slow", "null"], stderr=terminal))


def shown_by(start):
    """As `on_terminal`, of the process that ``start`` starts on a terminal that it is given."""
    leader, follower = pty.openpty()
    shown = []

    def listen():
        try:
            while piece := os.read(leader, 4096):
                shown.append(piece)
        except OSError:  # how a terminal says that nobody holds its other end
            return

    listener = threading.Thread(target=listen)
    process = start(follower)
    os.close(follower)
    listener.start()
    out, _ = process.communicate(timeout=PATIENCE)
    listener.join(PATIENCE)
    os.close(leader)
    assert process.returncode == ExitCode.OK, b"".join(shown)
    return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", b"".join(shown).decode()), out


def test_terminal_shows_pages_rate_and_file(make_pages, ocroute):
    shown, out = on_terminal(ocroute, make_pages(3), "--jobs", "1")
    assert "3/3 pages" in shown
    assert re.search(r"\d\.\d a (second|minute), \d+ (s|min) left", shown)
    assert "pages.tif page 2: slow" in shown
    assert "\x1b" not in out


def test_what_a_model_writes_is_counted():
    code = """
from ocroute.document.model import Page, Provenance, Verdict
from ocroute.events import RunStarted, emit
from ocroute.cli.progress_bar import ProgressBar
from ocroute.run.executor import announce
from ocroute.run.jobs import Input, Read
from ocroute.run.records import pack
from ocroute.route.plan import Wish
with ProgressBar():
    emit(RunStarted(pages=3, done=0))
    for number in (1, 2):
        page = Page("a", number, 9, 9, Verdict("accepted", 1.0), provenance=Provenance("e", settings={"tokens": 800}))
        announce(Read(Input(b"a"), number, Wish()), pack(page))
"""
    shown, _ = shown_by(
        lambda terminal: subprocess.Popen([sys.executable, "-c", code], stdout=-1, stderr=terminal, text=True)
    )
    assert re.search(r"\d a (second|minute), [\d,]+ tokens/s, \d+ (s|min) left", shown)


@pytest.mark.parametrize(
    ("done", "left", "tokens", "seconds", "shown"),
    [
        (4, 6, 0, 2.0, "2.0 a second, 3 s left"),
        (4, 6, 0, 4.0, "60.0 a minute, 6 s left"),
        (2, 8, 1600, 80.0, "1.5 a minute, 20 tokens/s, 5 min left"),
        (1, 99, 5000, 100.0, "0.6 a minute, 50 tokens/s, 2.8 h left"),
    ],
)
def test_rates_have_the_unit_that_suits_them(done, left, tokens, seconds, shown):
    assert _rate(done, left, tokens, seconds) == shown


def test_a_download_shows_how_far_it_is():
    code = """
from ocroute.events import Fetching, emit
from ocroute.cli.progress_bar import ProgressBar
with ProgressBar():
    emit(Fetching("e", "someone/model", "a.safetensors", done=1_230_000_000, total=6_100_000_000))
"""
    command = [sys.executable, "-c", code]
    wide = os.environ | {"COLUMNS": "160"}
    shown, _ = shown_by(lambda to: subprocess.Popen(command, stderr=to, stdout=subprocess.PIPE, text=True, env=wide))
    assert "fetching someone/model: 1.23 of 6.10 GB, a.safetensors" in shown


def test_quiet_shows_nothing(make_pages, ocroute):
    shown, _ = on_terminal(ocroute, make_pages(1), "--jobs", "1", "--quiet")
    assert shown == ""


def test_without_terminal_nothing_is_drawn(make_pages, ocroute):
    done = ocroute.run(make_pages(2), "--jobs", "1", engines=["null"])
    assert done.returncode == ExitCode.OK
    assert re.fullmatch(r"ocroute: 1 file, 2 pages, 0 doubtful, 0 failed, \d+\.\d s; text on stdout\n", done.stderr)


def test_the_last_line_says_what_became_of_all(make_pages, ocroute, tmp_path):
    inputs = (make_pages(2), tmp_path / "gone.tif", "-o", tmp_path / "out", "--jobs", "0")
    first, again = (ocroute.run(*inputs, engines=["null"]).stderr.splitlines()[-1] for _ in range(2))
    where = rf"; results in {re.escape(str(tmp_path / 'out'))}"
    counted = r"0 doubtful, 0 failed, \d+\.\d s" + where
    assert re.fullmatch(rf"ocroute: 2 files \(1 without results\), 2 pages, {counted}", first)
    assert re.fullmatch(rf"ocroute: 2 files \(1 without results\), 2 pages \(2 from an earlier run\), {counted}", again)


def test_quiet_still_says_why_there_is_no_result(make_pages, ocroute, tmp_path):
    inputs = (tmp_path / "gone.tif", make_pages(1), "-o", tmp_path / "out")
    done = ocroute.run(*inputs, "-q", "--jobs", "0", engines=["null"])
    assert done.returncode == ExitCode.BAD_INPUT
    assert done.stderr == f"ocroute: {tmp_path / 'gone.tif'} does not exist. Check the path\n"


def test_an_error_stands_on_a_line_of_its_own_also_beside_the_bar():
    code = """
import time
from ocroute.cli.progress_bar import ProgressBar
from ocroute.cli.terminal import error_line
from ocroute.events import InputFailed, RunStarted, emit
with ProgressBar():
    emit(RunStarted(3, 0))
    emit(InputFailed("a.tif", "gone"))
    error_line("a.tif is gone")
    time.sleep(0.3)  # in which the bar would be drawn again
"""
    shown, _ = shown_by(
        lambda to: subprocess.Popen([sys.executable, "-c", code], stderr=to, stdout=subprocess.PIPE, text=True)
    )
    (line,) = (line for line in shown.replace("\r", "\n").splitlines() if "is gone" in line)
    assert line == "ocroute: a.tif is gone"
    assert "pages" not in shown[shown.index("is gone") :]


def test_what_the_library_logs_is_a_line_on_stderr(capsys):
    log = logging.getLogger("ocroute.kernels.ledger")
    with ProgressBar():
        log.warning("the proof %s is torn", "a")
        log.info("fetching b")
        log.debug("a detail")
    assert capsys.readouterr().err == "ocroute: the proof a is torn\nocroute: fetching b\n"


def test_quiet_logs_nothing(capsys):
    with ProgressBar(quiet=True):
        logging.getLogger("ocroute.run").info("fetching b")
    assert capsys.readouterr().err == ""


def test_on_a_terminal_logged_lines_stand_above_the_bar():
    code = """
import logging
from ocroute.cli.progress_bar import ProgressBar
with ProgressBar():
    logging.getLogger("ocroute.run").info("fetching [b]")
"""
    shown, _ = shown_by(
        lambda to: subprocess.Popen([sys.executable, "-c", code], stderr=to, stdout=subprocess.PIPE, text=True)
    )
    assert "ocroute: fetching [b]\r\n" in shown


def test_verbose_says_every_step_and_a_log_file_has_those_of_workers_with_q_too(make_pages, ocroute, tmp_path):
    shown = ocroute.run(make_pages(1), "-v", "--jobs", "0", engines=["null"]).stderr.splitlines()
    assert sum("PageDone(" in line for line in shown) == 1
    assert sum("1 file, 1 page" in line for line in shown) == 1
    quiet = ("-q", "--jobs", "1", "--log-file", tmp_path / "log", "--password", "tulip")
    (tmp_path / "log").write_text("an earlier run\n")
    assert ocroute.run(make_pages(1), *quiet, engines=["null"]).stderr == ""
    log = (tmp_path / "log").read_text()
    (own, *_), (worker, *_) = (re.findall(rf"^\S+ \S+ (\d+) DEBUG {said}", log, re.MULTILINE) for said in
                               (r"ocroute\.events: PageDone\(", r"ocroute\.run\.worker: reads page 1 of"))  # fmt: skip
    assert own != worker
    assert log.startswith("an earlier run\n")
    assert log.count("1 file, 1 page, 0 doubtful") == 1
    assert "tulip" not in log


def test_a_log_file_that_cannot_be_written_is_told(make_pages, ocroute, tmp_path):
    done = ocroute.run(make_pages(1), "--log-file", tmp_path, engines=["null"])
    assert done.returncode == ExitCode.BAD_OUTPUT
    assert done.stderr == f"ocroute: cannot write the log file {tmp_path}: is a directory. Choose another --log-file\n"
    done = ocroute.run(make_pages(1), "--log-file", "/dev/full", "--jobs", "0", engines=["null"])
    assert done.returncode == ExitCode.OK
    assert done.stderr.count("the log file /dev/full ends here: [Errno 28] No space left on device") == 1
    assert len(done.stderr.splitlines()) == 2
