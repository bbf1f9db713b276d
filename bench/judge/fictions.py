"""What language models do wrong that line recognisers do not: fluent text that is not the page's, and words to the asker."""

from __future__ import annotations

import itertools
import random
import re
from collections.abc import Iterator

from bench.judge.cases import Case, weight
from bench.judge.readings import boxless, in_blocks, retold
from bench.pages import texts
from bench.pages.canvas import Sheet

from ocroute.engines.base import Reading
from ocroute.engines.neural.markdown_blocks import from_plain
from ocroute.judge.fuzzy_search import figures


def fictions(sheet: Sheet, rng: random.Random) -> Iterator[Case]:
    """What a language model makes up: fluent, as long as the print, and in its places."""
    if sheet.language == "ru" or weight(sheet.lines) < 60:
        return
    joint = "" if sheet.language == "zh" else " "
    printed = joint.join(line.text for line in sheet.lines).casefold()
    bank = [
        text
        for text in texts.TUNE[sheet.language] + texts.REPORT[sheet.language]
        if text.casefold()[:12] not in printed
    ]
    rng.shuffle(bank)
    units = itertools.cycle(joint.join(bank).split() if joint else "".join(bank))

    def other(text: str) -> str:
        return joint.join(next(units) for _ in (text.split() if joint else text))

    def digits(text: str) -> str:
        return re.sub(r"\d", lambda found: str((int(found[0]) + rng.randint(1, 9)) % 10), text)

    words = sorted({word for line in sheet.lines for word in (line.text.split() if joint else line.text)})
    wrong = {word: other(word) for word in rng.sample(words, len(words) // 2)}

    def half(text: str) -> str:
        return joint.join(wrong.get(word, word) for word in (text.split() if joint else text))

    versions = {"words": other, "half-the-words": half}
    if len(set(figures("\n".join(line.text for line in sheet.lines)))) >= 6:
        versions["numbers"] = digits
    also = ("invented", "coverage", "garble")
    for name, turn in versions.items():
        lines = [retold(line, turn) for line in sheet.lines]
        yield Case(f"{name}-blocks", in_blocks(lines), ("page_mismatch", *also), "vlm")
        yield Case(f"{name}-boxless", boxless(lines), ("page_mismatch", *also), "remote")


def talk(sheet: Sheet, rng: random.Random) -> Iterator[Case]:
    """A chat model's words around the right text, such as a letter might hold too."""
    if sheet.language != "en" or weight(sheet.lines) < 60:
        return
    before = rng.choice(("Here is the text:", "Certainly! I read the following.", "Okay, I will write it down:"))
    after = rng.choice(
        ("Let me know if you have any questions.", "I hope this helps!", "If you need more, feel free to ask.")
    )
    text = "\n\n".join(block.text for block in boxless(sheet.lines).blocks)
    for name, answer in (("before", f"{before}\n{text}"), ("after", f"{text}\n\n{after}")):
        yield Case(f"words-{name}", Reading(blocks=from_plain(answer), raw=answer), ("chatter",), "vlm")
