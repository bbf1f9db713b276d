from pathlib import Path

import pytest
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

DEJAVU = Path("/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf")
SERIF_ITALIC = DEJAVU.with_name("DejaVuSerif-Italic.ttf")


@pytest.fixture
def make_pdf(tmp_path):
    """Draws a PDF: ``make_pdf(draw, draw, ..., size=..., **canvas options)``, one function a page; gives its path."""

    def make(*draw, size=(595, 842), name="a.pdf", **options):
        canvas = Canvas(str(tmp_path / name), pagesize=size, **options)
        for page in draw:
            page(canvas)
            canvas.showPage()
        canvas.save()
        return tmp_path / name

    return make


def registered(name, path):
    """The name of a font that reportlab then knows."""
    if not path.exists():
        pytest.skip("needs the DejaVu fonts")
    pdfmetrics.registerFont(TTFont(name, str(path)))
    return name


@pytest.fixture
def unicode_font():
    """The name of a font with more than Latin letters, registered with reportlab."""
    return registered("DejaVu", DEJAVU)


@pytest.fixture
def italic_font():
    """The name of a font whose 1 has more white behind it than before it."""
    return registered("Italic", SERIF_ITALIC)
