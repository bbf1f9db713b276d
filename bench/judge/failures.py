"""What engines do wrong, made on purpose, in many strengths.

What counts as a failure was written down before any limit was tuned:

* ``truncated``, ``coverage``: whole lines are missing that hold at least 10 % of the page's characters and 25 characters.
* ``order``: the halves of a page of ten lines or more are exchanged, its lines come backwards, or columns are read across.
* ``invented``: at least 10 % of the text, and 25 characters, stands where nothing is printed. Without boxes, where no place can
  be checked: there is at least 2.5 times the page's text.
* ``loop``: a line or phrase of 8 characters or more comes at least three times more than it is printed and the repetition is
  at least 10 % of the text. Without boxes: at least five times, and 30 %.
* ``garble``: at least 40 % of the text, and 150 letters, is enciphered, shifted, wrongly decoded or replaced.
* ``wrong_script``: the whole page was read in the wrong alphabet, or at least 30 % of its lines, with 100 letters or more; at
  least 30 % of its lines came back blank; or at least one word in ten, and five of them, has letters of another alphabet that
  look the same.
* ``low_confidence``: the engine's mean confidence is below 0.6. ``unsure_words``: it is 0.2 or 0.4 for two words in five.
* ``empty``: nothing was read from three lines or more.
* ``page_mismatch``: a language model wrote other words for all of a page or for half of its vocabulary, or other digits for every
  number where six different ones or more have three digits. Not on pages whose script the reference recogniser does not know.
* ``chatter``: a sentence to the asker stands before or after an English page's text.
* ``textlayer_mismatch``: the layer is another page's, or at least 40 % of its words are wrong, or it is displaced by half a line.
"""

from __future__ import annotations

import random
import string
from collections.abc import Callable, Iterator

from bench.judge.cases import Case, weight
from bench.judge.fictions import fictions, talk
from bench.judge.readings import boxless, jittered, noisy, of_lines, retold
from bench.pages import texts
from bench.pages.canvas import Sheet
from msgspec.structs import replace

from ocroute.engines.base import Reading
from ocroute.values import Box, Line, Word

LATIN_FOR_CYRILLIC = dict(
    zip(
        "абвгдежзийклмнопрстуфхцчшщъыьэюя",
        [
            "a",
            "6",
            "B",
            "r",
            "A",
            "e",
            "x",
            "3",
            "n",
            "N",
            "k",
            "n",
            "M",
            "H",
            "o",
            "n",
            "p",
            "c",
            "T",
            "y",
            "o",
            "x",
            "u",
            "4",
            "w",
            "w",
            "b",
            "bl",
            "b",
            "3",
            "io",
            "R",
        ],
        strict=True,
    )
)

# What Tesseract with Russian data alone writes for Latin letters.
CYRILLIC_FOR_LATIN = dict(
    zip(
        "abcdefghijklmnopqrstuvwxyz",
        [
            "а",
            "Ь",
            "с",
            "а",
            "е",
            "Г",
            "в",
            "п",
            "1",
            "]",
            "К",
            "[",
            "т",
            "п",
            "о",
            "р",
            "а",
            "г",
            "5",
            "т",
            "и",
            "у",
            "м",
            "х",
            "у",
            "2",
        ],
        strict=True,
    )
)
LOOKALIKES = ("aceopxyABCEHKMOPTX", "асеорхуАВСЕНКМОРТХ")


def failures(sheet: Sheet, rng: random.Random, other: Sheet | None) -> Iterator[Case]:
    """Every failure that this sheet can show."""
    if not sheet.lines:
        yield from inventions(sheet, rng)
        return
    for make in (omissions, disorders, loops, inventions, garbles, scripts, alphabets, others, fictions, talk):
        yield from make(sheet, rng)
    if other is not None:
        yield from layers(sheet, other, rng)


def omissions(sheet: Sheet, rng: random.Random) -> Iterator[Case]:
    total = weight(sheet.lines)
    count = len(sheet.lines)
    if count >= 3 and total >= 60:
        yield Case("empty", Reading(), ("empty",))
    for share in (0.1, 0.2, 0.4, 0.6, 0.8):
        cut = max(1, round(count * share))
        for name, lost in (("tail", range(count - cut, count)), ("hole", _hole(count, cut, rng))):
            gone = [sheet.lines[at] for at in lost]
            if not gone or len(gone) == count or weight(gone) < max(25, 0.1 * total):
                continue
            kept = [line for at, line in enumerate(sheet.lines) if at not in lost]
            codes = ("truncated", "coverage") if name == "tail" else ("coverage", "truncated")
            yield Case(f"{name}-{share:.0%}", of_lines(noisy(kept, rng, 0.01)), codes)
    for column in set(sheet.columns) if len(set(sheet.columns)) > 1 else ():
        kept = [line for line, at in zip(sheet.lines, sheet.columns, strict=True) if at != column]
        yield Case(f"column-{column}", of_lines(noisy(kept, rng, 0.01)), ("coverage", "truncated"))
    if total >= 200:
        half = sheet.lines[: count // 2]
        yield Case("out-of-room", replace(boxless(half), finish="length"), ("truncated", "coverage"), "vlm")
        yield Case("cut-json", replace(boxless(half), cut="its JSON is not closed"), ("truncated", "coverage"), "vlm")
        few = sheet.lines[: max(1, count // 4)]
        if weight(few) <= 0.3 * total:
            yield Case("boxless-75%-missing", boxless(few), ("coverage",), "vlm")


def disorders(sheet: Sheet, rng: random.Random) -> Iterator[Case]:
    lines, count = sheet.lines, len(sheet.lines)
    if count < 10 or weight(lines) < 200:
        return
    middle = count // 2
    yield Case("halves", of_lines(noisy([*lines[middle:], *lines[:middle]], rng, 0.01)), ("order",))
    yield Case("upside-down", of_lines(noisy(lines[::-1], rng, 0.01)), ("order",))
    if len(set(sheet.columns)) > 1:
        across = sorted(lines, key=lambda line: (round(line.box.y0 / line.box.height), line.box.x0))
        yield Case("across", of_lines(noisy(across, rng, 0.01)), ("order",))


def _hole(count: int, cut: int, rng: random.Random) -> range:
    start = rng.randint(1, max(1, count - cut - 1))
    return range(start, min(start + cut, count - 1))


def loops(sheet: Sheet, rng: random.Random) -> Iterator[Case]:
    total = weight(sheet.lines)
    long = [line for line in sheet.lines if len(line.text) >= 20]
    if not long or total < 150:
        return
    for times in (3, 5, 10, 20, 50):
        line = rng.choice(long)
        at = sheet.lines.index(line)
        surplus = times * weight([line]) / (total + times * weight([line]))
        again = [replace(line)] * times
        if surplus >= 0.1:
            yield Case(
                f"same-box-{times}",
                of_lines([*sheet.lines[: at + 1], *again, *sheet.lines[at + 1 :]]),
                ("loop", "invented"),
            )
        phrase = " ".join(line.text.split()[:3])
        if len(phrase) >= 8 and times >= 5 and times * len(phrase) >= 0.1 * total:
            stuck = replace(line, text=line.text + (" " + phrase) * times, words=())
            yield Case(
                f"phrase-{times}", of_lines([*sheet.lines[:at], stuck, *sheet.lines[at + 1 :]]), ("loop", "invented")
            )
        if times >= 5 and surplus >= 0.3:
            yield Case(f"boxless-line-{times}", boxless([*sheet.lines[: at + 1], *again]), ("loop", "invented"), "vlm")
    token = " ".join(long[0].text.split()[-2:])
    if len(token) >= 8:
        yield Case(
            "boxless-phrase-tail",
            boxless([*sheet.lines, Line((token + " ") * 80, long[0].box)]),
            ("loop", "invented"),
            "vlm",
        )


def inventions(sheet: Sheet, rng: random.Random) -> Iterator[Case]:
    total = weight(sheet.lines)
    width, height = sheet.image.size
    below = max((line.box.y1 for line in sheet.lines), default=0.0) + 0.35 * height
    for share in (0.1, 0.2, 0.4):
        wanted = max(25.0, 1.25 * share / (1 - share) * total)
        made: list[Line] = []
        y = below
        while weight(made) < wanted and y < height - 40:
            text = rng.choice(texts.TUNE["en"] + texts.REPORT["en"])[:50]
            made.append(Line(text, Box(0.1 * width, y, 0.1 * width + min(11 * len(text), 0.8 * width), y + 24)))
            y += 34
        if weight(made) >= max(25.0, 0.1 * (total + weight(made))) and sheet.kind not in (
            "drawing",
            "picture",
            "stamped",
        ):
            yield Case(f"paper-{share:.0%}", of_lines([*noisy(sheet.lines, rng, 0.01), *made]), ("invented",))
    if total >= 100 and sheet.kind not in ("picture", "drawing"):
        bank = texts.TUNE["en"] + texts.REPORT["en"]
        more = [Line(" ".join(rng.sample(bank, 3)), Box(0, 0, 1, 1)) for _ in range(1 + round(1.6 * total / 150))]
        yield Case("boxless-2.5x", boxless([*sheet.lines, *more]), ("invented",), "vlm")


def garbles(sheet: Sheet, rng: random.Random) -> Iterator[Case]:
    letters = sum(sum(sign.isalpha() for sign in line.text) for line in sheet.lines)
    if sheet.kind in ("formulas", "catalogue", "receipt", "table", "form") or sheet.language == "zh" or letters < 300:
        return
    alphabet = "абвгдежзийклмнопрстуфхцчшщъыьэюя" if sheet.language == "ru" else string.ascii_lowercase
    mixed = rng.sample(alphabet, len(alphabet))
    step = rng.choice((1, 3, 5, 9, 13))
    turns: dict[str, Callable[[str], str]] = {
        "cipher": _swap(alphabet, "".join(mixed)),
        "shift": _swap(alphabet, alphabet[step:] + alphabet[:step]),
        "private": lambda text: "".join(chr(0xE000 + ord(sign) % 256) if sign.isalpha() else sign for sign in text),
        "replacement": lambda text: "".join("\ufffd" if rng.random() < 0.3 and sign != " " else sign for sign in text),
        "cid": lambda text: "".join(f"(cid:{ord(sign) % 90})" if sign != " " else sign for sign in text),
        "random": lambda text: "".join(rng.choice(alphabet) if sign.isalpha() else sign for sign in text),
    }
    if sheet.language == "en":
        turns["codes-29"] = lambda text: "".join(chr(ord(sign) - 29) if 61 < ord(sign) < 127 else sign for sign in text)
    if sheet.language == "ru":
        turns["mojibake"] = lambda text: text.encode().decode("cp1252", "replace")
    for name, turn in turns.items():
        share = rng.choice((0.5, 0.7, 1.0))
        cut = round(len(sheet.lines) * share)
        lines = [retold(line, turn) if at < cut else line for at, line in enumerate(sheet.lines)]
        if weight(sheet.lines[:cut]) >= 0.4 * weight(sheet.lines) and 0.4 * letters >= 150:
            yield Case(f"{name}-{share:.0%}", of_lines(lines), ("garble", "wrong_script"))
    soup = [
        retold(line, lambda text: "".join(rng.choice("~^`|'\"*,;:!?<>{}[]\\/.%") if s != " " else s for s in text))
        for line in sheet.lines
    ]
    yield Case("symbols", of_lines(soup), ("garble",))


def _swap(plain: str, cipher: str) -> Callable[[str], str]:
    table = str.maketrans(plain + plain.upper(), cipher + cipher.upper())
    return lambda text: text.translate(table)


def scripts(sheet: Sheet, rng: random.Random) -> Iterator[Case]:
    if sheet.language in ("ru", "zh") and len(sheet.lines) >= 4:
        for share in (0.3, 0.6, 1.0):
            cut = max(2, round(share * len(sheet.lines)))
            blanks = tuple(replace(line, text="", words=()) for line in sheet.lines[:cut])
            yield Case(
                f"blanks-{share:.0%}",
                replace(of_lines(sheet.lines[cut:]), blanks=blanks),
                ("wrong_script", "coverage", "empty", "truncated"),
            )
    if sheet.language == "ru":

        def latin(text: str) -> str:
            return "".join(
                LATIN_FOR_CYRILLIC.get(s.lower(), s) if rng.random() > 0.05 else rng.choice("nuabBk") for s in text
            )

        def half(text: str) -> str:
            return "".join(
                {"а": "a", "о": "o", "е": "e", "р": "p", "с": "c"}.get(s, s) if rng.random() < 0.7 else s for s in text
            )

        for asked in ((), ("ru",)):
            case = of_lines([retold(line, latin) for line in sheet.lines])
            yield Case(f"as-latin-{len(asked)}", case, ("wrong_script", "garble"), languages=asked)
        yield Case("mixed", of_lines([retold(line, half) for line in sheet.lines]), ("wrong_script", "garble"))


def alphabets(sheet: Sheet, rng: random.Random) -> Iterator[Case]:
    """Some lines read in the other alphabet, as on pages in two; look-alike letters in some words."""
    count = len(sheet.lines)
    if sheet.language not in ("ru", "en", "de", "fr", "es") or sheet.kind in (
        "code",
        "formulas",
        "catalogue",
        "receipt",
    ):
        return
    russian = sheet.language == "ru"
    table = LATIN_FOR_CYRILLIC if russian else CYRILLIC_FOR_LATIN
    for share in (0.3, 0.6) if russian else (0.3, 0.6, 1.0):
        at = set(rng.sample(range(count), round(share * count)))
        lines = [
            retold(line, lambda text: "".join(table.get(sign, table.get(sign.lower(), sign)) for sign in text))
            if place in at
            else line
            for place, line in enumerate(sheet.lines)
        ]
        if weight([sheet.lines[place] for place in at]) >= max(100, 0.25 * weight(sheet.lines)):
            name = "as-latin-lines" if russian else "as-cyrillic-lines"
            yield Case(f"{name}-{share:.0%}", of_lines(lines), ("wrong_script", "garble"))
    twins = str.maketrans(*(LOOKALIKES if not russian else LOOKALIKES[::-1]))
    for share in (0.15, 0.3, 0.6):
        words = hit = 0

        def turned(text: str, share: float = share) -> str:
            nonlocal words, hit
            made = []
            for word in text.split(" "):
                other = word.translate(twins) if rng.random() < share else word
                words, hit = words + any(map(str.isalpha, word)), hit + (other != word)
                made.append(other)
            return " ".join(made)

        lines = [retold(line, turned) for line in sheet.lines]
        if hit >= max(5, 0.1 * words):
            yield Case(f"lookalikes-{share:.0%}", of_lines(lines), ("wrong_script", "garble"))


def others(sheet: Sheet, rng: random.Random) -> Iterator[Case]:
    if weight(sheet.lines) >= 60:
        for mean in (0.2, 0.4, 0.55):
            lines = noisy(sheet.lines, rng, 0.25)
            yield Case(
                f"unsure-{mean}",
                of_lines(lines, confidence=lambda mean=mean: min(1.0, max(0.0, rng.gauss(mean, 0.1)))),
                ("low_confidence", "unsure_words", "garble"),
            )
        yield Case(
            "unsure-words",
            of_lines(sheet.lines, confidence=lambda: rng.choice((0.2, 0.4, 0.9, 0.95, 0.95))),
            ("unsure_words", "low_confidence"),
        )


def layers(sheet: Sheet, other: Sheet, rng: random.Random) -> Iterator[Case]:
    words = sum(len(line.words) for line in sheet.lines)
    if words < 30 or sheet.kind in ("code", "formulas", "catalogue", "receipt", "table", "form", "contents"):
        return
    also = ("coverage", "invented", "truncated", "garble", "wrong_script")
    if other.lines and other.image.size == sheet.image.size:
        yield Case("other-page", of_lines(other.lines), ("textlayer_mismatch", *also), "textlayer")
    if sheet.language in ("en", "de", "fr", "es"):
        shuffled = [
            replace(line, words=tuple(Word(_anagram(w.text, rng), w.box) for w in line.words)) for line in sheet.lines
        ]
        yield Case("anagrams", of_lines(shuffled), ("textlayer_mismatch", *also), "textlayer")
        bank = [w.text for line in sheet.lines for w in line.words]
        for share in (0.4, 0.7):
            bad = [
                replace(
                    line,
                    words=tuple(
                        Word(_wrong(w.text, bank, rng), w.box) if rng.random() < share + 0.05 else w for w in line.words
                    ),
                )
                for line in sheet.lines
            ]
            yield Case(f"wrong-words-{share:.0%}", of_lines(bad), ("textlayer_mismatch", *also), "textlayer")
    if sheet.language in ("en", "ru") and sheet.kind in ("dense", "cyrillic", "two_column"):
        yield Case("displaced", of_lines(jittered(sheet.lines, 0.7, 0.5)), ("textlayer_mismatch", *also), "textlayer")


def _anagram(word: str, rng: random.Random) -> str:
    return "".join(rng.sample(word, len(word)))


def _wrong(word: str, bank: list[str], rng: random.Random) -> str:
    """A bad scanner program's word: a third of its letters are others, or it is another word."""
    if rng.random() < 0.5:
        return rng.choice(bank)
    return "".join(rng.choice(string.ascii_lowercase) if rng.random() < 0.5 else sign for sign in word)
