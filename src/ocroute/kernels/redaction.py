"""Takes out of a text what tells whose machine it is from: for what a user sends to others."""

from __future__ import annotations

import getpass
import platform
import re
from pathlib import Path

# Absolute paths: in quotes with all that is in them, else up to a space or to what programs write behind a file's name.
_ROOT = r"(?:(?<![\w.)\]])(?<!:/)/|\b[A-Za-z]:[\\/]|~/)"
_PART = r"[^\s\\/:;,'\"()]+"
_PATH = re.compile(
    rf"(?<=')(?:/|~/|[A-Za-z]:\\)[^']+(?=')|(?<=\")(?:/|~/|[A-Za-z]:\\)[^\"]+(?=\")|{_ROOT}{_PART}(?:[\\/]{_PART})+[\\/]?"
)
_PACKAGES = re.compile(r"[\\/](?:site|dist)-packages[\\/]")


def redacted(text: str) -> str:
    """``text`` with the names of folders, of the user and of the host taken out.

    Of a path its last part stays, or what lies below ``site-packages``: it tells which library spoke.
    """
    text = text.replace(str(Path.home()), "~") if len(str(Path.home())) > 1 else text
    text = _PATH.sub(lambda found: _end(found[0]), text)
    for name, word in ((_user(), "USER"), (platform.node(), "HOST"), (platform.node().partition(".")[0], "HOST")):
        if name:
            text = re.sub(rf"(?<!\w){re.escape(name)}(?!\w)", word, text)
    return text


def _end(path: str) -> str:
    packages = list(_PACKAGES.finditer(path))
    kept = path[packages[-1].end() :] if packages else re.split(r"[\\/]", path.rstrip("\\/"))[-1]
    return f".../{kept}"


def _user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):  # a container's user need not have a name
        return ""
