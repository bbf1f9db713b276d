"""The errors that ocroute raises on purpose.

    OcrouteError                      exit code
    ├── InputError                        5     an input cannot be opened or is not a page
    │   ├── InputNotFound
    │   ├── UnsupportedInput
    │   ├── CorruptInput
    │   ├── PasswordNeeded
    │   └── PageTooLarge
    ├── OutputError                       6     a result cannot be written
    ├── EngineError                       4     an engine failed on a page
    │   ├── Declined                            not this engine's page; the next route goes on
    │   ├── EngineCrashed
    │   └── DeadlineExceeded
    ├── EngineUnavailable                 7     an engine was asked for that cannot run here
    ├── PluginError                       7     an entry point is broken or clashes
    ├── PackageMissing                    7     an optional package that a call needs is not installed
    ├── UsageError                        2     options that contradict each other
    └── Interrupted                     130     the user, or the system, told us to stop

Every message names the cause; ``next_step`` says what to do, as a command where there is one.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from enum import IntEnum

_CONTROLS = {code: ascii(chr(code))[1:-1] for code in (*range(32), *range(127, 160), 0x2028, 0x2029)}


def one_line(text: str) -> str:
    """``text`` with what a terminal would obey written out, line breaks as ``\\n``: file names and other people's errors may
    hold any of it.
    """
    return text.translate(_CONTROLS)


class ExitCode(IntEnum):
    """What the process says to its caller. The highest code that applies wins; see docs/exit-codes.md."""

    OK = 0
    INTERNAL = 1
    USAGE = 2
    DOUBTFUL = 3
    FAILED_PAGE = 4
    BAD_INPUT = 5
    BAD_OUTPUT = 6
    UNAVAILABLE = 7
    INTERRUPTED = 130
    PIPE_CLOSED = 141


@dataclass(frozen=True, slots=True)
class NextStep:
    """What the reader can do about it: a ``command`` to type as it is, or ``advice`` in a sentence; empty where there is none."""

    advice: str = ""
    command: str = ""

    def __bool__(self) -> bool:
        return bool(self.advice or self.command)

    def __str__(self) -> str:
        """As it stands after an error's message."""
        return f"Run: {typed(self.command)}" if self.command else self.advice

    @property
    def remark(self) -> str:
        """As it stands beside what is missing."""
        return f"to install: {typed(self.command)}" if self.command else f"{self.advice[:1].lower()}{self.advice[1:]}"


def typed(command: str, *, windows: bool = os.name == "nt") -> str:
    """A command as it is typed: Windows' command prompt takes double quotes only."""
    return command.replace("'", '"') if windows else command


NOTHING = NextStep()
DOCTOR = NextStep(command="ocroute doctor")


class OcrouteError(Exception):
    """The base of every error raised on purpose.

    Args:
        message: the cause, naming the file, page, engine or option at fault. It becomes one line, see `one_line`.
        next_step: what the reader can do about it; a string is advice.
    """

    exit_code: ExitCode = ExitCode.INTERNAL

    def __init__(self, message: str, *, next_step: NextStep | str = "") -> None:
        super().__init__(message)
        self.message = one_line(message)
        self.next_step = NextStep(next_step) if isinstance(next_step, str) else next_step

    def __str__(self) -> str:
        return f"{self.message}. {self.next_step}" if self.next_step else self.message


class InputError(OcrouteError):
    """An input cannot be opened, or is not a page."""

    exit_code = ExitCode.BAD_INPUT


class InputNotFound(InputError):
    """The path names nothing."""


class UnsupportedInput(InputError):
    """The file is not an image or PDF that we can open."""


class CorruptInput(InputError):
    """It is empty, ends or fails half-way, or starts like an image or PDF but cannot be decoded."""


class PasswordNeeded(InputError):
    """The PDF is encrypted and no, or a wrong, password was given."""


class PageTooLarge(InputError):
    """The page has more pixels than may be decoded."""


class OutputError(OcrouteError):
    """A result cannot be written."""

    exit_code = ExitCode.BAD_OUTPUT


class EngineError(OcrouteError):
    """An engine failed on a page."""

    exit_code = ExitCode.FAILED_PAGE


class Declined(EngineError):
    """The page is not for this engine, e.g. it has no text layer. Not a failure: the next route goes on."""


class EngineCrashed(EngineError):
    """The process in which the engine ran ended."""


class DeadlineExceeded(EngineError):
    """The page took longer than it was given."""


class EngineUnavailable(OcrouteError):
    """An engine was asked for that cannot run here."""

    exit_code = ExitCode.UNAVAILABLE


class PluginError(OcrouteError):
    """An entry point cannot be loaded, has the wrong shape, or has a name that is taken."""

    exit_code = ExitCode.UNAVAILABLE


class PackageMissing(OcrouteError, ImportError):
    """An optional package that this call needs is not installed."""

    exit_code = ExitCode.UNAVAILABLE


class UsageError(OcrouteError):
    """Options that contradict each other or name something that does not exist."""

    exit_code = ExitCode.USAGE


class Interrupted(OcrouteError):
    """Ctrl-C, or a signal that asks to end."""

    exit_code = ExitCode.INTERRUPTED
