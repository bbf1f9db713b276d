"""``ocroute`` and ``python -m ocroute``: run the command line; every error leaves as one line and an exit code."""

from __future__ import annotations

import errno
import gc
import io
import os
import sys

TYPE_CHECKING = False  # the module typing would take as long as all of Python's start
if TYPE_CHECKING:
    from typing import NoReturn

_CANNOT_TAKE = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EBADF}
"""How a full disk, and the like, refuses what is written to stdout; such an error names no file."""


def main() -> None:
    """Run the command line and exit."""
    _stand_in()
    gc.disable()  # while modules are imported nothing is garbage: a tenth of the start; a command turns it on again
    from ocroute.errors import ExitCode, OcrouteError, one_line

    try:
        from ocroute.cli import app

        app(prog_name="ocroute")
    except OcrouteError as error:
        print(f"ocroute: {one_line(str(error))}", file=sys.stderr)
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        print("ocroute: interrupted", file=sys.stderr)
        sys.exit(ExitCode.INTERRUPTED)
    except BrokenPipeError:
        _end_of_pipe()
    except SystemExit as end:
        if not isinstance(end.__context__, BrokenPipeError):
            raise
        _end_of_pipe()  # typer ends with 1, which is a fault of ours
    except OSError as error:
        if error.filename is not None or error.errno not in _CANNOT_TAKE:
            raise
        _let_go_of_stdout()
        cause = "it is closed" if error.errno == errno.EBADF else (error.strerror or str(error)).lower()
        print(f"ocroute: cannot write to standard output: {cause}. With -o the results go into files", file=sys.stderr)
        sys.exit(ExitCode.BAD_OUTPUT)


def _stand_in() -> None:
    """Where whoever started us has closed a standard stream, keep its number from the next file that is opened. What is written
    to such a stdout fails, as to a full disk; what is said on such a stderr is lost.
    """
    for number, stream in enumerate((sys.stdin, sys.stdout, sys.stderr)):
        if stream is None:
            nothing = os.open(os.devnull, os.O_RDONLY if number < 2 else os.O_WRONLY)
            os.dup2(nothing, number)
            if nothing != number:
                os.close(nothing)
    if sys.stdout is None:
        sys.stdout = open(1, "w", encoding="utf-8", closefd=False)  # noqa: SIM115
    if sys.stderr is None:
        sys.stderr = open(2, "w", encoding="utf-8", closefd=False)  # noqa: SIM115
    if isinstance(sys.stdout, io.TextIOWrapper) and sys.stdout.errors == "strict":
        # As stderr: code pages of Windows lack the names of most languages.
        sys.stdout.reconfigure(errors="backslashreplace")


def _end_of_pipe() -> NoReturn:
    """End where the reader of our output has gone, as after ``ocroute read x.pdf | head``."""
    from ocroute.errors import ExitCode

    _let_go_of_stdout()
    sys.exit(ExitCode.PIPE_CLOSED)


def _let_go_of_stdout() -> None:
    """What is left in its buffer must not fail a second time when Python ends."""
    with open(os.devnull, "wb") as nothing:  # noqa: PTH123 - pathlib would be imported for this alone
        os.dup2(nothing.fileno(), 1)


if __name__ == "__main__":
    main()
