"""The life of a job: sent, followed, fetched in any format, canceled, gone."""

import io
import json
import re
import time
import zipfile

import pytest
from tests.support.service import document, picture, text_pdf
from tests.support.waiting import until

pytestmark = pytest.mark.slow


def test_a_file_is_read_and_its_text_comes_in_every_format(real):
    job = real.job(text_pdf("Tide tables of <1911>", "Lamp and rope"), "Ночь.pdf")
    told = real.ended(job)
    assert (told["state"], told["ok"], told["name"]) == ("done", True, "Ночь.pdf")
    assert told["pages"] == {"total": 1, "done": 1, "accepted": 1, "blank": 0, "doubtful": 0, "failed": 0}
    choices = real.get("/v1/choices").json()
    assert {"md", "json", "html", "pdf", "show", "docx", "zip"} <= set(choices["formats"])
    for name in choices["formats"]:
        answer = real.get(f"{job}/result?format={name}")
        assert answer.status_code == 200, (name, answer.text)
        assert "filename*=UTF-8''%D0%9D%D0%BE%D1%87%D1%8C." in answer.headers["content-disposition"]
        assert re.search(
            r'; filename="____\.[\w.]+"; ', answer.headers["content-disposition"]
        )  # all that curl -OJ knows
        assert len(answer.content) > 20
    assert "Tide tables of" in real.get(f"{job}/result?format=txt").text
    found = real.get(f"{job}/result?format=json").json()
    assert found["source"] == "Ночь.pdf"
    assert len(found["sha256"]) == 64
    assert job.rpartition("/")[2] not in json.dumps(found)


def test_several_formats_come_as_an_archive_with_their_pictures(real):
    job = real.job(text_pdf("Lamp"), "../../evil\\..\\lamp.pdf")
    real.ended(job)
    answer = real.get(f"{job}/result?format=md,hocr,zip&figures=true")
    assert answer.headers["content-type"] == "application/zip"
    names = zipfile.ZipFile(io.BytesIO(answer.content)).namelist()
    assert sorted(names) == ["lamp.hocr", "lamp.md"]


def test_events_tell_the_whole_story_and_go_on_from_where_a_client_was(server):
    job = server.job(document(3))
    server.ended(job)
    events = server.events(job)
    kinds = [kind for _, kind, _ in events]
    assert kinds[:2] == ["queued", "counted"]
    assert kinds[-1] == "done"
    assert sorted(body["page"] for _, kind, body in events if kind == "page") == [1, 2, 3]
    assert events[-1][2]["state"] == "done"
    half = events[3][0]
    assert server.events(job, last=half) == events[4:]
    assert server.events(job, last="another-3") == events  # of an earlier server


def test_events_come_while_the_job_is_read(slow):
    job = slow.job(document(18))
    with slow.client.stream("GET", f"{slow.url}{job}/events") as stream:
        for line in stream.iter_lines():
            if line == "event: page":
                break
        assert slow.get(job).json()["state"] == "reading"
    slow.ask("DELETE", job)


def test_whoever_waits_hears_of_the_end_when_it_comes(slow):
    job = slow.job(document(2))
    assert slow.get(job).json()["state"] in ("queued", "reading")
    began = time.monotonic()
    told = slow.get(f"{job}?wait=60").json()
    assert told["state"] == "done"
    assert time.monotonic() - began < 50
    assert slow.get(f"{job}?wait=100").status_code == 422


def test_what_is_not_done_has_no_result_yet_and_says_so(slow):
    job = slow.job(document(18))
    answer = slow.get(f"{job}/result")
    assert answer.status_code == 409
    assert answer.headers["retry-after"]
    assert slow.ask("DELETE", job).json()["state"] == "canceled"


def test_a_canceled_job_stays_so_and_leaves_nothing_of_its_file(slow):
    job = slow.job(document(18), "secret.tif")
    until(lambda: slow.get(job).json()["pages"]["done"])
    assert slow.ask("DELETE", job).json()["state"] == "canceled"
    other = slow.job(document(1))
    assert slow.ended(other)["state"] == "done"  # the worker goes on with the next one
    told = slow.get(job).json()
    assert (told["state"], told["reason"]) == ("canceled", "canceled by its client")
    assert told["pages"]["done"] < 18
    assert [kind for _, kind, _ in slow.events(job)][-1] == "canceled"
    assert slow.get(f"{job}/result").status_code == 409
    assert [path.name for path in (slow.data / "jobs" / job.rpartition("/")[2]).iterdir()] == ["job.json"]
    assert slow.ask("DELETE", job).status_code == 200
    assert slow.get(job).status_code == 410
    assert not (slow.data / "jobs" / job.rpartition("/")[2]).exists()


def test_a_letter_does_not_wait_for_a_book(slow):
    book, letter = slow.job(document(18)), slow.job(document(1))
    assert slow.ended(letter)["state"] == "done"
    assert slow.get(book).json()["state"] == "reading"
    slow.ask("DELETE", book)


@pytest.mark.parametrize(
    ("data", "fields", "said"),
    [
        (b"", {}, "empty"),
        (b"no picture at all", {}, "plain text"),
        (b"%PDF-1.7\nrubbish", {}, "damaged"),
        (b"PK\x03\x04" + b"0" * 40, {}, "ZIP archive"),
        (picture(), {"pages": "5-9"}, "page"),
        (document(21), {}, "has 21 pages, and this server reads 20"),
    ],
)
def test_a_file_that_cannot_be_read_is_a_failed_job_with_the_reason(slow, data, fields, said):
    job = slow.job(data, "a name.bin", **fields)
    told = slow.ended(job)
    assert told["state"] == "failed"
    assert said in told["reason"]
    assert job.rpartition("/")[2] not in told["reason"]
    assert str(slow.data) not in told["reason"]
    answer = slow.get(f"{job}/result")
    assert (answer.status_code, answer.json()["detail"]) == (409, told["reason"])


def test_pages_and_password_are_heeded(server):
    job = server.job(document(5), pages="2,4-5")
    told = server.ended(job)
    assert list(told["verdicts"]) == ["2", "4", "5"]


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"engine": "nothing"}, "no engine named 'nothing'"),
        ({"languages": "klingonian"}, "klingonian"),
        ({"prefer": "beauty"}, "layout or speed"),
        ({"url": "http://127.0.0.1/x.pdf"}, "--allow-urls"),
    ],
)
def test_what_makes_no_sense_is_refused_with_a_list_and_costs_no_job(server, fields, said):
    before = len(server.get("/v1/jobs").json())
    answer = (
        server.send(picture(), **fields)
        if "url" not in fields
        else server.ask("POST", "/v1/jobs", data=fields, files={"a": b""})
    )
    assert answer.status_code == 422
    assert said in answer.json()["detail"][0]["msg"]
    assert len(server.get("/v1/jobs").json()) == before


@pytest.mark.parametrize(
    "query", ["format=exe", "format=md&nonsense=1", "format=md&tables=round", "format=md&figures=true", "chunk_size=-4"]
)
def test_formats_and_options_that_are_not_known_are_refused(real, query):
    job = real.job(text_pdf("Lamp"))
    real.ended(job)
    assert real.get(f"{job}/result?{query}").status_code == 422


def test_a_page_comes_as_the_viewer_shows_it_with_its_image(real):
    job = real.job(text_pdf("Lamp", pages=2))
    real.ended(job)
    page = real.get(f"{job}/pages/2").json()
    assert (page["number"], page["readings"][0]["status"]) == (2, "accepted")
    image = real.get(f"{page['image']}?width=800")
    assert (image.headers["content-type"], image.content[:4]) == ("image/webp", b"RIFF")
    assert real.get(f"{job}/pages/3").status_code == 404


def test_results_go_after_their_time_and_are_then_gone_not_unknown(servers):
    server = servers("--jobs", 1, "--keep-hours", 0.0001, "--keep-jobs", 5)
    job = server.job(picture())
    until(lambda: server.get(job).status_code != 200)
    answer = server.get(job)
    assert (answer.status_code, answer.json()["detail"]) == (410, "this job has expired, or was removed")
    assert server.get("/v1/jobs/" + "a" * 39).status_code == 404
    assert server.get("/v1/jobs/short").status_code == 404


def test_health_numbers_and_routes_are_told(server):
    assert server.get("/livez").json()["status"] == "alive"
    server.ready()
    before = server.metric("ocroute_pages_total")
    server.ended(server.job(document(3)))
    assert server.metric("ocroute_pages_total") == before + 3
    until(lambda: server.metric("ocroute_unfinished_jobs") == 0)
    paths = server.get("/openapi.json").json()["paths"]
    assert {"/v1/jobs", "/v1/jobs/{job_id}/events", "/v1/ocr", "/v1/files", "/v1/models", "/readyz"} <= set(paths)
    assert "/v1/jobs/{job_id}/result" in server.get("/docs").text


def test_the_log_holds_no_name_and_no_text(real):
    real.ended(real.job(text_pdf("Unspeakable words"), "very-private-name.pdf"))
    log = real.log.read_text()
    lines = [json.loads(line) for line in log.splitlines() if line.startswith("{")]
    assert {"request", "time", "status", "route"} <= set(next(line for line in lines if line["event"] == "request"))
    assert "very-private" not in log
    assert "Unspeakable" not in log
