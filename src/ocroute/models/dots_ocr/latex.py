r"""The inside of a JSON string as a model wrote it, which is not always JSON: LaTeX's backslashes are often left single.

``\alpha`` is then no JSON at all, and ``\theta``, ``\frac``, ``\beta``, ``\nu`` and ``\rho`` are, but mean a tab, a form feed, a
backspace, a line end and a carriage return before ``heta``, ``rac``, ``eta``, ``u`` and ``ho``.
"""

from __future__ import annotations

import re
from typing import Final

_PLAIN: Final = {'"': '"', "\\": "\\", "/": "/", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}

# Commands that begin like an escape that pages do use: a tab and line ends. No page holds a backspace or a form feed.
_COMMANDS: Final = {
    "t": "tau text textbf textit textrm textsf texttt textstyle textsc textup theta thetasym thickapprox thicksim therefore "
    "tilde times to top tfrac tan tanh tag tbinom triangle triangleq triangleleft triangleright trianglelefteq",
    "r": "rho right rangle rm rbrace rbrack rceil rfloor rightarrow rightleftharpoons rightharpoonup rtimes root ref rvert rVert "
    "rgroup rhd",
    "n": "nabla nu ne neq neg not notin ni nmid nleq ngeq nless ngtr nsubseteq nparallel nonumber newline nolimits nrightarrow "
    "nexists natural nearrow nwarrow ncong nsim negthinspace newcommand norm",
}
_KNOWN: Final = {letter: frozenset(names.split()) for letter, names in _COMMANDS.items()}

_DOUBLED: Final = re.compile(r"(?<!\\)(?:\\\\)+[A-Za-z]{2}")
_SINGLE: Final = re.compile(r"(?<!\\)(?:\\\\)*\\(?:[^\"\\/bfnrtu]|[bf][A-Za-z]|u(?![0-9A-Fa-f]{4}))", re.DOTALL)
_TOKEN: Final = re.compile(r"\\u([0-9A-Fa-f]{4})|\\([A-Za-z]+|.)|([$]+|[^\\$]+)|\\", re.DOTALL)


def unescape(raw: str, *, formula: bool = False) -> str:
    r"""What ``raw``, the characters between the quotes, means.

    Valid JSON is decoded exactly, but for a backspace or form feed before a letter, and for a tab or carriage return before the
    rest of a LaTeX command's name. ``\n`` before such a rest is taken for a command only within a formula, since ``\ne`` is
    also the beginning of an Italian line. A string in which LaTeX is properly escaped elsewhere is taken at its word, but for
    tabs and carriage returns within a formula, which none holds.

    Args:
        formula: whether the whole string is LaTeX; otherwise ``$`` opens and closes it.
    """
    if "\\" not in raw:
        return raw
    doubled, single = len(_DOUBLED.findall(raw)), len(_SINGLE.findall(raw))
    trusted = doubled > single
    bare = single > 0 and not trusted  # then a double backslash is LaTeX's line end, not an escape
    out: list[str] = []
    math = formula
    for token in _TOKEN.finditer(raw):
        digits, name, plain = token.groups()
        if digits:
            out.append(chr(int(digits, 16)))
        elif plain:
            math = not math if plain[0] == "$" and not formula else math
            out.append(plain)
        elif not name:
            continue  # the answer was cut right behind a backslash
        else:
            out.append(_meaning(name, math=math, trusted=trusted, bare=bare))
    return _joined("".join(out))


def _meaning(name: str, *, math: bool, trusted: bool, bare: bool) -> str:
    """What a backslash before ``name``, a run of letters or one other character, stands for."""
    first = name[0]
    if first == "\\":
        return r"\\" if bare else "\\"
    likely = math and not trusted if first == "n" else math or not trusted
    swallowed = likely and name in _KNOWN.get(first, ())
    if first not in _PLAIN or (first in "bf" and name[1:]) or swallowed:
        return "\\" + name
    return _PLAIN[first] + name[1:]


def _joined(text: str) -> str:
    """Halves of characters beyond 16 bits put together; a half alone becomes the replacement character."""
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
