"""The two executors do the same; N jobs in, N answers out."""

import re
import sys
import threading
import time
from collections import deque

import msgspec
import pytest
from PIL import Image, ImageDraw, ImageFont
from tests.support.waiting import PATIENCE

from ocroute.errors import CorruptInput, ExitCode, InputNotFound, PasswordNeeded, UsageError
from ocroute.events import AttemptStarted, InputFailed, PageDone, listening
from ocroute.route.plan import Wish
from ocroute.run import exit_code, read_documents
from ocroute.run.executor import Serial, ask, in_order
from ocroute.run.jobs import Count, Counted, Input, JobFailed, Read, Record
from ocroute.run.records import unpack
from ocroute.run.worker_pool import WorkerPool


@pytest.fixture
def scripted(tmp_path, monkeypatch):
    """Two pages with a line of text each, and the script that says what they say."""
    font, frames, script = ImageFont.load_default(30), [], {}
    for number in (1, 2):
        frame = Image.new("L", (700, 300), 255)
        text = f"Page {number} of the minutes of the garden club."
        box = ImageDraw.Draw(frame).textbbox((40, 100), text, font=font)
        ImageDraw.Draw(frame).text((40, 100), text, font=font, fill=0)
        frames.append(frame)
        script[number] = [{"text": text, "box": box, "confidence": 0.99}]
    frames[0].save(tmp_path / "minutes.tif", save_all=True, append_images=frames[1:])
    (tmp_path / "script.json").write_bytes(msgspec.json.encode(script))
    monkeypatch.setenv("OCROUTE_SCRIPT", str(tmp_path / "script.json"))
    return tmp_path / "minutes.tif"


def test_serial_and_processes_give_the_same_document(scripted, ocroute):
    command = (scripted, "--format", "json", "--engine", "scripted", "--jobs")
    serial, processes = (ocroute.run(*command, jobs, engines=["scripted"]) for jobs in ("0", "2"))
    assert serial.returncode == processes.returncode == ExitCode.OK, serial.stderr + processes.stderr
    assert "Page 2 of the minutes" in serial.stdout

    def plain(text):
        return re.sub(r'"threads":\s*\d+|"seconds":\s*\{[^}]*\}', "", text)

    assert plain(serial.stdout) == plain(processes.stdout)


class Coming(deque):
    """An iterator of jobs, which may have more after it had none."""

    def __iter__(self):
        return self

    def __next__(self):
        if not self:
            raise StopIteration
        return self.popleft()


def test_jobs_may_come_while_others_are_done(make_pages, faulty):
    faulty("null")
    file = Input(bytes(make_pages(3)))
    coming, answers = Coming([Count(file)]), []
    with WorkerPool(1) as executor:
        for index, answer in executor.run(coming):
            answers.append((index, answer))
            if isinstance(answer, Counted):
                coming.extend(Read(file, number, Wish("null")) for number in answer.numbers)
            elif len(answers) == 4:
                coming.append(Count(file))
            executor.wake()
    assert [index for index, _ in answers[:5]] == [0, 1, 2, 3, 4]
    assert [type(answer) for _, answer in answers[:5]] == [Counted, Record, Record, Record, Counted]


def test_a_worker_that_takes_too_much_memory_is_ended_over_its_page_only(make_pages, faulty):
    faulty("hoards:2")
    jobs = [Read(Input(bytes(make_pages(3))), number, Wish("hoards")) for number in (1, 2, 3)]
    with WorkerPool(1, memory_mb=700) as executor:
        pages = [unpack(answer.body) for answer in in_order(executor.run(jobs))]
    assert [page.attempts[0].outcome for page in pages] == ["declined", "crashed", "declined"]
    assert "MiB of memory, and may take 700" in pages[1].attempts[0].reason


def test_a_page_that_nobody_waits_for_lets_its_worker_go(make_pages, faulty):
    faulty("hang:1", "null")
    jobs = [Read(Input(bytes(make_pages(2))), number, Wish()) for number in (1, 2)]
    with WorkerPool(1) as executor:

        def give_up(event):
            if isinstance(event, AttemptStarted) and event.engine == "hang":
                executor.give_up_on(0)

        with listening(give_up):
            statuses = [(index, answer.status) for index, answer in executor.run(jobs)]
    assert statuses[0] == (0, "failed")
    assert statuses[1][0] == 1
    assert statuses[1][1] != "failed"


def test_answers_come_as_they_are_done_and_records_in_order(make_pages, faulty):
    faulty("slow:1", "null")
    jobs = [Read(Input(bytes(make_pages(6))), number, Wish()) for number in range(1, 7)]
    with WorkerPool(2) as executor:
        ask(executor, jobs[-1])  # both warm: the order below is then that of the work
        answers = list(executor.run(jobs))
    assert [answer.number for answer in in_order(answers)] == [1, 2, 3, 4, 5, 6]
    assert sorted(index for index, _ in answers) == list(range(6))


def test_jobs_are_taken_a_bounded_way_ahead(make_pages, faulty):
    faulty("hang:1", "null")
    pages = Input(bytes(make_pages(1)))
    taken = 0

    def jobs():
        nonlocal taken
        for number in [1] + [2] * 500:
            taken += 1
            yield Count(pages) if number == 2 else Read(pages, 1, Wish())

    with WorkerPool(2, timeout=6) as executor:
        done = 0
        for index, _ in executor.run(jobs()):
            done += 1
            if index == 0:
                break
        assert taken < 80
        assert done == taken - 2, "what was done meanwhile waits for nobody"


def test_workers_stay_warm(make_pages, faulty, tmp_path, monkeypatch):
    faulty("null")
    monkeypatch.setenv("OCROUTE_FAULTY_LOG", str(tmp_path / "log"))
    with WorkerPool(1) as executor:
        for number in (1, 2, 3):
            assert isinstance(ask(executor, Read(Input(bytes(make_pages(3))), number, Wish())), Record)
    assert len({line.split()[2] for line in (tmp_path / "log").read_text().splitlines()}) == 1


def test_works_from_a_thread_and_without_main_guard(make_pages, faulty):
    faulty("null")
    results = []
    thread = threading.Thread(target=lambda: results.extend(read_documents([make_pages(1)], jobs=1)))
    thread.start()
    thread.join(PATIENCE)
    assert [result.statuses for result in results] == [("blank",)]


def test_bad_inputs_cost_themselves_only(make_pages, faulty, tmp_path):
    faulty("null")
    good = make_pages(2)
    (tmp_path / "empty.png").touch()
    (tmp_path / "torn.pdf").write_bytes(b"%PDF-1.7\ntorn")
    inputs = [tmp_path / "none.png", tmp_path / "empty.png", good, tmp_path / "torn.pdf"]
    heard = []
    with listening(heard.append):
        results = list(read_documents(inputs, jobs=2, out=tmp_path / "out"))
    assert [type(result.error) for result in results] == [InputNotFound, CorruptInput, type(None), CorruptInput]
    assert results[2].statuses == ("blank", "blank")
    assert exit_code(results) == ExitCode.BAD_INPUT
    assert [type(event) for event in heard].count(InputFailed) == 3
    assert [type(event) for event in heard].count(PageDone) == 2
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [".ocroute", "pages.tif.md"]


def test_pages_that_are_not_there_are_an_error_of_that_input(make_pages, faulty):
    faulty("null")
    (result,) = read_documents([make_pages(2)], jobs=1, pages="3-5")
    assert isinstance(result.error, UsageError)
    (result,) = read_documents([make_pages(2)], jobs=1, pages="2-5")
    assert [page.number for page in result.document().pages] == [2]
    (result,) = read_documents([make_pages(3)], jobs=1, pages="2-")
    assert [page.number for page in result.document().pages] == [2, 3]


def test_errors_cross_from_a_worker_whole():
    error = PasswordNeeded("x.pdf is encrypted", next_step="Give --password")
    again = JobFailed.of(error).error()
    assert (type(again), str(again)) == (PasswordNeeded, str(error))


def test_file_whose_name_is_not_text(make_pages, faulty, tmp_path):
    faulty("null")
    name = b"\xff\xfe scan.tif"
    if sys.platform != "linux":
        pytest.skip("needs a file system of bytes")
    path = bytes(tmp_path) + b"/" + name
    make_pages(1).rename(path.decode(errors="surrogateescape"))
    (result,) = read_documents([tmp_path], jobs=1, out=tmp_path / "out", formats=["json"])
    assert result.error is None
    assert result.document().pages[0].source.endswith("\ufffd\ufffd scan.tif")
    assert result.outputs[0].exists()


def test_file_that_goes_away_meanwhile_is_a_failed_page(make_pages, faulty):
    faulty("null")
    pages = make_pages(1)
    with Serial() as executor:
        assert ask(executor, Count(Input(bytes(pages)))) == Counted((1,))
        pages.unlink()
        record = ask(executor, Read(Input(bytes(pages)), 1, Wish()))
    assert record.status == "failed"
    assert "does not exist" in unpack(record.body).error


def test_leaving_early_ends_the_workers_at_once(make_pages, faulty, ocroute, monkeypatch):
    faulty("hang:2", "null")
    monkeypatch.setenv(*ocroute.mark.split("=", 1))
    results = read_documents([make_pages(1, "a.tif"), make_pages(2, "b.tif")], jobs=2)
    next(results)
    assert ocroute.alive()
    started = time.monotonic()
    results.close()
    assert time.monotonic() - started < 60, "the page that hangs would take minutes"
    assert ocroute.alive() == []


def test_options_that_make_no_sense(make_pages):
    with pytest.raises(UsageError):
        list(read_documents([make_pages(1)], jobs=-1))
    with pytest.raises(UsageError):
        list(read_documents([make_pages(1)], jobs=1, timeout=0))
