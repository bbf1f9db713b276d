"""Running the tesseract program: one child process a call, pixels in by its standard input, text out by its standard output."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from ocroute.errors import DeadlineExceeded, EngineError, EngineUnavailable

INSTALL = "sudo apt install tesseract-ocr  (macOS: brew install tesseract; Windows: winget install tesseract-ocr)"
PROBE_SECONDS = 20
READ_SECONDS = 600  # a program that hangs is ended; the page's own deadline is the runner's business


@dataclass(frozen=True, slots=True)
class Program:
    """The program and what came with it."""

    path: str
    version: str
    languages: tuple[str, ...]
    detects_script: bool


@cache
def find() -> Program:
    """Ask the installed program for its version and languages.

    Raises:
        EngineUnavailable: it is not installed.
        EngineError: it is installed and does not run, or has no languages; the message keeps its own words.
    """
    path = shutil.which("tesseract")
    if path is None:
        raise EngineUnavailable("tesseract is not installed", next_step=INSTALL)
    version = run(path, ["--version"], threads=1, seconds=PROBE_SECONDS)
    listed = run(path, ["--list-langs"], threads=1, seconds=PROBE_SECONDS).splitlines()
    languages = tuple(line.strip() for line in listed[1:] if line.strip() and "/" not in line)
    if not set(languages) - {"osd", "equ"}:
        raise EngineError(f"{path} has no language data", next_step="sudo apt install tesseract-ocr-eng")
    number = re.search(r"tesseract v?(\S+)", version)
    return Program(path, number[1] if number else "", languages, "osd" in languages)


def run(path: str, arguments: list[str], *, threads: int, image: bytes = b"", seconds: float = READ_SECONDS) -> str:
    """The program's standard output.

    Raises:
        EngineError: it cannot be started or ends with an error; the message ends with its last words.
        DeadlineExceeded: it did not end within ``seconds``.
    """
    environment = os.environ | {"OMP_THREAD_LIMIT": str(threads)}
    try:
        done = subprocess.run(
            [path, *arguments], input=image, capture_output=True, env=environment, timeout=seconds, check=False
        )
    except subprocess.TimeoutExpired:
        raise DeadlineExceeded(f"tesseract did not end within {seconds:g} s") from None
    except OSError as error:
        raise EngineError(f"{path} cannot be started: {error}", next_step=INSTALL) from error
    if done.returncode != 0:
        words = done.stderr.decode(errors="replace").strip().splitlines()
        raise EngineError(f"tesseract ended with code {done.returncode}: {words[-1] if words else 'no message'}")
    return done.stdout.decode(errors="replace")


def pnm(gray: NDArray[np.uint8]) -> bytes:
    """An (H, W) uint8 image as a PGM file, the plainest thing that tesseract reads."""
    height, width = gray.shape
    return b"P5 %d %d 255\n" % (width, height) + gray.tobytes()
