"""Engines that misbehave, one way each, behind the door that every plugin uses.

OCROUTE_FAULTY names the engines that report themselves usable, in the order in which they are tried, each with the page on which
it misbehaves: ``hang:2,segfault:5,null``. Without a number it does so on every page; with one it declines the other pages.
OCROUTE_FAULTY_LOG names a file to which a line is added whenever an engine starts on a page.
"""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

from ocroute.values import Box, Line
from ocroute.engines.base import Availability, EngineInfo, Reading
from ocroute.engines.page_by_page import answer
from ocroute.errors import Declined, EngineCrashed, EngineUnavailable
from ocroute.testing import Null, Scripted

CHOSEN = {
    name: int(page) if page else None
    for name, _, page in (entry.partition(":") for entry in os.environ.get("OCROUTE_FAULTY", "").split(",") if entry)
}


def _log(name, page):
    if "OCROUTE_FAULTY_LOG" in os.environ:
        with open(os.environ["OCROUTE_FAULTY_LOG"], "a") as log:
            log.write(f"{name} {page.number} {os.getpid()}\n")


class _Chosen:
    def __init_subclass__(cls, **kwargs):
        super().__init_subclass__(**kwargs)
        rank = -100 + list(CHOSEN).index(cls.name) if cls.name in CHOSEN else 800
        cls.info = EngineInfo("ocr", rank=rank)

    @classmethod
    def probe(cls):
        if cls.name not in CHOSEN:
            return Availability("absent", reason="not asked for by this test")
        return super().probe()


class Blank(_Chosen, Null):
    name = "null"

    def read_page(self, page, task):
        _log(self.name, page)
        return super().read_page(page, task)


class Told(_Chosen, Scripted):
    name = "scripted"

    def read_page(self, page, task):
        _log(self.name, page)
        return super().read_page(page, task)


class Faulty(_Chosen, Null):
    name = ""

    def read_page(self, page, task):
        if CHOSEN[self.name] not in (None, page.number):
            raise Declined("a page on which this engine behaves")
        _log(self.name, page)
        return self.misbehave(page) or Reading()


class Segfault(Faulty):
    name = "segfault"

    def misbehave(self, page):
        ctypes.string_at(0)


class Abort(Faulty):
    name = "abort"

    def misbehave(self, page):
        os.abort()


class Exits(Faulty):
    name = "exit1"

    def misbehave(self, page):
        print("license server not found", file=sys.stderr, flush=True)
        os._exit(1)


class SystemExits(Faulty):
    name = "sysexit"

    def misbehave(self, page):
        sys.exit(3)


class Killed(Faulty):
    """What the kernel does when memory has run out."""

    name = "killed"

    def misbehave(self, page):
        os.kill(os.getpid(), signal.SIGKILL)


class Hangs(Faulty):
    name = "hang"

    def misbehave(self, page):
        while True:
            time.sleep(60)


class HangsInC(Faulty):
    """Holds the interpreter lock, ignores signals, and has a child that would outlive it."""

    name = "hang_in_c"

    def misbehave(self, page):
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        child = subprocess.Popen(["sleep", "600"])
        if "OCROUTE_FAULTY_LOG" in os.environ:
            with open(os.environ["OCROUTE_FAULTY_LOG"], "a") as log:
                log.write(f"child 0 {child.pid}\n")
        ctypes.PyDLL(None).sleep(600)


class LeavesChild(Faulty):
    """Dies, while a process that it forked lives on with all its open files."""

    name = "leaves_child"

    def misbehave(self, page):
        if os.fork() == 0:
            time.sleep(600)
        os._exit(1)


class Prints(Faulty):
    name = "prints"

    def misbehave(self, page):
        print("from Python")
        os.write(1, b"from C\n")
        subprocess.run(["echo", "from a child"], check=True)
        return Reading()


class Raises(Faulty):
    name = "raises"

    def misbehave(self, page):
        raise ZeroDivisionError("an accident")


class MemoryHog(Faulty):
    """Asks for more than there is. The limit makes that happen here and now, and only to this process."""

    name = "memory_hog"

    def misbehave(self, page):
        try:
            import resource
        except ImportError:  # no way to set a limit there
            raise MemoryError from None
        limit = resource.getrlimit(resource.RLIMIT_AS)
        resource.setrlimit(resource.RLIMIT_AS, (1 << 30, limit[1]))
        try:
            hoard = [bytes(1 << 26) for _ in range(1000)]
        finally:
            resource.setrlimit(resource.RLIMIT_AS, limit)
        return hoard


class WrongType(Faulty):
    name = "wrong_type"

    def misbehave(self, page):
        return "text"


class NotANumber(Faulty):
    name = "nan"

    def misbehave(self, page):
        nan = float("nan")
        return Reading((Line("text", (nan, nan, nan, nan)),))


class TooMany(Faulty):
    name = "too_many"

    def misbehave(self, page):
        return Reading()

    def read(self, requests):
        for answered in super().read(requests):
            yield from [answered] if isinstance(answered[1], Declined) else [answered] * 3


class TooFew(Faulty):
    name = "too_few"

    def misbehave(self, page):
        return Reading()

    def read(self, requests):
        for answered in super().read(requests):
            yield from [answered] if isinstance(answered[1], Declined) else []


class Together(Null):
    """Holds up to three pages, and answers the last one first. A page on which it is to misbehave fails, and no other.

    OCROUTE_FAULTY_MEET says how many pages must meet in it, on how many cards, before the first is answered: so they do on slow
    machines and on fast ones.
    """

    name = "together"
    most = 0

    def __init_subclass__(cls):
        cls.info = EngineInfo("ocr", rank=-100 + list(CHOSEN).index(cls.name) if cls.name in CHOSEN else 800, at_once=3)

    @classmethod
    def probe(cls):
        return super().probe() if cls.name in CHOSEN else Availability("absent", reason="not asked for by this test")

    def read(self, requests):
        requests, held, more = iter(requests), [], True
        self.held = held
        while more or held:
            while more and len(held) < self.info.at_once:
                try:
                    request = next(requests)
                except StopIteration:
                    more = False
                    break
                if request is None:
                    break
                held.append(request)
            self.most = max(self.most, len(held))
            if more and not self.met():
                time.sleep(0.01)
            elif held:
                request = held.pop()
                yield request, answer(request, self.read_page, self.info)

    def met(self):
        pages, cards = map(int, os.environ.get("OCROUTE_FAULTY_MEET", "1,1").split(","))
        if cards > 1:
            log = Path(os.environ["OCROUTE_FAULTY_LOG"])
            log.with_suffix("." + os.environ["CUDA_VISIBLE_DEVICES"]).touch()
            return self.most >= pages and len([*log.parent.glob(f"{log.name}.GPU*")]) >= cards
        return self.most >= pages

    def read_page(self, page, task):
        _log(self.name, page)
        if CHOSEN.get(self.name, 0) == page.number:
            self.misbehave(page)
        card = os.environ.get("CUDA_VISIBLE_DEVICES", "")
        return Reading(settings={"page": page.number, "width": page.raster().shape[1], "card": card})

    def misbehave(self, page):
        raise ZeroDivisionError("an accident")


Together.__init_subclass__.__func__(Together)


class TogetherNext(Together):
    """Another one of this kind."""

    name = "together_next"


class TogetherDies(Together):
    """Takes all pages that it holds down with it."""

    name = "together_dies"

    def misbehave(self, page):
        os._exit(1)


class TogetherHangs(Together):
    name = "together_hangs"

    def misbehave(self, page):
        time.sleep(600)


class TogetherDiesOnce(Together):
    """As if somebody had killed it, once, while it held several pages."""

    name = "together_dies_once"

    died = Path(os.environ.get("OCROUTE_FAULTY_LOG", "") + ".died")

    def met(self):
        return self.died.exists() or super().met()

    def read_page(self, page, task):
        if self.held and not self.died.exists():
            self.died.touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return super().read_page(page, task)


class TogetherDiesLoading(Together):
    name = "together_dies_loading"

    def __init__(self, task):
        _log(self.name, SimpleNamespace(number=0))
        os._exit(9)


class TogetherCannotLoad(Together):
    name = "together_cannot_load"

    def __init__(self, task):
        raise EngineUnavailable("its weights are torn")


class TogetherPrepares(Together):
    """Imports much before it is loaded, and cannot."""

    name = "together_prepares"

    @classmethod
    def prepare_process(cls):
        _log("prepared", SimpleNamespace(number=0))
        raise ImportError("as loading will say again")


class TogetherSlow(Together):
    name = "together_slow"

    def read_page(self, page, task):
        time.sleep(0.3)
        return super().read_page(page, task)


class Slow(Faulty):
    name = "slow"

    def misbehave(self, page):
        time.sleep(0.4)
        return Reading()


class SlowToLoad(Faulty):
    name = "slow_to_load"

    def __init__(self, task):
        time.sleep(3.5)

    def misbehave(self, page):
        return Reading()


class DiesLoading(Faulty):
    name = "dies_loading"

    def __init__(self, task):
        _log(self.name, SimpleNamespace(number=0))
        print("the weights bite", file=sys.stderr, flush=True)
        os._exit(9)


class LosesDevice(Faulty):
    """Finds its GPU gone, and with it every page to come in this process."""

    name = "loses_device"
    lost = False

    def misbehave(self, page):
        if page.number == 1:
            type(self).lost = True
        if self.lost:
            raise EngineCrashed("the GPU's context is gone", next_step="Start a new process")
        return Reading()


class CannotLoad(Faulty):
    """Passes its probe, and then finds its weights torn."""

    name = "cannot_load"

    def __init__(self, task):
        _log(self.name, SimpleNamespace(number=0))
        raise EngineUnavailable("its weights are torn", next_step="Fetch them again")


class FillsTheCard(Faulty):
    """Needs all the memory that there is: of several processes the first alone can load it."""

    name = "fills_the_card"

    def __init__(self, task):
        try:
            os.close(os.open(os.environ["OCROUTE_FAULTY_LOG"] + ".card", os.O_CREAT | os.O_EXCL))
        except FileExistsError:
            raise EngineUnavailable("the card is full", next_step="Run: ocroute engines") from None

    def misbehave(self, page):
        time.sleep(0.2)
        return Reading()


class LoadsOnce(Faulty):
    """Ends its process on page 2, and cannot be loaded again in the next."""

    name = "loads_once"

    def __init__(self, task):
        log = Path(os.environ["OCROUTE_FAULTY_LOG"])
        if log.exists() and self.name in log.read_text():
            raise EngineUnavailable("the server is down")

    def misbehave(self, page):
        if page.number == 2:
            os._exit(1)
        return Reading()


class WritesUntilTimeIsUp(Faulty):
    """Writes as long as it may, and gives what it has."""

    name = "writes_on"

    def __init__(self, task):
        self.seconds = task.limits.seconds

    def misbehave(self, page):
        time.sleep(self.seconds or 60)
        box = Box(40, 60, 160, 180)
        return Reading((Line("half of", box),), finish="late", device="cuda", settings={"seconds": self.seconds})


class ProbeRaises(Faulty):
    name = "probe_raises"

    @classmethod
    def probe(cls):
        raise RuntimeError("cannot even look")


class ProbeDies(Faulty):
    """Takes every process down that only looks which engines there are."""

    name = "probe_dies"

    @classmethod
    def probe(cls):
        if cls.name in CHOSEN:
            print("driver mismatch", file=sys.stderr, flush=True)
            os._exit(9)
        return super().probe()


class Hoards(Faulty):
    """Takes more memory than a server gives, and does not end by itself."""

    name = "hoards"

    def misbehave(self, page):
        hoard = bytearray(os.urandom(1 << 20) * 1000)
        time.sleep(30)
        return hoard
