"""Rotary positions of both halves, computed whenever they are asked for.

Frequencies kept as buffers that are not saved come back from loading as whatever the memory held, and a model cast to half
precision rounds them. So there are none: a few hundred numbers cost nothing beside the first matrix product.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from ocroute.models.dots_ocr.config import DotsOCRConfig

_VISION_THETA = 10000.0


def vision_angles(grids: list[tuple[int, int]], head_dim: int, merge: int, device: torch.device) -> Tensor:
    """The angles of every patch, float32 ``(patches, head_dim / 2)``: first those of its row, then those of its column.

    Args:
        grids: rows and columns of patches of each image.
        merge: patches come in blocks of ``merge`` x ``merge``, the order in which they are merged later.
    """
    quarter = head_dim // 4
    frequencies = 1.0 / _VISION_THETA ** (torch.arange(quarter, dtype=torch.float32, device=device) / quarter)
    parts = []
    for rows, columns in grids:
        row = torch.arange(rows, device=device).view(rows, 1).expand(rows, columns)
        column = torch.arange(columns, device=device).view(1, columns).expand(rows, columns)
        places = torch.stack([_in_blocks(row, merge), _in_blocks(column, merge)], dim=-1).float()
        parts.append((places[:, :, None] * frequencies).flatten(1))
    return torch.cat(parts)


def _in_blocks(grid: Tensor, merge: int) -> Tensor:
    """``(rows, columns)`` read block by block, and row by row within a block."""
    rows, columns = grid.shape
    return grid.reshape(rows // merge, merge, columns // merge, merge).permute(0, 2, 1, 3).flatten()


class TextRotary(nn.Module):
    """Cosines and sines of the decoder's positions; takes the place of the module of that name in ``Qwen2Model``."""

    def __init__(self, config: DotsOCRConfig) -> None:
        super().__init__()
        rope = config.rope_parameters
        if rope is None or rope["rope_type"] != "default" or rope["rope_theta"] is None:
            raise ValueError(f"dots.ocr has plain rotary positions; this checkpoint asks for {rope}")
        self.theta = float(rope["rope_theta"])
        self.head_dim = int(getattr(config, "head_dim", None) or config.hidden_size // config.num_attention_heads)

    def forward(self, x: Tensor, position_ids: Tensor) -> tuple[Tensor, Tensor]:
        """For ``position_ids`` ``(batch, length)``: cosines and sines ``(batch, length, head_dim)`` in the dtype of ``x``."""
        exponents = torch.arange(0, self.head_dim, 2, dtype=torch.float32, device=x.device) / self.head_dim
        angles = position_ids[:, :, None].float() * (1.0 / self.theta**exponents)
        angles = torch.cat((angles, angles), dim=-1)
        return angles.cos().to(x.dtype), angles.sin().to(x.dtype)
