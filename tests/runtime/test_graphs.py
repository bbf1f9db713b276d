"""What comes out where capturing a step fails, with CUDA played by a stand-in."""

from contextlib import nullcontext
from types import SimpleNamespace

import pytest

pytest.importorskip("torch", reason="needs the extra vlm: pip install 'ocroute[vlm]'")

import torch

from ocroute.runtime import graphs
from ocroute.runtime.graphs import Graphs


class Graph:
    """As CUDA has it: a capture that an error has broken cannot be ended, only given up."""

    def __init__(self, broken):
        self.broken, self.ended, self.replayed = broken, False, 0

    def capture_begin(self, **_):
        pass

    def capture_end(self):
        self.ended = True
        if self.broken:
            raise RuntimeError("CUDA error: operation failed due to a previous error during capture")

    def pool(self):
        return None

    def replay(self):
        self.replayed += 1


@pytest.fixture
def captures(monkeypatch):
    """The graphs that are captured; the first is broken."""
    made = []

    def graph():
        made.append(Graph(broken=not made))
        return made[-1]

    stream = SimpleNamespace(wait_stream=lambda _: None)
    cuda = SimpleNamespace(
        CUDAGraph=graph,
        Stream=lambda: stream,
        current_stream=lambda: stream,
        synchronize=lambda: None,
        stream=lambda _: nullcontext(),
    )
    monkeypatch.setattr(graphs, "torch", SimpleNamespace(cuda=cuda))
    return made


def test_what_broke_a_capture_comes_out_not_that_the_capture_broke(captures):
    steps, calls = Graphs(), []

    def work():
        calls.append(len(captures))
        if calls == [0, 1]:
            raise torch.OutOfMemoryError("CUDA out of memory")

    with pytest.raises(torch.OutOfMemoryError):
        steps.run("step", work)
    assert captures[0].ended
    steps.run("step", work)
    steps.run("step", work)
    assert [graph.replayed for graph in captures] == [0, 1]
