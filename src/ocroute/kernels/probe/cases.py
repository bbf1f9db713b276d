"""The inputs that broke real kernels, as a table. What a row means is done by ``case_inputs`` and ``runs``."""

from __future__ import annotations

from typing import Literal

import msgspec

from ocroute.kernels.base import KernelInfo, Problem

Values = Literal[
    "normal",
    "ones",
    "zero_channel",
    "constant_channel",
    "zero_queries",
    "sharp",
    "peaked",
    "steep",
    "huge",
    "biased_keys",
    "negative",
]
Layout = Literal["plain", "fused", "fenced", "by_head", "cache"]
Run = Literal["once", "singles", "poisoned", "changed", "repeats", "side_stream", "two_streams", "graph"]


BEYOND_8_BITS: tuple[Values, ...] = ("steep", "huge")
"""Values with scores so far apart that the rounding of 8 bits makes another key win: see ``Call.beyond_8_bits``."""


class Case(msgspec.Struct, frozen=True, omit_defaults=True):
    """One way to try a kernel. What is not said is as in the problem.

    Attributes:
        catches: the fault that it shows.
        lengths, keys: query and key tokens of each sequence; empty ``lengths`` are the problem's own, empty ``keys`` equal them.
        ratio: query heads a key/value head; 0 is the problem's own.
        values: how q, k and v are filled.
        layout: ``plain`` tensors; ``fused`` views into one QKV buffer; ``fenced`` views with NaN behind the last token;
            ``by_head`` views of tensors in which the tokens of a head lie together; ``cache`` so only k and v, as they come
            out of a model's cache.
        scale: factor on the usual ``head_dim ** -0.5``.
        run: how the kernel is called.
        own: whether the problem class itself asks for this, so that a refusal decides.
        causal, grouped: runs only for problem classes that are so.
        cuda: runs only on a GPU.
    """

    name: str
    catches: str
    lengths: tuple[int, ...] = ()
    keys: tuple[int, ...] = ()
    ratio: int = 0
    values: Values = "normal"
    layout: Layout = "plain"
    scale: float = 1.0
    run: Run = "once"
    own: bool = False
    causal: bool = False
    grouped: bool = False
    cuda: bool = False


OWN_LENGTHS = "own_lengths"
"""The case at exactly the problem's lengths; all others are the same for every length."""

MEASURE = "measure"
"""What a child is said to be doing while it takes the time: no case, but a kernel can be lost in it."""

CASES = (
    Case("inputs_unchanged", "q, k or v changed in place", (130,), own=True),
    Case("uniform", "an output left at zero", (96,), values="zero_queries", own=True),
    *(
        Case(f"constant_v_{keys}", "keys beyond the end taken into the softmax", (keys,), values="ones", own=True)
        for keys in (65, 1, 63, 127, 129, 503)
    ),
    Case("zero_channel", "a scale of zero where a channel of v is zero", (200,), values="zero_channel", own=True),
    Case("constant_channel", "a channel of v without spread", (200,), values="constant_channel", own=True),
    Case("peaked", "scores in too few bits", (150,), values="peaked", own=True),
    Case(
        "steep", "a softmax that overflows where the largest score is not taken off", (150,), values="steep", own=True
    ),
    Case("huge", "scores or sums beyond what float16 holds", (150,), values="huge", own=True),
    Case(
        "biased_keys",
        "keys with a large bias, as Qwen2's have, in too few bits",
        (150,),
        values="biased_keys",
        own=True,
    ),
    Case("negative", "a running maximum that begins at zero", (150,), values="negative", own=True),
    Case("scale", "a scale that is not the usual one ignored, or rounded", (130,), values="sharp", scale=2.0),
    *(
        Case(f"ratio_{ratio}", "query heads given the wrong key/value head", (130,), ratio=ratio, grouped=True)
        for ratio in (1, 2, 4, 7, 8)
    ),
    Case("short_queries", "a causal mask aligned at the top left", (33, 70), (97, 131), causal=True),
    Case("one_query", "a causal mask aligned at the top left", (1, 1), (70, 129), causal=True),
    Case("blind_queries", "rows that see no key not zero", (97, 65), (33, 65), causal=True),
    Case("unequal", "other numbers of keys than of queries", (33, 70, 97), (97, 131, 40)),
    Case("unequal_batch", "a batch cut by the number of queries where there are other keys", (40, 40), (97, 97)),
    Case("one_tile", "a full last tile taken for an empty one", (128,), own=True),
    Case("two_tiles", "a full last tile taken for an empty one", (256,), own=True),
    Case("whole_tiles", "a full last tile taken for an empty one, in a pack", (128, 384, 176, 192)),
    Case("empty_sequence", "a sequence without tokens", (70, 0, 33)),
    Case("pack", "packed sequences that see one another", (1, 2, 64, 65, 1500), run="singles"),
    Case("windows", "more packed sequences than a kernel has room for", (64, 64, 64, 64, 64, 64, 40) * 10),
    Case("pages", "long packed sequences that see one another", (2100, 2100)),
    Case("poisoned", "rows of the output never written", (65, 130), run="poisoned", own=True),
    Case("fenced", "loads beyond the last token", (65, 77), layout="fenced", own=True),
    Case("fused", "strides ignored", (130, 65), layout="fused", own=True),
    Case("by_head", "heads taken for neighbours in memory", (130,), layout="by_head", own=True),
    Case("cache", "strides of the queries taken for those of the keys", (130,), layout="cache", own=True),
    Case("changed", "an earlier call's result", (130,), run="changed", own=True),
    Case("repeats", "a fault after some calls", (65,), run="repeats", own=True),
    Case("side_stream", "work queued on another stream", (130,), run="side_stream", own=True, cuda=True),
    Case(
        "two_streams",
        "what a call on one stream leaves for the next used on another before it is there",
        (138,),  # a length of its own: what a kernel keeps for it is made in this case
        run="two_streams",
        own=True,
        cuda=True,
    ),
    Case("graph", "a result that a replayed CUDA graph does not renew", (130,), run="graph", cuda=True),
    Case(OWN_LENGTHS, "overflow of offsets, tiles left out, memory", own=True),
)


COMPILED = ("inputs_unchanged", "scale", "fused", "by_head", "cache", *(f"ratio_{ratio}" for ratio in (1, 2, 4, 7, 8)))
"""Cases that between them have a kernel compile what all need: scales, strides and numbers of heads are often compiled in."""


def not_run(case: Case, problem: Problem, info: KernelInfo, device: str) -> str:
    """Why ``case`` says nothing about ``problem`` on ``device``; empty when it is to run."""
    if case.causal and not problem.causal:
        return "the problem class is not causal"
    if case.grouped and problem.group == 1:
        return "the problem class has as many key/value heads as query heads"
    if case.cuda and not device.startswith("cuda"):
        return "there are no streams on the CPU"
    if case.run in ("side_stream", "two_streams") and info.default_stream_only:
        return "the kernel says that it works on the default stream only, and refuses calls on others"
    if case.run == "graph" and not info.capturable:
        return "the kernel says that a CUDA graph cannot capture it"
    return ""


def short(case: Case) -> Case:
    """The same case, its long sequences cut: for many seeds in little time."""
    return msgspec.structs.replace(case, lengths=tuple(length if length <= 400 else 200 for length in case.lengths))
