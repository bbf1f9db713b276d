"""Many pages at a server at once: as many as make it faster, and what goes wrong with one costs the others nothing."""

import heapq
import threading
import time

import numpy as np
import pytest
from PIL import Image, ImageDraw
from tests.support.chat_server import Reply, completion
from tests.support.waiting import PATIENCE, until

from ocroute.engines.base import PageLimits, Request, Task, Wanted
from ocroute.engines.openai.in_flight import MOST, START, InFlight, at_first
from ocroute.errors import DeadlineExceeded, Declined, EngineError
from ocroute.route.plan import Wish
from ocroute.run import read_documents
from ocroute.values import Box


def slowly(seconds, text="a page"):
    return Reply(body=completion(text), wait=seconds)


def together(server, count, text="a page"):
    """A reply that comes once so many requests are there at the same time."""

    def reply(_):
        until(lambda: server.most >= count)
        return Reply(body=completion(text))

    return reply


def whole(one):
    """The engine, with the room that a quick server gets, however long the canary page took on this machine."""
    one._in_flight = InFlight(START)
    return one


def texts(answers):
    return [reading.text for _, reading in answers]


def after(flight, together, pages=3000):
    """The room that ``flight`` ends with at a server that works on so many pages at the same time, a second each."""
    now, ends, free = 0.0, [], [0.0] * together
    for _ in range(pages):
        while len(ends) < flight.room:
            begins = max(now, heapq.heappop(free))
            heapq.heappush(free, begins + 1.0)
            heapq.heappush(ends, begins + 1.0)
        now = heapq.heappop(ends)
        flight.ended(now, full=True)
    return flight.room


@pytest.mark.parametrize(
    ("together", "least", "most"), [(1, 8, 8), (8, 8, 8), (16, 16, 30), (40, 36, 64), (500, MOST, MOST)]
)
def test_the_room_grows_for_as_long_as_that_makes_the_server_faster(together, least, most):
    assert least <= after(InFlight(START), together) <= most


@pytest.mark.parametrize("together", [2, 8, 64])
def test_a_start_with_one_page_comes_as_far(together):
    assert after(InFlight(1), together) >= together * 0.7


def test_a_busy_server_gets_half_and_never_as_much_again():
    flight = InFlight(8)
    flight.ended(1.0, full=True, busy=True)
    assert flight.room == 4
    assert after(flight, 500) == 4
    for _ in range(5):
        flight.ended(2.0, full=True, busy=True)
    assert flight.room == 1


def test_nothing_is_learnt_while_pages_are_missing():
    flight = InFlight(8)
    for at in range(1000):
        flight.ended(float(at), full=at % 7 != 0)
    assert flight.room == 8


@pytest.mark.parametrize(
    ("canary", "page", "room"), [(0.0, 300.0, 8), (1.0, 300.0, 8), (4.0, 300.0, 2), (60.0, 300.0, 1)]
)
def test_a_slow_server_is_sent_no_more_than_it_answers_in_time_one_by_one(canary, page, room):
    assert at_first(canary, page) == room


def test_eight_pages_are_on_their_way_at_once(server, engine, grey):
    server.script += [together(server, START, f"page {at}") for at in range(12)]
    requests = [Request(grey(at), Task()) for at in range(12)]
    answers = list(whole(engine()).read(requests))
    assert server.most == START
    assert sorted(texts(answers)) == sorted(f"page {at}" for at in range(12))
    assert {request for request, _ in answers} == set(requests)
    assert len(server.canaries) == 1


def test_each_answer_belongs_to_its_page(server, engine, grey):
    requests = [Request(grey(at), Task()) for at in range(30)]
    answers = dict(engine().read(requests))
    assert [answers[request].text for request in requests] == [f"grey {at}" for at in range(30)]


def test_it_asks_for_pages_while_it_holds_some_and_waits_without_haste(server, engine, grey):
    answered = threading.Event()
    server.script += [lambda _: answered.wait(PATIENCE) and Reply(body=completion("a page"))]
    first, later = Request(grey(1), Task()), Request(grey(2), Task())
    looks = []

    def coming():
        yield first
        for _ in range(5):
            looks.append(time.monotonic())
            yield None
        yield later

    answers = engine().read(coming())
    assert next(answers)[0] == later, "it does not wait for the first"
    answered.set()
    assert [request for request, _ in answers] == [first]
    assert np.diff(looks).min() > 0.01


def test_a_failed_page_is_an_answer_and_the_others_are_read(server, engine, grey):
    server.script += [lambda request: Reply(400, {"error": {"message": "no such image"}})]
    requests = [Request(grey(at), Task()) for at in range(5)]
    answers = dict(engine().read(requests))
    failed = [answer for answer in answers.values() if isinstance(answer, EngineError)]
    assert len(answers) == 5
    assert len(failed) == 1
    assert "no such image" in str(failed[0])


def test_what_it_cannot_do_is_an_answer_too(server, engine, grey):
    part = Request(grey(1), Task(), regions=(Box(0, 0, 9, 9),))
    unknown = Request(grey(2), Task(mode="layout"))
    answers = dict(engine().read([part, unknown, Request(grey(3), Task())]))
    assert isinstance(answers[part], Declined)
    assert "knows no task" in str(answers[unknown])
    assert len(server.posts) == 1


def test_a_late_page_is_late_alone(server, engine, grey):
    server.script += [slowly(60.0)]
    limits = PageLimits(seconds=4.0)
    one = whole(engine())
    answers = [answer for _, answer in one.read([Request(grey(at), Task(limits=limits)) for at in range(20)])]
    late = [answer for answer in answers if isinstance(answer, DeadlineExceeded)]
    assert len(answers) == 20
    assert len(late) == 1
    assert one._in_flight.room >= START, "others were answered meanwhile: it was the page"


def test_a_server_that_says_it_is_busy_gets_fewer(server, engine, grey):
    server.script += [Reply(429, {"error": "slow down"})] * 3
    one = whole(engine())
    answers = list(one.read([Request(grey(at), Task()) for at in range(20)]))
    assert all(not isinstance(answer, Exception) for _, answer in answers)
    assert one._in_flight.room < START


def test_nobody_waits_for_pages_that_nobody_wants(server, engine, grey):
    server.script += [slowly(0.0)] + [slowly(60.0)] * 7
    answers = engine().read([Request(grey(at), Task()) for at in range(8)])
    began = time.monotonic()
    next(answers)
    answers.close()
    assert time.monotonic() - began < 50


def test_one_process_sends_them_after_one_canary_page(server, tmp_path):
    sheets = []
    for at in range(12):
        sheet = Image.new("L", (400, 200), 255)
        ImageDraw.Draw(sheet).text((40, 60), f"Sheet {at} of the harbour's list", fill=0, font_size=24)
        sheets.append(sheet)
    sheets[0].save(tmp_path / "scan.tiff", save_all=True, append_images=sheets[1:])
    more = 3  # than there are page workers
    server.script += [together(server, more, f"Sheet {at} of the harbour's list") for at in range(12)]
    wish = Wish("openai", Wanted(base_url=server.url))
    (result,) = read_documents([tmp_path / "scan.tiff"], wish, jobs=2, timeout=3000)
    pages = result.document().pages
    assert [[attempt.engine for attempt in page.attempts] for page in pages] == [["openai"]] * 12
    assert len(server.canaries) == 1
    assert server.most >= more
