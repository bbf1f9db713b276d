"""What the layers of a model share of a call, made once: boundaries, masks, plans. Safe on several streams and in CUDA graphs."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    import torch
    from torch import Tensor

Make = TypeVar("Make", bound=Callable[..., Any])

# What a captured graph reads at every replay: nobody can tell when the last one was.
_captured: list[Any] = []


def per_stream(most: int) -> Callable[[Make], Make]:
    """Keep the ``most`` last results of a function that makes tensors; its last argument is their device, all are hashable.

    A result is used again on the stream on which it was made only: on another one it may not be there yet. A graph is captured
    when all work before it is done, so there any will do; it is then kept for good. None is an inference tensor, since those
    cannot be saved for a backward pass.
    """

    def keeping(make: Make) -> Make:
        kept: OrderedDict[tuple[Any, int], Any] = OrderedDict()

        def made(arguments: tuple[Any, ...]) -> Any:
            import torch

            with torch.inference_mode(False):
                return make(*arguments)

        def captured(arguments: tuple[Any, ...]) -> Any:
            earlier = [value for (known, _), value in kept.items() if known == arguments]
            value = earlier[-1] if earlier else made(arguments)
            _captured.append(value)
            return value

        @wraps(make)
        def found(*arguments: Any) -> Any:
            import torch

            device: torch.device = arguments[-1]
            stream = 0
            if device.type == "cuda":
                if torch.cuda.is_current_stream_capturing():
                    return captured(arguments)
                stream = torch.cuda.current_stream(device).stream_id
            key = arguments, stream
            if key in kept:
                kept.move_to_end(key)
                return kept[key]
            kept[key] = value = made(arguments)
            if len(kept) > most:
                kept.popitem(last=False)
            return value

        return found  # type: ignore[return-value]

    return keeping


def upload(values: Tensor, device: torch.device) -> Tensor:
    """A copy of host memory on ``device``, for which the host does not wait; ordered on the current stream."""
    import torch

    if device.type != "cuda":
        return values.to(device)
    pinned = values.pin_memory()  # from ordinary memory the copy would make the host wait
    if torch.cuda.is_current_stream_capturing():
        _captured.append(pinned)
    return pinned.to(device, non_blocking=True)
