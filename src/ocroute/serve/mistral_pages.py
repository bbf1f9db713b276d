"""A document in the words of Mistral's OCR API: pages from 0, corners as whole numbers, a Markdown for each page.

What ocroute knows and that API has no word for rides in the key ``ocroute`` of each page: the verdict, findings and attempts.
Their own client leaves it out.
"""

from __future__ import annotations

import base64
import secrets
from collections.abc import Iterator, Mapping
from itertools import groupby
from pathlib import Path
from typing import Any, Literal

import msgspec

from ocroute.document.exporters.markdown import Markdown
from ocroute.document.formats import Figure
from ocroute.document.model import Document, Page, Verdict
from ocroute.jobs.job_results import MadeFigure
from ocroute.values import Block, Box, Category

Json = dict[str, Any]

_TYPES = {
    Category.TITLE: "title",
    Category.SECTION_HEADER: "title",
    Category.TEXT: "text",
    Category.LIST_ITEM: "list",
    Category.TABLE: "table",
    Category.FORMULA: "equation",
    Category.PICTURE: "image",
    Category.CAPTION: "caption",
    Category.FOOTNOTE: "references",  # the API has no word for a footnote
    Category.PAGE_HEADER: "header",
    Category.PAGE_FOOTER: "footer",
}
_DPI = 72  # where a page does not say how large it is: the API wants a number
_FINE = Verdict("accepted", 1.0)


class Asked(msgspec.Struct, frozen=True):
    """What a client wants to have in the answer, by the API's own names."""

    table_format: Literal["markdown", "html"] | None = None
    extract_header: bool = False
    extract_footer: bool = False
    include_blocks: bool = True
    include_image_base64: bool = False
    image_limit: int | None = None
    image_min_size: int | None = None
    confidence_scores_granularity: Literal["word", "page", "block"] | None = None


def mistral_pages(document: Document, asked: Asked, figures: tuple[MadeFigure, ...]) -> list[Json]:
    """All pages of a document."""
    numbers: dict[str, int] = {"img": 0, "tbl": 0}
    return [_Page(page, asked, figures, numbers).told() for page in document.pages]


class _Page:
    """One page; ``numbers`` go on from page to page, so that an id is one thing's in the whole document."""

    def __init__(self, page: Page, asked: Asked, figures: tuple[MadeFigure, ...], numbers: dict[str, int]) -> None:
        self._page, self._asked = page, asked
        self._pictures = self._chosen([one for one in figures if one.number == page.number], numbers)
        self._tables: dict[int, str] = {}
        if asked.table_format is not None:
            for place, block in enumerate(page.blocks):
                if block.table is not None:
                    self._tables[place] = f"tbl-{numbers['tbl']}.{'html' if asked.table_format == 'html' else 'md'}"
                    numbers["tbl"] += 1

    def _chosen(self, figures: list[MadeFigure], numbers: dict[str, int]) -> dict[Box, tuple[str, Path]]:
        found: dict[Box, tuple[str, Path]] = {}
        for one in figures:
            small = min(one.box.width, one.box.height) < (self._asked.image_min_size or 0)
            many = self._asked.image_limit is not None and numbers["img"] >= self._asked.image_limit
            if not small and not many:
                kind = "jpeg" if one.file.endswith(".jpg") else "png"
                found[one.box] = f"img-{numbers['img']}.{kind}", Path(one.file)
                numbers["img"] += 1
        return found

    def told(self) -> Json:
        """As the API has it."""
        page = self._page
        markdown = self._markdown()
        told: Json = {
            "index": page.number - 1,
            "markdown": markdown,
            "images": [self._image(box, name, file) for box, (name, file) in self._pictures.items()],
            "tables": [self._table(page.blocks[place], name) for place, name in self._tables.items()],
            "hyperlinks": sorted({span.href for block in page.blocks for span in block.spans if span.href}),
            "header": self._furniture(Category.PAGE_HEADER) if self._asked.extract_header else None,
            "footer": self._furniture(Category.PAGE_FOOTER) if self._asked.extract_footer else None,
            "dimensions": _dimensions(page),
            "ocroute": {
                "status": page.verdict.status,
                "score": page.verdict.score,
                "findings": [
                    {"code": one.code, "sentence": one.sentence, "refuses": one.refuses}
                    for one in page.verdict.findings
                ],
                "attempts": [
                    {"engine": one.engine, "outcome": one.outcome, "reason": one.reason} for one in page.attempts
                ],
                "error": page.error,
            },
        }
        if self._asked.include_blocks:
            told["blocks"] = list(self._blocks())
        if self._asked.confidence_scores_granularity in ("page", "word"):
            told["confidence_scores"] = self._confidence(markdown)
        return told

    def _markdown(self) -> str:
        """The page's Markdown. Tables that stand apart are replaced by a sign that nothing else in it is, and that by a link."""
        sign = f"table{secrets.token_hex(8)}x"
        blocks = []
        for place, block in enumerate(self._page.blocks):
            left_out = (block.category is Category.PAGE_HEADER and self._asked.extract_header) or (
                block.category is Category.PAGE_FOOTER and self._asked.extract_footer
            )
            if place in self._tables:
                blocks.append(Block(Category.TEXT, f"{sign}{place}z", block.box))
            elif not left_out:
                blocks.append(block)
        page = msgspec.structs.replace(self._page, blocks=tuple(blocks))
        text = self._exported(page, {box: Figure(name, file) for box, (name, file) in self._pictures.items()})
        for place, name in self._tables.items():
            text = text.replace(f"{sign}{place}z", f"[{name}]({name})")
        return text

    def _exported(
        self, page: Page, figures: Mapping[Box, Figure], tables: Literal["html", "markdown", "auto"] = "auto"
    ) -> str:
        told = {(page.number, box): figure for box, figure in figures.items()}
        exporter = Markdown(keep_headers_footers=True, tables=tables, figures=told)
        return exporter.export(Document(page.source, (page,))).decode()

    def _table(self, block: Block, name: str) -> Json:
        kind = self._asked.table_format or "html"
        alone = msgspec.structs.replace(self._page, blocks=(block,), verdict=_FINE, notes=(), error="")
        return {"id": name, "content": self._exported(alone, {}, kind).strip(), "format": kind}

    def _image(self, box: Box, name: str, file: Path) -> Json:
        told: Json = {"id": name, **_corners(box), "image_base64": None}
        if self._asked.include_image_base64:
            data = base64.b64encode(file.read_bytes()).decode()
            told["image_base64"] = f"data:image/{name.rpartition('.')[2]};base64,{data}"
        return told

    def _furniture(self, category: Category) -> str | None:
        found = [block.text for block in self._page.blocks if block.category is category]
        return "\n".join(found) or None

    def _blocks(self) -> Iterator[Json]:
        placed = list(enumerate(self._page.blocks))
        for listed, run in groupby(
            placed, key=lambda pair: pair[1].category is Category.LIST_ITEM and not pair[1].table
        ):
            blocks = list(run)
            if listed:
                yield self._block("list", [block for _, block in blocks], {})
                continue
            for place, block in blocks:
                more: Json = {"table_id": self._tables[place]} if place in self._tables else {}
                kind = "table" if block.table is not None else _TYPES.get(block.category, "text")
                if kind == "image":
                    if block.image not in self._pictures:
                        continue
                    more = {"image_id": self._pictures[block.image][0]}
                yield self._block(kind, [block], more)

    def _block(self, kind: str, blocks: list[Block], more: Json) -> Json:
        boxes = [box for block in blocks if (box := block.box or block.image) is not None]
        union = Box(
            min((box.x0 for box in boxes), default=0),
            min((box.y0 for box in boxes), default=0),
            max((box.x1 for box in boxes), default=0),
            max((box.y1 for box in boxes), default=0),
        )
        content = "\n".join(f"{block.marker} {block.text}" if block.marker else block.text for block in blocks)
        told: Json = {"type": kind, **_corners(union), "content": content, **more}
        known = [block.confidence for block in blocks if block.confidence is not None]
        if self._asked.confidence_scores_granularity == "block" and known:
            told["confidence_scores"] = {
                "average_content_confidence_score": sum(known) / len(known),
                "minimum_content_confidence_score": min(known),
                "block_type_confidence_score": None,
            }
        return told

    def _confidence(self, markdown: str) -> Json | None:
        """What the engine says of its words. Words that stand otherwise in the Markdown, e.g. escaped, have no place there and
        are in the page's figures only.
        """
        words = [word for block in self._page.blocks for line in block.lines for word in line.words]
        known = [(word.text, word.confidence) for word in words if word.confidence is not None]
        if not known:
            return None
        told: Json = {
            "average_page_confidence_score": sum(score for _, score in known) / len(known),
            "minimum_page_confidence_score": min(score for _, score in known),
        }
        if self._asked.confidence_scores_granularity == "word":
            scores, at = [], 0
            for text, score in known:
                if (place := markdown.find(text, at)) >= 0:
                    scores.append({"text": text, "confidence": score, "start_index": place})
                    at = place + len(text)
            told["word_confidence_scores"] = scores
        return told


def _dimensions(page: Page) -> Json | None:
    if not (page.width and page.height):
        return None
    return {"dpi": round(page.dpi or _DPI), "height": round(page.height), "width": round(page.width)}


def _corners(box: Box) -> dict[str, int]:
    return {
        "top_left_x": round(box.x0),
        "top_left_y": round(box.y0),
        "bottom_right_x": round(box.x1),
        "bottom_right_y": round(box.y1),
    }
