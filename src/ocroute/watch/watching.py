"""Ask every source about this machine, and say what is new and what it would change here."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from ocroute.errors import one_line
from ocroute.kernels import facts
from ocroute.kernels.this_machine import platform_here
from ocroute.machine import inspect
from ocroute.route.machine_survey import statuses
from ocroute.watch.base import LONGEST, SOURCES, Found, Here, Nonsense, Source, Subject
from ocroute.watch.news import News, Silence, Watched
from ocroute.watch.pip_settings import pip_settings, shown
from ocroute.watch.polite_client import AT_ONCE, NotThere, PoliteClient, Unanswered, polite_client
from ocroute.watch.remembered import Memory, Remembered
from ocroute.watch.weighing import weighed

FRESH = timedelta(hours=6)
"""How long an answer is not asked for again."""


@dataclass(frozen=True, slots=True)
class _Question:
    source: Source
    subject: Subject

    @property
    def key(self) -> str:
        """Under which its answer is remembered."""
        return f"{self.subject.kind} {shown(self.subject.url)}"


def watch(
    *, now: bool = False, offline: bool = False, ignore: Collection[str] = (), here: Here | None = None
) -> Watched:
    """What is new that matters on a machine. Asks the network, unless ``offline``.

    Args:
        now: ask again what was asked in the last 6 hours.
        offline: ask nothing; tell what is remembered.
        ignore: names that are neither asked for nor told.
        here: this machine when left out.
    """
    here = here or here_now()
    memory = Memory()
    questions, silent = _questions(here, ignore)
    time = datetime.now(UTC).replace(microsecond=0)
    news: list[News] = []
    for question, said in _asked(questions, memory, time, now=now, offline=offline):
        known = memory.answers.get(question.key)
        row = weighed(here, question.subject, known) if known else None
        if said is not None:
            silent.append(Silence(question.subject.name, shown(question.subject.url), one_line(str(said)), row))
        elif row is not None:
            news.append(row)
    if not offline:
        memory.save()
    return Watched(1, time, _in_words(here), facts.newest(facts.tables()), tuple(news), tuple(silent))


def here_now() -> Here:
    """This machine. Imports torch where there is a GPU."""
    machine = inspect()
    return Here(machine, statuses(), platform_here(machine) if machine.gpus else None, machine.python)


def _questions(here: Here, ignore: Collection[str]) -> tuple[list[_Question], list[Silence]]:
    """What every source wants to know; a source that fails is silent, and the others are not."""
    questions, silent = [], []
    for name in SOURCES:
        try:
            source: Source = SOURCES.load(name)()
            subjects = [one for one in source.subjects(here) if one.name not in ignore]
            questions += [_Question(source, one) for one in subjects]
        except Exception as error:  # a plug-in's fault must not take the others down
            silent.append(Silence(name, "", one_line(f"the source failed: {type(error).__name__}: {error}")))
    return questions, silent


def _asked(
    questions: list[_Question], memory: Memory, time: datetime, *, now: bool, offline: bool
) -> Iterator[tuple[_Question, Exception | None]]:
    """Each question, with what kept it from being answered. Answers go into the memory."""
    if offline:
        for one in questions:
            yield (
                one,
                None if one.key in memory.answers else Unanswered("it was never asked, and --offline asks nothing"),
            )
        return
    due = [one for one in questions if now or not _fresh(memory.answers.get(one.key), time)]
    try:
        opened = polite_client(pip_settings()) if due else nullcontext()
        with opened as client, ThreadPoolExecutor(AT_ONCE) as pool:
            told = dict(
                zip((one.key for one in due), pool.map(lambda one: _ask(one, client, memory, time), due), strict=True)
            )
    except Unanswered as error:
        told = dict.fromkeys((one.key for one in due), error)
    for one in questions:
        said = told.get(one.key)
        if isinstance(said, Remembered):
            memory.answers[one.key] = said
            said = None
        yield one, said


def _ask(question: _Question, client: PoliteClient | None, memory: Memory, time: datetime) -> Remembered | Exception:
    subject, known = question.subject, memory.answers.get(question.key)
    assert client is not None, "one is made where something is due"
    try:
        told = client.ask(subject.url, subject.accept, known.validators if known else None)
        if told.answer is None and known:
            found = known.found
        elif told.answer is not None:
            found = question.source.read(subject, told.answer)
    except NotThere:
        return Remembered(time, Found())
    except (Unanswered, Nonsense) as error:
        return error
    except Exception as error:  # whatever an answer from outside, or a plug-in, brings about
        return Unanswered(f"what it answers cannot be read: {type(error).__name__}: {str(error)[:LONGEST]}")
    first = known if known and known.have == subject.have and known.files else None
    return Remembered(time, found, told.validators, first.files if first else found.files, subject.have)


def _fresh(known: Remembered | None, time: datetime) -> bool:
    return known is not None and timedelta(0) <= time - known.asked < FRESH


def _in_words(here: Here) -> str:
    gpu = here.machine.first_gpu
    return gpu.in_words if gpu else f"{here.machine.processor}, no GPU"
