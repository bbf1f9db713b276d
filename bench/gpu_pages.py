"""How fast a GPU reads pages with dots.ocr: vision, prompt and answer by themselves, one page, and many pages together.

    python -m bench.gpu_pages --json evidence/gpu-pages.json [--pages 64] [--sequences 16,48,64,96] [--peers]
    python -m bench.gpu_pages --tiny                              # the script itself, on the processor

The published geometry, random bfloat16 weights; A4 at 200 dpi, so 19,824 patches and a prompt of 4,976 tokens and more; answers
of 1,000 tokens that are dictated (see `bench.dictation`): every step runs at its full cost. Inputs are ready beforehand, and what
the judge does is left out. In the same run:

- how far the scores are from those of float32, one sequence and three together, beside the distance of transformers' own loop;
- how far the vision tower is from float32 with its fused steps and without;
- that every sequence wrote what it was told;
- the peers: the loop of transformers, as ocroute used it until then, and with ``--peers`` its static cache, compiled.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from typing import Any

import torch
from bench.dictation import Dictation
from bench.page_memory import GEOMETRY, TINY
from torch import Tensor

from bench import harness
from ocroute.kernels.adaptor import plug_into
from ocroute.models.dots_ocr.config import DotsOCRConfig
from ocroute.models.dots_ocr.modeling import DotsOCRForCausalLM
from ocroute.runtime import batch_state, fused
from ocroute.runtime.batch import Batch, Prompt
from ocroute.runtime.cached_attention import attention_for
from ocroute.runtime.decoder import Decoder, decoder_of, step
from ocroute.runtime.prefill import prefill
from ocroute.runtime.single import Single

KERNELS = {
    "vision": "sdpa_cudnn",
    "text": "sdpa_flash",
}  # cuDNN plans anew for each length, and prompts are not equally long
CROPS = ((42, 30), (20, 60), (28, 44), (42, 30), (36, 36), (18, 66), (30, 42), (26, 50))  # patches: blocks of a page
STOP = 5
GOALS = {"seconds a page": 2.3, "tokens/s of one page": 550, "vision ms": 250, "pages/s": 2.2}
FARTHER = 1.2  # times the distance of transformers' loop from float32


@dataclass(frozen=True)
class Size:
    """Of the pages."""

    rows: int
    columns: int
    words: int
    answer: int
    check: int  # tokens of the prompt that scores are compared on


FULL, SMALL = Size(168, 118, 20, 1000, 700), Size(8, 6, 5, 20, 40)


def main() -> None:
    began = time.perf_counter()
    given = _arguments()
    size, device = (SMALL, "cpu") if given.tiny else (FULL, "cuda")
    torch.manual_seed(0)
    model = _model(given.tiny, device)
    result: dict[str, Any] = {
        "page": {"patches": size.rows * size.columns, "prompt": _length(size, 0), "answer": size.answer},
        "kernels": KERNELS if device == "cuda" else {},
        "where": {"device": device, "torch": torch.__version__, "cuda": torch.version.cuda or ""},
    }

    def done(name: str, found: Any) -> None:
        result[name] = found
        print(f"{time.perf_counter() - began:.0f} s: {name}: {found}", flush=True)
        harness.write(given.json, result)

    def tried(name: str, measure: Callable[[], Any]) -> None:
        try:
            done(name, measure())
        except Exception as error:  # the other steps are to run
            done(name, {"failed": f"{type(error).__name__}: {' '.join(str(error).split())[:300]}"})
        if device == "cuda":
            torch.cuda.empty_cache()

    tried("distance from float32", lambda: _distances(model, size))  # first: it moves weights
    decoder = decoder_of(model)
    plug = plug_into(model, KERNELS) if device == "cuda" else nullcontext()
    with torch.inference_mode(), plug:
        tried("vision", lambda: _vision(model, size))
        tried("crops", lambda: _crops(model, CROPS[:2] if given.tiny else CROPS))
        tried("prompt", lambda: _prompt(model, size))
        tried("one page", lambda: _one(model, size))
        for count in map(int, given.sequences.split(",")):
            tried(f"{count} sequences", lambda count=count: _together(model, decoder, size, count))
        tried(f"{given.pages} pages", lambda: _pages(model, decoder, size, given.pages))
    with torch.inference_mode():
        tried("loop of transformers", lambda: _loop(model, size, min(200, size.answer)))
        if given.peers:
            tried("static cache of transformers", lambda: _static(model, size, min(200, size.answer)))
    done("goals", _goals(result, given.pages))
    done("script seconds", round(time.perf_counter() - began, 1))


def _arguments() -> argparse.Namespace:
    parser = harness.arguments(__doc__, record="gpu-pages")
    parser.add_argument("--pages", type=int, default=64, help="read together, all of them waiting")
    parser.add_argument("--sequences", default="16,48,64,96", help="written together, prompts seen beforehand")
    parser.add_argument("--peers", action="store_true", help="the compiled peer too, which takes a minute")
    parser.add_argument("--tiny", action="store_true", help="a tiny model and page, on the processor")
    return parser.parse_args()


def _model(tiny: bool, device: str) -> Any:
    config = DotsOCRConfig(**(TINY if tiny else GEOMETRY))
    config._attn_implementation = "sdpa"
    torch.set_default_dtype(torch.float32 if tiny else torch.bfloat16)
    with torch.device(device):
        model = DotsOCRForCausalLM(config).eval()
    torch.set_default_dtype(torch.float32)
    return model


def _length(size: Size, number: int) -> int:
    """Tokens of a page's prompt: each page has another, by which its answer is known."""
    return size.rows * size.columns // 4 + size.words + number


def _page(model: Any, size: Size, number: int = 0) -> dict[str, Tensor]:
    patches = size.rows * size.columns
    ids = torch.full((1, _length(size, number)), 7, device=model.device)
    ids[0, 4 : 4 + patches // 4] = model.config.image_token_id
    pixels = torch.randn(patches, 588, device=model.device)
    grid = torch.tensor([[1, size.rows, size.columns]])
    return {"input_ids": ids, "pixel_values": pixels, "image_grid_thw": grid}


def _dictation(model: Any, size: Size, pages: int) -> Dictation:
    draw = torch.Generator().manual_seed(1)
    words = torch.randint(10, model.config.vocab_size - 10, (pages, size.answer), generator=draw)
    words[:, -1] = STOP
    return Dictation({_length(size, number): row for number, row in enumerate(words.tolist())})


def _distances(model: Any, size: Size) -> dict[str, Any]:
    """Relative distances, of whole vectors, from float32."""
    page, (dtype, steps) = _page(model, size), (model.dtype, 6)
    tower = model.vision_tower
    grid = (size.rows // 2 // 2 * 2, size.columns // 2 // 2 * 2)  # a quarter of the page
    pixels, grids = page["pixel_values"][: grid[0] * grid[1]], torch.tensor([[1, *grid]])
    ids = torch.randint(10, 500, (1, size.check + steps), device=model.device)
    start, rest = ids[:, : size.check], ids[0, size.check :]
    with torch.inference_mode():
        with _plain():
            seen = {"tower, plain steps": tower(pixels, grids).float()}
        seen["tower, fused steps"] = tower(pixels, grids).float()
        prompt, decoder = prefill(model, {"input_ids": start}), decoder_of(model)
        scores = {"transformers": _by_model(model, start, rest)}
        scores |= {f"{count} together": _by_step(decoder, prompt, rest, count) for count in (1, 3)}
        model.float()
        meant, tower_meant = model(input_ids=ids, logits_to_keep=steps).logits[0], tower(pixels, grids)
        model.to(dtype)
    found = {name: _distance(out, tower_meant) for name, out in seen.items()}
    found |= {f"scores, {name}": _distance(out, meant) for name, out in scores.items()}
    mine, theirs = max(found["scores, 1 together"], found["scores, 3 together"]), found["scores, transformers"]
    towers = found["tower, fused steps"] <= FARTHER * found["tower, plain steps"] + 1e-6
    return found | {"within rounding": mine <= FARTHER * theirs + 1e-6 and towers}


def _by_model(model: Any, start: Tensor, rest: Tensor) -> Tensor:
    """Scores after each token, one forward a token."""
    out = model(input_ids=start, use_cache=True)
    keyword = "cache" if "cache" in out else "past_key_values"
    rows = []
    for token in rest:
        out = model(input_ids=token.view(1, 1), use_cache=True, **{keyword: out[keyword]})
        rows.append(out.logits[0, -1].float())
    return torch.stack(rows)


def _by_step(decoder: Decoder, prompt: Prompt, rest: Tensor, count: int) -> Tensor:
    attend = _attention(decoder)
    slots = decoder.slots(count, 1024)
    for slot in range(count):
        slots.put(slot, prompt.layers)
    rows = []
    for place, token in enumerate(rest):
        positions = torch.full((count,), prompt.length + place, device=token.device)
        rows.append(step(decoder, slots, token.repeat(count), positions, positions, attend, 1024)[-1].float())
    return torch.stack(rows)


def _attention(decoder: Decoder) -> Any:
    heads = decoder.heads, decoder.kv_heads, decoder.head_dim
    return attention_for(decoder.embedding.device, decoder.embedding.dtype, heads)


def _distance(out: Tensor, meant: Tensor) -> float:
    return round(float((out - meant).norm() / meant.norm()), 6)


@contextmanager
def _plain() -> Iterator[None]:
    """Fused steps in plain torch."""
    kernel = fused._kernel
    fused._kernel = lambda *_: None
    try:
        yield
    finally:
        fused._kernel = kernel


def _vision(model: Any, size: Size) -> dict[str, Any]:
    page = _page(model, size)
    look = lambda: model.vision_tower(page["pixel_values"], page["image_grid_thw"])  # noqa: E731
    started = time.perf_counter()
    look()
    _synchronize(model)
    found: dict[str, Any] = {
        "first": round(time.perf_counter() - started, 2)
    }  # kernels are built or read from the disk
    found |= {"ms": _milliseconds(look), "MiB beyond weights": _extra(look)}
    with _plain():
        found["ms, steps in plain torch"] = _milliseconds(look)
    rows = size.rows - 2
    other = page["pixel_values"][: rows * size.columns], torch.tensor([[1, rows, size.columns]])
    return found | {"ms, first of another size": round(_seconds(lambda: model.vision_tower(*other)) * 1000, 2)}


def _crops(model: Any, crops: Sequence[tuple[int, int]]) -> dict[str, Any]:
    """Small images one after the other, and in one pass."""
    grids = torch.tensor([[1, *crop] for crop in crops])
    patches = grids.prod(-1).tolist()
    pixels = torch.randn(sum(patches), 588, device=model.device)
    apart = list(zip(torch.split(pixels, patches), grids, strict=True))
    alone = lambda: torch.cat([model.vision_tower(part, grid[None]) for part, grid in apart])  # noqa: E731
    packed = lambda: model.vision_tower(pixels, grids)  # noqa: E731
    return {
        "patches": sum(patches),
        "ms, one after the other": _milliseconds(alone),
        "ms, packed": _milliseconds(packed),
        "apart": _distance(packed().float(), alone().float()),
    }


def _prompt(model: Any, size: Size) -> dict[str, float]:
    (embeddings,) = model.embed([_page(model, size)])
    return {"ms": _milliseconds(lambda: prefill(model, {"inputs_embeds": embeddings}))}


def _one(model: Any, size: Size) -> dict[str, Any]:
    """One page after the other, in the way that engines read them."""
    page, turns = _page(model, size), []
    with _dictation(model, size, 1).given():
        single = Single(model, [STOP])
        for _ in range(4):
            started = time.perf_counter()
            ended = single.write(page, limit=2 * size.answer)
            turns.append(time.perf_counter() - started)
            _check(ended.tokens, ended.ending, size)
        prefix = _seconds(lambda: prefill(model, page))
    seconds = statistics.median(turns[1:])
    return {
        "first": round(turns[0], 3),
        "seconds": round(seconds, 3),
        "of it before the answer": round(prefix, 3),
        "tokens/s": round(size.answer / (seconds - prefix)),
        "attention": single.attention,
    }


def _check(tokens: list[int], ending: str, size: Size) -> None:
    if ending != "stop" or len(tokens) != size.answer:
        raise RuntimeError(f"{len(tokens)} tokens were written, ended by {ending}")


def _together(model: Any, decoder: Decoder, size: Size, count: int) -> dict[str, Any]:
    """Tokens a second of so many sequences, all of which have seen their prompt."""
    seen = prefill(model, _page(model, size))
    _reset_peak(model)
    with _dictation(model, size, 1).given():
        batch = _batch(decoder, size, count)
        seconds = []
        for _ in range(2):  # the first captures
            for number in range(count):
                batch.enter(number, seen, limit=2 * size.answer)
            _synchronize(model)
            started = time.perf_counter()
            for _, ended in _finished(batch):
                _check(ended.tokens, ended.ending, size)
            seconds.append(time.perf_counter() - started)
    took = seconds[-1]
    return {"tokens/s": round(count * size.answer / took), "step ms": round(took / size.answer * 1000, 3)} | _peak(
        model
    )


def _pages(model: Any, decoder: Decoder, size: Size, count: int) -> dict[str, Any]:
    """Vision, prompt and answer of many pages; a page enters as there is room for it."""
    pages = [_page(model, size, number) for number in range(min(count, 8))]
    pages = [
        pages[number % len(pages)] | {"input_ids": _page(model, size, number)["input_ids"]} for number in range(count)
    ]
    _reset_peak(model)
    dictation = _dictation(model, size, count)
    with dictation.given():
        batch = _batch(decoder, size, min(count, 64))
        _synchronize(model)
        started = time.perf_counter()
        waiting, wrote = list(range(count)), 0
        before = 0.0
        while waiting or batch.running:
            while waiting and batch.free:
                number = waiting.pop()
                batch.enter(number, prefill(model, pages[number]), limit=2 * size.answer)
            if not before:
                _synchronize(model)
                before = time.perf_counter() - started
            for ended in batch.advance():
                if ended.tokens != dictation.answers[_length(size, int(str(ended.name)))]:
                    raise RuntimeError(f"page {ended.name} did not write what it was told")
                wrote += len(ended.tokens)
        seconds = time.perf_counter() - started
    return {
        "pages/s": round(count / seconds, 3),
        "seconds": round(seconds, 2),
        "of it vision and prompts of the first batch": round(before, 2),
        "tokens/s": round(wrote / (seconds - before)),
    } | _peak(model)


def _batch(decoder: Decoder, size: Size, slots: int) -> Batch:
    capacity = _length(size, slots) + size.answer + 2 * batch_state.STEPS
    return Batch(decoder, _attention(decoder), slots=slots, capacity=capacity, stop_ids=[STOP])


def _finished(batch: Batch) -> Iterator[tuple[int, Any]]:
    while batch.running:
        yield from enumerate(batch.advance())


def _loop(model: Any, size: Size, tokens: int) -> dict[str, Any]:
    """`generate` with its growing cache, from which its time for the prompt is taken off."""
    page = _page(model, size)

    def write(count: int) -> float:
        return _seconds(lambda: _generate(model, page, count))

    write(4)
    prompt = write(1)
    return {"tokens/s": round((tokens - 1) / (write(tokens) - prompt), 1), "tokens": tokens}


def _static(model: Any, size: Size, tokens: int) -> dict[str, Any]:
    """The same with a static cache, whose step transformers compiles."""
    page = _page(model, size)
    started = time.perf_counter()
    for _ in range(2):  # it captures at the second
        _generate(model, page, tokens, cache_implementation="static")
    start = time.perf_counter() - started
    prompt = _seconds(lambda: _generate(model, page, 1, cache_implementation="static"))
    seconds = _seconds(lambda: _generate(model, page, tokens, cache_implementation="static"))
    return {"tokens/s": round((tokens - 1) / (seconds - prompt), 1), "until it is fast": round(start, 1)}


def _generate(model: Any, page: dict[str, Tensor], tokens: int, **options: Any) -> None:
    out = model.generate(
        **page,
        attention_mask=torch.ones_like(page["input_ids"]),
        do_sample=False,
        max_new_tokens=tokens,
        min_new_tokens=tokens,
        eos_token_id=STOP,
        pad_token_id=STOP,
        **options,
    )
    if out.shape[1] != page["input_ids"].shape[1] + tokens:
        raise RuntimeError("it did not write as much as it was told")


def _goals(result: dict[str, Any], pages: int) -> dict[str, Any]:
    """What was to be reached, what was, and whether."""
    found = {
        "seconds a page": result["one page"].get("seconds"),
        "tokens/s of one page": result["one page"].get("tokens/s"),
        "vision ms": result["vision"].get("ms"),
        "pages/s": result[f"{pages} pages"].get("pages/s"),
    }
    more = ("tokens/s of one page", "pages/s")
    return {
        name: {
            "goal": goal,
            "found": found[name],
            "ok": (found[name] or 0) >= goal if name in more else found[name] <= goal,
        }
        for name, goal in GOALS.items()
        if found[name] is not None
    }


def _synchronize(model: Any) -> None:
    if model.device.type == "cuda":
        torch.cuda.synchronize()


def _seconds(run: Callable[[], object]) -> float:
    cuda = torch.cuda.is_available()
    if cuda:
        torch.cuda.synchronize()
    started = time.perf_counter()
    run()
    if cuda:
        torch.cuda.synchronize()
    return time.perf_counter() - started


def _milliseconds(run: Callable[[], object], times: int = 6) -> float:
    """The median by the device's clock, or the host's."""
    run()
    return round(statistics.median(_seconds(run) for _ in range(times)) * 1000, 2)


def _extra(run: Callable[[], object]) -> int | None:
    if not torch.cuda.is_available():
        return None
    torch.cuda.synchronize()
    before = torch.cuda.memory_allocated()
    torch.cuda.reset_peak_memory_stats()
    run()
    return (torch.cuda.max_memory_allocated() - before) >> 20


def _reset_peak(model: Any) -> None:
    if model.device.type == "cuda":
        torch.cuda.reset_peak_memory_stats()


def _peak(model: Any) -> dict[str, int]:
    return {"peak MiB": torch.cuda.max_memory_allocated() >> 20} if model.device.type == "cuda" else {}


if __name__ == "__main__":
    main()
