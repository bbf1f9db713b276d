"""What right kernels give, shared between the kernels of a test."""

from collections import OrderedDict
from contextlib import contextmanager

import pytest


@contextmanager
def sharing_references():
    """What has to come out of a call is computed once for all kernels that are given the same one: it takes most of the time."""
    import torch

    from ocroute.kernels.probe import reference

    known, exact = OrderedDict(), reference.exact

    def remembered(call, rows, **options):
        held = (call.q, call.k, call.v, *rows)
        contents = tuple(
            (each.dtype, each.shape, each.contiguous().view(torch.uint8).numpy().tobytes()) for each in held
        )
        key = hash((contents, call.queries, call.keys, call.causal, call.scale, *sorted(options.items())))
        if key not in known:
            known[key] = exact(call, rows, **options)
            if len(known) > 400:
                known.popitem(last=False)
        return known[key]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reference, "exact", remembered)
        yield
