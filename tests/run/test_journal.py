"""What the journal gives back is what was put in, or nothing."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ocroute.document.model import Attempt, Page, Verdict
from ocroute.engines.base import Wanted
from ocroute.route.plan import Wish
from ocroute.run.jobs import Input, Read
from ocroute.run.journal import Journal, key_of
from ocroute.run.records import give_up, pack, recognise, unpack
from ocroute.stores import FolderStore
from ocroute.values import Block, Box, Category

PAGE = Page(
    "scan.pdf",
    3,
    800,
    600.5,
    Verdict("accepted", 1.0),
    (Block(Category.TEXT, "Größe <b>\u2028 ключ \x1f", Box(1, 2.25, 3, 4), 0.1 + 0.2),),
    attempts=(Attempt("tesseract", "accepted", seconds={"read": 1 / 3}),),
)


def test_what_goes_in_comes_out(tmp_path):
    journal = Journal(FolderStore(tmp_path), "scan", "0" * 16)
    journal.save(pack(PAGE))
    record = journal.load([3]).get(3)
    assert record == pack(PAGE)
    assert unpack(record.body) == PAGE
    assert journal.load([4]).get(4) is None


def test_failed_page_is_read_again(tmp_path):
    journal = Journal(FolderStore(tmp_path), "scan", "0" * 16)
    journal.save(give_up(Read(Input(b"scan.pdf"), 3, Wish()), "the disk was busy"))
    assert journal.load([3]).get(3) is None


@pytest.mark.parametrize(("status", "again"), [("doubtful", True), ("accepted", False)])
def test_a_doubtful_page_on_which_time_ran_out_is_read_again(tmp_path, status, again):
    journal = Journal(FolderStore(tmp_path), "scan", "0" * 16)
    page = msgspec.structs.replace(PAGE, verdict=Verdict(status, 0.5), attempts=(Attempt("dots_ocr", "timed_out"),))
    journal.save(pack(page))
    assert (journal.load([3]).get(3) is None) is again
    journal.save(pack(msgspec.structs.replace(page, attempts=(Attempt("dots_ocr", "refused"),))))
    assert journal.load([3]).get(3) is not None


BODY = pack(PAGE).body


@given(st.binary(max_size=200) | st.integers(0, len(BODY) - 1).map(lambda size: BODY[:size]))
def test_torn_or_foreign_record_is_no_record(body):
    assert recognise(body) is None


@given(st.integers(10, len(BODY) - 1), st.integers(1, 255))
def test_changed_record_is_no_record(place, change):
    """The checksum sees every change after gzip's header, but for bits that fill a byte and say nothing."""
    body = BODY[:place] + bytes([BODY[place] ^ change]) + BODY[place + 1 :]
    assert recognise(body) is None or unpack(body) == PAGE


def test_record_under_another_number_is_no_record(tmp_path):
    journal = Journal(FolderStore(tmp_path), "scan", "0" * 16)
    journal.save(pack(PAGE))
    (file,) = tmp_path.glob(".ocroute/*/*/*")
    file.rename(file.with_name("0004.record"))
    assert journal.load([4]).get(4) is None


@pytest.mark.parametrize("other", [("other", "0"), ("scan", "1")], ids=["document", "key"])
def test_record_of_another_document_is_no_record(tmp_path, other):
    stem, key = other
    mine, theirs = Journal(FolderStore(tmp_path), "scan", "0" * 16), Journal(FolderStore(tmp_path), stem, key * 16)
    mine.save(pack(PAGE))
    (own,) = tmp_path.glob(".ocroute/*/*/*")
    theirs.save(pack(msgspec.structs.replace(PAGE, width=1)))
    (foreign,) = set(tmp_path.glob(".ocroute/*/*/*")) - {own}
    foreign.write_bytes(own.read_bytes())
    assert mine.load([3])
    assert not theirs.load([3])


def test_key_changes_with_all_that_matters_and_nothing_else():
    wish = Wish("", Wanted(("ru",)))
    same = key_of("content", Wish("", Wanted(("ru",))), "engines")
    assert key_of("content", wish, "engines") == same
    others = {
        key_of("other", wish, "engines"),
        key_of("content", wish, "others"),
        key_of("content", Wish("tesseract", Wanted(("ru",))), "engines"),
        key_of("content", Wish("", Wanted(("en",))), "engines"),
    }
    assert len(others | {same}) == 5


def test_records_of_an_old_key_go_and_those_of_a_neighbour_stay(tmp_path):
    journals = {
        (stem, key): Journal(FolderStore(tmp_path), stem, key * 16)
        for stem, key in [("x", "0"), ("x", "1"), ("x-2", "0"), ("xy", "0")]
    }
    for journal in journals.values():
        journal.save(pack(PAGE))
    journals["x", "1"].forget_others()
    assert {name for name, journal in journals.items() if journal.load([3])} == {("x", "1"), ("x-2", "0"), ("xy", "0")}


def test_long_names_fit(tmp_path):
    journal = Journal(FolderStore(tmp_path), "n" * 250, "0" * 16)
    journal.save(pack(PAGE))
    assert journal.load([3])[3] == pack(PAGE)


@pytest.mark.parametrize("wrong", [{"width": "wide"}, {"blocks": (3,)}, {"verdict": None}])
def test_page_that_is_none_is_not_packed(wrong):
    with pytest.raises(ValueError, match="not a page record"):
        pack(Page(**({"source": "x", "number": 1, "width": 1, "height": 1, "verdict": Verdict("failed", 0.0)} | wrong)))


def test_giving_up_keeps_the_best_text():
    job = Read(Input(b"scan.pdf"), 3, Wish(), spent=(Attempt("hang", "timed_out"),), checkpoint=pack(PAGE).body)
    record = give_up(job, "no more engines")
    assert unpack(record.body).blocks == PAGE.blocks
    assert unpack(record.body).attempts == job.spent
