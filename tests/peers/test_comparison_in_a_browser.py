"""The report of a comparison in a real Chromium: it opens from a file, answers become facts, pages show their differences."""

import json

import pytest
from PIL import Image
from playwright.sync_api import expect
from tests.support.command import ocroute

from ocroute import Block, Box, Document, Page, Verdict
from ocroute.document import Category
from ocroute.document.model import Provenance
from ocroute.values import Line

EVIL = "<img src=x onerror='document.body.dataset.pwned=1'></script>"


@pytest.fixture
def tab(browser):
    """A page that fails the test on any error, and on any request but for its own file."""
    context = browser.new_context(viewport={"width": 1300, "height": 900}, accept_downloads=True)
    page = context.new_page()
    wrong = []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("console", lambda message: wrong.append(message.text))
    page.on("request", lambda request: request.url.startswith(("file:", "data:", "blob:")) or wrong.append(request.url))
    yield page
    assert page.evaluate("document.body.dataset.pwned") is None
    context.close()
    assert not wrong


@pytest.fixture
def runs(tmp_path):
    """Two runs of one picture that differ in a year, in a name and in what one of them invented."""
    Image.new("L", (600, 400), 230).save(tmp_path / "scan.png")
    texts = {
        "ours": ["printed in 1911", "by J. Marsh", "the end"],
        "theirs": ["printed in 1917", "by J. Marsh", f"the end {EVIL}"],
    }
    for name, lines in texts.items():
        boxes = [Box(40, 60 * at + 40, 500, 60 * at + 80) for at in range(3)]
        blocks = tuple(
            Block(Category.TEXT, text, box, lines=(Line(text, box),)) for text, box in zip(lines, boxes, strict=True)
        )
        took = Provenance(name, seconds={"read": {"ours": 0.5, "theirs": 4.0}[name]})
        page = Page(str(tmp_path / "scan.png"), 1, 600, 400, Verdict("accepted", 1.0), blocks, provenance=took)
        (tmp_path / name).mkdir()
        (tmp_path / name / "scan.json").write_bytes(Document(str(tmp_path / "scan.png"), (page,)).export("json"))
    return tmp_path


def compared(folder, *more):
    return ocroute("compare", "--runs", folder / "ours", folder / "theirs", "-o", folder / "out", "--json", *more)


def test_speed_is_drawn_against_quality_with_a_point_a_run(tab, runs):
    (runs / "truth").mkdir()
    (runs / "truth" / "scan.txt").write_text("printed in 1911\nby J. Marsh\nthe end")
    assert compared(runs, "--truth", runs / "truth").returncode == 0
    tab.goto((runs / "out" / "report.html").as_uri())
    plot = tab.get_by_role("img", name="Seconds of the median page (to the left is faster)")
    ours, theirs = ([float(dot.get_attribute(at)) for at in ("cx", "cy")] for dot in plot.locator("circle").all())
    assert ours[0] < theirs[0]  # faster
    assert ours[1] < theirs[1]  # and above: better
    for told in ("ours", "theirs", "0.50 s", "4.0 s", "100.0 %"):
        expect(plot.get_by_text(told, exact=True)).to_be_visible()


def test_answers_are_saved_as_facts_and_hold_in_the_next_comparison(tab, runs):
    assert compared(runs).returncode == 0
    tab.goto((runs / "out" / "report.html").as_uri())
    places = tab.locator("[data-dissent]")
    expect(places).to_have_count(2)
    expect(places.nth(1).locator("img")).to_be_visible()
    save = tab.get_by_role("button", name="save answers as facts")
    expect(save).to_be_disabled()
    places.nth(1).get_by_role("button", name="printed in 1911").click()
    places.nth(0).get_by_label("what stands there").fill("the end")
    places.nth(0).get_by_role("button", name="this", exact=True).click()
    expect(tab.locator(".or-answered")).to_have_text("2 of 2 answered")
    with tab.expect_download() as download:
        save.click()
    assert download.value.suggested_filename == "facts.jsonl"
    download.value.save_as(runs / "facts.jsonl")
    facts = [json.loads(line) for line in (runs / "facts.jsonl").read_text().splitlines()]
    assert {(one["pdf"], one["page"], one["type"], one["text"]) for one in facts} == {
        ("scan", 1, "present", "printed in 1911"), ("scan", 1, "present", "the end"),
    }  # fmt: skip
    told = {
        one["name"]: one["facts"] for one in json.loads(compared(runs, "--facts", runs / "facts.jsonl").stdout)["runs"]
    }
    assert told["ours"]["held"]["value"] == 1
    assert told["theirs"]["held"]["value"] == 0.5


def test_an_answer_can_be_taken_back_and_nothing_can_be_the_answer(tab, runs):
    compared(runs)
    tab.goto((runs / "out" / "report.html").as_uri())
    place = tab.locator("[data-dissent]").nth(0)
    nothing = place.get_by_role("button", name="nothing of this stands there")
    nothing.click()
    with tab.expect_download() as download:
        tab.get_by_role("button", name="save answers as facts").click()
    download.value.save_as(runs / "facts.jsonl")
    facts = [json.loads(line) for line in (runs / "facts.jsonl").read_text().splitlines()]
    assert [one["type"] for one in facts] == ["absent", "absent"]
    nothing.click()
    expect(tab.locator(".or-answered")).to_have_text("0 of 2 answered")


def test_a_page_shows_differences_beside_its_image(tab, runs):
    (runs / "truth").mkdir()
    (runs / "truth" / "scan.txt").write_text("printed in 1911\nby J. Marsh\nthe end")
    compared(runs, "--truth", runs / "truth")
    tab.goto((runs / "out" / "report.html").as_uri())
    expect(tab.get_by_role("heading", name="Against the known text", exact=True)).to_be_visible()
    expect(tab.locator("svg[aria-label='mean CER of a page'] .or-bar")).to_have_count(2)
    tab.locator("[data-open='0']").click()
    expect(tab.locator(".ov-sheet img")).to_be_visible()
    theirs = tab.locator(".ov-reading", has_text="theirs")
    expect(theirs.locator("ins").first).to_have_text("7")
    expect(theirs.locator("del").first).to_have_text("1")
    tab.keyboard.press("Escape")
    expect(tab.locator(".or-stage")).to_be_hidden()
