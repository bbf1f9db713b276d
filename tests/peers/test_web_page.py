"""The page of ``ocroute serve`` in a real Chromium: send, follow, look, take away; two languages, keyboard, small screens."""

import base64

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect
from tests.support.service import Server, document, picture, text_pdf

KEY = "a-key-of-24-signs-for-one"
EVIL = "<img src=x onerror=document.body.dataset.pwned=1><script>document.body.dataset.pwned=1</script>"
SECONDS = 60_000


@pytest.fixture(scope="module")
def servers(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OCROUTE_HOME", str(tmp_path_factory.mktemp("home")))
        started = {
            "real": Server(tmp_path_factory.mktemp("real"), "--jobs", 1, "--engine", "textlayer", engines=""),
            "slow": Server(tmp_path_factory.mktemp("slow"), "--jobs", 1, engines="slow", key=KEY),
        }
        yield started
        assert [server.stop() for server in started.values()] == [0, 0]


@pytest.fixture
def opened(browser, servers):
    """Opens the page of a server; no error, no request to elsewhere, and no text that comes to life is let pass."""
    contexts, wrong, allowed = [], [], []

    def open_(name="real", *, console=(), **options):
        server = servers[name]
        contexts.append(
            browser.new_context(**{"locale": "en-GB", "viewport": {"width": 1200, "height": 900}} | options)
        )
        tab = contexts[-1].new_page()
        allowed.extend(console)
        tab.on("pageerror", lambda error: wrong.append(str(error)))
        tab.on("console", lambda message: message.type in ("error", "warning") and wrong.append(message.text))
        tab.on(
            "request",
            lambda request: request.url.startswith((server.url, "data:", "blob:")) or wrong.append(request.url),
        )
        tab.goto(server.url)
        return tab

    yield open_
    for context in contexts:
        for tab in context.pages:
            assert tab.evaluate("() => document.body.dataset.pwned ?? null") is None
        context.close()
    assert not [text for text in wrong if not any(part in text for part in allowed)]


def send(tab, data, name="letter.pdf", kind="application/pdf"):
    tab.set_input_files("#files", {"name": name, "mimeType": kind, "buffer": data})
    return tab.locator("#jobs li").first


def enter(tab):
    tab.get_by_label("Key").fill(KEY)
    tab.get_by_role("button", name="Enter").click()
    expect(tab.get_by_role("button", name="Choose files…")).to_be_visible()


def test_a_file_is_sent_read_looked_at_and_taken_away(opened):
    tab = opened()
    expect(tab.get_by_text("Nothing has been sent yet.")).to_be_visible()
    row = send(tab, text_pdf("Tide tables of 1911", "Lamp and rope"))
    expect(row).to_contain_text("done, 1 of 1 pages", timeout=SECONDS)
    expect(row).to_have_attribute("data-fine", "true")
    expect(tab.locator(".ov-verdict")).to_contain_text("accepted")
    expect(tab.locator(".ov-sheet img")).to_be_visible()
    tab.locator("rect.ov-box").first.hover()
    expect(tab.locator("article.ov-on")).to_have_attribute("data-block", "1")
    tab.locator("article").first.hover()
    expect(tab.locator("rect.ov-box.ov-on")).to_have_attribute("data-block", "1")
    expect(tab.get_by_role("link", name="zip", exact=True)).to_be_visible(timeout=SECONDS)
    assert {"md", "json", "pdf", "docx", "zip"} <= set(tab.locator("#formats a").all_text_contents())
    with tab.expect_download() as begun:
        tab.get_by_role("link", name="txt", exact=True).click()
    assert begun.value.suggested_filename == "letter.txt"
    assert "Tide tables of 1911" in begun.value.path().read_text(encoding="utf-8")
    tab.get_by_role("button", name="Remove letter.pdf").first.click()
    expect(tab.locator("#shown")).to_be_hidden()


def test_images_are_pasted_and_dropped(opened):
    tab = opened()
    expect(tab.get_by_role("button", name="Choose files…")).to_be_visible(
        timeout=SECONDS
    )  # files are taken from then on
    for kind in ("paste", "drop"):
        tab.evaluate(
            """([kind, text]) => {
              const bytes = Uint8Array.from(atob(text), (sign) => sign.charCodeAt(0));
              const held = new DataTransfer();
              held.items.add(new File([bytes], `${kind}.png`, { type: "image/png" }));
              const made = kind === "paste"
                ? new ClipboardEvent("paste", { clipboardData: held, bubbles: true, cancelable: true })
                : new DragEvent("drop", { dataTransfer: held, bubbles: true, cancelable: true });
              document.getElementById("drop").dispatchEvent(made);
            }""",
            [kind, base64.b64encode(picture()).decode()],
        )
        row = tab.locator("#jobs li", has_text=f"{kind}.png")
        expect(row).to_have_attribute("data-fine", "false", timeout=SECONDS)  # it has no text layer
        expect(row).to_contain_text("look at the doubtful pages")


def test_pages_appear_while_a_document_is_read_and_it_can_be_canceled(opened):
    tab = opened("slow", console=["401", "409"])  # the image of a page whose job is canceled just then
    enter(tab)
    row = send(tab, document(30), "book.tif", "image/tiff")
    expect(tab.locator("#strip button:not([disabled])").nth(1)).to_be_visible(timeout=SECONDS)
    expect(tab.locator("#strip button[disabled]").first).to_be_visible()
    expect(row.get_by_role("progressbar")).to_be_visible()
    expect(tab.locator(".ov-sheet")).to_be_visible()  # the first page, while the others are not read
    tab.get_by_role("button", name="Cancel book.tif").click()
    expect(row).to_contain_text("canceled")
    expect(tab.get_by_role("button", name="Remove book.tif")).to_be_visible()


def test_the_keyboard_is_enough(opened):
    tab = opened()
    row = send(tab, text_pdf("Page {page} of a letter", pages=3), "three.pdf")
    expect(row).to_contain_text("3 of 3", timeout=SECONDS)
    tab.locator("#jobs .open").first.focus()
    tab.keyboard.press("Enter")
    expect(tab.locator("#shown-title")).to_be_focused()
    expect(tab.locator(".ov-where")).to_have_text("page 1 of 3")
    tab.keyboard.press("ArrowRight")
    expect(tab.locator(".ov-where")).to_have_text("page 2 of 3")
    tab.keyboard.press("ArrowRight")
    expect(tab.locator(".ov-where")).to_have_text("page 3 of 3")  # one step for one key, however many pages were shown
    tab.keyboard.press("ArrowLeft")
    expect(tab.locator(".ov-where")).to_have_text("page 2 of 3")
    expect(tab.locator("#strip button[aria-current]")).to_have_text("2")
    expect(tab.locator("article").first).to_contain_text("Page 2 of a letter")


def test_what_is_refused_or_fails_is_said(opened):
    tab = opened(console=["422"])
    tab.get_by_label("Languages").fill("klingonian")
    tab.set_input_files("#files", {"name": "a.pdf", "mimeType": "application/pdf", "buffer": text_pdf()})
    expect(tab.get_by_role("alert")).to_contain_text("a.pdf was not taken: ")
    expect(tab.get_by_role("alert")).to_contain_text("klingonian")
    tab.get_by_label("Languages").fill("")
    row = send(tab, b"only words", "b.txt", "text/plain")
    expect(row).to_contain_text("failed", timeout=SECONDS)
    expect(row).to_contain_text("b.txt is not an image or PDF but plain text")
    expect(tab.get_by_role("alert")).to_be_empty()


def test_no_text_and_no_name_comes_to_life(opened):
    tab = opened()
    row = send(tab, text_pdf(EVIL), f"{EVIL}.pdf")
    expect(row).to_contain_text("1 of 1", timeout=SECONDS)
    expect(tab.locator("article").first).to_contain_text("<img src=x onerror=")
    tab.wait_for_timeout(300)  # for what would have come to life


def test_the_page_speaks_russian(opened):
    tab = opened(locale="ru-RU")
    assert tab.locator("html").get_attribute("lang") == "ru"
    expect(tab.get_by_role("heading", name="Отправить файл")).to_be_visible()
    row = send(tab, text_pdf("Lamp", pages=2), "письмо.pdf")
    expect(row).to_contain_text("готово, страниц: 2 из 2", timeout=SECONDS)
    expect(tab.locator(".ov-verdict")).to_contain_text("принята")
    expect(tab.locator(".ov-where")).to_have_text("страница 1 из 2")
    assert "{" not in tab.locator("body").inner_text()


def test_both_languages_say_everything(opened):
    missing = opened().evaluate(
        """async () => {
          const source = await (await fetch("/static/words.js")).text();
          const names = (part) => [...part.matchAll(/^  (\\w+):/gm)].map((found) => found[1]);
          const [english, russian] = [source.split("const ru")[0], source.split("const ru")[1]].map(names);
          return english.filter((name) => !russian.includes(name));
        }"""
    )
    assert missing == []


def test_a_key_is_asked_for_once(opened):
    tab = opened("slow", console=["401"])
    expect(tab.get_by_role("heading", name="This server asks for a key")).to_be_visible()
    tab.get_by_label("Key").fill("wrong-key-of-24-signs-00")
    tab.get_by_role("button", name="Enter").click()
    expect(tab.get_by_role("heading", name="This server asks for a key")).to_be_visible()
    enter(tab)
    assert tab.evaluate("() => document.cookie") == ""  # no script sees it
    tab.reload()
    expect(tab.get_by_role("button", name="Choose files…")).to_be_visible()
    tab.get_by_role("button", name="Forget the key").click()
    expect(tab.get_by_role("heading", name="This server asks for a key")).to_be_visible()


@pytest.mark.parametrize(
    ("scheme", "width", "locale"),
    [("light", 1200, "en-GB"), ("dark", 1200, "ru-RU"), ("light", 380, "ru-RU"), ("dark", 380, "en-GB")],
)
def test_nobody_is_kept_out(opened, scheme, width, locale):
    tab = opened(color_scheme=scheme, viewport={"width": width, "height": 800}, locale=locale, bypass_csp=True)
    row = send(tab, text_pdf("Lamp and rope", pages=2), "letter.pdf")
    expect(row).to_contain_text("2 ", timeout=SECONDS)
    expect(tab.locator("article").first).to_be_visible(timeout=SECONDS)
    found = Axe().run(tab)
    serious = [one for one in found.response["violations"] if one["impact"] in ("serious", "critical")]
    assert not serious, found.generate_report()
    assert tab.evaluate("() => document.documentElement.scrollWidth") <= width
