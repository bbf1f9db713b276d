"""Reads pages, checks every page against its ink, and says what happened.

    import ocroute
    doc = ocroute.read("page.png")
    doc.to_markdown()
    doc.pages[0].verdict

Importing this module imports nothing heavy; names are resolved when first used.
"""

from __future__ import annotations

TYPE_CHECKING = (
    False  # known to type checkers by its name; the module typing would take as long as all of Python's start
)
if TYPE_CHECKING:
    from ocroute.api import read
    from ocroute.document.model import Document
    from ocroute.errors import OcrouteError

__version__ = "0.1.0"
__all__ = ["Document", "OcrouteError", "__version__", "read"]

_HOMES = {"read": "ocroute.api", "Document": "ocroute.document.model", "OcrouteError": "ocroute.errors"}


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module 'ocroute' has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return __all__
