"""Progress goes to a terminal on stderr and nowhere else."""

import os
import pty
import re
import threading

import pytest

from ocroute.errors import ExitCode
from ocroute.events import emit
from ocroute.run.progress import Progress


def on_terminal(ocroute, *arguments):
    """Run with a terminal as standard error; what it showed, and standard output."""
    leader, follower = pty.openpty()
    shown = []

    def listen():
        try:
            while piece := os.read(leader, 4096):
                shown.append(piece)
        except OSError:  # how a terminal says that nobody holds its other end
            return

    listener = threading.Thread(target=listen)
    process = ocroute.start(*arguments, engines=["slow", "null"], stderr=follower)
    os.close(follower)
    listener.start()
    out, _ = process.communicate(timeout=60)
    listener.join(10)
    os.close(leader)
    assert process.returncode == ExitCode.OK, b"".join(shown)
    return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", b"".join(shown).decode()), out


def test_terminal_shows_pages_rate_and_file(make_pages, ocroute):
    shown, out = on_terminal(ocroute, make_pages(3), "--jobs", "1")
    assert "3/3 pages" in shown
    assert "a minute" in shown
    assert "pages.tif page 2: slow" in shown
    assert "\x1b" not in out


def test_quiet_shows_nothing(make_pages, ocroute):
    shown, _ = on_terminal(ocroute, make_pages(1), "--jobs", "1", "--quiet")
    assert shown == ""


def test_without_terminal_nothing_is_drawn(make_pages, ocroute):
    done = ocroute.run(make_pages(2), "--jobs", "1", engines=["null"])
    assert (done.returncode, done.stderr) == (ExitCode.OK, "")


@pytest.mark.parametrize(
    ("source", "said"), [("", "ocroute: a proof is torn\n"), ("a.pdf", "ocroute: a.pdf: a proof is torn\n")]
)
def test_a_note_names_its_input_if_it_has_one(capsys, source, said):
    with Progress():
        emit("note", source=source, text="a proof is torn")
    assert capsys.readouterr().err == said
