"""A page to be read, the facts it is held to, and where both are kept."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Literal

import msgspec
import platformdirs

from ocroute.compare.page_facts import AnyFact

HOME = Path(platformdirs.user_cache_dir("ocroute-bench")) / "accuracy"

Medium = Literal["born", "scan"]
Split = Literal["dev", "test"]


class Case(msgspec.Struct, frozen=True):
    """One page in one medium.

    Attributes:
        name: unique, e.g. ``latex-ieee-03-p2-scan``.
        document: the document's name; all its pages are in one split.
        category: ``multi_column``, ``headers_footers``, ``tiny_text``, ``old_scan``, ``tables``, ``plain``.
        medium: ``born`` has a text layer, ``scan`` is only an image.
        pdf: one page, relative to ``HOME``.
        origin: ``generated`` or the path of the PDF it was taken from.
    """

    name: str
    document: str
    category: str
    medium: Medium
    pdf: str
    origin: str
    facts: tuple[AnyFact, ...]

    @property
    def split(self) -> Split:
        """``dev`` may be looked at while tuning; figures are reported on ``test``."""
        return "dev" if hashlib.sha256(self.document.encode()).digest()[0] % 5 < 3 else "test"

    @property
    def path(self) -> Path:
        """The PDF."""
        return HOME / self.pdf


def save(cases: list[Case], group: str) -> None:
    """Keep the cases of one group (``generated``, ``real``)."""
    HOME.mkdir(parents=True, exist_ok=True)
    (HOME / f"{group}.json").write_bytes(msgspec.json.format(msgspec.json.encode(cases)))


def load(group: str) -> list[Case]:
    """The cases of one group; none when it was not made yet."""
    path = HOME / f"{group}.json"
    return msgspec.json.decode(path.read_bytes(), type=list[Case]) if path.exists() else []
