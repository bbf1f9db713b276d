"""Pages of fifty kinds, set as PDFs with an exact text layer; what a reader has to find on each is known."""

from __future__ import annotations

from bench.pages.leaves import business, letters, lists, papers, posters, press, tabular
from bench.pages.leaves.leaf import Leaf, Maker
from bench.pages.truth import Truth

MODULES = (letters, business, papers, lists, press, posters, tabular)
KINDS: dict[str, Maker] = {maker.__name__: maker for module in MODULES for maker in module.MAKERS}


def draw(kind: str, half: str, seed: int) -> tuple[bytes, Truth]:
    """One document, mostly of one page: the PDF and its truth; the same for the same arguments."""
    leaf = Leaf(kind, half, seed)
    KINDS[kind](leaf)
    return leaf.finished()
