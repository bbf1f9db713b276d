"""What it costs to read with Tesseract through ocroute."""

from __future__ import annotations

from parts.common import Part, Record, from_evidence, stamp, table


@from_evidence("tesseract-path", "python -m bench.tesseract_path --json evidence/tesseract-path.json")
def path(record: Record) -> str:
    """CPU seconds and errors, beside the program itself."""
    rows = [
        (
            row["state"], str(row["pages"]),
            *(f"{row[f'{side}_cpu']:.1f} s, {row[f'{side}_cer']:.2%}" for side in ("ocroute", "tesseract")),
            f"{row['ratio']:.2f}",
        )
        for row in record["rows"]
    ]  # fmt: skip
    return table(("scan", "pages", "ocroute", "tesseract", "times as long"), rows) + stamp(record)


PARTS: dict[str, Part] = {"tesseract-path": path}
