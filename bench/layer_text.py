"""Whether a text layer comes out word for word as pdfium's own text of the page, and where not, why.

    python -m bench.layer_text FOLDER... [--pages 200] [--each 3] [--json FILE]

Pages of the PDFs in the folders, of as many producers as there are. Both sides are read on their own: pdfium's text in the
order of the file, with its guesses of blanks, against the words of our lines. They are compared as the words that a page has,
since lines are put in another order. What differs is listed by kind, with examples; ``unexplained`` is what no rule asks for.
"""

from __future__ import annotations

import random
import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from ctypes import byref, c_double
from pathlib import Path

import pypdfium2.raw as pdfium

from bench import harness
from ocroute.errors import OcrouteError
from ocroute.pages import open_input
from ocroute.pages.pdf import PdfPage, PdfSource

FEWEST_WORDS = 20
_SEEDED = random.Random(7)
_SPACING_ACCENTS = re.compile("[´`¨ˆ˜¯ˇ˘˚˙˝¸˛^~\u0300-\u036f]")
_PRIVATE = re.compile("[\ue000-\uf8ff\ufffd\x00-\x1f\x7f-\x9f]")
_LEFT = re.compile("[\u0590-\u08ff\ufb1d-\ufefc]")
_TICKS = re.compile("[☐☑☒◉○●✓✔✕✖✗✘]")
_BLANK = re.compile(r"[ \t\r\n\xa0\u2000-\u200a\u2028\u2029\u202f\u3000]+")
_TEX = {0x0B + place: letters for place, letters in enumerate(("ff", "fi", "fl", "ffi", "ffl"))}
_HAN = re.compile("[\u3040-\u30ff\u3400-\u9fff]")
_JOINED = 40


def main() -> None:
    parser = harness.arguments(__doc__, record="layer-text")
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--pages", type=int, default=200)
    parser.add_argument("--each", type=int, default=3, help="pages of a file at most")
    args = parser.parse_args()
    pages = words = equal = 0
    kinds: Counter[str] = Counter()
    examples: dict[str, list[list[str]]] = defaultdict(list)
    producers: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0])
    for name, producer, ours, theirs in _sampled(args.folders, args.pages, args.each):
        found = list(compare(ours, theirs))
        pages += 1
        words += len(theirs)
        wrong = sum(1 for _, _, reference in found if reference)
        equal += len(theirs) - wrong
        for row, more in zip(
            range(3), (1, len(theirs), sum(1 for kind, _, _ in found if kind == "unexplained")), strict=True
        ):
            producers[producer][row] += more
        for kind, mine, reference in found:
            kinds[kind] += 1
            if len(examples[kind]) < 12 and all(name != other[0] for other in examples[kind][-3:]):
                examples[kind].append([name, mine, reference])
    result = {
        "pages": pages,
        "producers": len(producers),
        "words": words,
        "equal_share": equal / max(1, words),
        "unexplained_share": kinds["unexplained"] / max(1, words),
        "kinds": dict(kinds.most_common()),
        "by_producer": {
            name: dict(zip(("pages", "words", "unexplained"), row, strict=True))
            for name, row in sorted(producers.items())
        },
        "examples": dict(examples),
    }
    for key in ("pages", "producers", "words", "equal_share", "unexplained_share"):
        print(f"{key:20} {result[key]}")
    for kind, count in kinds.most_common():
        print(
            f"{kind:20} {count:6}  " + "; ".join(f"{mine!r} for {theirs!r}" for _, mine, theirs in examples[kind][:4])
        )
    harness.write(args.json, result)


def _sampled(folders: Sequence[Path], pages: int, each: int) -> Iterator[tuple[str, str, list[str], list[str]]]:
    """Name, producer, our words and pdfium's, of pages taken in turn from the producers."""
    files: dict[str, list[Path]] = defaultdict(list)
    for path in sorted(path for folder in folders for path in folder.rglob("*.pdf")):
        try:
            with open_input(path) as source:
                if isinstance(source, PdfSource):
                    files[_producer(source)].append(path)
        except OcrouteError:
            continue
    for listed in files.values():
        _SEEDED.shuffle(listed)
    left, known = pages, set[int]()
    while left > 0 and any(files.values()):
        for producer, listed in sorted(files.items()):
            if not listed or left <= 0:
                continue
            for name, ours, theirs in _pages(listed.pop(), each):
                if (told := hash(" ".join(theirs))) not in known:  # many a test file is another one with a mark in it
                    known.add(told)
                    yield name, producer, ours, theirs
                    left -= 1


def _producer(source: PdfSource) -> str:
    told = source.pdf.get_metadata_dict()
    name = (told.get("Producer") or told.get("Creator") or "").lower()
    return next(iter(re.findall("[a-z]{3,}", name)), "unknown")


def _pages(path: Path, each: int) -> list[tuple[str, list[str], list[str]]]:
    found = []
    try:
        with open_input(path) as source:
            for number in range(1, len(source.pdf) + 1):
                page = source.page(number)
                assert isinstance(page, PdfPage)
                ours = [word.text for line in page.text_layer() or () for word in line.words]
                theirs = reference_words(page)
                page.release()
                if len(theirs) >= FEWEST_WORDS:
                    found.append((f"{path.stem.split('__')[-1]} {number}", ours, theirs))
                if len(found) == each:
                    break
    except OcrouteError:
        pass
    return found


def reference_words(page: PdfPage) -> list[str]:
    """pdfium's words of what stands on the page, with its marks for hyphens at line ends as hyphens."""
    text = page._whole().page.get_textpage()
    x, y = c_double(), c_double()
    width, height = page.frame.size
    a, b, c, d, e, f = page.frame.matrix
    signs = []
    for index in range(pdfium.FPDFText_CountChars(text.raw)):
        sign = pdfium.FPDFText_GetUnicode(text.raw, index)
        pdfium.FPDFText_GetCharOrigin(text.raw, index, byref(x), byref(y))
        across, down = a * x.value + c * y.value + e, b * x.value + d * y.value + f
        seen = -1 <= across <= width + 1 and -1 <= down <= height + 1
        if seen or chr(sign).isspace():
            signs.append(sign)
    text.close()
    both = (
        "".join(chr(min(sign, 0x10FFFF)) for sign in signs)
        .encode("utf-16", "surrogatepass")
        .decode("utf-16", "replace")
    )
    # Its mark for a hyphen stands in place of the line end too.
    return [word for word in _BLANK.split(re.sub("[\x02\ufffe]", "- ", both)) if word]


def folded(word: str) -> str:
    """``word`` with what is spelled in several ways spelled in one."""
    plain = unicodedata.normalize("NFKC", word).replace("\u00ad", "-")
    plain = plain.translate(_TEX)
    return re.sub("[\u2010\u2011\u2212]", "-", re.sub("[\u200b-\u200f\u2060\ufeff]", "", plain))


def compare(ours: list[str], theirs: list[str]) -> Iterator[tuple[str, str, str]]:
    """Each word that only one side has: kind of the difference, ours, pdfium's; a side without it is empty."""
    mine, reference = Counter(ours), Counter(theirs)
    mine, reference = mine - reference, reference - mine
    yield from _spelled(mine, reference)
    yield from _spaced(mine, reference, ours, theirs)
    yield from _pairs(mine, reference)
    yield from _understood(mine, reference)
    yield from _in_columns(mine, reference)
    senseless = sum(1 for word in theirs if _PRIVATE.search(word)) > 0.1 * len(theirs)
    spoken = Counter(ours)
    for word in list(reference.elements()):
        twice = spoken[word] or _every_letter_twice(word, "".join(ours))
        kind = "printed twice" if twice else _kind(word, senseless=senseless)
        yield kind, "", word
    for word in list(mine.elements()):
        yield _kind(word, senseless=senseless), word, ""


def _spelled(mine: Counter[str], reference: Counter[str]) -> Iterator[tuple[str, str, str]]:
    by_fold: dict[str, list[str]] = defaultdict(list)
    for word in mine.elements():
        by_fold[folded(word)].append(word)
    for word in list(reference.elements()):
        if found := by_fold.get(folded(word)):
            same = found.pop()
            mine[same] -= 1
            reference[word] -= 1
            yield "spelled alike", same, word
    _tidy(mine, reference)


def _spaced(
    mine: Counter[str], reference: Counter[str], ours: list[str], theirs: list[str]
) -> Iterator[tuple[str, str, str]]:
    """Words that one side parts and the other does not."""
    for kind, whole, parts, sequence in (
        ("joined by us", mine, reference, theirs),
        ("parted by us", reference, mine, ours),
    ):
        wanted = {folded(word): word for word in whole}
        for start in range(len(sequence)):
            text = ""
            for end in range(start, min(start + _JOINED, len(sequence))):
                text += folded(sequence[end])
                word = wanted.get(text)
                if (
                    end > start
                    and word
                    and whole[word] > 0
                    and any(parts[one] > 0 for one in sequence[start : end + 1])
                ):
                    whole[word] -= 1
                    for one in sequence[start : end + 1]:
                        parts[one] -= 1
                    said = " ".join(sequence[start : end + 1])
                    yield (kind, word, said) if kind == "joined by us" else (kind, said, word)
                    break
    _tidy(mine, reference)


def _pairs(mine: Counter[str], reference: Counter[str]) -> Iterator[tuple[str, str, str]]:
    """The same letters, but for accents or order."""
    rules = (
        ("accents set", lambda word: _SPACING_ACCENTS.sub("", unicodedata.normalize("NFD", word)).replace("ı", "i")),
        ("order of letters", lambda word: "".join(sorted(folded(word)))),
    )
    for kind, rule in rules:
        by_rule: dict[str, list[str]] = defaultdict(list)
        for word in mine.elements():
            by_rule[rule(word)].append(word)
        for word in list(reference.elements()):
            if found := by_rule.get(rule(word)):
                same = found.pop()
                mine[same] -= 1
                reference[word] -= 1
                yield kind, same, word
        _tidy(mine, reference)


def _understood(mine: Counter[str], reference: Counter[str]) -> Iterator[tuple[str, str, str]]:
    """Words with other signs in the place of some of pdfium's, none of them a plain letter, and the same one for each."""
    meanings: dict[str, str] = {}
    for word in list(reference.elements()):
        for ours in mine:
            pairs = [(a, b) for a, b in zip(word, ours, strict=False) if a != b]
            if len(ours) != len(word) or mine[ours] <= 0 or any(b.isascii() and b.isalnum() for _, b in pairs):
                continue
            if _LEFT.search(ours) or _PRIVATE.search(ours) or any(meanings.get(a, b) != b for a, b in pairs):
                continue
            if len(set(pairs)) == len({a for a, _ in pairs}) == len({b for _, b in pairs}):
                meanings |= dict(pairs)
                mine[ours] -= 1
                reference[word] -= 1
                yield "glyphs understood", ours, word
                break
    _tidy(mine, reference)


def _in_columns(mine: Counter[str], reference: Counter[str]) -> Iterator[tuple[str, str, str]]:
    """Ideographs, which have no words: where columns end and what is beside them is not told alike, the signs are."""
    both = [
        Counter(sign for word in side.elements() if _HAN.search(word) for sign in word) for side in (mine, reference)
    ]
    alike, apart = (both[0] & both[1]).total(), (both[0] - both[1]).total() + (both[1] - both[0]).total()
    if alike > 10 * apart:
        for side in (mine, reference):
            for word in [word for word in side.elements() if _HAN.search(word)]:
                side[word] -= 1
                yield ("ends of columns", word, "") if side is mine else ("ends of columns", "", word)
    _tidy(mine, reference)


def _every_letter_twice(word: str, ours: str) -> bool:
    return len(word) > 3 and word[::2] == word[1::2] and folded(word[::2]) in folded(ours)


def _kind(word: str, *, senseless: bool) -> str:
    """Args: senseless: whether the page's fonts do not say what their glyphs mean, so that none of its words says much."""
    if _TICKS.search(word):
        return "ticks of fields"
    if senseless or _PRIVATE.search(word):
        return "glyphs without meaning"
    return "right to left" if _LEFT.search(word) else "unexplained"


def _tidy(*counters: Counter[str]) -> None:
    for counter in counters:
        for word in [word for word, count in counter.items() if count <= 0]:
            del counter[word]


if __name__ == "__main__":
    main()
