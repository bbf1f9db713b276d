"""What the line model reads of lines and pages that its training never saw, beside PP-OCR's own recogniser and Tesseract.

    python -m bench.line_models.report --pack PACK [--log log.json ...] [--only PART ...] --json evidence/line-model.json

``lines``, ``latin``: held-out faces and texts, clean and with the wear of `bench.pages`, by the file that is shipped; Latin ones
by PP-OCR's own too.
``pages``: letters, newspapers and forms in held-out faces and texts, by ``--engine rapidocr`` with no language named, and by
``--engine tesseract --lang ru``; word recall, and seconds by the clock, of a machine without other work, with all loaded.
``choice``: what it costs that the recogniser is chosen by page and line: pages with no language named, against the same with
the language named for which one recogniser is enough.

Parts of the record that are not measured anew stay as they were.
"""

from __future__ import annotations

import json
import random
import re
import tempfile
import time
from collections import Counter
from collections.abc import Iterable
from itertools import islice
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
from bench.harness import arguments, machine, write
from bench.line_models.batches import read_bank
from bench.line_models.held_out_lines import LANGUAGES, lines
from bench.line_models.line_drawing import Faces
from bench.pages.wear import WEARS, worn
from PIL import Image, ImageDraw
from rapidfuzz.distance import Levenshtein

LATIN = ("en", "de", "fr", "es", "pl", "cs")
PAGE_FACES = ("PTSansNarrow", "Lato", "NotoSerifDisplay", "CMUSansSerif", "LiberationMono", "Go-")
KINDS = ("letter", "newspaper", "form")
STATES = ("clean", "office", "faded")
CHOSEN = {
    ("en",): "en",
    ("de", "fr"): "de",
    ("ru", "en"): "ru",
    ("uk", "pl"): "uk",
}  # languages of a page: the one named
PARTS = ("lines", "pages", "choice")


def main() -> None:
    """See the module."""
    parser = arguments(__doc__, record="line-model")
    parser.add_argument("--pack", type=Path, required=True)
    parser.add_argument("--log", type=Path, nargs="*", default=[])
    parser.add_argument("--only", choices=PARTS, nargs="*", default=PARTS)
    parser.add_argument("--lines", type=int, default=200, help="of each language and state")
    parser.add_argument("--pages", type=int, default=6)
    parser.add_argument("--times", type=int, default=5, help="that a page is read for its time")
    options = parser.parse_args()
    bank = read_bank(options.pack)
    record: dict[str, Any] = json.loads(options.json.read_text()) if options.json and options.json.exists() else {}
    record |= machine() | {"sources": json.loads((options.pack / "sources.json").read_text())}
    if options.log:
        record["stages"] = [json.loads(log.read_text())["steps"][-1] for log in options.log]
    if "lines" in options.only:
        record["lines"], record["latin"] = _lines(bank, options)
        write(options.json, record)
    if "pages" in options.only:
        record["pages"] = _pages(bank, options)
        write(options.json, record)
    if "choice" in options.only:
        record["choice"] = _choice(bank, options)
        write(options.json, record)
    shown = {key: record.get(key) for key in ("lines", "latin", "pages", "choice")}
    print(json.dumps(shown, indent=1, ensure_ascii=False))


def rate(pairs: list[list[str]]) -> dict[str, float]:
    """Lines, characters, and the share of them that is wrong."""
    letters = sum(len(said) for said, _ in pairs)
    wrong = sum(Levenshtein.distance(said, read) for said, read in pairs)
    return {"lines": len(pairs), "characters": letters, "cer": round(wrong / letters, 5)}


def _lines(bank: dict[str, Any], options: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """Rates of our file by language and state; and those of Latin lines by recogniser."""
    from ocroute.ppocr import line_models
    from ocroute.ppocr.recogniser import recognise

    ours, latin = {}, {}
    for language in LANGUAGES:
        for state in ("clean", "worn"):
            some = list(islice(lines(bank, options.pack / "fonts.zip", language, state), options.lines))
            crops = [np.repeat(pixels[:, :, None], 3, 2) for pixels, _, _ in some]
            found = {}
            for model in line_models.every()[:2]:
                if language in LATIN or model.name == line_models.OURS:
                    read = [traced.text.strip() for traced in recognise(crops, 2, model.path)]
                    found[model.name] = rate([[text, said] for (_, text, _), said in zip(some, read, strict=True)])
            ours[f"{language} {state}"] = found[line_models.OURS]
            if language in LATIN:
                latin[f"{language} {state}"] = found
    return ours, latin


def _pages(bank: dict[str, Any], options: Any) -> list[dict[str, Any]]:
    import ocroute

    rows = []
    with (
        tempfile.TemporaryDirectory() as folder,
        ocroute.Reader(engine="rapidocr") as own,
        ocroute.Reader(engine="tesseract", languages=["ru"]) as peer,
    ):
        for number in range(options.pages):
            kind, state = KINDS[number % 3], STATES[(number + number // 3) % 3]
            page, words, face = drawn_page(bank, options.pack / "fonts.zip", kind, number)
            file = Path(folder, f"{number}.png")
            worn(page, WEARS[state], number).convert("L").save(file)
            row: dict[str, Any] = {"kind": kind, "state": state, "face": face, "words": sum(words.values())}
            for engine, reader in (("rapidocr", own), ("tesseract", peer)):
                document = reader.read(file)  # loads what it needs
                seconds = min(_timed(reader, file) for _ in range(2))
                status = document.pages[0].verdict.status
                row[engine] = {"recall": _recall(document.text, words), "seconds": round(seconds, 2), "verdict": status}
            rows.append(row)
            print(row, flush=True)
    return rows


def _choice(bank: dict[str, Any], options: Any) -> list[dict[str, Any]]:
    import ocroute

    rows = []
    with tempfile.TemporaryDirectory() as folder:
        for languages, named in CHOSEN.items():
            readers = {
                side: ocroute.Reader(engine="rapidocr", languages=known)
                for side, known in (("found", []), ("named", [named]))
            }
            for number, kind in enumerate(KINDS):
                page, words, face = drawn_page(bank, options.pack / "fonts.zip", kind, number, languages)
                file = Path(folder, f"{named}-{number}.png")
                Image.fromarray(page).save(file)
                texts = {side: reader.read(file).text for side, reader in readers.items()}
                pairs = [{side: _timed(reader, file) for side, reader in readers.items()} for _ in range(options.times)]
                rows.append(
                    {
                        "languages": list(languages),
                        "named": named,
                        "kind": kind,
                        "face": face,
                        "words": sum(words.values()),
                    }
                    | {f"recall, {side}": _recall(text, words) for side, text in texts.items()}
                    | {f"seconds, {side}": round(min(pair[side] for pair in pairs), 3) for side in readers}
                    | {"ratio": round(median(pair["found"] / pair["named"] for pair in pairs), 3)}
                )
                print(rows[-1], flush=True)
            for reader in readers.values():
                reader.close()
    return rows


def _timed(reader: Any, file: Path) -> float:
    began = time.perf_counter()
    reader.read(file)
    return time.perf_counter() - began


def _recall(text: str, words: Counter[str]) -> float:
    read = Counter(_words(text))
    return round(sum(min(count, read[word]) for word, count in words.items()) / sum(words.values()), 4)


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", text)


def drawn_page(
    bank: dict[str, Any], fonts: Path, kind: str, seed: int, languages: Iterable[str] = ("ru",)
) -> tuple[Any, Counter[str], str]:
    """A clean page, (H, W) grey, its words, and its face. Of several languages, sentences come in turn by chance."""
    rng, faces = random.Random(f"page {seed}"), Faces(fonts, "test")
    names = [name for family in faces.families("c") for name in family if PAGE_FACES[seed % len(PAGE_FACES)] in name]
    name = rng.choice([name for name in sorted(names) if _dark(faces.font(name, 30))])
    font = faces.font(name, 30 if kind == "letter" else 26)
    image = Image.new("L", (1654, 2339), 255)
    pen, words = ImageDraw.Draw(image), Counter[str]()
    sentences = [
        [text for text in bank[language]["test"] if len(text) > 40 and not faces.lacks(name, text)]
        for language in languages
    ]
    columns = {"letter": [(170, 1480)], "newspaper": [(110, 790), (870, 1550)], "form": [(150, 1500)]}[kind]
    for left, right in columns:
        y = 180
        while y < 2100:
            text = rng.choice(sentences[0] if len(sentences) == 1 else rng.choice(sentences))
            if kind == "form":
                text = f"{' '.join(text.split()[:3]).rstrip('.:,;')}: {rng.randrange(10000, 9999999)}"
            for line in _wrapped(text, font, right - left):
                pen.text((left, y), line, font=font, fill=0)
                words.update(_words(line))
                y += round(font.size * 1.35)
            y += round(font.size * (0.9 if kind == "form" else 0.5))
    return np.asarray(image), words, name


def _dark(font: Any) -> bool:
    """Whether a face is heavier than a hairline, of which a page at this size is only grey."""
    return float((np.asarray(font.getmask("Щёлкнуть")) > 127).mean()) > 0.1


def _wrapped(text: str, font: Any, width: int) -> list[str]:
    found, line = [], ""
    for word in text.split():
        if line and font.getlength(f"{line} {word}") > width:
            found.append(line)
            line = ""
        line = f"{line} {word}".strip()
    return [*found, line]


if __name__ == "__main__":
    main()
