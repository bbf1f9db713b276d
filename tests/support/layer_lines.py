"""Lines of a text layer made wrong, and set in a font."""

from ocroute.values import Font, Line, Word

_CAESAR = str.maketrans({code: chr(code + 7) for code in range(ord("A"), ord("z") + 1)})


def in_font(line: Line, name: str) -> Line:
    return Line(line.text, line.box, words=line.words, font=Font(name))


def caesar(line: Line) -> Line:
    """Each letter is the seventh after it, as where a font has another encoding than it says."""
    words = tuple(Word(word.text.translate(_CAESAR), word.box) for word in line.words)
    return Line(" ".join(word.text for word in words), line.box, words=words, font=line.font)
