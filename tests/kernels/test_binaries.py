"""Which card runs which code: NVIDIA's rules of binary compatibility."""

from __future__ import annotations

import pytest

from ocroute.kernels.binaries import runs_on


@pytest.mark.parametrize(
    ("code", "card", "runs"),
    [
        ("sm_80", (8, 0), True),
        ("sm_80", (8, 6), True),
        ("sm_86", (8, 0), False),
        ("sm_80", (9, 0), False),
        ("sm_90", (12, 0), False),
        ("sm_100", (12, 0), False),
        ("sm_120", (12, 0), True),
        ("sm_120", (12, 1), True),
        ("sm_120a", (12, 0), True),
        ("sm_120a", (12, 1), False),
        ("sm_120f", (12, 1), True),
        ("sm_90a", (9, 0), True),
        ("sm_100f", (10, 3), True),
        ("sm_100f", (12, 0), False),
        ("ptx_80", (12, 0), True),
        ("ptx_120", (9, 0), False),
        ("ptx_90a", (12, 0), False),
        ("sm_80", (8, 9), True),
        ("sm_100a", (10, 3), False),
        ("sm_121", (12, 0), False),
        ("compute_90", (12, 0), True),
        ("compute_90a", (12, 0), False),
        ("compute_120", (9, 0), False),
        ("compute_120f", (12, 1), True),
        ("gfx90a", (9, 0), False),
    ],
)
def test_runs_on(code: str, card: tuple[int, int], runs: bool) -> None:
    assert runs_on(code, card) is runs
