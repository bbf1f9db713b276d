"""Whether the flash2 recipe yields code for a card that is not here: one real source compiled, and the result disassembled.

    python -m bench.compile_sm120 --source flash_attn-2.8.3.post2.tar.gz [--arch 12.0 --arch 9.0] [--json FILE]

Needs nvcc, cuobjdump and nvdisasm, and any PyTorch for its headers. Says nothing of speed or correctness on a card: only that the
machine code of that architecture, with tensor core instructions in it, is what comes out, in how much time and memory.
"""

from __future__ import annotations

import os
import re
import subprocess
import sysconfig
import tarfile
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

from bench import harness
from ocroute.kernels.build import dotted, parse_arch, recipe
from ocroute.kernels.build.flash2_forward import FLAGS, defines, gencode
from ocroute.kernels.build.toolchain import cuda_home, cuobjdump

FILE = "csrc/flash_attn/src/flash_fwd_hdim128_bf16_sm80.cu"
# what PyTorch's extension builder puts before the flags of a setup script
TORCH_FLAGS = [
    "-D__CUDA_NO_HALF_OPERATORS__",
    "-D__CUDA_NO_HALF_CONVERSIONS__",
    "-D__CUDA_NO_BFLOAT16_CONVERSIONS__",
    "-D__CUDA_NO_HALF2_OPERATORS__",
    "--expt-relaxed-constexpr",
    "--compiler-options",
    "-fPIC",
]


def torch_headers(folder: Path) -> tuple[list[str], str]:
    """Include flags, and what was missing: a PyTorch without CUDA lacks one generated header, of a single macro."""
    import torch

    include = Path(torch.__file__).parent / "include"
    flags = [f"-I{include}", f"-I{include / 'torch/csrc/api/include'}", f"-I{sysconfig.get_path('include')}"]
    macros = Path("c10/cuda/impl/cuda_cmake_macros.h")
    if (include / macros).is_file():
        return flags, f"PyTorch {torch.__version__}, complete"
    (folder / macros).parent.mkdir(parents=True)
    (folder / macros).write_text("#pragma once\n#define C10_CUDA_BUILD_SHARED_LIBS\n", encoding="utf-8")
    return [f"-I{folder}", *flags], f"PyTorch {torch.__version__}, with a {macros} of our own, which it lacks"


def compile_for(arch: str, extra: list[str], source: Path, includes: list[str], folder: Path) -> dict[str, Any]:
    """Compile one file and look into the object."""
    home, tool = cuda_home(), cuobjdump()
    if home is None or tool is None:
        raise SystemExit("nvcc or cuobjdump is missing: pip install nvidia-cuda-cuobjdump nvidia-cuda-nvdisasm")
    token = recipe("flash2").archs[dotted(parse_arch(arch))]
    code = source / "csrc/flash_attn"
    flags = [*TORCH_FLAGS, *FLAGS, *extra, *gencode([token]), "--threads", "1"]
    own = [f"-I{code}", f"-I{code / 'src'}", f"-I{source / 'csrc/cutlass/include'}"]
    target = folder / f"sm_{token}.o"
    started = time.perf_counter()
    command = [home / "bin/nvcc", "-c", source / FILE, "-o", target, *own, *includes, *flags]
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)  # nvcc and the compilers that it ran, one after the other
    if status:
        raise SystemExit(f"nvcc failed for {arch}; run it yourself: {' '.join(map(str, command))}")
    seconds = time.perf_counter() - started
    listing = subprocess.run([tool, "--list-elf", target], check=True, capture_output=True, text=True).stdout
    listed = sorted(set(re.findall(r"\.(sm_\w+)\.cubin", listing)))
    sass = subprocess.run([tool, "-sass", target], check=True, capture_output=True, text=True).stdout
    matrix = Counter(re.findall(r"\bHMMA[.\w]*", sass))
    if listed != [f"sm_{token}"] or not matrix:
        raise SystemExit(f"for {arch}: {listed} with {dict(matrix)}, not sm_{token} with tensor core instructions")
    return {
        "arch": arch,
        "flags": flags,
        "cubins": listed,
        "kernels": len(re.findall(r"Function :", sass)),
        "tensor_core_instructions": dict(matrix),
        "seconds": round(seconds, 1),
        "cpu_seconds": round(usage.ru_utime + usage.ru_stime, 1),
        "peak_mb": usage.ru_maxrss // 1024,
        "object_bytes": target.stat().st_size,
    }


def version_of(tool: Path) -> str:
    """The release that a CUDA tool prints of itself."""
    printed = subprocess.run([tool, "--version"], check=True, capture_output=True, text=True).stdout
    match = re.search(r"V\d[\d.]+", printed)
    return match[0] if match else printed.strip()


def main() -> None:
    parser = harness.arguments(__doc__, record="sm120-compile")
    parser.add_argument("--source", type=Path, required=True, help="the source distribution of flash-attn")
    parser.add_argument("--arch", action="append", help="compute capability; 12.0 when none is named")
    args = parser.parse_args()
    rows = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with tarfile.open(args.source) as archive:
            archive.extractall(folder, filter="data")
        (source,) = folder.glob("flash_attn-*")
        includes, headers = torch_headers(folder / "headers")
        archs = args.arch or ["12.0"]
        # without the backward pass for every card; for the first also with every feature, to show what leaving them out saves
        wanted = [("forward only", arch, defines()) for arch in archs] + [("every feature", archs[0], [])]
        for build, arch, extra in wanted:
            row = {"build": build, **compile_for(arch, extra, source, includes, folder)}
            print({key: row[key] for key in row if key != "flags"}, flush=True)
            rows.append(row)
            result = {
                "source": args.source.name,
                "file": FILE,
                "headers": headers,
                "nvcc": version_of((cuda_home() or Path()) / "bin/nvcc"),
                "cuobjdump": version_of(cuobjdump() or Path()),
                "run_on_such_a_card": False,
                "compiled": rows,
            }
            harness.write(args.json, result)  # after every one: each takes minutes


if __name__ == "__main__":
    main()
