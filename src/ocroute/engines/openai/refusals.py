"""What a server's refusal of a request is about, in the words of the servers that there are. Pure.

Servers word the same trouble differently, and anew with each version: so a kind of trouble is told by what its wordings have in
common, e.g. that they name the context and say that something is too much for it, rather than by the sentences of today.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection
from typing import Any, Literal

About = Literal["context", "picture", "blind", "model", "credit", "country", "filter", "old", "tls", ""]
"""What a refusal is about, which is said again however often the server is asked.

context: picture, prompt and answer are more than the model or its server has room for. picture: it is too large by itself.
blind: the model takes no images. model: the server has no such model. credit: the account behind the key may ask nothing more
until somebody pays, or until tomorrow. country: the provider does not serve where the user is. filter: it does not let the page
through. old: the server is too old for the model. tls: it was asked without TLS. Empty: something else.
"""

_SIGHT = r"(images?|image_url|image\(s\)|vision|visual|multi-?modal)"
_BLIND = re.compile(
    rf"(not|n't|cannot) (yet )?(support|accept|take|allow|handle|have|see)\w*\b.{{0,25}}\b{_SIGHT}|"
    rf"\b{_SIGHT}\b.{{0,40}}\b(not |un|only )(be )?(supported|allowed|accepted|available|enabled)|"
    rf"not a (multi-?modal|vision)|at most 0 image|\bno \w+( found)? that supports? {_SIGHT}|"
    r"(variant|type|field)\W+image_url|missing .{0,30}for image|mmproj",
    re.IGNORECASE,
)
_ROOM = (
    r"(context|prompt|\binput (is|length)|input tokens?|`inputs` tokens|token limit|n_ctx|max_model_len|encoder cache|"
    r"physical batch)"
)
_TOO_MUCH = (
    r"(exceed|longer than|greater than|larger|overflow|not enough|reached|too (long|large|many|big|small)|[<>]=)"
)
_NO_ROOM = re.compile(r"max_tokens\b.*got -\d", re.IGNORECASE)  # for even the shortest answer
_CONTEXT = re.compile(
    rf"{_ROOM}.*{_TOO_MUCH}|{_TOO_MUCH}.*{_ROOM}|{_NO_ROOM.pattern}|"
    r"maximum context|context length is only|context_length_|exceed_context",
    re.IGNORECASE,
)
_PICTURE = re.compile(
    r"\bimage.{0,80}(too (large|big)|exceed|larger than|maximum size)|entity too large|payload too large|body too large|"
    r"(request|message) too large|tokens per min",
    re.IGNORECASE,
)
_MODEL = re.compile(
    r"model_not_found|deploymentnotfound|\b(model|deployment)\b.{0,80}(not found|not exist|not loaded|not a valid)|"
    r"not a valid model|(unknown|invalid|no such) model|no models? (is |are )?loaded",
    re.IGNORECASE,
)
_CREDIT = re.compile(
    r"insufficient[_ ](quota|balance|credits?|funds)|billing_(hard_limit|not_active)|credit_balance|per[- _]?day\b|PerDay",
    re.IGNORECASE,
)
_COUNTRY = re.compile(
    r"unsupported_country|(country|region|territory|location)\b.{0,40}not (supported|available)|not available in your",
    re.IGNORECASE,
)
_FILTER = re.compile(
    r"content_?filter|content management policy|responsible ?ai|moderation|safety system", re.IGNORECASE
)
_OLD = re.compile(r"requires? a newer version", re.IGNORECASE)
_TLS = re.compile(r"HTTP request (was sent )?to (an )?(HTTPS|SSL)|plain HTTP to an SSL-enabled", re.IGNORECASE)

_ANSWER = re.compile(
    r"max_(completion_|new_)?tokens\W.{0,60}(too (large|big|high|many)|at most|exceed|greater|less than|[<>]|maximum|range)|"
    r"range of .?max_(completion_)?tokens|"
    r"[1-9]\d* (tokens )?(in|for) the (completion|output)|requested [1-9]\d* output tokens",
    re.IGNORECASE,
)
_SETTINGS = ("skip_special_tokens", "max_completion_tokens", "max_tokens", "temperature")

_REFUSING = frozenset({400, 413, 422, 500})
_IN_WORDS = (
    re.compile(r"length (?P<asked>\d+)\b.*?(length|size)( of)? (?P<room>\d+)", re.DOTALL),
    re.compile(r"\((?P<asked>\d+)( tokens)?\).*?\((?P<room>\d+)( tokens)?\)", re.DOTALL),
    re.compile(r"(passed|contains|first) (?P<asked>\d+)( input)? tokens.*?(only|with) (?P<room>\d+) ", re.DOTALL),
    re.compile(r"(?P<asked>\d+)( tokens| bytes)? > (?P<room>\d+)"),
    re.compile(r"Limit (?P<room>\d+), Requested (?P<asked>\d+)"),
    re.compile(r"maximum context length (?:is|of) (?P<room>\d+)\b.*?\b(?P<asked>\d+)( input)? tokens", re.DOTALL),
)


def about(status: int, said: str, body: Any) -> About:
    """What a refusal is about.

    Args:
        said: the server's words.
        body: its answer as parsed from JSON; None where it was none.
    """
    words = f"{said} {_kind(body)}"
    if status == 400 and _TLS.search(said):
        return "tls"
    if status == 402 or (status in (403, 429) and _CREDIT.search(f"{words} {_details(body)}")):
        return "credit"
    if status in (400, 403, 451) and _COUNTRY.search(words):
        return "country"
    if status in (400, 403) and _FILTER.search(words):
        return "filter"
    if status in (400, 404, 415, 422, 500, 501) and _BLIND.search(said):
        return "blind"
    if status in (400, 404, 422, 500) and _MODEL.search(words):
        return "model"
    if status in _REFUSING and _CONTEXT.search(words):
        return "context"
    if status == 413 or (status in (*_REFUSING, 429) and _PICTURE.search(words)):
        return "picture" if status != 429 or share_of_room(said, body) else ""
    return "old" if _OLD.search(said) else ""


def answer_too_long(status: int, said: str) -> bool:
    """Whether a request was refused for the length that its answer may have, alone or with the prompt's."""
    return status in (400, 422) and bool(_ANSWER.search(said)) and not _NO_ROOM.search(said)


def share_of_room(said: str, body: Any) -> float:
    """The room that a request may take, over what it took, by the numbers in the refusal; 0.0 where there are none."""
    error = _error(body)
    asked, room = error.get("n_prompt_tokens"), error.get("n_ctx")
    if isinstance(asked, int) and isinstance(room, int) and asked > 0:
        return room / asked
    for pattern in _IN_WORDS:
        if match := pattern.search(said):
            share = int(match["room"]) / max(1, int(match["asked"]))
            return share if share < 1.0 else 0.0
    return 0.0


def refused_setting(status: int, said: str, body: Any, left_out: Collection[str] = ()) -> str:
    """The setting that a refusal names, in whatever words, among those that can be left out or called otherwise; empty for none.

    Args:
        left_out: what was not sent. Where ``max_tokens`` was not, ``max_completion_tokens`` was.
    """
    error = _error(body)
    if status not in (400, 422) and error.get("code") not in ("unsupported_parameter", "unsupported_value"):
        return ""
    named = f"{said} {error.get('param')} {_places(body)}"
    found = [name for name in _SETTINGS if re.search(rf"\b{name}\b", named)]
    if "max_tokens" in found and "max_tokens" not in left_out:
        return "max_tokens"
    if "max_tokens" in found:  # a server may go on to speak of the newer name by the older
        found.append("max_completion_tokens")
    return next((name for name in found if name not in left_out), "")


def _error(body: Any) -> dict[str, Any]:
    body = body[0] if isinstance(body, list) and body else body  # as Google's servers answer
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


def _details(body: Any) -> str:
    """What Google's servers say of a limit: whether it is that of a day."""
    return json.dumps(_error(body).get("details", ""))
