"""Columns of Chinese and Japanese are read from top to bottom and from right to left, however the file places them."""

import pytest
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont

from ocroute.layout.arrange import arrange
from ocroute.pages import open_input
from ocroute.pages.pdf_text import clean

COLUMNS = ["港の事務所は湾に入るすべての船の", "記録をつけている。記録には船長の", "名前と積荷と到着の時刻が書かれる。"]
SIZE, PITCH, TOP, RIGHT = 14, 16, 740, 450


@pytest.fixture(scope="module", autouse=True)
def japanese():
    """Fonts without glyphs of their own, so that they are the same everywhere; places are all that counts."""
    pdfmetrics.registerFont(UnicodeCIDFont("HeiseiMin-W3", isVertical=True))
    pdfmetrics.registerFont(UnicodeCIDFont("HeiseiKakuGo-W5"))


def column(canvas, text, x, y=TOP, pitch=PITCH):
    """One sign below the other."""
    canvas.setFont("HeiseiKakuGo-W5", SIZE)
    for at, sign in enumerate(text):
        canvas.drawString(x, y - pitch * at, sign)


def blocks(path):
    with open_input(path) as source:
        page = source.page(1)
        return arrange(page, page.text_layer())


def placed(canvas):
    for at, text in enumerate(COLUMNS):
        column(canvas, text, RIGHT - 30 * at)


def by_rows(canvas):
    canvas.setFont("HeiseiKakuGo-W5", SIZE)
    for row in range(max(map(len, COLUMNS))):
        for at, text in enumerate(COLUMNS):
            if row < len(text):
                canvas.drawString(RIGHT - 30 * at, TOP - PITCH * row, text[row])


def by_map(canvas):
    for at, text in enumerate(COLUMNS):
        canvas.setFont("HeiseiMin-W3", SIZE)
        canvas.drawString(RIGHT - 30 * at, TOP, text)


@pytest.mark.parametrize("draw", [placed, by_rows, by_map], ids=["sign by sign", "row by row", "with a vertical map"])
def test_columns_are_read_down_and_from_the_right(make_pdf, draw):
    (block,) = blocks(make_pdf(draw))
    assert block.text == "".join(COLUMNS)
    assert block.direction == "ttb"
    first, *_, last = block.lines
    assert first.box.x0 > last.box.x1
    assert first.box.height > 10 * first.box.width
    assert block.box.x0 == pytest.approx(last.box.x0)


def test_numbers_dashes_and_a_last_sign_alone_stay_in_their_column(make_pdf):
    def draw(canvas):
        column(canvas, "事務所は平成", RIGHT)
        canvas.setFont("Helvetica", 12)
        canvas.drawString(RIGHT, TOP - 6 * PITCH, "12")
        column(canvas, "年に建てられた", RIGHT, TOP - 7 * PITCH)
        canvas.setFont("Helvetica", 12)
        canvas.drawString(RIGHT + 1, TOP - 14 * PITCH, "—")
        column(canvas, "港の北", RIGHT, TOP - 15 * PITCH)
        column(canvas, "にある小さな家で", RIGHT - 30)
        column(canvas, "。", RIGHT - 60)
        canvas.setFont("Helvetica", 9)
        canvas.drawString(290, 40, "17")

    said = blocks(make_pdf(draw))
    assert (
        "".join(block.text for block in said if block.direction == "ttb")
        == "事務所は平成12年に建てられた—港の北にある小さな家で。"
    )
    assert sum("17" in block.text for block in said) == 1


def test_latin_that_lies_on_its_side_goes_on_in_its_column(make_pdf):
    def draw(canvas):
        column(canvas, "港の会社", RIGHT)
        canvas.saveState()
        canvas.translate(RIGHT + 3, TOP - 3 * PITCH - 4)
        canvas.rotate(-90)
        canvas.setFont("Helvetica", 12)
        canvas.drawString(0, 0, "Aurora")
        canvas.restoreState()
        column(canvas, "が船を出した。", RIGHT, TOP - 6.2 * PITCH)
        column(canvas, "にある小さな家で", RIGHT - 30)

    (block,) = blocks(make_pdf(draw))[:1]
    assert block.text.startswith("港の会社Auroraが船を出した。")


def test_two_stories_of_columns_are_read_one_after_the_other(make_pdf):
    def draw(canvas):
        for story, top in enumerate((740, 400)):
            for at, text in enumerate(COLUMNS):
                column(canvas, f"{'上下'[story]}{text}", RIGHT - 30 * at, top)

    said = "".join(block.text for block in blocks(make_pdf(draw)))
    assert said == "".join("上" + text for text in COLUMNS) + "".join("下" + text for text in COLUMNS)


def test_rows_and_cells_of_one_sign_are_no_columns(make_pdf):
    def draw(canvas):
        canvas.setFont("HeiseiKakuGo-W5", SIZE)
        for at, text in enumerate(COLUMNS):
            canvas.drawString(72, 740 - 22 * at, text)
        for at, name in enumerate(["北の港", "南の港", "東の港", "西の港", "本港"]):
            canvas.drawString(72, 600 - 17 * at, name)
        for at, yes in enumerate("有無有有無"):
            canvas.drawString(200, 600 - 17 * at, yes)

    with open_input(make_pdf(draw)) as source:
        texts = [line.text for line in source.page(1).text_layer()]
    assert texts[:3] == COLUMNS
    assert sorted(texts[-5:]) == sorted("有無有有無")


@pytest.mark.parametrize("apart", [True, False], ids=["sign by sign", "in one object"])
def test_labels_set_wide_are_no_columns(make_pdf, apart):
    def draw(canvas):
        canvas.setFont("HeiseiKakuGo-W5", SIZE)
        for at, (label, value) in enumerate(
            [("氏名", "港太郎"), ("性別", "男性"), ("年齢", "三十歳"), ("本籍", "北海道"), ("職業", "船員")]
        ):
            y = 700 - 18 * at
            if apart:
                canvas.drawString(72, y, label[0])
                canvas.drawString(100, y, label[1])
                canvas.drawString(150, y, value)
            else:
                canvas.drawString(72, y, label, charSpace=14)

    with open_input(make_pdf(draw)) as source:
        texts = [line.text for line in source.page(1).text_layer()]
    assert not {"氏性年本職", "名別齢籍業"} & set(texts)


def test_a_column_beside_rows_is_one_line(make_pdf):
    def draw(canvas):
        canvas.setFont("HeiseiKakuGo-W5", SIZE)
        for at in range(12):
            canvas.drawString(72, 740 - 22 * at, COLUMNS[at % 3])
        column(canvas, "港湾案内図", 420)

    with open_input(make_pdf(draw)) as source:
        assert "港湾案内図" in [line.text for line in source.page(1).text_layer()]


def test_signs_as_they_look_in_columns_become_the_usual_ones():
    assert clean(map(ord, "﹁港﹂︵海︶")) == "「港」（海）"
