"""Where pdfium's errors become ours."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

import pypdfium2
import pypdfium2.raw as pdfium

from ocroute.errors import CorruptInput, InputError, PasswordNeeded, UnsupportedInput

_LOADING: dict[int, tuple[type[InputError], str, str]] = {
    pdfium.FPDF_ERR_FILE: (InputError, "it cannot be read", "Check its permissions and the disk"),
    pdfium.FPDF_ERR_FORMAT: (
        CorruptInput,
        "it is damaged beyond repair",
        "Download it again, or try: qpdf in.pdf out.pdf",
    ),
    pdfium.FPDF_ERR_SECURITY: (
        UnsupportedInput,
        "it is encrypted in a way that is not supported",
        "Print it to a new PDF where it can be opened",
    ),
    pdfium.FPDF_ERR_PAGE: (CorruptInput, "its pages cannot be found", "Download it again, or try: qpdf in.pdf out.pdf"),
}
_UNKNOWN = (CorruptInput, "it cannot be opened", "Download it again, or try: qpdf in.pdf out.pdf")


def load(path: str, password: str | None, *, name: str) -> pypdfium2.PdfDocument:
    """The PDF at ``path``, open; errors call it ``name``.

    Raises:
        PasswordNeeded: it is encrypted and ``password`` does not open it.
        InputError: it cannot be opened; the class and the message say why.
    """
    # Not by PdfDocument(path): for a file without pages that reports whatever error pdfium had before.
    raw = pdfium.FPDF_LoadDocument(os.fsencode(path), None if password is None else password.encode())
    if not raw:
        raise loading_error(name, pdfium.FPDF_GetLastError(), password=password)
    document = pypdfium2.PdfDocument(raw)
    if len(document) < 1:
        document.close()
        raise CorruptInput(f"{name} has no pages", next_step="Export or download it again")
    return document


def loading_error(path: str, code: int, *, password: str | None) -> InputError:
    """What pdfium's error ``code`` for ``path`` means."""
    if code == pdfium.FPDF_ERR_PASSWORD:
        wrong = "is encrypted and needs a password" if password is None else "does not open with this password"
        return PasswordNeeded(f"{path} {wrong}", next_step="Give it with --password")
    ours, reason, next_step = _LOADING.get(code, _UNKNOWN)
    return ours(f"{path} cannot be opened: {reason}", next_step=next_step)


@contextmanager
def on_page(path: str, number: int) -> Iterator[None]:
    """What goes wrong in pdfium inside this block is the fault of one page."""
    try:
        yield
    except (pypdfium2.PdfiumError, ValueError, OSError, MemoryError) as error:
        raise CorruptInput(
            f"page {number} of {path} is damaged: {error}", next_step="Read the other pages with --pages"
        ) from error
