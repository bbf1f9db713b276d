"""A page so dark that nothing could be seen on it."""

from __future__ import annotations

from typing import ClassVar, Final

from ocroute.document.model import Finding
from ocroute.engines.base import EngineInfo, Reading, Task
from ocroute.judge.reading_pieces import is_wordless
from ocroute.pages.page import InputPage
from ocroute.raster.grey import grey_of

DARK: Final = 100  # grey below which no paper is, however grey or dimly lit
SHARE: Final = 0.9  # of the page that is darker
STEP: Final = 8  # pixels from one to the next that is looked at


class Dark:
    """Speaks when nearly all of the page is dark and the engine wrote nothing: a lid left open, a lamp that failed, a night."""

    summary: ClassVar[str] = "the page is dark all over, and nothing was read"
    limit: ClassVar[float] = SHARE  # of the page

    def check(self, page: InputPage, reading: Reading, *, engine: EngineInfo, task: Task) -> Finding | None:
        """The share of the page that is dark, where nothing was read."""
        return dark(page) if is_wordless(reading) else None


def dark(page: InputPage) -> Finding | None:
    """What says that ``page`` is too dark to show whether anything is printed on it; None where it is not."""
    share = float((grey_of(page)[::STEP, ::STEP] < DARK).mean())
    if share < SHARE:
        return None
    what = f"Nothing can be seen: {share:.0%} of the page is dark."
    step = "If it is no dark page, scan or photograph it again, lighter and with the lid closed"
    return Finding("dark", round(share, 4), SHARE, what, weight=1.0, next_step=step)
