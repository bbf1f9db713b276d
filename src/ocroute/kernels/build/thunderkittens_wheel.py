"""A setup script for ThunderKittens' attention on H100, which has a Makefile and no package.

The library becomes ``thunderkittens._C``; the package offers its ``mha_forward``.
"""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
from pathlib import Path

INIT = (
    "import torch\n\nfrom thunderkittens._C import mha_forward\n"  # torch first: it brings the libraries to link with
)
KERNEL = "kernels/attention/mha_h100"


def compile_library(folder: Path) -> None:
    """Run the kernel's Makefile in PyTorch mode; the library goes into ``folder``."""
    library = folder.absolute() / f"_C{sysconfig.get_config_var('EXT_SUFFIX')}"
    # Makefiles of before and after the switch was renamed read GPU and ARCH. NVCCFLAGS goes by the environment: on the command
    # line it would silence every flag that the Makefile adds.
    settings = ["GPU=H100", "ARCH=SM90", "CONFIG=pytorch", f"OUT={library}", "CMD=true"]
    path = os.pathsep.join(
        [str(Path(os.environ["CUDA_HOME"], "bin")), str(Path(sys.executable).parent), os.environ["PATH"]]
    )
    environment = {**os.environ, "NVCCFLAGS": "-DTORCH_COMPILE", "PATH": path}
    print("[1/1] make", flush=True)
    subprocess.run(["make", "-B", *settings, "all"], cwd=KERNEL, env=environment, check=True)


def main() -> None:
    """Compile, then pack."""
    from setuptools import Distribution, setup  # type: ignore[import-untyped,unused-ignore]

    # tells setuptools that the wheel is for one Python and one platform
    binary = type("Binary", (Distribution,), {"has_ext_modules": lambda _: True})
    package = Path("thunderkittens")
    package.mkdir(exist_ok=True)
    (package / "__init__.py").write_text(INIT, encoding="utf-8")
    if "bdist_wheel" in sys.argv:
        compile_library(package)
    setup(
        name="thunderkittens",
        version="2.0",
        packages=["thunderkittens"],
        package_data={"thunderkittens": ["*.so"]},
        distclass=binary,
        install_requires=["torch"],
    )


if __name__ == "__main__":
    main()
