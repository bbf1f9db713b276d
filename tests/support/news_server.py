"""A server on loopback that answers as a package index, GitHub, the model hub and a driver list do, with ETags, or as told."""

import hashlib
import json
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler

from tests.support.loopback import Answering, listening

JSON = "application/vnd.pypi.simple.v1+json"


class NewsServer:
    """What it holds and how it behaves; changed by tests while it serves.

    Attributes:
        pages: path to (media type, body).
        acts: path to a function of the handler, which answers in its own way.
        latency: seconds before each answer.
        asked: (path, headers, bytes sent) of each request.
    """

    def __init__(self):
        self.pages, self.acts, self.latency, self.asked, self.url = {}, {}, 0.0, [], ""

    def package(self, name, *versions, files=(), **more):
        """Put a project into the index, with a wheel for any system of each version."""
        module = name.replace("-", "_")
        listed = [
            {"filename": f"{module}-{one}-py3-none-any.whl", "upload-time": "2026-11-20T10:00:00Z"} for one in versions
        ]
        told = {
            "meta": {"api-version": "1.4"},
            "name": name,
            "files": [*listed, *files],
            "versions": [*versions],
            **more,
        }
        self.pages[f"/simple/{name}/"] = (JSON, json.dumps(told).encode())

    def releases(self, repository, *tags):
        """Put releases of a program on GitHub."""
        told = [{"tag_name": tag, "published_at": "2026-11-21T00:00:00Z"} for tag in tags]
        self.pages[f"/repos/{repository}/releases"] = ("application/json", json.dumps(told).encode())

    def weights(self, name, **files):
        """Put a model on the hub."""
        siblings = [{"rfilename": f"{file}.safetensors", "lfs": {"sha256": digest}} for file, digest in files.items()]
        told = {"id": name, "lastModified": "2026-11-22T00:00:00.000Z", "siblings": siblings}
        self.pages[f"/api/models/{name}"] = ("application/json", json.dumps(told).encode())

    @property
    def environment(self):
        """That has ocroute ask this server, and nobody else."""
        return {
            "PIP_INDEX_URL": f"{self.url}/simple",
            "PIP_CONFIG_FILE": "/dev/null",
            "HF_ENDPOINT": self.url,
            "OCROUTE_WATCH_GITHUB": self.url,
            "OCROUTE_WATCH_DRIVER": f"{self.url}/latest.txt",
            "NO_PROXY": "127.0.0.1",
        }


@contextmanager
def serving_news():
    server = NewsServer()

    class Handler(Answering, BaseHTTPRequestHandler):
        def answer(self, status, body=b"", **headers):
            super().answer(status, body, **headers)
            server.asked[-1][2] += len(body)

        def do_GET(self):
            path = self.path.partition("?")[0]
            server.asked.append([path, dict(self.headers), 0])
            time.sleep(server.latency)
            if act := server.acts.get(path) or server.acts.get("*"):
                return act(self)
            if path not in server.pages:
                return self.answer(404)
            media_type, body = server.pages[path]
            etag = f'"{hashlib.sha256(body).hexdigest()[:16]}"'
            if self.headers["If-None-Match"] == etag:
                return self.answer(304, ETag=etag)
            return self.answer(200, body, ETag=etag, Content_Type=media_type)

    with listening(Handler) as server.url:
        yield server
