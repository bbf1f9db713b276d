"""Programs and kernels whose releases are on GitHub only, by its REST API.

To be checked on a connected machine: only servers on loopback have been asked.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from dataclasses import dataclass

import msgspec
from packaging.version import InvalidVersion, Version

from ocroute.watch.base import LONGEST, Answer, Found, Here, Nonsense, Release, Subject

ADDRESS = "OCROUTE_WATCH_GITHUB"
"""The environment variable with another address of the API, as of a mirror."""

_API = "https://api.github.com"


class _Tag(msgspec.Struct):
    tag_name: str
    draft: bool = False
    prerelease: bool = False
    published_at: str | None = None


@dataclass(frozen=True, slots=True)
class _Project:
    """Where a program is released.

    Attributes:
        repository: on GitHub.
        tag: a regular expression of its tags, with the version as group 1; others are of other parts of the repository.
    """

    repository: str
    tag: str = r"v?(\d[\w.]*)"


_PROGRAMS = {"tesseract": _Project("tesseract-ocr/tesseract")}
_KERNELS = {
    "flash2": _Project("Dao-AILab/flash-attention", r"v(2\.\d[\w.]*)"),
    "sage2": _Project("thu-ml/SageAttention", r"v?(2\.\d[\w.]*)"),
}


class GithubReleases:
    """Tesseract where it is installed; with a GPU the kernels that are built from source."""

    def subjects(self, here: Here) -> Iterable[Subject]:
        """See `ocroute.watch.base.Source`."""
        for name, project in _PROGRAMS.items():
            if name in here.engines and (have := here.engines[name].availability.version):
                yield Subject("program", name, self._url(project), have, "application/vnd.github+json", about=(name,))
        for name, project in _KERNELS.items():
            if here.platform and name in here.platform.kernels:
                have = here.platform.kernels[name][1].version
                yield Subject("program", name, self._url(project), have, "application/vnd.github+json", about=(name,))

    def read(self, subject: Subject, answer: Answer) -> Found:
        """See `ocroute.watch.base.Source`."""
        try:
            listed = msgspec.json.decode(answer.body, type=list[_Tag])
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise Nonsense(f"answers something else than a list of releases: {str(error)[:LONGEST]}") from error
        pattern = {**_PROGRAMS, **_KERNELS}[subject.name].tag
        found = []
        for one in listed:
            match = re.fullmatch(pattern, one.tag_name[:LONGEST])
            if match and not one.draft and (version := _version(match[1])):
                found.append(Release(version, (one.published_at or "")[:10]))
        if listed and not found:
            raise Nonsense("lists no release of this program")
        return Found(tuple(found))

    @staticmethod
    def _url(project: _Project) -> str:
        base = os.environ.get(ADDRESS) or _API
        return f"{base.rstrip('/')}/repos/{project.repository}/releases?per_page=30"


def _version(text: str) -> str:
    try:
        return str(Version(text))
    except InvalidVersion:
        return ""
