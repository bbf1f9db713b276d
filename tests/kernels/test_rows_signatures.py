"""The calls in our rows against the entry points of the packages themselves, both read as source, so that no GPU is needed."""

import ast
import inspect
import sys
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

import pytest

from ocroute.kernels import flash, flashinfer, hub, sage1, sage2, sage3, torch_varlen, xformers

# our module, what it calls, the distribution, the file and the definition in it
CALLS = [
    (flash, "_function", "flash-attn-4", "flash_attn/cute/interface.py", "flash_attn_varlen_func"),
    (flash, "_function", "flash-attn", "flash_attn/flash_attn_interface.py", "flash_attn_varlen_func"),
    (flash, "_function", "flash-attn-3", "flash_attn_interface.py", "flash_attn_varlen_func"),
    (sage1, "sageattn", "sageattention", "sageattention/core.py", "sageattn"),
    (sage2, "sageattn", "sageattention", "sageattention/core.py", "sageattn"),
    (sage3, "sageattn3_blackwell", "sageattn3", "sageattn3/api.py", "sageattn3_blackwell"),
    (xformers, "memory_efficient_attention", "xformers", "xformers/ops/fmha/__init__.py", "memory_efficient_attention"),
    (xformers, "from_seqlens", "xformers", "xformers/ops/fmha/attn_bias.py", "BlockDiagonalMask.from_seqlens"),
    (
        flashinfer,
        "BatchPrefillWithRaggedKVCacheWrapper",
        "flashinfer-python",
        "flashinfer/prefill.py",
        "BatchPrefillWithRaggedKVCacheWrapper.__init__",
    ),
    (flashinfer, "plan", "flashinfer-python", "flashinfer/prefill.py", "BatchPrefillWithRaggedKVCacheWrapper.plan"),
    (flashinfer, "run", "flashinfer-python", "flashinfer/prefill.py", "BatchPrefillWithRaggedKVCacheWrapper.run"),
    (hub, "get_kernel", "kernels", "kernels/load.py", "get_kernel"),
]


def calls_in(module, name):
    """Every call of ``name`` in one of our modules."""
    for node in ast.walk(ast.parse(inspect.getsource(module))):
        if isinstance(node, ast.Call) and name in (getattr(node.func, "id", ""), getattr(node.func, "attr", "")):
            yield node


def definition(source, dotted):
    """The last definition of a function or method, which is the one that counts after its overloads."""
    body = ast.parse(source).body
    *classes, function = dotted.split(".")
    for name in classes:
        (body,) = [node.body for node in body if isinstance(node, ast.ClassDef) and node.name == name]
    return [node for node in body if isinstance(node, ast.FunctionDef) and node.name == function][-1].args


@pytest.mark.parametrize(("module", "called", "package", "file", "dotted"), CALLS, ids=lambda value: str(value)[:40])
def test_every_argument_that_we_pass_is_one_that_the_package_names(module, called, package, file, dotted):
    try:
        found = distribution(package)
    except PackageNotFoundError:
        pytest.skip(f"{package} is not installed; its source suffices: pip install --no-deps {package}")
    if package == "sageattention" and (module is sage2) != (int(found.version.split(".")[0]) >= 2):
        pytest.skip(f"the installed sageattention {found.version} is the other of the two")
    accepted = definition(Path(str(found.locate_file(file))).read_text(encoding="utf-8"), dotted)
    positional = [
        argument.arg for argument in accepted.posonlyargs + accepted.args if argument.arg not in ("self", "cls")
    ]
    named = {*positional, *(argument.arg for argument in accepted.kwonlyargs)}
    calls = list(calls_in(module, called))
    assert calls
    for call in calls:
        assert {
            keyword.arg for keyword in call.keywords
        } <= named  # a **kwargs of theirs would swallow the others silently
        assert len(call.args) <= len(positional)
        assert not {keyword.arg for keyword in call.keywords} & set(positional[: len(call.args)])
        required = len(positional) - len(accepted.defaults)
        assert set(positional[:required]) <= {
            *positional[: len(call.args)],
            *(keyword.arg for keyword in call.keywords),
        }


def test_varlen_attn_of_this_torch_takes_what_we_pass():
    from torch.nn.attention.varlen import varlen_attn

    known = inspect.signature(varlen_attn).parameters
    for grouped in (False, True):
        for causal in (False, True):
            assert set(torch_varlen._options(grouped=grouped, causal=causal)) <= set(known)
    assert torch_varlen._options(grouped=False, causal=True) in ({"window_size": (-1, 0)}, {"is_causal": True})


def test_xformers_that_looks_for_flash_attention_2_in_flash_attention_4_says_so(monkeypatch, tmp_path):
    for name in ("xformers", "flash-attn-4"):
        facts = tmp_path / f"{name.replace('-', '_')}-1.0.dist-info"
        facts.mkdir()
        (facts / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
    (tmp_path / "xformers").mkdir()
    (tmp_path / "xformers/__init__.py").touch()
    (tmp_path / "xformers/ops.py").write_text("import flash_attn.flash_attn_interface\n")
    (tmp_path / "flash_attn").mkdir()
    monkeypatch.syspath_prepend(str(tmp_path))
    for name in ("xformers", "xformers.ops", "flash_attn"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    found = xformers.Xformers.presence()
    assert found.state == "broken"
    assert "No module named 'flash_attn.flash_attn_interface'" in found.reason
    assert found.reason.endswith("; it takes flash-attn-4 for flash-attn, which is not here: ocroute build flash2")
    for name in ("xformers", "xformers.ops", "flash_attn"):
        sys.modules.pop(name, None)


def test_flash_kernels_are_called_by_keyword_and_never_with_a_window():
    (call,) = calls_in(flash, "_function")
    assert [argument.id for argument in call.args] == ["q", "k", "v"]
    assert "window_size" not in {keyword.arg for keyword in call.keywords}
