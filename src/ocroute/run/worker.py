"""A worker process: ``python -m ocroute.run.worker FD``, started by `ocroute.run.child` and by nothing else.

Jobs come and answers go as msgpack over the socket FD. Standard output and error are the parent's log of this worker, so an
engine that prints never reaches the product. Standard input is the lifeline: the parent holds its other end and writes
nothing; when the parent is gone, however it went, this process and all it started go too.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import traceback
from multiprocessing.connection import Connection
from pathlib import Path
from typing import NoReturn

import msgspec

from ocroute.errors import EngineCrashed
from ocroute.run.jobs import Hello, Job, Message

_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Job).decode


def main(fd: int) -> None:
    """Do jobs until there are no more."""
    _die_with_parent()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent decides when a worker ends
    _prefer_me_when_memory_ends()
    connection: Connection = Connection(fd)

    def send(message: Message) -> None:
        connection.send_bytes(_encode(message))

    send(Hello())
    from ocroute.run.desk import Desk

    desk = Desk(send, lost=_end)
    while True:
        try:
            job = connection.recv_bytes()
        except EOFError:
            return
        send(desk.do(_decode(job)))


def _end(error: EngineCrashed) -> NoReturn:
    """Make room for a fresh process: in this one the engine's device is gone, and no later page would see it again."""
    print(error.message, file=sys.stderr, flush=True)
    os._exit(1)


def _die_with_parent() -> None:
    """Have the kernel send SIGIO to this process group when the lifeline closes.

    The signal's default action ends a process whatever it is doing, also deep in C code that never lets Python run. Where the
    system has no such signal, the end of the job socket ends the worker between two jobs.
    """
    with contextlib.suppress(ImportError, AttributeError, OSError):
        import fcntl

        lifeline = os.dup(0)
        fcntl.fcntl(lifeline, fcntl.F_SETOWN, -os.getpgrp())
        fcntl.fcntl(lifeline, fcntl.F_SETFL, fcntl.fcntl(lifeline, fcntl.F_GETFL) | os.O_ASYNC)
        if _closed(lifeline):  # the parent died before we asked to be told
            os._exit(1)
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)
    os.close(null)


def _closed(pipe: int) -> bool:
    import select

    return bool(select.select([pipe], [], [], 0)[0])


def _prefer_me_when_memory_ends() -> None:
    """Let the kernel's out-of-memory killer take a worker, which is replaced, before the parent, which is not."""
    with contextlib.suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("500")


if __name__ == "__main__":
    try:
        main(int(sys.argv[1]))
    except SystemExit as exit_:  # an engine called sys.exit(); no cleaning up by libraries that may hang over it
        os._exit(exit_.code if isinstance(exit_.code, int) else 1)
    except BaseException:
        traceback.print_exc()
        sys.stderr.flush()
        os._exit(1)
