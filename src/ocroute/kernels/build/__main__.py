"""Look into wheels: ``python -m ocroute.kernels.build --arch 12.0 WHEEL...``; a step of every build."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from ocroute.errors import OcrouteError
from ocroute.kernels.build.cubins import verify
from ocroute.kernels.build.recipes import parse_arch


def main() -> None:
    """Print what is inside; exit with 7 where the card would find nothing."""
    parser = argparse.ArgumentParser(description="List the GPU architectures inside wheels.")
    parser.add_argument("wheels", nargs="+", type=Path)
    parser.add_argument("--arch", required=True, help="compute capability that must be served, e.g. 12.0")
    arguments = parser.parse_args()
    try:
        capability = parse_arch(arguments.arch)
        for wheel in arguments.wheels:
            for library, codes in verify(wheel, capability).items():
                print(f"{library}: {', '.join(codes)}")
    except OcrouteError as error:
        print(error, file=sys.stderr)
        raise SystemExit(error.exit_code) from None


if __name__ == "__main__":
    main()
