"""From code to PDF, by the programs that people use."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from pathlib import Path

from bench.pages.typeset.script import Source

_PROGRAMS = {"latex": ("pdflatex",), "browser": ("chromium", "google-chrome", "chrome")}


def program(setter: str) -> str | None:
    """The installed program of a setter, or None."""
    return next((path for name in _PROGRAMS[setter] if (path := shutil.which(name))), None)


def typeset(source: Source, target: Path) -> None:
    """Set ``source`` as the PDF ``target``.

    Raises:
        RuntimeError: the program is missing or failed; the message has its last lines.
    """
    command = program(source.setter)
    if command is None:
        raise RuntimeError(f"{source.name}: none of {', '.join(_PROGRAMS[source.setter])} is installed")
    with tempfile.TemporaryDirectory() as folder:
        if source.setter == "latex":
            made = _latex(command, source.code, Path(folder))
        else:
            made = _browser(command, source.code, Path(folder))
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(made, target)


def _latex(command: str, code: str, folder: Path) -> Path:
    (folder / "page.tex").write_text(code)
    for _ in range(2):  # twice for references
        _run([command, "-interaction=nonstopmode", "-halt-on-error", "page.tex"], folder)
    return folder / "page.pdf"


def _browser(command: str, code: str, folder: Path) -> Path:
    (folder / "page.html").write_text(code)
    made = folder / "page.pdf"
    flags = [
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--no-pdf-header-footer",
        f"--user-data-dir={folder}/profile",
    ]
    _run([command, *flags, f"--print-to-pdf={made}", (folder / "page.html").as_uri()], folder)
    return made


def _run(command: list[str], folder: Path) -> None:
    done = subprocess.run(
        command, check=False, cwd=folder, capture_output=True, text=True, timeout=120, errors="replace"
    )
    if done.returncode:
        raise RuntimeError(f"{command[0]}: " + "\n".join((done.stdout + done.stderr).splitlines()[-12:]))
