"""The configuration of a dots.ocr checkpoint: a Qwen2 decoder's keys, and those of the vision tower beneath them."""

from __future__ import annotations

from typing import Any, ClassVar

from huggingface_hub.dataclasses import strict
from transformers import PreTrainedConfig, Qwen2Config
from transformers.configuration_utils import SubConfigSpec


@strict
class DotsVisionConfig(PreTrainedConfig):  # type: ignore[no-untyped-call]
    """The vision tower's sizes; the defaults are those of the published checkpoints.

    Attributes:
        embed_dim: width of the tower.
        hidden_size: width of what leaves it: the decoder's.
        post_norm: whether a norm stands between the last block and the merger.
    """

    model_type = "dots_vit"
    base_config_key = "vision_config"

    embed_dim: int = 1536
    hidden_size: int = 1536
    intermediate_size: int = 4224
    num_hidden_layers: int = 42
    num_attention_heads: int = 12
    num_channels: int = 3
    patch_size: int = 14
    spatial_merge_size: int = 2
    temporal_patch_size: int = 1
    rms_norm_eps: float = 1e-5
    use_bias: bool = False
    post_norm: bool = True
    is_causal: bool = False
    initializer_range: float = 0.02

    def __post_init__(self, **kwargs: Any) -> None:
        # The published file names a kernel here, for its own code only. Read as transformers' key of that name, it would ask
        # for a package that need not be installed; the choice is made by the loader.
        kwargs.pop("attn_implementation", None)
        super().__post_init__(**kwargs)  # type: ignore[no-untyped-call]
        if self.temporal_patch_size != 1 or self.is_causal:
            raise ValueError(
                "a dots.ocr vision tower looks at single frames in both directions; this checkpoint says "
                f"temporal_patch_size={self.temporal_patch_size}, is_causal={self.is_causal}"
            )
        if self.embed_dim % (4 * self.num_attention_heads):
            raise ValueError(
                f"embed_dim {self.embed_dim} over {self.num_attention_heads} heads leaves no whole number of "
                "frequencies for rows and columns"
            )


@strict
class DotsOCRConfig(Qwen2Config):  # type: ignore[no-untyped-call]
    """A checkpoint's config.json. ``image_token_id`` is the placeholder that image embeddings replace, one for each."""

    model_type = "dots_ocr"
    sub_configs_defaults: ClassVar[dict[str, SubConfigSpec]] = {"vision_config": SubConfigSpec(DotsVisionConfig)}

    vision_config: Any = None
    image_token_id: int = 151665
    video_token_id: int | None = 151656

    def __post_init__(self, **kwargs: Any) -> None:
        # It points at code inside the checkpoint's folder, which is never run here and would be missing beside a saved copy.
        kwargs.pop("auto_map", None)
        super().__post_init__(**kwargs)  # type: ignore[no-untyped-call]
        if self.vision.hidden_size != self.hidden_size:
            raise ValueError(
                f"the vision tower gives {self.vision.hidden_size} values a token, the decoder takes {self.hidden_size}"
            )

    @property
    def vision(self) -> DotsVisionConfig:
        """``vision_config``, which transformers lets be a dictionary until it is read."""
        assert isinstance(self.vision_config, DotsVisionConfig)
        return self.vision_config
