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
    from ocroute.document.model import Finding, Verdict
    from ocroute.document_api import Document, Page
    from ocroute.errors import (
        CorruptInput,
        DeadlineExceeded,
        Declined,
        EngineCrashed,
        EngineError,
        EngineUnavailable,
        InputError,
        InputNotFound,
        Interrupted,
        OcrouteError,
        OutputError,
        PackageMissing,
        PageTooLarge,
        PasswordNeeded,
        PluginError,
        UnsupportedInput,
        UsageError,
    )
    from ocroute.reader import Reader
    from ocroute.values import Block, Box, Line, Note, Span, Table, Word
    from ocroute.warm_readers import close, read

__version__ = "0.1.0"
__all__ = [
    "Block",
    "Box",
    "CorruptInput",
    "DeadlineExceeded",
    "Declined",
    "Document",
    "EngineCrashed",
    "EngineError",
    "EngineUnavailable",
    "Finding",
    "InputError",
    "InputNotFound",
    "Interrupted",
    "Line",
    "Note",
    "OcrouteError",
    "OutputError",
    "PackageMissing",
    "Page",
    "PageTooLarge",
    "PasswordNeeded",
    "PluginError",
    "Reader",
    "Span",
    "Table",
    "UnsupportedInput",
    "UsageError",
    "Verdict",
    "Word",
    "__version__",
    "close",
    "read",
]

_HOMES = {
    "ocroute.reader": ("Reader",),
    "ocroute.warm_readers": ("close", "read"),
    "ocroute.document.model": ("Finding", "Verdict"),
    "ocroute.document_api": ("Document", "Page"),
    "ocroute.values": ("Block", "Box", "Line", "Note", "Span", "Table", "Word"),
}
"""Where a public name comes from; all others are errors."""


if not TYPE_CHECKING:  # a type checker would take any name for one of ours

    def __getattr__(name: str) -> object:
        if name not in __all__:
            raise AttributeError(f"module 'ocroute' has no attribute {name!r}")
        from importlib import import_module

        home = next((module for module, names in _HOMES.items() if name in names), "ocroute.errors")
        return getattr(import_module(home), name)


def __dir__() -> list[str]:
    return __all__
