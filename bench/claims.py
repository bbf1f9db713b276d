"""How documents are shared out between workers that die, stall and are answered late: many runs of the claims that ``ocroute read
--queue`` uses, each over a store of its own, in a time that is made up.

    python -m bench.claims [--runs 10000] [--json FILE]

In every run workers take documents, read them and put results. At any step one may be killed, or stand still for longer than the
others are patient; an answer may get lost after the store has done what was asked; a listing or a reading may be older than what
was written last, though creating a file is always exclusive. At the end no document may be lost: each has a result, or was set
aside after as many deaths as are allowed. No result may be written twice, and none may be read to its end twice unless a takeover
was recorded, or the store's old answer is to blame; nothing is taken from a worker that lives.
"""

from __future__ import annotations

import random
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

from bench.harness import arguments, write

from ocroute.jobs.claims import Claim, Claims, batches
from ocroute.stores import Store

T = TypeVar("T")

PATIENCE = 20.0
BEAT = 4.0


class Killed(BaseException):
    """The worker's process is gone."""


class Clockwork:
    """Threads that run one at a time, each up to its next step, in an order that a seed decides."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.now = 0.0
        self._turns: dict[threading.Thread, threading.Semaphore] = {}
        self._back = threading.Semaphore(0)
        self._doomed: set[threading.Thread] = set()
        self._until: dict[threading.Thread, float] = {}

    def start(self, body: Callable[[], None]) -> threading.Thread:
        """A thread that runs ``body`` when it is its turn."""
        turn = threading.Semaphore(0)

        def run() -> None:
            turn.acquire()
            try:
                self._check()
                body()
            except Killed:
                pass
            finally:
                del self._turns[thread]
                self._back.release()

        thread = threading.Thread(target=run, daemon=True)
        self._turns[thread] = turn
        self._until[thread] = 0.0
        thread.start()
        return thread

    def step(self, seconds: float = 0.0) -> None:
        """Called by a thread: others may run now; it goes on when so much time has gone by."""
        thread = threading.current_thread()
        self._until[thread] = self.now + seconds
        self._back.release()
        self._turns[thread].acquire()
        self._check()

    def _check(self) -> None:
        if threading.current_thread() in self._doomed:
            raise Killed

    def kill(self, thread: threading.Thread) -> None:
        """Let it end at its next step."""
        self._doomed.add(thread)
        self._until[thread] = 0.0

    def stall(self, thread: threading.Thread, seconds: float) -> None:
        """Let it stand still."""
        self._until[thread] = max(self._until[thread], self.now) + seconds

    def run(self) -> None:
        """Until all threads have ended."""
        while self._turns:
            ready = [thread for thread in self._turns if self._until[thread] <= self.now]
            if not ready:
                self.now = min(self._until[thread] for thread in self._turns)
                continue
            thread = self.random.choice(ready)
            self._turns[thread].release()
            self._back.acquire()


class ShakyStore(Store):
    """Files in memory behind a network: steps take time, answers get lost or are old; creating is exclusive."""

    def __init__(self, clockwork: Clockwork, lag: float) -> None:
        self._clock = clockwork
        self._lag = lag
        self.files: dict[str, list[tuple[float, bytes | None]]] = {}

    def read(self, name: str) -> bytes:
        """See `Store`."""
        self._go()
        found = self._seen(name, self._clock.random.uniform(0, self._lag))
        if found is None:
            raise FileNotFoundError(name)
        return found

    def write(self, name: str, data: bytes, *, durable: bool = True) -> None:  # noqa: ARG002
        """See `Store`."""
        self._go()
        self._put(name, data)
        self._go()

    def create(self, name: str, data: bytes) -> bool:
        """See `Store`."""
        self._go()
        if self.now(name) is not None:
            return False
        self._put(name, data)
        self._go()  # whoever is killed here never learns that it was made
        return True

    def exists(self, name: str) -> bool:
        """See `Store`."""
        self._go()
        return self._seen(name, self._clock.random.uniform(0, self._lag)) is not None

    def names(self, below: str = "") -> list[str]:
        """See `Store`."""
        self._go()
        late = self._clock.random.uniform(0, self._lag)
        return sorted(
            name for name in self.files if name.startswith(f"{below}/") and self._seen(name, late) is not None
        )

    def remove(self, name: str) -> None:
        """See `Store`."""
        self._go()
        if self.now(name) is not None:
            self._put(name, None)

    def now(self, name: str) -> bytes | None:
        """What is there in truth."""
        return self.files[name][-1][1] if name in self.files else None

    def _seen(self, name: str, late: float) -> bytes | None:
        """What was there some seconds ago."""
        states = [data for time, data in self.files.get(name, ()) if time <= self._clock.now - late]
        return states[-1] if states else None

    def _put(self, name: str, data: bytes | None) -> None:
        self.files.setdefault(name, []).append((self._clock.now, data))

    def _go(self) -> None:
        self._clock.step(self._clock.random.choice((0.0, 0.0, 0.05, 0.3)))


@dataclass
class Run:
    """What came of one run."""

    read: Counter[str] = field(default_factory=Counter)
    written: Counter[str] = field(default_factory=Counter)
    results: set[str] = field(default_factory=set)
    aside: set[str] = field(default_factory=set)
    takeovers: set[str] = field(default_factory=set)
    deaths: int = 0
    stalls: int = 0
    in_vain: int = 0

    def faults(self, documents: list[str], *, deadly: set[str], lag: float) -> list[str]:
        """What must not be."""
        lost = [each for each in documents if each not in self.results and each not in self.aside]
        healthy = [each for each in self.aside if each not in deadly and each not in self.takeovers]
        twice = [each for each, count in self.written.items() if count > 1]
        again = [each for each, count in self.read.items() if count > 1 and each not in self.takeovers]
        return (
            [f"lost: {each}" for each in lost]
            + [f"set aside without a death: {each}" for each in healthy]
            + [f"written twice: {each}" for each in twice]
            + ([] if self.deaths or self.stalls else [f"taken over from the living: {each}" for each in self.takeovers])
            + ([] if lag else [f"read twice: {each}" for each in again])
        )


def simulate(seed: int, *, lag: float) -> tuple[Run, list[str]]:
    """One run, and its faults.

    Args:
        seed: of all that is decided by chance in it.
        lag: seconds that an answer of the store may be old.
    """
    clock = Clockwork(seed)
    chance = clock.random
    store = ShakyStore(clock, lag)
    documents = [f"d{number}" for number in range(chance.randint(1, 6))]
    deadly = set(chance.sample(documents, k=chance.choice((0, 0, 0, 1)))) if len(documents) > 1 else set()
    run = Run()

    def worker(name: str, rate: float) -> Callable[[], None]:
        def done(document: str) -> bool:
            return store.exists(f"results/{document}")

        claims = Claims(store, name, done, patience=PATIENCE, now=lambda: clock.now * rate + 1000 * rate)

        def pending() -> list[str]:
            finished = {each.removeprefix("results/") for each in store.names("results")} | claims.set_aside()
            return [each for each in documents if each not in finished]

        def read(claim: Claim) -> None:
            clock.step(chance.uniform(0.5, 3.0))
            if claim.document in deadly:
                kill(name)
                clock.step()
            run.read[claim.document] += 1
            if store.create(f"results/{claim.document}", name.encode()):
                run.written[claim.document] += 1
            claims.finish(claim)

        def body() -> None:
            claims.beat()
            for batch in batches(claims, pending, chance.randint(1, 3), lambda: clock.step(BEAT)):
                for claim in batch:
                    read(claim)
            claims.leave()
            beating[name] = False

        def hearts() -> None:
            while beating.get(name, True):
                clock.step(BEAT)
                if beating.get(name, True):
                    claims.beat()

        threads[name] = [clock.start(body), clock.start(hearts)]
        return body

    threads: dict[str, list[threading.Thread]] = {}
    beating: dict[str, bool] = {}

    def kill(name: str) -> None:
        run.deaths += 1
        for thread in threads[name]:
            clock.kill(thread)

    def trouble() -> None:
        names = [f"w{number}" for number in range(chance.randint(2, 4))]
        for name in names:
            worker(name, chance.choice((0.9, 1.0, 1.2)))
        for victim in chance.sample(names, k=chance.randint(0, len(names) - 1)):
            clock.step(chance.uniform(0.0, 8.0))
            if chance.random() < 0.6:
                kill(victim)
            else:
                run.stalls += 1
                for thread in threads[victim]:
                    clock.stall(thread, PATIENCE * chance.uniform(0.5, 3.0))
        for number in range(8):  # as people do: another worker is started while there is work
            clock.step(PATIENCE * 4)
            if all(store.now(f"results/{each}") or store.now(f"aside/{each}") for each in documents):
                break
            worker(f"later{number}", 1.0)

    clock.start(trouble)
    clock.run()
    run.results = {each for each in documents if store.now(f"results/{each}") is not None}
    run.aside = {each for each in documents if store.now(f"aside/{each}") is not None} - run.results
    run.takeovers = {
        name.removeprefix("takeovers/").rpartition("-")[0] for name in store.files if name.startswith("takeovers/")
    }
    run.in_vain = sum(run.read.values()) - sum(run.written.values())
    return run, run.faults(documents, deadly=deadly, lag=lag)


def main() -> None:
    """Run it, and say what came out."""
    parser = arguments(__doc__, record="claims")
    parser.add_argument("--runs", type=int, default=10_000)
    parser.add_argument("--first-seed", type=int, default=0)
    options = parser.parse_args()
    began = time.monotonic()
    rows = []
    for lag in (0.0, 2.0):
        total: Counter[str] = Counter()
        faults: list[str] = []
        for seed in range(options.first_seed, options.first_seed + options.runs // 2):
            run, wrong = simulate(seed, lag=lag)
            faults += [f"seed {seed}: {fault}" for fault in wrong]
            total.update(
                runs=1,
                documents=len(run.results) + len(run.aside),
                deaths=run.deaths,
                takeovers=len(run.takeovers),
                set_aside=len(run.aside),
                read_in_vain=run.in_vain,
            )
        rows.append({"answers_old_by_up_to_seconds": lag, **total, "faults": len(faults)})
        print(rows[-1], *faults[:10], sep="\n")
    write(options.json, {"claims": rows, "seconds": round(time.monotonic() - began, 1)})


if __name__ == "__main__":
    main()
