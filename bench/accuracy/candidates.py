"""Who reads the pages: ocroute through its Python API, plain engines as their users call them, and the PDF's own text."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any

import msgspec
import pypdfium2 as pdfium
from bench.accuracy.cases import HOME
from PIL import Image

_RENDER_DPI = 200
_READINGS = HOME / "readings"


def ocroute(pdf: Path) -> str:
    """The whole of ocroute. Readings of its OCR engines are kept, so that a change of the layout is measured in seconds.

    Raises:
        RuntimeError: the page failed; its record says why.
    """
    import ocroute as package

    _keep_readings()
    document = package.read(str(pdf))
    failed = [page.error for page in document.pages if page.verdict.status == "failed"]
    if failed:
        raise RuntimeError(failed[0])
    return document.to_markdown()


def tesseract(pdf: Path) -> str:
    """``tesseract page.png -``: its default page segmentation, English."""
    with tempfile.TemporaryDirectory() as folder:
        image = Path(folder) / "page.png"
        raster(pdf).save(image, dpi=(_RENDER_DPI, _RENDER_DPI))
        command = ["tesseract", str(image), "-"]
        environment = {**os.environ, "OMP_THREAD_LIMIT": "1"}
        return subprocess.run(command, capture_output=True, text=True, check=True, env=environment).stdout


def rapidocr(pdf: Path) -> str:
    """``RapidOCR()(page)``: its lines in its order."""
    found = _rapidocr()(_pixels(pdf))
    return "\n".join(found.txts or ())


def pdftotext(pdf: Path) -> str:
    """What the text layer gives for nothing; empty for a scan."""
    return subprocess.run(["pdftotext", str(pdf), "-"], capture_output=True, text=True, check=True).stdout


CANDIDATES: dict[str, Callable[[Path], str]] = {
    "ocroute": ocroute,
    "tesseract": tesseract,
    "rapidocr": rapidocr,
    "pdftotext": pdftotext,
}


def raster(pdf: Path) -> Image.Image:
    """The page as plain engines get it: 200 dpi, long pages no longer than 4,000 pixels."""
    page = pdfium.PdfDocument(pdf)[0]
    scale = min(_RENDER_DPI / 72, 4000 / max(page.get_size()))
    return page.render(scale=scale).to_pil().convert("RGB")


def programs() -> dict[str, str]:
    """What is compared beside packages, for the record."""
    return {"tesseract": _says("tesseract", "--version"), "pdftotext": _says("pdftotext", "-v")}


def fingerprint(engine: str) -> str:
    """Changes when what ``engine`` would say may have changed: for ocroute, with any line of its code."""
    if engine != "ocroute":
        return "plain"
    import ocroute as package

    return _hash_of(Path(package.__file__).parent)


def _says(program: str, flag: str) -> str:
    if not shutil.which(program):
        return ""
    done = subprocess.run([program, flag], check=False, capture_output=True, text=True)
    return (done.stdout or done.stderr).splitlines()[0]


@cache
def _rapidocr() -> Any:
    import logging

    from rapidocr import RapidOCR

    engine = RapidOCR(params={"EngineConfig.onnxruntime.intra_op_num_threads": 1})
    logging.getLogger("RapidOCR").setLevel(logging.ERROR)
    return engine


def _pixels(pdf: Path) -> bytes:
    held = BytesIO()
    raster(pdf).save(held, "PNG")
    return held.getvalue()


def _hash_of(folder: Path) -> str:
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:12]


@cache
def _keep_readings() -> None:
    """Put a store between ocroute and its OCR engines: the same pixels and the same engine code give the reading of last time."""
    from ocroute.engines.base import ENGINES

    for name in ENGINES:
        engine = ENGINES.load(name)
        if engine.info.kind == "ocr":
            engine.read = _kept(name, engine.read)


def _kept(name: str, read: Callable[..., Any]) -> Callable[..., Any]:
    import ocroute as package
    from ocroute.engines.base import Reading

    code = _hash_of(Path(package.__file__).parent / "engines")

    def kept_read(self: object, pages: Iterable[Any], task: Any) -> Iterator[Any]:
        for page in pages:
            key = hashlib.sha256(page.raster().tobytes() + repr(task).encode()).hexdigest()[:24]
            path = _READINGS / f"{name}-{code}-{key}.json"
            if not path.exists():
                (reading,) = read(self, [page], task)
                path.parent.mkdir(parents=True, exist_ok=True)
                partial = path.with_suffix(f".{os.getpid()}")
                partial.write_bytes(msgspec.json.encode(reading))
                partial.replace(path)
            yield msgspec.json.decode(path.read_bytes(), type=Reading)

    return kept_read
