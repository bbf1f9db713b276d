"""What to do about a server that refuses a request."""

from __future__ import annotations

from ocroute.engines.openai.refusals import About

_ABOUT: dict[About, str] = {
    "context": "Give the server a longer context: llama-server -c 16384, vllm serve --max-model-len 16384, "
    "OLLAMA_CONTEXT_LENGTH=16384 ollama serve",
    "picture": "Allow larger requests on the server (nginx: client_max_body_size 50m), or name another: --base-url URL",
    "blind": "Have it serve a model that takes images, with what it sees by: llama-server --mmproj FILE.gguf; or name another: "
    "--model NAME",
    "model": "Name one that it has: --model NAME; or have it load that one: ollama pull NAME, lms load NAME, vllm serve NAME",
    "credit": "Pay for more where the key comes from, or set OCROUTE_API_KEY to another account's",
    "country": "Name a server that serves where you are, or run one on this machine",
    "filter": "Name another model or server: this one's provider does not let the page through",
    "old": "Update the server",
}
READ_BEFORE = "See what the server logged: its model has read the canary page, so it takes images"
_BATCH = "Let the server take the picture at once: llama-server -b 8192 -ub 8192"
_CACHE = "Let the server take the picture at once: vllm serve --max-num-batched-tokens 16384"
_RATE = "Ask the provider for more tokens a minute, or name another server"


def next_step(status: int, url: str, said: str, about: About) -> str:
    """The next step after a refusal.

    Args:
        url: the server's base URL.
        said: the server's words.
        about: see `refusals.about`.
    """
    if about in _ABOUT:
        special = (("physical batch", _BATCH), ("encoder cache", _CACHE), ("tokens per min", _RATE))
        return next((step for words, step in special if words in said), _ABOUT[about])
    if status in (401, 403):
        return "Set OCROUTE_API_KEY to a key that the server takes"
    if status == 407:
        return "Give the proxy a name and a password that it takes: http://USER:PASSWORD@HOST:PORT"
    if status == 429:
        return "Wait: the server has no room for another request now"
    if status == 503:
        return "See what the server logged: it may still be loading its model"
    if status >= 500 and "memory" in said:
        return "Give the server's model more memory, or have it serve a smaller one"
    if status >= 500:
        return "See what the server logged"
    if status in (400, 422):
        return "Check --model, and whether that model takes images"
    return check_url(url)


def check_url(url: str) -> str:
    """Where the address itself is in doubt."""
    return f"Check --base-url: {url}" if url.endswith("/v1") else f"Check --base-url; most end in /v1: {url}/v1"
