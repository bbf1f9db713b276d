"""A setup script that takes the place of flash-attn's own: the forward pass only, for the head dims and the card asked for.

Reading pages needs no gradients, and the backward pass is most of the time and memory of a build. Dropout, ALiBi, soft caps and
sliding windows are left out with it: the source has a switch for each, and says so when a call asks for one. What is absent, a
gradient or a head dim, raises an error when it is called; nothing else is computed in its place.

Environment:
    FLASH_ATTN_CUDA_ARCHS: ``80``, ``90``, ``100`` or ``120``, several with semicolons.
    OCROUTE_HEAD_DIMS: of 32, 64, 96, 128, 192, 256, with semicolons; a kernel serves the head dims above the next smaller one.

It needs setuptools, PyTorch and ninja, no network. The wheel's version says what is inside, e.g. ``2.8.3+fwd.hd64.hd128``.
"""

from __future__ import annotations

import os
import re
from itertools import product
from pathlib import Path

HEAD_DIMS = (32, 64, 96, 128, 192, 256)  # HEADDIM_SWITCH in csrc/flash_attn/src/static_switch.h
TYPES = {"fp16": "cutlass::half_t", "bf16": "cutlass::bfloat16_t"}
LEFT_OUT = ("BACKWARD", "DROPOUT", "ALIBI", "SOFTCAP", "LOCAL")
CODE = "csrc/flash_attn"

FLAGS = [
    "-O3",
    "-std=c++17",
    "-U__CUDA_NO_HALF_OPERATORS__",
    "-U__CUDA_NO_HALF_CONVERSIONS__",
    "-U__CUDA_NO_HALF2_OPERATORS__",
    "-U__CUDA_NO_BFLOAT16_CONVERSIONS__",
    "--expt-relaxed-constexpr",
    "--expt-extended-lambda",
    "--use_fast_math",
]


def sources(head_dims: list[int]) -> list[str]:
    """The files to compile, the slowest first so that none is waited for at the end."""
    parts = product(("fwd_split", "fwd"), sorted(head_dims, reverse=True), TYPES, ("", "_causal"))
    return [f"{CODE}/src/flash_{kind}_hdim{dim}_{dtype}{causal}_sm80.cu" for kind, dim, dtype, causal in parts]


def defines() -> list[str]:
    """The source's own switches."""
    return [f"-DFLASHATTENTION_DISABLE_{feature}" for feature in LEFT_OUT]


def gencode(archs: list[str]) -> list[str]:
    """Machine code for each architecture, and for no other."""
    return [part for arch in archs for part in ("-gencode", f"arch=compute_{arch},code=sm_{arch}")]


def absent(head_dims: list[int]) -> str:
    """C++ that defines what the interface links to and this build leaves out: every function raises, and says what to do."""
    lines = [
        '#include "namespace_config.h"',
        "#include <c10/util/Exception.h>",
        "#include <cutlass/numeric_types.h>",
        '#include "flash.h"',
        "namespace FLASH_NAMESPACE {",
        "template<typename T, int D, bool C> void run_mha_bwd_(Flash_bwd_params &, cudaStream_t) {",
        '    TORCH_CHECK(false, "this flash-attn was built for the forward pass only; build it without --forward-only");',
        "}",
    ]
    for function in ("run_mha_fwd_", "run_mha_fwd_splitkv_dispatch"):
        lines += [
            f"template<typename T, int D, bool C> void {function}(Flash_fwd_params &params, cudaStream_t) {{",
            '    TORCH_CHECK(false, "this flash-attn was built without head dim ", params.d, "; add ", D, " to --head-dims");',
            "}",
        ]
    missing = [dim for dim in HEAD_DIMS if dim not in head_dims]
    for kind, dims in (("bwd_", HEAD_DIMS), ("fwd_", missing), ("fwd_splitkv_dispatch", missing)):
        params = "Flash_bwd_params" if kind == "bwd_" else "Flash_fwd_params"
        for dim, dtype, causal in product(dims, TYPES.values(), ("false", "true")):
            lines.append(f"template void run_mha_{kind}<{dtype}, {dim}, {causal}>({params} &, cudaStream_t);")
    return "\n".join([*lines, "}  // namespace FLASH_NAMESPACE", ""])


def version(head_dims: list[int]) -> str:
    """The source's version, and what this build has of it."""
    text = Path("flash_attn/__init__.py").read_text(encoding="utf-8")
    match = re.search(r"^__version__\s*=\s*['\"]([^'\"+]+)", text, re.MULTILINE)
    if match is None:
        raise SystemExit("flash_attn/__init__.py names no version: this is not the source of flash-attn")
    dims = [] if tuple(head_dims) == HEAD_DIMS else [f"hd{dim}" for dim in head_dims]
    return f"{match[1]}+{'.'.join(['fwd', *dims])}"


def main() -> None:
    """Hand the build to PyTorch's extension builder."""
    from setuptools import find_packages, setup  # type: ignore[import-untyped,unused-ignore]
    from torch.utils.cpp_extension import BuildExtension, CUDAExtension

    head_dims = sorted(int(dim) for dim in os.environ["OCROUTE_HEAD_DIMS"].split(";"))
    archs = os.environ["FLASH_ATTN_CUDA_ARCHS"].split(";")
    stubs = Path(CODE, "ocroute_absent.cpp")
    if not stubs.is_file() or stubs.read_text(encoding="utf-8") != absent(head_dims):
        stubs.write_text(absent(head_dims), encoding="utf-8")  # an unchanged file is not compiled again
    here = Path.cwd()  # ninja wants absolute folders
    extension = CUDAExtension(  # type: ignore[no-untyped-call,unused-ignore]
        name="flash_attn_2_cuda",
        sources=[*sources(head_dims), f"{CODE}/flash_api.cpp", str(stubs)],
        include_dirs=[str(here / CODE), str(here / CODE / "src"), str(here / "csrc/cutlass/include")],
        extra_compile_args={
            "cxx": ["-O3", "-std=c++17", *defines()],
            "nvcc": [*FLAGS, *defines(), *gencode(archs), "--threads", "1"],
        },
    )
    setup(
        name="flash_attn",
        version=version(head_dims),
        # flash_attn.cute is an old copy of FlashAttention-4, which would take the place of the flash-attn-4 package
        packages=find_packages(
            include=["flash_attn", "flash_attn.*"], exclude=["flash_attn.cute", "flash_attn.cute.*"]
        ),
        ext_modules=[extension],
        cmdclass={"build_ext": BuildExtension},
        python_requires=">=3.9",
        install_requires=["torch"],
    )


if __name__ == "__main__":
    main()
