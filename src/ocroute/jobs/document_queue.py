"""A queue of documents: a folder, or a place behind an address, that any number of machines see.

    queue.json              the version of the queue, and its rules
    settings.json           how and where to: the first worker's wish, which holds for all
    documents/PART.jsonl    what is to be read, a document a line; a part for each time that some were added
    aside/, claims/, ...    see `ocroute.jobs.claims`

What is done is not written down here: a document is done when its result is there.
"""

from __future__ import annotations

import errno
import hashlib
import math
import os
import shlex
from collections.abc import Iterable
from functools import cached_property

import msgspec

from ocroute.errors import NextStep, OutputError, UsageError
from ocroute.jobs.claims import Claims, SetAside
from ocroute.jobs.queue_files import (
    QueuedDocument,
    Rules,
    Settings,
    Status,
    as_told,
    document_of,
    encoded,
    rules_in,
    source_of,
)
from ocroute.pages import InputFile
from ocroute.run.result_names import check_stems, leads_out
from ocroute.stores import scheme_of, shown, store_at
from ocroute.writers.saver import FIGURES, PAGE_IMAGES


class DocumentQueue:
    """A queue at a path or address.

    Args:
        where: it is.
        new: its rules, where it is made if it is missing.

    Raises:
        UsageError: there is none, none is named, it is of another version, or the store cannot keep several workers apart.
        OutputError: it cannot be read or made.
        PackageMissing: nothing here can talk to the store.
    """

    def __init__(self, where: str, *, new: Rules | None = None) -> None:
        if not where:
            raise UsageError("an empty path names no queue", next_step="Name a folder, or an address")
        if new is not None and not math.isfinite(new.patience):
            raise UsageError(f"{new.patience} is no number of seconds", next_step="Give one, e.g.: --patience 600")
        self.where = where
        self.store = store_at(where)
        if not self.store.exclusive:
            raise UsageError(
                f"{shown(where)} cannot say which of two machines was first, so that no queue can be kept there",
                next_step="Keep the queue in a shared folder or in S3 or Google's storage, or split the inputs with --shard",
            )
        with self._asking():
            if new is not None:
                self.store.create("queue.json", msgspec.json.encode(new))
            try:
                found = self.store.read("queue.json")
            except FileNotFoundError:
                raise UsageError(
                    f"there is no queue at {shown(where)}",
                    next_step=NextStep(command=f"ocroute queue add {shlex.quote(shown(where))} FILE..."),
                ) from None
        self.rules = rules_in(found, where)

    def add(self, files: Iterable[InputFile]) -> int:
        """Put documents into the queue; one that is in it already is not put there twice. How many are new.

        Raises:
            UsageError: a stream, which only this machine has; two whose results would be one file; or a name that cannot be
                written down.
            OutputError: the store does not answer.
        """
        added = {each.id: each for each in map(document_of, files)}
        self._check(added)
        new = [each for each in added.values() if each.id not in self.documents]
        if new:
            body = b"\n".join(map(encoded, new)) + b"\n"
            part = f"documents/{hashlib.blake2b(body, digest_size=8).hexdigest()}.jsonl"
            with self._asking():
                self.store.create(part, body)
            vars(self).pop("documents", None)
            try:
                self._check({})
            except UsageError:  # somebody else has added to it meanwhile
                with self._asking():
                    self.store.remove(part)
                vars(self).pop("documents", None)
                raise
        return len(new)

    def _check(self, added: dict[str, QueuedDocument]) -> None:
        """
        Raises:
            UsageError: two documents, these among them, have the same result.
        """
        check_stems((shown(each.source), each.stem) for each in (self.documents | added).values())

    @cached_property
    def documents(self) -> dict[str, QueuedDocument]:
        """All documents by their ids, in the order in which they were added.

        Raises:
            OutputError: the store does not answer, or a part is damaged.
        """
        found: dict[str, QueuedDocument] = {}
        with self._asking():
            parts = [(name, self.store.read(name)) for name in self.store.names("documents") if name.endswith(".jsonl")]
        for name, part in parts:
            try:
                lines = [msgspec.json.decode(line, type=QueuedDocument) for line in part.splitlines()]
                if bad := next((each for each in lines if leads_out(each.stem)), None):
                    raise ValueError(f"the results of {shown(bad.source)} would leave their folder")
            except ValueError as error:  # msgspec's errors are ValueErrors
                raise OutputError(
                    f"{name} of the queue at {shown(self.where)} is damaged: {error}",
                    next_step="Remove that file, and add its documents again",
                ) from error
            for each in lines:
                found.setdefault(each.id, each)
        return found

    def settings(self) -> Settings | None:
        """What the workers have in common; None as long as none has begun.

        Raises:
            OutputError: the store does not answer, or they are damaged.
        """
        with self._asking():
            try:
                return msgspec.json.decode(self.store.read("settings.json"), type=Settings)
            except FileNotFoundError:
                return None
            except msgspec.MsgspecError as error:
                raise OutputError(
                    f"settings.json of the queue at {shown(self.where)} is damaged: {error}",
                    next_step="Remove that file; the next worker's options are written down anew",
                ) from error

    def agree(self, wanted: Settings) -> None:
        """Read as all other workers do.

        Raises:
            UsageError: they read otherwise.
            OutputError: the store does not answer.
        """
        body = encoded(wanted)
        with self._asking():
            self.store.create("settings.json", body)
        settled = self.settings() or wanted
        if settled != wanted:
            mine, theirs = (as_told(each) for each in (wanted, settled))
            other = [name for name in sorted(mine | theirs) if mine.get(name) != theirs.get(name)]
            if not other:  # but for a password in the address
                return
            said = "; ".join(f"{name} is {theirs.get(name) or 'not given'} there" for name in other)
            raise UsageError(
                f"the workers of {shown(self.where)} read otherwise: {said}",
                next_step="Give this one the same options, or make a queue of its own; where those were a mistake and no worker "
                "reads, remove settings.json from the queue",
            )

    def done(self) -> set[str]:
        """The ids of the documents whose result is there.

        Raises:
            OutputError: the store does not answer.
        """
        settings = self.settings()
        if settings is None:
            return set()
        with self._asking():
            there = set(store_at(settings.out).names())
        return {each.id for each in self.documents.values() if settings.mark(each.stem) in there}

    def status(self) -> Status:
        """How far it is.

        Raises:
            OutputError: the store does not answer.
        """
        settings, done = self.settings(), self.done()
        claims = Claims(self.store, "", done.__contains__)
        with self._asking():
            held = {document: worker for document, worker in claims.held().items() if document not in done}
            aside = [document for document in sorted(claims.set_aside()) if document not in done]
            reasons = {document: self._reason(document) for document in aside}
            taken_over = len(self.store.names("takeovers"))
        known = self.documents
        named = {each.id: shown(each.source) for each in known.values()}
        return Status(
            documents=len(known),
            done=len(done),
            reading={named[each]: worker for each, worker in held.items() if each in named and each not in reasons},
            aside={named[each]: reason for each, reason in reasons.items() if each in named},
            waiting=len(known.keys() - done - held.keys() - reasons.keys()),
            taken_over=taken_over,
            out=shown(settings.out) if settings else "",
        )

    def _reason(self, document: str) -> str:
        try:
            return msgspec.json.decode(self.store.read(f"aside/{document}"), type=SetAside).reason
        except (FileNotFoundError, msgspec.MsgspecError):
            return "unknown"

    def retry(self) -> int:
        """Let what was set aside be tried again. How many documents.

        Raises:
            OutputError: the store does not answer.
        """
        with self._asking():
            aside = self.store.names("aside")
            for name in aside:
                self.store.remove(name)
        return len(aside)

    def requeue(self, sources: Iterable[str]) -> int:
        """Let documents be done again: their results are removed. How many documents.

        Pages whose records still hold, of the same file and the same engines, are not read a second time.

        Args:
            sources: paths or addresses as they were added, folders too.

        Raises:
            UsageError: one is not in the queue.
            OutputError: the store does not answer.
        """
        ids: dict[str, None] = {}
        for source in sources:
            named = source_of(source)
            folder = named.rstrip("/" + os.sep) + ("/" if scheme_of(named) else os.sep)
            found = [
                each.id for each in self.documents.values() if each.source == named or each.source.startswith(folder)
            ]
            ids.update(dict.fromkeys(found))
            if not found:
                raise UsageError(
                    f"{shown(source)} is not in the queue at {shown(self.where)}",
                    next_step=NextStep(
                        command=f"ocroute queue add {shlex.quote(shown(self.where))} {shlex.quote(shown(source))}"
                    ),
                )
        settings = self.settings()
        with self._asking():
            out = store_at(settings.out) if settings else None
            for each in ids:
                if out is not None and settings is not None:
                    stem = self.documents[each].stem.replace(os.sep, "/")
                    for suffix in reversed(settings.suffixes):  # the mark first: a half is not taken for a whole
                        out.remove(stem + suffix)
                    for picture in (each for beside in (FIGURES, PAGE_IMAGES) for each in out.names(stem + beside)):
                        out.remove(picture)
                self.store.remove(f"aside/{each}")
        return len(ids)

    def _asking(self) -> Asking:
        return Asking(self.where)


class Asking:
    """What a store refuses becomes an error that says what to do.

    Args:
        where: the queue is.
    """

    def __init__(self, where: str) -> None:
        self._where = where

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, OSError):
            full = error.errno in (errno.ENOSPC, errno.EDQUOT)
            step = "Free some space" if full else "Look whether it is there and whether you may write to it"
            raise OutputError(
                f"{shown(self._where)} cannot be used: {(error.strerror or str(error)).lower()}",
                next_step=f"{step}, then run the same command again",
            ) from error
