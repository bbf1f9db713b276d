"""What the line model reads of lines and pages that its training never saw, beside PP-OCR's own recogniser and Tesseract.

    python -m bench.line_models.report --pack PACK --read read.json [--log log.json ...] --json evidence/line-model.json

Lines: held-out faces and texts, clean and with the wear of `bench.pages`. Those in ``read.json`` were read by the trained network
on the GPU at the end of training (`train`); Latin ones are read here by the file that is shipped and by PP-OCR's own.
Pages: letters, newspapers and forms in held-out faces and texts, read by ``--engine rapidocr`` without a word of the language,
and by ``--engine tesseract --lang ru``; word recall, and seconds of processor time, for other work on the machine changes the
clock's.
"""

from __future__ import annotations

import json
import random
import re
import resource
import tempfile
from collections import Counter
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
from bench.harness import arguments, machine, write
from bench.line_models.batches import read_bank
from bench.line_models.held_out_lines import lines
from bench.line_models.line_drawing import Faces
from bench.pages.wear import WEARS, worn
from PIL import Image, ImageDraw
from rapidfuzz.distance import Levenshtein

LATIN = ("en", "de", "fr", "es", "pl", "cs")
PAGE_FACES = ("PTSansNarrow", "Lato", "NotoSerifDisplay", "CMUSansSerif", "LiberationMono", "Go-")
KINDS = ("letter", "newspaper", "form")
STATES = ("clean", "office", "faded")


def main() -> None:
    """See the module."""
    parser = arguments(__doc__, record="line-model")
    parser.add_argument("--pack", type=Path, required=True)
    parser.add_argument("--read", type=Path, required=True)
    parser.add_argument("--log", type=Path, nargs="*", default=[])
    parser.add_argument("--lines", type=int, default=60, help="Latin ones of each language and state")
    parser.add_argument("--pages", type=int, default=6)
    options = parser.parse_args()
    bank = read_bank(options.pack)
    record: dict[str, Any] = machine()
    record["lines"] = {key: rate(pairs) for key, pairs in json.loads(options.read.read_text()).items()}
    record["stages"] = [json.loads(log.read_text())["steps"][-1] for log in options.log]
    record["sources"] = json.loads((options.pack / "sources.json").read_text())
    write(options.json, record)
    record["pages"] = _pages(bank, options)
    write(options.json, record)
    record["latin"] = _latin(bank, options)
    write(options.json, record)
    print(json.dumps({key: record[key] for key in ("lines", "latin", "pages")}, indent=1, ensure_ascii=False))


def rate(pairs: list[list[str]]) -> dict[str, float]:
    """Lines, characters, and the share of them that is wrong."""
    letters = sum(len(said) for said, _ in pairs)
    wrong = sum(Levenshtein.distance(said, read) for said, read in pairs)
    return {"lines": len(pairs), "characters": letters, "cer": round(wrong / letters, 5)}


def _latin(bank: dict[str, Any], options: Any) -> dict[str, Any]:
    from ocroute.ppocr import line_models
    from ocroute.ppocr.recogniser import recognise

    found: dict[str, Any] = {}
    for language in LATIN:
        for state in ("clean", "worn"):
            some = list(islice(lines(bank, options.pack / "fonts.zip", language, state), options.lines))
            crops = [np.repeat(pixels[:, :, None], 3, 2) for pixels, _, _ in some]
            for model in line_models.every()[:2]:
                read = [traced.text.strip() for traced in recognise(crops, 2, model.path)]
                pairs = [[text, said] for (_, text, _), said in zip(some, read, strict=True)]
                found.setdefault(f"{language} {state}", {})[model.name] = rate(pairs)
    return found


def _pages(bank: dict[str, Any], options: Any) -> list[dict[str, Any]]:
    import ocroute

    rows = []
    with tempfile.TemporaryDirectory() as folder:
        for number in range(options.pages):
            kind, state = KINDS[number % 3], STATES[(number + number // 3) % 3]
            page, words, face = drawn_page(bank, options.pack / "fonts.zip", kind, number)
            file = Path(folder, f"{number}.png")
            worn(page, WEARS[state], number).convert("L").save(file)
            row: dict[str, Any] = {"kind": kind, "state": state, "face": face, "words": sum(words.values())}
            for engine, languages in (("rapidocr", []), ("tesseract", ["ru"])):
                began = _processor()
                document = ocroute.read(file, engine=engine, languages=languages)
                spent = _processor() - began
                read = Counter(_words(document.text))
                recall = sum(min(count, read[word]) for word, count in words.items()) / sum(words.values())
                status = document.pages[0].verdict.status
                row[engine] = {"recall": round(recall, 4), "processor_seconds": round(spent, 2), "verdict": status}
            rows.append(row)
            print(row, flush=True)
    return rows


def _processor() -> float:
    """Seconds of processor time of this process and of those that it started and that ended."""
    return sum(
        used.ru_utime + used.ru_stime
        for used in map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    )


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", text)


def drawn_page(bank: dict[str, Any], fonts: Path, kind: str, seed: int) -> tuple[Any, Counter[str], str]:
    """A clean Russian page, (H, W) grey, its words, and its face."""
    rng, faces = random.Random(f"page {seed}"), Faces(fonts, "test")
    names = [name for family in faces.families("c") for name in family if PAGE_FACES[seed % len(PAGE_FACES)] in name]
    name = rng.choice([name for name in sorted(names) if _dark(faces.font(name, 30))])
    font = faces.font(name, 30 if kind == "letter" else 26)
    image = Image.new("L", (1654, 2339), 255)
    pen, words = ImageDraw.Draw(image), Counter[str]()
    sentences = [text for text in bank["ru"]["test"] if len(text) > 40 and not faces.lacks(name, text)]
    columns = {"letter": [(170, 1480)], "newspaper": [(110, 790), (870, 1550)], "form": [(150, 1500)]}[kind]
    for left, right in columns:
        y = 180
        while y < 2100:
            text = rng.choice(sentences)
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
