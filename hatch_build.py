"""Puts the model files that src/ocroute/models/NOTICE names into the wheel. They are too large for the repository.

They come from an installed rapidocr, else from its wheel on the package index, which is fetched without its dependencies; each
must have the SHA-256 of the notice. An editable install uses an installed rapidocr where it stands.
"""

from __future__ import annotations

import hashlib
import re
import subprocess
import sys
import tempfile
import zipfile
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

SOURCE = "rapidocr==3.10.0"
FOLDER = "src/ocroute/models"


class Models(BuildHookInterface):  # type: ignore[type-arg]
    """Run by hatchling before a wheel is built."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002 - as hatchling calls it
        """See to it that every model file is there."""
        folder = Path(self.root, FOLDER, "weights")
        wanted = dict(
            re.findall(
                r"^\| `([\w.-]+\.onnx)` .*\| `([0-9a-f]{64})`", (folder.parent / "NOTICE.md").read_text("utf-8"), re.M
            )
        )
        if not (missing := {name: digest for name, digest in wanted.items() if _digest(folder / name) != digest}):
            return
        own = _installed()
        if version == "editable" and own and all(_digest(own / name) == digest for name, digest in missing.items()):
            return
        folder.mkdir(exist_ok=True)
        with tempfile.TemporaryDirectory() as fetched:
            found = own if own and all((own / name).is_file() for name in missing) else _fetched(Path(fetched))
            for name, digest in missing.items():
                if _digest(found / name) != digest:
                    raise RuntimeError(f"{name} of {SOURCE} is not the file that {FOLDER}/NOTICE.md names")
                (folder / name).write_bytes((found / name).read_bytes())


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else ""


def _installed() -> Path | None:
    """The models of a rapidocr that is here."""
    try:
        return Path(str(distribution("rapidocr").locate_file("rapidocr/models")))
    except PackageNotFoundError:
        return None


def _fetched(folder: Path) -> Path:
    """The models of the package index's."""
    options = ["--no-deps", "--only-binary=:all:", "--disable-pip-version-check", "-q", "-d", str(folder)]
    if subprocess.run([sys.executable, "-m", "pip", "download", SOURCE, *options], check=False).returncode:
        raise RuntimeError(
            f"{SOURCE}, which has the model files, cannot be fetched. Without a network install it first "
            f"(pip install --no-deps {SOURCE}), and build with --no-build-isolation"
        )
    (wheel,) = folder.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        for name in archive.namelist():
            if name.startswith("rapidocr/models/") and name.endswith(".onnx"):
                (folder / Path(name).name).write_bytes(archive.read(name))
    return folder
