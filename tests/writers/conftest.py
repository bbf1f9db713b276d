"""A scanned page of a PDF to write text on."""

from __future__ import annotations

import io
from pathlib import Path

import pikepdf
import pytest
from PIL import Image


@pytest.fixture
def scan_pdf(tmp_path: Path):
    """Makes a PDF of one page that shows an image, with whatever its dictionary is to say."""

    def make(name: str = "scan.pdf", content: bytes = b"", **entries: object) -> str:
        pdf = pikepdf.new()
        pdf.add_blank_page(page_size=(288, 432))
        page = pdf.pages[0]
        for key, value in entries.items():
            page.obj[f"/{key}"] = value
        held = io.BytesIO()
        Image.new("RGB", (400, 600), "gray").save(held, "JPEG")
        picture = pdf.make_stream(
            held.getvalue(),
            Type=pikepdf.Name.XObject,
            Subtype=pikepdf.Name.Image,
            Width=400,
            Height=600,
            ColorSpace=pikepdf.Name.DeviceRGB,
            BitsPerComponent=8,
            Filter=pikepdf.Name.DCTDecode,
        )
        page.add_resource(picture, pikepdf.Name.XObject, pikepdf.Name("/Im0"))
        font = pikepdf.Dictionary(Type=pikepdf.Name.Font, Subtype=pikepdf.Name.Type1, BaseFont=pikepdf.Name.Helvetica)
        page.add_resource(font, pikepdf.Name.Font, pikepdf.Name("/F0"))
        page.obj.Contents = pdf.make_stream(b"q 288 0 0 432 0 0 cm /Im0 Do Q\n" + content)
        pdf.save(tmp_path / name)
        return str(tmp_path / name)

    return make
