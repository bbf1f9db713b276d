"""Loading a checkpoint with transformers' own classes, and proof that all of it arrived."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ocroute.engines.neural import memory_count, shards, weights
from ocroute.engines.neural.devices import Place
from ocroute.engines.neural.model_facts import Facts
from ocroute.errors import EngineUnavailable, OcrouteError
from ocroute.kernels import device_errors

Adjust = Callable[[dict[str, Any]], dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Loaded:
    """A model ready to read.

    Attributes:
        model: in evaluation mode, on its device.
        tokenizer: as the checkpoint's tokenizer.json says.
        image_processor: PIL-based, so that the pixels are the same on every machine; None where the engine makes its own.
        stop_ids: tokens that end an answer.
    """

    model: Any
    tokenizer: Any
    image_processor: Any
    stop_ids: tuple[int, ...]


def load(facts: Facts, folder: Path, where: Place, *, adjust: Adjust | None = None) -> Loaded:
    """Load the checkpoint in ``folder``, which `weights.check` has passed.

    Args:
        facts: of the model.
        folder: with config.json, tokenizer.json, preprocessor_config.json, generation_config.json and safetensors.
        where: device and dtype.
        adjust: changes the content of config.json, where a checkpoint describes itself for other code.

    Raises:
        EngineUnavailable: something in the checkpoint does not fit; the message names it.
    """
    with telling(facts, folder):
        return _load(facts, folder, where, adjust)


def on_meta_device(facts: Facts, folder: Path, where: Place, *, adjust: Adjust | None = None) -> Loaded:
    """As `load`, with a model that has shapes but no contents, from which the memory that a page takes is counted."""
    import transformers

    model_class = getattr(transformers, facts.model_class)
    with telling(facts, folder):
        config = _config(facts, folder, adjust)
        model = memory_count.on_meta_device(lambda: model_class(config), where.dtype)
        return Loaded(model, *_helpers(facts, folder), ())


def _load(facts: Facts, folder: Path, where: Place, adjust: Adjust | None) -> Loaded:
    import transformers

    model, report = getattr(transformers, facts.model_class).from_pretrained(
        folder,
        config=_config(facts, folder, adjust),
        dtype=where.dtype,
        use_safetensors=True,
        local_files_only=True,
        trust_remote_code=False,
        output_loading_info=True,
    )
    complete(facts, folder, model, report)
    tokenizer, processor = _helpers(facts, folder)
    return Loaded(model.to(where.device).eval(), tokenizer, processor, stop_ids(facts, model, tokenizer))


def _config(facts: Facts, folder: Path, adjust: Adjust | None) -> Any:
    import transformers

    raw = weights.config(facts, folder)
    return getattr(transformers, facts.model_class).config_class.from_dict(adjust(raw) if adjust else raw)


def _helpers(facts: Facts, folder: Path) -> tuple[Any, Any]:
    """The checkpoint's tokenizer and image processor."""
    import transformers

    tokenizer = transformers.PreTrainedTokenizerFast.from_pretrained(folder, local_files_only=True)
    if not facts.image_processor:
        return tokenizer, None
    return tokenizer, getattr(transformers, facts.image_processor).from_pretrained(folder, local_files_only=True)


def in_one_dtype(model: Any, dtype: Any) -> None:
    """Give the weights that are not quantized ``dtype``, the dtype of all others.

    Beside quantized weights transformers 5.24 leaves some in the dtype in which the checkpoint has them. On a card without
    bfloat16, or a processor, they then meet others.
    """
    import torch

    for weight in model.parameters():
        if weight.dtype in (torch.float16, torch.bfloat16) and weight.dtype != dtype:
            weight.data = weight.data.to(dtype)


def complete(facts: Facts, folder: Path, model: Any, report: dict[str, Any]) -> None:
    """Whether every weight of the model came from the checkpoint, and every tensor of the checkpoint went into the model.

    A weight that did not is random, and the model then writes nonsense without any error.

    Raises:
        EngineUnavailable: one did not.
    """
    arrived(facts, folder, report)
    _share_head(facts, folder, model)


def arrived(facts: Facts, folder: Path, report: dict[str, Any]) -> None:
    """As `complete`, by transformers' report alone.

    Raises:
        EngineUnavailable: a weight is missing, unknown or misshapen.
    """
    for kind, verb in (("missing", "lacks"), ("unexpected", "has unknown"), ("mismatched", "has misshapen")):
        if names := sorted(map(str, report.get(f"{kind}_keys") or ())):
            raise EngineUnavailable(
                f"the checkpoint in {folder} {verb} tensors for {facts.model_class}: {', '.join(names[:3])}"
                + (f" and {len(names) - 3} more" if len(names) > 3 else ""),
                next_step=weights.again(facts, folder),
            )


def _share_head(facts: Facts, folder: Path, model: Any) -> None:
    head, embedding = model.get_output_embeddings(), model.get_input_embeddings()
    if head is None or any(name.endswith("lm_head.weight") for name in shards.names(folder)):
        return
    if head.weight.data_ptr() != embedding.weight.data_ptr():
        raise EngineUnavailable(
            f"the checkpoint in {folder} has no lm_head, and its config.json forbids sharing the embedding: the head is random",
            next_step=f'Set "tie_word_embeddings": true in its config.json. {weights.again(facts, folder)}',
        )


def stop_ids(facts: Facts, model: Any, tokenizer: Any) -> tuple[int, ...]:
    """Tokens that end an answer: those of the checkpoint's generation_config.json and those that the engine names.

    Raises:
        EngineUnavailable: there is none, or one that the engine names is no single token here.
    """
    listed = model.generation_config.eos_token_id
    given = listed if isinstance(listed, list) else [] if listed is None else [listed]
    ids = {
        number for number in given if number < len(tokenizer)
    }  # without the file, defaults of a larger model stand there
    for token in facts.stop_tokens:
        number = tokenizer.convert_tokens_to_ids(token)
        if number is None or number == tokenizer.unk_token_id:
            raise EngineUnavailable(
                f"the tokenizer of {facts.name} has no token {token}, with which the model ends its answers",
                next_step=f"Fetch its tokenizer.json again, or run: {weights.command(facts, facts.hub)}",
            )
        ids.add(number)
    if not ids:
        raise EngineUnavailable(
            f"the checkpoint of {facts.name} names no token that ends an answer",
            next_step=f"Fetch its generation_config.json again, or run: {weights.command(facts, facts.hub)}",
        )
    return tuple(sorted(ids))


def without_distributed() -> None:
    """Have transformers take torch for one without distributed code, which its models else import for seconds.

    To be called before those are imported, and in a process of our own only: the answer is kept as long as it lives.
    """
    from torch import distributed
    from transformers.utils import import_utils

    there = distributed.is_available
    distributed.is_available = lambda: False
    try:
        import_utils.is_torch_distributed_available()
    finally:
        distributed.is_available = there


@contextmanager
def telling(facts: Facts, folder: Path) -> Iterator[None]:
    """Make one sentence of whatever a damaged checkpoint has transformers raise while it is loaded, and keep it quiet.

    What is the device's fault, memory that runs out or a GPU that is lost, comes out as it is.

    Raises:
        EngineUnavailable: the checkpoint cannot be loaded.
    """
    try:
        with quiet():
            yield
    except OcrouteError:
        raise
    except Exception as error:
        if device_errors.out_of_memory(error) or device_errors.lost(error):
            raise
        reason = " ".join(str(error).split())[:300]
        raise EngineUnavailable(
            f"{facts.name} cannot be loaded from {folder}: {type(error).__name__}: {reason}",
            next_step=f"{weights.again(facts, folder)}; or a newer release knows it: pip install --upgrade transformers",
        ) from error


@contextmanager
def quiet() -> Iterator[None]:
    """No progress bars and no advice from transformers; what is wrong is checked here and raised."""
    from transformers import utils

    logging: Any = utils.logging
    level, bars = logging.get_verbosity(), logging.is_progress_bar_enabled()
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    try:
        yield
    finally:
        logging.set_verbosity(level)
        if bars:
            logging.enable_progress_bar()
