"""The font of the text layer: one glyph, never seen, that stands for every character.

Codes are given out as characters come, and a ToUnicode map says which they are, so any text of any script can be written in a
font of a few hundred bytes. The glyph has an outline, a box half an em wide: PDFium drops words whose glyphs have no width.
"""

from __future__ import annotations

import base64
import zlib
from collections.abc import Set
from typing import TYPE_CHECKING

from ocroute.writers.pdf import to_unicode

if TYPE_CHECKING:
    import pikepdf

WIDTH = 0.5
"""Of every character, in ems."""

DESCENT = 0.2
"""How far the glyph reaches below the baseline, in ems; above it, it reaches what is left of one em."""

_MOST = 0xFFFF  # codes that a font has

# TrueType, 1000 units an em: .notdef, and a box from (0, -200) to (500, 800). Made with fontTools.FontBuilder.
_TRUETYPE = zlib.decompress(
    base64.b85decode(
        "c-n<fJxc>Y6r8=iTvU=sKt%*)1q(q?6GT!77GfQUt)NFdlOoB5<RY=N6l?;5wS}D){s%2mSlb6I@&it=5YD*|<C#JqytgxRv%9kg0bmLjkWj^g"
        "jr>0L9s#jR^|)L&n@FKe-Xq_t)Xq<3Lwu0GkS|m%^CXkMDiA-gx2qHqb7GzNjlEK>J6+)tL0obeHM?vg9q?zL*UfGdIt=m&a@8>F)?x4djC@G`"
        ")U?|UbFno4d<8!%dvkERbTqy54k>*fUa#-)vw8*LN<|={AuR5Z%45zbjT@X4FA*pj(}Z6%jF%KH|3ZR}|LfQ3yR0C+3NtWUf6TAGla227Up>Pq"
        "f>rk&oMAfUdExX1v76H2z0vEre>S_E6>eV+Kj%Y73OA8oAUR5@5ho)oW4a#039gw48-dPb`edL^M_40XjIfO9dJHG%T8psZ>&0@*?l@M-s&r~*"
        "D~BS=Xu(DY4lI<|72+C9s=4s5{83*&B2SF"
    )
)


class GlyphlessFont:
    """A font for as many pages of a file as it `has_room` for; `finish` it when all their text is written."""

    def __init__(self) -> None:
        self._codes: dict[str, int] = {}

    def has_room(self, characters: Set[str]) -> bool:
        """Whether codes are left for all of these that it does not have yet."""
        return len(self._codes) + len(characters - self._codes.keys()) <= _MOST

    def encoded(self, text: str) -> bytes:
        """``text`` as a PDF string of this font, two bytes a character.

        Raises:
            ValueError: it has no room for them.
        """
        codes = []
        for character in text:
            code = self._codes.setdefault(character, len(self._codes) + 1)
            if code > _MOST:
                raise ValueError(f"more than {_MOST:,} different characters")
            codes.append(code)
        return b"".join(code.to_bytes(2, "big") for code in codes)

    def begin(self, pdf: pikepdf.Pdf) -> pikepdf.Object:
        """The font's object, for the resources of pages."""
        import pikepdf

        name = pikepdf.Name("/Ocroute")  # no AAAAAA+: all of the font is in the file
        descriptor = pikepdf.Dictionary(
            Type=pikepdf.Name.FontDescriptor,
            FontName=name,
            Flags=4,
            FontBBox=[0, -200, 500, 800],
            ItalicAngle=0,
            Ascent=800,
            Descent=-200,
            CapHeight=800,
            StemV=80,
            FontFile2=pdf.make_stream(_TRUETYPE, Length1=len(_TRUETYPE)),
        )
        every_code_is_glyph_1 = b"\0\0" + b"\0\1" * _MOST
        descendant = pikepdf.Dictionary(
            Type=pikepdf.Name.Font,
            Subtype=pikepdf.Name.CIDFontType2,
            BaseFont=name,
            CIDSystemInfo=pikepdf.Dictionary(
                Registry=pikepdf.String("Adobe"), Ordering=pikepdf.String("Identity"), Supplement=0
            ),
            FontDescriptor=pdf.make_indirect(descriptor),
            DW=round(1000 * WIDTH),
            CIDToGIDMap=pdf.make_stream(every_code_is_glyph_1),
        )
        self._map = pdf.make_stream(b"")
        return pdf.make_indirect(
            pikepdf.Dictionary(
                Type=pikepdf.Name.Font,
                Subtype=pikepdf.Name.Type0,
                BaseFont=name,
                Encoding=pikepdf.Name("/Identity-H"),
                DescendantFonts=pikepdf.Array([pdf.make_indirect(descendant)]),
                ToUnicode=self._map,
            )
        )

    def finish(self) -> None:
        """Write down which character each code is."""
        self._map.write(to_unicode.written({code: character for character, code in self._codes.items()}))
