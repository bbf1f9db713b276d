"""Put kernels into a transformers model, and take them out again.

A model's layers find their attention function by the name in their sub-model's configuration. Each plug registers a function
and a mask function under names of its own and writes these names into the configurations of one model, so two models with
different kernels do not meet. The name of a vision tower contains "flash": only then do Qwen's towers hand over all images in
one call. Its other letters keep clear of transformers' own checks, which take "flash" with a digit after it for a version.
"""

from __future__ import annotations

import weakref
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from itertools import count
from typing import TYPE_CHECKING

from ocroute.errors import UsageError
from ocroute.kernels.adaptor.choose import Chosen
from ocroute.kernels.adaptor.handle import Attend, Left, Part, Plugged, Role
from ocroute.kernels.base import KERNELS, Kernel, Refused

if TYPE_CHECKING:
    from transformers import PretrainedConfig, PreTrainedModel

KernelLike = str | Kernel | Attend | Chosen

_PREFIX = "ocroute"
_SUFFIX: dict[Role, str] = {"vision": "packed-flash", "text": "causal"}
_serial = count(1)


def plug_into(
    model: PreTrainedModel,
    kernel: KernelLike | Mapping[Role, KernelLike] | None = None,
    *,
    longest: Mapping[Role, int] | None = None,
    quantised: bool = False,
) -> Plugged:
    """Let a kernel compute the attention of a transformers model.

    Bidirectional towers and causal prefill go to the kernel, packed, without padding. Decode, and every call with something
    that packed attention cannot say (dropout, sliding windows, masks beyond padding ...), goes to PyTorch's attention; the
    handle's ``declined`` says what and why. A back end of PyTorch that was seen wrong here is not used for it.

    Args:
        model: loaded with PyTorch's attention ("sdpa"), which is the default, and on its device.
        kernel: left out, each half gets the fastest that is proven for it here, and keeps PyTorch's attention where none is.
            Or a registered name, a kernel, or a bound ``attend``; or one for ``"vision"`` and one for ``"text"``, of which
            either may be left out.
        longest: tokens of the longest sequence to come in either half, to choose for; as long as proofs reach if not said.
        quantised: whether kernels that compute in fewer bits may be chosen.

    Returns:
        The handle: what was plugged, what was left alone and why, and ``undo()``.

    Raises:
        UsageError: the model is no transformers model, is plugged already, or there is no such kernel or role.
        Refused: the kernel that was named cannot run here or was seen wrong here, or nothing in the model can take it.
        EngineUnavailable: proofs speak against all that could compute it.
    """
    from transformers import PreTrainedModel

    from ocroute.kernels.adaptor.layers import survey
    from ocroute.kernels.adaptor.suit import Suited, automatic, suited

    if not isinstance(model, PreTrainedModel):
        raise UsageError(f"{type(model).__name__} is not a transformers model")
    wanted = None if kernel is None else _by_role(kernel)
    groups, left = survey(model)
    chosen: list[Suited] = []
    for group in groups:
        _check_unplugged(group.config)
        found: Suited | str = group.obstacle() or ""
        if not found and wanted is None:
            found = automatic(group, (longest or {}).get(group.role), quantised=quantised)
        elif not found and wanted is not None:
            found = (
                suited(group, *wanted[group.role]) if group.role in wanted else f"no kernel was given for {group.role}"
            )
        if isinstance(found, str):
            left.append(group.left(found))
        else:
            chosen.append(found)
    if wanted is not None and not chosen:
        raise Refused(f"nothing in {type(model).__name__} can take this kernel: {_reasons(left)}")

    from ocroute.kernels.adaptor.attention import KernelAttention
    from ocroute.kernels.adaptor.fallback import PyTorch

    parts: list[Part] = []
    before: list[tuple[PretrainedConfig, str, str | None]] = []
    served: Counter[Role] = Counter()
    declined: Counter[str] = Counter()
    fallbacks = [PyTorch(one.chosen.condemned) for one in chosen]  # all of them before anything is changed
    for (group, one, attend), pytorch in zip(chosen, fallbacks, strict=True):
        key = f"{_PREFIX}-{next(_serial)}-{_SUFFIX[group.role]}"
        _register(key, KernelAttention(attend, group.role, group.modules, served, declined, pytorch))
        before.append((group.config, key, group.config._attn_implementation_internal))
        # The public setter would hand the name down to sub-configurations, or refuse it; this attribute is what both set.
        group.config._attn_implementation_internal = key
        parts.append(Part(group.path, group.role, one.kernel, len(group.modules), one.proven, one.reason))
    forgetting = weakref.finalize(model, forget, [key for _, key, _ in before])

    def restore() -> None:
        for config, key, implementation in before:
            if config._attn_implementation_internal == key:  # else someone has set another since
                config._attn_implementation_internal = implementation
        forgetting()

    return Plugged(tuple(parts), tuple(left), served, declined, restore)


def _by_role(kernel: KernelLike | Mapping[Role, KernelLike]) -> dict[Role, tuple[Chosen | str, Attend]]:
    wanted: Mapping[Role, KernelLike] = kernel if isinstance(kernel, Mapping) else {"vision": kernel, "text": kernel}
    unknown = [str(role) for role in wanted if role not in _SUFFIX]
    if unknown or not wanted:
        raise UsageError(f"no attention has the role {', '.join(unknown) or '(none)'}", next_step="Use: vision, text")
    bound = {id(each): _bound(each) for each in wanted.values()}
    return {role: bound[id(each)] for role, each in wanted.items()}


def _bound(kernel: KernelLike) -> tuple[Chosen | str, Attend]:
    """What was chosen, or the name of what was not weighed yet; and what to call.

    Raises:
        UsageError: there is no such kernel.
        Refused: it cannot run here.
    """
    if isinstance(kernel, Chosen):
        if kernel.guard is None:
            raise UsageError(f"{kernel.kernel} is PyTorch's own attention, which needs no plug")
        return kernel, kernel.guard
    if isinstance(kernel, str):
        kind = KERNELS.load(kernel)
        presence = kind.presence()
        if presence.state != "usable":
            raise Refused(
                f"{kernel} is {presence.state}: {presence.reason}",
                next_step=f"Install it: {kind.info.install}" if kind.info.install else "",
            )
        return kernel, kind().attend
    attend: Attend = kernel if callable(kernel) else kernel.attend
    return Chosen(type(getattr(attend, "__self__", attend)).__name__, False, "given by the caller"), attend


def _check_unplugged(config: PretrainedConfig) -> None:
    if str(config._attn_implementation_internal).startswith(f"{_PREFIX}-"):
        raise UsageError(
            "a kernel is plugged into this model, or into one with the same configuration object",
            next_step="Call undo() on the handle of that plug first",
        )


def _reasons(left: list[Left]) -> str:
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
