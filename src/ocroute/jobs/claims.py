"""Which worker reads which document, agreed on through files in a store that all of them see. There is no coordinator.

    claims/DOCUMENT/TURN    who took the document; the next turn is taken when that worker is dead
    workers/WORKER          a number that a living worker raises
    takeovers/DOCUMENT-TURN who took it from whom, kept as a record
    aside/DOCUMENT          why nobody tries any more

A claim is a file that only one can create, so each turn belongs to one worker. A worker is dead when its number has stood still
for as long as the others are patient, by the clock of the one who looks: clocks need not agree. One that was only slow may go on
reading; whoever finishes first creates the result, and the other's is dropped. When an answer of the store is old, a document may
be read in vain, but never lost, since what counts is the result itself.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from operator import length_hint
from typing import NamedTuple

import msgspec

from ocroute.stores import Store

PATIENCE = 120.0
"""Seconds without a sign of life after which a worker's documents go to others."""

TRIES = 3
"""Workers that may die over a document before it is set aside."""


class Claim(NamedTuple):
    """A document that this worker reads.

    Attributes:
        document: its id.
        turn: from 0; each worker that died over it was one.
    """

    document: str
    turn: int


_NOBODY = "nobody"
"""The holder of a claim in which no name stands, since it was torn. No worker of this name gives signs of life."""


class SetAside(msgspec.Struct, frozen=True):
    """Why a document is not tried any more."""

    reason: str


class _Takeover(msgspec.Struct, frozen=True):
    taken_from: str
    taken_by: str
    at: str


class Claims:
    """One worker's part in the agreement.

    Args:
        store: shared by all workers.
        worker: a name that no other worker has.
        done: whether a document has its result.
        patience: seconds; the same for all workers.
        tries: how many workers may die over one document.
        now: seconds of a clock that never goes back.
    """

    def __init__(
        self,
        store: Store,
        worker: str,
        done: Callable[[str], bool],
        *,
        patience: float = PATIENCE,
        tries: int = TRIES,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self.worker = worker
        self.patience = patience
        self._store, self._done, self._tries, self._now = store, done, tries, now
        self._beats = 0
        self._seen: dict[str, tuple[bytes, float]] = {}
        self._found_dead: set[str] = set()

    def beat(self) -> None:
        """Give a sign of life; to be called several times within the others' patience.

        Raises:
            OSError: the store does not take it.
        """
        self._beats += 1
        self._store.write(f"workers/{self.worker}", b"%d" % self._beats, durable=False)

    def take(self, documents: Iterable[str], most: int) -> list[Claim]:
        """Claim up to ``most`` of the documents: those that nobody holds, or one whose holder is dead.

        Raises:
            OSError: the store does not answer.
        """
        return list(self._taken(documents, most)) if most > 0 else []

    def _taken(self, documents: Iterable[str], most: int) -> Iterator[Claim]:
        aside, turns = self.set_aside(), self._turns()
        alive: dict[str, bool] = {}
        taken = 0
        for document in documents:
            if document in aside:
                continue
            turn, holder = turns.get(document, -1), ""
            if turn >= 0:
                holder = self._holder(document, turn)
                if holder not in alive:
                    alive[holder] = not self._dead(holder)
                if alive[holder]:
                    continue
                if taken:  # it is read alone, so that if it kills again it takes no other with it
                    continue
            claim = self._claim(document, turn + 1, holder)
            if claim is not None:
                yield claim
                taken += 1
                if taken == most or claim.turn:
                    return

    def _claim(self, document: str, turn: int, holder: str) -> Claim | None:
        if turn >= self._tries:
            if self._done(document):
                self.finish(Claim(document, turn - 1))
                return None
            died = f"{turn} workers ended while they were reading it, the last one was {holder}"
            self.give_up(Claim(document, turn - 1), died)
            return None
        if not self._store.create(f"claims/{document}/{turn}", self.worker.encode()):
            return None
        if turn:
            record = _Takeover(holder, self.worker, datetime.now(UTC).isoformat(timespec="seconds"))
            self._store.write(f"takeovers/{document}-{turn}", msgspec.json.encode(record))
        claim = Claim(document, turn)
        if self._done(document):  # since the claims were listed
            self.finish(claim)
            return None
        return claim

    def finish(self, claim: Claim) -> None:
        """The document has its result, or is set aside: nobody holds it any more.

        Raises:
            OSError: the store does not answer.
        """
        for turn in range(claim.turn + 1):  # its own last: without it the document would look free
            self._store.remove(f"claims/{claim.document}/{turn}")

    def give_back(self, claim: Claim) -> None:
        """Let others read the document, for no fault of its own.

        Raises:
            OSError: the store does not answer.
        """
        self.finish(claim)

    def give_up(self, claim: Claim, reason: str) -> None:
        """Set the document aside.

        Raises:
            OSError: the store does not answer.
        """
        self._store.create(f"aside/{claim.document}", msgspec.json.encode(SetAside(reason)))
        self.finish(claim)

    def leave(self) -> None:
        """This worker ends, and clears away what is left of those that it found dead; one that wakes up beats anew.

        Raises:
            OSError: the store does not answer.
        """
        for worker in (*self._found_dead - set(self.held().values()), self.worker):
            self._store.remove(f"workers/{worker}")

    def set_aside(self) -> set[str]:
        """The documents that are not tried any more."""
        return {name.removeprefix("aside/") for name in self._store.names("aside")}

    def held(self) -> dict[str, str]:
        """The documents that are being read, with the worker that holds each, alive or not."""
        return {document: self._holder(document, turn) for document, turn in self._turns().items()}

    def share(self, left: int, most: int) -> int:
        """How many of the documents that are left this worker takes at once."""
        alive = {name.removeprefix("workers/") for name in self._store.names("workers")} - self._found_dead
        return max(1, min(most, left // (2 * max(len(alive), 1))))

    def _turns(self) -> dict[str, int]:
        """The last turn of each document that is held."""
        turns: dict[str, int] = {}
        for name in self._store.names("claims"):
            _, document, turn = (*name.split("/"), "", "")[:3]
            if turn.isdecimal():  # systems put files of their own into folders: .DS_Store, .nfs0001
                turns[document] = max(int(turn), turns.get(document, -1))
        return turns

    def _holder(self, document: str, turn: int) -> str:
        """Who has this turn now; the same name may be another's after a document was given back."""
        try:
            return self._store.read(f"claims/{document}/{turn}").decode(errors="replace") or _NOBODY
        except FileNotFoundError:  # finished since it was listed
            return ""

    def _dead(self, worker: str) -> bool:
        """Whether a worker has given no sign of life for as long as this one is patient."""
        if not worker:
            return False
        try:
            beat = self._store.read(f"workers/{worker}")
        except FileNotFoundError:
            beat = b""
        if worker not in self._seen or self._seen[worker][0] != beat:
            self._seen[worker] = beat, self._now()
        dead = self._now() - self._seen[worker][1] >= self.patience
        if dead:
            self._found_dead.add(worker)
        else:
            self._found_dead.discard(worker)
        return dead


def shuffled(documents: Iterable[str], worker: str) -> list[str]:
    """The documents in an order of this worker's own, so that workers do not run after one another."""
    order = list(documents)
    random.Random(worker).shuffle(order)
    return order


def batches(
    claims: Claims, pending: Callable[[], list[str]], most: int, wait: Callable[[], None]
) -> Iterator[list[Claim]]:
    """Claims of this worker, some at a time, until every document has its result or is set aside.

    Args:
        claims: this worker's.
        pending: the ids of the documents that have neither.
        most: claims at a time; towards the end fewer, so that nobody waits for one that holds many.
        wait: let some time go by; others hold what is left.

    Raises:
        OSError: the store does not answer.
    """
    while left := shuffled(pending(), claims.worker):
        documents, some = iter(left), False
        while taken := claims.take(documents, claims.share(length_hint(documents), most)):
            some = True
            yield taken
        if not some:
            wait()
