"""What ``bench.adaptor_gpu`` runs in one process: one kernel in every model, or the captured decode."""

from __future__ import annotations

import traceback
import warnings
from collections.abc import Callable
from functools import partial
from typing import Any

import torch

from bench import adaptor_models as tiny
from ocroute.kernels.adaptor import Plugged, plug_into
from ocroute.kernels.base import KERNELS

CAPTURED = "decode in a captured graph"  # a process of its own: it compiles

Build = Callable[..., Any]


def child(name: str, device: str) -> dict[str, Any]:
    torch.set_grad_enabled(False)
    if name == CAPTURED:
        return {"state": "ran", "numerics": "exact", "cases": {CAPTURED: attempt(partial(captured, device=device))}}
    kind = KERNELS.load(name)
    presence, info = kind.presence(), kind.info
    if presence.state != "usable":
        return {"state": presence.state, "reason": presence.reason}
    dtypes = info.dtypes if device == "cuda" else info.dtypes_on_cpu
    if not dtypes:
        return {"state": "absent", "reason": "needs an NVIDIA GPU"}
    cases: dict[str, Any] = {}
    for precision in ("float32", "bfloat16", "float16"):
        if precision not in dtypes or (precision == "float16" and "bfloat16" in dtypes):
            continue
        for case, (build, inputs) in hidden_state_cases(device).items():
            cases[f"{precision}, {case}"] = attempt(partial(hidden_states, name, build, inputs, precision, device))
        for case, (build, inputs, more) in token_cases(device).items():
            cases[f"{precision}, {case}"] = attempt(partial(tokens, name, build, inputs, more, precision, device))
    if device == "cuda":
        cases["waits for the device"] = attempt(partial(waits, name, dtypes))
    return {"state": "ran", "version": presence.version, "numerics": info.numerics, "cases": cases}


def attempt(case: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    try:
        return case()
    except Exception as error:  # whatever a foreign kernel raises is this case's result
        said = " ".join(str(error).split())[:300]
        return {"passed": False, "reason": f"{type(error).__name__}: {said}", "error": traceback.format_exc()[-1500:]}


def hidden_state_cases(device: str) -> dict[str, tuple[Build, dict[str, Any]]]:
    wide = partial(tiny.qwen2, num_attention_heads=2, num_key_value_heads=1)
    pages = tiny.images((20, 14), (4, 6), (10, 26), device=device)
    return {
        "text, no padding": (tiny.qwen2, tiny.words(130, 130, device=device)),
        "text, padded left": (tiny.qwen2, tiny.words(65, 7, 131, device=device)),
        "text, padded right": (tiny.qwen2, tiny.words(65, 1, 131, side="right", device=device)),
        "text of head dim 128, padded left": (wide, tiny.words(65, 7, 131, device=device)),
        "qwen2_vl, three pages": (tiny.qwen2_vl, pages),
        "qwen2_5_vl, three pages": (tiny.qwen2_5_vl, pages),
        "dots_ocr, three pages": (tiny.dots_ocr, tiny.frames((20, 14), (4, 6), (10, 26), device=device)),
        "got_ocr2": (tiny.got_ocr2, tiny.squares(2, tokens=4, size=128, device=device)),
        "deepseek_ocr2": (tiny.deepseek_ocr2, tiny.squares(2, tokens=145, size=1024, device=device)),
    }


def token_cases(device: str) -> dict[str, tuple[Build, dict[str, Any], dict[str, Any]]]:
    batch = tiny.words(65, 7, 131, device=device)
    return {
        "tokens, padded left": (tiny.qwen2, batch, {}),
        "tokens, static cache": (tiny.qwen2, batch, {"cache_implementation": "static", "disable_compile": True}),
        "tokens, dots_ocr": (tiny.dots_ocr, tiny.frames((20, 14), (4, 6), device=device), {}),
        "tokens, qwen2_vl": (tiny.qwen2_vl, tiny.images((20, 14), (4, 6), device=device), {}),
    }


def hidden_states(kernel: str, build: Build, inputs: dict[str, Any], precision: str, device: str) -> dict[str, Any]:
    """Errors of all layers' hidden states at tokens that are not padding, against the same weights in float64."""

    real = inputs["attention_mask"].bool()
    dtype = getattr(torch, precision)

    def states(model: Any) -> Any:
        out = model(**as_dtype(inputs, model.dtype), output_hidden_states=True)
        return torch.stack([layer[real] for layer in out.hidden_states]).double()

    model = build().to(device, dtype)
    exact = build().to(device, torch.float64)
    exact.load_state_dict(model.state_dict())
    truth = states(exact)
    usual = (states(model) - truth).abs()
    with plug_into(model, kernel) as plugged:
        ours = (states(model) - truth).abs()
    slack = 2e-5 if precision == "float32" else 0.0
    passed = bool(ours.max() <= 2 * usual.max() + slack and ours.mean() <= 1.25 * usual.mean() + slack)
    return {
        "passed": passed,
        "error_max": float(ours.max()),
        "error_mean": float(ours.mean()),
        "sdpa_error_max": float(usual.max()),
        "sdpa_error_mean": float(usual.mean()),
        **account(plugged),
    }


def tokens(
    kernel: str, build: Build, inputs: dict[str, Any], more: dict[str, Any], precision: str, device: str
) -> dict[str, Any]:
    """Twelve tokens by greedy choice. In half precision two words may be tied within rounding; then their scores say so."""

    model = build().to(device, getattr(torch, precision))

    def written(model: Any, **more: Any) -> Any:
        asked = {"max_new_tokens": 12, "do_sample": False, "output_logits": True, "return_dict_in_generate": True}
        out = model.generate(**as_dtype(inputs, model.dtype), **asked, **more)
        return out.sequences[:, inputs["input_ids"].shape[1] :], torch.stack(out.logits, 1).double()

    expected, scores = written(model)
    exact = build().to(device, torch.float64)
    exact.load_state_dict(model.state_dict())
    rounding = (scores[:, 0] - written(exact)[1][:, 0]).abs().max()
    with plug_into(model, kernel) as plugged:
        found, our_scores = written(model, **more)
    alike = (expected == found).cumprod(1)
    shared = torch.nn.functional.pad(alike, (1, 0), value=1)[:, :-1].bool()  # steps with equal tokens before them
    difference = (scores - our_scores)[shared].abs().max()
    equal = bool(alike.all())
    passed = equal if precision == "float32" else bool(difference <= 4 * rounding)
    return {
        "passed": passed,
        "tokens_equal": equal,
        "share_before_the_first_difference": round(float(alike.double().mean()), 3),
        "score_difference_max": float(difference),
        "sdpa_score_error_max": float(rounding),
        **account(plugged),
    }


def captured(device: str) -> dict[str, Any]:
    """Decode from a static cache, which transformers compiles and captures on a GPU; prefill by torch's varlen kernel."""
    from transformers import CompileConfig

    cuda = device == "cuda"
    model = tiny.qwen2().to(device, torch.bfloat16 if cuda else torch.float32)
    inputs = tiny.words(65, 7, 131, device=device)
    compiler = CompileConfig() if cuda else CompileConfig(backend="eager", mode=None)
    compiler._compile_all_devices = True

    def written() -> Any:
        asked = {"max_new_tokens": 12, "do_sample": False, "cache_implementation": "static", "compile_config": compiler}
        return model.generate(**inputs, **asked)

    expected = written()
    torch.compiler.reset()
    with plug_into(model, "torch_varlen" if cuda else "eager") as plugged:
        found, again = written(), written()
    # Greedy choice of tied words may differ in bfloat16, where prefill is another kernel's; a replay must not.
    share = float((expected == found).double().mean())
    passed = torch.equal(found, again) and (share == 1.0 or cuda)
    return {"passed": passed, "share_equal_to_sdpa": share, **account(plugged)}


def waits(kernel: str, dtypes: tuple[str, ...]) -> dict[str, Any]:
    """How often the host waits for the device in one warm forward, by number of layers: more layers must not mean more waits."""

    precision = "bfloat16" if "bfloat16" in dtypes else dtypes[0]
    pages = tiny.images((20, 14), (4, 6), (10, 26), device="cuda")
    batch = tiny.words(65, 7, 131, device="cuda")

    def counted(model: Any, inputs: dict[str, Any]) -> int:
        ready = as_dtype(inputs, model.dtype)
        for _ in range(2):
            model(**ready)
        torch.cuda.synchronize()
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            torch.cuda.set_sync_debug_mode("warn")
            try:
                model(**ready)
            finally:
                torch.cuda.set_sync_debug_mode("default")
        return sum("synchroniz" in str(warning.message) for warning in caught)

    found: dict[str, dict[str, int]] = {}
    served = 0
    for layers in (2, 6):
        text = tiny.qwen2(num_hidden_layers=layers).to("cuda", getattr(torch, precision))
        seeing = tiny.qwen2_vl(depth=layers).to("cuda", getattr(torch, precision))
        for label, model, inputs in (("text", text, batch), ("vision", seeing, pages)):
            found[f"{label}, {layers} layers"] = {"sdpa": counted(model, inputs)}
            with plug_into(model, kernel) as plugged:
                found[f"{label}, {layers} layers"]["plugged"] = counted(model, inputs)
            served += sum(plugged.served.values())
    grows = [
        label
        for label in ("text", "vision")
        if found[f"{label}, 6 layers"]["plugged"] > found[f"{label}, 2 layers"]["plugged"]
    ]
    return {"passed": not grows, "grows_with_layers": grows, "waits": found, "served": served}


def as_dtype(inputs: dict[str, Any], dtype: Any) -> dict[str, Any]:
    return {name: tensor.to(dtype) if tensor.is_floating_point() else tensor for name, tensor in inputs.items()}


def account(plugged: Plugged) -> dict[str, Any]:
    """Who computed: a case in which the kernel declined a call passes on PyTorch's attention, and says so."""
    whole = bool(plugged.served) and not plugged.declined
    return {"by_kernel": whole, "served": dict(plugged.served), "declined": dict(plugged.declined)}
