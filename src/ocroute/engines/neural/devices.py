"""Where the model runs, and in which dtype."""

from __future__ import annotations

import contextlib
import sys
import threading
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ocroute.errors import EngineUnavailable
from ocroute.kernels.requirements import Platform, torch_obstacle
from ocroute.kernels.this_machine import torch_build
from ocroute.machine import HIDE_GPUS, inspect

if TYPE_CHECKING:
    import torch


@dataclass(frozen=True, slots=True)
class Place:
    """A device and the dtype in which a model runs there.

    Attributes:
        device: ``cuda:0``, which is an AMD card's name under ROCm too, ``mps`` of Apple's GPU, or ``cpu``.
        dtype: bfloat16 from compute capability 8.0 on, where the hardware has it, and on others' GPUs; float16 below; float32
            on a CPU.
        name: of the device, for the page record.
    """

    device: str
    dtype: torch.dtype
    name: str

    @property
    def dtype_name(self) -> str:
        """The dtype's name, e.g. ``bfloat16``."""
        return str(self.dtype).removeprefix("torch.")

    def take(self, inputs: Mapping[str, Any], on_host: Collection[str] = ()) -> dict[str, Any]:
        """``inputs`` with every tensor but those ``on_host`` on the device, and pixels in the model's dtype."""
        import torch

        def taken(value: Any) -> Any:
            if not isinstance(value, torch.Tensor):
                return value
            dtype = self.dtype if value.is_floating_point() else value.dtype
            return value.to(self.device, dtype, non_blocking=value.is_pinned())

        return {name: value if name in on_host else taken(value) for name, value in inputs.items()}

    def near(self, inputs: Mapping[str, Any]) -> dict[str, Any]:
        """``inputs`` on the CPU as `take` wants them: in the model's dtype, where a GPU fetches them without anybody waiting."""
        import torch

        def readied(value: Any) -> Any:
            if not isinstance(value, torch.Tensor) or not self.device.startswith("cuda") or value.is_cuda:
                return value
            return value.to(dtype=self.dtype if value.is_floating_point() else value.dtype).pin_memory()

        return {name: readied(value) for name, value in inputs.items()}


def place() -> Place:
    """The first GPU; the CPU only where there is none, for a page takes minutes there.

    Raises:
        EngineUnavailable: there is a GPU, and the installed torch cannot use it.
    """
    import torch

    machine = inspect()
    if not machine.gpus and not torch.cuda.is_available():
        return Place("cpu", torch.float32, "cpu")
    gpu = machine.first_gpu
    found = torch_obstacle(Platform(gpu, machine.driver_cuda, torch_build(), host=machine.host))
    reason = str(found or "")
    metal = gpu is not None and gpu.kind == "mps"
    if gpu and not reason and not (torch.backends.mps if metal else torch.cuda).is_available():
        reason = f"torch {torch.__version__} finds no GPU, and the system lists {gpu.name}"
    if reason:
        raise EngineUnavailable(
            reason,
            next_step=f"To read on the CPU all the same, minutes a page: {HIDE_GPUS} ocroute read PAGE --engine ENGINE",
        )
    if gpu and gpu.kind != "cuda":
        return Place("mps" if metal else "cuda:0", torch.bfloat16, gpu.name)
    capability = torch.cuda.get_device_capability(0)
    return Place("cuda:0", torch.bfloat16 if capability >= (8, 0) else torch.float16, torch.cuda.get_device_name(0))


def warm_up() -> None:
    """Take the first NVIDIA GPU in a thread of its own: that takes its driver and libraries a second, while Python imports."""
    import torch

    def take() -> None:
        with contextlib.suppress(Exception):  # what is wrong with it is said when the model is loaded
            some = torch.ones(64, 64, device="cuda:0", dtype=torch.float16)
            some.matmul(some)

    if torch.cuda.is_available():
        threading.Thread(target=take, daemon=True).start()


def limit_threads(threads: int) -> None:
    """Let torch use no more than so many CPU threads."""
    import torch

    torch.set_num_threads(max(1, threads))


def free_memory() -> None:
    """Give back what torch keeps of the GPU's memory for later; without effect where nothing has used torch yet."""
    torch = sys.modules.get("torch")
    if torch is None:
        return
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
    elif torch.backends.mps.is_available():
        torch.mps.empty_cache()
