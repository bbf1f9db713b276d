"""Large initials go back to the word that they begin."""

from __future__ import annotations

from collections.abc import Sequence

from ocroute.layout import limits
from ocroute.layout.pieces import Piece, Scale, merged

_WORDS_OF_ONE_LETTER = frozenset("AIOYÀÉÓАВИОСУЯ")


def attach(pieces: Sequence[Piece], scale: Scale) -> list[Piece]:
    """The same pieces, each large initial joined to the first line beside it."""
    rest = list(pieces)
    for initial in pieces:
        if not _is_initial(initial, scale):
            continue
        beside = [p for p in rest if p is not initial and _stands_beside(p, initial)]
        if not beside:
            continue
        first = min(beside, key=lambda p: p.box.y0)
        # "T" + "he", but "A" + "dog": a word of one letter is set a space away where capitals do not follow.
        space = initial.text in _WORDS_OF_ONE_LETTER and first.box.x0 - initial.box.x1 > 0.4 * first.size
        whole = merged([initial, first], separator=" " if space else "")
        rest[rest.index(first)] = Piece(whole.line, first.size, first.base)
        rest.remove(initial)
    return rest


def _is_initial(piece: Piece, scale: Scale) -> bool:
    text = piece.text.strip('"“«‘')
    return len(text) == 1 and text.isupper() and piece.size > limits.INITIAL_SIZE * scale.size


def _stands_beside(piece: Piece, initial: Piece) -> bool:
    near = -0.2 * piece.size < piece.box.x0 - initial.box.x1 < 1.5 * piece.size
    middle = (piece.box.y0 + piece.box.y1) / 2
    return near and initial.box.y0 - 0.3 * piece.size < middle < initial.box.y1 and piece.size < 0.8 * initial.size
