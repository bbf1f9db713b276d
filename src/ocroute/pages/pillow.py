"""Where Pillow's exceptions become ours."""

from __future__ import annotations

import struct
import warnings
import zlib
from collections.abc import Iterator
from contextlib import contextmanager

from PIL import Image, UnidentifiedImageError

from ocroute.errors import CorruptInput, InputError, PageTooLarge, UnsupportedInput

FORMATS = ("PNG", "JPEG", "TIFF", "WEBP", "BMP", "DIB", "GIF", "JPEG2000", "AVIF", "PPM")
"""The decoders that may be tried (JPEG opens MPO too). Others (EPS, FITS, ...) start programs or hold no pages."""

FOREIGN: dict[type[Exception], type[InputError]] = {
    UnidentifiedImageError: CorruptInput,
    NotImplementedError: UnsupportedInput,
    Image.DecompressionBombError: PageTooLarge,
    MemoryError: PageTooLarge,
    EOFError: CorruptInput,
    SyntaxError: CorruptInput,  # Pillow's word for a broken header
    struct.error: CorruptInput,
    zlib.error: CorruptInput,
    OSError: CorruptInput,
    ValueError: CorruptInput,
    TypeError: CorruptInput,  # this and the next ones: decoders that trip over a missing or absurd tag
    AttributeError: CorruptInput,
    LookupError: CorruptInput,
    ArithmeticError: CorruptInput,
    RuntimeError: CorruptInput,
}
"""What Pillow's decoders raise, and what it means here. The first row that fits counts."""

_NEXT_STEP: dict[type[InputError], str] = {
    CorruptInput: "Copy, download or scan it again",
    PageTooLarge: "Reduce it first, e.g.: vips thumbnail in.tif out.png 8000",
    UnsupportedInput: "Save it as PNG",
}


@contextmanager
def decoding(name: str) -> Iterator[None]:
    """What goes wrong in Pillow inside this block is raised as an InputError about ``name``.

    Pillow's own limit on pixels is lifted meanwhile: it knows no page of 35,000 x 35,000 bits. We hold images against the
    memory that there is instead.
    """
    limit = Image.MAX_IMAGE_PIXELS
    Image.MAX_IMAGE_PIXELS = None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # odd metadata: the pixels tell whether it matters
            yield
    except tuple(FOREIGN) as error:
        ours = next(ours for foreign, ours in FOREIGN.items() if isinstance(error, foreign))
        reason = " ".join(str(error).split()) or type(error).__name__
        if isinstance(error, UnidentifiedImageError):
            reason = "it starts like an image, but its header makes no sense"
        raise ours(f"{name} cannot be decoded: {reason}", next_step=_NEXT_STEP[ours]) from error
    finally:
        Image.MAX_IMAGE_PIXELS = limit
