"""Put kernels into a transformers model, and take them out again.

A model's layers find their attention function by the name in their sub-model's configuration. Each plug registers a function
and a mask function under names of its own and writes these names into the configurations of one model, so two models with
different kernels do not meet. The name for a vision encoder contains "flash": only then do Qwen's hand over all images in
one call. Its other letters keep clear of transformers' own checks, which take "flash" with a digit after it for a version.
"""

from __future__ import annotations

import weakref
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping
from functools import cache
from itertools import count
from typing import TYPE_CHECKING, get_args

from ocroute.errors import UsageError
from ocroute.kernels.adaptor.plugged import Kept, Plugged, Replaced
from ocroute.kernels.base import SUB_MODELS, Kernel, Refused, SubModel
from ocroute.kernels.this_machine import platform_of
from ocroute.machine import inspect

if TYPE_CHECKING:
    from transformers import PretrainedConfig, PreTrainedModel

    from ocroute.kernels.adaptor.layers import Group
    from ocroute.kernels.adaptor.selection import Attend, Selected

    KernelLike = str | Kernel | Attend

_PREFIX = "ocroute"
_SUFFIX: dict[SubModel, str] = {"vision": "packed-flash", "text": "causal"}
_serial = count(1)


def plug_into(
    model: PreTrainedModel,
    kernel: KernelLike | Mapping[SubModel, KernelLike] | None = None,
    *,
    longest: Mapping[SubModel, int] | None = None,
    quantized: bool = False,
    only: Collection[SubModel] = get_args(SubModel),
) -> Plugged:
    """Let a kernel compute the attention of a transformers model.

    Bidirectional encoders and causal prefill go to the kernel, packed, without padding. Decode, and every call with something
    that packed attention cannot say (dropout, sliding windows, masks beyond padding ...), goes to PyTorch's attention; the
    handle's ``declined`` says what and why. A back end of PyTorch that was seen wrong here is not used for it.

    Args:
        model: loaded with PyTorch's attention ("sdpa"), which is the default, and on its device.
        kernel: left out, vision encoder and decoder each get the fastest that is proven for them here, and keep PyTorch's
            attention where none is. Or a registered name, a kernel, or a bound ``attend``; or one for ``"vision"`` and one for
            ``"text"``, of which either may be left out.
        longest: tokens of the longest sequence to come in either, to choose for; as long as proofs reach if not said.
        quantized: whether kernels that compute in fewer bits may be chosen.
        only: of which of the two a kernel may be chosen.

    Returns:
        The handle: what was plugged, what was left alone and why, and ``undo()``.

    Raises:
        UsageError: the model is no transformers model, is plugged already, or there is no such kernel or sub-model.
        Refused: the kernel that was named cannot run here or was seen wrong here, or nothing in the model can take it.
        EngineUnavailable: proofs speak against all that could compute it.
    """
    from transformers import PreTrainedModel

    from ocroute.kernels.adaptor.layers import survey

    if not isinstance(model, PreTrainedModel):
        raise UsageError(f"{type(model).__name__} is not a transformers model")
    wanted = None if kernel is None else _by_sub_model(kernel)
    select = _selector(wanted, longest or {}, frozenset(only), quantized=quantized)
    groups, left = survey(model)
    chosen: list[tuple[Group, Selected]] = []
    for group in groups:
        _check_unplugged(group.config)
        found = group.obstacle() or select(group)
        if isinstance(found, str):
            left.append(group.kept(found))
        else:
            chosen.append((group, found))
    if wanted is not None and not chosen:
        raise Refused(f"nothing in {type(model).__name__} can take this kernel: {_reasons(left)}")
    return _plug(model, chosen, left)


def _selector(
    wanted: Mapping[SubModel, KernelLike] | None,
    longest: Mapping[SubModel, int],
    only: Collection[SubModel],
    *,
    quantized: bool,
) -> Callable[[Group], Selected | str]:
    """What says for a group of layers what computes its attention, or why PyTorch's stays."""
    from ocroute.kernels.adaptor.selection import fastest, given

    machine = inspect()
    platform_on = cache(lambda gpu: platform_of(machine, gpu))

    def select(group: Group) -> Selected | str:
        platform, problem = platform_on(group.gpu(machine)), group.problem(1)
        if wanted is not None:
            if group.sub_model not in wanted:
                return f"no kernel was given for {group.sub_model}"
            return given(wanted[group.sub_model], problem, platform)
        if group.sub_model not in only:
            return f"no kernel is wanted for the {SUB_MODELS[group.sub_model]}"
        if problem is None:
            return f"{type(group.config).__name__} does not tell the heads of its layers, so no proof can be looked up"
        return fastest(problem, longest.get(group.sub_model), platform, quantized=quantized)

    return select


def _plug(model: PreTrainedModel, chosen: list[tuple[Group, Selected]], left: list[Kept]) -> Plugged:
    from ocroute.kernels.adaptor.fallback import PyTorch
    from ocroute.kernels.adaptor.kernel_attention import Guarded, KernelAttention

    parts: list[Replaced] = []
    before: list[tuple[PretrainedConfig, str, str | None]] = []
    served: Counter[SubModel] = Counter()
    declined: Counter[str] = Counter()
    fallbacks = [PyTorch(one.condemned) for _, one in chosen]  # all of them before anything is changed
    for (group, one), pytorch in zip(chosen, fallbacks, strict=True):
        key = f"{_PREFIX}-{next(_serial)}-{_SUFFIX[group.sub_model]}"
        _register(key, KernelAttention(one.attend, group.sub_model, group.modules, served, declined, pytorch))
        before.append((group.config, key, group.config._attn_implementation_internal))
        # The public setter would hand the name down to sub-configurations, or refuse it; this attribute is what both set.
        group.config._attn_implementation_internal = key
        parts.append(Replaced(group.path, group.sub_model, one.kernel, len(group.modules), one.proven, one.reason))
    forgetting = weakref.finalize(model, forget, [key for _, key, _ in before])

    def restore() -> None:
        for config, key, implementation in before:
            if config._attn_implementation_internal == key:  # else someone has set another since
                config._attn_implementation_internal = implementation
        forgetting()

    guards = tuple((group.sub_model, one.attend) for group, one in chosen if isinstance(one.attend, Guarded))
    return Plugged(tuple(parts), tuple(left), guards, served, declined, restore)


def _by_sub_model(kernel: KernelLike | Mapping[SubModel, KernelLike]) -> Mapping[SubModel, KernelLike]:
    wanted: Mapping[SubModel, KernelLike] = (
        kernel if isinstance(kernel, Mapping) else {"vision": kernel, "text": kernel}
    )
    unknown = [str(name) for name in wanted if name not in SUB_MODELS]
    if unknown or not wanted:
        raise UsageError(f"no sub-model is called {', '.join(unknown) or '(none)'}", next_step="Use: vision, text")
    return wanted


def _check_unplugged(config: PretrainedConfig) -> None:
    if str(config._attn_implementation_internal).startswith(f"{_PREFIX}-"):
        raise UsageError(
            "a kernel is plugged into this model, or into one with the same configuration object",
            next_step="Call undo() on the handle of that plug first",
        )


def _reasons(left: list[Kept]) -> str:
    return (
        "; ".join(f"{each.path or 'model'} ({each.attention}): {each.reason}" for each in left) or "it has no attention"
    )


def _register(key: str, function: Callable[..., object]) -> None:
    from transformers import AttentionInterface, AttentionMaskInterface

    from ocroute.kernels.adaptor.masks import mask

    AttentionInterface.register(key, function)
    AttentionMaskInterface.register(key, mask)


def forget(keys: Iterable[str]) -> None:
    """Take names out of the tables of attention and mask functions."""
    from transformers import AttentionInterface, AttentionMaskInterface

    for key in keys:  # the tables have no public way to forget
        AttentionInterface._global_mapping.pop(key, None)
        AttentionMaskInterface._global_mapping.pop(key, None)
