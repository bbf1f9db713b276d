"""How well lines become blocks in reading order, how well tables are found, and how often turned pages are put upright."""

from __future__ import annotations

from typing import Any

from parts.common import Part, Record, from_evidence, stamp, table

MEDIA = {"lines": "their own lines", "vector": "their own lines and rules"}


def medium(name: str, seen: str) -> str:
    """What the layout was given; ``seen`` is what engines read."""
    return MEDIA.get(name, f"{seen} read by `{name}`")


@from_evidence("layout", "python -m bench.layout --seeds 10 --scan rapidocr --json evidence/layout.json")
def layout(record: Record) -> str:
    """Order, headings and furniture of drawn articles."""
    rows = [
        (
            f"{kind}, {medium(name, 'pictures')}",
            f"{found['tau']:.4f}",
            f"{found['pages_in_order']} of {found['pages']}",
            f"{found['headings']['precision']:.0%}, {found['headings']['recall']:.0%}",
            f"{found['furniture']['precision']:.0%}, {found['furniture']['recall']:.0%}",
            f"{found['words_kept']:.2%}",
            f"{found['ms_per_page']:.0f} ms",
        )
        for name, kinds in record["media"].items()
        for kind, found in kinds.items()
    ]
    head = (
        "pages",
        "Kendall's tau of the lines",
        "pages without any pair in the wrong order",
        "headings: precision, recall",
        "headers, footers: precision, recall",
        "words kept",
        "CPU a page",
    )
    return table(head, rows) + stamp(record)


@from_evidence(
    "accuracy-by-kind", "python -m bench.accuracy.by_kind --half report --json evidence/accuracy-by-kind.json"
)
def kinds(record: Record) -> str:
    """Letters, words and CPU seconds by kind of page, one cell an engine."""
    engines = list(next(iter(record["kinds"].values())))

    def said(found: dict[str, Any]) -> str:
        low, high = found["cer_interval"]
        return f"{found['cer']:.3f} ({low:.3f} to {high:.3f}), {found['f1']:.3f}, {found['cpu_seconds_per_page']:.1f} s"

    rows = [
        (
            f"**{kind}**" if kind == "all" else kind,
            str(next(iter(by_engine.values()))["pages"]),
            *(said(by_engine[engine]) for engine in engines),
        )
        for kind, by_engine in record["kinds"].items()
    ]
    return table(("kind", "pages", *engines), rows) + stamp(record)


@from_evidence("photographs", "python -m bench.photographs --half report --json evidence/photographs.json")
def photographs(record: Record) -> str:
    """Order of lines on photographed pages, deskewed only and seen from above."""
    rows = [
        (
            f"{float(tilt):.0%}",
            str(found["pages"]),
            f"{found['cer_before']:.3f}",
            f"{found['cer_after']:.3f}",
            f"{found['with_edges_found']} of {found['with_edges']}",
            f"{found['without_edges_found']} of {found['pages'] - found['with_edges']}",
        )
        for tilt, found in record["tilts"].items()
    ]
    head = (
        "far side smaller by up to",
        "pages",
        "deskewed only",
        "seen from above",
        "found by edges",
        "found by lines",
    )
    return table(head, rows) + stamp(record)


@from_evidence("furniture", "python -m bench.furniture --seeds 6 --json evidence/furniture.json")
def furniture(record: Record) -> str:
    """Running heads and page numbers set aside, and lines of text lost with them, by the length of a document."""
    rows = []
    for pages, kinds in record["documents"].items():
        found = kinds["all"]
        low, high = found["recall_interval"]
        rows.append(
            (
                pages,
                f"{found['recall']:.1%} ({low:.1%} to {high:.1%}) of {found['furniture']}",
                f"{found['lost']} of {found['text']:,}",
            )
        )
    return table(("documents", "heads and numbers set aside", "lines of text lost"), rows) + stamp(record)


@from_evidence("tables", "python -m bench.tables --seeds 4 --scan rapidocr --json evidence/tables.json")
def tables(record: Record) -> str:
    """Neighbouring cells by kind of table, and tables seen where there are none."""
    media = record["media"]
    kinds = next(iter(media.values()))["kinds"]
    rows = [
        (kind.replace("_", " "), *(f"{found['kinds'][kind]['f1']:.3f}" for found in media.values())) for kind in kinds
    ]
    rows.append(("**all, mean of the kinds**", *(f"**{found['f1']:.3f}**" for found in media.values())))
    rows.append(
        ("pages without a table on which one was seen", *(f"{found['false_pages']:.1%}" for found in media.values()))
    )
    rows.append(("CPU a page", *(f"{found['ms_per_page']:.0f} ms" for found in media.values())))
    return table(("tables", *(f"F1, {medium(name, 'scans')}" for name in media)), rows) + stamp(record)


@from_evidence("orientation", "python -m bench.orientation --json evidence/orientation.json")
def orientation(record: Record) -> str:
    """Quarter turns and skewed pages."""
    rows = [
        (
            position,
            str(found["total"]),
            f"{found['right'] / found['total']:.1%} ({found['interval'][0]:.1%} to {found['interval'][1]:.1%})",
            str(found["left as it is"]),
            str(found["false turn"]),
        )
        for position, found in record["positions"].items()
    ]
    skew = record["skew"]
    said = (
        f"\nOf {skew['pages']} pages with a skew of up to five degrees, {skew['within']['pages']} stood straight within "
        f"{skew['within']['degrees']} degrees afterwards; median error {skew['median_error']:.3f} degrees. "
        f"{record['ms_per_page']:.0f} ms of one core a page.\n"
    )
    return (
        table(("page", "positions", "right (95 % interval)", "left as it was", "false turn"), rows)
        + said
        + stamp(record)
    )


PARTS: dict[str, Part] = {
    "layout": layout,
    "kinds": kinds,
    "photographs": photographs,
    "furniture": furniture,
    "tables": tables,
    "orientation": orientation,
}
