"""Where packages come from on this machine: pip's own configuration, or uv's where there is no pip."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from urllib.parse import urlsplit, urlunsplit

DEFAULT = "https://pypi.org/simple"
"""What pip asks where nothing is configured."""

_SECONDS = 30.0
_UV = ("UV_DEFAULT_INDEX", "UV_INDEX_URL")


@dataclass(frozen=True, slots=True)
class PipSettings:
    """What of pip's configuration says how an index is asked.

    Attributes:
        index: its address, with a password where one is configured; empty where pip must ask none.
        certificates: a file with certificates to believe; empty for the system's.
        proxy: empty for what the environment says.
    """

    index: str = DEFAULT
    certificates: str = ""
    proxy: str = ""


def pip_settings(environment: Mapping[str, str] = os.environ) -> PipSettings:
    """As pip itself would see them now. Starts pip, unless it was asked under the same environment before."""
    said = _said(tuple(sorted((key, value) for key, value in environment.items() if key.startswith("PIP_"))))
    if not said and (named := next((environment[key] for key in _UV if environment.get(key)), "")):
        return PipSettings(named)
    if said.get("no-index", "").lower() in ("1", "true", "yes", "on"):
        return PipSettings("")
    return PipSettings(said.get("index-url", DEFAULT), said.get("cert", ""), said.get("proxy", ""))


def shown(url: str) -> str:
    """An address without what must not be seen: name, password, query; of one that is none, that."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", f":{parts.port}" if parts.port else ""
    except ValueError:
        return "no address"
    return urlunsplit((parts.scheme, f"[{host}]{port}" if ":" in host else host + port, parts.path, "", ""))


@cache
def _said(_environment: tuple[tuple[str, str], ...]) -> dict[str, str]:
    """Option to value, as ``pip config list`` writes them; empty where there is no pip, or it fails."""
    if find_spec("pip") is None:
        return {}
    try:
        done = subprocess.run(
            [sys.executable, "-m", "pip", "--disable-pip-version-check", "config", "list"],
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            timeout=_SECONDS,
            check=False,
            stdin=subprocess.DEVNULL,
        )
    except (OSError, subprocess.TimeoutExpired):
        return {}
    found: dict[str, dict[str, str]] = {}
    for line in done.stdout.splitlines():
        key, equals, value = line.partition("=")
        section, _, option = key.rpartition(".")
        if equals and section in ("global", "install", ":env:"):
            try:
                found.setdefault(section, {})[option] = str(ast.literal_eval(value))
            except (ValueError, SyntaxError):
                continue
    return {**found.get("global", {}), **found.get("install", {}), **found.get(":env:", {})}
