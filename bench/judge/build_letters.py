"""Count the letter tables that the judge's language checks use.

    python -m bench.judge.build_letters

The source is the message catalogues (``*/LC_MESSAGES/*.mo``) that free programs install: the same kind of sentences in many
languages, on every Linux machine. Nothing of their text is kept, only how often three letters follow each other, in thirteen
levels. The result differs a little with the programs installed; the judge's limits allow for that.
"""

from __future__ import annotations

import gettext
import math
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import numpy as np

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
    "Cyrl": ["ru", "uk", "bg", "sr"],
    "Grek": ["el"],
}
FOLDERS = {"pt": ("pt", "pt_BR"), "nb": ("nb", "nn", "no")}
MOST = 250_000  # words a language
TARGET = Path(trigram_tables.__file__).parent / "data" / "letters.npz"
NOISE = re.compile(r"%[-+ #0-9.*]*[a-zA-Z]|\\.|<[^>]*>|\{[^}]*\}|https?://\S+|[_&](?=\w)|--?[\w-]+")


def messages(language: str) -> Iterator[str]:
    """Every translated message of one language; for English, the originals."""
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


def table(script: str, language: str) -> np.ndarray:
    """Bits of surprise for each trigram, interpolated with bigrams and letters, in levels."""
    size = len(trigram_tables.ALPHABETS[script]) + 1
    seen: Counter[str] = Counter()
    for message in messages(language):
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
    levels = (
        np.clip(np.round(-np.log2(p3) / trigram_tables.STEP), 0, trigram_tables.LEVELS - 1).astype(np.uint8).reshape(-1)
    )
    levels = np.append(levels, np.zeros(levels.size % 2, np.uint8))
    print(f"{script} {language}: {seen.total()} words, {len(seen)} different")
    return (levels[0::2] << 4) | levels[1::2]


def main() -> None:
    harness.arguments(__doc__).parse_args()
    tables = {f"{script}_{name}": table(script, name) for script, names in LANGUAGES.items() for name in names}
    TARGET.parent.mkdir(exist_ok=True)
    with TARGET.open("wb") as stream:
        np.savez_compressed(stream, **tables)
    print(f"{TARGET}: {TARGET.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main()
