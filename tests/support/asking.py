"""Pages without files, and limits that a test can wait for."""

import numpy as np

from ocroute.engines.openai.retry import Limits
from ocroute.pages.page import InputPage

HASTY = Limits(connect=2.0, page=1.5, small=1.5, tries=3, first_wait=0.01, longest_wait=0.05)


class Sheet(InputPage):
    """A page that is an array of pixels."""

    source, number = "sheet.png", 1

    def __init__(self, pixels):
        super().__init__()
        self.pixels = np.ascontiguousarray(pixels)

    @property
    def size(self):
        return self.pixels.shape[1], self.pixels.shape[0]

    def _render(self):
        return self.pixels
