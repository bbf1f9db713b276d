"""A worker process: ``python -m ocroute.run.worker``, started by `ocroute.run.worker_pool` and by nothing else."""

from __future__ import annotations

import logging
from typing import NoReturn

import msgspec

from ocroute.errors import EngineCrashed
from ocroute.process import Parent, end_child, run_as_child
from ocroute.run.jobs import Count, Hello, Job, LetGo, Order, Read
from ocroute.run.worker_logs import send_to

_log = logging.getLogger("ocroute.run.worker")  # this module's own name is __main__


def main() -> None:
    """Do jobs until the parent is gone."""
    parent: Parent[Order] = Parent(msgspec.msgpack.Decoder(Order))
    send_to(parent.send)
    parent.send(Hello())
    from ocroute.run.job_runner import JobRunner

    runner = JobRunner(parent.send, lost=_end, elsewhere=True)
    while True:
        order = parent.receive()
        if isinstance(order, LetGo):
            runner.let_go()
        else:
            _log.debug("%s", _told(order))
            parent.send(runner.do(order))


def _told(job: Job) -> str:
    """What it is, without passwords."""
    match job:
        case Read():
            return f"reads page {job.number} of {job.input.label}"
        case Count():
            return f"counts the pages of {job.input.label}"
        case _:
            return "looks at the engines"


def _end(error: EngineCrashed) -> NoReturn:
    """Make room for a fresh process: in this one the engine's device is gone, and no later page would see it again."""
    end_child(error.message)


if __name__ == "__main__":
    run_as_child(main)
