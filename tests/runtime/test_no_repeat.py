"""Tokens that would complete a run: on the device what the plain definition says."""

import random

import torch

from ocroute.runtime.no_repeat import forbidden


def by_definition(tokens, run):
    """Tokens that follow the last ``run - 1`` wherever these stand in ``tokens``."""
    last = tokens[len(tokens) - run + 1 :]
    starts = range(len(tokens) - run + 1)
    return {tokens[start + run - 1] for start in starts if tokens[start : start + run - 1] == last}


def test_as_by_definition():
    draw = random.Random(1)
    for run in (2, 3, 5):
        for length in (0, 1, run - 1, run, 9, 40):
            rows = [[draw.randrange(3) for _ in range(length)] for _ in range(4)]
            history = torch.full((4, 40), -1)
            for row, tokens in enumerate(rows):
                history[row, 40 - length :] = torch.tensor(tokens, dtype=torch.int64)
            found = forbidden(history, run, (), 5)
            assert [set(row.nonzero().flatten().tolist()) for row in found] == [
                by_definition(tokens, run) for tokens in rows
            ]


def test_exempt_tokens_may_always_come_again():
    history = torch.tensor([[1, 2, 1, 2, 1]])
    assert forbidden(history, 2, (), 4).nonzero().tolist() == [[0, 2]]
    assert not forbidden(history, 2, (2,), 4).any()
