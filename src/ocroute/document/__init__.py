"""Pure values for what was read, and the exporters that turn them into files."""

from ocroute.document.model import Attempt, AttemptOutcome, Document, Finding, Page, Provenance, Status, Verdict
from ocroute.values import Block, Box, Category, Cell, Font, InlineStyle, Line, Markup, Note, Span, Table, Word

__all__ = [
    "Attempt",
    "AttemptOutcome",
    "Block",
    "Box",
    "Category",
    "Cell",
    "Document",
    "Finding",
    "Font",
    "InlineStyle",
    "Line",
    "Markup",
    "Note",
    "Page",
    "Provenance",
    "Span",
    "Status",
    "Table",
    "Verdict",
    "Word",
]
