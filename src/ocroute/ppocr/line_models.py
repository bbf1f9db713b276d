"""The line recognisers that are here: which scripts each writes, and which of them may be asked on a page."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from ocroute.languages import SCRIPT_NAMES, scripts_of
from ocroute.ppocr import model_files
from ocroute.ppocr.published_models import LICENCE, PUBLISHED, Published, address, folder, state

FIRST = "PP-OCRv6 small"
OURS = "European lines"

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class LineModel:
    """A recogniser of lines.

    Attributes:
        name: what it is called in a result.
        path: its ONNX file.
        scripts: ISO 15924 codes of those it writes.
        alphabet: the characters that it writes.
    """

    name: str
    path: Path
    scripts: frozenset[str]
    alphabet: frozenset[str]


def every() -> tuple[LineModel, ...]:
    """Those that are here: PP-OCR's own, ours for Cyrillic and Greek, then what the user fetched, by name.

    Raises:
        EngineUnavailable: PP-OCR's own is missing.
    """
    files = {FIRST: model_files.find().recogniser}
    if (european := model_files.european()) is not None:
        files[OURS] = european
    files |= {model.name: folder() / model.file for model in PUBLISHED.values() if _is_sound(model)}
    return tuple(
        LineModel(name, path, frozenset(model_files.scripts(path)), frozenset(model_files.characters(path)))
        for name, path in files.items()
    )


@dataclass(frozen=True, slots=True)
class Row:
    """A line model, here or not.

    Attributes:
        name: as `ocroute models get` takes it; of those in the package, as results name it.
        state: ``in the package``, ``here``, ``damaged`` or ``not here``.
        scripts: what it writes.
        bytes: of its file; None where it is not here.
        source: where it is from.
        licence: its licence.
    """

    name: str
    state: str
    scripts: str
    bytes: int | None
    source: str
    licence: str


def shelf() -> tuple[Row, ...]:
    """Every line model that is here or can be fetched."""
    rows = []
    for name, path, source in (
        (FIRST, model_files.find().recogniser, f"the wheel of rapidocr {model_files.RELEASE}"),
        (OURS, model_files.european(), "ocroute; see models/NOTICE.md in the package"),
    ):
        if path is not None:
            known = ", ".join(SCRIPT_NAMES[script] for script in model_files.scripts(path))
            rows.append(Row(name, "in the package", known, path.stat().st_size, source, LICENCE))
    for model in PUBLISHED.values():
        path = folder() / model.file
        size = path.stat().st_size if path.is_file() else None
        rows.append(Row(model.name, state(model), model.scripts, size, address(model), LICENCE))
    return tuple(rows)


@cache
def _is_sound(model: Published) -> bool:
    """Whether a fetched model is here as it was published; a damaged one is told of once and left alone."""
    if (found := state(model)) == "damaged":
        _log.warning("the line model %s is damaged and not used. Run: ocroute models get %s", model.name, model.name)
    return found == "here"


def useful(models: Iterable[LineModel], languages: Iterable[str]) -> tuple[LineModel, ...]:
    """Those that a page in ``languages`` may need, the first choice first; without languages, all.

    The first that writes all the scripts is enough. Where none does, each that writes one of them.
    """
    known = tuple(models)
    wanted = [set(scripts_of(language)) for language in languages]
    if not wanted:
        return known
    for model in known:
        if all(model.scripts & scripts for scripts in wanted):
            return (model,)
    some = tuple(model for model in known if any(model.scripts & scripts for scripts in wanted))
    return some or known[:1]
