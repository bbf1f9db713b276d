"""The network: PP-OCRv6 small's, with a head for our alphabet that begins with what the old head knew of it."""

from __future__ import annotations

from pathlib import Path

import torch
from bench.line_models.alphabet import ALIKE, CHARACTERS, CLASSES
from safetensors.torch import load_file
from torch import nn
from transformers import PPOCRV6SmallRecConfig, PPOCRV6SmallRecForTextRecognition

UNSEEN = 0.02  # spread of the row of a letter of which the old head knows nothing


class Lines(nn.Module):
    """(N, 3, 48, W) from -1 to 1 in, (N, W / 8, `CLASSES`) logits out."""

    def __init__(self) -> None:
        super().__init__()
        self.network = PPOCRV6SmallRecForTextRecognition(PPOCRV6SmallRecConfig(head_out_channels=CLASSES))

    def forward(self, pixels: torch.Tensor) -> torch.Tensor:
        """See the class."""
        features = self.network.model(pixels).last_hidden_state
        hidden = self.network.head.encoder(features).last_hidden_state
        logits: torch.Tensor = self.network.head.head(hidden)
        return logits


def begin(weights: Path, old: tuple[str, ...]) -> Lines:
    """The published network with the rows of the old head whose characters are ours too.

    Args:
        weights: ``PP-OCRv6_rec_small.safetensors``.
        old: what each class of its head writes, as `ocroute.ppocr.model_files.characters` gives it.
    """
    lines = Lines()
    state = load_file(weights)
    row, bias = state.pop("head.head.weight"), state.pop("head.head.bias")
    missing, unexpected = lines.network.load_state_dict(state, strict=False)
    left = [name for name in missing if not name.endswith("num_batches_tracked") and not name.startswith("head.head.")]
    if left or unexpected:
        raise ValueError(f"{weights} is no PP-OCRv6 small recogniser: {left[:3]} {unexpected[:3]}")
    place = {character: at for at, character in enumerate(old)}
    head = lines.network.head.head
    with torch.no_grad():
        nn.init.normal_(head.weight, std=UNSEEN)
        head.bias.fill_(float(bias[1:].median()))
        for at, character in enumerate(("", *CHARACTERS, " ")):
            known = place.get(character, place.get(ALIKE.get(character, "\0")))
            if known is not None:
                head.weight[at] += row[known] if character in place else 0.7 * row[known]
                head.bias[at] = bias[known] - (0 if character in place else 0.5)
    return lines
