"""What every kernel must do that runs on this machine; a new one is tested by being registered."""

import inspect
import warnings

import msgspec
import pytest
import torch

from ocroute.errors import UsageError
from ocroute.kernels.base import KERNELS, KernelInfo, Presence, Problem, Refused
from ocroute.kernels.packed import boundaries, host_lengths
from ocroute.kernels.probe.cases import CASES, not_run
from ocroute.kernels.sdpa import _bias_lower_right

BUILTIN = [name for name in KERNELS if KERNELS[name].builtin]
DEVICE = "cuda" if torch.cuda.is_available() else "cpu"


def runs_here(name):
    kernel = KERNELS.load(name)
    if kernel.presence().state != "usable":
        return False
    if DEVICE == "cpu":
        return bool(kernel.info.dtypes_on_cpu)
    capability = torch.cuda.get_device_capability()
    return not kernel.info.capabilities or any(low <= capability <= high for low, high in kernel.info.capabilities)


RUNNING = [name for name in BUILTIN if runs_here(name)]
EXACT = [name for name in RUNNING if KERNELS.load(name).info.numerics == "exact"]
LENGTHS = {
    "one": ((5,), (5,)),
    "one token": ((1,), (1,)),
    "equal": ((3, 3), (3, 3)),
    "packed": ((1, 130, 7), (1, 130, 7)),
    "fewer queries": ((1, 5, 2), (4, 9, 131)),
    "more queries": ((6, 131, 2), (3, 5, 1)),
    "empty": ((4, 0, 2), (0, 3, 2)),
    "all empty": ((0, 0), (0, 0)),
    "no key at all": ((3,), (0,)),
}


def tolerance(dtype):
    # some kernels take float32 apart for the matrix units of a GPU
    return {torch.float32: 5e-6 if DEVICE == "cpu" else 5e-5, torch.float16: 2e-3, torch.bfloat16: 1.6e-2}[dtype]


def dtypes_of(name):
    info = KERNELS.load(name).info
    return [getattr(torch, dtype) for dtype in (info.dtypes_on_cpu if DEVICE == "cpu" else info.dtypes)]


def tensors(queries, keys, heads, kv_heads, head_dim, dtype, seed=0):
    generator = torch.Generator().manual_seed(seed)

    def make(length, count):
        return torch.randn(sum(length), count, head_dim, generator=generator).to(dtype).to(DEVICE)

    return make(queries, heads), make(keys, kv_heads), make(keys, kv_heads)


def call(name, q, k, v, queries, keys, *, causal=False, scale=None):
    return KERNELS.load(name)().attend(
        q,
        k,
        v,
        cu_q=boundaries(queries, DEVICE),
        cu_k=boundaries(keys, DEVICE),
        max_q=max(queries),
        max_k=max(keys),
        causal=causal,
        scale=q.shape[-1] ** -0.5 if scale is None else scale,
    )


def written_out(q, k, v, queries, keys, *, causal, scale):
    """Query by query, in float64: no masks, no alignment rules, only the keys that are to be seen."""
    q, k, v = q.double().cpu(), k.double().cpu(), v.double().cpu()
    out = torch.zeros_like(q)
    k, v = (x.repeat_interleave(q.shape[1] // k.shape[1], 1) for x in (k, v))
    first = start = 0
    for n, m in zip(queries, keys, strict=True):
        for i in range(n):
            seen = slice(start, start + (max(0, m - n + i + 1) if causal else m))
            weights = torch.softmax((k[seen] * q[first + i]).sum(-1) * scale, 0)  # (keys, heads)
            out[first + i] = (weights[..., None] * v[seen]).sum(0)
        first, start = first + n, start + m
    return out


@pytest.mark.parametrize("causal", [False, True], ids=["all", "causal"])
@pytest.mark.parametrize("lengths", LENGTHS.values(), ids=LENGTHS)
@pytest.mark.parametrize("name", EXACT)
def test_agrees_with_attention_written_out(name, lengths, causal):
    queries, keys = lengths
    for dtype in dtypes_of(name):
        q, k, v = tensors(queries, keys, 4, 2, 64, dtype)
        out = call(name, q, k, v, queries, keys, causal=causal)
        right = written_out(q, k, v, queries, keys, causal=causal, scale=0.125)
        assert out.shape == q.shape
        assert out.dtype == dtype
        torch.testing.assert_close(out.cpu().double(), right, atol=tolerance(dtype), rtol=0)


@pytest.mark.parametrize("heads", [(3, 3), (6, 2), (7, 1)], ids=str)
@pytest.mark.parametrize("head_dim", [80, 128])
@pytest.mark.parametrize("name", EXACT)
def test_takes_the_shapes_of_ocr_models(name, head_dim, heads):
    dtype = dtypes_of(name)[-1]
    queries, keys = (5, 66), (9, 66)
    q, k, v = tensors(queries, keys, *heads, head_dim, dtype)
    scale = 0.3  # not the default: a kernel that drops it is seen
    right = written_out(q, k, v, queries, keys, causal=True, scale=scale)
    try:
        out = call(name, q, k, v, queries, keys, causal=True, scale=scale)
    except Refused:
        info = KERNELS.load(name).info
        assert head_dim not in info.head_dims
        assert info.head_dims  # refused by its facts, for nothing else is asked of it here
        return
    torch.testing.assert_close(out.cpu().double(), right, atol=2 * tolerance(dtype), rtol=0)


@pytest.mark.parametrize("causal", [False, True], ids=["all", "causal"])
@pytest.mark.parametrize("name", RUNNING)
def test_leaves_its_inputs_and_reads_strided_views(name, causal):
    dtype, queries = dtypes_of(name)[0], (5, 66)
    fused = torch.randn(71, 3, 4, 64, generator=torch.Generator().manual_seed(1)).to(dtype).to(DEVICE)
    q, k, v = fused.unbind(1)  # as a fused projection leaves them: neighbouring tokens are far apart
    before = fused.clone()
    out = call(name, q, k, v, queries, queries, causal=causal)
    assert torch.equal(fused, before)
    assert out.data_ptr() not in (q.data_ptr(), k.data_ptr(), v.data_ptr())
    contiguous = call(name, q.contiguous(), k.contiguous(), v.contiguous(), queries, queries, causal=causal)
    torch.testing.assert_close(out, contiguous, atol=tolerance(dtype), rtol=0)


@pytest.mark.parametrize("name", RUNNING)
def test_a_sequence_does_not_see_its_neighbours(name):
    dtype, queries = dtypes_of(name)[0], (3, 64, 65)
    q, k, v = tensors(queries, queries, 2, 2, 64, dtype)
    packed = call(name, q, k, v, queries, queries)
    start = 0
    for n in queries:
        part = slice(start, start + n)
        alone = call(name, q[part], k[part], v[part], (n,), (n,))
        torch.testing.assert_close(packed[part], alone, atol=tolerance(dtype), rtol=0)
        start += n


@pytest.mark.parametrize("name", RUNNING)
def test_knows_lengths_that_nobody_remembered(name):
    dtype, queries = dtypes_of(name)[0], (3, 65)
    q, k, v = tensors(queries, queries, 2, 2, 64, dtype)
    bare = torch.tensor([0, 3, 68], dtype=torch.int32, device=DEVICE)
    out = KERNELS.load(name)().attend(q, k, v, cu_q=bare, cu_k=bare, max_q=65, max_k=65, causal=False, scale=0.125)
    torch.testing.assert_close(out, call(name, q, k, v, queries, queries), atol=0, rtol=0)


@pytest.mark.parametrize("name", RUNNING)
def test_boundaries_that_are_written_to_afterwards_are_read_again(name):
    dtype = dtypes_of(name)[0]
    q, k, v = tensors((9,), (9,), 2, 2, 64, dtype)
    with torch.inference_mode():
        cu = boundaries((2, 7), DEVICE)
        cu[1] = 5
    out = KERNELS.load(name)().attend(q, k, v, cu_q=cu, cu_k=cu, max_q=7, max_k=7, causal=False, scale=0.125)
    torch.testing.assert_close(out, call(name, q, k, v, (5, 4), (5, 4)), atol=0, rtol=0)


@pytest.mark.parametrize("name", RUNNING)
def test_what_is_not_of_the_contracts_form_is_refused(name):
    dtype = dtypes_of(name)[0]
    q, k, v = tensors((5,), (5,), 3, 2, 64, dtype)
    with pytest.raises(Refused, match="3 query heads are no multiple of 2"):
        call(name, q, k, v, (5,), (5,))
    wide, attend = boundaries((5,), DEVICE).long(), KERNELS.load(name)().attend
    with pytest.raises(Refused, match=r"int32, not torch\.int64"):
        attend(q[:, :2], k, v, cu_q=wide, cu_k=wide, max_q=5, max_k=5, causal=False, scale=0.125)


@pytest.mark.parametrize(
    "wrong",
    [
        {"heads": 4, "kv_heads": 3},
        {"kv_heads": 0},
        {"heads": 0},
        {"head_dim": -1},
        {"lengths": ()},
        {"lengths": (5, -1)},
        {"kv_lengths": (5, 6)},
    ],
    ids=str,
)
def test_a_problem_whose_numbers_do_not_fit_is_told_so(wrong):
    numbers = {"head_dim": 64, "heads": 4, "kv_heads": 2, "causal": False, "dtype": "float16", "lengths": (5,)} | wrong
    with pytest.raises(UsageError):
        Problem(**numbers)
    with pytest.raises(msgspec.ValidationError):  # so that the ledger sets such a file aside
        msgspec.json.decode(msgspec.json.encode(numbers), type=Problem)


def test_lengths_are_never_guessed_from_the_longest():
    cu = torch.tensor([0, 3, 8, 12], dtype=torch.int32, device=DEVICE)
    assert host_lengths(cu, 12, 5) == (3, 5, 4)
    with pytest.raises(Refused, match="said to have 4 tokens, and one has 5"):
        host_lengths(cu, 12, 4)


@pytest.mark.parametrize("name", BUILTIN)
def test_is_described_and_has_the_shape_of_the_contract(name):
    kernel = KERNELS.load(name)
    assert isinstance(kernel.info, KernelInfo)
    assert kernel.info.install
    assert kernel.info.source
    parameters = inspect.signature(kernel.attend).parameters
    assert list(parameters) == ["self", "q", "k", "v", "cu_q", "cu_k", "max_q", "max_k", "causal", "scale"]
    assert all(parameters[word].kind is inspect.Parameter.KEYWORD_ONLY for word in list(parameters)[4:])


@pytest.mark.parametrize("name", BUILTIN)
def test_says_whether_it_is_here(name):
    presence = KERNELS.load(name).presence()
    assert isinstance(presence, Presence)
    assert presence.version or presence.state == "absent"
    assert bool(presence.reason) == (presence.state != "usable")


def test_what_runs_without_a_gpu():
    on_cpu = {name for name in BUILTIN if KERNELS.load(name).info.dtypes_on_cpu}
    assert on_cpu == {"eager", "sdpa_math", "sdpa_flash", "flex"}


@pytest.mark.skipif(DEVICE == "cuda", reason="this machine's GPU is what they need")
@pytest.mark.parametrize("name", ["sdpa_efficient", "sdpa_cudnn", "torch_varlen"])
def test_without_a_gpu_refuses_with_the_reason(name):
    q, k, v = tensors((4,), (4,), 2, 2, 64, torch.bfloat16)
    with pytest.raises(Refused, match="needs an NVIDIA GPU"):
        call(name, q, k, v, (4,), (4,))


@pytest.mark.parametrize("causal", [False, True], ids=["all", "causal"])
@pytest.mark.parametrize("name", ["sdpa_efficient", "sdpa_cudnn"])
def test_what_torch_itself_declines_is_refused_too(name, causal):
    """Its facts say any device: then torch, which has no such back end without a GPU, has to say so."""
    row = KERNELS.load(name)
    bold = type("Bold", (row,), {"info": msgspec.structs.replace(row.info, capabilities=())})
    q, k, v = (x.cpu() for x in tensors((5,), (7,), 2, 2, 64, torch.bfloat16))
    cu_q, cu_k = boundaries((5,), "cpu"), boundaries((7,), "cpu")
    attend = bold().attend
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        with pytest.raises(Refused, match=f"torch's {row.backend} does not take"):
            attend(q, k, v, cu_q=cu_q, cu_k=cu_k, max_q=5, max_k=7, causal=causal, scale=0.1)
    assert not said  # torch's reasons are in the message, and not on the user's screen


@pytest.mark.filterwarnings("ignore")  # torch says its reasons at the call too
def test_what_torch_declines_after_it_has_served_a_call_of_the_same_form_is_refused_too():
    row = KERNELS.load("sdpa_flash")()
    q = torch.randn(5, 2, 64)
    call = {"cu_q": boundaries((5,), "cpu"), "cu_k": boundaries((5,), "cpu"), "max_q": 5, "max_k": 5}
    apart = torch.randn(5, 2, 128)[..., ::2]
    for _ in range(2):
        row.attend(q, q, q, **call, causal=True, scale=1.0)
    with pytest.raises(Refused, match=r"FLASH_ATTENTION does not take q \(5, 2, 64\).*last dimension"):
        row.attend(apart, apart, apart, **call, causal=True, scale=1.0)
    row.attend(q, q, q, **call, causal=True, scale=1.0)


def test_torchs_own_alignment_gets_fewer_key_value_heads_as_they_are(monkeypatch):
    """It takes them if it is told; otherwise it finds that heads do not match, and declines."""
    asked = []

    def attention(q, k, v, **options):
        asked.append((q.shape[1], k.shape[1], options["enable_gqa"], type(options["attn_mask"]).__name__))
        return q

    monkeypatch.setattr(torch.nn.functional, "scaled_dot_product_attention", attention)
    for kv_heads in (2, 4):
        q, k = torch.ones(1, 4, 3, 64), torch.ones(1, kv_heads, 5, 64)
        assert _bias_lower_right(q, k, k, scale=1.0) is q
    assert asked == [(4, 2, True, "CausalBias"), (4, 4, False, "CausalBias")]


def test_a_warning_about_a_call_that_was_served_reaches_the_user(monkeypatch):
    row = KERNELS.load("sdpa_math")
    monkeypatch.setattr(row, "dense", lambda self, q, *_, **__: warnings.warn("old GPU", stacklevel=1) or q.clone())
    q = torch.ones(5, 2, 64)
    with pytest.warns(UserWarning, match="old GPU"):
        row().attend(
            q,
            q,
            q,
            cu_q=boundaries((5,), "cpu"),
            cu_k=boundaries((5,), "cpu"),
            max_q=5,
            max_k=5,
            causal=False,
            scale=1.0,
        )


@pytest.mark.parametrize(
    ("name", "head_dim", "dtype", "why"),
    [
        ("sdpa_flash", 264, torch.float32, "head dims up to 256, not 264"),
        ("flex", 264, torch.float32, "head dims up to 256, not 264"),
        ("eager", 64, torch.float64, "not float64"),
    ],
)
def test_what_its_facts_exclude_is_refused_by_name(name, head_dim, dtype, why):
    q, k, v = tensors((4,), (4,), 2, 2, head_dim, dtype)
    with pytest.raises(Refused, match=why):
        call(name, q, k, v, (4,), (4,))


def test_only_the_two_reference_kernels_keep_all_scores():
    assert {name for name in BUILTIN if KERNELS.load(name).info.materialises} == {"eager", "sdpa_math"}


def test_a_kernel_of_the_default_stream_is_not_tried_on_another():
    """SageAttention 2 refuses calls on other streams: were that case run, the refusal would end every proof of it."""
    (case,) = [case for case in CASES if case.run == "side_stream"]
    problem = Problem(128, 12, 12, False, "bfloat16", (4096,))
    assert "default stream" in not_run(case, problem, KERNELS.load("sage2").info, "cuda")
    assert not not_run(case, problem, KERNELS.load("sage1").info, "cuda")
