"""What layers share is made once, and is fit for every use. Streams and graphs: the probe's cases, on a GPU."""

import pytest
import torch

from ocroute.kernels.base import Refused
from ocroute.kernels.flex_mask import block_mask
from ocroute.kernels.stream_cache import per_stream, upload

CPU = torch.device("cpu")


def test_a_result_is_made_once_and_the_oldest_goes_first():
    made = []

    @per_stream(2)
    def squared(number, device):
        made.append(number)
        return number**2

    assert [squared(n, CPU) for n in (3, 4, 3, 5, 3, 4)] == [9, 16, 9, 25, 9, 16]
    assert made == [3, 4, 5, 4], "3 was asked for again before 5 came, so 4 went"


def test_what_cannot_be_made_is_asked_for_again():
    @per_stream(2)
    def refused(device):
        raise Refused("no")

    for _ in range(2):
        with pytest.raises(Refused):
            refused(CPU)


def test_a_mask_made_in_inference_mode_serves_a_backward_pass():
    with torch.inference_mode():
        mask = block_mask((130, 7), (130, 7), True, CPU)
    tensors = [mask.kv_num_blocks, mask.kv_indices, mask.full_kv_num_blocks, mask.full_kv_indices]
    assert not any(tensor.is_inference() for tensor in tensors)
    assert block_mask((130, 7), (130, 7), True, CPU) is mask
    weight = torch.ones(mask.kv_indices.shape, requires_grad=True)
    (weight * mask.kv_indices).sum().backward()
    assert torch.equal(weight.grad, mask.kv_indices.float())


def test_an_upload_is_a_copy_with_the_same_values():
    values = torch.arange(5, dtype=torch.int32)
    assert torch.equal(upload(values, CPU), values)
