"""The viewer and its data in one HTML file that opens without a network."""

from __future__ import annotations

import base64
import hashlib
import json
from functools import cache
from html import escape
from importlib.resources import files
from typing import Any

from ocroute.document.drawing import COLOURS

_IN_MARKUP = {ord("<"): "\\u003c", ord(">"): "\\u003e", ord("&"): "\\u0026", 0x2028: "\\u2028", 0x2029: "\\u2029"}


@cache
def script() -> str:
    """The script; it defines ``ocrouteViewer``."""
    return (files("ocroute.viewer") / "viewer.js").read_text(encoding="utf-8")


@cache
def style() -> str:
    """The style sheet, with the colours of the kinds of block."""
    hues = (f'.ov [data-category="{kind}"] {{ --hue: rgb{colour}; }}' for kind, colour in COLOURS.items())
    return (files("ocroute.viewer") / "viewer.css").read_text(encoding="utf-8") + "\n".join(hues) + "\n"


def embedded(data: dict[str, Any]) -> str:
    """``data`` as JSON that can stand in a ``script`` element, whatever its texts hold."""
    return json.dumps(data, ensure_ascii=False, separators=(",", ":")).translate(_IN_MARKUP)


def html_page(data: dict[str, Any]) -> bytes:
    """A whole HTML file that shows ``data``. Its policy lets it run its own script only, and ask for nothing.

    Args:
        data: as `ocroute.viewer.viewer_data` makes it; images as ``data:`` addresses.
    """
    return page_with(data, "data-ocroute-viewer")


def page_with(data: dict[str, Any], mounted: str, *, script_beside: str = "", style_beside: str = "") -> bytes:
    """A whole HTML file as `html_page`, in which another script uses the viewer.

    Args:
        data: JSON with a ``title``, in an element that is called ``data``.
        mounted: the attribute of the element that the script fills.
        script_beside, style_beside: besides those of the viewer.
    """
    scripts = [one for one in (script(), script_beside) if one]
    look = _whole_page() + style_beside
    policy = "; ".join(
        (
            "default-src 'none'",
            "img-src data:",
            "script-src " + " ".join(f"'sha256-{_digest(one)}'" for one in scripts),
            f"style-src 'sha256-{_digest(look)}'",
            "base-uri 'none'",
            "form-action 'none'",
        )
    )
    return (
        f'<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        f'<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f'<meta name="color-scheme" content="light dark">\n<title>{escape(data["title"])}</title>\n'
        f"<style>{look}</style>\n</head>\n<body>\n"
        f'<div {mounted}="data"><noscript>This page needs JavaScript; it loads nothing.</noscript></div>\n'
        f'<script type="application/json" id="data">{embedded(data)}</script>\n'
        f"{''.join(f'<script>{one}</script>{chr(10)}' for one in scripts)}</body>\n</html>\n"
    ).encode(errors="replace")


def _whole_page() -> str:
    return "body { margin: 0; }\n" + style()


def _digest(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
