"""The format ``pdf``: the source's pages, untouched, with what was read on them as a layer to search, select and copy."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any, BinaryIO, ClassVar, Literal

from ocroute.document.formats import Origin, Remark
from ocroute.document.model import Document
from ocroute.errors import CorruptInput, OutputError

_MEND = "Mend it first, and read it again: qpdf in.pdf out.pdf"


class SearchablePdf:
    """The pages of the source as they are, with the text that was read on them, invisible and in its place. An image becomes
    a PDF around it. What a page shows as text of its own stays alone; ``--layer`` and ``--pdfa`` say more.
    """

    suffix: ClassVar[str] = ".pdf"
    media_type: ClassVar[str] = "application/pdf"

    def __init__(self, *, layer: Literal["auto", "replace"] = "auto", pdfa: bool = False) -> None:
        self.layer, self.pdfa = layer, pdfa

    def write(self, document: Document, origin: Origin, file: BinaryIO, path: Path | None) -> Sequence[Remark]:  # noqa: ARG002
        """See `ocroute.document.formats.SourceWriter`.

        Raises:
            PackageMissing: pikepdf is not installed.
            OutputError: the file's owner forbids to change it.
        """
        from ocroute.writers.pdf.archive import Claims, as_archive
        from ocroute.writers.pdf.as_pdf import pdf_of, pikepdf
        from ocroute.writers.pdf.source_pages import SourcePages
        from ocroute.writers.pdf.text_layers import Layers

        package = pikepdf()
        with tempfile.TemporaryDirectory(prefix="ocroute-") as folder, ExitStack() as open_:
            scratch = Path(folder)
            source = pdf_of(origin, scratch)
            pdf = open_.enter_context(_opened(package, source, origin))
            remarks, claims = list(_of_the_file(pdf)), Claims(pdf)
            doubtful: list[str] = []
            layers = Layers(package, pdf, replace=self.layer == "replace")
            with SourcePages(origin, source) as pages:
                _same_pages(pdf, len(pages), origin)
                for record in document.pages:
                    layers.add(record, pages)
                    if not record.verdict.fine:
                        doubtful.append(str(record.number))
            layers.finish()
            _mark(pdf, doubtful)
            if layers.changed:
                remarks += claims.settle()
            made = scratch / "made.pdf"

            def save() -> Sequence[Remark]:
                _write(package, pdf, made)
                said = as_archive(package, made, origin.password or "") if self.pdfa else []
                if said and claims.disown():
                    _write(package, pdf, made)
                return said

            remarks += [*layers.remarks, *save()]
            said, undone = layers.checked(made, origin.password)
            remarks += said
            if undone:
                save()
            with made.open("rb") as whole:
                shutil.copyfileobj(whole, file, 1 << 20)
        return remarks


def _opened(package: Any, path: Path, origin: Origin) -> Any:
    name = origin.name or origin.path
    try:
        pdf = package.open(path, password=origin.password or "")
    except (package.PdfError, OSError) as error:
        raise CorruptInput(f"{name} cannot be written anew: {error}", next_step=_MEND) from error
    if pdf.is_encrypted and not pdf.allow.modify_other and not pdf.owner_password_matched:
        pdf.close()
        raise OutputError(
            f"the owner of {name} does not allow changes to it",
            next_step="Give the owner's password with --password, or write another format",
        )
    return pdf


def _same_pages(pdf: Any, count: int, origin: Origin) -> None:
    """Two parsers count the pages of a broken tree differently, and the text of one page would come to stand on another."""
    if (found := len(pdf.pages)) != count:
        name = origin.name or origin.path
        raise CorruptInput(f"{name} cannot be written anew: of its {count} pages {found} can be found", next_step=_MEND)


def _of_the_file(pdf: Any) -> Iterator[Remark]:
    form = pdf.Root.get("/AcroForm", {})
    if int(form.get("/SigFlags", 0)) & 1:
        yield Remark("the file is signed; its signature does not hold for the file with a text layer")
    if "/XFA" in form:
        yield Remark("the file holds an XFA form, which few viewers show; the text layer is that of its PDF pages")


def _mark(pdf: Any, doubtful: Sequence[str]) -> None:
    """Say in the file's properties which pages are doubtful."""
    if doubtful:
        pdf.docinfo["/OcrouteDoubtfulPages"] = ", ".join(doubtful)
    elif "/OcrouteDoubtfulPages" in pdf.docinfo:
        del pdf.docinfo["/OcrouteDoubtfulPages"]


def _write(package: Any, pdf: Any, path: Path) -> None:
    if pdf.is_encrypted:
        pdf.save(path, linearize=pdf.is_linearized, encryption=True)
    else:  # streams stay as they are filtered, which pikepdf does not do where it encrypts
        pdf.save(path, linearize=pdf.is_linearized, stream_decode_level=package.StreamDecodeLevel.none)
