"""Answers as server-sent events, which some servers and proxies send though none were asked for."""

from __future__ import annotations

import json
import re
from typing import Any

_LINE_END = re.compile(r"\r\n|\r|\n")  # no other: U+2028 and its like stand in the text of an event


def is_stream(content_type: str, body: bytes) -> bool:
    """Whether an answer is a stream of events."""
    return content_type.startswith("text/event-stream") or body.lstrip().startswith((b"data:", b"event:"))


def joined(body: bytes) -> dict[str, Any]:
    """The chat completion that a stream's events make together; an error among them is the whole answer.

    Raises:
        ValueError: an event holds no JSON, or the stream ends without having said anything.
    """
    text: list[str] = []
    made: dict[str, Any] = {}
    reason = None
    lines = _LINE_END.split(body.decode(errors="replace"))
    events = [line.removeprefix("data:").strip() for line in lines if line.startswith("data:")]
    for event in (event for event in events if event and event != "[DONE]"):
        part = json.loads(event)
        if not isinstance(part, dict):
            raise ValueError(f"an event holds {type(part).__name__}")
        if part.get("error"):
            return part
        made |= {key: part[key] for key in ("model", "system_fingerprint", "usage") if part.get(key)}
        for choice in part.get("choices") or ():
            delta = choice.get("delta") or choice.get("message") or {}
            text.append(delta.get("content") or "")
            reason = choice.get("finish_reason") or reason
    if not any(text) and reason is None:
        raise ValueError("the stream ends before it has begun")
    message = {"role": "assistant", "content": "".join(text)}
    return {**made, "choices": [{"index": 0, "message": message, "finish_reason": reason or _broken(events)}]}


def _broken(events: list[str]) -> str:
    """The reason of an end that was not told: a stream that was closed in order may leave it out, else the answer is cut."""
    return "stop" if "[DONE]" in events else "length"
