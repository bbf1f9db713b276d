"""What a file is, by its first bytes. Names lie; content does not."""

from __future__ import annotations

from typing import Literal

Kind = Literal["pdf", "image"]

HEAD_BYTES = 2048
"""How much of a file ``kind_of`` wants to see. A PDF may have some other bytes before its header."""

_IMAGES: tuple[bytes, ...] = (
    b"\x89PNG\r\n\x1a\n",
    b"\xff\xd8\xff",
    b"II*\x00",
    b"MM\x00*",
    b"II+\x00",  # BigTIFF
    b"MM\x00+",
    b"GIF87a",
    b"GIF89a",
    b"\x00\x00\x00\x0cjP  \r\n\x87\n",
    b"\xff\x4f\xff\x51",
    *(b"P%d%c" % (digit, space) for digit in range(1, 7) for space in b"\n \r\t"),
)

# Things that people do pass by mistake, and what to do with each.
_FOREIGN: tuple[tuple[bytes, str, str], ...] = (
    (b"PK\x03\x04", "a ZIP archive or office document", "Unpack it, or save the document as PDF"),
    (b"\xd0\xcf\x11\xe0", "an old office document", "Save it as PDF"),
    (b"AT&TFORM", "a DjVu document", "Convert it: ddjvu -format=pdf in.djvu out.pdf"),
    (b"%!PS", "PostScript", "Convert it: ps2pdf in.ps out.pdf"),
    (b"{\\rtf", "a rich-text document", "Save it as PDF"),
    (b"8BPS", "a Photoshop file", "Save it as PNG or TIFF"),
    (b"\x1f\x8b", "a gzip archive", "Unpack it first"),
)


def kind_of(head: bytes) -> Kind | None:
    """``pdf`` or ``image`` for a file that starts with ``head``, None when it is neither."""
    if head.startswith(_IMAGES) or _is_bmp(head) or (head[:4] == b"RIFF" and head[8:12] == b"WEBP"):
        return "image"
    if head[4:12] in (b"ftypavif", b"ftypavis"):
        return "image"
    if b"%PDF-" in head[:1024]:
        return "pdf"
    return None


def describe(head: bytes) -> tuple[str, str]:
    """What a file that is no page seems to be, and what the user can do: two clauses for an error."""
    for magic, name, next_step in _FOREIGN:
        if head.startswith(magic):
            return name, next_step
    if head[4:8] == b"ftyp" and head[8:12] in (b"heic", b"heix", b"mif1", b"hevc"):
        return "a HEIC photo", "Convert it: magick in.heic out.png"
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if start.startswith((b"<!doctype html", b"<html")):
        return "a web page", "Print it to PDF"
    if b"<svg" in start[:512]:
        return "an SVG drawing", "Convert it: rsvg-convert -f pdf in.svg -o out.pdf"
    if head and _is_text(head):
        return "plain text", "It needs no OCR"
    return "of a kind that is not known", "Give a PDF, PNG, JPEG, TIFF, WebP, BMP or GIF"


def _is_bmp(head: bytes) -> bool:
    # "BM" alone also begins a good many texts: the header's length must make sense too.
    return head[:2] == b"BM" and head[14:18] in (
        b"\x0c\0\0\0",
        b"\x28\0\0\0",
        b"\x38\0\0\0",
        b"\x6c\0\0\0",
        b"\x7c\0\0\0",
    )


def _is_text(head: bytes) -> bool:
    return not any(byte < 9 or 13 < byte < 27 or 27 < byte < 32 for byte in head)
