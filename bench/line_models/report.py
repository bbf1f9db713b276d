"""What the line model reads of lines and pages that its training never saw, beside PP-OCR's own recogniser and Tesseract.

    python -m bench.line_models.report --pack PACK [--read read.json] [--log LOG ...] [--only PART ...] --json FILE

``lines``: held-out faces and texts, clean and with the wear of `bench.pages`, as the trained network read them on the GPU at the
end of training (`train`): from ``--read``.
``latin``: Latin ones by the file that is shipped, by PP-OCR's own, and by both with the choice of `ocroute.ppocr.line_choice`.
``pages``: letters, newspapers and forms in held-out faces and texts, by ``--engine rapidocr`` with no language named, and by
``--engine tesseract --lang ru``; word recall, and CPU seconds with all loaded, the two in turns.
``choice``: CPU seconds that it costs to choose by page and line, in turns: pages with no language named, against the same with
the language named for which one recogniser is enough.
``memory``: the peak of a process that reads such a page twice, with one recogniser and with the choice.

Parts of the record that are not measured anew stay as they were.
"""

from __future__ import annotations

import json
import random
import re
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable, Mapping
from functools import partial
from itertools import islice
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
from bench.harness import ROOT, arguments, in_turns, machine, write
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
CHOSEN = {
    ("en",): "en",
    ("de", "fr"): "de",
    ("ru", "en"): "ru",
    ("uk", "pl"): "uk",
}  # languages of a page: the one named
PARTS = ("latin", "pages", "choice", "memory")


def main() -> None:
    """See the module."""
    parser = arguments(__doc__, record="line-model")
    parser.add_argument("--pack", type=Path, required=True)
    parser.add_argument("--read", type=Path)
    parser.add_argument("--log", type=Path, nargs="*", default=[])
    parser.add_argument("--only", choices=PARTS, nargs="*", default=PARTS)
    parser.add_argument("--lines", type=int, default=200, help="of each language and state")
    parser.add_argument("--pages", type=int, default=6)
    parser.add_argument("--rounds", type=int, default=3, help="that a page is read for its time")
    options = parser.parse_args()
    bank = read_bank(options.pack)
    record: dict[str, Any] = json.loads(options.json.read_text()) if options.json and options.json.exists() else {}
    record |= machine() | {"sources": json.loads((options.pack / "sources.json").read_text())}
    if options.read:
        record["lines"] = {key: rate(pairs) for key, pairs in json.loads(options.read.read_text()).items()}
    if options.log:
        record["stages"] = [json.loads(log.read_text())["steps"][-1] for log in options.log]
    for part, measured in (("latin", _latin), ("pages", _pages), ("choice", _choice), ("memory", _memory)):
        if part in options.only:
            record |= measured(bank, options)
            write(options.json, record)
            print(json.dumps(record[part], indent=1, ensure_ascii=False), flush=True)


def rate(pairs: list[list[str]]) -> dict[str, float]:
    """Lines, characters, and the share of them that is wrong."""
    letters = sum(len(said) for said, _ in pairs)
    wrong = sum(Levenshtein.distance(said, read) for said, read in pairs)
    return {"lines": len(pairs), "characters": letters, "cer": round(wrong / letters, 5)}


def _latin(bank: dict[str, Any], options: Any) -> dict[str, Any]:
    """Rates of Latin lines by recogniser, and by the choice between them."""
    from ocroute.ppocr import line_models
    from ocroute.ppocr.line_choice import PageLines
    from ocroute.ppocr.recogniser import recognise

    known, found = line_models.every()[:2], {}
    for language in LATIN:
        for state in ("clean", "worn"):
            some = list(islice(lines(bank, options.pack / "fonts.zip", language, state), options.lines))
            crops = [np.repeat(pixels[:, :, None], 3, 2) for pixels, _, _ in some]
            read = {model.name: recognise(crops, 2, model.path) for model in known}
            read["as pages are read"] = PageLines(known, 2).read(crops)
            found[f"{language} {state}"] = {
                name: rate([[text, line.text.strip()] for (_, text, _), line in zip(some, traced, strict=True)])
                for name, traced in read.items()
            }
    return {"latin": found}


def _pages(bank: dict[str, Any], options: Any) -> dict[str, Any]:
    import ocroute

    rows = []
    with (
        tempfile.TemporaryDirectory() as folder,
        ocroute.Reader(engine="rapidocr") as own,
        ocroute.Reader(engine="tesseract", languages=["ru"]) as peer,
    ):
        _warm(own)
        for number in range(options.pages):
            kind, state = KINDS[number % 3], STATES[(number + number // 3) % 3]
            page, words, face = drawn_page(bank, options.pack / "fonts.zip", kind, number)
            file = Path(folder, f"{number}.png")
            worn(page, WEARS[state], number).convert("L").save(file)
            found, ratio = _compared({"rapidocr": own, "tesseract": peer}, file, words, options.rounds)
            rows.append(
                {"kind": kind, "state": state, "face": face, "words": sum(words.values()), **found, "ratio": ratio}
            )
    return {"pages": rows}


def _choice(bank: dict[str, Any], options: Any) -> dict[str, Any]:
    import ocroute

    rows = []
    with tempfile.TemporaryDirectory() as folder:
        for languages, named in CHOSEN.items():
            with (
                ocroute.Reader(engine="rapidocr") as found,
                ocroute.Reader(engine="rapidocr", languages=[named]) as told,
            ):
                _warm(found)
                _warm(told)
                for number, kind in enumerate(KINDS[:2]):
                    page, words, face = drawn_page(bank, options.pack / "fonts.zip", kind, number, languages)
                    file = Path(folder, f"{named}-{number}.png")
                    Image.fromarray(page).save(file)
                    sides, ratio = _compared({"found": found, "told": told}, file, words, options.rounds)
                    row = {
                        "languages": languages,
                        "named": named,
                        "kind": kind,
                        "face": face,
                        "words": sum(words.values()),
                    }
                    rows.append({**row, **sides, "ratio": ratio})
    return {"choice": rows}


def _compared(
    readers: Mapping[str, Any], file: Path, words: Counter[str], rounds: int
) -> tuple[dict[str, dict[str, Any]], float]:
    """What two readers read of a page, in turns, and how many times the CPU seconds of the second the first takes."""
    turns = in_turns(
        {side: partial(reader.read, file) for side, reader in readers.items()},
        lambda _, document: "" if document.text.strip() else "nothing was read",
        rounds=rounds,
    )
    found = {
        side: {
            "recall": _recall(every[0].answer.text, words),
            "cpu_seconds": round(median(turn.cpu for turn in every), 2),
            "verdict": every[0].answer.pages[0].verdict.status,
        }
        for side, every in turns.items()
    }
    first, second = turns.values()
    return found, round(median(one.cpu / other.cpu for one, other in zip(first, second, strict=True)), 3)


def _warm(reader: Any) -> None:
    """Have it load what it needs for Latin and Cyrillic pages."""
    for name in ("letter-en.png", "letter-ru.png"):
        reader.read(ROOT / "samples" / name)


def _memory(bank: dict[str, Any], options: Any) -> dict[str, Any]:
    """Peaks in MiB: a Latin page by one recogniser, and pages of three kinds whose language is not named."""
    rows = {}
    with tempfile.TemporaryDirectory() as folder:
        for languages, named in ((("en",), "en"), (("en",), ""), (("ru",), ""), (("ru", "en"), "")):
            page, _, _ = drawn_page(bank, options.pack / "fonts.zip", "letter", 0, languages)
            file = Path(folder, "page.png")
            Image.fromarray(page).save(file)
            command = [sys.executable, "-c", _READ_TWICE, str(file), named]
            done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT)
            rows[f"{' '.join(languages)}{', named' if named else ''}"] = round(float(done.stdout))
    return {"memory": rows}


# Not getrusage: that peak begins with the memory of the process that started this one.
_READ_TWICE = """
import re, sys, ocroute
with ocroute.Reader(engine="rapidocr", languages=[name for name in sys.argv[2:] if name]) as reader:
    assert all(reader.read(sys.argv[1]).text.strip() for _ in range(2))
print(int(re.search(r"VmHWM:\\s*(\\d+)", open("/proc/self/status").read())[1]) / 1024)
"""


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
