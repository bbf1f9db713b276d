"""The vision tower: patches of a page to embeddings for the decoder. Attribute names are those of the checkpoint's tensors."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from transformers import PreTrainedModel
from transformers.modeling_utils import ALL_ATTENTION_FUNCTIONS

from ocroute.kernels.packed import boundaries
from ocroute.models.dots_ocr.config import DotsVisionConfig
from ocroute.models.dots_ocr.rotary import vision_angles
from ocroute.runtime.fused import add_norm, gated, rotate_pair


class DotsRMSNorm(nn.Module):
    """Root mean square norm in float32; the weight is applied after the cast back."""

    def __init__(self, width: int, eps: float) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(width))
        self.eps = eps

    def forward(self, x: Tensor) -> Tensor:
        """``(..., width)`` to the same shape and type."""
        return add_norm(x, None, self.weight, self.eps)[1]


class DotsPatchifier(nn.Module):
    """Flat patches ``(N, channels * patch * patch)`` to ``(N, embed_dim)``, computed in the type of the weights."""

    def __init__(self, config: DotsVisionConfig) -> None:
        super().__init__()
        self.shape = (config.num_channels, config.patch_size, config.patch_size)
        self.proj = nn.Conv2d(config.num_channels, config.embed_dim, config.patch_size, config.patch_size)
        self.norm = DotsRMSNorm(config.embed_dim, config.rms_norm_eps)

    def forward(self, pixels: Tensor) -> Tensor:
        """One embedding a patch."""
        patches = pixels.to(self.proj.weight.dtype).view(-1, *self.shape)
        embeddings: Tensor = self.norm(self.proj(patches).flatten(1))
        return embeddings


class DotsPatchEmbed(nn.Module):
    """Holds the patchifier under the name that the checkpoint gives it."""

    def __init__(self, config: DotsVisionConfig) -> None:
        super().__init__()
        self.patchifier = DotsPatchifier(config)

    def forward(self, pixels: Tensor) -> Tensor:
        """As the patchifier."""
        embeddings: Tensor = self.patchifier(pixels)
        return embeddings


class Pack:
    """Where each image of a call begins, made once and read by all layers.

    Attributes:
        lengths: patches of each image.
        cu: int32 ``(images + 1,)`` on the device.
        cos, sin: float32 ``(patches, head_dim / 2)``.
    """

    def __init__(self, grids: list[tuple[int, int, int]], config: DotsVisionConfig, device: torch.device) -> None:
        frames = [(rows, columns) for times, rows, columns in grids for _ in range(times)]
        self.lengths = [rows * columns for rows, columns in frames]
        self.cu = boundaries(self.lengths, device)
        head_dim = config.embed_dim // config.num_attention_heads
        angles = vision_angles(frames, head_dim, config.spatial_merge_size, device)
        self.cos, self.sin = angles.cos(), angles.sin()


class DotsVisionAttention(nn.Module):
    """Attention in both directions among the patches of one image, computed by the function that the configuration names.

    Functions for packed sequences, whose names contain ``flash`` by transformers' custom, get all images in one call with the
    boundaries; any other gets one call an image. There is never a mask, so no memory that grows with the square of the
    number of patches, unless the function itself takes it.
    """

    def __init__(self, config: DotsVisionConfig) -> None:
        super().__init__()
        self.config = config
        self.heads = config.num_attention_heads
        self.scaling = (config.embed_dim // self.heads) ** -0.5
        self.num_key_value_groups = 1  # read by transformers' attention functions
        self.is_causal = False
        self.qkv = nn.Linear(config.embed_dim, 3 * config.embed_dim, bias=config.use_bias)
        self.proj = nn.Linear(config.embed_dim, config.embed_dim, bias=config.use_bias)

    def forward(self, x: Tensor, pack: Pack) -> Tensor:
        """``x`` ``(patches, embed_dim)`` to the same shape."""
        q, k, v = rotate_pair(self.qkv(x).view(x.shape[0], 3, self.heads, -1), pack.cos, pack.sin)
        name = self.config._attn_implementation
        attend = ALL_ATTENTION_FUNCTIONS.get_interface(name, _eager)
        if "flash" in name:
            longest = max(pack.lengths)
            out = self._call(
                attend,
                q,
                k,
                v,
                cu_seq_lens_q=pack.cu,
                cu_seq_lens_k=pack.cu,
                max_length_q=longest,
                max_length_k=longest,
            )
        elif len(pack.lengths) == 1:
            out = self._call(attend, q, k, v)
        else:
            images = zip(*(torch.split(states, pack.lengths) for states in (q, k, v)), strict=True)
            out = torch.cat([self._call(attend, *image) for image in images])
        mixed: Tensor = self.proj(out.flatten(1))
        return mixed

    def _call(self, attend: Any, q: Tensor, k: Tensor, v: Tensor, **packing: Any) -> Tensor:
        """``(patches, heads, head_dim)`` each, through the batch-first form of transformers' attention functions."""
        q, k, v = (states.transpose(0, 1)[None] for states in (q, k, v))
        out: Tensor = attend(
            self, q, k, v, attention_mask=None, scaling=self.scaling, dropout=0.0, is_causal=False, **packing
        )[0]
        return out[0]


def _eager(_: nn.Module, q: Tensor, k: Tensor, v: Tensor, *, scaling: float, **_options: Any) -> tuple[Tensor, Tensor]:
    """Plain attention with its whole score matrix: the reference, for small images. Only ever called without a mask."""
    scores = (q @ k.transpose(-1, -2) * scaling).float().softmax(-1).to(q.dtype)
    return (scores @ v).transpose(1, 2), scores


class DotsSwiGLU(nn.Module):
    """The gated feed-forward part: ``fc1`` is the gate, ``fc3`` what it lets through, ``fc2`` the way back."""

    def __init__(self, config: DotsVisionConfig) -> None:
        super().__init__()
        self.fc1 = nn.Linear(config.embed_dim, config.intermediate_size, bias=config.use_bias)
        self.fc2 = nn.Linear(config.intermediate_size, config.embed_dim, bias=config.use_bias)
        self.fc3 = nn.Linear(config.embed_dim, config.intermediate_size, bias=config.use_bias)

    def forward(self, x: Tensor) -> Tensor:
        """``(patches, embed_dim)`` to the same shape."""
        passed: Tensor = self.fc2(gated(self.fc1(x), self.fc3(x)))
        return passed


class DotsVisionBlock(nn.Module):
    """One layer: attention, then the feed-forward part, each behind a norm."""

    def __init__(self, config: DotsVisionConfig) -> None:
        super().__init__()
        self.norm1 = DotsRMSNorm(config.embed_dim, config.rms_norm_eps)
        self.attn = DotsVisionAttention(config)
        self.norm2 = DotsRMSNorm(config.embed_dim, config.rms_norm_eps)
        self.mlp = DotsSwiGLU(config)

    def forward(self, x: Tensor, delta: Tensor | None, pack: Pack) -> tuple[Tensor, Tensor]:
        """``(patches, embed_dim)`` each: the stream and what the layer before adds to it, to the same after this layer."""
        x, inner = add_norm(x, delta, self.norm1.weight, self.norm1.eps)
        x, inner = add_norm(x, self.attn(inner, pack), self.norm2.weight, self.norm2.eps)
        return x, self.mlp(inner)


class DotsPatchMerger(nn.Module):
    """Joins each block of patches into one embedding for the decoder."""

    def __init__(self, config: DotsVisionConfig) -> None:
        super().__init__()
        self.width = config.embed_dim * config.spatial_merge_size**2
        self.ln_q = nn.LayerNorm(config.embed_dim, eps=1e-6)
        self.mlp = nn.Sequential(
            nn.Linear(self.width, self.width), nn.GELU(), nn.Linear(self.width, config.hidden_size)
        )

    def forward(self, x: Tensor) -> Tensor:
        """``(patches, embed_dim)`` to ``(patches / merge ** 2, hidden_size)``."""
        merged: Tensor = self.mlp(self.ln_q(x).view(-1, self.width))
        return merged


class DotsVisionTower(PreTrainedModel):  # type: ignore[no-untyped-call]
    """The whole tower; a transformers model of its own so that its attention can be set apart from the decoder's."""

    config: DotsVisionConfig
    config_class = DotsVisionConfig
    main_input_name = "pixels"
    _supports_sdpa = True
    _supports_flash_attn = True
    _supports_flex_attn = True
    _supports_attention_backend = True

    def __init__(self, config: DotsVisionConfig) -> None:
        super().__init__(config)
        self.patch_embed = DotsPatchEmbed(config)
        self.blocks = nn.ModuleList(DotsVisionBlock(config) for _ in range(config.num_hidden_layers))
        if config.post_norm:
            self.post_trunk_norm = DotsRMSNorm(config.embed_dim, config.rms_norm_eps)
        self.merger = DotsPatchMerger(config)
        self.post_init()  # type: ignore[no-untyped-call]

    def forward(self, pixels: Tensor, grid_thw: Tensor) -> Tensor:
        """Embeddings of all images, one after the other.

        Args:
            pixels: ``(patches, channels * patch * patch)``, block by block as ``inputs.patchify`` gives them; any float type.
            grid_thw: integers ``(images, 3)``: frames, rows and columns of patches. On the CPU it costs no waiting.

        Returns:
            ``(patches / merge ** 2, hidden_size)`` in the type of the weights.
        """
        grids = [(int(times), int(rows), int(columns)) for times, rows, columns in grid_thw.tolist()]
        pack = Pack(grids, self.config, pixels.device)
        if sum(pack.lengths) != pixels.shape[0]:
            raise ValueError(f"{pixels.shape[0]} patches came for grids {grids}, which have {sum(pack.lengths)}")
        x = self.patch_embed(pixels)
        delta = None
        for block in self.blocks:
            x, delta = block(x, delta, pack)
        if delta is not None:
            x = x + delta
        if self.config.post_norm:
            x = self.post_trunk_norm(x)
        merged: Tensor = self.merger(x)
        return merged
