"""LoRA on the linear layers of the decoder, by peft; all other weights, those of the vision tower too, stay as they are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from ocroute.engines.neural.adapters import PREFIX, added, scale_of

if TYPE_CHECKING:
    from torch import Tensor, nn

TARGETS = r"model\.layers\.\d+\.(self_attn\.[qkvo]_proj|mlp\.(gate|up|down)_proj)"
"""A whole expression, not a list of leaves: some of those names stand in vision towers too."""

_NAME = "default"  # peft's, for the one adapter


def put_in(model: Any, rank: int, *, seed: int) -> None:
    """Give the decoder of ``model`` fresh adapters in float32, which change nothing yet; nothing else takes gradients then."""
    import torch
    from peft import LoraConfig, inject_adapter_in_model

    torch.manual_seed(seed)
    config = LoraConfig(r=rank, lora_alpha=alpha(rank), target_modules=TARGETS)
    inject_adapter_in_model(config, model, _NAME, low_cpu_mem_usage=model.device.type == "meta")
    for weight in parameters(model).values():
        weight.data = weight.data.float()
    checkpointing = getattr(model.model, "activation_checkpointing_enable", None)  # since transformers 5.24
    (checkpointing or model.model.gradient_checkpointing_enable)({"use_reentrant": False})


def alpha(rank: int) -> int:
    """With which the product of the matrices is doubled."""
    return 2 * rank


def parameters(model: nn.Module) -> dict[str, nn.Parameter]:
    """The adapters' weights by the names that peft's files give them."""
    return {
        PREFIX + name.replace(f".{_NAME}.", "."): weight
        for name, weight in model.named_parameters()
        if f".{_NAME}." in name
    }


def tensors(model: nn.Module) -> dict[str, Tensor]:
    """Copies of them on the CPU."""
    return {name: weight.detach().to("cpu", copy=True) for name, weight in parameters(model).items()}


def set_to(model: nn.Module, held: Mapping[str, Tensor]) -> None:
    """Make the adapters' weights those of ``held``, which `tensors` gave.

    Raises:
        KeyError: they are of other layers.
    """
    for name, weight in parameters(model).items():
        weight.data.copy_(held[name])


@contextmanager
def merged(model: Any) -> Iterator[None]:
    """Inside the ``with`` block ``model`` reads with the adapters added to its weights, as it will where they are loaded.

    The weights themselves wait in the computer's memory and come back bit for bit: adding and subtracting would round them.
    """
    import torch
    from peft.tuners.lora import LoraLayer

    layers: list[Any] = [module for module in model.modules() if isinstance(module, LoraLayer)]
    kept = [layer.get_base_layer().weight.detach().to("cpu", copy=True) for layer in layers]
    model.eval()
    try:
        with torch.no_grad():
            for layer in layers:
                down, up = (side[_NAME].weight for side in (layer.lora_A, layer.lora_B))
                base = layer.get_base_layer()
                base.weight.data = added(base.weight, down, up, scale_of(layer.lora_alpha[_NAME], layer.r[_NAME]))
                layer.enable_adapters(False)
        yield
    finally:
        for layer, weight in zip(layers, kept, strict=True):
            layer.get_base_layer().weight.data = weight.to(model.device)
            layer.enable_adapters(True)
        model.train()
