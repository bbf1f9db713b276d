"""PDF files object by object, for what no drawing library writes: forms, annotations, text in any order, broken things."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

Object = str | tuple[str, str | bytes]
"""A value as PDF writes it, or the entries of a stream's dictionary and its bytes."""


def pdf(objects: Mapping[int, Object]) -> bytes:
    """The file with these objects by their numbers; 1 is the catalog."""
    out, places = bytearray(b"%PDF-1.7\n"), {}
    for number, value in sorted(objects.items()):
        places[number] = len(out)
        if isinstance(value, tuple):
            data = value[1] if isinstance(value[1], bytes) else value[1].encode("latin-1")
            body = f"<<{value[0]}/Length {len(data)}>>stream\n".encode("latin-1") + data + b"\nendstream"
        else:
            body = value.encode("latin-1")
        out += b"%d 0 obj\n" % number + body + b"\nendobj\n"
    start, size = len(out), max(objects) + 1
    rows = (f"{places[n]:010d} 00000 n \n" if n in places else "0000000000 65535 f \n" for n in range(size))
    out += f"xref\n0 {size}\n{''.join(rows)}trailer<</Size {size}/Root 1 0 R>>\nstartxref\n{start}\n%%EOF".encode()
    return bytes(out)


def form(
    content: str,
    annotations: Sequence[str],
    *,
    catalog: str = "",
    page: str = "",
    acro_form: str = "",
    more: Mapping[int, Object] | None = None,
) -> bytes:
    """One page of 400 x 300 points, which inherits box and font F1 (Helvetica), with form fields and other annotations.

    Args:
        content: of the page's content stream.
        annotations: the entries of each dictionary; it is object 10 and onwards, and a field of the form where it has ``/T``.
        catalog, page, acro_form: further entries of these dictionaries.
        more: objects from 100 on.
    """
    numbers = {10 + index: entries for index, entries in enumerate(annotations)}
    fields = " ".join(f"{number} 0 R" for number, entries in numbers.items() if "/T(" in entries)
    whole = (
        f"/AcroForm<<{acro_form}/Fields[{fields}]/DA(/Helv 0 Tf 0 g)/DR<</Font<</Helv 5 0 R/ZaDb 6 0 R>>>>>>"
        if fields
        else ""
    )
    return pdf(
        {
            1: f"<</Type/Catalog/Pages 2 0 R{whole}{catalog}>>",
            2: "<</Type/Pages/Kids[3 0 R]/Count 1/MediaBox[0 0 400 300]/Resources<</Font<</F1 5 0 R/ZaDb 6 0 R>>>>>>",
            3: f"<</Type/Page/Parent 2 0 R/Contents 4 0 R/Annots[{' '.join(f'{n} 0 R' for n in numbers)}]{page}>>",
            4: ("", content),
            5: "<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding>>",
            6: "<</Type/Font/Subtype/Type1/BaseFont/ZapfDingbats>>",
            **{number: f"<</Type/Annot/P 3 0 R{entries}>>" for number, entries in numbers.items()},
            **(more or {}),
        }
    )


def widget(name: str, kind: str, rect: tuple[float, float, float, float], entries: str = "", *, flags: int = 4) -> str:
    """The entries of a form field with one place on the page."""
    place = " ".join(map(str, rect))
    return f"/Subtype/Widget/T({name})/FT/{kind}/Rect[{place}]/F {flags}/DA(/Helv 11 Tf 0 g){entries}"


def page_of(content: str, font: str, *, resources: str = "", more: Mapping[int, Object] | None = None) -> bytes:
    """One page of A4 with one font, F.

    Args:
        content: of the page's content stream.
        font: its dictionary; it is object 5.
        resources: further entries of the page's.
        more: objects from 6 on.
    """
    return pdf(
        {
            1: "<</Type/Catalog/Pages 2 0 R>>",
            2: "<</Type/Pages/Kids[3 0 R]/Count 1/MediaBox[0 0 595 842]>>",
            3: f"<</Type/Page/Parent 2 0 R/Contents 4 0 R/Resources<</Font<</F 5 0 R>>{resources}>>>>",
            4: ("", content),
            5: font,
            **(more or {}),
        }
    )
