"""Taking the invisible text out of a page's content."""

from __future__ import annotations

import zlib
from typing import Any, Final

_SHOWS: Final = frozenset({"Tj", "TJ", "'", '"'})
_PLACES: Final = frozenset({"BT", "Td", "TD", "Tm", "T*"})
"""Operators that say where the next string begins, wherever the last one ended."""

_INVISIBLE, _CLIPPING = 3, 7  # text rendering modes
_DEEP = 20  # forms within forms


class Inseparable(ValueError):
    """The invisible text of a page cannot be taken out without changing what it shows."""


def without_invisible_text(pdf: Any, page: Any, package: Any) -> None:
    """Leave out of ``page`` what text rendering mode 3 draws; all else stays, drawn the same.

    The page gets a content stream and resources of its own, so that what it shares with other pages stays for them.

    Args:
        pdf: an open `pikepdf.Pdf`.
        page: of it, a `pikepdf.Page`.
        package: pikepdf.

    Raises:
        Inseparable: visible text begins where invisible text ends, some is a clipping path, or there is none to take out.
        pikepdf.PdfError: the content cannot be parsed.
    """
    resources = page.resources
    try:
        content = _Content(pdf, package, page.obj, resources, 0, 0)
    except (AttributeError, IndexError, KeyError, TypeError) as error:  # operands and resources that are none
        raise Inseparable("the page's content is malformed") from error
    if not content.changed:
        raise Inseparable("it is not part of the page's content")
    page.obj.Contents = compressed(pdf, content.kept, package)
    page.obj.Resources = _with_forms(resources, content.forms, package)


def compressed(pdf: Any, content: bytes, package: Any) -> Any:
    """A new stream in ``pdf``; compressed now, since new streams stay in memory until the file is saved."""
    return pdf.make_stream(zlib.compress(content), Filter=package.Name.FlateDecode)


class _Content:
    """A content stream without its invisible text.

    Args:
        stream: a form, or the page.
        resources: that it draws with.
        mode: text rendering mode at its begin.
        depth: forms around it.

    Attributes:
        kept: its instructions.
        changed: whether that is less than there was.
        forms: by name in ``resources``, what forms become that have invisible text.
    """

    def __init__(self, pdf: Any, package: Any, stream: Any, resources: Any, mode: int, depth: int) -> None:
        self._pdf, self._package, self._resources, self._depth = pdf, package, resources, depth
        self.changed = False
        self.forms: dict[str, Any] = {}
        self._modes: dict[str, int] = {}
        saved, moved = [], False
        kept = []
        for instruction in package.parse_content_stream(stream):
            operator = str(instruction.operator)
            if operator == "q":
                saved.append(mode)
            elif operator == "Q" and saved:
                mode = saved.pop()
            elif operator == "Tr":
                mode = int(instruction.operands[0])
            elif operator == "Do":
                self._draw(str(instruction.operands[0]), mode)
            elif operator in _PLACES:
                moved = False
            elif operator in _SHOWS:
                moved = moved and operator in ("Tj", "TJ")
                if mode == _CLIPPING:
                    raise Inseparable("part of it is a clipping path")
                if mode == _INVISIBLE:
                    kept += self._of_show(operator, instruction)
                    self.changed = moved = True
                    continue
                if moved:
                    raise Inseparable("text that can be seen begins where it ends")
            kept.append(instruction)
        self.kept: bytes = package.unparse_content_stream(kept)

    def _of_show(self, operator: str, instruction: Any) -> list[Any]:
        """What an operator does besides showing its string."""
        made, name = self._package.ContentStreamInstruction, self._package.Operator
        spacing = []
        if operator == '"':
            spacing = [
                made([value], name(set_)) for value, set_ in zip(instruction.operands, ("Tw", "Tc"), strict=False)
            ]
        return [*spacing, made([], name("T*"))] if operator in ("'", '"') else []

    def _draw(self, name: str, mode: int) -> None:
        """Look into the form of this name. What it looks like depends on the mode that it is drawn in."""
        form = self._resources.get("/XObject", {}).get(name)
        if form is None or form.get("/Subtype") != "/Form":
            return
        if self._depth >= _DEEP or self._modes.setdefault(name, mode) != mode:
            raise Inseparable(f"the form {name} is drawn within itself, or in several ways")
        if name in self.forms:
            return
        own = form.get("/Resources")
        content = _Content(
            self._pdf, self._package, form, self._resources if own is None else own, mode, self._depth + 1
        )
        if content.changed or content.forms:
            self.changed = True
            made = compressed(self._pdf, content.kept, self._package)
            for key, value in form.items():
                if key not in ("/Length", "/Filter", "/DecodeParms"):
                    made[key] = value
            if own is None:
                self.forms |= content.forms
            else:
                made.Resources = _with_forms(own, content.forms, self._package)
            self.forms[name] = made


def _with_forms(resources: Any, forms: dict[str, Any], package: Any) -> Any:
    """A copy of ``resources`` with these forms in place of those of the same name."""
    made = package.Dictionary(dict(resources.items()))
    if forms:
        made.XObject = package.Dictionary({key: forms.get(key, value) for key, value in resources.XObject.items()})
    return made
