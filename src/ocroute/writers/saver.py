"""Writes a document in one or several formats, with the pictures that they link to."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO, cast

import msgspec

from ocroute.document.formats import WRITERS, Exporter, Origin, Remark, SourceWriter, format_class, heeds, made
from ocroute.document.model import Document
from ocroute.errors import OcrouteError, OutputError, UsageError
from ocroute.files import Draft
from ocroute.options import FormatOptions, declared, filled
from ocroute.writers.figure_files import save_figures
from ocroute.writers.page_images import save_page_images

FIGURES, PAGE_IMAGES = ".figures", ".pages"
"""What the folders of pictures are called, behind the stem of the files that link to them."""


class Saver:
    """Writes documents in some formats, all with the same options.

    Args:
        formats: their names.
        options: of `FormatOptions`; what is left out has its default.

    Raises:
        UsageError: there is no such format, or none of them heeds an option that was changed.
    """

    def __init__(self, formats: Sequence[str], options: Mapping[str, Any] | None = None) -> None:
        self.formats = tuple(formats)
        self._options = filled(FormatOptions, options or {})
        self._with: dict[str, str] = {name: format_class(name).suffix for name in formats}
        for name, one in declared(FormatOptions).items():
            beside = name in ("figures", "page_images", "keep_headers_footers")
            changed = self._options[name] != one.option.default
            if changed and not beside and not any(heeds(format_, name) for format_ in formats):
                raise UsageError(
                    f"{one.flag} says nothing to the format{'s' if len(self.formats) > 1 else ''} {', '.join(formats)}",
                    next_step=f"Leave {one.flag} out, or choose another format",
                )

    def suffix(self, name: str) -> str:
        """That of the files of a format."""
        return self._with[name]

    @property
    def folders(self) -> tuple[str, ...]:
        """What is appended to the stem of a file for the folders of pictures beside it."""
        images = self._options["page_images"] != "none"
        return ((FIGURES,) if self._options["figures"] else ()) + ((PAGE_IMAGES,) if images else ())

    def pictures(self, document: Document, origin: Origin, stem: Path) -> dict[str, Any]:
        """Save the pictures that the options ask for beside files called ``stem``; what formats are told of them.

        Raises:
            InputError: the source cannot be opened again.
            OSError: they cannot be written.
        """
        told: dict[str, Any] = {}
        if self._options["figures"]:
            told["figures"] = save_figures(document, origin, stem.with_name(stem.name + FIGURES))
        if (kind := self._options["page_images"]) != "none":
            told["page_images"] = save_page_images(document, origin, stem.with_name(stem.name + PAGE_IMAGES), kind)
        return told

    def exported(self, name: str, document: Document, told: Mapping[str, Any], path: Path | None) -> bytes:
        """The document in a format that is made from it alone.

        Args:
            name: of the format.
            document: what is written.
            told: what `pictures` gave.
            path: of the file, for errors.

        Raises:
            OutputError: the exporter failed.
        """
        exporter: Exporter = made(name, self._told(told))
        try:
            return exporter.export(unpacked(document))
        except OcrouteError:
            raise
        except Exception as error:  # an exporter may come from anyone
            raise _failed(name, path, error) from error

    def fill(
        self, draft: Draft, name: str, document: Document, origin: Origin, told: Mapping[str, Any], path: Path
    ) -> Sequence[Remark]:
        """Write the document in any format behind what is in ``draft``.

        Raises:
            OcrouteError: it cannot be made.
            OSError: it cannot be written.
        """
        if name not in WRITERS:
            draft.add(self.exported(name, document, told, path))
            return ()
        writer: SourceWriter = made(name, self._told(told))
        return _written(name, path, partial(draft.fill, lambda file: writer.write(document, origin, file, path)))

    def streamed(self, name: str, document: Document, origin: Origin) -> tuple[bytes, Sequence[Remark]]:
        """The document in any format, for standard output."""
        if name not in WRITERS:
            return self.exported(name, document, {}, None), ()
        writer: SourceWriter = made(name, self._told({}))
        with tempfile.TemporaryFile() as file:
            remarks = _written(name, None, lambda: writer.write(document, origin, cast("BinaryIO", file), None))
            file.seek(0)
            return file.read(), remarks

    def _told(self, told: Mapping[str, Any]) -> dict[str, Any]:
        own = {name: value for name, value in self._options.items() if name not in ("figures", "page_images")}
        return {**own, **told}


def unpacked(document: Document) -> Document:
    """``document`` with all its pages unpacked, for what goes over them more than once."""
    return msgspec.structs.replace(document, pages=tuple(document.pages))


def _written(name: str, path: Path | None, write: Any) -> Sequence[Remark]:
    try:
        remarks: Sequence[Remark] = write()
    except (OcrouteError, OSError):
        raise
    except Exception as error:  # a writer may come from anyone, and the file behind the document too
        raise _failed(name, path, error) from error
    return remarks


def _failed(name: str, path: Path | None, error: Exception) -> OutputError:
    where = path or "standard output"
    return OutputError(f"{where} was not written: {name} raised {type(error).__name__}: {error}")
