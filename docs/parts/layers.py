"""How a PDF's own text compares with what pdfium says of the same page, and whether a wrong one is believed."""

from __future__ import annotations

from parts.common import Part, Record, from_evidence, stamp, table

_KINDS = {
    "glyphs without meaning": "the font does not say what its glyphs mean: we mark it, pdfium gives its number or nothing",
    "joined by us": "mostly a blank of pdfium's inside a word: before a raised mark, around a kerned sign, in letterspaced words",
    "printed twice": "text printed again on the same spot is told once",
    "spelled alike": "raised and lowered digits, ligatures, hyphens, spelled in another way",
    "ticks of fields": "tick boxes and radio buttons, which are no text for pdfium",
    "parted by us": "a word in two, where the page has white",
    "order of letters": "lines from right to left, which pdfium gives as they stand",
    "right to left": "the same, with other differences",
    "glyphs understood": "fonts that give their glyphs no names or wrong ones, where we know them (⟨ for h, © for c in a circle)",
    "ends of columns": "the same ideographs, which have no words, broken at other places",
    "accents set": "accents that TeX prints over their letters",
    "unexplained": "**none of these**",
}


@from_evidence("layer-text", "python -m bench.layer_text FOLDER --json evidence/layer-text.json")
def layers(record: Record) -> str:
    """Words that differ, by kind."""
    words = record["words"]
    rows = [(_KINDS[kind], str(count), f"{count / words:.2%}") for kind, count in record["kinds"].items()]
    return (
        table(("what differs", "words", "share"), rows)
        + f"\n{words:,} words on {record['pages']} pages of {record['producers']} producers; "
        f"{record['equal_share']:.2%} are equal letter by letter.\n" + stamp(record)
    )


WAYS = {
    "right": "as it is",
    "one word right": "as it is, one word alone on the page",
    "letters 1%": "1 % of the letters are others (at least one)",
    "letters 5%": "5 % of the letters are others",
    "letters 20%": "20 % of the letters are others",
    "words moved": "every word stands where the next one should",
    "misread": "a third of the words misread, as by a bad OCR",
    "half a line": "all of it half a line lower",
    "foreign": "that of another page",
    "scrambled": "the letters of each font permuted",
    "one font scrambled": "the letters of one font of several permuted",
    "one word scrambled": "one word alone on the page, its letters permuted",
}


@from_evidence("layer-belief", "python -m bench.layer_belief --merge ROWS.jsonl --json evidence/layer-belief.json")
def belief(record: Record) -> str:
    """How often a layer is believed, by what was done to it."""
    rows = []
    for way, what in WAYS.items():
        if way in record["layers"]:
            tally = record["layers"][way]
            count = tally["believed" if "right" in way else "letters_believed"]
            rows.append((what, str(tally["of"]), str(count), f"{count / tally['of']:.1%}"))
    sources = record["sources"]
    return (
        table(("the layer", "pages", "believed", "share"), rows)
        + f"\n{record['pages']} pages: {sources.get('drawn', 0)} drawn, {sources.get('files', 0)} of PDFs.\n"
        + stamp(record)
    )


PARTS: dict[str, Part] = {"layer-text": layers, "layer-belief": belief}
