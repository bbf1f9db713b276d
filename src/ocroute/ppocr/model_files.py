"""The model files that our wheel brings, and what the recogniser's dictionary can write. Loads no model."""

from __future__ import annotations

import hashlib
import logging
import mmap
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import ocroute.models
from ocroute.errors import EngineUnavailable, NextStep
from ocroute.files import sha256_of

_log = logging.getLogger(__name__)

RELEASE = "3.10.0"
"""The release of rapidocr whose models these are; see ocroute/models/NOTICE.md."""

INSTALL = f"pip install --no-deps rapidocr=={RELEASE}"
DETECTOR = "PP-OCRv6_det_small.onnx"
RECOGNISER = "PP-OCRv6_rec_small.onnx"
CLASSIFIER = "ch_ppocr_mobile_v2.0_cls_mobile.onnx"
EUROPEAN = "european_rec_small.onnx"
EUROPEAN_SHA256 = "f56b3141f95db661d3380d11ec0147ceca4bcd2579728b3343d86615ac21a25f"

# A script is written only if all of its sample is in the dictionary. Letters that tell near scripts apart are the sample:
# Greek without accents writes formulas, not Greek; Hans and Hant differ in the characters that were simplified.
SAMPLES = {
    "Latn": "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyzÀÉÑÖßàéñöüçŁłŠšŽžĞğİı",
    "Hans": "这来对说国时们学发经问进实长东车门马",
    "Hant": "這來對說國時們學發經問進實長東車門馬",
    "Jpan": "あいうえおかきくけこさしすせそんアイウエオカキクケコンーっッ気働",
    "Kore": "가나다라마바사한국어",
    "Cyrl": "АБВГДЕЖЗИЙКЛМНОПРСТУФХЦЧШЩЪЫЬЭЮЯабвгдежзийклмнопрстуфхцчшщъыьэюя",
    "Grek": "ΑΒΓΔΕΖΗΘαβγδεζηθςάέήίόύώ",
    "Arab": "ابتثجحخدذرزسشصضطظعغفقكلمنهوي",
    "Hebr": "אבגדהוזחטיכלמנסעפצקרשת",
    "Thai": "กขคงจฉชซญดตถทนบปผพฟมยรลวสหอ",
    "Deva": "अआइईउऊकखगघचछजझटठडढणतथदधनपफबभम",
}


@dataclass(frozen=True, slots=True)
class Models:
    """The two files, and the release of rapidocr that published them."""

    detector: Path
    recogniser: Path
    version: str


def find() -> Models:
    """Where the models are.

    Raises:
        EngineUnavailable: a model file is missing.
    """
    return Models(_path(DETECTOR), _path(RECOGNISER), RELEASE)


def classifier() -> Path:
    """Where the model is that tells whether a line stands upside down.

    Raises:
        EngineUnavailable: as `find`.
    """
    return _path(CLASSIFIER)


@cache
def european() -> Path | None:
    """The recogniser for Cyrillic, Greek and Latin letters, which is ours and part of the package; None where it is damaged."""
    own = Path(ocroute.models.__file__).parent / EUROPEAN
    if own.is_file() and sha256_of(own) == EUROPEAN_SHA256:
        return own
    _log.warning(
        "%s is missing or damaged: Cyrillic and Greek are not read. Run: pip install --force-reinstall ocroute", own
    )
    return None


@cache
def _path(name: str) -> Path:
    """In our wheel; in a checkout, which has no models, in an installed rapidocr."""
    own = Path(ocroute.models.__file__).parent / "weights" / name
    if own.is_file():
        return own
    spec = find_spec("rapidocr")
    other = Path(spec.origin).parent / "models" / name if spec and spec.origin else None
    if other is None or not other.is_file():
        raise EngineUnavailable(f"the model file {name} is not here", next_step=NextStep(command=INSTALL))
    return other


@cache
def digest(*paths: Path) -> str:
    """SHA-256 over the files' bytes, in hexadecimal."""
    total = hashlib.sha256()
    for path in paths:
        total.update(path.read_bytes())
    return total.hexdigest()


@cache
def characters(recogniser: Path) -> tuple[str, ...]:
    """What each class of the recogniser writes; class 0, the CTC blank, writes nothing and the last one a space.

    The list is the ONNX metadata entry ``character``, one character a line. It is read from the file itself, so that asking
    for the scripts needs neither runtime nor model in memory.

    Raises:
        EngineUnavailable: the file has no such entry.
    """
    with recogniser.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        # A protobuf map entry: field 1 is the key, field 2 (tag 0x12) the value, its length a varint.
        tag = data.rfind(b"\x0a\x09character\x12")
        if tag < 0:
            raise EngineUnavailable(f"{recogniser} holds no dictionary", next_step=NextStep(command=INSTALL))
        start = tag + 12
        length = shift = 0
        while True:
            byte = data[start]
            start += 1
            length |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                break
        text = data[start : start + length].decode()
    return ("", *text.splitlines(), " ")


def scripts(recogniser: Path) -> tuple[str, ...]:
    """ISO 15924 codes of the scripts whose letters are in the dictionary."""
    known = set(characters(recogniser))
    return tuple(script for script, sample in SAMPLES.items() if known.issuperset(sample))
