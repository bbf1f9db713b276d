"""What a source said of a subject, held against what is here: whether it is news, and what it would change. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from importlib.metadata import PackageNotFoundError, requires

import msgspec
from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from ocroute.engines.base import ENGINES
from ocroute.engines.neural import weights
from ocroute.errors import one_line
from ocroute.watch.base import LONGEST, Here, Release, Subject
from ocroute.watch.foresight import Outlook, outlook
from ocroute.watch.news import News, State
from ocroute.watch.remembered import Remembered


def weighed(here: Here, subject: Subject, known: Remembered) -> News:
    """What is remembered of a subject, held against what is here."""
    row = _of_weights(subject, known) if subject.kind == "weights" else _of_version(here, subject, known)
    return msgspec.structs.replace(
        row,
        changes=tuple(map(one_line, row.changes)),
        commands=tuple(map(one_line, row.commands)),
        remark=one_line(row.remark[: 3 * LONGEST]),
        date=row.date if re.fullmatch(r"\d{4}-\d\d-\d\d", row.date) else "",
    )


def _of_weights(subject: Subject, known: Remembered) -> News:
    theirs = known.found.files
    ours = dict(subject.files) or known.files
    other = sorted(name for name in {*ours, *theirs} if ours.get(name) != theirs.get(name))
    digest = _short(theirs)
    if not theirs:
        return News("weights", subject.name, "unlisted", _short(ours), "", known.asked)
    if not other:
        return News("weights", subject.name, "same", _short(ours), digest, known.asked, known.found.date)
    since = "those here" if subject.files else "when they were first asked for"
    engine = subject.about[0]
    change = (
        f"{engine}: {len(other)} of {len({*ours, *theirs})} weight files are other than {since}: {', '.join(other[:3])}"
    )
    command = weights.command(ENGINES.load(engine).facts, subject.name)
    return News(
        "weights", subject.name, "new", _short(ours), digest, known.asked, known.found.date, (change,), (command,)
    )


def _short(files: dict[str, str]) -> str:
    return min(files.items(), default=("", ""))[1][:12]


def _of_version(here: Here, subject: Subject, known: Remembered) -> News:
    have, releases = _version(subject.have), known.found.releases
    newest, remark = _newest(subject, releases)
    remark = "; ".join(
        part for part in (f"the project is {known.found.remark}" if known.found.remark else "", remark) if part
    )
    if newest is None:
        row = News(subject.kind, subject.name, "unlisted", subject.have, "", known.asked, remark=remark)
        return msgspec.structs.replace(row, remark=remark or "no version of it is for this machine")
    version = Version(newest.version)
    listed = {_version(one.version) for one in releases}
    vanished = (
        have is not None and subject.kind == "package" and have <= max(filter(None, listed)) and have not in listed
    )
    gone = f"{subject.have} is not listed any more: it may have been withdrawn" if vanished else ""
    later = have is None or version > have
    seen = outlook(here, subject, newest.version) if later else Outlook()
    new = bool(gone) or (later and (have is not None or seen.better))
    state: State = "new" if new else "same" if subject.have else "absent"
    remark = "; ".join(part for part in (gone, remark) if part)
    told = seen if new else Outlook()
    return News(
        subject.kind, subject.name, state, subject.have, newest.version, known.asked, newest.date,
        told.changes, told.commands, told.better, told.worse, remark,
    )  # fmt: skip


def _newest(subject: Subject, releases: Iterable[Release]) -> tuple[Release | None, str]:
    """The newest version that this machine and ocroute can take, and what is said of a newer one that they cannot."""
    ranked = sorted(
        ((version, one) for one in releases if (version := _version(one.version))), key=lambda pair: pair[0]
    )
    finals = [pair for pair in ranked if not pair[0].is_prerelease]
    ranked = ranked if subject.betas or not finals else finals
    bounds = _bounds(subject.name) if subject.kind == "package" else SpecifierSet()
    fitting = [one for version, one in ranked if one.fits and bounds.contains(version, prereleases=True)]
    newest = fitting[-1] if fitting else None
    if not ranked or (newest and ranked[-1][1] is newest):
        return newest, ""
    beyond = ranked[-1][1]
    if not beyond.fits:
        return newest, f"{beyond.version} is out, but not for this Python or system"
    return newest, f"{beyond.version} is out, but outside what ocroute allows ({bounds})"


def _bounds(name: str) -> SpecifierSet:
    """Which versions of a distribution ocroute allows, in whichever of its extras but that for benches."""
    return _allowed().get(canonicalize_name(name), SpecifierSet())


@cache
def _allowed() -> dict[str, SpecifierSet]:
    """By name, as ocroute's own metadata says."""
    found: dict[str, SpecifierSet] = {}
    try:
        lines = requires("ocroute") or ()
    except PackageNotFoundError:
        return found
    for line in lines:
        try:
            wanted = Requirement(line)
        except InvalidRequirement:
            continue
        if 'extra == "bench"' not in line:
            name = canonicalize_name(wanted.name)
            found[name] = found.get(name, SpecifierSet()) & wanted.specifier
    return found


def _version(text: str) -> Version | None:
    """Without the name of a build, which makes a version newer than the public one."""
    try:
        return Version(Version(text).public)
    except InvalidVersion:
        return None
