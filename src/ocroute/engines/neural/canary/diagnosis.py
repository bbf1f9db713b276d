"""From what a model made of the canary page to a sentence about what is wrong with it. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from html import unescape

from rapidfuzz.distance import Levenshtein

LIMIT = 0.15
"""Character error rate up to which the words count as read: a small model may slip on a letter, a broken one on all. Numbers have
no such grace: nobody sees that one is wrong, and language does not help a model that guesses it."""

AROUND = 2.0
"""Characters that may stand around the text, for each of its own: room for a sentence before it and one after it."""

LONGEST = 4000
"""Characters that are searched: more than any model may say of the canary page."""

_SHOWN = 60
_TAG = re.compile(r"<\|[^|<>]{1,40}\|>|<｜[^｜<>]{1,40}｜>|</?s>")
_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
_SPACED = re.compile(r"(?<=\d)\s*([.,])\s*(?=\d)")
_HTML = re.compile(r"</?[a-z][^<>]{0,200}>", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Match:
    """The part of a text that is most like what was looked for.

    Attributes:
        rate: edits that turn the part into what was looked for, per character of it.
        before, found, after: the text, in three.
    """

    rate: float
    before: str
    found: str
    after: str


@dataclass(frozen=True, slots=True)
class Sight:
    """What a model made of an image.

    Attributes:
        text: of the blocks found in its answer.
        raw: the answer as it came.
        ending: as in `generate.Answer`.
        dtype: in which it computed, e.g. ``float16``.
        stops: the tokens at which its answers end, as strings.
    """

    text: str
    raw: str
    ending: str
    dtype: str = ""
    stops: tuple[str, ...] = ()


def diagnose(sight: Sight, truth: str, see_blank: Callable[[], Sight]) -> str:
    """What is wrong, as the rest of a sentence that begins with the engine's name; empty when the text was read.

    Args:
        sight: of the canary page.
        truth: its text.
        see_blank: gives the sight of an empty page; asked only where that may tell something.
    """
    seen, wanted = plain(sight.text), plain(truth)
    match = find(wanted, seen)
    if sight.ending == "not finite":
        return (
            f"gives NaN or Inf logits on the canary page ({shown(sight.raw)}), typical of activations that "
            f"overflow in {sight.dtype or 'this dtype'}"
        )
    if sight.ending != "stop" and match.rate <= LIMIT and match.after:
        return (
            f"reads the canary page but does not stop: it goes on with {shown(match.after)}, typical of a "
            f"wrong stop token (it stops at {', '.join(sight.stops) or 'none'})"
        )
    if sight.ending == "late":
        return f"was not done with the canary page in time; it had read {shown(sight.raw)}"
    if match.rate <= LIMIT and (wrong := _misread(wanted, seen)):
        return (
            f"reads the words of the canary page, but not {' and '.join(wrong)} (reads {shown(seen)}), typical of weights that "
            f"lost too much in being made smaller, or of an image that is shown too small"
        )
    if match.rate <= LIMIT:
        return _around(sight, match, AROUND * len(wanted))
    return _unread(sight, seen, wanted, see_blank)


def unfinished(sight: Sight, truth: str) -> bool:
    """Whether the answer was cut for want of room, and ``truth`` was not in it yet."""
    return sight.ending == "length" and find(plain(truth), plain(sight.text)).rate > LIMIT


def added(text: str, truth: str) -> str:
    """What ``text``, in which ``truth`` was read, says besides it, quoted; empty when nothing."""
    match = find(plain(truth), plain(text))
    return " and ".join(shown(part) for part in (match.before, match.after) if part)


def _around(sight: Sight, match: Match, most: float) -> str:
    """What is wrong with an answer that holds the text."""
    if tags := _TAG.findall(sight.text):
        return f"leaves the special token {tags[0]} in the text of the canary page, typical of a wrong stop token"
    if sight.ending != "stop":
        return (
            f"reads the canary page but never ends its answer ({sight.ending}), typical of a wrong stop token "
            f"(it stops at {', '.join(sight.stops) or 'none'})"
        )
    if len(match.before) + len(match.after) > most:
        return f"reads the canary page, and much besides that does not stand on it: {added(sight.text, match.found)}"
    return ""


def _misread(wanted: str, seen: str) -> list[str]:
    """The numbers in ``wanted`` that do not stand in ``seen``, digit for digit."""
    read = _numbers(seen)
    return [number for number in _numbers(wanted) if number not in read]


def _numbers(text: str) -> list[str]:
    return _NUMBER.findall(_SPACED.sub(r"\1", text))


def _unread(sight: Sight, seen: str, wanted: str, see_blank: Callable[[], Sight]) -> str:
    raw = sight.raw.strip()
    if not raw:
        return "gives an empty answer to the canary page"
    if len(set(raw)) <= 2 and len(raw) >= 4:
        return f"reads the canary page as {shown(raw)}, typical of NaN or Inf logits, or of equal ones"
    if sight.ending == "loop":
        return f"falls into a repetition loop on the canary page: {shown(raw)}"
    if see_blank().raw.strip() == raw:
        return (
            f"gives {shown(raw)} for the canary page and for an empty page alike: it does not see the image, typical of pixels "
            f"that never reach it, or of vision weights that were not loaded"
        )
    if not seen:
        return f"answers the canary page with {shown(raw)}, in which there is no text of the form it was asked for"
    shared = _shared(wanted, seen)
    if shared >= 0.9:
        return (
            f"finds the letters of the canary page but not their order (reads {shown(seen)}), typical of lost positions "
            f"(rotary frequencies)"
        )
    endless = "" if sight.ending == "stop" else ", without end"
    return (
        f"misreads the canary page as {shown(seen)}{endless} (character error rate {error_rate(wanted, seen):.0%}), "
        f"typical of weights that were not loaded, of lost positions (rotary frequencies), or of a prompt that the model does "
        f"not know"
    )


def plain(text: str) -> str:
    """``text`` as one line without markup, case and typographic differences."""
    text = unescape(_HTML.sub(" ", _TAG.sub(" ", unicodedata.normalize("NFKC", text))))
    return " ".join(re.sub(r"[#*_`|\\$]", " ", text).casefold().split())


def error_rate(truth: str, text: str) -> float:
    """Edits that turn ``text`` into ``truth``, per character of ``truth``."""
    text = text[: 4 * len(truth) + 100]  # enough to be wrong by
    return Levenshtein.distance(truth, text) / max(1, len(truth))


def shown(text: str) -> str:
    """``text`` quoted, on one line, cut."""
    line = " ".join(text.split())
    return f"'{line}'" if len(line) <= _SHOWN else f"'{line[:_SHOWN]}...'"


def _shared(truth: str, text: str) -> float:
    """Share of the truth's letters that occur in the text, wherever, when the text is about as long."""
    if not 0.7 * len(truth) <= len(text) <= 1.4 * len(truth):
        return 0.0
    return (Counter(truth) & Counter(text)).total() / max(1, len(truth))


def find(needle: str, text: str) -> Match:
    """The part of ``text`` from which the fewest edits lead to ``needle``; the first where there are several.

    Exact, unlike what libraries have for it: they look for the best part of the length of ``needle`` only.
    """
    searched = text[:LONGEST]
    edits = [0] * (
        len(searched) + 1
    )  # of the best part that ends here; it may begin anywhere, so the first row is free
    starts = list(range(len(searched) + 1))
    for index, wanted in enumerate(needle, 1):
        left, edits[0] = edits[0], index
        begun, starts[0] = starts[0], 0
        for column, seen in enumerate(searched, 1):
            ways = (
                (left + (wanted != seen), begun),
                (edits[column] + 1, starts[column]),
                (edits[column - 1] + 1, starts[column - 1]),
            )
            left, begun = edits[column], starts[column]
            edits[column], starts[column] = min(ways)
    end = min(range(len(edits)), key=edits.__getitem__)
    start = starts[end]
    return Match(edits[end] / max(1, len(needle)), text[:start].strip(), text[start:end], text[end:].strip())
