"""ToUnicode maps: which text each code of a font stands for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_BLOCK = 100  # lines of one block, by the format's specification


def written(texts: Mapping[int, str], width: int = 2) -> bytes:
    """The map in which every code, of ``width`` bytes, stands for its text."""
    digits = 2 * width
    lines = [f"<{code:0{digits}X}> <{text.encode('utf-16-be').hex().upper()}>" for code, text in sorted(texts.items())]
    blocks = []
    for at in range(0, len(lines), _BLOCK):
        some = lines[at : at + _BLOCK]
        blocks.append(f"{len(some)} beginbfchar\n" + "\n".join(some) + "\nendbfchar\n")
    return (
        "/CIDInit /ProcSet findresource begin\n12 dict begin\nbegincmap\n"
        "/CIDSystemInfo << /Registry (Adobe) /Ordering (UCS) /Supplement 0 >> def\n"
        "/CMapName /Adobe-Identity-UCS def\n/CMapType 2 def\n"
        f"1 begincodespacerange\n<{'0' * digits}> <{'F' * digits}>\nendcodespacerange\n"
        f"{''.join(blocks)}endcmap\nCMapName currentdict /CMap defineresource pop\nend\nend\n"
    ).encode()


def texts_of(stream: Any, package: Any) -> dict[int, str]:
    """What the map in ``stream`` says, as far as it can be read; a map refers to another in hardly any file."""
    found: dict[int, str] = {}
    try:
        instructions = list(package.parse_content_stream(stream))
    except package.PdfError:
        return found
    for operands, operator in instructions:
        values = list(operands)
        if str(operator) == "endbfchar":
            for code, text in zip(values[::2], values[1::2], strict=False):
                found[_number(code)] = _text(bytes(text))
        elif str(operator) == "endbfrange":
            for first, last, to in zip(values[::3], values[1::3], values[2::3], strict=False):
                found |= _range(_number(first), _number(last), to, package)
    return found


def _range(first: int, last: int, to: Any, package: Any) -> dict[int, str]:
    codes = range(first, min(last, 0xFFFF) + 1)
    if isinstance(to, package.Array):
        return {code: _text(bytes(text)) for code, text in zip(codes, to, strict=False)}
    start = bytes(to)
    head, end = start[:-2], int.from_bytes(start[-2:], "big")
    return {code: _text(head + ((end + code - first) & 0xFFFF).to_bytes(2, "big")) for code in codes}


def _number(code: Any) -> int:
    return int.from_bytes(bytes(code), "big")


def _text(data: bytes) -> str:
    return data.decode("utf-16-be", errors="replace")
