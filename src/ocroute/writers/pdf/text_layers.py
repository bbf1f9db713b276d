"""Puts text layers on the pages of an open PDF, and takes back those that cannot be read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import msgspec

from ocroute.document.affine import Matrix
from ocroute.document.formats import Remark
from ocroute.document.model import Page
from ocroute.document.source_frame import from_upright, in_source_frame
from ocroute.errors import ExitCode, InputError
from ocroute.values import Block, Box
from ocroute.writers.pdf.glyphless import GlyphlessFont
from ocroute.writers.pdf.invisible import compressed, without_invisible_text
from ocroute.writers.pdf.layer import content
from ocroute.writers.pdf.lines_in_ink import with_lines
from ocroute.writers.pdf.placing import Strip, strips, with_direction
from ocroute.writers.pdf.source_pages import OwnText, SourcePages
from ocroute.writers.pdf.true_text import TrueText
from ocroute.writers.pdf.words_back import lines_apart, read_back

OWN: Final = "textlayer"
"""The engine whose text stands in the file already."""

_COVERED = 0.5  # share of a word's box under text that the page shows itself
_MISSING = 0.1  # share of a page's words that readers may part elsewhere than the reading does
_TOLD = 5  # words that a remark names


class Layers:
    """The text layers of one file.

    Args:
        package: pikepdf.
        pdf: an open `pikepdf.Pdf`; its pages change.
        replace: whether an invisible layer that does not say what the page shows goes.

    Attributes:
        remarks: what could not be done as somebody would expect.
        meant: by page number, the words of its layer, parted by blanks and, between lines, line ends.
        true_text: what becomes of text that the pages show themselves and that stands for other characters.
    """

    def __init__(self, package: Any, pdf: Any, *, replace: bool) -> None:
        self._package, self._pdf, self._replace = package, pdf, replace
        self._fonts: list[tuple[GlyphlessFont, Any]] = []
        self._before: dict[int, tuple[Any, Any]] = {}
        self._false: list[int] = []
        self.true_text = TrueText(package, pdf)
        self.remarks: list[Remark] = []
        self.meant: dict[int, str] = {}

    def add(self, record: Page, pages: SourcePages) -> None:
        """Put the text of ``record`` on its page, unless the page has it."""
        blocks = [block for block in record.blocks if (block.engine or record.provenance.engine) != OWN]
        if not blocks or record.number > len(self._pdf.pages):
            return
        if record.sheet:  # no matrix leads from the sheet into its photograph, so its words go there as upright boxes
            record = in_source_frame(record)
            blocks = [block for block in record.blocks if (block.engine or record.provenance.engine) != OWN]
        try:
            own, to_user = pages.own_text(record), pages.to_user(record)
            placed = self._placed(record, blocks, own, to_user, pages)
        except InputError as error:
            self.remarks.append(Remark(f"page {record.number} has no text layer: {error}", error.exit_code))
            return
        if not placed:
            return
        page = self._pdf.pages[record.number - 1]
        try:
            data = self._content(placed, to_user, from_upright(record), page)
        except ValueError as error:
            self.remarks.append(Remark(f"page {record.number} has no text layer: {error}", ExitCode.DOUBTFUL))
            return
        if not data:
            return
        before = page.obj.get("/Contents"), page.obj.get("/Resources")
        if own.hidden:
            try:
                without_invisible_text(self._pdf, page, self._package)
            except (self._package.PdfError, self._package.DependencyError, ValueError) as error:
                said = f"page {record.number} keeps its invisible text layer, which cannot be taken out: {error}"
                self.remarks.append(Remark(said, ExitCode.DOUBTFUL))
                return
        self._before[record.number] = before
        page.contents_add(compressed(self._pdf, data, self._package), prepend=True)
        lines = (" ".join(piece.word for piece in strip.pieces if piece.word) for strip in placed)
        self.meant[record.number] = "\n".join(line for line in lines if line)

    def _placed(
        self, record: Page, blocks: Sequence[Block], own: OwnText, to_user: Matrix, pages: SourcePages
    ) -> list[Strip]:
        """The strips of the layer, none where the page keeps what it has."""
        number = record.number
        if own.hidden and not self._replace:
            said = f"page {number} keeps its invisible text layer, which is not the text that was read"
            self.remarks.append(Remark(f"{said}; --layer replace puts that in its place"))
            return []
        nowhere = [block for block in blocks if block.text.strip() and block.box is None and not block.lines]
        if nowhere:
            said = f"page {number}: {len(nowhere)} of {len(blocks)} blocks have no known place, and are not in its text layer"
            self.remarks.append(Remark(said, ExitCode.DOUBTFUL))
        if any(not block.lines and block.box is not None for block in blocks):
            page = pages.upright(record)
            blocks = [with_lines(block, page) for block in blocks]
            page.release()
        if own.visible:
            kept = [part for block in blocks if (part := _beside(block, own.visible)) is not None]
            if sum(map(_letters, kept)) < sum(map(_letters, blocks)):
                if any(attempt.engine == OWN and attempt.outcome == "refused" for attempt in record.attempts):
                    self._false.append(number)
                    if record.verdict.fine:
                        self.true_text.look(number, blocks, to_user)
                else:
                    self.remarks.append(Remark(f"page {number} keeps the text that it shows itself"))
            blocks = kept
        return with_direction([strip for block in blocks for strip in strips(block)])

    def _content(self, placed: Sequence[Strip], to_user: Matrix, to_shown: Matrix, page: Any) -> bytes:
        """What draws ``placed`` on ``page``, whose resources get the font for it.

        Raises:
            ValueError: no font can hold so many different characters.
        """
        characters = {character for strip in placed for piece in strip.pieces for character in piece.text}
        if not self._fonts or not self._fonts[-1][0].has_room(characters):
            font = GlyphlessFont()
            self._fonts.append((font, font.begin(self._pdf)))
        font, object_ = self._fonts[-1]
        return content(placed, to_user, to_shown, font, self._named(page, object_))

    def _named(self, page: Any, font: Any) -> str:
        """The name of ``font`` in the resources of ``page``: the one that it has, or one that nothing in them has."""
        resources = page.resources
        fonts = resources.get("/Font", {})
        if (known := next((name for name, one in fonts.items() if one.objgen == font.objgen), None)) is not None:
            return str(known)
        taken = {
            name for kind in resources.as_dict().values() if isinstance(kind, self._package.Dictionary) for name in kind
        }
        name = next(f"/F{number}" for number in range(len(taken) + 1) if f"/F{number}" not in taken)
        page.add_resource(font, self._package.Name.Font, self._package.Name(name))
        return name

    def finish(self) -> None:
        """All pages are done."""
        for font, _ in self._fonts:
            font.finish()
        self.true_text.mend()

    @property
    def changed(self) -> bool:
        """Whether any page got a layer, or any font another map."""
        return bool(self.meant or self.true_text.mended)

    def checked(self, path: Path, password: str | None) -> tuple[list[Remark], bool]:
        """Read the file at ``path`` back; what does not come back is undone.

        Returns:
            What must be said of it, and whether something was undone, so that the file must be written again.
        """
        back = read_back(path, password, self.meant)
        lost = {number: page.missing for number, page in back.items() if page.missing}
        remarks = [*lines_apart(back), *self._undo(lost)]
        mended = self.true_text.mended
        missing = read_back(path, password, mended)
        false = any(len(page.missing) > _MISSING * len(mended[number].split()) for number, page in missing.items())
        if false:
            self.true_text.undo()
        return [*remarks, *self._of_own_text()], bool(lost) or false

    def _of_own_text(self) -> Iterator[Remark]:
        """What became of the text of pages that show it themselves, and that cannot be copied as they look."""
        for number in self._false:
            said = f"page {number} keeps the text that it shows itself"
            if number in self.true_text.mended:
                yield Remark(f"{said}; what its characters stand for was put right")
            else:
                yield Remark(f"{said}, though it cannot be copied as it looks", ExitCode.DOUBTFUL)

    def _undo(self, lost: Mapping[int, Sequence[str]]) -> list[Remark]:
        """Give pages whose words do not come back the content that they had."""
        remarks = []
        for number, words in lost.items():
            page = self._pdf.pages[number - 1]
            for key, before in zip(("/Contents", "/Resources"), self._before[number], strict=True):
                if before is not None:
                    page.obj[key] = before
                elif key in page.obj:
                    del page.obj[key]
            said = ", ".join(map(repr, words[:_TOLD])) + (" …" if len(words) > _TOLD else "")
            remarks.append(
                Remark(
                    f"page {number} stays without a new text layer: {len(words)} of its words do not come back ({said})",
                    ExitCode.DOUBTFUL,
                )
            )
        return remarks


def _letters(block: Block) -> int:
    return sum(len(line.text) for line in block.lines)


def _beside(block: Block, taken: Sequence[Box]) -> Block | None:
    """``block`` without the lines that stand where the page shows text of its own; None where nothing is left."""
    lines = tuple(line for line in block.lines if not _covered(line.box, taken))
    return msgspec.structs.replace(block, lines=lines) if lines else None


def _covered(box: Box, taken: Sequence[Box]) -> bool:
    return sum(box.intersection(other) for other in taken) > _COVERED * box.area
