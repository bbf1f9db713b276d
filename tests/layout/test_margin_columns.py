"""Columns in the margins of a page: blocks are read down, fields across."""

import pytest
from reportlab.pdfbase.pdfmetrics import stringWidth
from tests.support.pages import PROSE, TypesetPage

from ocroute.layout.arrange import arrange

FOOT = [
    ["Whitfield Clockworks Ltd", "12 Garden Row", "Dunmere 4821"],
    ["Telephone 0431 55 18 20", "Fax 0431 55 18 29", "office@whitfield.example", "www.whitfield.example"],
    ["Bank of Dunmere", "IBAN GB33 1234 5678 9012", "BIC DUNMGB2L"],
]


@pytest.mark.parametrize("size", [18, 24])
@pytest.mark.parametrize("align", ["left", "centre", "right"])
@pytest.mark.parametrize("count", [2, 3])
def test_columns_of_a_letters_foot_are_read_down(count, align, size):
    sheet = TypesetPage()
    y = sheet.prose(PROSE, 170, 200, 1360)
    sheet.prose(PROSE, 170, y + 40, 1360)
    for x, column in zip((170, 700, 1230), FOOT[:count], strict=False):
        for row, text in enumerate(column):
            free = 330 - stringWidth(text, "Times-Roman", size)
            sheet.line(
                text, x + free * {"left": 0, "centre": 0.5, "right": 1}[align], 1950 + 1.3 * size * row, size=size
            )
    said = " ".join(" ".join(block.text for block in arrange(sheet.page, sheet.lines)).split())
    assert said.endswith(" ".join(text for column in FOOT[:count] for text in column))


def test_fields_in_a_foot_are_read_across():
    sheet = TypesetPage()
    y = sheet.prose(PROSE, 170, 200, 1360)
    sheet.prose(PROSE, 170, y + 40, 1360)
    for row, (name, value) in enumerate((("Printed:", "4 March 2024"), ("Version:", "12"), ("Owner:", "Novak"))):
        sheet.line(name, 170, 1950 + 30 * row, size=20)
        sheet.line(value, 700, 1950 + 30 * row, size=20)
    said = " ".join(" ".join(block.text for block in arrange(sheet.page, sheet.lines)).split())
    assert said.endswith("Printed: 4 March 2024 Version: 12 Owner: Novak")
