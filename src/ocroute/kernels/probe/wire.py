"""What goes between the parent and the probing child: length-prefixed msgpack over two pipes."""

from __future__ import annotations

from typing import BinaryIO

import msgspec

from ocroute.kernels.base import KernelInfo, Presence, Problem
from ocroute.kernels.probe.values import Measure, Outcome


class Setup(msgspec.Struct, frozen=True, tag=True):
    """Load ``kernel``; use ``device``, and there no more than ``fraction`` of the free memory. Answered by `Ready`.

    The device is touched at the first `Ask` only: until then another child has it for itself.

    Attributes:
        case: seconds that a case may take. The parent keeps this limit; the child ends itself somewhat later, so that none
            outlives its parent.
        compiling: the same for one call in which the kernel may compile.
    """

    kernel: str
    device: str
    fraction: float
    case: float
    compiling: float


class Ask(msgspec.Struct, frozen=True, tag=True):
    """Examine ``problem``. Answered by any number of `Begins`, `Compiles`, `Compiled` and `Saw`, and by `Done`."""

    problem: Problem
    seed: int


class Ready(msgspec.Struct, frozen=True, tag=True):
    """The kernel is loaded, or ``presence`` says why it is not."""

    presence: Presence
    info: KernelInfo


class Begins(msgspec.Struct, frozen=True, tag=True):
    """The case that is run from now on."""

    case: str


class Compiles(msgspec.Struct, frozen=True, tag=True):
    """A call begins in which the kernel may compile for ``what``; its time is not the case's."""

    what: str


class Compiled(msgspec.Struct, frozen=True, tag=True):
    """That call has returned. The case has all its time again."""

    seconds: float


class Saw(msgspec.Struct, frozen=True, tag=True):
    """A case has ended."""

    outcome: Outcome


class Done(msgspec.Struct, frozen=True, tag=True):
    """All cases have ended. ``measure`` is None where the kernel did not get through its own lengths."""

    measure: Measure | None


class Failed(msgspec.Struct, frozen=True, tag=True):
    """The child cannot begin: torch, the kernel's module or the device."""

    reason: str


ToChild = Setup | Ask
ToParent = Ready | Begins | Compiles | Compiled | Saw | Done | Failed

_encode = msgspec.msgpack.Encoder().encode
decode_to_child: msgspec.msgpack.Decoder[ToChild] = msgspec.msgpack.Decoder(ToChild)
decode_to_parent: msgspec.msgpack.Decoder[ToParent] = msgspec.msgpack.Decoder(ToParent)


def send(stream: BinaryIO, message: ToChild | ToParent) -> None:
    """Write one message.

    Raises:
        OSError: the other end is gone.
    """
    body = _encode(message)
    stream.write(len(body).to_bytes(4, "big") + body)
    stream.flush()


def receive(stream: BinaryIO) -> bytes | None:
    """The body of the next message; None where the stream ends."""
    head = stream.read(4)
    if len(head) < 4:
        return None
    size = int.from_bytes(head, "big")
    body = stream.read(size)
    return body if len(body) == size else None
