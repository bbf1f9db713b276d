"""Workers of a queue as users start them, and what becomes of their documents when they are killed."""

import contextlib
import errno
import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import fsspec
import pikepdf
import pytest
from tests.support.waiting import PATIENCE, until

from ocroute.errors import EngineUnavailable, InputError, OutputError, PasswordNeeded, UsageError
from ocroute.jobs.document_queue import DocumentQueue
from ocroute.jobs.queue_files import Rules
from ocroute.jobs.queue_worker import read_queue
from ocroute.pages import expand
from ocroute.route.plan import Wish
from ocroute.stores import FolderStore, RemoteStore, store_at


def content(folder):
    return {file.name: file.read_bytes() for file in folder.iterdir() if file.is_file()}


@pytest.fixture(params=["folder", "memory"])
def place(request, tmp_path):
    """Where queues and results are."""
    return (
        (lambda name: str(tmp_path / name))
        if request.param == "folder"
        else (lambda name: f"memory://{tmp_path.name}/{name}")
    )


@pytest.fixture
def filled(place, make_pages, faulty):
    """A queue of three documents."""
    faulty("null")
    pages = [make_pages(2, f"{name}.tif") for name in ("a", "Ж ö", "..c")]
    queue = DocumentQueue(place("queue"), new=Rules())
    queue.add(expand(pages).files)
    return queue


def test_documents_are_read_once_and_results_are_there(filled, place):
    results = list(read_queue(filled.where, out=place("out"), formats=["md", "json"], jobs=0))
    assert sorted(result.source.rpartition(os.sep)[2] for result in results) == ["..c.tif", "a.tif", "Ж ö.tif"]
    status = filled.status()
    assert (status.documents, status.done, status.waiting, status.aside, status.reading) == (3, 3, 0, {}, {})
    assert list(read_queue(filled.where, jobs=0)) == [], "where results go and how is known"


def test_the_same_document_is_queued_once(filled, make_pages):
    assert filled.add(expand([make_pages(2, "a.tif"), make_pages(1, "new.tif")]).files) == 1
    assert DocumentQueue(filled.where).status().documents == 4


def test_a_result_that_was_removed_is_made_again(filled, place, tmp_path):
    list(read_queue(filled.where, out=place("out"), jobs=0))
    assert filled.requeue([str(tmp_path / "a.tif")]) == 1
    assert filled.status().done == 2
    (again,) = read_queue(filled.where, jobs=0)
    assert (again.source, again.reused) == (str(tmp_path / "a.tif"), 2)


def test_a_folder_is_requeued_with_all_that_is_in_it(filled, place, tmp_path):
    list(read_queue(filled.where, out=place("out"), jobs=0))
    assert filled.requeue([str(tmp_path), str(tmp_path / "a.tif"), f"{tmp_path}/"]) == 3
    with pytest.raises(UsageError, match="is not in the queue"):
        filled.requeue([str(tmp_path)[:-1]])


def test_what_cannot_be_read_is_set_aside_and_tried_again_when_asked(filled, place, tmp_path, make_pages):
    (tmp_path / "a.tif").write_bytes(b"II*\0")
    (tmp_path / "..c.tif").unlink()
    results = list(read_queue(filled.where, out=place("out"), jobs=0))
    assert sum(result.error is not None for result in results) == 2
    aside = filled.status().aside
    assert "does not exist" in aside[str(tmp_path / "..c.tif")]
    assert len(aside) == 2
    make_pages(1, "..c.tif")
    assert filled.retry() == 2
    list(read_queue(filled.where, jobs=0))
    assert (filled.status().done, len(filled.status().aside)) == (2, 1)


def test_what_one_worker_has_no_password_for_another_reads(filled, place, tmp_path):
    locked, plain = str(tmp_path / "locked.pdf"), pikepdf.new()
    plain.add_blank_page()
    plain.save(locked, encryption=pikepdf.Encryption(user="sesame", owner="owner"))
    filled.add(expand([locked]).files)
    for password in (None, "wrong"):
        results = list(read_queue(filled.where, out=place("out"), password=password, jobs=0))
        (error,) = [result.error for result in results if result.error]
        assert isinstance(error, PasswordNeeded)
    assert (filled.status().done, filled.status().waiting, filled.status().aside) == (3, 1, {})
    (result,) = read_queue(filled.where, password="sesame", jobs=0)
    assert (result.source, result.error, filled.status().done) == (locked, None, 4)


def test_workers_that_read_otherwise_are_told(filled, place):
    list(read_queue(filled.where, out=place("out"), jobs=0))
    with pytest.raises(UsageError, match=r"read otherwise: formats is \('md',\) there"):
        list(read_queue(filled.where, out=place("out"), formats=["json"], jobs=0))
    with pytest.raises(UsageError, match="read otherwise: out is"):
        list(read_queue(filled.where, out=place("elsewhere"), jobs=0))


def test_what_is_no_queue(place, tmp_path, make_pages):
    with pytest.raises(UsageError, match="an empty path names no queue"):
        DocumentQueue("", new=Rules())
    with pytest.raises(UsageError, match="inf is no number of seconds"):
        DocumentQueue(place("none"), new=Rules(patience=float("inf")))
    with pytest.raises(UsageError, match=r"there is no queue at .*Run: ocroute queue add"):
        DocumentQueue(place("none"))
    queue = DocumentQueue(place("queue"), new=Rules())
    with pytest.raises(UsageError, match=r"no worker of .* has said yet where results go\. Add: -o"):
        list(read_queue(queue.where, jobs=0))
    for body, said in (
        (b'{"ocroute queue": 99}', "is of version 99"),
        (b"<html>", "is no queue of ocroute"),
        (b'{"ocroute queue": 1, "tries": "x"}', "is no queue"),
    ):
        queue.store.write("queue.json", body)
        with pytest.raises(UsageError, match=said):
            DocumentQueue(queue.where)
    queue.store.write("queue.json", b'{"ocroute queue": 1}')
    queue.store.write("settings.json", b'{"out": ')
    for ask in (queue.settings, queue.status, queue.done):
        with pytest.raises(OutputError, match=r"settings\.json of the queue at .* is damaged"):
            ask()
    queue.store.remove("settings.json")
    for part in (
        b"torn",
        b'{"id": "1", "source": "x", "stem": "../x"}',
        b'{"id": "1", "source": "x", "stem": "/tmp/x"}',
    ):
        queue.store.write("documents/x.jsonl", part)
        with pytest.raises(OutputError, match="is damaged"):
            DocumentQueue(queue.where).documents  # noqa: B018


def test_a_full_disk_ends_a_worker_and_its_documents_are_given_back(make_pages, faulty, tiny_disk, tmp_path):
    faulty("null")
    queue = DocumentQueue(str(tmp_path / "queue"), new=Rules())
    queue.add(expand([make_pages(2, f"{number}.tif") for number in range(3)]).files)
    reading = read_queue(queue.where, out=str(tiny_disk / "out"), jobs=0)
    next(reading)
    with (tiny_disk / "filler").open("wb", buffering=0) as file, contextlib.suppress(OSError):
        while True:
            file.write(bytes(512))
    with pytest.raises(OutputError, match="no space left on device"):
        list(reading)
    status = queue.status()
    assert (status.done, status.reading, status.aside, status.waiting) == (1, {}, {}, 2)
    (tiny_disk / "filler").unlink()
    assert len(list(read_queue(queue.where, jobs=0))) == 2
    assert (queue.status().done, queue.status().taken_over) == (3, 0)


def test_a_worker_that_has_no_room_for_what_lies_elsewhere_spoils_nothing(make_pages, faulty, monkeypatch, tmp_path):
    faulty("null")
    fsspec.filesystem("memory").pipe_file(f"/{tmp_path.name}/a.png", make_pages(1, "a.png").read_bytes())
    queue = DocumentQueue(str(tmp_path / "queue"), new=Rules())
    queue.add(expand([f"memory://{tmp_path.name}/"]).files)

    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(RemoteStore, "download", full)
        with pytest.raises(InputError, match="No space left on device"):
            list(read_queue(queue.where, out=str(tmp_path / "out"), jobs=0))
    assert (queue.status().aside, queue.status().waiting) == ({}, 1)
    assert [result.error for result in read_queue(queue.where, jobs=0)] == [None]


def test_a_document_whose_result_no_file_can_hold_keeps_no_worker_from_the_others(make_pages, faulty, tmp_path):
    """Its name is too long with the suffix, or a folder's; the place of another is taken by a file."""
    faulty("null")
    names = ["long" + "x" * 246 + ".tif", "folder.tif", "file/x.tif", "good.tif"]
    for name in names:
        (tmp_path / "in" / name).parent.mkdir(parents=True, exist_ok=True)
        make_pages(1, "one.tif").rename(tmp_path / "in" / name)
    out = tmp_path / "out"
    (out / "folder.tif.md").mkdir(parents=True)
    (out / "file").touch()
    queue = DocumentQueue(str(tmp_path / "queue"), new=Rules())
    queue.add(expand([tmp_path / "in"]).files)
    assert len(list(read_queue(queue.where, out=str(out), jobs=0))) == 4
    status = queue.status()
    assert (status.done, status.waiting, status.reading, len(status.aside)) == (1, 0, {}, 3)
    assert any("file name too long" in reason for reason in status.aside.values())


def test_a_mistake_of_the_first_worker_does_not_hold_for_the_others(filled, place, tmp_path):
    with pytest.raises(EngineUnavailable):
        list(read_queue(filled.where, Wish(engine="segfault"), out=place("out"), jobs=0))
    (tmp_path / "taken").touch()
    with pytest.raises(OutputError, match="taken"):
        list(read_queue(filled.where, out=f"{tmp_path}/taken", jobs=0))
    assert filled.settings() is None
    assert len(list(read_queue(filled.where, out=place("out"), jobs=0))) == 3


def test_pictures_of_a_result_go_with_it(filled, place, tmp_path):
    list(read_queue(filled.where, out=place("out"), options={"page_images": "png"}, jobs=0))
    out = store_at(place("out"))
    before = [name for name in out.names() if ".pages/" in name]
    assert len(before) == 6
    filled.requeue([str(tmp_path / "a.tif")])
    assert [name for name in out.names() if ".pages/" in name] == [name for name in before if name[0] != "a"]


def test_files_of_the_system_in_a_queue_are_no_part_of_it(filled, place):
    for folder in ("documents", "claims", "claims/x", "workers", "aside", "takeovers"):
        filled.store.write(f"{folder}/.DS_Store", b"")
        filled.store.write(f"{folder}/.nfs0001", b"")
    assert len(list(read_queue(filled.where, out=place("out"), jobs=0))) == 3
    assert DocumentQueue(filled.where).status().done == 3


@pytest.mark.parametrize("step", ["first write", "read", "create", "exists", "names", "remove"])
def test_a_store_that_fails_is_told_whichever_step_it_fails_at(step, make_pages, faulty, monkeypatch, tmp_path):
    faulty("null")
    queue = DocumentQueue(str(tmp_path / "queue"), new=Rules())
    queue.add(expand([make_pages(1, "a.tif"), make_pages(1, "b.tif")]).files)
    reading = read_queue(queue.where, out=str(tmp_path / "out"), jobs=0)
    if step != "first write":
        next(reading)

    def broken(*_, **__):
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(FolderStore, step.split()[-1], broken)
    with pytest.raises(OutputError, match="input/output error"):
        list(reading)


def test_two_documents_for_one_result_are_refused(tmp_path, make_pages, place):
    pages = [make_pages(1, "x.tif", tmp_path / name) for name in ("a", "b")]
    queue = DocumentQueue(place("queue"), new=Rules())
    with pytest.raises(UsageError, match=r"would both be written to x\.tif"):
        queue.add(expand(pages).files)
    assert DocumentQueue(place("queue")).documents == {}


def test_two_who_add_at_once_do_not_lose_a_document_of_the_same_name(tmp_path, make_pages, place):
    pages = [make_pages(1, "x.tif", tmp_path / name) for name in ("a", "b")]
    first, second = DocumentQueue(place("queue"), new=Rules()), DocumentQueue(place("queue"))
    assert first.documents == {}, "it has looked before the other one adds"
    assert second.add(expand(pages[:1]).files) == 1
    with pytest.raises(UsageError, match=r"would both be written to x\.tif"):
        first.add(expand(pages[1:]).files)
    assert [each.source for each in DocumentQueue(place("queue")).documents.values()] == [str(pages[0])]
    assert first.add(expand([make_pages(1, "y.tif", tmp_path / "b")]).files) == 1


def test_a_claim_that_names_nobody_is_taken_over(place, make_pages, faulty):
    faulty("null")
    queue = DocumentQueue(place("queue"), new=Rules(patience=1.0))
    queue.add(expand([make_pages(1)]).files)
    (document,) = queue.documents
    for turn, torn in enumerate((b"", b"\xff\xfe")):
        queue.store.write(f"claims/{document}/{turn}", torn)
        assert queue.status().reading
    assert len(list(read_queue(queue.where, out=place("out"), jobs=0))) == 1
    assert (queue.status().done, queue.status().taken_over) == (1, 1)


@pytest.mark.skipif(os.name == "nt" or sys.platform == "darwin", reason="names are text on this system")
def test_a_name_that_is_no_text_is_refused_in_one_line(place, make_pages, tmp_path, faulty):
    faulty("null")
    bad = os.fsencode(make_pages(1, "good.tif")).replace(b"good", b"bad\xff")
    shutil.copy(tmp_path / "good.tif", bad)
    queue = DocumentQueue(place("queue"), new=Rules())
    with pytest.raises(UsageError, match=r"bad.*\.tif cannot be written down in a queue: .*Rename it, or .* --shard"):
        queue.add(expand([os.fsdecode(bad)]).files)
    assert queue.add(expand([tmp_path / "good.tif"]).files) == 1
    with pytest.raises(UsageError, match="cannot be written down in a queue"):
        list(read_queue(queue.where, out=os.fsdecode(bad) + ".out/", jobs=0))


def test_a_document_is_requeued_by_any_name_that_it_can_be_added_by(filled, place, tmp_path):
    list(read_queue(filled.where, out=place("out"), jobs=0))
    assert filled.requeue([(tmp_path / "a.tif").as_uri(), os.path.relpath(tmp_path / "..c.tif")]) == 2
    assert filled.status().done == 1


@pytest.mark.slow
@pytest.mark.skipif(not shutil.which("bash"), reason="needs bash, for which the example is written")
def test_the_slurm_example_reads_each_document_in_one_of_its_tasks(make_pages, faulty, tmp_path, monkeypatch):
    faulty("null")
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(sys.path))
    monkeypatch.setenv("OCROUTE_ENGINE", "null")
    monkeypatch.setenv("OCROUTE_JOBS", "1")
    guide = (Path(__file__).parents[2] / "docs" / "many-machines.md").read_text("utf-8")
    (script,) = re.findall(r"^```bash slurm\.sh\n(.*?)^```$", guide, re.MULTILINE | re.DOTALL)
    assert "--array=1-16" in script
    assert "/16" in script
    (tmp_path / "slurm.sh").write_text(script.replace("16", "2"))
    names = [make_pages(1, f"{number}.tif", tmp_path / "scans").name for number in range(6)]
    monkeypatch.setenv("PATH", os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]))
    said = []
    for task in ("1", "2"):
        monkeypatch.setenv("SLURM_ARRAY_TASK_ID", task)
        done = subprocess.run(["bash", "slurm.sh"], cwd=tmp_path, capture_output=True, text=True, check=False)
        said.append(done.stderr)
    assert sorted(each.name for each in (tmp_path / "out").iterdir() if each.is_file()) == [f"{n}.md" for n in names], (
        said
    )


@pytest.mark.slow
def test_workers_that_are_killed_lose_nothing(ocroute, make_pages, tmp_path):
    pages = [make_pages(3, f"{number}.tif") for number in range(8)]
    plain = ocroute.run(*pages, "-o", tmp_path / "plain", "--jobs", 1, engines=["slow"])
    assert plain.returncode == 0, plain.stderr
    added = subprocess.run(
        [sys.executable, "-m", "ocroute", "queue", "add", "--patience", "3", str(tmp_path / "queue"), *map(str, pages)],
        check=True,
        capture_output=True,
    )
    assert b"8 added" in added.stderr
    out = tmp_path / "out"
    workers = [ocroute.start("--queue", tmp_path / "queue", "-o", out, "--jobs", 1, engines=["slow"]) for _ in range(4)]
    until(lambda: out.is_dir() and len(content(out)) >= 2)
    for worker in workers[:2]:
        os.kill(worker.pid, signal.SIGKILL)
    said = [worker.communicate(timeout=PATIENCE)[1] for worker in workers]
    assert [worker.returncode for worker in workers[2:]] == [0, 0], said
    assert content(out) == content(tmp_path / "plain")
    status = DocumentQueue(str(tmp_path / "queue")).status()
    assert (status.done, status.aside, status.reading) == (8, {}, {})
