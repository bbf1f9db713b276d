"""Pages without files."""

import numpy as np

from ocroute.pages.page import InputPage


class Sheet(InputPage):
    """A page that is an array of pixels."""

    source, number = "sheet.png", 1

    def __init__(self, pixels):
        super().__init__()
        self.pixels = np.asarray(pixels)

    @property
    def size(self):
        return self.pixels.shape[1], self.pixels.shape[0]

    def _render(self):
        return self.pixels
