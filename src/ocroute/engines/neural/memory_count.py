"""How much memory a model will take for a page, known before it is loaded.

The model is built on torch's meta device, where tensors have shapes but no contents, and run once with a page of the size in
question while the bytes of all living tensors are counted. Nothing is estimated by formula, so a model that changes is counted
as it is; what the count leaves out (workspaces of libraries, gaps between allocations) is covered by `SLACK`.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    import torch
    from torch import Tensor

SLACK = 1.06
"""Memory that is really taken, over the bytes counted: rounding and gaps in torch's allocator, library workspaces."""
COUNTED = "ocroute_counted"


@dataclass(frozen=True, slots=True)
class Need:
    """Bytes that one page takes on the model's device.

    Attributes:
        weights: all the while.
        vision: at the peak of the vision tower.
        prompt: at the peak of reading the prompt, its part of the cache included.
        answer: what the cache grows by until the longest answer ends.
    """

    weights: int
    vision: int
    prompt: int
    answer: int

    @property
    def counted(self) -> int:
        """The highest sum of living tensors."""
        return self.weights + max(self.vision, self.prompt + self.answer)

    @property
    def peak(self) -> int:
        """What must be free before the model is loaded."""
        return round(self.counted * SLACK)


def on_meta_device(build: Callable[[], Any], dtype: torch.dtype) -> Any:
    """The model that ``build`` makes, without contents, in ``dtype``, its attention set to one that only has a shape."""
    import torch

    with torch.device("meta"):
        model = build()
    return model.to(dtype).eval()


def need(model: Any, see: Callable[[Any], Any], *, tokens: int, answer: int) -> Need:
    """What a page takes.

    Args:
        model: a `on_meta_device` of a transformers model with a decoder.
        see: runs the vision part of the model that it is given, on meta tensors of the page's size.
        tokens: of the prompt, those of the image included.
        answer: the longest answer, in tokens.
    """
    with counted_attention(model):
        vision = peak_bytes(lambda: see(model))
        decoder = model.get_decoder()
        shape = (1, tokens, model.get_input_embeddings().weight.shape[1])
        prompt, cache = _prompt(decoder, shape, model.dtype)
    return Need(weights_bytes(model), vision, prompt, cache * answer // tokens)


def weights_bytes(model: Any) -> int:
    """Bytes of all parameters, shared ones once."""
    return sum(_bytes(weight) for weight in model.parameters())


def _prompt(decoder: Any, shape: tuple[int, int, int], dtype: torch.dtype) -> tuple[int, int]:
    """Peak while the prompt is read, and the bytes of the cache that remains."""
    import torch

    kept: list[Any] = []

    def read() -> None:
        embeddings = torch.empty(shape, dtype=dtype, device="meta")
        out = decoder(inputs_embeds=embeddings, use_cache=True)
        kept.append(out.cache if "cache" in out else out.past_key_values)  # its name until transformers 5.24

    peak = peak_bytes(read)
    return peak, sum(_bytes(layer.keys) + _bytes(layer.values) for layer in kept[0].layers)


def _bytes(tensor: Tensor) -> int:
    return tensor.numel() * tensor.element_size()


def peak_bytes(run: Callable[[], object], *, gradients: bool = False) -> int:
    """The most bytes that tensors made by ``run`` on the meta device would take at one time.

    Args:
        gradients: whether what is kept for a backward pass counts, and the gradients that it makes.
    """
    import torch
    from torch.utils._python_dispatch import TorchDispatchMode

    grouped = torch.ops.aten._grouped_mm.default

    class Living(TorchDispatchMode):  # type: ignore[no-untyped-call]
        """Sees every operation, and counts the storages that it makes until they are gone."""

        def __init__(self) -> None:
            super().__init__()  # type: ignore[no-untyped-call]
            self.now = self.peak = 0
            self.storages: set[int] = set()

        def __torch_dispatch__(
            self,
            operation: Any,
            types: Sequence[type],
            args: tuple[Any, ...] = (),
            kwargs: Mapping[str, Any] | None = None,
        ) -> Any:
            args, kwargs = _together(args, kwargs or {})
            given = {name for name, _ in _storages((args, kwargs))}  # a view of a weight takes no memory of its own
            # The rule for the shapes of a grouped product takes bfloat16 only, unlike the operation itself.
            out = _grouped(*args) if operation is grouped else operation(*args, **kwargs)
            for name, storage in _storages(out):
                if name not in given:
                    self._count(name, storage)
            return out

        def _count(self, name: int, storage: torch.UntypedStorage) -> None:
            if name in self.storages:
                return
            size = storage.nbytes()
            self.storages.add(name)
            self.now += size
            self.peak = max(self.peak, self.now)
            weakref.finalize(storage, self._gone, name, size)

        def _gone(self, name: int, size: int) -> None:
            self.storages.discard(name)
            self.now -= size

    with torch.enable_grad() if gradients else torch.inference_mode(), Living() as living:
        run()
    return int(living.peak)


def _grouped(rows: Tensor, experts: Tensor, *_: Any) -> Tensor:
    """``(rows, in)`` through the experts' ``(experts, in, out)``: ``(rows, out)``, without contents."""
    return rows.new_empty(rows.shape[0], experts.shape[-1])


def _storages(tree: Any) -> Iterator[tuple[int, torch.UntypedStorage]]:
    """The memory behind every tensor without contents in ``tree``, under a number of its own."""
    import torch
    from torch.utils._pytree import tree_leaves

    for tensor in tree_leaves(tree):
        if isinstance(tensor, torch.Tensor) and tensor.device.type == "meta":
            storage = tensor.untyped_storage()
            yield storage._cdata, storage


def _together(args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """Arguments of one operation, all on the meta device if one is: models read small tensors, like grids, on the CPU."""
    import torch
    from torch.utils._pytree import tree_leaves, tree_map

    tensors = [leaf for leaf in tree_leaves((args, kwargs)) if isinstance(leaf, torch.Tensor)]
    if len({tensor.device.type for tensor in tensors}) < 2:
        return args, dict(kwargs)

    def moved(leaf: Any) -> Any:
        return leaf.to("meta") if isinstance(leaf, torch.Tensor) else leaf

    return tuple(tree_map(moved, list(args))), tree_map(moved, dict(kwargs))


@contextmanager
def counted_attention(model: Any) -> Iterator[None]:
    """Give the parts of ``model`` that allow it an attention without contents: fused kernels make their output and no more."""
    import torch
    from transformers import AttentionInterface, AttentionMaskInterface

    from ocroute.kernels.adaptor.attention_interface import forget

    class Attend(torch.autograd.Function):
        """Keeps for the backward pass what fused kernels keep, and makes what they make."""

        @staticmethod
        def forward(ctx: Any, q: Tensor, k: Tensor, v: Tensor) -> Tensor:
            out = torch.empty_like(q)
            ctx.save_for_backward(q, k, v, out)
            return out

        @staticmethod
        def backward(ctx: Any, *_: Tensor) -> tuple[Tensor, ...]:
            return tuple(torch.empty_like(each) for each in ctx.saved_tensors[:3])

    def attend(module: Any, q: Tensor, k: Tensor, v: Tensor, *_: Any, **__: Any) -> tuple[Tensor, None]:  # noqa: ARG001
        made: Tensor = Attend.apply(q, k, v)  # type: ignore[no-untyped-call]
        return made.transpose(1, 2), None

    AttentionInterface.register(COUNTED, attend)
    AttentionMaskInterface.register(COUNTED, lambda *_, **__: None)
    parts = [part.config for part in model.modules() if getattr(part, "config", None) is not None]
    before = [(config, config._attn_implementation) for config in {id(config): config for config in parts}.values()]
    for config, name in before:  # outer ones come first: setting one sets those within it too
        config._attn_implementation = COUNTED if name == "sdpa" else name
    try:
        yield
    finally:
        forget([COUNTED])
        for config, name in before:
            config._attn_implementation = name
