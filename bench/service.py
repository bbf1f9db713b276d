"""The service beside the command line on the same pages, and what it does when many ask at once.

    python -m bench.service [--pages 40] [--clients 200] [--soak MINUTES] [--json FILE]

Pages of our own text are drawn. In turn they are read by ``ocroute read``, and by a running ``ocroute serve`` to which each is
sent as a file; the texts must be equal. Then: how long a server takes from its start until it says that it is ready, until a
client hears the first event of a job that it sends, and what becomes of ``--clients`` clients that all send at once, three times
over: every job that was taken must be done, no answer may be a fault, and the memory must stay as it is. ``--soak`` goes on with
clients that send, cancel, hang up and fetch at random for so many minutes.
"""

from __future__ import annotations

import asyncio
import io
import json
import random
import re
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from statistics import median
from typing import Any

import httpx
import psutil
from bench.harness import arguments, in_turns, write
from bench.pages.prose import scanned_page
from PIL import Image

ENDED = ("done", "failed", "canceled")


def main() -> None:
    parser = arguments(__doc__, record="service")
    parser.add_argument("--pages", type=int, default=40)
    parser.add_argument("--clients", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--starts", type=int, default=3)
    parser.add_argument("--engine", default="rapidocr")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--soak", type=float, default=0.0, metavar="MINUTES")
    asked = parser.parse_args()
    found: dict[str, Any] = {"engine": asked.engine, "jobs": asked.jobs, "pages": asked.pages}
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        options = ["--engine", asked.engine, "--jobs", str(asked.jobs)]
        found["start"] = starts(folder, options, asked.starts)
        write(asked.json, found)
        with served(folder / "data", [*options, "--queue-size", "48"]) as server:
            found["first_event"] = asyncio.run(first_events(server))
            write(asked.json, found)
            found["throughput"] = throughput(folder, server, options, asked.pages, asked.rounds)
            write(asked.json, found)
            found["clients"] = asyncio.run(many_clients(server, asked.clients))
            write(asked.json, found)
            if asked.soak:
                found["soak"] = asyncio.run(soak(server, asked.soak * 60))
    write(asked.json, found)
    print(json.dumps(found, indent=1))


class Running:
    """A server: where it is, and what memory it and its workers hold."""

    def __init__(self, url: str, process: subprocess.Popen[bytes]) -> None:
        self.url, self._process = url, psutil.Process(process.pid)

    @property
    def memory_mb(self) -> dict[str, int]:
        """MiB of the server, and of all its children."""
        children = [child.memory_info().rss for child in self._process.children(recursive=True)]
        return {"server": self._process.memory_info().rss >> 20, "children": sum(children) >> 20}

    @property
    def cpu_seconds(self) -> dict[str, float]:
        """Of the server, and of the child that has most: they run side by side."""
        own, *children = (sum(one.cpu_times()[:2]) for one in (self._process, *self._process.children(recursive=True)))
        return {"server": round(own, 2), "worker": round(max(children, default=0.0), 2)}


@contextmanager
def served(data: Path, options: list[str], *, ready: bool = True) -> Iterator[Running]:
    """A server on a port of the system's choice, until the block ends."""
    log = data.with_suffix(".log")
    command = [sys.executable, "-m", "ocroute", "serve", "--port", "0", "--data", str(data), *options]
    with log.open("wb") as out:
        process = subprocess.Popen(command, stderr=out)
    try:
        while not (listening := re.search(rb"the page: (http://\S+?)/ ", log.read_bytes())):
            if process.poll() is not None:
                raise SystemExit(log.read_text())
            time.sleep(0.01)
        server = Running(listening[1].decode(), process)
        with httpx.Client(trust_env=False, verify=False) as client:
            while ready and client.get(f"{server.url}/readyz").status_code != 200:
                time.sleep(0.02)
        yield server
    finally:
        process.terminate()
        process.wait(30)


def starts(folder: Path, options: list[str], count: int) -> dict[str, Any]:
    """Seconds from the start of the command until it says that it is ready; the first one finds nothing in the disk's cache that
    others have not put there.
    """
    taken, cpu = [], []
    for number in range(count):
        began = time.perf_counter()
        with served(folder / f"start{number}", options) as server:
            taken.append(round(time.perf_counter() - began, 2))
            cpu.append(server.cpu_seconds)
    return {"seconds": taken, "median": median(taken), "cpu_seconds": cpu}


async def first_events(server: Running, count: int = 20) -> dict[str, Any]:
    """Milliseconds from a client's first byte until it hears the first event of its job, one after another."""
    taken = []
    page = small_page(0)
    async with httpx.AsyncClient(base_url=server.url, trust_env=False, verify=False, timeout=120) as client:
        for _ in range(count):
            began = time.perf_counter()
            job = (await client.post("/v1/jobs", files={"file": ("page.png", page)})).headers["location"]
            async with client.stream("GET", f"{job}/events") as stream:
                async for line in stream.aiter_lines():
                    if line.startswith("event:"):
                        taken.append((time.perf_counter() - began) * 1000)
                        break
            await ended(client, job)
    return {"median_ms": round(median(taken), 1), "most_ms": round(max(taken), 1), "jobs": count}


def throughput(folder: Path, server: Running, options: list[str], pages: int, rounds: int) -> dict[str, Any]:
    """The command and the service over the same pages, in turn."""
    inputs = folder / "in"
    inputs.mkdir()
    for number in range(pages):
        scanned_page(number)[0].convert("L").save(inputs / f"{number:03}.png")
    turn = iter(range(100))

    def command() -> list[str]:
        out = folder / f"out{next(turn)}"
        subprocess.run(
            [sys.executable, "-m", "ocroute", "read", str(inputs), "-o", str(out), "--format", "txt", "-q", *options],
            check=False,
        )
        return [path.read_text(encoding="utf-8") for path in sorted(out.glob("*.txt"))]

    def service() -> list[str]:
        return asyncio.run(sent(server, sorted(inputs.iterdir())))

    truth: list[str] = []

    def check(_: str, answer: list[str]) -> str:
        truth.extend(answer if not truth else [])
        return (
            "" if answer == truth and len(answer) == pages else f"{len(answer)} texts, and not those of the other side"
        )

    turns = in_turns({"command": command, "service": service}, check, rounds=rounds)
    seconds = {name: median(turn.seconds for turn in taken) for name, taken in turns.items()}
    one = folder / "one"
    one.mkdir()
    (one / "a.png").write_bytes(small_page(0))
    began = time.perf_counter()
    subprocess.run(
        [sys.executable, "-m", "ocroute", "read", str(one), "-o", str(folder / "o"), "-q", *options], check=False
    )
    start = time.perf_counter() - began
    return {
        "seconds": {name: round(value, 2) for name, value in seconds.items()},
        "pages_per_second": {name: round(pages / value, 3) for name, value in seconds.items()},
        "ratio": round(seconds["command"] / seconds["service"], 3),
        "command_start_seconds": round(start, 2),
        "ratio_without_start": round((seconds["command"] - start) / seconds["service"], 3),
        "texts_equal": True,
    }


async def sent(server: Running, files: list[Path]) -> list[str]:
    """The texts of files that are all sent, waited for and fetched."""
    async with httpx.AsyncClient(base_url=server.url, trust_env=False, verify=False, timeout=300) as client:

        async def one(path: Path) -> str:
            data = path.read_bytes()
            job, _ = await taken(client, data)
            await ended(client, job)
            return (await client.get(f"{job}/result", params={"format": "txt"})).text

        return list(await asyncio.gather(*map(one, files)))


async def taken(client: httpx.AsyncClient, data: bytes) -> tuple[str, Counter[int]]:
    """Send a file until it is taken; its job, and what was answered."""
    codes: Counter[int] = Counter()
    while True:
        answer = await client.post("/v1/jobs", files={"file": ("page.png", data)})
        codes[answer.status_code] += 1
        if answer.status_code == 202:
            return answer.headers["location"], codes
        if answer.status_code not in (429, 503):
            raise SystemExit(f"an answer that should not be: {answer.status_code} {answer.text}")
        await asyncio.sleep(float(answer.headers["retry-after"]) * random.uniform(0.5, 1.0))


async def ended(client: httpx.AsyncClient, job: str) -> dict[str, Any]:
    """What is said of a job at its end."""
    while True:
        told: dict[str, Any] = (await client.get(job, params={"wait": 30})).json()
        if told["state"] in ENDED:
            return told


async def many_clients(server: Running, clients: int, rounds: int = 3) -> dict[str, Any]:
    """All send at once; those that are refused come again when they are told to."""
    codes: Counter[int] = Counter()
    states: Counter[str] = Counter()
    memory = [server.memory_mb]

    async def one(number: int) -> None:
        limits = httpx.Limits(max_connections=1)
        async with httpx.AsyncClient(
            base_url=server.url, trust_env=False, verify=CONTEXT, timeout=600, limits=limits
        ) as client:
            job, own = await taken(client, small_page(number))
            codes.update(own)
            states[(await ended(client, job))["state"]] += 1

    began = time.perf_counter()
    for _ in range(rounds):
        await asyncio.gather(*(one(number) for number in range(clients)))
        memory.append(server.memory_mb)
    return {
        "clients": clients,
        "rounds": rounds,
        "seconds": round(time.perf_counter() - began, 1),
        "answers": {str(code): count for code, count in sorted(codes.items())},
        "jobs": dict(states),
        "memory_mb": memory,
    }


async def soak(server: Running, seconds: float, clients: int = 12) -> dict[str, Any]:
    """Clients that do what clients do, until the time is over; the memory every tenth of it."""
    stop = time.monotonic() + seconds
    done: Counter[str] = Counter()
    memory = [server.memory_mb]
    dice = random.Random(7)

    async def one() -> None:
        async with httpx.AsyncClient(base_url=server.url, trust_env=False, verify=CONTEXT, timeout=120) as client:
            while time.monotonic() < stop:
                what = dice.choice(("read", "read", "read", "cancel", "hang up", "nonsense"))
                data = small_page(dice.randrange(50)) if what != "nonsense" else b"%PDF-1.7 nonsense"
                if what == "hang up":
                    with suppress(TimeoutError, httpx.HTTPError):
                        await asyncio.wait_for(
                            client.post("/v1/jobs", files={"file": ("a", data)}), dice.uniform(0, 0.02)
                        )
                    done[what] += 1
                    continue
                job, _ = await taken(client, data)
                if what == "cancel":
                    await asyncio.sleep(dice.uniform(0, 0.5))
                    await client.delete(job)
                told = await ended(client, job) if what != "cancel" else {"state": "canceled"}
                if told["state"] == "done":
                    form = dice.choice(("md", "json", "html", "pdf"))
                    answer = await client.get(f"{job}/result", params={"format": form})
                    done[f"result {answer.status_code}"] += 1
                done[told["state"]] += 1
                if dice.random() < 0.5:
                    await client.delete(job)

    async def watch() -> None:
        while time.monotonic() < stop:
            await asyncio.sleep(seconds / 10)
            memory.append(server.memory_mb)

    await asyncio.gather(watch(), *(one() for _ in range(clients)))
    async with httpx.AsyncClient(base_url=server.url, trust_env=False, verify=False) as client:
        while '"state":"queued"' in (text := (await client.get("/v1/jobs")).text) or '"state":"reading"' in text:
            await asyncio.sleep(1)
    return {"minutes": seconds / 60, "clients": clients, "done": dict(done), "memory_mb": memory}


CONTEXT = httpx.create_ssl_context(verify=False, trust_env=False)
"""One for all clients: making it takes longer than a request."""


def small_page(number: int) -> bytes:
    """A page of few words."""
    page = scanned_page(number)[0].convert("L")
    held = io.BytesIO()
    page.crop((0, 0, page.width, page.height // 8)).resize(
        (page.width // 2, page.height // 16), Image.Resampling.LANCZOS
    ).save(held, "PNG")
    return held.getvalue()


if __name__ == "__main__":
    main()
