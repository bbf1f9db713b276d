"""The result of reading, as pure values. Nothing here decides; formats are known by their registered names only.

Coordinates are pixels of the page as it was read: upright, origin top left, x to the right, y down. A page record carries
the size of that frame, its resolution and the turn that made it upright, so every box can be taken back to the source.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any, Literal

import msgspec

from ocroute.document.formats import EXPORTERS, made
from ocroute.document.sheet import Sheet
from ocroute.values import Block, Box, Note, excerpt


class Finding(msgspec.Struct, frozen=True, omit_defaults=True):
    """What one check measured on one page.

    Attributes:
        code: the check's name in the registry.
        value: what was measured.
        limit: what it was held against.
        sentence: the finding in words, with the number in it.
        refuses: whether the text should not be believed. A finding that does not refuse is a remark.
        weight: the share of the text that it takes, 0 (none) to 1 (all).
        next_step: what the user can do, e.g. a package to install.
        image: the place on the upright page that it speaks of, in the pixels that all boxes are in; None where it speaks of
            the page as a whole. `Page.draw` shows it.
    """

    code: str
    value: float
    limit: float
    sentence: str
    refuses: bool = True
    weight: float = 0.5
    next_step: str = ""
    image: Box | None = None


Status = Literal["accepted", "blank", "doubtful", "failed"]


class Verdict(msgspec.Struct, frozen=True):
    """What the judge says of a page.

    ``accepted``: believable. ``blank``: no text is printed there, which is a fine result. ``doubtful``: text that was refused
    but is the best there is, or no text where nothing can be seen. ``failed``: no text could be had.

    ``score`` is 1 where nothing refuses the text, else an estimate of how much of the page's text
    is right: it ranks refused texts.
    """

    status: Status
    score: float
    findings: tuple[Finding, ...] = ()

    @property
    def fine(self) -> bool:
        """Whether a document with this page is a success."""
        return self.status in ("accepted", "blank")


AttemptOutcome = Literal["accepted", "refused", "declined", "failed", "crashed", "timed_out"]


class Attempt(msgspec.Struct, frozen=True, omit_defaults=True):
    """One engine's try at one page. One that timed out may have left a text, which is then cut."""

    engine: str
    outcome: AttemptOutcome
    reason: str = ""
    score: float = 0.0
    findings: tuple[Finding, ...] = ()
    seconds: dict[str, float] = {}


class Provenance(msgspec.Struct, frozen=True, omit_defaults=True):
    """Where a page's text comes from. ``seconds`` is the only part that differs between equal runs.

    Attributes:
        engine: its registered name.
        model: the weights that it read with: a folder, a hub id, or a server's name for them.
        model_hash: of those weights.
        kernel: of attention, by part of the model, e.g. ``vision flash4, text sdpa (unproven)``.
        device: where it ran; empty where that is the business of a server.
        versions: of the libraries behind it.
        settings: what else the text depends on.
        seconds: by step.
    """

    engine: str = ""
    model: str = ""
    model_hash: str = ""
    kernel: str = ""
    device: str = "cpu"
    versions: dict[str, str] = {}
    settings: dict[str, Any] = {}
    seconds: dict[str, float] = {}


class Page(msgspec.Struct, frozen=True, omit_defaults=True):
    """One page record. N pages in, N records out, in order, whatever happens.

    Attributes:
        source: the input's path as the user gave it.
        number: the page's number in its source, from 1.
        width, height: of the upright frame that boxes are in, pixels.
        dpi: pixels per inch of that frame, or None where the source does not say.
        turned: degrees counter-clockwise by which the source was turned to stand upright (0, 90, 180, 270).
        skew: degrees counter-clockwise that it was deskewed by besides.
        blocks: in reading order.
        attempts: every engine tried, in order, with what was seen.
        rejected: every engine not tried: name and reason.
        notes: comments left on it, which are not printed: from top to bottom.
        language: that the source says it is in, a BCP 47 tag; empty where it says none, or its text is clearly in another.
        sheet: where it lies in the photograph that its source is, before it was turned; None where no photograph was seen.
        error: why there is no text, in words, when the verdict is ``failed``.
        input_index: of its input among those that were read together, from 0; see `ocroute.Reader.pages`.
    """

    source: str
    number: int
    width: float
    height: float
    verdict: Verdict
    blocks: tuple[Block, ...] = ()
    dpi: float | None = None
    turned: int = 0
    skew: float = 0.0
    provenance: Provenance = Provenance()
    attempts: tuple[Attempt, ...] = ()
    rejected: dict[str, str] = {}
    error: str = ""
    input_index: int = 0
    notes: tuple[Note, ...] = ()
    language: str = ""
    sheet: Sheet | None = None

    def __repr__(self) -> str:
        """On one line."""
        blocks = f"{len(self.blocks)} block{'' if len(self.blocks) == 1 else 's'}"
        return f"Page({self.number} of {excerpt(self.source)}: {self.verdict.status}, {blocks})"

    @property
    def text(self) -> str:
        """What is printed in the running text, as in the format ``txt``; a doubtful page says so on its first line."""
        return Document(self.source, (self,)).text


class Document(msgspec.Struct, frozen=True):
    """All pages of one input, in order.

    Attributes:
        source: the input's path as the user gave it.
        pages: one record for each; a tuple, but for writers (`ocroute.document.formats.SourceWriter`).
        sha256: of the input's content, in hexadecimal; empty where it is not known.
    """

    source: str
    pages: Sequence[Page]
    sha256: str = ""

    @property
    def ok(self) -> bool:
        """Whether every page was accepted or is blank. A document without pages is not."""
        return bool(self.pages) and all(page.verdict.fine for page in self.pages)

    def __repr__(self) -> str:
        """On one line: source, number of pages, how many have which verdict."""
        count = f"{len(self.pages)} page{'' if len(self.pages) == 1 else 's'}" if self.pages else "no pages"
        statuses = Counter(page.verdict.status for page in self.pages)
        told = ", ".join(f"{number} {status}" for status, number in sorted(statuses.items()))
        return f"Document({excerpt(self.source)}, {count}{': ' if told else ''}{told})"

    @property
    def text(self) -> str:
        """What is printed in the running text, as in the format ``txt``: a form feed between pages, doubtful pages say so."""
        return self.export("txt").decode()

    def to_markdown(self, *, keep_headers_footers: bool = False) -> str:
        """This document as Markdown; page headers and footers are left out unless asked for."""
        return self.export("md", keep_headers_footers=keep_headers_footers).decode()

    def to_html(self, *, keep_headers_footers: bool = False) -> str:
        """This document as one whole HTML page; page headers and footers are left out unless asked for."""
        return self.export("html", keep_headers_footers=keep_headers_footers).decode()

    def export(self, name: str, **options: Any) -> bytes:
        """This document in the format registered as ``name`` (``md``, ``json``, ``html``, ``txt``, ``hocr``, ``alto``).

        Args:
            name: of a format that is made from the document alone; `ocroute.Document.save` writes the others too.
            options: of writing, e.g. ``keep_headers_footers=True``; those that the format does not heed are left aside.

        Raises:
            UsageError: there is no such format.
        """
        EXPORTERS.load(name)
        exported: bytes = made(name, options).export(self)
        return exported
