"""NVIDIA's newest driver for Linux: one line of text that its download server keeps for this.

To be checked on a connected machine: only servers on loopback have been asked.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable

from ocroute.watch.base import LONGEST, Answer, Found, Here, Nonsense, Release, Subject

ADDRESS = "OCROUTE_WATCH_DRIVER"
"""The environment variable with another address of the line."""

_LATEST = "https://download.nvidia.com/XFree86/{}/latest.txt"
_FOLDERS = {"linux": "Linux-x86_64", "linux-aarch64": "Linux-aarch64"}
_LINE = re.compile(r"(\d{3}(?:\.\d{1,4}){1,2})\s+(\S+)\s*")


class NvidiaDriver:
    """The driver, where there is an NVIDIA GPU under Linux."""

    def subjects(self, here: Here) -> Iterable[Subject]:
        """See `ocroute.watch.base.Source`."""
        machine = here.machine
        if machine.driver and machine.host in _FOLDERS and not machine.is_wsl:
            url = os.environ.get(ADDRESS) or _LATEST.format(_FOLDERS[machine.host])
            yield Subject("driver", "NVIDIA driver", url, machine.driver, "text/plain")

    def read(self, subject: Subject, answer: Answer) -> Found:  # noqa: ARG002 - there is one subject
        """See `ocroute.watch.base.Source`."""
        text = answer.body[: 10 * LONGEST].decode(errors="replace")
        if not (match := _LINE.fullmatch(text)) or len(answer.body) > 10 * LONGEST:
            raise Nonsense(f"answers {text[:40]!r} instead of a version and a path")
        return Found((Release(match[1]),))
