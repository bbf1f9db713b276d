"""``ocroute`` and ``python -m ocroute``: run the command line; every error leaves as one line and an exit code."""

from __future__ import annotations

import gc
import sys


def main() -> None:
    """Run the command line and exit."""
    gc.disable()  # while modules are imported nothing is garbage: a tenth of the start; a command turns it on again
    from ocroute.errors import ExitCode, OcrouteError

    try:
        from ocroute.cli import app

        app()
    except OcrouteError as error:
        print(f"ocroute: {error}", file=sys.stderr)
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        print("ocroute: interrupted; with -o, the same command goes on where this one stopped", file=sys.stderr)
        sys.exit(ExitCode.INTERRUPTED)
    except BrokenPipeError:  # the reader of our output has gone, e.g. `ocroute read x.pdf | head`
        sys.stderr.close()
        sys.exit(ExitCode.OK)


if __name__ == "__main__":
    main()
