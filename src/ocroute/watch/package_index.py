"""Packages: the index that pip is configured for, by the simple API, in JSON (PEP 691, 700, 792) or HTML (PEP 503).

To be checked on a connected machine: only servers on loopback have been asked.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from functools import cache
from html.parser import HTMLParser
from importlib.metadata import PackageNotFoundError, version
from urllib.parse import unquote, urlsplit

import msgspec
from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.tags import Tag, sys_tags
from packaging.utils import (
    InvalidSdistFilename,
    InvalidWheelFilename,
    canonicalize_name,
    parse_sdist_filename,
    parse_wheel_filename,
)
from packaging.version import InvalidVersion, Version

from ocroute.machine import LIBRARIES
from ocroute.watch.base import LONGEST, Answer, Found, Here, Nonsense, Release, Subject
from ocroute.watch.pip_settings import pip_settings

JSON = "application/vnd.pypi.simple.v1+json"
_ACCEPT = f"{JSON}, application/vnd.pypi.simple.v1+html;q=0.2, text/html;q=0.01"
_PROJECT_ENDED = ("archived", "deprecated", "quarantined")


class _File(msgspec.Struct):
    """One file of a project, as the index lists it."""

    filename: str
    requires_python: str | None = msgspec.field(default=None, name="requires-python")
    yanked: bool | str = False
    uploaded: str | None = msgspec.field(default=None, name="upload-time")


class _Meta(msgspec.Struct):
    api: str = msgspec.field(name="api-version")


class _Status(msgspec.Struct):
    status: str = "active"


class _Listing(msgspec.Struct):
    meta: _Meta
    name: str
    files: list[_File]
    status: _Status | str = msgspec.field(default_factory=_Status, name="project-status")


class PackageIndex:
    """What reads pages here, as far as it is installed; and with a GPU the packages of kernels that could run on it."""

    def __init__(self) -> None:
        self._python = Version("0")

    def subjects(self, here: Here) -> Iterable[Subject]:
        """See `ocroute.watch.base.Source`."""
        index = pip_settings().index.rstrip("/")
        self._python = Version(here.python)
        if not index:
            return
        wanted: dict[str, list[str]] = {name: [] for name in LIBRARIES if here.machine.libraries.get(name)}
        wanted.setdefault("ocroute", [])
        for name, (info, _) in here.platform.kernels.items() if here.platform else ():
            if info.distribution != "torch" and (info.install.startswith("pip ") or _installed(info.distribution)):
                wanted.setdefault(info.distribution, []).append(name)
        for name, about in wanted.items():
            have = here.machine.libraries.get(name) or _installed(name)
            betas = any(" --pre " in here.platform.kernels[one][0].install for one in about) if here.platform else False
            url = f"{index}/{canonicalize_name(name)}/"
            yield Subject("package", name, url, have, _ACCEPT, betas=betas or _is_beta(have), about=tuple(about))

    def read(self, subject: Subject, answer: Answer) -> Found:
        """See `ocroute.watch.base.Source`."""
        if answer.media_type.endswith("json"):
            listing = _listing(answer.body)
            ended = listing.status if isinstance(listing.status, str) else listing.status.status
            if canonicalize_name(listing.name) != canonicalize_name(subject.name):
                raise Nonsense(f"answers for another project, {listing.name[:LONGEST]!r}")
            return Found(self._releases(subject, listing.files), remark=ended if ended in _PROJECT_ENDED else "")
        if "html" not in answer.media_type:
            raise Nonsense(f"answers with {answer.media_type[:LONGEST]!r} instead of a list of files")
        return Found(self._releases(subject, _linked(answer.body)))

    def _releases(self, subject: Subject, files: Iterable[_File]) -> tuple[Release, ...]:
        """The versions with a file that has not been withdrawn."""
        found: dict[Version, list[_File]] = defaultdict(list)
        for file in files:
            if file.yanked is False and (parsed := _parsed(file.filename, subject.name)):
                found[parsed].append(file)
        if not found:
            raise Nonsense("lists no file of this project")
        return tuple(
            Release(
                str(version),
                min((file.uploaded or "" for file in listed), default="")[:10],
                any(self._fits(file) for file in listed),
            )
            for version, listed in sorted(found.items())
        )

    def _fits(self, file: _File) -> bool:
        try:
            if file.requires_python and not SpecifierSet(file.requires_python).contains(self._python, prereleases=True):
                return False
        except InvalidSpecifier:
            return False
        return not file.filename.endswith(".whl") or not parse_wheel_filename(file.filename)[3].isdisjoint(_tags())


@cache
def _tags() -> frozenset[Tag]:
    """The kinds of wheels that can be installed here."""
    return frozenset(sys_tags())


def _installed(name: str) -> str:
    try:
        return version(name)
    except (PackageNotFoundError, ValueError):  # ValueError: an empty name, of a row that is broken
        return ""


def _is_beta(have: str) -> bool:
    try:
        return Version(have).is_prerelease
    except InvalidVersion:
        return False


def _parsed(filename: str, project: str) -> Version | None:
    """The version in a file's name; None for a file of another project, or of a kind that is not installed."""
    if len(filename) > 3 * LONGEST:
        return None
    try:
        wheel = filename.endswith(".whl")
        name, version = parse_wheel_filename(filename)[:2] if wheel else parse_sdist_filename(filename)
    except (InvalidWheelFilename, InvalidSdistFilename, InvalidVersion):
        return None
    return version if name == canonicalize_name(project) else None


def _listing(body: bytes) -> _Listing:
    try:
        listing = msgspec.json.decode(body, type=_Listing)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Nonsense(f"answers something else than a list of files: {str(error)[:LONGEST]}") from error
    if listing.meta.api.partition(".")[0] != "1":
        raise Nonsense(f"speaks version {listing.meta.api[:LONGEST]!r} of the simple API, and 1 is known")
    return listing


class _Links(HTMLParser):
    """Collects the files that a page of the simple API links to."""

    def __init__(self) -> None:
        super().__init__()
        self.files: list[_File] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Of anchors alone."""
        told = dict(attrs)
        if tag == "a" and (href := told.get("href")):
            name = unquote(urlsplit(href).path.rpartition("/")[2])
            yanked: bool | str = told["data-yanked"] or True if "data-yanked" in told else False
            self.files.append(_File(name, told.get("data-requires-python"), yanked))


def _linked(body: bytes) -> Iterator[_File]:
    links = _Links()
    try:
        links.feed(body.decode(errors="replace"))
    except ValueError as error:  # an address that cannot be taken apart
        raise Nonsense(f"answers with a web page that is no list of files: {str(error)[:LONGEST]}") from error
    return iter(links.files)
