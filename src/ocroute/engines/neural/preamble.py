"""Preambles: what chat models write around a page's text, and the code fence that they put it in.

Words that name the image or the writing-down are surely the model's own. "Here is the text:" or "Let me know if you have any
questions." may be a letter's: they are suspects, which only a look at the page can tell.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

_LONGEST: Final = 300  # characters of a paragraph that can be chatter
_SEEN: Final = r"(?:image|picture|photo(?:graph)?|screenshot|scan(?:ned)?|page|document|file)"
_TEXT: Final = r"(?:text|content|contents|transcription|transcript|ocr)"
_MADE: Final = r"(?:extracted|transcribed|recogni[sz]ed|converted|transcription|transcript|ocr|markdown)"
_POLITE: Final = r"(?:(?:sure|certainly|of course|absolutely|okay|ok)\b[!,.:]*\s*)"
_HERE: Final = r"(?:here(?:['’]s| is| are)|below is|the following is)"

_SURE_BEFORE: Final = re.compile(
    rf"{_POLITE}?{_HERE}\b(?=.*\b{_TEXT}\b).*\b(?:{_MADE}|(?:from|of|in|on|from within) (?:the|this|your) (?:\w+ )?{_SEEN})\b.*:"
    rf"|{_POLITE}?{_HERE}\b(?=.*\b{_SEEN}\b).*\b(?:transcribed|transcription|markdown|ocr)\b.*:"
    rf"|{_POLITE}?(?:the|all) (?:visible )?text (?:in|on|from|of) (?:the|this) (?:\w+ )?{_SEEN}\b.*(?:reads|says|is)\b.*:"
    rf"|(?:the|this) (?:\w+ )?{_SEEN} (?:contains|shows|reads|says)\b.*\btext\b.*:"
    r"|(?:好的|当然)?[，,！!。]?\s*(?:以下|下面)是.*(?:图片|图像|图中|页面|文档).*(?:文字|文本|内容).*[：:]",
    re.IGNORECASE | re.DOTALL,
)
_SURE_AFTER: Final = re.compile(
    rf"(?=.*\b(?:{_MADE}|(?:the|this|your|another) (?:image|picture|photo|screenshot|scan)))"
    r".*\b(?:let me know|feel free|i hope|happy to help|if you (?:need|have|would|want))\b.*"
    r"|(?:note|please note)\b.*\b(?:transcri\w+|ocr|(?:the|this) (?:image|picture|photo|screenshot|scan))\b.*",
    re.IGNORECASE | re.DOTALL,
)
_MAYBE_BEFORE: Final = re.compile(
    rf"{_POLITE}.*[:.!]|{_HERE}\b.*\b(?:{_TEXT}|{_SEEN})\b.*:|the {_TEXT}\b.*(?:reads|says|is|as follows)\b.*:",
    re.IGNORECASE | re.DOTALL,
)
_MAYBE_AFTER: Final = re.compile(
    r"(?:please )?(?:let me know|feel free)\b.*|i hope (?:this|that|it) helps\b.*"
    r"|if you (?:need|have|would like|want)\b.*\b(?:let me know|feel free|ask|help|assist)\b.*",
    re.IGNORECASE | re.DOTALL,
)
_THINKS: Final = "<think>"
_THOUGHT: Final = "</think>"
_WRAPPED: Final = re.compile(
    r"(?P<before>.*?)^[ \t]*```(?:markdown|md|html|text|txt|plaintext)?[ \t]*\n(?P<text>.*?)\n?^[ \t]*```[ \t]*$(?P<after>.*)",
    re.DOTALL | re.MULTILINE | re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Parts:
    """An answer's text, and what stands before and after it that is the model's own; empty where nothing does."""

    text: str
    before: str = ""
    after: str = ""


def without_thoughts(answer: str) -> str:
    """``answer`` without the thoughts that some models write first; empty where it never came to an end of them.

    Where the prompt opens the thoughts, the answer holds nothing but their end.
    """
    thoughts, ended, rest = answer.partition(_THOUGHT)
    if thoughts.lstrip().startswith(_THINKS):
        return rest.lstrip()
    return rest.lstrip() if ended and _THINKS not in thoughts else answer


def parted(answer: str) -> Parts:
    """``answer`` without what surely is chatter, and without a fence around all that is left."""
    answer = without_thoughts(answer).strip()
    if wrapped := _WRAPPED.fullmatch(answer):
        before, after = wrapped["before"].strip(), wrapped["after"].strip()
        if (not before or _is(before, _SURE_BEFORE, _MAYBE_BEFORE)) and (
            not after or _is(after, _SURE_AFTER, _MAYBE_AFTER)
        ):
            return Parts(wrapped["text"], before, after)
    before, text = _first(answer, _SURE_BEFORE)
    # Letters end with "Let me know if you have any questions", but not under a preamble.
    text, after = _last(text, *((_SURE_AFTER, _MAYBE_AFTER) if before else (_SURE_AFTER,)))
    return Parts(text, before, after)


def suspects(text: str) -> Parts:
    """``text`` parted where it begins or ends with words that may be chatter, and may be the page's."""
    before, rest = _first(text.strip(), _SURE_BEFORE, _MAYBE_BEFORE)
    rest, after = _last(rest, _SURE_AFTER, _MAYBE_AFTER)
    return Parts(rest, before, after)


def _first(text: str, *patterns: re.Pattern[str]) -> tuple[str, str]:
    """The first line where it is chatter and something follows, and the rest."""
    line, _, rest = text.partition("\n")
    return (line.strip(), rest.strip("\n")) if rest.strip() and _is(line.strip(" *_#"), *patterns) else ("", text)


def _last(text: str, *patterns: re.Pattern[str]) -> tuple[str, str]:
    """All but the last paragraph, and that where it is chatter."""
    rest, _, paragraph = text.rstrip().rpartition("\n\n")
    return (rest.rstrip(), paragraph.strip()) if rest.strip() and _is(paragraph.strip(), *patterns) else (text, "")


def _is(part: str, *patterns: re.Pattern[str]) -> bool:
    return len(part) <= _LONGEST and any(pattern.fullmatch(part) for pattern in patterns)
