"""Inputs that are no file: bytes, file objects, standard input, pipes, PIL images and arrays become files, which worker processes
can open too.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, cast

from ocroute.errors import CorruptInput, InputError, OcrouteError, OutputError, UnsupportedInput, UsageError
from ocroute.pages.inputs import InputFile
from ocroute.pages.sniff import HEAD_BYTES, describe, kind_of

if TYPE_CHECKING:
    import numpy as np
    from PIL import Image

    PageInput = str | os.PathLike[str] | bytes | bytearray | memoryview | BinaryIO | Image.Image | np.ndarray[Any, Any]
    """What is read as one input: a path, the bytes of a file or a file object that gives them, a picture, or an array of
    uint8, H x W x 3 in the order RGB or H x W for grey, origin top left."""

MAX_STREAM_BYTES = 2 << 30
"""The most that is kept of what has no size beforehand: a pipe, or a file object."""

_PIECE = 1 << 20
_KINDS = "a path, bytes, a file object, a PIL image or an array (H x W x 3, uint8)"
_TO_BYTES = 'Give it H x W x 3 (RGB) or H x W (grey), e.g.: (array * 255).astype("uint8") for values from 0 to 1'


def is_path(given: object) -> bool:
    """Whether it names a file rather than being one."""
    return isinstance(given, str | os.PathLike)


def is_input(given: object) -> bool:
    """Whether it is one input rather than several."""
    kinds = ("__array_interface__", "read")
    return (
        is_path(given)
        or isinstance(given, bytes | bytearray | memoryview)
        or any(hasattr(given, kind) for kind in kinds)
    )


def name_of(given: object) -> str:
    """What to call an input that is no path in records and errors: its file's name where it knows one."""
    for attribute in ("name", "filename"):
        name = getattr(given, attribute, None)
        if isinstance(name, str | os.PathLike) and os.fspath(name):
            return os.fsencode(name).decode(errors="replace")
    kind = "bytes" if isinstance(given, bytes | bytearray | memoryview) else type(given).__name__.lower()
    return f"<{kind}>"


def spool(given: object, path: Path) -> None:
    """Write an input that is no path to ``path``, a file that `ocroute.pages.open_input` opens. Pixels are kept as they are.

    Raises:
        InputError: what it holds is no page: no bytes, no pixels, more than `MAX_STREAM_BYTES`; or it fails while it is read.
        UsageError: it is of no kind that can be read, such as another type of numbers, or a file that is closed.
        OutputError: there is no room for it.
    """
    writer = _writer(given)
    try:
        with path.open("wb") as file:
            writer(file)
    except OcrouteError:
        raise
    except OSError as error:
        raise OutputError(
            f"{name_of(given)} cannot be kept in {path.parent}: {(error.strerror or str(error)).lower()}",
            next_step="Free some space there, or set TMPDIR to a folder with more",
        ) from error


def _writer(given: object) -> Callable[[BinaryIO], object]:
    if isinstance(given, bytes | bytearray | memoryview):
        data = bytes(given)
        if not data:
            raise CorruptInput("these bytes are empty", next_step="Give the content of an image or a PDF")
        return lambda file: file.write(data)
    if "PIL.Image" in sys.modules and isinstance(given, sys.modules["PIL.Image"].Image):
        return _picture(cast("Image.Image", given))
    if hasattr(given, "__array_interface__"):
        return _array(given)
    if callable(getattr(given, "read", None)):
        return lambda file: _copy(cast("BinaryIO", given), file)
    raise UsageError(f"{type(given).__name__} is nothing that can be read", next_step=f"Give {_KINDS}")


def spool_stream(given: InputFile, path: Path) -> None:
    """Write what comes out of standard input, a pipe or a device to ``path``.

    Raises:
        InputError: it is closed, empty, too long, of a kind that cannot be read, or fails.
        OutputError: there is no room for it.
    """
    try:
        if given.stdin:
            spool(_standard_input(), path)
            return
        with Path(given.path).open("rb") as stream:
            spool(stream, path)
    except UsageError as error:  # for a program a wrong argument, here what somebody has typed
        raise InputError(error.message, next_step=error.next_step) from error
    except OSError as error:
        raise InputError(
            f"{given.path} cannot be read: {(error.strerror or str(error)).lower()}", next_step="Check the path"
        ) from error


def _standard_input() -> object:
    pipe = "Pipe a file into it: cat FILE | ocroute read -"
    if sys.stdin is None or sys.stdin.closed:
        raise InputError("standard input is closed", next_step=pipe)
    if sys.stdin.isatty():
        raise InputError("standard input is the terminal", next_step=pipe)
    return getattr(sys.stdin, "buffer", sys.stdin)


def _copy(given: BinaryIO, file: BinaryIO) -> None:
    """All that is left in a file object, if it begins like a page."""
    name = name_of(given)
    pieces, begun, size = _pieces(given, name), b"", 0
    for piece in pieces:
        begun += piece
        if len(begun) >= HEAD_BYTES:
            break
    if not begun:
        raise CorruptInput(
            f"{name} gives no bytes", next_step="Look at what writes to it; where it was read before: file.seek(0)"
        )
    if kind_of(begun[:HEAD_BYTES]) is None:
        what, next_step = describe(begun[:HEAD_BYTES])
        raise UnsupportedInput(f"{name} is not an image or PDF but {what}", next_step=next_step)
    for piece in chain([begun], pieces):
        size += len(piece)
        if size > MAX_STREAM_BYTES:
            limit = MAX_STREAM_BYTES / (1 << 30)
            raise InputError(
                f"{name} is longer than {limit:g} GiB, the most that is kept of a stream",
                next_step="Save it as a file, which may be longer, and give its path",
            )
        file.write(piece)


def _pieces(given: BinaryIO, name: str) -> Iterator[bytes]:
    """What a file object gives, piece by piece; its failures are told from those of the disk that they are copied to, and from
    such as only a wrong argument has: one that is closed, or open for writing.
    """
    begun = False
    while True:
        try:
            piece = given.read(_PIECE if begun else HEAD_BYTES)
        except Exception as error:  # a file object may be anyone's
            if begun or not isinstance(error, ValueError | TypeError | AttributeError):
                raise CorruptInput(
                    f"{name} failed before its end: {type(error).__name__}: {error}",
                    next_step="Read it whole first, and give its bytes",
                ) from error
            raise UsageError(
                f"{name} cannot be read from: {error}", next_step="Give a file that is open for reading"
            ) from error
        if not isinstance(piece, bytes):
            raise UsageError(f"{name} gives {type(piece).__name__}, not bytes", next_step='Open it with mode "rb"')
        if not piece:
            return
        begun = True
        yield piece


def _array(given: Any) -> Callable[[BinaryIO], object]:
    import numpy as np
    from PIL import Image

    array: np.ndarray[Any, Any] = np.asarray(given)
    told = f"an array of {' x '.join(map(str, array.shape)) or 'no size'}, {array.dtype},"
    if array.dtype != np.uint8:
        raise UsageError(f"{told} is no picture of bytes", next_step=_TO_BYTES)
    if array.ndim == 3 and array.shape[2] == 1:
        array = array[:, :, 0]
    if array.ndim not in (2, 3) or (array.ndim == 3 and array.shape[2] != 3):
        channels = "Leave its transparency out: array[..., :3]" if array.shape[2:] == (4,) else _TO_BYTES
        raise UsageError(f"{told} is no picture of grey or RGB", next_step=channels)
    if not array.size:
        raise CorruptInput(f"{told} has no pixels", next_step="Look at how it was cut")
    return _picture(Image.fromarray(np.ascontiguousarray(array)))


def _picture(image: Image.Image) -> Callable[[BinaryIO], object]:
    from PIL import ImageOps

    if not image.width or not image.height:
        raise CorruptInput(
            f"a picture of {image.width} x {image.height} has no pixels", next_step="Look at how it was cut"
        )
    try:
        upright = ImageOps.exif_transpose(image)
        if upright.mode not in ("1", "L", "LA", "P", "RGB", "RGBA", "I;16"):
            upright = upright.convert("RGB")
    except Exception as error:  # Pillow opens lazily: a torn or closed file is seen here
        raise CorruptInput(
            f"{name_of(image)} cannot be decoded: {error}", next_step="Give the path of its file instead"
        ) from error
    known = _resolution(image)
    # Without a loss; the level is the fastest, a tenth of a second for a large page.
    return lambda file: upright.save(file, "PNG", compress_level=1, **known)


def _resolution(image: Image.Image) -> dict[str, Any]:
    try:
        across, down = (float(value) for value in image.info["dpi"])
    except (KeyError, TypeError, ValueError, ZeroDivisionError):
        return {}
    return {"dpi": (across, down)} if 0 < across < 1e6 and 0 < down < 1e6 else {}
