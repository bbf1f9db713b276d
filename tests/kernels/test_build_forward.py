"""The forward-only setup script: everything that the interface links to is defined exactly once, and what is absent raises."""

from __future__ import annotations

import re
import shutil
import subprocess
from itertools import product
from pathlib import Path

import pytest

from ocroute.kernels.build import flash2_forward as forward

# As little of the source's headers as its interface needs
HEADERS = {
    "namespace_config.h": "#define FLASH_NAMESPACE flash\n",
    "c10/util/Exception.h": "#pragma once\n#include <stdexcept>\n"
    'template<typename... Parts> void torch_check(bool ok, Parts...) { if (!ok) throw std::runtime_error("refused"); }\n'
    "#define TORCH_CHECK(...) torch_check(__VA_ARGS__)\n",
    "cutlass/numeric_types.h": "#pragma once\nnamespace cutlass { struct half_t {}; struct bfloat16_t {}; }\n",
    "flash.h": "typedef void *cudaStream_t;\n"
    "namespace FLASH_NAMESPACE {\n"
    "struct Flash_fwd_params { int d; };\n"
    "struct Flash_bwd_params : Flash_fwd_params {};\n"
    "template<typename T, int D, bool C> void run_mha_fwd_(Flash_fwd_params &params, cudaStream_t stream);\n"
    "template<typename T, int D, bool C> void run_mha_fwd_splitkv_dispatch(Flash_fwd_params &params, cudaStream_t stream);\n"
    "template<typename T, int D, bool C> void run_mha_bwd_(Flash_bwd_params &params, cudaStream_t stream);\n"
    "}\n",
}
SYMBOL = re.compile(r"flash::run_mha_(\w+?)_?<cutlass::(\w+), (\d+), (true|false)>")


@pytest.fixture(params=[(128,), (64, 96, 128), forward.HEAD_DIMS], ids=str)
def head_dims(request: pytest.FixtureRequest) -> list[int]:
    return list(request.param)


def defined_in(code: str, folder: Path) -> list[tuple[str, str, int, str]]:
    """The functions that an object compiled from ``code`` defines: (kind, type, head dim, causal)."""
    if not (shutil.which("g++") and shutil.which("nm")):
        pytest.skip("g++ and nm are not installed: nothing to compile with")
    for name, text in HEADERS.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    (folder / "absent.cpp").write_text(code)
    subprocess.run(["g++", "-std=c++17", "-Wall", "-Werror", f"-I{folder}", "-c", "absent.cpp"], cwd=folder, check=True)
    listed = subprocess.run(
        ["nm", "-C", "--defined-only", "absent.o"], cwd=folder, check=True, capture_output=True, text=True
    )
    return [(kind, dtype, int(dim), causal) for kind, dtype, dim, causal in SYMBOL.findall(listed.stdout)]


def compiled_from(sources: list[str]) -> list[tuple[str, str, int, str]]:
    """The functions that the source's files define, by its rule of one a file."""
    found = []
    for path in sources:
        match = re.fullmatch(r".*/flash_(fwd|fwd_split)_hdim(\d+)_(fp16|bf16)(_causal)?_sm80\.cu", path)
        assert match, path
        kind = {"fwd": "fwd", "fwd_split": "fwd_splitkv_dispatch"}[match[1]]
        dtype = {"fp16": "half_t", "bf16": "bfloat16_t"}[match[3]]
        found.append((kind, dtype, int(match[2]), "true" if match[4] else "false"))
    return found


def test_every_function_is_defined_exactly_once(head_dims: list[int], tmp_path: Path) -> None:
    provided = compiled_from(forward.sources(head_dims)) + defined_in(forward.absent(head_dims), tmp_path)
    kinds = ("fwd", "fwd_splitkv_dispatch", "bwd")
    called = list(product(kinds, ("half_t", "bfloat16_t"), forward.HEAD_DIMS, ("false", "true")))
    assert sorted(provided) == sorted(called)


def test_the_version_says_what_is_inside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "flash_attn").mkdir()
    (tmp_path / "flash_attn/__init__.py").write_text('__version__ = "2.8.3.post2"\n')
    monkeypatch.chdir(tmp_path)
    assert forward.version([64, 128]) == "2.8.3.post2+fwd.hd64.hd128"
    assert forward.version(list(forward.HEAD_DIMS)) == "2.8.3.post2+fwd"


def test_a_feature_that_is_left_out_is_refused_by_the_source_itself() -> None:
    assert {flag.removeprefix("-DFLASHATTENTION_DISABLE_") for flag in forward.defines()} >= {
        "BACKWARD",
        "DROPOUT",
        "LOCAL",
    }
    assert "UNEVEN_K" not in " ".join(forward.defines()), "head dims between those of the kernels, e.g. 80, need it"


def test_only_the_architecture_asked_for_is_compiled() -> None:
    assert forward.gencode(["120"]) == ["-gencode", "arch=compute_120,code=sm_120"]
