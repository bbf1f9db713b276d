"""Real signals to real processes: what is told to stop stops, all of it, and can go on later."""

import os
import signal

import pytest
from tests.support.waiting import PATIENCE, until

from ocroute.errors import ExitCode

SLOW = ("slow", "null")


def exports(folder):
    """What a user finds there: name to content. Seconds are the only thing that may differ between equal runs."""
    import re

    return {
        file.name: re.sub(rb'"seconds":\s*\{[^}]*\}', b"", file.read_bytes())
        for file in folder.iterdir()
        if file.is_file()
    }


@pytest.mark.usefixtures("means")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_told_to_stop(number, make_pages, ocroute, tmp_path):
    def heed():  # a test run in the background of a shell inherits that Ctrl-C is ignored
        signal.signal(number, signal.SIG_DFL)

    process = ocroute.start(make_pages(30), "-o", tmp_path / "out", "--jobs", "2", engines=SLOW, preexec=heed)
    until(lambda: len(ocroute.started("slow")) > 3)
    process.send_signal(number)
    out, err = process.communicate(timeout=PATIENCE)
    assert process.returncode == ExitCode.INTERRUPTED, err
    assert out == ""
    assert err.count("\n") == 1, "one line, no traceback"
    assert "The same command goes on where this one stopped" in err
    assert ocroute.alive() == []
    assert not list((tmp_path / "out").glob("*.md"))


def test_only_what_was_kept_is_said_to_go_on(make_pages, ocroute, tmp_path):
    def heed():
        signal.signal(signal.SIGINT, signal.SIG_DFL)

    for out, engines, pages, says in (
        ((), SLOW, 3, "With -o FOLDER a run that was stopped goes on where it was"),
        (("-o", tmp_path / "out"), ("hang", "null"), 0, "No page was done"),
    ):
        ocroute.log.unlink(missing_ok=True)
        process = ocroute.start(make_pages(30), *out, "--jobs", "1", engines=engines, preexec=heed)
        until(lambda engine=engines[0], pages=pages: len(ocroute.started(engine)) > pages)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=PATIENCE)
        assert process.returncode == ExitCode.INTERRUPTED
        assert err == f"ocroute: interrupted. {says}\n"


@pytest.mark.usefixtures("means")
def test_workers_die_with_a_parent_that_is_killed(make_pages, ocroute, tmp_path):
    """Also one that is deep in C code, holds the interpreter lock and ignores signals; also what it started."""
    process = ocroute.start(make_pages(2), "--jobs", "2", engines=["hang_in_c:1", "hang:2", "null"])
    until(lambda: ocroute.started("hang_in_c") and ocroute.started("child") and ocroute.started("hang"))
    assert len([command for _, command in ocroute.alive() if "watchdog.py" not in command]) == 4
    process.kill()
    process.communicate()
    until(lambda: not ocroute.alive())


def test_killed_run_goes_on_where_it_was(make_pages, ocroute, tmp_path):
    pages, whole, halves = make_pages(12), tmp_path / "whole", tmp_path / "halves"
    command = ("--format", "md,json", "--jobs", "2")
    assert ocroute.run(pages, "-o", whole, *command, engines=SLOW).returncode == ExitCode.OK
    ocroute.log.unlink()

    process = ocroute.start(pages, "-o", halves, *command, engines=SLOW)
    until(lambda: len(list(halves.glob(".ocroute/*/*/*.record"))) >= 4)
    os.kill(process.pid, signal.SIGKILL)
    process.communicate()
    kept = {int(file.name[:4]) for file in halves.glob(".ocroute/*/*/*.record")}
    assert 4 <= len(kept) < 12
    assert exports(halves) == {}
    until(lambda: not ocroute.alive())
    ocroute.log.unlink()

    assert ocroute.run(pages, "-o", halves, *command, engines=SLOW).returncode == ExitCode.OK
    assert sorted(ocroute.started("slow")) == sorted(set(range(1, 13)) - kept)
    assert exports(halves) == exports(whole)
    assert set(exports(whole)) == {"pages.tif.md", "pages.tif.json"}


def test_finished_run_is_not_repeated(make_pages, ocroute, tmp_path):
    pages, out = make_pages(2), tmp_path / "out"
    assert ocroute.run(pages, "-o", out, "--format", "json", "--jobs", "0", engines=SLOW).returncode == ExitCode.OK
    first = (out / "pages.tif.json").read_bytes(), (out / "pages.tif.json").stat().st_mtime_ns
    ocroute.log.unlink()
    assert ocroute.run(pages, "-o", out, "--format", "json,md", "--jobs", "0", engines=SLOW).returncode == ExitCode.OK
    assert ocroute.started("slow") == [], "another format needs no second reading"
    assert ((out / "pages.tif.json").read_bytes(), (out / "pages.tif.json").stat().st_mtime_ns) == first
    assert (out / "pages.tif.md").exists()

    make_pages(3)
    assert ocroute.run(pages, "-o", out, "--format", "json", "--jobs", "0", engines=SLOW).returncode == ExitCode.OK
    assert sorted(ocroute.started("slow")) == [1, 2, 3], "another content does"
    assert len([folder for folder in out.glob(".ocroute/*/*") if folder.is_dir()]) == 1, (
        "records of the old content are gone"
    )
