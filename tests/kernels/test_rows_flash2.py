"""A flash-attn that was built for chosen head dims refuses the others, before its code ends in an error."""

import pytest
import torch

from ocroute.kernels import flash
from ocroute.kernels.base import Refused
from ocroute.kernels.build import recipe
from ocroute.kernels.flash import left_out
from ocroute.kernels.flash2 import Flash2
from ocroute.kernels.flash3 import Flash3
from ocroute.kernels.packed import boundaries


@pytest.mark.parametrize("version", ["2.8.3.post2", "2.8.3+cu130torch2.11", "2.8.3.post2+fwd"])
def test_a_whole_build_leaves_nothing_out(version):
    assert left_out(version, 80, Flash2.sizes) is None


@pytest.mark.parametrize(
    ("head_dim", "missing"), [(128, None), (100, None), (80, 96), (64, None), (16, 32), (256, 256)]
)
def test_a_head_dim_runs_on_the_next_larger_kernel_or_is_refused(head_dim, missing):
    found = left_out("2.8.3.post2+fwd.hd64.hd128", head_dim, Flash2.sizes)
    assert (found and found[0]) == missing
    assert found is None or found[1] == tuple(sorted({64, 128, missing}))


@pytest.mark.parametrize(("kernel", "build"), [(Flash2, "2.8.3+fwd.hd64.hd128"), (Flash3, "3.0.0b1+hd64.hd128")])
def test_its_call_is_never_made(monkeypatch, kernel, build):
    monkeypatch.setattr(kernel, "load", staticmethod(lambda: pytest.fail))
    monkeypatch.setattr(flash, "version", lambda _: build)
    monkeypatch.setattr(flash, "admit", lambda *_: None)  # there is no GPU here
    q, cu = torch.zeros(5, 2, 80), boundaries((5,), "cpu")
    with pytest.raises(Refused, match=r"built without head dim 96, which 80 runs on.*64,96,128"):
        kernel().attend(q, q, q, cu_q=cu, cu_k=cu, max_q=5, max_k=5, causal=False, scale=0.1)


def test_our_recipe_of_flash3_names_in_the_version_what_it_compiles():
    env = recipe("flash3").env
    named = env["FLASH_ATTN_LOCAL_VERSION"]
    for size in Flash3.sizes:
        assert (f"hd{size}" in named.split(".")) is (f"FLASH_ATTENTION_DISABLE_HDIM{size}" not in env)
