"""Wears drawn images as printing and scanning do, on the device, each image differently."""

from __future__ import annotations

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

        x = x + each(0, 0.75 * amount) * (_blurred(x) - x)
        ink, paper = each(0, 0.4 * amount), 1 - each(0, 0.2 * amount)
        x = ink + (paper - ink) * x
        x = x + each(0, 0.05 * amount) * torch.randn_like(x)
    return (x.clamp(0, 1) * 255).round() / 255


def _blurred(x: Tensor) -> Tensor:
    """Each pixel the mean of its nine, the near ones weighing more."""
    kernel = torch.tensor([[1.0, 2.0, 1.0], [2.0, 4.0, 2.0], [1.0, 2.0, 1.0]], device=x.device)[None, None] / 16
    return conv2d(pad(x[:, None], (1, 1, 1, 1), mode="replicate"), kernel)[:, 0]
