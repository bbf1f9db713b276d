"""Pages without files, and the engines that are tried on them."""

import numpy as np

from ocroute.pages.page import InputPage

NAMES = ("qwen2_vl", "got_ocr2", "deepseek_ocr", "deepseek_ocr2", "glm_ocr", "lighton_ocr")
"""Those whose model is one of transformers' own."""


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
