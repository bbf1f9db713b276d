"""Short blocks side by side are read one after the other; keys stay with their values, row by row."""

import random

import pytest
from bench.order import out_of_place, words_of, written
from bench.pages.arrangements import ARRANGEMENTS, draw
from tests.support.pages import LIGHTHOUSE, sheet, vera

from ocroute.layout.arrange import arrange

SHORT = ("two_addresses", "letterhead", "three_signatures", "keys_far_from_values", "short_lists", "table_beside_text")


def said(made):
    return [block.text for block in arrange(made.page(), list(reversed(made.lines)))]


def running(made):
    """All that is said, whatever parts it."""
    return " ".join(" ".join(said(made)).split())


@pytest.mark.parametrize("name", SHORT)
def test_every_word_is_in_its_place(name):
    made = draw(name, "tune", 0)
    blocks = arrange(made.page(), list(reversed(made.lines)))
    assert out_of_place(list(words_of(made.lines)), list(written(blocks))) == 0


def test_there_are_forty_arrangements():
    assert len(ARRANGEMENTS) >= 40


def rows(pairs, *, x=620, right=False):
    """A page of rows with two ends each, and a paragraph below."""
    made, font = sheet(), vera(22)
    for number, (one, other) in enumerate(pairs):
        made.write(100, 100 + 30 * number, one, font)
        made.write(1140 - font.getlength(other) if right else x, 100 + 30 * number, other, font)
    made.paragraph((100, 400, 1140, 900), LIGHTHOUSE, font)
    return made


@pytest.mark.parametrize("right", [False, True])
def test_keys_and_values_come_out_row_by_row(right):
    pairs = [
        ("Berth", "North quay"),
        ("Date of entry", "4 April 2021"),
        ("Length", "18 metres"),
        ("Master", "Ivo Lund"),
    ]
    assert said(rows(pairs, right=right))[:4] == [" ".join(pair) for pair in pairs]


def test_blocks_of_unequal_height_are_read_one_after_the_other():
    pairs = [("Seller", "Buyer"), ("Rope & Sons", "Mill House"), ("12 Tar Alley", "4 Weir Lane"), ("Saltby 3312", "")]
    made = rows([pair for pair in pairs if pair[1]])
    made.write(100, 190, pairs[3][0], vera(22))
    text = running(made)
    assert text.startswith("Seller Rope & Sons 12 Tar Alley Saltby 3312 Buyer Mill House 4 Weir Lane The lighthouse")


def test_prose_in_narrow_columns_on_one_grid_stays_in_columns():
    made, font = sheet((700, 700)), vera(18)
    for x in (60, 380):
        made.paragraph((x, 100, x + 260, 650), LIGHTHOUSE, font)
    text = " ".join(said(made))
    assert text.count("The lighthouse keeper wrote down") == 2


def test_a_picture_over_both_columns_parts_them():
    made, font = sheet((1240, 1500)), vera(20)
    for top in (100, 900):
        for number, x in enumerate((100, 660)):
            made.paragraph((x, top, x + 480, top + 400), f"{top + number} {LIGHTHOUSE}", font)
    found = [word for word in " ".join(said(made)).split() if word in ("100", "101", "900", "901")]
    assert found == ["100", "101", "900", "901"]


def test_what_stands_over_one_of_two_blocks_is_read_before_both():
    made, font = sheet(), vera(22)
    for number, text in enumerate(("Invoice 1/2021", "Issued 26 April", "Due 3 May", "Paid by transfer")):
        made.write(640, 80 + 36 * number, text, font)
    for x, rows in ((100, ("Seller", "Rope & Sons", "12 Tar Alley")), (640, ("Buyer", "Mill House", "4 Weir Lane"))):
        for number, text in enumerate(rows):
            made.write(x, 380 + 30 * number, text, font)
    made.paragraph((100, 600, 1140, 950), LIGHTHOUSE, font)
    text = " ".join(said(made))
    places = [text.index(part) for part in ("Invoice", "Paid", "Seller", "12 Tar", "Buyer", "4 Weir", "The lighthouse")]
    assert places == sorted(places)


def test_items_that_count_on_across_the_page_are_read_across():
    made, font = sheet(), vera(22)
    made.write(100, 100, "1. What did the clerk say of the ferry?", font)
    for number, text in enumerate(("A) Ladder", "B) Garden", "C) Violin", "D) Mirror")):
        made.write(140 + 500 * (number % 2), 140 + 30 * (number // 2), text, font)
    made.write(100, 220, "2. What did the pilot say of the quay?", font)
    for number, text in enumerate(("A) Ribbon", "B) Thunder", "C) Harvest", "D) Glass")):
        made.write(140 + 500 * (number % 2), 260 + 30 * (number // 2), text, font)
    blocks = arrange(made.page(), list(reversed(made.lines)))
    words = " ".join(f"{block.marker or ''} {block.text}" for block in blocks).split()
    assert [word for word in words if word[-1] == ")"] == ["A)", "B)", "C)", "D)"] * 2
    assert len({block.level for block in blocks if block.marker and block.marker.endswith(")")}) == 1


def test_numbered_columns_are_read_down():
    made, font = sheet(), vera(22)
    for number in range(8):
        made.write(100 + 500 * (number // 4), 100 + 30 * (number % 4), f"{number + 1}. Ladder and harvest", font)
    assert [block.marker for block in arrange(made.page(), list(reversed(made.lines)))] == [
        f"{n}." for n in range(1, 9)
    ]


def test_who_signs_stands_with_the_rule_to_sign_on():
    rule = "_" * 20
    pairs = [(rule, rule), ("A. Berg", "K. Lind"), ("Harbour master", "Captain"), ("Date: 3 May", "Date: 4 May")]
    first, second = said(rows(pairs))[:2]
    assert (first, second) == (
        f"{rule}\nA. Berg\nHarbour master\nDate: 3 May",
        f"{rule}\nK. Lind\nCaptain\nDate: 4 May",
    )


FIELDS = (
    ("Name", "Ivo Lund"),
    ("Berth", "North quay"),
    ("Master", "Ann Weir"),
    ("Length", "18 m"),
    ("Flag", "none"),
    ("Cargo", "rope and tar"),
    ("Agent", "Mill House"),
    ("Draught", "2 m"),
    ("Pilot", "P. Ness"),
    ("Cable", "chain"),
    ("Crew", "four"),
    ("Bound for", "Saltby"),
)


@pytest.mark.parametrize("seed", range(6))
def test_fields_of_a_form_are_read_across_wherever_they_stand_in_their_rows(seed):
    made, font, chance = sheet(), vera(20), random.Random(seed)
    fields, said_in_order, y = list(FIELDS), [], 200
    made.write(100, 100, "Report of arrival", vera(30))
    while len(fields) > 2:
        for x in chance.choice(((100, 700), (100, 480, 800), (100, 620))):
            if fields:
                label, value = fields.pop(0)
                made.write(x, y, f"{label}: {value}", font)
                said_in_order.append(f"{label}: {value}")
        y += 36
    made.paragraph((100, y + 20, 1140, 900), LIGHTHOUSE, font)
    assert " ".join(said(made)).startswith(" ".join(["Report of arrival", *said_in_order, "The lighthouse"]))


def test_two_blocks_of_the_same_fields_are_read_down():
    rows_of_both = [("From:", "To:"), ("Name: Ivo Lund", "Name: Ann Weir"), ("Town: Saltby", "Town: Ness")]
    text = running(rows([*rows_of_both, ("Tel: 3312", "Tel: 4071")]))
    assert text.startswith("From: Name: Ivo Lund Town: Saltby Tel: 3312 To: Name: Ann Weir")


@pytest.mark.parametrize("x", [520, 760])
def test_an_address_beside_fields_is_read_before_them(x):
    pairs = [("Harbour Chandlers", "Date: 4 March 2024"), ("12 Quay Street", "Customer: 8831"), ("Ness", "Order: B-17")]
    text = running(rows(pairs, x=x))
    assert text.startswith("Harbour Chandlers 12 Quay Street Ness Date: 4 March 2024 Customer: 8831 Order: B-17")


def test_a_narrow_column_beside_paragraphs_on_its_lines_is_read_before_them():
    made, font = sheet(), vera(22)
    side = [
        "Contact",
        "12 Quay Street",
        "Ness",
        "0171 44 81",
        "",
        "Languages",
        "English",
        "Danish",
        "",
        "Skills",
        "Splicing",
    ]
    for at, text in enumerate(side):
        made.write(100, 100 + 30 * at, text, font)
    made.write(420, 100, "Experience", font)
    made.write(420, 130, "2018 to 2024: Harbour Chandlers, responsible for stores;", font)
    made.write(420, 160, "introduced the card index that is still in use.", font)
    made.write(420, 190, "2011 to 2018: deckhand and later mate on the coaster", font)
    made.write(420, 220, "that carried timber between Ness and the islands.", font)
    text = running(made)
    assert "Contact 12 Quay Street Ness 0171 44 81 Languages English Danish Skills Splicing" in text
    assert "Experience 2018 to 2024: Harbour Chandlers, responsible for stores; introduced the card index" in text


def test_labels_before_entries_of_several_lines_are_read_across():
    made, font = sheet(), vera(22)
    for at, (label, first, second) in enumerate(
        [
            ("1848", "Foundation of the savings bank by seven craftsmen of", "the town and two of the villages."),
            ("1863", "First house of its own at the fish market; the clerk", "lives on the upper floor."),
            ("1891", "Fire in the cellar, of which the cause is unknown; the", "books are saved."),
        ]
    ):
        made.write(100, 100 + 60 * at, label, font)
        made.write(300, 100 + 60 * at, first, font)
        made.write(300, 130 + 60 * at, second, font)
    text = " ".join(said(made))
    assert text.startswith(
        "1848 Foundation of the savings bank by seven craftsmen of the town and two of the villages. 1863 First"
    )


def test_rows_with_the_same_field_in_each_are_read_across():
    text = " ".join(said(rows([("Monday", "Room: 5"), ("Tuesday", "Room: 7"), ("Friday", "Room: 5")])))
    assert text.startswith("Monday Room: 5 Tuesday Room: 7")


@pytest.mark.parametrize("count", [2, 3])
def test_a_caption_between_two_columns_ends_neither(count):
    """Text runs around a picture in the gutter; its caption lies across that."""
    made, font = sheet((1240, 1754)), vera(18)
    width = (1040 - 40 * (count - 1)) / count
    for column in range(count):
        x, narrow = 100 + column * (width + 40), column < 2
        parts = ((120, 520), (540, 1000), (1020, 1600)) if narrow else ((120, 1600),)
        for number, (top, bottom) in enumerate(parts):
            aside = 0.4 * width if number == 1 else 0.0
            left = x + aside if column == 1 else x
            made.paragraph(
                (left, top, x + width - aside * (column == 0), bottom), f"Part {column}{number}. {LIGHTHOUSE * 3}", font
            )
    gutter = 100 + width + 20
    made.write(gutter - 110, 970, "The tower from the sea", vera(14))
    for y in range(640, 900, 60):  # strokes of the picture, which are no rules
        made.draw.line((gutter - 0.3 * width, y, gutter + 0.3 * width, y), fill="black", width=3)
    text = " ".join(said(made))
    order = [text.index(f"Part {column}{part}.") for column in range(count) for part in range(3 if column < 2 else 1)]
    assert order == sorted(order)


@pytest.mark.parametrize("lowered", [0, 5, 9])
@pytest.mark.parametrize("rows", [1, 2])
def test_a_caption_close_beside_text_that_runs_around_its_picture_stays_out_of_its_sentences(lowered, rows):
    made, font = sheet((1240, 1754)), vera(24)
    made.paragraph((100, 120, 600, 420), LIGHTHOUSE, font)
    made.paragraph((100, 460, 380, 1100), LIGHTHOUSE, font)
    narrow = [line for line in made.lines if line.box.y0 > 440]
    made.paragraph((100, 1110, 600, 1500), LIGHTHOUSE, font)
    beside = narrow[len(narrow) // 2 : len(narrow) // 2 + rows]
    captions = ["Timber parish in December", "seen from the old mill"][:rows]
    for line, caption in zip(beside, captions, strict=True):
        made.write(line.box.x1 + 28, line.box.y0 + lowered, caption, vera(18))
    blocks = arrange(made.page(), list(reversed(made.lines)))
    sentence = " ".join(line.text for line in narrow)
    assert any(sentence in " ".join(block.text.split()) for block in blocks)
    assert " ".join(captions) in " ".join(block.text for block in blocks)


def test_rows_that_end_in_figures_at_the_right_edge_are_read_across():
    made, font = sheet(), vera(22)
    table = [("Items 5", "", "Parts 4"), ("GST Summary", "Amount(RM)", "Tax(RM)"), ("SR 6%", "251.02", "15.06")]
    for number, row in enumerate(table):
        for text, end in zip(row[1:], (900, 1140), strict=True):
            made.write(end - font.getlength(text), 100 + 30 * number, text, font)
        made.write(100, 100 + 30 * number, row[0], font)
    made.paragraph((100, 300, 1140, 800), LIGHTHOUSE, font)
    assert " ".join(said(made)).startswith("Items 5 Parts 4 GST Summary Amount(RM) Tax(RM) SR 6% 251.02 15.06")


def test_pairs_above_blocks_are_read_across_and_the_blocks_down():
    made, font = sheet(), vera(22)
    pairs = [
        ("Customer", "Ann Weir"),
        ("Order number", "2024-1187"),
        ("Date", "3 May 2024"),
        ("Carrier", "Saltby Rail"),
    ]
    blocks = [
        ("Bill to", "Ship to"),
        ("Ann Weir", "Ivo Lund"),
        ("4 Weir Lane", "12 Tar Alley"),
        ("Ness 4071", "Saltby 3312"),
    ]
    for top, below in ((100, pairs), (290, blocks)):
        for number, row in enumerate(below):
            for x, text in zip((100, 500), row, strict=True):
                made.write(x, top + 32 * number, text, font)
    text = running(made)
    across, down = " ".join(map(" ".join, pairs)), " ".join(map(" ".join, zip(*blocks, strict=True)))
    assert text == f"{across} {down}"


def test_heads_of_boxes_stand_over_their_lists():
    made, font = sheet(), vera(22)
    boxes = (
        ("STRENGTHS", "Low costs", "Own harbour", "Loyal customers"),
        ("WEAKNESSES", "Old cranes", "Few hands", "One road"),
    )
    others = (
        ("CHANCES", "New railway", "Trade with Ness", "Visitors"),
        ("THREATS", "Rising rents", "Two rivals", "New taxes"),
    )
    made.paragraph((100, 100, 1140, 280), LIGHTHOUSE, font)
    for top, pair in ((400, boxes), (720, others)):
        for x, (head, *items) in zip((100, 600), pair, strict=True):
            made.write(x, top, head, font)
            for number, item in enumerate(items):
                made.write(x + 60, top + 70 + 32 * number, item, font)
    text = running(made)
    assert all(" ".join(box) in text for box in (*boxes, *others))


def test_opening_hours_stand_beside_their_days():
    days = [
        ("Monday to Friday", "9 a.m. to 6 p.m."),
        ("Saturday", "10 a.m. to 2 p.m."),
        ("Sunday and holidays", "closed"),
    ]
    text = " ".join(said(rows(days)))
    assert text.startswith(" ".join(map(" ".join, days)))
