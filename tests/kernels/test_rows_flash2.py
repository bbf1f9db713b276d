"""A flash-attn that was built for chosen head dims refuses the others, before its code ends in an error."""

import pytest

from ocroute.kernels.flash2 import left_out


@pytest.mark.parametrize("version", ["2.8.3.post2", "2.8.3+cu130torch2.11", "2.8.3.post2+fwd"])
def test_a_whole_build_leaves_nothing_out(version):
    assert not left_out(version, 80)


@pytest.mark.parametrize(
    ("head_dim", "served"), [(128, True), (100, True), (80, False), (64, True), (16, False), (256, False)]
)
def test_a_head_dim_runs_on_the_next_larger_kernel_or_is_refused(head_dim, served):
    reason = left_out("2.8.3.post2+fwd.hd64.hd128", head_dim)
    assert (not reason) is served
    assert served or "--head-dims 32" in reason or "64," in reason
