"""A small HTTP server on a real socket that answers chat completions as told: well, late, or badly."""

import base64
import contextlib
import io
import json
import socket
import threading
import time
from collections import deque
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
from PIL import Image

from ocroute.engines.neural import canary

LLAMA_IS_FULL = {
    "error": {
        "code": 400,
        "message": "the request exceeds the available context size, try increasing it",
        "type": "exceed_context_size_error",
        "n_prompt_tokens": 5120,
        "n_ctx": 4096,
    }
}
VLLM_IS_FULL = {
    "error": {
        "message": "The decoder prompt (length 16476) is longer than the maximum model length of 8192. Make sure that "
        "`max_model_len` is no smaller than the number of text tokens plus multimodal tokens.",
        "type": "BadRequestError",
        "param": None,
        "code": 400,
    }
}
"""What these servers say, with the status 400, of a request that is longer than the context they were started with."""


@dataclass
class Request:
    """One request as it came, and when."""

    method: str
    path: str
    headers: dict
    body: dict
    at: float = field(default_factory=time.monotonic)

    @property
    def prompt(self) -> str:
        return "".join(part.get("text", "") for part in self.body["messages"][0]["content"])

    @property
    def image(self) -> Image.Image:
        url = self.body["messages"][0]["content"][0]["image_url"]["url"]
        return Image.open(io.BytesIO(base64.b64decode(url.partition(",")[2]))).convert("RGB")


@dataclass
class Reply:
    """One answer: ``body`` is sent as it is when it is bytes, else as JSON. ``pace`` seconds pass between its bytes."""

    status: int = 200
    body: object = b""
    headers: dict = field(default_factory=dict)
    wait: float = 0.0
    pace: float = 0.0
    length: int | None = None


def completion(text: str | None, finish: str | None = "stop", **more) -> dict:
    message = {"role": "assistant", "content": text}
    usage = {"prompt_tokens": 11, "completion_tokens": 7, "total_tokens": 18}
    choice = {"index": 0, "message": message, "finish_reason": finish}
    return {"id": "1", "object": "chat.completion", "model": "served", "choices": [choice], "usage": usage, **more}


class Listener(ThreadingHTTPServer):
    """Ends the connections that clients keep, when it is closed."""

    daemon_threads = True

    def __init__(self, handler, port):
        super().__init__(("127.0.0.1", port), handler)
        self.open = []

    def process_request(self, request, client_address):
        self.open.append(request)
        super().process_request(request, client_address)

    def server_close(self):
        super().server_close()
        for connection in self.open:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)


class Scripted:
    """The server. The canary page is always read, so that an engine can be built; ``script`` is for the pages after it.

    Attributes:
        models: its list of models; None for a server that has no such list.
        script: replies in turn, or functions of the request that make one. When it is empty, the page's grey is written.
        requests: all that came, in order.
        most: how many it worked on at the same time.
        answered: pages whose replies have been sent.
        read_canary: what it makes of the canary page.
    """

    def __init__(self, port: int = 0) -> None:
        self.models: list | None = [{"id": "served", "object": "model", "owned_by": "somebody"}]
        self.others: dict[str, Reply] = {}
        self.script: deque = deque()
        self.requests: list[Request] = []
        self.canaries: list[Request] = []
        self.most = self._now = self.answered = 0
        self.read_canary = lambda _: Reply(body=completion(canary.TRUTH))
        self._lock = threading.Lock()
        self.released = threading.Event()
        self._http = Listener(self._handler(), port)
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._http.server_address[1]}/v1"

    @property
    def posts(self) -> list[Request]:
        return [request for request in self.requests if request.method == "POST"]

    def close(self) -> None:
        self.released.set()
        self._http.shutdown()
        self._http.server_close()
        self._thread.join(5)

    def reply(self, request: Request) -> Reply:
        if request.method == "GET":
            if request.path == "/v1/models" and self.models is not None:
                return Reply(body={"object": "list", "data": self.models})
            return self.others.get(request.path, Reply(404, {"detail": "Not Found"}))
        if request.path != "/v1/chat/completions":
            return Reply(404, {"detail": "Not Found"})
        if request in self.canaries:
            return self.read_canary(request)
        with self._lock:
            told = self.script.popleft() if self.script else None
        if told is None:
            return Reply(body=completion(f"grey {np.asarray(request.image)[0, 0, 0]}"))
        return told(request) if callable(told) else told

    def received(self, request: Request) -> None:
        with self._lock:
            is_page = request.method == "POST" and "messages" in request.body
            if is_page and np.array_equal(np.asarray(request.image), np.asarray(canary.page())):
                self.canaries.append(request)
            else:
                self.requests.append(request)

    def _handler(self):
        scripted = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                self._do({})

            def do_POST(self):
                self._do(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))

            def _do(self, body):
                request = Request(self.command, self.path, dict(self.headers), body)
                scripted.received(request)
                with scripted._lock:
                    scripted._now += 1
                    scripted.most = max(scripted.most, scripted._now)
                try:
                    self._send(scripted.reply(request))
                    with scripted._lock:
                        scripted.answered += request.method == "POST" and request not in scripted.canaries
                except (BrokenPipeError, ConnectionResetError):
                    self.close_connection = True  # the client gave up: that is what some tests are about
                finally:
                    with scripted._lock:
                        scripted._now -= 1

            def _send(self, reply):
                scripted.released.wait(reply.wait) if reply.wait else None
                data = reply.body if isinstance(reply.body, bytes) else json.dumps(reply.body).encode()
                self.send_response(reply.status)
                length = len(data) if reply.length is None else reply.length
                headers = {"Content-Type": "application/json", "Content-Length": str(length), **reply.headers}
                for name, value in headers.items():
                    self.send_header(name, value)
                self.end_headers()
                for start in range(0, len(data), 1 if reply.pace else max(1, len(data))):
                    self.wfile.write(data[start : start + 1] if reply.pace else data)
                    if reply.pace and scripted.released.wait(reply.pace):
                        return
                if length != len(data):
                    self.close_connection = True

            def log_message(self, *_):
                pass

        return Handler
