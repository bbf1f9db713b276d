"""What the line model for Cyrillic, Greek and Latin letters reads, beside others."""

from __future__ import annotations

from ocroute.languages import name_of
from parts.common import Part, Record, from_evidence, stamp, table

_COMMAND = "python -m bench.line_models.report --pack PACK --json evidence/line-model.json"


@from_evidence("line-model", _COMMAND)
def lines(record: Record) -> str:
    """Error rates of lines, by language."""
    rates = record["lines"]
    rows = [
        (name_of(language), *(f"{rates[f'{language} {state}']['cer']:.2%}" for state in ("clean", "worn")))
        for language in dict.fromkeys(key.split()[0] for key in rates)
    ]
    each = record["lines"]["ru clean"]["lines"]
    return (
        table(("language", "clean", "worn"), rows)
        + f"\nWrong characters of {each} lines each, in faces and texts unseen in training, read on an H200 after it.\n"
        + stamp(record)
    )


@from_evidence("line-model", _COMMAND)
def latin(record: Record) -> str:
    """Latin lines: ours and PP-OCR's own."""
    rows = [
        (name_of(key.split()[0]), key.split()[1], *(f"{rate['cer']:.2%}" for rate in found.values()))
        for key, found in record["latin"].items()
    ]
    heads = ("language", "lines", *next(iter(record["latin"].values())))
    return table(heads, rows) + stamp(record)


@from_evidence("line-model", _COMMAND)
def pages(record: Record) -> str:
    """Whole pages: ours and Tesseract's."""
    rows = [
        (
            f"{row['kind']}, {row['state']}", row["face"].split("/")[-1].rsplit("-", 1)[0], str(row["words"]),
            *(f"{row[engine]['recall']:.1%}, {row[engine]['cpu_seconds']:.1f} s" for engine in ("rapidocr", "tesseract")),
            f"{row['ratio']:.2f}",
        )
        for row in record["pages"]
    ]  # fmt: skip
    return table(("page", "face", "words", "rapidocr", "tesseract, rus", "times as long"), rows) + stamp(record)


@from_evidence("line-model", _COMMAND)
def choice(record: Record) -> str:
    """What choosing costs."""
    rows = [
        (
            f"{' and '.join(map(name_of, row['languages']))}, {row['kind']}", name_of(row["named"]), str(row["words"]),
            *(f"{row[side]['recall']:.1%}, {row[side]['cpu_seconds']:.1f} s" for side in ("found", "told")),
            f"{row['ratio']:.2f}",
        )
        for row in record["choice"]
    ]  # fmt: skip
    return table(("page", "named", "words", "not named", "named", "times as long"), rows) + stamp(record)


@from_evidence("line-model", _COMMAND)
def hard(record: Record) -> str:
    """Kinds of lines that line models misread, by the second stage of training and by the third."""
    rows = [
        (
            name_of(kind) if len(kind) == 2 else kind, str(sides["now"]["lines"]),
            *(f"{sides[side]['wrong_lines']}, {sides[side]['cer']:.2%}" for side in ("before", "now")),
        )
        for kind, sides in record["hard"].items()
    ]  # fmt: skip
    return table(("lines", "number", "wrong lines and characters before", "now"), rows) + stamp(record)


PARTS: dict[str, Part] = {
    "line-model-lines": lines,
    "line-model-latin": latin,
    "line-model-pages": pages,
    "line-model-choice": choice,
    "line-model-hard": hard,
}
