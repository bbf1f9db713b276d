"""Count the letter tables that the judge's language checks use.

    python -m bench.judge.build_letters [--pack PACK] [--only LANGUAGE ...]

The source is the message catalogues (``*/LC_MESSAGES/*.mo``) that free programs install: the same kind of sentences in many
languages, on every Linux machine. Nothing of their text is kept, only how often three letters follow each other, in thirteen
levels. The result differs a little with the programs installed; the judge's limits allow for that.

Few programs speak some of the languages. Of these a pack of `bench.line_models.pack` has more: sentences from Debian's manuals
and message catalogues, of which those kept for the line model's training are counted. Tables of languages that are not
counted anew stay as they are.
"""

from __future__ import annotations

import gettext
import math
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from bench.line_models.batches import read_bank

from bench import harness
from ocroute.judge import trigrams as trigram_tables

LANGUAGES = {
    "Latn": [
        "en",
        "de",
        "fr",
        "es",
        "it",
        "pt",
        "nl",
        "pl",
        "cs",
        "hr",
        "ro",
        "hu",
        "fi",
        "sv",
        "da",
        "nb",
        "tr",
        "id",
        "vi",
    ],
    "Cyrl": ["ru", "uk", "bg", "sr", "be", "mk", "kk", "mn"],
    "Grek": ["el"],
}
PACKED = ("be", "mk", "kk", "mn")  # counted from a pack
FOLDERS = {"pt": ("pt", "pt_BR"), "nb": ("nb", "nn", "no")}
MOST = 250_000  # words a language
TARGET = Path(trigram_tables.__file__).parent / "data" / "letters.npz"
NOISE = re.compile(r"%[-+ #0-9.*]*[a-zA-Z]|\\.|<[^>]*>|\{[^}]*\}|https?://\S+|[_&](?=\w)|--?[\w-]+")


def messages(language: str, bank: dict[str, Any]) -> Iterator[str]:
    """Every translated message of one language; for English, the originals; of some languages, a pack's sentences."""
    if language in PACKED:
        yield from bank[language]["train"]
        return
    for folder in FOLDERS.get(language, ("de" if language == "en" else language,)):
        for path in sorted(Path("/usr").glob(f"**/{folder}/LC_MESSAGES/*.mo")):
            try:
                with path.open("rb") as stream:
                    catalogue = gettext.GNUTranslations(stream)._catalog
            except (OSError, UnicodeDecodeError, ValueError):
                continue
            for key, value in catalogue.items():
                source = key[0] if isinstance(key, tuple) else key
                if language == "en":
                    yield source
                elif isinstance(value, str) and value != source:
                    yield value


def table(script: str, language: str, bank: dict[str, Any]) -> np.ndarray:
    """Bits of surprise for each trigram, interpolated with bigrams and letters, in levels."""
    size = len(trigram_tables.ALPHABETS[script]) + 1
    seen: Counter[str] = Counter()
    for message in messages(language, bank):
        seen.update(trigram_tables.fold(word) for word in trigram_tables.words(NOISE.sub(" ", message), least=2))
        if seen.total() > MOST:
            break
    three = np.zeros(size**3)
    for word, count in seen.items():
        trigrams, _ = trigram_tables.codes(script, [word])
        # A word of a program's vocabulary says no more about a language for being repeated a thousand times.
        np.add.at(three, trigrams, 1 + math.log2(count))
    three = three.reshape(size, size, size)
    two, one = three.sum(axis=0), three.sum(axis=(0, 1))
    p1 = (one + 0.5) / (one + 0.5).sum()
    p2 = (two + 8 * p1) / (two.sum(axis=1, keepdims=True) + 8)
    p3 = (three + 4 * p2[None]) / (three.sum(axis=2, keepdims=True) + 4)
    levels = np.clip(np.round(-np.log2(p3) / trigram_tables.STEP), 0, trigram_tables.LEVELS - 1).astype(np.uint8)
    print(f"{script} {language}: {seen.total()} words, {len(seen)} different")
    return packed(levels)


def kept(script: str, pairs: np.ndarray) -> np.ndarray:
    """A table of before, for an alphabet that may have new letters at its end: they hardly ever stood anywhere."""
    old, new = round((2 * pairs.size) ** (1 / 3)), len(trigram_tables.ALPHABETS[script]) + 1
    levels = np.stack((pairs >> 4, pairs & 15), axis=1).reshape(-1)[: old**3].reshape(old, old, old)
    return packed(np.pad(levels, (0, new - old), constant_values=trigram_tables.LEVELS - 1))


def packed(levels: np.ndarray) -> np.ndarray:
    """Two levels a byte."""
    flat = np.append(levels.reshape(-1), np.zeros(levels.size % 2, np.uint8))
    return (flat[0::2] << 4) | flat[1::2]


def main() -> None:
    parser = harness.arguments(__doc__)
    every = [name for names in LANGUAGES.values() for name in names]
    parser.add_argument("--pack", type=Path, help=f"needed for {', '.join(PACKED)}")
    parser.add_argument("--only", nargs="*", choices=every, default=every)
    options = parser.parse_args()
    bank = read_bank(options.pack) if options.pack else {}
    if not bank and set(PACKED) & set(options.only):
        parser.error(f"--pack is needed to count {', '.join(PACKED)}")
    before = dict(np.load(TARGET)) if TARGET.is_file() else {}
    tables = {
        f"{script}_{name}": table(script, name, bank)
        if name in options.only
        else kept(script, before[f"{script}_{name}"])
        for script, names in LANGUAGES.items()
        for name in names
    }
    TARGET.parent.mkdir(exist_ok=True)
    with TARGET.open("wb") as stream:
        np.savez_compressed(stream, **tables)
    print(f"{TARGET}: {TARGET.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main()
