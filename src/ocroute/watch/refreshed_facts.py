"""Facts about kernels from where the user says: checked, and kept for all that ocroute decides from now on."""

from __future__ import annotations

import datetime
from pathlib import Path
from urllib.parse import urlsplit

from ocroute.errors import InputError, InputNotFound, UnsupportedInput
from ocroute.files import cannot_write, write_whole
from ocroute.kernels import facts, torch_builds
from ocroute.watch.pip_settings import pip_settings, shown
from ocroute.watch.polite_client import Unanswered, polite_client


def refresh_facts(where: str) -> datetime.date:
    """Take the facts of a file, or of an ``http`` or ``https`` address, in the place of older ones.

    Returns:
        The date of the facts that are heeded now: those of ``where``, or what was here if that is as new.

    Raises:
        InputError: nothing can be had there, or it is no such file.
        OutputError: it cannot be kept.
    """
    text = _fetched(where) if urlsplit(where).scheme in ("http", "https") else _read(Path(where))
    try:
        found = facts.parsed(text)
    except ValueError as error:
        name = shown(where) if "://" in where else where
        raise UnsupportedInput(
            f"{name} holds no facts about kernels that this version of ocroute knows: {error}",
            next_step="Name a facts.toml of this version; the facts that were here stay",
        ) from error
    if facts.newest(found) > facts.newest(facts.tables()):
        try:
            facts.kept_file().parent.mkdir(parents=True, exist_ok=True)
            write_whole(facts.kept_file(), text.encode())
        except OSError as error:
            raise cannot_write("cannot keep the facts in", facts.kept_file(), error, {}) from error
        for known in (facts.tables, facts.all_facts, torch_builds.releases, torch_builds.code):
            known.cache_clear()
    return facts.newest(facts.tables())


def _fetched(url: str) -> str:
    try:
        with polite_client(pip_settings()) as client:
            answer = client.ask(url, "application/toml, text/plain;q=0.9").answer
    except Unanswered as error:
        raise InputError(
            f"the facts cannot be had: {error}", next_step="Fetch them by hand and name the file"
        ) from error
    assert answer is not None, "an answer is only left out where one is here"
    return answer.body.decode(errors="replace")


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig", errors="replace")
    except FileNotFoundError as error:
        raise InputNotFound(f"there is no file {path}", next_step="Check the path") from error
    except OSError as error:
        raise InputError(
            f"{path} cannot be read: {(error.strerror or str(error)).lower()}", next_step="Name a file"
        ) from error
