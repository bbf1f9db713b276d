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
    policy = "; ".join(
        (
            "default-src 'none'",
            "img-src data:",
            f"script-src 'sha256-{_digest(script())}'",
            f"style-src 'sha256-{_digest(_whole_page())}'",
            "base-uri 'none'",
            "form-action 'none'",
        )
    )
    return (
        f'<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        f'<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f'<meta name="color-scheme" content="light dark">\n<title>{escape(data["title"])}</title>\n'
        f"<style>{_whole_page()}</style>\n</head>\n<body>\n"
        f'<div data-ocroute-viewer="data"><noscript>This page needs JavaScript; it loads nothing.</noscript></div>\n'
        f'<script type="application/json" id="data">{embedded(data)}</script>\n'
        f"<script>{script()}</script>\n</body>\n</html>\n"
    ).encode(errors="replace")


def _whole_page() -> str:
    return "body { margin: 0; }\n" + style()


def _digest(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
