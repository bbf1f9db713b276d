"""What a server's refusal of a request is about, in the words of the servers that there are. Pure."""

from __future__ import annotations

import re
from typing import Any

_CONTEXT = re.compile(
    r"exceed_context_size|context_length_exceeded|exceeds? the (available|model'?s?|maximum) context|"
    r"maximum context length|context length is only|longer than the (maximum |model'?s )?(model length|context)|"
    r"context (size|length|window) (is|was|has been)? ?(too small|exceeded)|too (many|long).{0,40}context",
    re.IGNORECASE,
)
_ANSWER = re.compile(
    r"max_(completion_)?tokens\W.{0,40}(too (large|big|high|many)|at most|exceed|greater|<=|less than or equal)|"
    r"[1-9]\d* in the completion|requested [1-9]\d* output tokens",
    re.IGNORECASE,
)
_UNKNOWN = re.compile(
    r"unsupported|not support|unknown|unrecogni[sz]ed|unexpected|not permitted|only the default", re.IGNORECASE
)
_CREDIT = re.compile(
    r"insufficient_(quota|balance|credits?)|billing_(hard_limit|not_active)|credit_balance", re.IGNORECASE
)
_TLS = re.compile(r"HTTP request (was sent )?to (an )?(HTTPS|SSL)|plain HTTP to an SSL-enabled", re.IGNORECASE)

_SETTINGS = ("skip_special_tokens", "special", "max_completion_tokens", "max_tokens")
_TOKENS = (("n_prompt_tokens", "n_ctx"),)
_IN_WORDS = (
    re.compile(r"length (\d+)\).*?length of (\d+)", re.DOTALL),
    re.compile(r"\((\d+) tokens\).*?\((\d+) tokens\)", re.DOTALL),
    re.compile(r"passed (\d+) input tokens.*?only (\d+) tokens", re.DOTALL),
    re.compile(r"maximum context length (?:is|of) (?P<room>\d+).*?(?P<asked>\d+) tokens", re.DOTALL),
)


def beyond_context(status: int, said: str, body: Any) -> bool:
    """Whether a request was refused because picture, prompt and answer are more than the model has room for."""
    return status in (400, 413, 422, 500) and bool(_CONTEXT.search(f"{said} {_kind(body)}"))


def answer_too_long(status: int, said: str) -> bool:
    """Whether a request was refused for the length that its answer may have, alone or with the prompt's."""
    return status in (400, 422) and bool(_ANSWER.search(said))


def out_of_credit(status: int, body: Any) -> bool:
    """Whether the account behind the key may ask nothing more until somebody pays: no waiting helps, though many say 429."""
    return status == 402 or (status in (403, 429) and bool(_CREDIT.search(_kind(body))))


def tls_wanted(status: int, said: str) -> bool:
    """Whether a server with TLS was asked without it, in the words of nginx, Go and Apache."""
    return status == 400 and bool(_TLS.search(said))


def share_of_room(said: str, body: Any) -> float:
    """The room that a request may take, over what it took, by the numbers in the refusal; 0.0 where there are none."""
    error = _error(body)
    for asked, room in _TOKENS:
        if isinstance(error.get(asked), int) and isinstance(error.get(room), int) and error[asked] > 0:
            return float(error[room] / error[asked])
    for pattern in _IN_WORDS:
        if match := pattern.search(said):
            named = match.groupdict()
            asked_for, has = (named["asked"], named["room"]) if named else match.groups()
            return int(has) / max(1, int(asked_for))
    return 0.0


def unknown_setting(status: int, said: str, body: Any) -> str:
    """The setting that this model does not know, among those that can be left out or called otherwise; empty for none."""
    error = _error(body)
    if error.get("code") in ("unsupported_parameter", "unsupported_value"):
        name = error.get("param")
        return name if name in ("temperature", "max_tokens") else ""
    if status not in (400, 422):
        return ""
    if "max_tokens" in said and "max_completion_tokens" in said:
        return "max_tokens"
    if "temperature" in (said, error.get("param")) or ("temperature" in said and _UNKNOWN.search(said)):
        return "temperature"
    if _UNKNOWN.search(said):
        about = f"{said} {error.get('param')} {_places(body)}"
        return next((name for name in _SETTINGS if re.search(rf"\b{name}\b", about)), "")
    return ""


def _error(body: Any) -> dict[str, Any]:
    error = body.get("error", body) if isinstance(body, dict) else {}
    return error if isinstance(error, dict) else {}


def _places(body: Any) -> str:
    """The fields of the request that FastAPI names beside its words."""
    detail = body.get("detail") if isinstance(body, dict) else None
    return (
        " ".join(str(one.get("loc", "")) for one in detail if isinstance(one, dict)) if isinstance(detail, list) else ""
    )


def _kind(body: Any) -> str:
    error = _error(body)
    return " ".join(str(error.get(key, "")) for key in ("type", "code"))
