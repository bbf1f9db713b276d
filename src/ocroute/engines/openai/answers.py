"""What stands in a chat completion. Servers differ in what they leave out; what is there must be of the right kind."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, Literal

import msgspec

from ocroute.engines.neural.preamble import without_thoughts
from ocroute.errors import EngineError

_ENDS: dict[str | None, Literal["stop", "length"]] = {
    **dict.fromkeys((None, "", "stop", "eos", "eos_token", "stop_sequence", "end_turn"), "stop"),
    **dict.fromkeys(("length", "max_tokens"), "length"),
}


class _Message(msgspec.Struct):
    content: str | list[dict[str, Any]] | None = None
    refusal: str | None = None


class _Choice(msgspec.Struct):
    message: _Message
    finish_reason: str | None = None
    error: Any = None


class _Usage(msgspec.Struct):
    prompt_tokens: int | None = None
    completion_tokens: int | None = None


class _Completion(msgspec.Struct):
    choices: Annotated[list[_Choice], msgspec.Meta(min_length=1)]
    model: str | None = None
    system_fingerprint: str | None = None
    usage: _Usage | None = None


class Completion(msgspec.Struct, frozen=True):
    """One answer.

    Attributes:
        text: without the thoughts that some models write first.
        raw: with them.
        finish: ``length`` where the model ran out of room.
        reason: the server's own word for it.
        model, fingerprint: what the server says it answered with.
        prompt_tokens, tokens: counted by the server; None where it does not.
    """

    text: str
    raw: str
    finish: Literal["stop", "length"]
    reason: str
    model: str
    fingerprint: str
    prompt_tokens: int | None
    tokens: int | None


class WroteNothing(EngineError):
    """An answer without text.

    Attributes:
        raw: what there is of it: thoughts, or nothing.
        cut: whether the model ran out of room.
    """

    def __init__(self, raw: str, *, cut: bool) -> None:
        thinking = " but thoughts" if raw.strip() else ""
        room = ", and ran out of room" if cut else ""
        super().__init__(
            f"the model wrote nothing{thinking}{room}",
            next_step="See that the server serves a model that sees images, with room for its answer",
        )
        self.raw, self.cut = raw, cut


def completion(body: Any, hidden: Callable[[str], str] = str) -> Completion:
    """The answer in ``body``, a chat completion as parsed from JSON.

    Args:
        hidden: takes the user's key out of words of the server that are shown.

    Raises:
        EngineError: it is no chat completion, or was ended for a reason that is not ours.
        WroteNothing: it holds no text.
    """
    try:
        made = msgspec.convert(body, _Completion)
    except msgspec.ValidationError as error:
        raise EngineError(
            f"the server's answer is no chat completion: {error}",
            next_step="Check --base-url, and what the server logged",
        ) from error
    choice = made.choices[0]
    raw = _text(choice.message.content)
    reason = choice.finish_reason or ""
    if choice.message.refusal or reason not in _ENDS:
        why = choice.message.refusal or message_in(choice.error) or f"finish reason {reason!r}"
        raise EngineError(f"the model did not write the page down: {hidden(why)}", next_step="Try another model")
    text = without_thoughts(raw)
    if not text.strip():
        raise WroteNothing(raw, cut=_ENDS[reason] == "length")
    usage = made.usage or _Usage()
    return Completion(
        text,
        raw,
        _ENDS[reason],
        reason,
        hidden(made.model or ""),
        hidden(made.system_fingerprint or ""),
        usage.prompt_tokens,
        usage.completion_tokens,
    )


def message_in(body: Any) -> str:
    """The words in an error's JSON: OpenAI's form, FastAPI's, and the plainer ones."""
    while isinstance(body, dict):
        body = next((body[key] for key in ("error", "detail", "message") if body.get(key)), "")
    if isinstance(body, list):
        items = (item for item in body if isinstance(item, dict))
        return "; ".join(filter(None, (message_in(item.get("msg") or item) for item in items)))
    return " ".join(body.split()).rstrip(".") if isinstance(body, str) else ""


def _text(content: str | list[dict[str, Any]] | None) -> str:
    """The text of a message that is a string, or a list of parts."""
    if isinstance(content, list):
        return "".join(str(part.get("text", "")) for part in content if part.get("type") == "text")
    return content or ""
