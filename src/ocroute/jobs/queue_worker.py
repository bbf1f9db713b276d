"""One worker of a queue: takes documents, reads them, puts their results, until nothing is left."""

from __future__ import annotations

import errno
import logging
import os
import platform
import secrets
import threading
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, suppress
from typing import Any

from ocroute.errors import OcrouteError, OutputError, PasswordNeeded, UsageError
from ocroute.jobs.claims import Claim, Claims, batches
from ocroute.jobs.document_queue import Asking, DocumentQueue
from ocroute.jobs.queue_files import Settings
from ocroute.pages import InputFile
from ocroute.route.plan import Wish
from ocroute.run import InputResult, Session, Target, documents
from ocroute.run.bringing import brought_here
from ocroute.run.output import FOLDER, refused
from ocroute.run.store_writer import StoreWriter
from ocroute.run.target import target_of
from ocroute.stores import Store, shown, store_at
from ocroute.writers.saver import Saver

_log = logging.getLogger(__name__)

_TOGETHER = 16
"""Documents that are taken and read together, at most."""

_NAMES = (
    errno.ENAMETOOLONG,
    errno.EINVAL,
    errno.EILSEQ,
    errno.EISDIR,
    errno.ENOTDIR,
    errno.EEXIST,
)
"""What a system says of a file's name that it does not take."""

_PASSING = (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EMFILE, errno.ENFILE, errno.EAGAIN)
"""What keeps a document from being brought here, and has nothing to do with it; see `ocroute.stores` for the last one."""


def read_queue(
    where: str,
    wish: Wish | None = None,
    *,
    out: str | None = None,
    formats: Sequence[str] = (),
    pages: str | None = None,
    password: str | None = None,
    jobs: int | None = None,
    timeout: float | None = None,
    options: Mapping[str, Any] | None = None,
) -> Iterator[InputResult]:
    """Read what is in a queue, beside other workers; yield a result for each document that this one has read.

    It ends when every document has its result or is set aside, and takes over the documents of workers that have died. What its
    password does not open is left to other workers. Close the iterator to stop: what is not done is given back.

    Args:
        where: the path or address of the queue.
        wish, pages, password, jobs, timeout, options: as for `ocroute.run.read_documents`. What decides the text must be the
            same for all workers.
        out: where results go, a folder or an address; left out, where the other workers put theirs.
        formats: their names. The file of the last one is what tells that a document is done.

    Raises:
        UsageError: there is no such queue, or other workers read otherwise.
        EngineUnavailable, PluginError: no engine, or not the one asked for, can run here.
        OutputError: the queue or the results cannot be written.
    """
    queue = DocumentQueue(where)
    wish = wish or Wish()
    target = queue_target(where, out, formats)
    saver = Saver(target.formats, options)
    settings = _wanted(target, saver, wish, {"pages": pages or "", **(options or {})})
    first = queue.settings() is None
    if not first:
        queue.agree(settings)
    results = store_at(settings.out)
    share = _Share(queue, results, settings)
    writer = _FirstWriter(results, saver, queue.store)
    with ExitStack() as open_:
        open_.callback(writer.close)
        open_.enter_context(Asking(where))
        open_.enter_context(_Heart(share.claims))
        session = open_.enter_context(Session(wish, jobs=jobs, timeout=timeout))
        if first:  # a mistake is not to hold for all workers
            _check(session, results, queue)
            queue.agree(settings)
        open_.callback(share.give_back)
        for some in share.batches():
            with closing(brought_here([share.files(some)], password)) as brought:
                _, works = next(brought)
                for work, claim in zip(works, some, strict=True):
                    work.stem = share.known[claim.document].stem
                for claim, result in zip(some, documents(session, works, pages, writer, last=False), strict=True):
                    share.ended(claim, result)
                    yield result


def queue_target(where: str, out: str | None, formats: Sequence[str] = ()) -> Target:
    """Where a worker's results go: what it says, or what the workers before it said.

    Raises:
        UsageError: there is no such queue, or nobody has said it.
        OutputError: the queue cannot be read.
    """
    if out is not None:
        return target_of(out, formats)
    settled = DocumentQueue(where).settings()
    if settled is None:
        raise UsageError(
            f"no worker of {shown(where)} has said yet where results go", next_step="Add: -o FOLDER, or -o an address"
        )
    return target_of(settled.out.rstrip("/") + "/", formats or settled.formats)


class _Share:
    """The documents that this worker takes out of a queue, and what becomes of them.

    Attributes:
        claims: on documents, of this worker and of others.
        known: the documents of the queue, by name.
    """

    def __init__(self, queue: DocumentQueue, results: Store, settings: Settings) -> None:
        self.known = queue.documents
        self.claims = Claims(queue.store, _name(), self._done, patience=queue.rules.patience, tries=queue.rules.tries)
        self._queue, self._results, self._settings = queue, results, settings
        self._locked: set[str] = set()  # to this worker: another may have the password
        self._held: list[Claim] = []

    def batches(self) -> Iterator[list[Claim]]:
        """What is taken and read together, until nothing is left to take."""
        patience = self._queue.rules.patience
        for some in batches(self.claims, self._pending, _TOGETHER, lambda: time.sleep(min(patience / 8, 5.0))):
            self._held[:] = some
            yield some

    def files(self, some: Iterable[Claim]) -> list[InputFile]:
        """The documents of these claims."""
        found = [self.known[claim.document] for claim in some]
        return [InputFile(document.source, document.stem) for document in found]

    def ended(self, claim: Claim, result: InputResult) -> None:
        """The document is done, or cannot be, or is left to others.

        Raises:
            InputError, OutputError: this machine cannot read it or write its results: not its own fault.
        """
        if result.error is None:
            self.claims.finish(claim)
        elif isinstance(result.error, PasswordNeeded):
            self._locked.add(claim.document)
            self.claims.give_back(claim)
        elif _its_own(result.error):
            self.claims.give_up(claim, str(result.error))
        else:
            raise result.error
        self._held.remove(claim)

    def give_back(self) -> None:
        """Leave what is not done to others."""
        for claim in self._held:
            with suppress(OSError):  # others find out that this one is gone
                self.claims.give_back(claim)

    def _done(self, document: str) -> bool:
        return self._results.exists(self._settings.mark(self.known[document].stem))

    def _pending(self) -> list[str]:
        vars(self._queue).pop("documents", None)  # others may have added some
        self.known.update(self._queue.documents)
        finished = self._queue.done() | self.claims.set_aside() | self._locked
        return [each for each in self.known if each not in finished]


def _its_own(error: OcrouteError) -> bool:
    """Whether it is the document's fault, so that it would be so for every worker."""
    cause = error.__cause__
    if not isinstance(cause, OSError):
        return True
    return cause.errno in _NAMES if isinstance(error, OutputError) else cause.errno not in _PASSING


def _check(session: Session, results: Store, queue: DocumentQueue) -> None:
    """Whether this worker can read at all, and write its results.

    Raises:
        EngineUnavailable, UsageError: no engine can serve the wish.
        OutputError: the results cannot be written.
    """
    session.fetch()
    session.environment()
    name = f"{FOLDER}/queue"
    try:
        results.write(name, shown(queue.where).encode(errors="surrogateescape"))
    except OSError as error:
        raise refused(results, name, error) from error


class _FirstWriter(StoreWriter):
    """Results in a store, each by whoever comes first; page records in the queue."""

    def __init__(self, store: Store, saver: Saver, records: Store) -> None:
        super().__init__(store, saver)
        self.records = records

    def refuses(self, stem: str) -> OutputError | None:  # noqa: ARG002 - what is there is a result
        """See `Writer.refuses`."""
        return None

    def _put(self, name: str, body: bytes) -> None:
        try:
            if not self._store.create(name, body):
                _log.debug("%s was there when it was done here", name)
        except OSError as error:
            raise refused(self._store, name, error) from error


class _Heart:
    """Gives signs of life as long as it is open."""

    def __init__(self, claims: Claims) -> None:
        self._claims = claims
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._beat, name="ocroute-heart", daemon=True)

    def _beat(self) -> None:
        while not self._end.wait(self._claims.patience / 5):
            try:
                self._claims.beat()
            except (
                OSError
            ) as error:  # the next one may come through; until then others may think that this one has died
                _log.warning("no sign of life could be given: %s", error.strerror)

    def __enter__(self) -> None:
        self._claims.beat()
        self._thread.start()

    def __exit__(self, *_: object) -> None:
        self._end.set()
        self._thread.join()
        with suppress(OSError):
            self._claims.leave()


def _wanted(target: Target, saver: Saver, wish: Wish, asked: Mapping[str, Any]) -> Settings:
    """What this worker wants.

    Raises:
        UsageError: the results are no folder's.
    """
    if target.kind != "folder":
        raise UsageError("the results of a queue go into a folder", next_step="Add: -o FOLDER, or -o an address")
    place = target.address.rstrip("/") or os.path.abspath(target.path)  # noqa: PTH100 - links stay as they are named
    reading = {
        "engine": wish.engine,
        "languages": list(wish.wanted.languages),
        "model": wish.wanted.model,
        **({"adapter": wish.wanted.adapter} if wish.wanted.adapter else {}),
        **{name.replace("_", " "): value for name, value in asked.items()},
    }
    return Settings(place, target.formats, tuple(map(saver.suffix, target.formats)), reading)


def _name() -> str:
    """A name that no other worker has, and that tells people which machine it is on."""
    host = "".join(sign for sign in platform.node() if sign.isalnum() or sign in "-_.")[:40]
    return f"{host or 'worker'}-{os.getpid()}-{secrets.token_hex(3)}"
