"""The viewer in a real Chromium: boxes and text are linked both ways, nothing is asked for, no text of a page comes to life."""

import pytest
from PIL import Image
from playwright.sync_api import expect

from ocroute import Block, Box, Document, Finding, Page, Verdict
from ocroute.document import Category
from ocroute.viewer.show import IN_ONE_FILE

EVIL = "<img src=x onerror='document.body.dataset.pwned=1'></script><script>document.body.dataset.pwned=1</script>"
DOUBT = Verdict("doubtful", 0.2, (Finding("order", 1, 0, "out of order " + EVIL, image=Box(10, 10, 90, 30)),))


@pytest.fixture
def tab(browser):
    """A page that fails the test on any error, and on any request but for its own files."""
    context = browser.new_context(viewport={"width": 1200, "height": 800})
    page = context.new_page()
    wrong = []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("console", lambda message: wrong.append(message.text))
    page.on("request", lambda request: request.url.startswith(("file:", "data:")) or wrong.append(request.url))
    yield page
    assert page.evaluate("document.body.dataset.pwned") is None
    context.close()
    assert not wrong


def saved(tmp_path, count=2):
    frames = [Image.new("L", (400, 600), 255 - 9 * (n % 20)) for n in range(count)]
    frames[0].save(tmp_path / "a.tif", save_all=True, append_images=frames[1:])
    blocks = (
        Block(Category.TITLE, "Title", Box(20, 20, 300, 60)),
        Block(Category.TEXT, EVIL, Box(20, 80, 300, 300)),
        Block(Category.TEXT, "last", Box(20, 400, 300, 500)),
    )
    accepted = Verdict("accepted", 1.0)
    pages = [Page("a.tif", n + 1, 400, 600, DOUBT if n == 1 else accepted, blocks) for n in range(count)]
    Document(str(tmp_path / "a.tif"), tuple(pages)).save(tmp_path / "a.show.html")
    return (tmp_path / "a.show.html").as_uri()


def test_box_and_text_light_each_other(tab, tmp_path):
    tab.goto(saved(tmp_path))
    assert tab.locator(".ov-sheet img").evaluate("image => image.naturalWidth") == 400
    tab.locator("rect.ov-box").nth(1).hover()
    expect(tab.locator("article.ov-on")).to_have_attribute("data-block", "2")
    tab.locator("article").nth(2).hover()
    expect(tab.locator("rect.ov-box.ov-on")).to_have_attribute("data-block", "3")
    tab.locator("article").nth(0).focus()
    expect(tab.locator("rect.ov-box.ov-on")).to_have_attribute("data-block", "1")
    tab.locator("article").nth(0).click()
    expect(tab.locator("rect.ov-pinned")).to_have_attribute("data-block", "1")
    box, frame = (tab.locator(name).first.bounding_box() for name in ("rect.ov-box", ".ov-sheet"))
    assert box["x"] - frame["x"] == pytest.approx(20 / 400 * frame["width"], abs=3)
    assert box["height"] == pytest.approx(40 / 600 * frame["height"], abs=6)


def test_the_keyboard_leads_to_the_next_doubtful_page_and_its_findings_have_places(tab, tmp_path):
    tab.goto(saved(tmp_path))
    expect(tab.locator(".ov-where")).to_have_text("page 1 (1 of 2)")
    tab.keyboard.press("n")
    expect(tab.locator(".ov-where")).to_have_text("page 2 (2 of 2)")
    expect(tab.locator(".ov-findings li")).to_contain_text("out of order <img")
    tab.locator(".ov-findings li").hover()
    expect(tab.locator("rect.ov-finding.ov-on")).to_be_visible()
    expect(tab.locator(".ov-arrow").first).to_have_css("display", "none")
    tab.keyboard.press("o")
    expect(tab.locator(".ov-arrow").first).not_to_have_css("display", "none")
    tab.keyboard.press("ArrowLeft")
    expect(tab.locator(".ov-where")).to_have_text("page 1 (1 of 2)")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_narrow_screen_scrolls_down_only_and_text_can_be_read(tab, tmp_path, scheme):
    tab.emulate_media(color_scheme=scheme)
    tab.set_viewport_size({"width": 380, "height": 700})
    tab.goto(saved(tmp_path))
    assert tab.evaluate("document.documentElement.scrollWidth") <= 380
    ink, paper = tab.evaluate(
        "[getComputedStyle(document.querySelector('article')).color,"
        " getComputedStyle(document.querySelector('.ov-readings')).backgroundColor]"
    )
    assert contrast(ink, paper) > 7


def test_a_long_document_opens_page_by_page(tab, tmp_path):
    tab.goto(saved(tmp_path, IN_ONE_FILE + 1))
    expect(tab.locator(".ov-contents li")).to_have_count(IN_ONE_FILE + 1)
    tab.locator(".ov-contents a").nth(0).click()
    expect(tab.locator(".ov-where")).to_have_text(f"page 1 of {IN_ONE_FILE + 1}")
    tab.keyboard.press("n")
    tab.wait_for_url("**/page-0002.html")
    tab.get_by_role("link", name="all pages").click()
    expect(tab.locator(".ov-contents")).to_be_visible()


def contrast(one: str, other: str) -> float:
    """Of two colours as a style says them, 1 to 21, by WCAG 2."""

    def luminance(colour: str) -> float:
        parts = [int(part) / 255 for part in colour[colour.index("(") + 1 : -1].split(",")[:3]]
        linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    low, high = sorted(map(luminance, (one, other)))
    return (high + 0.05) / (low + 0.05)
