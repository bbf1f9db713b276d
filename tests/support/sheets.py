"""Pages without files, the engines that are tried on them, and weights that have learnt to read."""

from pathlib import Path

import numpy as np

from ocroute.pages.page import InputPage

NAMES = ("qwen2_vl", "got_ocr2", "deepseek_ocr", "deepseek_ocr2", "glm_ocr", "lighton_ocr")
"""Those whose model is one of transformers' own."""

TRAINED = Path(__file__).parents[1] / "checkpoints"
"""A tiny checkpoint for each of several engines, and in ``pages`` what they are known to read."""


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
