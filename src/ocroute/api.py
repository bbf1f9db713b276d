"""Reading from Python: one call."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Literal

from ocroute.document.model import Document
from ocroute.engines.base import Wanted
from ocroute.errors import UsageError
from ocroute.route.plan import Wish
from ocroute.run import read_documents


def read(
    path: str | os.PathLike[str],
    *,
    engine: str = "",
    languages: Sequence[str] = (),
    pages: str | None = None,
    password: str | None = None,
    jobs: int = 0,
    prefer: Literal["layout", "speed"] = "layout",
    model: str = "",
    task: str = "",
    base_url: str = "",
    quantized: bool = False,
    timeout: float | None = None,
) -> Document:
    """Read one file.

    Args:
        path: an image or a PDF.
        engine: read with this engine only; by default the best that this machine has, then the next.
        languages: ISO 639-1 codes of what is written there, e.g. ``["ru", "en"]``; found out when left empty.
        pages: which pages, e.g. ``"1-3,7"``; all when None.
        password: of an encrypted PDF.
        jobs: worker processes. 0 reads in this process, where an engine that crashes takes the caller with it; with 1 or more
            it takes its worker only.
        prefer: ``"layout"``: the best engine that this machine can run first; ``"speed"``: those without a language model.
        model: weights for ``engine``: a folder, a hub id, or a server's name for the model.
        task: what a neural engine is asked to do, e.g. ``"layout"`` or ``"text"``; its own default when left empty.
        base_url: of an OpenAI-compatible server, for ``engine="openai"``.
        quantized: whether attention kernels that compute in fewer bits may be used.
        timeout: seconds that one engine's attempt at one page may take, loading not counted; by default 300, or 1,800 for a
            neural engine without a GPU; ``math.inf`` for no limit. With ``jobs=0`` only engines that write word by word keep it.

    Returns:
        A document with one record for each page, in order. Look at ``document.ok`` before you trust it, and at each page's
        ``verdict``: a page whose text was refused by the judge is ``doubtful``, not missing.

    Raises:
        InputError: the file cannot be opened.
        EngineUnavailable: no engine, or not the one asked for, can run here.
        UsageError: an argument makes no sense.
    """
    wish = Wish(
        engine, Wanted(tuple(languages), model=model, mode=task, base_url=base_url, quantized=quantized), prefer
    )
    results = list(read_documents([path], wish, pages=pages, password=password, jobs=jobs, timeout=timeout))
    if len(results) != 1:
        raise UsageError(
            f"{os.fspath(path)!r} names {len(results)} files",
            next_step="Read one at a time, or use the command: ocroute read",
        )
    if results[0].error is not None:
        raise results[0].error
    return results[0].document()
