"""The report: one HTML file that opens without a network, with all tables, every page beside its differences, and the list of
places where runs differ, whose answers are facts for the next comparison.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any

import msgspec

from ocroute.compare.comparison import Comparison, Figure, PageRow
from ocroute.compare.comparison_tables import remarks, tables
from ocroute.compare.differences import marked
from ocroute.compare.dissent import Dissent, dissents
from ocroute.compare.page_pictures import Pictures, crop_addresses, page_address
from ocroute.compare.read_pages import PageKey, ReadPage
from ocroute.compare.saved_runs import Run
from ocroute.compare.scoring import Rules
from ocroute.document.exporters.prepared import clean
from ocroute.document.model import Page, Verdict
from ocroute.files import cannot_write, write_whole
from ocroute.viewer import page_data, page_with, reading_data

_PLACES = 5  # of a page at which a person may be asked who is right
_ASKED = 300  # places of all pages
_TRUTH = "known text"


def write_report(
    found: Comparison, runs: Sequence[Run], path: Path, *, truth: Run | None, rules: Rules, images: bool = True
) -> Path:
    """Write the report of a comparison.

    Args:
        found: of these ``runs`` and this ``truth``, under these ``rules``.
        images: whether pages are opened again where they were read, to be shown.

    Raises:
        OutputError: it cannot be written.
    """
    pages, asked = [], []
    places, more = _places(found, runs, truth, rules)
    with Pictures() as pictures:
        for row in sorted(found.pages, key=lambda one: (one.name, one.number)):
            here = places.get(PageKey(row.name, row.number), [])
            shown, questions = _page(row, runs, truth, rules, found.medoid, here, pictures if images else None)
            pages.append(shown)
            asked += questions
    order = {(row.name, row.number): place for place, row in enumerate(found.pages)}
    pages.sort(key=lambda one: order[one["name"], one["at"]])
    asked.sort(key=lambda one: -one["size"])
    data = {
        "title": "ocroute compare",
        "remarks": [clean(line) for line in remarks(found)],
        "tables": [{"title": title, "header": header, "rows": rows} for title, header, rows in tables(found)],
        "confusions": {
            one.name: [[clean(wanted), clean(read), count] for wanted, read, count in one.truth.confusions]
            for one in found.runs
            if one.truth and one.truth.confusions
        },
        "bars": list(_bars(found)),
        "scatter": _scatter(found),
        "pages": pages,
        "dissents": asked,
        "more": more,
    }
    body = page_with(
        data, "data-ocroute-report", script_beside=_beside("report.js"), style_beside=_beside("report.css")
    )
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, body)
    except OSError as error:
        raise cannot_write("cannot write the report", path, error, {}) from error
    return path


def _places(
    found: Comparison, runs: Sequence[Run], truth: Run | None, rules: Rules
) -> tuple[dict[PageKey, list[Dissent]], int]:
    """By page where a person is asked who is right, the largest differences of all pages; and how many places are left."""
    every: list[Dissent] = []
    for row in found.pages:
        key = PageKey(row.name, row.number)
        own = {run.name: run.pages[key] for run in runs if key in run.pages}
        base = _base(own, found.medoid)
        if base and len(own) > 1 and not (truth and key in truth.pages):
            every += dissents(key, base, own, rules, _PLACES)
    chosen: dict[PageKey, list[Dissent]] = {}
    for one in sorted(every, key=lambda one: -one.size)[:_ASKED]:
        chosen.setdefault(one.page, []).append(one)
    return chosen, max(0, len(every) - _ASKED)


def _page(
    row: PageRow,
    runs: Sequence[Run],
    truth: Run | None,
    rules: Rules,
    medoid: str,
    found: Sequence[Dissent],
    pictures: Pictures | None,
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """A page with its readings side by side, and the places that are asked about."""
    key = PageKey(row.name, row.number)
    own = {run.name: run.pages[key] for run in runs if key in run.pages}
    base = _base(own, medoid)
    record = next((own[name].record for name in (base, *own) if name and own[name].record), None)
    frame = record or Page(row.name, row.number, 0, 0, Verdict("accepted", 1.0))
    known = truth.pages.get(key) if truth else None
    readings = list(_readings(own, known, base, rules, frame))
    raster = pictures.raster(record) if pictures and record else "no image: this page was not read by ocroute here"
    image, crops = None, [""] * len(found)
    if not isinstance(raster, str):
        image = page_address(raster)
        if found and own[base].record is record:
            crops = crop_addresses(raster, frame, [one.box for one in found])
    missing = raster if isinstance(raster, str) else ""
    told = f"{row.number} of {clean(row.name)}" if row.number else clean(row.name)
    shown = {
        "name": clean(row.name),
        "at": row.number,
        "disagreement": row.disagreement,
        "status": {name: clean(status) for name, status in row.status.items()},
        "cer": row.cer,
        "view": page_data(frame, image, readings=readings, missing=missing) | {"number": told},
    }
    return shown, [_asked(one, crop) for one, crop in zip(found, crops, strict=True)]


def _base(own: Mapping[str, ReadPage], medoid: str) -> str:
    """The run whose lines the others are laid beside: one with places, the medoid where it has them."""
    read = [name for name, page in own.items() if not page.error and page.parts]
    placed = [name for name in read if own[name].record]
    return next(
        (name for name in (medoid, *placed) if name in placed), medoid if medoid in read else next(iter(read), "")
    )


def _readings(
    own: Mapping[str, ReadPage], known: ReadPage | None, base: str, rules: Rules, frame: Page
) -> Iterator[dict[str, Any]]:
    """One a run, held against the known text, else against the base."""
    if known is not None:
        yield _reading(_TRUTH, known, rules.text(known), rules, frame)
    wanted = rules.text(known) if known is not None else rules.text(own[base]) if base else ""
    for name, page in sorted(own.items(), key=lambda one: one[0] != base):
        yield _reading(name, page, wanted, rules, frame)


def _reading(name: str, page: ReadPage, wanted: str, rules: Rules, frame: Page) -> dict[str, Any]:
    record = page.record or Page(frame.source, frame.number, 0, 0, Verdict("accepted", 1.0), error=page.error)
    told = reading_data(msgspec.structs.replace(record, blocks=(), attempts=(), notes=()), name)
    if not page.record:
        told["status"] = "failed" if page.error else "unjudged"
    parts = [] if page.error else [(part, text) for part in page.parts if (text := rules.applied(part.text))]
    lines = marked(wanted, [text for _, text in parts])
    across, down = (
        (frame.width / record.width, frame.height / record.height) if record.width and record.height else (1, 1)
    )
    blocks = []
    for (part, _), line in zip(parts, lines, strict=True):
        box = part.box if page.record else None
        corners = (
            [round(at, 1) for at in (box.x0 * across, box.y0 * down, box.x1 * across, box.y1 * down)] if box else None
        )
        pieces = [{**piece, "text": clean(piece["text"])} for piece in line]
        blocks.append(
            {
                "category": "Text", "boxes": [corners] if corners else [], "level": 0, "markup": "plain", "engine": "",
                "direction": "ltr", "unsure": [], "parts": [{"marker": "", "lines": [pieces]}],
            }
        )  # fmt: skip
    return told | {"blocks": blocks}


def _asked(one: Dissent, crop: str) -> dict[str, Any]:
    return {
        "pdf": clean(one.page.name),
        "page": one.page.number,
        "size": one.size,
        "crop": crop,
        "variants": [[clean(text), list(names)] for text, names in one.variants.items()],
    }


def _bars(found: Comparison) -> Iterator[dict[str, Any]]:
    """Figures with their intervals, to be drawn."""
    truths = [(one.name, one.truth) for one in found.runs if one.truth]
    groups = {
        "mean CER of a page": [_bar(name, truth.mean_cer) for name, truth in truths],
        "word recall": [_bar(name, truth.recall) for name, truth in truths],
        "facts that hold": [_bar(one.name, one.facts.held) for one in found.runs if one.facts],
        "agreement with the others": [_bar(one.name, Figure(one.agreement)) for one in found.runs],
    }
    for title, bars in groups.items():
        if drawn := [one for one in bars if one["value"] is not None]:
            yield {"title": title, "rows": drawn}
    times = [(one.name, one.seconds) for one in found.runs if one.seconds is not None]
    if times:
        longest = max(seconds for _, seconds in times) or 1.0
        rows = [{"name": name, "value": seconds / longest, "said": f"{seconds:.2f} s"} for name, seconds in times]
        yield {"title": "seconds of the median page", "rows": rows}


def _scatter(found: Comparison) -> dict[str, Any] | None:
    """Speed against quality, a point a run; None where fewer than two runs have both."""
    known = any(one.truth for one in found.runs)
    quality = {
        one.name: 1 - (one.truth.mean_cer.value or 0.0) if one.truth else None if known else one.agreement
        for one in found.runs
    }
    points = [
        {"name": one.name, "seconds": one.seconds, "quality": quality[one.name]}
        for one in found.runs
        if one.seconds and quality[one.name] is not None
    ]
    of = "characters right, mean of a page" if known else "agreement with the others, which is no accuracy"
    title = f"Seconds of the median page (to the left is faster) and {of}"
    return {"title": title, "points": points} if len(points) > 1 else None


def _bar(name: str, figure: Figure) -> dict[str, Any]:
    ends = [figure.interval.low, figure.interval.high] if figure.interval else None
    return {"name": name, "value": figure.value, "ends": ends}


def _beside(name: str) -> str:
    return (files("ocroute.compare") / name).read_text(encoding="utf-8")
