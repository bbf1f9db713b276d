"""Line recognisers that RapidOCR publishes for further scripts, and how one of them comes here when the user asks for it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ocroute.errors import EngineUnavailable, NextStep, UsageError
from ocroute.files import cannot_write, sha256_of
from ocroute.kernels.ledger import home

if TYPE_CHECKING:
    import httpx

SOURCE = "https://www.modelscope.cn/models/RapidAI/RapidOCR/resolve/v3.10.0/onnx/PP-OCRv5/rec/"
MIRROR = "OCROUTE_MODEL_MIRROR"
"""The environment variable with another address of the same files."""

LICENCE = "Apache-2.0"
PATIENCE = 30.0  # seconds without a byte until the line counts as broken


@dataclass(frozen=True, slots=True)
class Published:
    """One of RapidOCR's models.

    Attributes:
        name: what the user calls it.
        script: ISO 15924 code of what it is for.
        scripts: what it writes, in words; its dictionary tells once it is here.
        file: its name at the source.
        sha256: of the file, in hexadecimal, from ``default_models.yaml`` in the wheel of rapidocr 3.10.0.
    """

    name: str
    script: str
    scripts: str
    file: str
    sha256: str


_TABLE = """
arabic|Arab|Arabic, Persian, Urdu, Uyghur|c1192e632d0baa9146ae5b756a0e635e3dc63c1733737ebfd1629e87144e9295
cyrillic|Cyrl|Cyrillic of many languages|90f761b4bfcce0c8c561c0cb5c887b0971d3ec01c32164bdf7374a35b0982711
devanagari|Deva|Hindi, Marathi, Nepali, Sanskrit|d6f0a906580e3fa6b324a318718f1f31f268b6ea8ef985f91c2012a37f52c91e
el|Grek|Greek|b4368bccd557123c702b7549fee6cd1e94b581337d1c9b65310f109131542b7f
en|Latn|English|c3461add59bb4323ecba96a492ab75e06dda42467c9e3d0c18db5d1d21924be8
eslav|Cyrl|Russian, Ukrainian, Belarusian|08705d6721849b1347d26187f15a5e362c431963a2a62bfff4feac578c489aab
korean|Kore|Korean|cd6e2ea50f6943ca7271eb8c56a877a5a90720b7047fe9c41a2e541a25773c9b
latin|Latn|Latin of many languages|b20bd37c168a570f583afbc8cd7925603890efbcdc000a59e22c269d160b5f5a
ta|Taml|Tamil|a42448808b7dea87597336f12438935f40353f1949e8360acd9e06b4da21bfe1
te|Telu|Telugu|a3690451b50028a09a3316a1274f7c05728151ea3f8fd392696397a7fefcbd92
th|Thai|Thai|de541dd83161c241ff426f7ecfd602a0ba77d686cf3ab9a6c255ea82fd08006e
"""


def _parsed(line: str) -> Published:
    name, script, scripts, sha256 = line.split("|")
    return Published(name, script, scripts, f"{name}_PP-OCRv5_rec_mobile.onnx", sha256)


PUBLISHED = {model.name: model for model in map(_parsed, _TABLE.split("\n")[1:-1])}
"""Every model that can be fetched, by its name."""


def command_for(scripts: Iterable[str]) -> str:
    """How the user gets a model for one of ``scripts``; empty where none is published."""
    wanted = set(scripts)
    return next((f"ocroute models get {model.name}" for model in PUBLISHED.values() if model.script in wanted), "")


def folder() -> Path:
    """Where fetched models lie."""
    return home() / "line-models"


def address(model: Published) -> str:
    """Where it is fetched from."""
    base = os.environ.get(MIRROR) or SOURCE
    return f"{base.rstrip('/')}/{model.file}"


def named(name: str) -> Published:
    """The model of that name.

    Raises:
        UsageError: there is none.
    """
    if name not in PUBLISHED:
        raise UsageError(f"no line model is named {name!r}", next_step=f"Choose from: {', '.join(PUBLISHED)}")
    return PUBLISHED[name]


def state(model: Published) -> str:
    """``here``, ``damaged`` or ``not here``."""
    path = folder() / model.file
    if not path.is_file():
        return "not here"
    return "here" if sha256_of(path) == model.sha256 else "damaged"


def get(model: Published, told: Callable[[int, int], None] = lambda _done, _total: None) -> Path:
    """Fetch ``model``, going on with what an earlier try left. What is there stays until the new file is whole and right.

    Args:
        model: of `PUBLISHED`.
        told: is given the bytes that are here and those of the whole file; 0 where the server does not say.

    Raises:
        EngineUnavailable: the line or the server fails, or the file is another one.
        OutputError: it cannot be written.
    """
    path = folder() / model.file
    if state(model) == "here":
        return path
    part = path.with_name(f"{path.name}.part")
    try:
        part.parent.mkdir(parents=True, exist_ok=True)
        for done, total in _fetched(model, part):
            told(done, total)
        if sha256_of(part) != model.sha256:
            raise _another(model, part)
        part.replace(path)
    except OSError as error:
        raise cannot_write("cannot write", part, error, {}) from error
    return path


def _fetched(model: Published, part: Path) -> Iterator[tuple[int, int]]:
    """Bytes that are here and in all, as they come to ``part``."""
    import httpx

    where = address(model)
    have = part.stat().st_size if part.is_file() else 0
    headers = {"Range": f"bytes={have}-", "Accept-Encoding": "identity"} if have else {"Accept-Encoding": "identity"}
    try:
        with httpx.stream("GET", where, headers=headers, timeout=PATIENCE, follow_redirects=True) as answer:
            if answer.status_code == httpx.codes.REQUESTED_RANGE_NOT_SATISFIABLE:  # all of it is here
                return
            if answer.status_code not in {httpx.codes.OK, httpx.codes.PARTIAL_CONTENT}:
                raise _failed(model, f"the server answered {answer.status_code} {answer.reason_phrase}")
            if "html" in answer.headers.get("Content-Type", ""):
                raise _failed(model, "the server answered with a web page")
            goes_on = answer.status_code == httpx.codes.PARTIAL_CONTENT
            yield from _written(answer, part, have if goes_on else 0)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise _failed(model, str(error) or type(error).__name__) from error


def _written(answer: httpx.Response, part: Path, done: int) -> Iterator[tuple[int, int]]:
    rest = int(answer.headers.get("Content-Length") or 0)
    total = done + rest if rest else 0
    with part.open("ab" if done else "wb") as file:
        for piece in answer.iter_bytes():
            file.write(piece)
            done += len(piece)
            yield done, total


def _another(model: Published, part: Path) -> EngineUnavailable:
    """What came is not the file; it goes, for nothing can be made of it."""
    with part.open("rb") as file:
        page = file.read(64).lstrip().startswith(b"<")
    part.unlink()
    what = "a web page" if page else "another file: its SHA-256 is not the published one"
    return _failed(model, f"what came is {what}")


def _failed(model: Published, why: str) -> EngineUnavailable:
    where = address(model)
    step = f"Try again (what has come is kept), or fetch {where} by hand and put it into {folder()}, or name a mirror in {MIRROR}"
    return EngineUnavailable(
        f"the line model {model.name} was not fetched from {where}: {why}", next_step=NextStep(step)
    )
