"""One compiled model a process, on OpenVINO where it is installed, else on ONNX Runtime."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import lru_cache
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any, ClassVar, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from ocroute.host_memory import give_back_free_memory

Tensor = NDArray[np.float32]
T = TypeVar("T")

BIG = 4_000_000  # input values, about 1,300 pixels squared, from which memory is given back after use


class Session(Protocol):
    """A loaded model with one float32 input and one float32 output."""

    def map(self, inputs: Iterable[Tensor], reduce: Callable[[Tensor], T]) -> list[T]:
        """``reduce(output)`` of every input, in order. The output is only valid inside ``reduce``."""
        ...


def name() -> str:
    """The runtime that is used here, by its package's name."""
    return "openvino" if find_spec("openvino") else "onnxruntime"


def versions() -> dict[str, str]:
    """The runtime's package and version."""
    return {name(): version(name())}


@lru_cache(maxsize=8)
def session(model: Path, threads: int, parallel: bool) -> Session:
    """``model``, loaded the first time it is asked for.

    Args:
        model: an ONNX file.
        threads: the most threads it may use.
        parallel: whether the threads take one input each (many small inputs) or all work on the same (few big ones).
    """
    return OpenVino(model, threads, parallel) if name() == "openvino" else OnnxRuntime(model, threads)


class OpenVino:
    """OpenVINO on the CPU.

    Float32 is asked for by name: left to itself, OpenVINO takes bfloat16 wherever the CPU knows it, and on CPUs without AMX
    that is slower (1.4 times here). Pinning is off because two processes would pin themselves to the same cores. Kernels for
    widths seen before are not kept: for lines of 31 widths they took 40 MiB and spared no processor time.
    """

    _last: ClassVar[OpenVino | None] = None

    def __init__(self, model: Path, threads: int, parallel: bool) -> None:
        import openvino

        streams = threads if parallel else 1
        core = openvino.Core()
        settings = {
            "INFERENCE_PRECISION_HINT": "f32",
            "INFERENCE_NUM_THREADS": threads,
            "NUM_STREAMS": streams,
            "ENABLE_CPU_PINNING": False,
            "CPU_RUNTIME_CACHE_CAPACITY": "0",
        }
        compiled = core.compile_model(core.read_model(model), "CPU", settings)
        self._compiled = compiled
        self._largest = 0
        self._request = compiled.create_infer_request()
        self._queue: Any = openvino.AsyncInferQueue(compiled, streams) if streams > 1 else None

    def map(self, inputs: Iterable[Tensor], reduce: Callable[[Tensor], T]) -> list[T]:
        """See `Session.map`."""
        if self._queue is None:
            results_in_order = [reduce(self._infer(tensor)) for tensor in inputs]
            self._tidy()
            return results_in_order
        self._take_turns()
        results: dict[int, T] = {}

        def keep(request: Any, index: int) -> None:
            results[index] = reduce(request.get_output_tensor().data)

        self._queue.set_callback(keep)
        for index, tensor in enumerate(inputs):
            self._queue.start_async([tensor], index)
        self._queue.wait_all()
        return [results[index] for index in range(len(results))]

    def _tidy(self) -> None:
        """Give back what a big input took: OpenVINO keeps the most that it ever needed, 1 GiB for the largest pages."""
        if self._largest > BIG:
            self._give_back()
            self._largest = 0

    def _take_turns(self) -> None:
        """Of the models for lines only the last one used keeps its working memory: 60 MiB and more beside its weights."""
        before, OpenVino._last = OpenVino._last, self
        if before is not None and before is not self:
            before._give_back()

    def _give_back(self) -> None:
        self._compiled.release_memory()
        give_back_free_memory()

    def _infer(self, tensor: Tensor) -> Tensor:
        self._largest = max(self._largest, tensor.size)
        self._request.infer([tensor])
        output: Tensor = self._request.get_output_tensor().data
        return output


class OnnxRuntime:
    """ONNX Runtime on the CPU."""

    def __init__(self, model: Path, threads: int) -> None:
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        self._session = onnxruntime.InferenceSession(str(model), options, providers=["CPUExecutionProvider"])
        self._input = self._session.get_inputs()[0].name

    def map(self, inputs: Iterable[Tensor], reduce: Callable[[Tensor], T]) -> list[T]:
        """See `Session.map`."""
        return [reduce(self._session.run(None, {self._input: tensor})[0]) for tensor in inputs]
