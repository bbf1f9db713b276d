"""A real server process on loopback, and requests to it."""

from __future__ import annotations

import io
import json
import os
import re
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import httpx
import psutil
from PIL import Image, ImageDraw

from tests.support.waiting import PATIENCE, until

PLUGINS = Path(__file__).parent.parent / "plugins"


class Server:
    """``ocroute serve`` with the faulty engines of tests/plugins beside the real ones.

    Args:
        folder: of its data and its log.
        options: of the command.
        engines: that are usable, as ``OCROUTE_FAULTY`` takes them; the first is the only one that reads, ``""`` for real ones.
    """

    def __init__(self, folder: Path, *options: object, engines: str = "null", key: str = "") -> None:
        self.folder, self.data, self.key = folder, folder / "data", key
        self.log = folder / "server.log"
        self._options = [str(option) for option in options]
        self._engines = engines
        self.url = ""
        self.process: subprocess.Popen[bytes] | None = None
        self.client = httpx.Client(timeout=PATIENCE, trust_env=False, verify=False)
        self.start()

    def start(self) -> None:
        """Start it, and wait until it listens."""
        self.folder.mkdir(parents=True, exist_ok=True)
        name = self._engines.partition(",")[0].partition(":")[0]
        pinned = ["--engine", name] if name else []
        keys = []
        if self.key:
            (self.folder / "keys").write_text(self.key + "\n")
            keys = ["--keys", self.folder / "keys"]
        port = self.url.rpartition(":")[2] or 0  # the same again, so that clients find it
        paths = [str(PLUGINS), *os.environ.get("PYTHONPATH", "").split(os.pathsep)]
        environment = os.environ | {
            "PYTHONPATH": os.pathsep.join(path for path in paths if path),
            "OCROUTE_FAULTY": self._engines,
            "OCROUTE_FAULTY_LOG": str(self.folder / "engines.log"),
        }
        command = [sys.executable, "-m", "ocroute", "serve", "--port", port, "--data", self.data, *pinned, *keys]
        with self.log.open("ab") as log:
            begun = log.tell()
            self.process = subprocess.Popen([*map(str, command), *self._options], env=environment, stderr=log)
        self._until(lambda: b"the page: " in self.log.read_bytes()[begun:])
        found = re.search(rb"the page: (http://\S+?)/ ", self.log.read_bytes()[begun:])
        assert found
        self.url = found[1].decode()

    def _until(self, condition) -> None:
        def holds() -> bool:
            assert self.process is not None
            assert self.process.poll() is None, f"the server has ended: {self.log.read_text()}"
            return bool(condition())

        until(holds)

    def ready(self) -> None:
        """Wait until it says that it can read."""
        self._until(lambda: self.client.get(f"{self.url}/readyz").status_code == 200)

    @property
    def headers(self) -> dict[str, str]:
        """What every request brings."""
        return {"Authorization": f"Bearer {self.key}"} if self.key else {}

    def ask(self, method: str, path: str, **more: object) -> httpx.Response:
        """One request."""
        headers = self.headers | dict(more.pop("headers", {}))
        return self.client.request(method, self.url + path, headers=headers, **more)

    def get(self, path: str, **more: object) -> httpx.Response:
        """Ask for something."""
        return self.ask("GET", path, **more)

    def send(self, data: bytes, name: str = "page.png", **fields: str) -> httpx.Response:
        """Send a file."""
        return self.ask("POST", "/v1/jobs", files={"file": (name, data)}, data=fields)

    def job(self, data: bytes, name: str = "page.png", **fields: str) -> str:
        """Send a file that must be taken; the path of its job."""
        answer = self.send(data, name, **fields)
        assert answer.status_code == 202, answer.text
        return answer.headers["location"]

    def ended(self, job: str) -> dict:
        """Wait for the end of a job, as clients should; what is said of it then."""
        told: dict = {}

        def has_ended() -> bool:
            told.update(self.get(f"{job}?wait=5").json())
            return told["state"] in ("done", "failed", "canceled")

        until(has_ended)
        return told

    def events(self, job: str, last: str = "") -> list[tuple[str, str, dict]]:
        """All events until the end of the job: id, kind, body."""
        headers = {"Last-Event-ID": last} if last else {}
        text = self.get(f"{job}/events", headers=headers).text
        found = re.findall(r"id: (\S+)\nevent: (\S+)\ndata: (.*)\n\n", text)
        return [(number, kind, json.loads(body)) for number, kind, body in found]

    def events_so_far(self, job: str) -> list[str]:
        """The kinds of the events that there are now."""
        kinds = []
        timeout = httpx.Timeout(PATIENCE, read=0.5)
        asked = self.client.stream("GET", f"{self.url}{job}/events", headers=self.headers, timeout=timeout)
        with suppress(httpx.ReadTimeout), asked as stream:
            for line in stream.iter_lines():
                kinds += [line.removeprefix("event: ")] if line.startswith("event: ") else []
        return kinds

    def metric(self, name: str) -> float:
        """The sum of a metric over its labels."""
        text = self.get("/metrics").text
        return sum(float(value) for value in re.findall(rf"^{name}(?:{{.*}})? (\S+)$", text, re.MULTILINE))

    def kill(self) -> None:
        """As if the machine had lost it."""
        assert self.process is not None
        self.process.kill()
        self.process.wait()

    def stop_and_start(self) -> int:
        """End it in order, and start it again; the exit code of the first."""
        assert self.process is not None
        self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(PATIENCE)
        self.start()
        return code

    def stop_and_start_at(self, data: Path) -> None:
        """End it, and start it with another folder."""
        self.data = data
        self.stop_and_start()

    def stop(self) -> int:
        """End it as a system does; its exit code."""
        assert self.process is not None
        children = psutil.Process(self.process.pid).children(recursive=True) if self.process.poll() is None else []
        with suppress(ProcessLookupError):
            self.process.send_signal(signal.SIGTERM)
        self.client.close()
        try:
            return self.process.wait(PATIENCE)
        finally:
            self.process.kill()
            _, alive = psutil.wait_procs(children, timeout=PATIENCE)
            assert not alive, "workers outlived their server"


def picture(width: int = 200, height: int = 240, text: str = "", kind: str = "PNG") -> bytes:
    """A page with a dot, for engines that read nothing; or with a text."""
    image = Image.new("L", (width, height), 255)
    if text:
        from tests.support.pages import SANS, font

        ImageDraw.Draw(image).text((20, 20), text, 0, font(SANS, 28))
    else:
        ImageDraw.Draw(image).ellipse((40, 60, 160, 180), fill=90)
    held = io.BytesIO()
    image.save(held, kind)
    return held.getvalue()


def document(pages: int) -> bytes:
    """A TIFF of so many pages with a dot, each of another width."""
    frames = [Image.new("L", (200 + number, 240), 255) for number in range(1, pages + 1)]
    for frame in frames:
        ImageDraw.Draw(frame).ellipse((40, 60, 160, 180), fill=90)
    held = io.BytesIO()
    frames[0].save(held, "TIFF", save_all=True, append_images=frames[1:])
    return held.getvalue()


def text_pdf(*lines: str, pages: int = 1) -> bytes:
    """A PDF with a text layer, which is read without any OCR."""
    from reportlab.pdfgen.canvas import Canvas

    held = io.BytesIO()
    canvas = Canvas(held, (400, 500), invariant=True)
    for number in range(pages):
        for place, line in enumerate(lines or ("The harbour office opens at seven.",)):
            canvas.drawString(40, 440 - 24 * place, line.format(page=number + 1))
        canvas.showPage()
    canvas.save()
    return held.getvalue()
