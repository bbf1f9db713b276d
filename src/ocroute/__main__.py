"""``ocroute`` and ``python -m ocroute``: run the command line; every error leaves as one line and an exit code."""

from __future__ import annotations

import errno
import gc
import os
import sys

_CANNOT_TAKE = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EBADF}
"""How a full disk, and the like, refuses what is written to stdout; such an error names no file."""


def main() -> None:
    """Run the command line and exit."""
    gc.disable()  # while modules are imported nothing is garbage: a tenth of the start; a command turns it on again
    from ocroute.errors import ExitCode, OcrouteError

    try:
        from ocroute.cli import app

        app(prog_name="ocroute")
    except OcrouteError as error:
        print(f"ocroute: {error}", file=sys.stderr)
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        print("ocroute: interrupted", file=sys.stderr)
        sys.exit(ExitCode.INTERRUPTED)
    except BrokenPipeError:  # the reader of our output has gone, e.g. `ocroute read x.pdf | head`
        sys.stderr.close()
        sys.exit(ExitCode.OK)
    except OSError as error:
        if error.filename is not None or error.errno not in _CANNOT_TAKE:
            raise
        _let_go_of_stdout()
        cause = (error.strerror or str(error)).lower()
        print(f"ocroute: cannot write to standard output: {cause}. With -o the results go into files", file=sys.stderr)
        sys.exit(ExitCode.BAD_OUTPUT)


def _let_go_of_stdout() -> None:
    """What is left in its buffer must not fail a second time when Python ends."""
    with open(os.devnull, "wb") as nothing:  # noqa: PTH123 - pathlib would be imported for this alone
        os.dup2(nothing.fileno(), 1)


if __name__ == "__main__":
    main()
