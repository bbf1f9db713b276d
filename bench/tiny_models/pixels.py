"""Wears drawn images as printing and scanning do, on the device, each image differently."""

from __future__ import annotations

from functools import lru_cache

import torch
from torch import Tensor
from torch.nn.functional import conv2d, pad


def worn(images: Tensor, amount: float) -> Tensor:
    """Grey images with other ink and paper, blurred and noisy.

    Args:
        images: uint8 ``(batch, height, width)``.
        amount: 0 leaves them as they are, 1 is the most.

    Returns:
        float32 in 0..1, the same shape, in steps of 1/255 as an image file has them.
    """
    x = images.float() / 255
    if amount > 0:

        def each(low: float, high: float) -> Tensor:
            return low + (high - low) * torch.rand(len(x), 1, 1, device=x.device)

        x = x + each(0, 0.6 * amount) * (_blurred(x) - x)
        ink, paper = each(0, 0.3 * amount), 1 - each(0, 0.15 * amount)
        x = ink + (paper - ink) * x
        x = x + each(0, 0.03 * amount) * torch.randn_like(x)
    return (x.clamp(0, 1) * 255).round() / 255


def _blurred(x: Tensor) -> Tensor:
    """Each pixel the mean of its nine, the near ones weighing more."""
    return conv2d(pad(x[:, None], (1, 1, 1, 1), mode="replicate"), _kernel(x.device))[:, 0]


@lru_cache
def _kernel(device: torch.device) -> Tensor:
    return torch.tensor([[1.0, 2.0, 1.0], [2.0, 4.0, 2.0], [1.0, 2.0, 1.0]], device=device)[None, None] / 16
