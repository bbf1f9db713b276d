"""Whatever is killed, every page of every job that was taken is read, and once."""

import json
import os
import signal

import psutil
import pytest
from tests.support.service import document, picture
from tests.support.waiting import PATIENCE, until

pytestmark = pytest.mark.slow


def without_seconds(found):
    """A document as JSON, without what differs between equal runs."""
    if isinstance(found, dict):
        return {name: without_seconds(one) for name, one in found.items() if name != "seconds"}
    return [without_seconds(one) for one in found] if isinstance(found, list) else found


def workers(server):
    return [
        child
        for child in psutil.Process(server.process.pid).children(recursive=True)
        if "ocroute.run.worker" in child.cmdline()
    ]


def pages_of(server, job):
    return server.get(f"{job}/result?format=json").json()["pages"]


@pytest.fixture(scope="module")
def mortal(servers):
    return servers("--jobs", 1, engines="slow")


@pytest.fixture(scope="module")
def as_it_should_be(mortal):
    job = mortal.job(document(8), "eight.tif")
    assert mortal.ended(job)["state"] == "done"
    return without_seconds(pages_of(mortal, job))


def test_a_server_that_is_killed_goes_on_where_it_was(mortal, as_it_should_be):
    jobs = [mortal.job(document(8), "eight.tif") for _ in range(3)]
    until(lambda: mortal.get(jobs[0]).json()["pages"]["done"] >= 3)
    before = mortal.get(jobs[0]).json()["pages"]["done"]
    alive = workers(mortal)
    mortal.kill()
    _, left = psutil.wait_procs(alive, timeout=PATIENCE)
    assert not left  # its workers go with it
    (mortal.data / "uploads" / "half-of-a-file").write_bytes(b"0" * 1000)
    (mortal.data / "jobs" / "torn").mkdir()
    (mortal.folder / "engines.log").unlink()
    mortal.start()
    for job in jobs:
        told = mortal.ended(job)
        assert told["state"] == "done"
        until(lambda job=job: [kind for _, kind, _ in mortal.events(job)][-1] == "done")  # said after the state is kept
        assert without_seconds(pages_of(mortal, job)) == as_it_should_be
    read = len((mortal.folder / "engines.log").read_text().splitlines())
    assert read <= 24 - before + 1  # the page of our own that warms it up; nothing that was read is read again
    assert not list((mortal.data / "uploads").iterdir())
    assert not (mortal.data / "jobs" / "torn").exists()


def test_a_worker_that_is_killed_costs_no_page(mortal, as_it_should_be):
    mortal.ready()
    job = mortal.job(document(8), "eight.tif")
    until(lambda: mortal.get(job).json()["pages"]["done"] >= 2)
    for worker in workers(mortal):
        os.kill(worker.pid, signal.SIGKILL)
    told = mortal.ended(job)
    assert (told["state"], len(told["verdicts"])) == ("done", 8)
    pages = without_seconds(pages_of(mortal, job))
    lost = [page for page, right in zip(pages, as_it_should_be, strict=True) if page != right]
    assert len(lost) <= 1  # the page that it had in hand says that its attempt was lost
    assert all("crashed" in json.dumps(page) for page in lost)


def test_the_process_that_makes_results_may_die_too(mortal):
    job = mortal.job(picture())
    mortal.ended(job)
    assert mortal.get(f"{job}/result?format=md").status_code == 200
    for child in psutil.Process(mortal.process.pid).children(recursive=True):
        if "ocroute.jobs.results_child" in child.cmdline():
            child.kill()
    assert mortal.get(f"{job}/result?format=html").status_code == 200


def test_results_and_canceled_jobs_outlast_a_server(mortal):
    done, canceled = mortal.job(picture(), "kept.png"), mortal.job(document(9), "dropped.tif")
    mortal.ask("DELETE", canceled)
    mortal.ended(done)
    text = mortal.get(f"{done}/result?format=json").text
    assert mortal.stop_and_start() == 0
    assert mortal.get(done).json()["name"] == "kept.png"
    assert mortal.get(f"{done}/result?format=json").text == text
    assert mortal.get(canceled).json()["state"] == "canceled"
    assert mortal.events(done)[-1][1] == "done"


def test_two_servers_do_not_share_a_folder(mortal, tmp_path):
    from tests.support.command import ocroute

    ended = ocroute("serve", "--port", 0, "--data", mortal.data)
    assert ended.returncode == 2
    assert "another ocroute serve uses" in ended.stderr
    port = mortal.url.rpartition(":")[2]
    ended = ocroute("serve", "--port", port, "--data", tmp_path)
    assert ended.returncode == 6
    assert "--port 0" in ended.stderr
