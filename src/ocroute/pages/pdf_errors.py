"""Where pdfium's errors become ours."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pypdfium2
import pypdfium2.raw as pdfium

from ocroute.errors import CorruptInput, InputError, PasswordNeeded, UnsupportedInput

_LOADING: dict[int | None, tuple[type[InputError], str, str]] = {
    pdfium.FPDF_ERR_SUCCESS: (CorruptInput, "it has no pages", "Export or download it again"),
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


@contextmanager
def opening(path: str, *, password: str | None) -> Iterator[None]:
    """What goes wrong when pdfium opens ``path`` inside this block is raised as an InputError."""
    try:
        yield
    except pypdfium2.PdfiumError as error:
        if error.err_code == pdfium.FPDF_ERR_PASSWORD:
            wrong = "is encrypted and needs a password" if password is None else "does not open with this password"
            raise PasswordNeeded(f"{path} {wrong}", next_step="Give it with --password") from error
        ours, reason, next_step = _LOADING.get(error.err_code, _UNKNOWN)
        raise ours(f"{path} cannot be opened: {reason}", next_step=next_step) from error


@contextmanager
def on_page(path: str, number: int) -> Iterator[None]:
    """What goes wrong in pdfium inside this block is the fault of one page."""
    try:
        yield
    except (pypdfium2.PdfiumError, ValueError, OSError, MemoryError) as error:
        raise CorruptInput(
            f"page {number} of {path} is damaged: {error}", next_step="Read the other pages with --pages"
        ) from error
