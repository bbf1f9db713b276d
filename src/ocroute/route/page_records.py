"""A page's record: begun with the page upright, kept or left for a better one after each attempt, and ended with the reasons."""

from __future__ import annotations

from typing import Final

import msgspec

from ocroute.document.model import Page, Provenance, Verdict
from ocroute.engines.base import EngineInfo, Reading
from ocroute.errors import EngineUnavailable
from ocroute.judge import at_sight
from ocroute.judge.told_language import told_language
from ocroute.layout.figures import with_figures
from ocroute.pages.flattened import flattened
from ocroute.pages.page import InputPage
from ocroute.ppocr.page_orientation import make_upright

CLEARLY: Final = 0.05
"""By how much the estimates of two refused texts differ where one is better beyond doubt."""


def upright(page: InputPage, record: Page, threads: int) -> tuple[InputPage, Page]:
    """The page as engines are to see it, and its record, with the verdict where none of them is needed for it.

    Raises:
        InputError: the page cannot be decoded.
    """
    width, height = page.size
    record = msgspec.structs.replace(record, notes=page.notes())
    verdict = at_sight(page)
    if verdict is not None:
        page.release()
        return page, msgspec.structs.replace(record, width=width, height=height, dpi=page.dpi, verdict=verdict)
    try:
        page = make_upright(page, threads=threads)
        width, height = page.size
    except EngineUnavailable:
        pass  # without the models of orientation detection it is read as it stands
    return page, msgspec.structs.replace(
        record,
        width=width,
        height=height,
        dpi=page.dpi,
        turned=page.turned,
        skew=page.skew,
        notes=page.notes(),
        language=_language(page),
        sheet=page.sheet,
    )


def _language(page: InputPage) -> str:
    """What the source says, if its text is in it."""
    told = page.language()
    return told and told_language(told, "\n".join(line.text for line in page.text_layer() or ()))


def as_before(page: InputPage, record: Page) -> InputPage:
    """The page as its record says that it was put upright."""
    page = page if page.sheet else flattened(page, record.sheet)
    return page.turned_by((record.turned - page.turned) // 90, record.skew - page.skew)


def better(before: Page, after: Page) -> Page:
    """Of two records of one page the one to keep, with the attempts of both.

    Engines are asked in the order of their merits elsewhere, and each says itself how sure it is: of two refused texts the later
    one is kept only where clearly more of it is right.
    """
    clearly = after.verdict.score > before.verdict.score + CLEARLY
    if after.verdict.fine or not _has_text(before) or (_has_text(after) and clearly):
        return after
    return msgspec.structs.replace(before, attempts=after.attempts)


def in_vain(page: InputPage, record: Page) -> bool:
    """Whether no other engine can make more of a page that only stands in for what the file holds."""
    return _has_text(record) and any(part.instead for part in page.unread())


def _has_text(record: Page) -> bool:
    return any(block.text.strip() or block.table for block in record.blocks)


def ended(page: InputPage, record: Page) -> Page:
    """The record as it leaves, with the page's figures; where there is no text, with the reasons. Lets the page's raster go."""
    if record.blocks:
        record = msgspec.structs.replace(record, blocks=with_figures(page, record.blocks))
    page.release()
    return record if record.blocks or record.verdict.fine else _explained(record)


def _explained(record: Page) -> Page:
    """A page for which no engine gave any text: failed, with every reason."""
    reasons = [f"{attempt.engine}: {attempt.reason or attempt.outcome}" for attempt in record.attempts]
    reasons += [] if record.attempts else [f"{name}: {reason}" for name, reason in record.rejected.items()]
    verdict = Verdict("failed", 0.0, record.verdict.findings)
    return msgspec.structs.replace(record, verdict=verdict, error="no engine read this page; " + "; ".join(reasons))


def provenance(name: str, info: EngineInfo, reading: Reading, seconds: dict[str, float], threads: int) -> Provenance:
    """What made the text of a page, on what, and how long each step took."""
    from ocroute import __version__

    return Provenance(
        engine=name,
        model=reading.model,
        model_hash=reading.model_hash,
        kernel=reading.kernel,
        device="" if info.kind == "remote" else reading.device,
        versions={"ocroute": __version__, **reading.versions},
        settings={"threads": threads, **reading.settings},
        seconds={**seconds, **{f"read.{step}": round(value, 4) for step, value in reading.seconds.items()}},
    )
