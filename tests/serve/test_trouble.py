"""A service on a machine that has its troubles says what they are."""

import time

import pytest
from tests.support.service import document, picture
from tests.support.waiting import until

pytestmark = pytest.mark.slow


def test_without_room_on_the_disk_nothing_is_taken_and_everything_is_said(servers, tiny_disk):
    server = servers("--jobs", 1)
    server.stop_and_start_at(tiny_disk / "data")
    answer = server.send(picture())
    assert answer.status_code == 503
    assert "MiB are free on the server's disk" in answer.json()["detail"]
    assert int(answer.headers["retry-after"]) > 0
    ready = server.get("/readyz")
    assert ready.status_code == 503
    assert "are free on the disk" in ready.json()["detail"]
    assert server.get("/livez").status_code == 200
    server.stop()


def test_an_engine_that_cannot_be_loaded_is_named_and_its_jobs_fail_with_the_reason(servers):
    server = servers("--jobs", 1, engines="cannot_load")
    told = server.ended(server.job(document(2)))
    assert told["state"] == "failed"
    assert "its weights are torn" in told["reason"]
    ready = server.get("/readyz")
    assert (ready.status_code, ready.json()["status"]) == (503, "not ready")
    assert "no page can be read: " in server.log.read_text()
    assert "its weights are torn" in server.log.read_text()


def test_an_engine_that_takes_its_process_down_while_it_is_loaded_leaves_failed_pages(troubled):
    told = troubled.ended(troubled.job(document(2), engine="dies_loading"))
    assert told["state"] == "done"
    assert set(told["verdicts"].values()) == {"failed"}
    assert troubled.ended(troubled.job(picture()))["state"] == "done"


def test_an_engine_that_nobody_knows_is_refused_at_the_start(tmp_path):
    from tests.support.command import ocroute

    ended = ocroute("serve", "--engine", "nonsense", "--data", tmp_path)
    assert ended.returncode == 2
    assert "no engine named 'nonsense'" in ended.stderr


def test_the_list_of_jobs_is_as_long_as_it_is_asked_for(server):
    jobs = [server.job(picture()) for _ in range(3)]
    listed = [one["id"] for one in server.get("/v1/jobs?limit=2").json()]
    assert listed == [job.rpartition("/")[2] for job in jobs[:0:-1]]
    assert server.get("/v1/jobs?limit=0").status_code == 422


def test_a_page_that_hangs_lets_its_worker_go_when_its_job_is_canceled(slow):
    slow.ready()
    stuck = slow.job(picture(), engine="hang")
    until(lambda: slow.events_so_far(stuck)[-1:] == ["attempt"])
    next_one = slow.job(picture())
    time.sleep(1)
    assert slow.get(next_one).json()["state"] == "queued"
    slow.ask("DELETE", stuck)
    assert slow.ended(next_one)["state"] == "done"


def test_a_server_whose_engine_dies_over_every_page_does_not_say_that_it_is_ready(servers):
    server = servers("--jobs", 1, engines="exit1")
    told = server.ended(server.job(picture()))
    assert told["verdicts"] == {"1": "failed"}
    assert server.get("/readyz").status_code == 503
