"""What a PDF says of itself as an archive copy or as accessible: said where it holds, taken back where it no longer does."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from ocroute.document.formats import Remark
from ocroute.errors import ExitCode

_CHECKED: Final = ("1", "2", "3")
"""Parts of PDF/A of which pikepdf checks level b."""

_SAID: Final = {"pdfaid": ("part", "conformance", "amd", "corr", "rev"), "pdfuaid": ("part", "amd", "corr", "rev")}


def as_archive(package: Any, path: Path, password: str) -> list[Remark]:
    """Make the plain PDF at ``path`` PDF/A-2b, if the finished file passes all checks; else it stays, and the reason is told."""
    import pikepdf.pdfa

    archived = path.with_suffix(".archive")
    try:  # opened anew: what mends it for the archive is not to stay in a plain one
        with package.open(path, password=password) as plain:
            pikepdf.pdfa.save(plain, archived, "2b")
    except (package.PdfError, pikepdf.pdfa.PdfaError, ValueError) as error:
        reason = " ".join(str(error).split())[:300]
        return [Remark(f"the file is a plain PDF, not PDF/A-2b: {reason}", ExitCode.DOUBTFUL)]
    archived.replace(path)
    return []


class Claims:
    """What a PDF says of itself.

    Args:
        pdf: an open `pikepdf.Pdf` that nothing was changed in yet.
    """

    def __init__(self, pdf: Any) -> None:
        self._pdf = pdf
        self._part, self._level, self._accessible = "", "", ""
        if "/Metadata" in pdf.Root:
            told = pdf.open_metadata()
            self._part, self._level = told.get("pdfaid:part", ""), told.get("pdfaid:conformance", "").lower()
            self._accessible = told.get("pdfuaid:part", "")
        self._before = self._broken()

    def settle(self) -> Iterator[Remark]:
        """Take out what no longer holds now that the file has a text layer, which has no tags."""
        if self._part and (self._part not in _CHECKED or self._broken() - self._before):
            yield from self._take_back("pdfaid", f"PDF/A-{self._part}{self._level}")
            self._part = ""
        elif self._level == "a":
            with self._open() as told:
                told["pdfaid:conformance"] = "B"
            said = f"PDF/A-{self._part}a, and the text layer has no tags; it says PDF/A-{self._part}b now"
            yield Remark(f"the file said that it is {said}")
        if self._accessible:
            yield from self._take_back("pdfuaid", f"PDF/UA-{self._accessible}")

    def disown(self) -> bool:
        """Take out that the file is an archive copy; whether it said so."""
        said = bool(self._part)
        if said:
            self._forget("pdfaid")
            self._part = ""
        return said

    def _broken(self) -> set[str]:
        """The rules that the file breaks, or that pikepdf cannot check in it, by their names."""
        if self._part not in _CHECKED:
            return set()
        import pikepdf.pdfa

        return {finding.rule for finding in pikepdf.pdfa.check(self._pdf, f"{self._part}b").findings}

    def _take_back(self, prefix: str, kind: str) -> Iterator[Remark]:
        self._forget(prefix)
        yield Remark(f"the file said that it is {kind}, which is not sure with the text layer; it no longer says so")

    def _forget(self, prefix: str) -> None:
        with self._open() as told:
            for name in _SAID[prefix]:
                told.pop(f"{prefix}:{name}", None)

    def _open(self) -> Any:
        return self._pdf.open_metadata(set_pikepdf_as_editor=False, update_docinfo=False)
