"""Line models that are fetched: asked for first, whole or not there, gone on with, used. Over a loopback server."""

import hashlib
import shutil
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from typer.testing import CliRunner

from ocroute.cli import app
from ocroute.errors import EngineUnavailable, ExitCode, OutputError, UsageError
from ocroute.languages import SCRIPT_NAMES
from ocroute.ppocr import line_models, model_files, published_models
from ocroute.ppocr.published_models import MIRROR, PUBLISHED, Published


class Server(ThreadingHTTPServer):
    """Serves ``data`` under any name.

    Attributes:
        asked: the Range of each request, None without.
        breaks: bytes after which the line is cut, once.
        answer: another status, type and body.
    """

    def __init__(self, data):
        super().__init__(("127.0.0.1", 0), Handler)
        self.data, self.asked, self.breaks, self.answer = data, [], None, None


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        server = self.server
        wanted = self.headers.get("Range")
        server.asked.append(wanted)
        start = int(wanted.removeprefix("bytes=").rstrip("-")) if wanted else 0
        status, kind, body = server.answer or (206 if wanted else 200, "application/octet-stream", server.data[start:])
        if not server.answer and start >= len(server.data):
            status, body = 416, b""
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if server.breaks:
            body, server.breaks = body[: server.breaks], None
            self.close_connection = True
        self.wfile.write(body)

    def log_message(self, *_):
        pass


@pytest.fixture
def server(monkeypatch, tmp_path):
    """A server of our European model under the name ``mini``, with a home of its own for what is fetched."""
    data = model_files.european().read_bytes()
    with Server(data) as serving:
        threading.Thread(target=serving.serve_forever, daemon=True).start()
        monkeypatch.setenv(MIRROR, f"http://127.0.0.1:{serving.server_port}/some/where/")
        monkeypatch.setenv("OCROUTE_HOME", str(tmp_path / "home"))
        monkeypatch.setitem(
            PUBLISHED, "mini", Published("mini", "Cyrl", "some", "mini.onnx", hashlib.sha256(data).hexdigest())
        )
        line_models._is_sound.cache_clear()
        yield serving
        serving.shutdown()
    line_models._is_sound.cache_clear()


def here():
    return published_models.folder() / "mini.onnx"


def test_it_comes_whole_is_used_and_then_needs_no_network(server):
    assert published_models.state(PUBLISHED["mini"]) == "not here"
    seen = []
    path = published_models.get(PUBLISHED["mini"], lambda done, total: seen.append((done, total)))
    assert path == here()
    assert seen[-1] == (len(server.data), len(server.data))
    assert "mini" in [model.name for model in line_models.every()]
    server.shutdown()
    server.server_close()
    assert published_models.get(PUBLISHED["mini"]) == path


def test_a_broken_line_is_gone_on_with(server):
    server.breaks = 1_000_000
    with pytest.raises(EngineUnavailable, match="was not fetched") as raised:
        published_models.get(PUBLISHED["mini"])
    assert "what has come is kept" in str(raised.value.next_step)
    assert not here().exists()
    published_models.get(PUBLISHED["mini"])
    assert server.asked == [None, "bytes=1000000-"]
    assert here().read_bytes() == server.data


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        ((200, "text/html; charset=utf-8", b"<html>log in</html>"), "a web page"),
        ((200, "application/octet-stream", b"<!doctype html>"), "a web page"),
        ((200, "application/octet-stream", b"\x08\x07another model"), "SHA-256"),
        ((404, "text/plain", b"no"), "404"),
        ((503, "text/plain", b"later"), "503"),
    ],
)
def test_what_is_not_the_file_is_refused_and_what_was_there_stays(server, answer, says):
    here().parent.mkdir(parents=True)
    here().write_bytes(b"an older one")
    server.answer = answer
    with pytest.raises(EngineUnavailable, match=says):
        published_models.get(PUBLISHED["mini"])
    assert here().read_bytes() == b"an older one"
    server.answer = None
    published_models.get(PUBLISHED["mini"])
    assert published_models.state(PUBLISHED["mini"]) == "here"


def test_no_network_is_an_error_with_the_address(server):
    server.shutdown()
    server.server_close()
    with pytest.raises(
        EngineUnavailable, match=r"mini was not fetched from http://127.0.0.1:\d+/some/where/mini.onnx"
    ) as raised:
        published_models.get(PUBLISHED["mini"])
    assert MIRROR in str(raised.value.next_step)


def test_a_place_that_cannot_be_written_is_an_error(server, tmp_path):
    (tmp_path / "home").write_text("a file")
    with pytest.raises(OutputError, match="cannot write"):
        published_models.get(PUBLISHED["mini"])


def test_a_damaged_model_is_not_used_and_says_so(server, caplog):
    published_models.get(PUBLISHED["mini"])
    here().write_bytes(server.data[:1000])
    line_models._is_sound.cache_clear()
    assert "mini" not in [model.name for model in line_models.every()]
    assert "ocroute models get mini" in caplog.text
    assert published_models.state(PUBLISHED["mini"]) == "damaged"


def test_nothing_is_fetched_unasked(server):
    done = CliRunner().invoke(app, ["models", "get", "mini"])
    assert isinstance(done.exception, UsageError)
    assert done.exception.exit_code == ExitCode.USAGE
    assert "--yes" in str(done.exception.next_step)
    assert server.asked == []
    assert CliRunner().invoke(app, ["models", "get", "mini", "--yes"]).exit_code == 0
    assert here().is_file()
    assert "here already" in CliRunner().invoke(app, ["models", "get", "mini"]).stdout


def test_the_list_names_what_is_here_and_what_is_not(server):
    drawn = CliRunner().invoke(app, ["models"]).stdout
    for name in ("European", "korean", "arabic", "Apache-2.0"):
        assert name in drawn
    with pytest.raises(UsageError, match="no line model is named"):
        published_models.named("klingon")


def test_a_full_disk_leaves_nothing_half(server, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(published_models, "_written", full)
    with pytest.raises(OutputError, match="no space left"):
        published_models.get(PUBLISHED["mini"])
    assert not here().exists()
    shutil.rmtree(here().parent)


def test_the_table_is_well_formed():
    for model in PUBLISHED.values():
        assert model.script in SCRIPT_NAMES
        assert len(model.sha256) == 64
        assert set(model.sha256) <= set("0123456789abcdef")
    assert published_models.command_for(["Kore"]) == "ocroute models get korean"
    assert published_models.command_for(["Ethi"]) == ""
