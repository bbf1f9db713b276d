"""Fonts of signs whose meaning the file does not give: by the encodings that are known, and marked where none is."""

import pytest

from ocroute.pages import open_input

NAMED = b"<</Type/Encoding/Differences[88/summationdisplay 89/productdisplay 90/integraldisplay 110/braceleftbigg 5/unheardof]>>"


def pdf(path, font, encoding, shown):
    """A page with a line in a font that is not embedded, whose glyph names are given; written by hand, for no library does."""
    parts = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 300 200]/Contents 4 0 R/Resources<</Font<</F 5 0 R>>>>>>",
        b"<</Length %d>>stream\nBT /F 20 Tf 40 100 Td %s Tj ET\nendstream" % (len(shown) + 29, shown),
        b"<</Type/Font/Subtype/Type1/BaseFont/%s/FirstChar 0/LastChar 255/Widths[%s]/Encoding %s>>"
        % (font, b"600 " * 256, encoding),
    ]
    body = b"%PDF-1.4\n"
    for number, part in enumerate(parts, 1):
        body += b"%d 0 obj%s\nendobj\n" % (number, part)
    path.write_bytes(body + b"trailer<</Root 1 0 R/Size 6>>\n%%EOF")
    return path


@pytest.mark.parametrize(
    ("font", "encoding", "shown", "right"),
    [
        (b"CMEX10", NAMED, b"(XYZn)", "∑∏∫{"),
        (b"ABCDEF+CMEX10", NAMED, b"(XX)", "∑∑"),
        (b"CMEX10", NAMED, b"(X\\005)", "∑⌋"),
        (b"MSAM10", b"<</Differences[36/nosuchname 163/neither]>>", b"(\\044\\243)", "≗\ufffd"),
        (b"Other", NAMED, b"(XX)", "XX"),  # of a font that nobody knows, reading the page has to tell
        (b"Other", NAMED, b"(X\\002\\005X)", "X\ufffd\ufffdX"),  # a control character is no letter, and it is printed
        (b"ZapfDingbats", b"<<>>", b"(4l)", "✔●"),
    ],
)
def test_signs_come_as_what_they_mean(tmp_path, font, encoding, shown, right):
    with open_input(pdf(tmp_path / "a.pdf", font, encoding, shown)) as source:
        assert [line.text.replace(" ", "") for line in source.page(1).text_layer()] == [right]
