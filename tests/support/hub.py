"""A hub on this machine: the few addresses of the Hugging Face hub that its own client asks for a model's files."""

import hashlib
import json
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from pathlib import Path

from tests.support.loopback import Answering, listening

COMMIT = "c0ffee" + "0" * 34


class Hub:
    """What it holds and how it behaves; changed by tests while it serves.

    Attributes:
        models: id to a folder with its files.
        sizes: what it says of a file's size, where that is not the truth.
        breaks_at: of a weight file (or a text) it sends so many bytes and hangs up; None: all of it.
        slow: seconds between two pieces of such a file.
        holds: whether it sends no more of such a file than its first piece, for now.
        gated: ids for which one must have agreed to terms.
        asked: (method, path) of every request.
        sent: file to how often its content was sent.
    """

    def __init__(self):
        self.models, self.sizes, self.gated, self.sent = {}, {}, set(), {}
        self.breaks_at, self.slow, self.holds, self.asked, self.url = None, 0.0, False, [], ""


def etag(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


@contextmanager
def serving():
    hub = Hub()

    class Handler(Answering, BaseHTTPRequestHandler):
        def refuse(self, status, code):
            self.answer(status, b"{}", X_Error_Code=code, X_Error_Message=code)

        def do_HEAD(self):
            self.do_GET()

        def do_GET(self):
            path = self.path.partition("?")[0]
            hub.asked.append((self.command, path))
            api = path.startswith("/api/models/")
            model = next(
                (name for name in hub.models if path.removeprefix("/api/models").startswith(f"/{name}/")), None
            )
            if model is None:
                return self.refuse(401, "RepoNotFound")
            rest = path.removeprefix("/api/models").removeprefix(f"/{model}/").split("/")
            if model in hub.gated:
                return self.refuse(403, "GatedRepo")
            return self.listing(model, rest) if api else self.file(model, "/".join(rest[2:]))

        def listing(self, model, rest):
            files = sorted(file for file in hub.models[model].rglob("*") if file.is_file())
            if rest[0] == "revision":
                said = {"id": model, "sha": COMMIT, "siblings": []}
            else:
                said = [
                    {
                        "type": "file",
                        "path": file.relative_to(hub.models[model]).as_posix(),
                        "size": self.size(file),
                        "oid": etag(file.read_bytes())[:40],
                    }
                    for file in files
                ]
            return self.answer(200, json.dumps(said).encode(), Content_Type="application/json")

        def size(self, file):
            return hub.sizes.get(file.name, file.stat().st_size)

        def file(self, model, name):
            file = Path(hub.models[model]) / name
            if not file.is_file():
                return self.refuse(404, "EntryNotFound")
            content = file.read_bytes()
            headers = {"ETag": f'"{etag(content)}"', "X-Repo-Commit": COMMIT, "Accept-Ranges": "bytes"}
            if self.command == "HEAD":
                return self.answer(200, **headers, Content_Length=self.size(file))
            hub.sent[name] = hub.sent.get(name, 0) + 1
            start = int(self.headers["Range"].removeprefix("bytes=").split("-")[0]) if self.headers["Range"] else 0
            self.send_response(206 if start else 200)
            if start:
                headers["Content-Range"] = f"bytes {start}-{len(content) - 1}/{len(content)}"
            for key, value in (headers | {"Content-Length": len(content) - start}).items():
                self.send_header(key, str(value))
            self.end_headers()
            heavy = name.endswith((".safetensors", ".txt"))
            end = hub.breaks_at if heavy and hub.breaks_at is not None else len(content)
            try:
                for place in range(start, max(start, end), 1 << 16):
                    self.wfile.write(content[place : min(place + (1 << 16), end)])
                    if heavy:
                        time.sleep(hub.slow)
                    while heavy and hub.holds:
                        time.sleep(0.02)
            except OSError:  # whoever asked has gone
                pass
            if end < len(content):
                self.close_connection = True
            return None

    with listening(Handler) as hub.url:
        yield hub
