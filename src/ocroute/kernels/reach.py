"""For which problems a proof speaks.

**Problem classes.** Two problems are of one class when head dim, dtype, causality, and the number of query heads to a key/value
head agree. The length buckets of a class are open below: a proof at length L holds for every length up to L. Several sequences
in one call need no proof of their own as long as no offset into the pack can outgrow 32 bits; beyond that the proof must have
run as many tokens.

**Verdicts.** A kernel once seen wrong in a class is out for the class, however it did at other times. Only what it showed at
the proof's own lengths (wrong, crashed, too slow, out of memory) says nothing about shorter ones.
"""

from __future__ import annotations

from ocroute.kernels.base import Problem
from ocroute.kernels.probe.cases import MEASURE, OWN_LENGTHS
from ocroute.kernels.probe.values import Proof

_OFFSETS = 2**31


def same_class(one: Problem, other: Problem) -> bool:
    """Whether the two differ in lengths and the number of heads only."""
    return (one.head_dim, one.dtype, one.causal, one.group) == (other.head_dim, other.dtype, other.causal, other.group)


def serves(proof: Proof, problem: Problem) -> bool:
    """Whether a proof holds for the lengths of ``problem``, the class being the same."""
    if longest(problem) > longest(proof.problem):
        return False
    return tokens(problem) <= tokens(proof.problem) or tokens(problem) * problem.heads * problem.head_dim < _OFFSETS


def condemns(proof: Proof, problem: Problem) -> bool:
    """Whether what went wrong there would go wrong here: a fault of the proof's own lengths only at these and above."""
    return proof.case not in (OWN_LENGTHS, MEASURE) or longest(problem) >= longest(proof.problem)


def longest(problem: Problem) -> int:
    """Tokens of the longest sequence."""
    return max((*problem.lengths, *problem.keys), default=0)


def size(problem: Problem) -> tuple[int, int]:
    """By which problems of a class are ordered: tokens of the longest sequence, then of all."""
    return longest(problem), tokens(problem)


def tokens(problem: Problem) -> int:
    """Queries or keys in the pack, whichever are more."""
    return max(sum(problem.lengths), sum(problem.keys))
