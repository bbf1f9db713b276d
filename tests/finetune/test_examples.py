"""Examples for trainers: what is written is what the model's own parser reads, and what is changed for the worse is found."""

import json

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from tests.support.command import ocroute

from ocroute import Block, Box, Document, Page, Verdict
from ocroute.document import Category
from ocroute.engines.dots_ocr import MODES
from ocroute.finetune import check, export
from ocroute.finetune.targets import NoTarget, faults, input_size, layout_target
from ocroute.finetune.trainer_formats import Pair, line_of, pair_of
from ocroute.models.dots_ocr.answer import parse
from ocroute.values import Cell, Span, Table

SIZE = (700, 1000)
TABLE = Table(2, 2, (Cell(0, 0, "a", header=True), Cell(0, 1, "b & c"), Cell(1, 0, "d", column_span=2)))
BLOCKS = (
    Block(Category.PAGE_HEADER, "a head", Box(50, 10, 600, 30)),
    Block(Category.TITLE, "A title", Box(50, 40, 600, 90)),
    Block(Category.SECTION_HEADER, "2. Method", Box(50, 100, 600, 120), level=1),
    Block(Category.TEXT, "Some *stars*, 2 < 3 and bold", Box(50, 130, 600, 200), spans=(Span(24, 28, "bold"),)),
    Block(Category.LIST_ITEM, "third", Box(60, 210, 600, 230), marker="3.", level=0),
    Block(Category.LIST_ITEM, "bullet", Box(60, 235, 600, 250), marker="•", level=0),
    Block(Category.TABLE, "", Box(50, 300, 600, 400), table=TABLE),
    Block(Category.FORMULA, r"\frac{1}{2} = x", Box(50, 410, 600, 450), markup="latex"),
    Block(Category.CODE, "if x:\n    y", Box(50, 460, 600, 500)),
    Block(Category.PICTURE, "", Box(50, 520, 600, 700), image=Box(50, 520, 600, 700)),
)


def record(number=1, blocks=BLOCKS, source="scan.tif"):
    return Page(source, number, *SIZE, Verdict("accepted", 1.0), blocks)


@pytest.fixture
def pages(tmp_path):
    """Eight documents of one page each, all different, and their known text as ocroute's JSON."""
    (tmp_path / "scans").mkdir()
    (tmp_path / "truth").mkdir()
    for at in range(8):
        Image.new("L", SIZE, 255 - at).save(tmp_path / "scans" / f"doc{at}.png")
        more = Block(Category.TEXT, f"This is the only sentence of document {at} here.", Box(50, 800, 600, 850))
        page = record(blocks=(*BLOCKS, more), source=f"doc{at}.png")
        (tmp_path / "truth" / f"doc{at}.json").write_bytes(Document(f"doc{at}.png", (page,)).export("json"))
    return tmp_path


def made(folder, **options):
    return export([str(folder / "scans")], folder / "truth", folder / "data", **options)


@pytest.mark.parametrize("form", ["swift", "llamafactory", "trl"])
@pytest.mark.parametrize("task", ["layout", "text"])
def test_what_is_exported_passes_the_check_and_is_what_the_model_would_be_shown(pages, form, task):
    found = made(pages, form=form, task=task)
    assert (found.train, found.test, found.left_out, found.remarks) == (7, 1, (), ())
    checked = check(pages / "data")
    assert checked.problems == ()
    assert (checked.train, checked.test) == (7, 1)
    pair = pair_of((pages / "data" / "train.jsonl").read_text(encoding="utf-8").splitlines()[0], form)
    assert pair.prompt == MODES[task].prompt
    with Image.open(pages / "data" / pair.image) as image:
        assert image.size == tuple(input_size(*SIZE))
        assert checked.longest_image == image.width * image.height // 784
    assert ("A title" in pair.target, "a head" in pair.target) == (True, True)
    assert (pages / "data" / "dataset_info.json").exists() == (form == "llamafactory")


def test_a_layout_is_read_back_as_the_blocks_that_it_was_made_of():
    size = input_size(*SIZE)
    target = layout_target(BLOCKS, SIZE, size)
    read = parse(target, size, SIZE)
    assert [one.category for one in read] == [
        one.category if one.category is not Category.CODE else Category.TEXT for one in BLOCKS
    ]
    for one, other in zip(read, BLOCKS, strict=True):
        assert abs(one.box.x0 - other.box.x0) <= 2 >= abs(one.box.y1 - other.box.y1)
    assert [one.level for one in read[1:3]] == [None, 1]
    assert read[4].marker == "3."
    assert [cell.text for cell in read[6].table.cells] == ["a", "b & c", "d"]
    assert list(faults("layout", target, size)) == []


WORDS = st.text(alphabet="ab1.#*_`<>|&$\\[]()~-+!яé \"'{}:,", min_size=1, max_size=30)


@given(
    st.lists(
        st.tuples(st.sampled_from([Category.TEXT, Category.TITLE, Category.CAPTION, Category.LIST_ITEM]), WORDS),
        min_size=1,
        max_size=5,
    )
)
def test_whatever_stands_there_is_read_back_or_refused(given_blocks):
    """No target teaches other words than those of the page."""
    blocks = [
        Block(category, text, Box(10, 10 * at, 90, 10 * at + 9)) for at, (category, text) in enumerate(given_blocks)
    ]
    size = input_size(*SIZE)
    try:
        target = layout_target(blocks, SIZE, size)
    except NoTarget:
        return
    assert list(faults("layout", target, size)) == []


@given(WORDS, st.sampled_from(["swift", "llamafactory", "trl"]))
def test_a_line_holds_what_was_put_into_it(text, form):
    pair = Pair("images/x.png", "ask", text)
    line = line_of(pair, form)
    assert pair_of(line, form) == pair
    assert "\n" not in line


def test_pages_without_a_target_are_left_out_and_told(pages):
    truth = pages / "truth"
    (truth / "doc0.json").write_bytes(Document("doc0.png", (record(blocks=()),)).export("json"))
    bare = (Block(Category.TEXT, "no box"),)
    (truth / "doc1.json").write_bytes(Document("doc1.png", (record(blocks=bare),)).export("json"))
    (truth / "doc2.json").unlink()
    (truth / "doc2.txt").write_text("only text")
    (truth / "doc3.json").write_text("{")
    (truth / "doc4.json").unlink()
    (pages / "scans" / "doc5.png").write_bytes((pages / "scans" / "doc6.png").read_bytes())
    (truth / "doc5.json").write_bytes((truth / "doc6.json").read_bytes())
    (pages / "scans" / "doc7.png").write_bytes(b"no image")
    found = made(pages)
    told = "\n".join(found.left_out)
    for said in (
        "doc0 p. 1: has no block", "doc1 p. 1: has a block without a box", "--task text takes it", "doc3",
        "doc4.png: nothing is known",
        "doc6 p. 1: is the same as doc5 p. 1", "doc7",
    ):  # fmt: skip
        assert said in told, told
    assert (found.train, found.test) == (1, 0)
    assert "no document is held out" in found.remarks[0]
    assert any("nothing is held out" in one for one in check(pages / "data").remarks)


def test_texts_that_were_doubtful_are_told_of(pages):
    doubtful = msgspec.structs.replace(record(source="doc3.png"), verdict=Verdict("doubtful", 0.1))
    (pages / "truth" / "doc3.json").write_bytes(Document("doc3.png", (doubtful,)).export("json"))
    assert made(pages).remarks == (
        "1 texts were doubtful when they were read, e.g. doc3 p. 1: see that they were corrected",
    )


def changed(folder, split, change, line=0):
    path = folder / f"{split}.jsonl"
    lines = path.read_text(encoding="utf-8").splitlines()
    lines[line] = change(lines[line])
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def answer(change):
    """The target of a line in swift's form changed, as a layout that is parsed."""

    def apply(line):
        told = json.loads(line)
        cells = json.loads(told["messages"][1]["content"])
        told["messages"][1]["content"] = json.dumps(change(cells))
        return json.dumps(told)

    return apply


def cell(**values):
    return answer(lambda cells: [{**cells[0], **values}, *cells[1:]])


SPOILT = {
    "no JSON": lambda line: "{",
    "is no example in the form of swift": lambda line: json.dumps({"images": [], "messages": []}),
    "is empty": lambda line: "",
    "not the prompt that the model knows": lambda line: line.replace("Please output", "Output"),
    "does not lie in the image of": cell(bbox=[0, 0, 9999, 10]),
    "is not four whole numbers": cell(bbox=[0, 0, 10.5, 10]),
    "of no known category: 'Headline'": cell(category="Headline"),
    "with an empty text": cell(text=" "),
    "with the keys": cell(extra=1),
    "that is a picture with a text": cell(category="Picture"),
    "is no list of cells": answer(lambda cells: {"cells": cells}),
    "does not lie in the folder": lambda line: line.replace("images/", "../images/"),
    "cannot be opened": lambda line: line.replace("images/", "images/no"),
    "longer than the": cell(text="word " * 30_000),
}


@pytest.mark.parametrize("said", SPOILT)
def test_what_was_spoilt_since_is_found_with_its_line(pages, said):
    made(pages)
    changed(pages / "data", "train", SPOILT[said], line=2)
    problems = check(pages / "data").problems
    assert any(said in one or (said == "no JSON" and "is no example" in one) for one in problems), problems
    assert all("train.jsonl, line 3" in one for one in problems)


def test_doubles_leaks_and_changed_images_are_found(pages):
    made(pages)
    data = pages / "data"
    held = (data / "test.jsonl").read_text(encoding="utf-8")
    with (data / "train.jsonl").open("a", encoding="utf-8") as file:
        file.write(held)
    told = "\n".join(check(data).problems)
    assert "stands in train: its pages leak" in told
    assert "the same image as in" in told
    assert "what is held out is trained on" in told
    made_again = export([str(pages / "scans")], pages / "truth", pages / "other")
    image = next((pages / "other" / "images").iterdir())
    Image.new("L", (56, 56)).save(image)
    told = "\n".join(check(pages / "other").problems)
    assert "has changed since it was exported" in told
    assert made_again.train == 7


def test_documents_are_held_out_whole_and_the_same_ones_each_time(tmp_path):
    frames = [Image.new("L", SIZE, 250 - at) for at in range(6)]
    (tmp_path / "scans").mkdir()
    (tmp_path / "truth").mkdir()
    for name in ("one", "two", "three"):
        path = tmp_path / "scans" / f"{name}.tif"
        frames[0].save(path, save_all=True, append_images=frames[1:])
        records = tuple(record(number, source=f"{name}.tif") for number in range(1, 7))
        (tmp_path / "truth" / f"{name}.json").write_bytes(Document(f"{name}.tif", records).export("json"))
        frames = [frame.point(lambda value: value - 7) for frame in frames]
    for again in ("a", "b"):
        export([str(tmp_path / "scans")], tmp_path / "truth", tmp_path / again, held_out=0.3)
    assert (tmp_path / "a" / "test.jsonl").read_bytes() == (tmp_path / "b" / "test.jsonl").read_bytes()
    manifest = json.loads((tmp_path / "a" / "manifest.json").read_text())
    sides = {
        split: {one["document"] for one in manifest["entries"] if one["split"] == split} for split in ("train", "test")
    }
    assert len(sides["test"]) == 1
    assert not sides["train"] & sides["test"]
    assert sum(one["split"] == "test" for one in manifest["entries"]) == 6


def test_the_commands_say_what_they_did_and_what_is_wrong(pages):
    scans, truth, data = pages / "scans", pages / "truth", pages / "data"
    done = ocroute("finetune", "export", scans, "--truth", truth, "-o", data)
    assert (done.returncode, done.stdout) == (0, f"7 examples to train on, 1 held out, in {data}\n")
    assert ocroute("finetune", "check", data).returncode == 0
    changed(data, "test", cell(bbox=[1]))
    done = ocroute("finetune", "check", data, "--json")
    assert done.returncode == 5
    assert json.loads(done.stdout)["problems"]
    for arguments, code, said in (
        (("export", scans, "--truth", truth, "-o", data), 2, "holds something already"),
        (("export", scans, "--truth", truth, "-o", pages / "n", "--engine", "got_ocr2"), 2, "are not known"),
        (("export", scans, "--truth", truth, "-o", pages / "n", "--task", "poem"), 2, "--task poem is not known"),
        (("export", scans, "--truth", truth, "-o", pages / "n", "--held-out", "1"), 2, "cannot be held out"),
        (("export", scans, "--truth", pages / "nowhere", "-o", pages / "n"), 5, "does not exist"),
        (("export", pages / "nowhere.png", "--truth", truth, "-o", pages / "n"), 5, "no example could be made"),
        (("check", pages / "scans"), 5, "has no manifest.json"),
    ):
        done = ocroute("finetune", *arguments)
        assert done.returncode == code, done.stderr
        assert said in done.stderr


def test_a_full_disk_is_said(pages, tiny_disk):
    done = ocroute("finetune", "export", pages / "scans", "--truth", pages / "truth", "-o", tiny_disk / "data")
    assert done.returncode == 6
    assert "cannot write the examples" in done.stderr
