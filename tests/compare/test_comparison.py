"""Runs, however they were written, held against each other, against facts, and against the known text."""

import json
import random

import jiwer
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from rapidfuzz.distance import Levenshtein
from tests.support.command import ocroute
from tests.support.pages import typeset

from ocroute import Block, Box, Document, Finding, Page, Verdict
from ocroute.compare.comparing import compare
from ocroute.compare.comparison_tables import tables
from ocroute.compare.dissent import dissents
from ocroute.compare.fact_files import load_facts
from ocroute.compare.fresh_runs import engines_here
from ocroute.compare.measures import Errors, character_errors
from ocroute.compare.read_pages import PageKey, Part, ReadPage, of_record, of_text
from ocroute.compare.saved_runs import Run, load_run, together
from ocroute.compare.scoring import Rules, score
from ocroute.compare.table_trees import TreeLikeness
from ocroute.document import Category
from ocroute.document.model import Attempt
from ocroute.errors import InputError
from ocroute.values import Cell, Line, Table

TEXT = ["The tide tables of 1911", "pleased everybody who saw", "them in the long room.", "Yours sincerely, J. Marsh"]
FINE = Verdict("accepted", 1.0)
DOUBTFUL = Verdict("doubtful", 0.2, (Finding("coverage", 0.5, 0.9, "half of the ink has no text"),))


def record(lines=TEXT, number=1, verdict=FINE, source="scan.pdf", more=(), error=""):
    blocks = [
        Block(
            Category.TEXT,
            text,
            Box(40, 50 * at + 40, 500, 50 * at + 80),
            lines=(Line(text, Box(40, 50 * at + 40, 500, 50 * at + 80)),),
        )
        for at, text in enumerate(lines)
    ]
    tried = (Attempt("rapidocr", "accepted", seconds={"read": 0.5}),)
    return Page(source, number, 600, 800, verdict, (*blocks, *more), attempts=tried, error=error)


def run(name, *pages, **more):
    return Run(name, {PageKey("scan", number): page for number, page in enumerate(pages, 1)}, **more)


def texts(name, *pages):
    return run(name, *(of_text(page) for page in pages))


GRID = Table(2, 2, (Cell(0, 0, "Item"), Cell(0, 1, "Price"), Cell(1, 0, "Tea"), Cell(1, 1, "3.50")))
WHOLE = [
    record(more=(Block(Category.TABLE, "", Box(40, 300, 500, 400), table=GRID), Block(Category.PAGE_FOOTER, "page 1"))),
    record(["Привет, мир", "1. первый пункт"], 2),
]


@pytest.fixture
def written(tmp_path):
    """One document in every format that ocroute writes, each in a folder of its own."""
    document = Document("scan.pdf", tuple(WHOLE), "")
    for name in ("json", "md", "txt", "hocr", "alto"):
        (tmp_path / name).mkdir()
        suffix = "alto.xml" if name == "alto" else name
        (tmp_path / name / f"scan.{suffix}").write_bytes(document.export(name))
    return tmp_path


@pytest.mark.parametrize("name", ["json", "md", "txt", "hocr", "alto"])
def test_every_format_of_a_document_says_the_same(written, name):
    loaded = load_run(written / name)
    assert sorted(loaded.pages) == [PageKey("scan", 1), PageKey("scan", 2)]
    assert loaded.problems == ()
    for number, page in enumerate(WHOLE, 1):
        truth, found = of_record(page), loaded.pages["scan", number]
        rules = Rules()
        got = sorted(rules.text(found).split())
        if name == "hocr":
            got.remove("page") if "page" in got else None
            got.remove("1") if number == 1 and got.count("1") else None
        assert got == sorted(rules.text(truth).split())


def test_markdown_of_others_is_read_as_words_and_tables(tmp_path):
    (tmp_path / "scan.md").write_text(
        "# Title\n\nSome *set* [text](http://x) with `code`,\nover two lines.<br>And more.\n\n- one\n- two\n\n3. three\n\n"
        "| a | b |\n|---|---|\n| c & d | e |\n\n<table><tr><td>f</td><td colspan=2>g</td></tr></table>\n\n![a picture](x.png)\n"
        "\n<!-- a comment -->\n\n```\nkept as it is\n```\n\n$$\nE = mc^2\n$$\n"
    )
    page = load_run(tmp_path).pages["scan", 1]
    said = [part.text.replace("\n", " ") for part in page.parts]
    assert said[:5] == ["Title", "Some set text with code, over two lines. And more.", "one", "two", "3. three"]
    assert said[5:] == ["a b", "c & d e", "f g", "kept as it is", "E = mc^2"]
    assert [[cell[4] for cell in table] for table in page.tables] == [["a", "b", "c & d", "e"], ["f", "g"]]


@pytest.mark.parametrize(
    "mark", ["<!-- page 2 -->", "<!-- page 2 is doubtful: x -->", "<!-- page break -->", "\f", "{1}" + 48 * "-"]
)
def test_marks_between_pages_of_markdown_are_known(tmp_path, mark):
    first = "{0}" + 48 * "-" + "\n" if mark[0] == "{" else ""
    (tmp_path / "scan.md").write_text(f"{first}one\n\n{mark}\n\ntwo\n")
    assert {key.number: page.text for key, page in load_run(tmp_path).pages.items()} == {1: "one", 2: "two"}


def test_docling_is_read_in_its_order_with_furniture_apart(tmp_path):
    def text(at, said, **more):
        return {"self_ref": f"#/texts/{at}", "text": said, "prov": [{"page_no": 1}], "children": [], **more}

    cell = {"start_row_offset_idx": 0, "end_row_offset_idx": 1, "start_col_offset_idx": 0, "end_col_offset_idx": 1}
    document = {
        "schema_name": "DoclingDocument",
        "pages": {"1": {}, "2": {}},
        "body": {"children": [{"$ref": "#/texts/1"}, {"$ref": "#/groups/0"}, {"$ref": "#/tables/0"}]},
        "texts": [text(0, "second"), text(1, "first"), text(2, "a head", content_layer="furniture")],
        "groups": [{"children": [{"$ref": "#/texts/0"}, {"$ref": "#/texts/2"}, {"$ref": "#/groups/0"}]}],
        "tables": [
            {"prov": [{"page_no": 2}], "data": {"table_cells": [{**cell, "text": "in a cell"}]}, "children": []}
        ],
    }
    (tmp_path / "scan.json").write_text(json.dumps(document))
    pages = load_run(tmp_path).pages
    assert (pages["scan", 1].text, pages["scan", 2].text) == ("first\nsecond", "in a cell")
    assert [part.text for part in pages["scan", 1].furniture] == ["a head"]


def test_names_of_single_pages_and_other_suffixes_come_together(tmp_path):
    for name in ("a/scan.png.txt", "b/scan.p2.txt", "b/scan_page_1.md", "c/deep/scan.txt"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("words")
    runs = together([load_run(tmp_path / name) for name in "abc"])
    assert [[key.name for key in one.pages] for one in runs] == [["scan"]] * 3
    assert sorted(load_run(tmp_path / "b").pages) == [("scan", 1), ("scan", 2)]


def test_a_document_without_pages_makes_the_others_whole(tmp_path):
    (tmp_path / "scan.md").write_text("one two\n\nthree four")
    runs = together([texts("ours", "one two", "three four"), load_run(tmp_path)])
    assert [list(one.pages) for one in runs] == [[("scan", 0)], [("scan", 0)]]
    assert compare(runs).distances[0][1] == 0


def test_without_truth_runs_are_held_against_each_other():
    found = compare([texts("a", "same text", "one"), texts("b", "same text", "one"), texts("c", "some test", "two")])
    assert found.medoid == "a"
    assert found.distances[0][1] == 0 < found.distances[0][2]
    assert found.pages[0].number == 2
    assert found.runs[2].agreement < found.runs[0].agreement
    assert all(one.truth is None and one.judge is None for one in found.runs)


def test_a_failed_and_a_missing_page_count_as_read_worst():
    truth = texts("truth", "one two three", "four five six")
    failed = run("failed", of_text("one two three"), ReadPage(error="out of memory"))
    missing = texts("missing", "one two three")
    empty = texts("empty", "", "")
    rows = {one.name: one for one in compare([failed, missing, empty], truth=truth).runs}
    assert rows["failed"].truth.mean_cer.value == rows["missing"].truth.mean_cer.value == 0.5
    assert rows["failed"].truth.recall.value == rows["missing"].truth.recall.value == 0.5
    assert rows["empty"].truth.cer.value == 1.0
    assert rows["missing"].statuses == {"missing": 1, "unjudged": 1}
    assert rows["failed"].statuses == {"failed": 1, "unjudged": 1}


def test_an_engine_that_fails_everywhere_has_figures_too():
    truth = texts("truth", "one two three")
    rows = compare(
        [run("broken", ReadPage(error="x", status="failed")), texts("good", "one two three")], truth=truth
    ).runs
    assert (rows[0].truth.cer.value, rows[0].judge.success.value, rows[0].judge.refused_wrong) == (1.0, 0.0, 1)
    found = compare([run("broken", ReadPage(error="x")), run("also", ReadPage(error="y")), texts("good", "one")])
    assert [found.distances[one][other] for one, other in ((0, 1), (0, 2), (1, 2))] == [1, 1, 1]
    assert [one.agreement for one in found.runs] == [0, 0, 0]


def test_an_empty_truth_is_right_where_nothing_was_read():
    truth = texts("truth", "", "")
    found = compare([texts("run", "", "invented")], truth=truth)
    assert [found.pages[at].right["run"] for at in (0, 1)] in ([True, False], [False, True])
    assert found.runs[0].truth.cer.value == 1.0
    assert found.runs[0].truth.mean_cer.value == 0.5
    assert Rules().text(of_text("")) == ""


def test_pages_of_which_the_truth_says_nothing_are_counted_and_not_scored():
    found = compare([texts("run", "one", "two")], truth=texts("truth", "one"))
    assert (found.unknown, found.runs[0].truth.cer.value) == (1, 0.0)


def test_what_is_known_of_other_documents_is_counted_and_of_none_is_an_error(tmp_path):
    other = Run("truth", {PageKey("scan", 1): of_text("one"), PageKey("other", 1): of_text("two")})
    found = compare([texts("run", "one")], truth=other)
    assert (found.elsewhere, found.runs[0].truth.cer.value, found.runs[0].pages) == (1, 0.0, 1)
    with pytest.raises(
        InputError, match="a known text of none of the documents: of 'other', for one, while 'scan' was read"
    ):
        compare([texts("run", "one")], truth=Run("truth", {PageKey("other", 1): of_text("two")}))
    (tmp_path / "facts.jsonl").write_text('{"pdf": "x.pdf", "page": 1, "id": "a", "type": "present", "text": "b"}')
    with pytest.raises(InputError, match="none of the documents"):
        compare([texts("run", "one")], facts=load_facts(tmp_path / "facts.jsonl")[0])
    found = compare([texts("run", "one"), Run("stranger", {PageKey("other", 1): of_text("two")})])
    assert found.problems == ("run and stranger have no page in common, e.g. scan p. 1 and other p. 1",)


def test_the_judge_is_held_against_the_truth():
    truth = run("truth", *(of_record(record()) for _ in range(4)))
    wrong = ["something else entirely", "that nobody printed"]
    pages = (record(), record(wrong), record(verdict=DOUBTFUL), record(wrong, verdict=DOUBTFUL))
    told = compare([run("ours", *map(of_record, pages))], truth=truth).runs[0]
    judge = told.judge
    assert (judge.accepted_right, judge.accepted_wrong, judge.refused_right, judge.refused_wrong) == (1, 1, 1, 1)
    assert judge.success.value == 0.25
    assert told.findings == {"coverage": 2}
    assert told.seconds == 0.5


def test_differences_are_paired_and_only_called_sure_where_they_are():
    draw = random.Random(1)
    pages = [" ".join(draw.choices(["alpha", "beta", "gamma", "delta"], k=40)) for _ in range(30)]
    worse = [page.replace("alpha", "alpba") for page in pages]
    found = compare([texts("good", *pages), texts("bad", *worse), texts("same", *pages)], truth=texts("truth", *pages))
    sure = {(one.one, one.other, one.measure): one.sure for one in found.differences}
    assert sure["good", "bad", "cer"]
    assert sure["good", "bad", "recall"]
    assert not sure["good", "same", "cer"]
    assert found.runs[1].truth.confusions[0][:2] == ("h", "b")
    few = compare([texts("good", *pages[:4]), texts("bad", *worse[:4])], truth=texts("truth", *pages[:4]))
    assert few.runs[0].truth.cer.interval is None
    assert not any(one.sure for one in few.differences)
    told = found.runs[1].truth.cer
    assert told.interval.low <= told.value <= told.interval.high


def test_order_tables_and_furniture_are_measured_apart_from_letters():
    truth = of_record(WHOLE[0])
    turned = of_record(record(TEXT[::-1]))
    assert score(truth, truth, Rules()).order.tau == 1
    assert score(truth, turned, Rules()).order.tau < 0
    assert score(truth, truth, Rules()).tables.f1 == 1
    assert score(truth, turned, Rules()).tables.f1 == 0
    assert score(truth, truth, Rules()).furniture.recall == 1
    assert score(truth, turned, Rules()).furniture.recall == 0


def test_teds_is_measured_where_it_is_asked_for():
    """As counted by hand: of the tree's seven nodes (root, body, two rows, three cells) one cell's text is another."""
    told = ((0, 0, 1, 1, "a"), (0, 1, 1, 1, "b"), (1, 0, 1, 2, "<c> & d"))
    misread = ((0, 0, 1, 1, "a"), (0, 1, 1, 1, "x"), (1, 0, 1, 2, "<c> & d"))
    truth = run("truth", *(ReadPage(parts=(Part("a"),), tables=(told,)) for _ in range(3)))
    pages = (
        ReadPage(parts=(Part("a"),), tables=(told,)),
        ReadPage(parts=(Part("a"),), tables=(told, misread)),  # one too many
        ReadPage(parts=(Part("a"),), tables=(misread,)),
    )
    found = compare([run("ours", *pages)], truth=truth, trees=TreeLikeness())
    assert found.runs[0].truth.teds.value == pytest.approx((1 + 1 + 6 / 7) / 4)
    assert {title: header for title, header, _ in tables(found)}["Against the known text"][-1] == "TEDS"
    assert compare([run("ours", *pages)], truth=truth).runs[0].truth.teds.value is None


def test_what_is_ignored_is_ignored_and_said():
    one, other = of_text("Tea, and Cake!"), of_text("tea and cake")
    assert score(one, other, Rules()).characters.edits == 4
    rules = Rules(frozenset({"case", "punctuation"}))
    assert score(one, other, rules).characters.edits == 0
    assert "case, punctuation" in rules.in_words
    assert score(of_text("exam-\nple"), of_text("example"), Rules()).characters.edits == 0


LETTERS = st.text(alphabet="ab é́яж👩‍👩‍👧\u0301漢 \n", max_size=40)


@given(LETTERS, LETTERS)
def test_character_errors_are_those_of_other_libraries(truth, found):
    from ocroute.compare.measures import clusters

    wanted, read = [*clusters(truth)], [*clusters(found)]
    assert character_errors(truth, found, "none") == Errors(Levenshtein.distance(wanted, read), len(wanted))


@given(st.text(alphabet="abcяж ", min_size=1, max_size=40), st.text(alphabet="abcяж ", max_size=40))
def test_character_errors_are_jiwer_s_where_it_has_any(truth, found):
    truth, found = " ".join(truth.split()), " ".join(found.split())
    if truth:
        assert character_errors(truth, found).rate == jiwer.cer(truth, found)


@given(st.lists(st.sampled_from(["one", "two", "three", "four five", ""]), max_size=6), st.integers(0, 5))
def test_a_page_against_itself_is_right_and_two_runs_are_as_far_apart_as_each_is_from_the_other(lines, changed):
    page, other = of_text("\n".join(lines)), of_text("\n".join(lines[changed:]))
    itself = score(page, page, Rules())
    assert (itself.characters.edits, itself.right, itself.bag.recall) == (0, True, 1.0)
    found = compare([run("a", page), run("b", other)])
    assert found.distances[0][1] == found.distances[1][0]
    assert 0 <= found.distances[0][1] <= 1


FACT_LINES = [
    {"pdf": "scan.pdf", "page": 1, "id": "a", "type": "present", "text": "tide tables", "max_diffs": 0},
    {"pdf": "dir/scan.pdf", "page": 1, "id": "b", "type": "absent", "text": "page 1", "max_diffs": 0},
    {"pdf": "scan.pdf", "page": 1, "id": "c", "type": "order", "before": "tide", "after": "Marsh", "max_diffs": 0},
    {"pdf": "scan.pdf", "page": 1, "id": "d", "type": "table", "cell": "3.50", "left": "Tea", "top_heading": "Price"},
    {"pdf": "scan.pdf", "page": 1, "id": "e", "type": "math", "math": "x^2"},
    {"pdf": "scan.pdf", "page": 1, "id": "f", "type": "present", "text": "nowhere", "checked": "rejected"},
    {"pdf": "scan.pdf", "page": 9, "id": "g", "type": "present", "text": "on a page that was not read"},
    {
        "pdf": "scan.pdf",
        "page": 1,
        "id": "h",
        "type": "present",
        "text": "MARSH",
        "case_sensitive": False,
        "last_n": 60,
    },
    {"pdf": "scan.pdf", "page": 1, "id": "i", "type": "present", "text": "Marsh", "first_n": 10},
    {"pdf": "scan.pdf", "page": 1, "id": "j", "type": "baseline"},
]


def test_facts_are_checked_and_those_that_are_not_measured_are_said(tmp_path, written):
    file = tmp_path / "facts.jsonl"
    file.write_text("\n".join([*map(json.dumps, FACT_LINES), "no fact", '{"type": "present"}', "[]"]))
    facts, problems = load_facts(file)
    assert len(problems) == 3
    assert all("it is no fact" in one for one in problems)
    told = compare([load_run(written / "json")], facts=facts).runs[0].facts
    assert set(told.refuted) == {"g", "i"}
    assert told.not_measured == {"math": 1}
    assert told.by_kind["table"] == (1, 1)
    assert told.by_kind["absent"] == (1, 1)


def test_dissents_are_lines_with_their_places_and_make_facts_that_hold():
    ours = of_record(record())
    other = of_text("\n".join(TEXT).replace("1911", "1917").replace("them in the long room.\n", ""))
    found = dissents(PageKey("scan", 1), "ours", {"ours": ours, "theirs": other}, Rules(), 5)
    assert {tuple(one.variants) for one in found} == {
        ("them in the long room.", ""), ("The tide tables of 1911", "The tide tables of 1917"),
    }  # fmt: skip
    assert found[0].size > found[1].size == 1
    assert found[1].box == Box(40, 40, 500, 80)
    assert found[1].variants == {"The tide tables of 1911": ("ours",), "The tide tables of 1917": ("theirs",)}


@given(st.lists(st.sampled_from(["alpha beta", "gamma", "delta 12", "x"]), min_size=1, max_size=6), st.data())
def test_a_line_that_both_have_is_no_dissent(lines, data):
    other = data.draw(st.permutations(lines))
    pages = {"a": of_text("\n".join(lines)), "b": of_text("\n".join(lines)), "c": of_text("\n".join(other))}
    for one in dissents(PageKey("scan", 1), "a", pages, Rules(), 9):
        assert {"a", "b"} <= set(next(names for names in one.variants.values() if "a" in names))
    if list(other) == lines:
        assert dissents(PageKey("scan", 1), "a", pages, Rules(), 9) == []


BAD = {
    "scan.json": b"{",
    "b.json": b'{"some": "thing"}',
    "c.xml": b"<alto><Layout>",
    "d.xml": b"<pc/>",
    "e.xml": b'<!DOCTYPE a [<!ENTITY b "c">]><alto>&b;</alto>',
    "f.html": b"<p>no hOCR</p>",
    "g.md": b"\xff\xfe\x00",
    "h.txt": b"\x80\x81",
    "i.json": b'{"schema_name": "DoclingDocument", "body": {"children": [{"$ref": "#/texts/7"}]}}',
    "j.json": b"[" * 100_000,
}


def test_files_that_cannot_be_read_are_said_and_count_as_failed(tmp_path):
    (tmp_path / "good").mkdir()
    (tmp_path / "bad").mkdir()
    for name, body in BAD.items():
        (tmp_path / "bad" / name).write_bytes(body)
        (tmp_path / "good" / f"{name.partition('.')[0]}.txt").write_text("words")
    done = ocroute("compare", "--runs", tmp_path / "good", tmp_path / "bad", "--truth", tmp_path / "good", "--json")
    assert done.returncode == 5
    told = json.loads(done.stdout)
    bad = next(one for one in told["runs"] if one["name"] == "bad")
    assert len(bad["problems"]) == len(BAD)
    assert bad["statuses"] == {"failed": len(BAD)}
    assert bad["truth"]["mean_cer"]["value"] == 1
    assert done.stderr.count("\n") >= len(BAD)
    assert "Traceback" not in done.stderr


def test_the_command_says_what_is_wrong_with_what_it_is_given(tmp_path):
    (tmp_path / "x.exe").write_bytes(b"")
    for arguments, code, said in (
        (["nowhere", "--runs"], 5, "does not exist"),
        ([tmp_path, "--runs"], 5, "holds nothing that can be compared"),
        (["x.png", "--runs", "--engines", "rapidocr"], 2, "--runs compares what was read"),
        ([tmp_path, "--runs", "--ignore", "colour"], 2, "nothing that can be ignored"),
        ([tmp_path, "--runs", "--facts", tmp_path / "x.exe"], 5, "holds no facts"),
        (["nowhere.png", "--engines", "no_such"], 2, "no engine named"),
    ):
        done = ocroute("compare", *arguments)
        assert done.returncode == code, done.stderr
        assert said in done.stderr


def test_the_tables_and_the_report_hold_what_names_and_texts_cannot_break(tmp_path):
    evil = "<script>x</script>|\x1b[2J"
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    (tmp_path / "a" / "s.txt").write_text(f"{evil} same")
    (tmp_path / "b" / "s.txt").write_text("other same")
    done = ocroute("compare", "--runs", tmp_path / "a", tmp_path / "b", "-o", tmp_path / "out", "--md")
    assert done.returncode == 0
    assert "\x1b" not in done.stdout
    page = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    assert "<script>x" not in page
    assert "## Distance of texts" in done.stdout
    assert "http" not in page.replace("http://www.w3.org/2000/svg", "").replace("http-equiv", "")


def test_without_names_all_that_would_be_tried_here_are_compared():
    assert "rapidocr" in engines_here()
    assert "textlayer" not in engines_here()


def test_engines_read_afresh_and_go_on_where_they_were(tmp_path):
    Image.fromarray(typeset(["The tide tables of 1911"], width=700).raster()).save(tmp_path / "scan.png")
    (tmp_path / "truth").mkdir()
    (tmp_path / "truth" / "scan.txt").write_text("The tide tables of 1911")
    arguments = (
        tmp_path / "scan.png",
        "--engines",
        "rapidocr",
        "--truth",
        tmp_path / "truth",
        "--repeat",
        "--jobs",
        "1",
    )
    done = ocroute("compare", *arguments, "-o", tmp_path / "out", "--json")
    assert done.returncode == 0, done.stderr
    row = json.loads(done.stdout)["runs"][0]
    assert row["truth"]["cer"]["value"] == 0
    assert row["repeated"] == {"pages": 1, "alike": 1, "apart": 0}
    assert row["memory_mb"] > 50
    assert (tmp_path / "out" / "runs" / "rapidocr" / "scan.png.json").exists()
    assert b"data:image/webp" in (tmp_path / "out" / "report.html").read_bytes()
