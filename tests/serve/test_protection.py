"""What strangers cannot do: each rule of the service, and each hole that other OCR servers have had."""

import http.client
import json
import socket
import struct
import zlib

import pytest
from tests.support.command import ocroute
from tests.support.service import document, picture, text_pdf
from tests.support.waiting import PATIENCE, until

pytestmark = pytest.mark.slow

KEY, OTHER = "a-key-of-24-signs-for-one", "a-key-of-24-signs-for-two"
EVIL_PAGE = "http://evil.example"


@pytest.fixture(scope="module")
def guarded(servers):
    """Asks for keys, and is known as ocr.example.org too."""
    return servers(
        "--keep-hours",
        "inf",
        "--jobs",
        1,
        "--allow-hosts",
        "ocr.example.org",
        "--max-mb",
        1,
        "--queue-size",
        6,
        engines="slow",
        key=f"{KEY}\n{OTHER}",
    )


def as_(key):
    return {"Authorization": f"Bearer {key}"}


def raw(server, head, *parts):
    """What is answered to bytes as they are, as far as it can be told from."""
    host, port = server.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=PATIENCE) as line:
        line.sendall(head)
        for part in parts:
            line.sendall(part)
        answer = b""
        try:
            while b"\r\n\r\n" not in answer and (more := line.recv(65536)):
                answer += more
        except ConnectionResetError:
            pass
        return answer


# ---- who may ask -----------------------------------------------------------------------------------------------------


def test_an_address_that_others_reach_is_not_served_without_keys(tmp_path):
    ended = ocroute("serve", "--host", "0.0.0.0", "--data", tmp_path)
    assert ended.returncode == 2
    assert "anyone who reaches 0.0.0.0" in ended.stderr
    assert "--keys FILE" in ended.stderr


@pytest.mark.parametrize(
    "held", ["", "# nothing\n", "short\n", "with blanks in it, and long\n", "ключ-из-многих-букв\n"]
)
def test_keys_that_could_be_guessed_or_are_none_are_refused(tmp_path, held):
    (tmp_path / "keys").write_text(held, encoding="utf-8")
    ended = ocroute("serve", "--keys", tmp_path / "keys", "--data", tmp_path / "data")
    assert ended.returncode == 2
    assert "key" in ended.stderr


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/v1/jobs"),
        ("POST", "/v1/jobs"),
        ("GET", "/v1/jobs/x"),
        ("DELETE", "/v1/jobs/x"),
        ("GET", "/v1/jobs/x/result"),
        ("GET", "/v1/jobs/x/events"),
        ("POST", "/v1/ocr"),
        ("GET", "/v1/files"),
        ("GET", "/v1/models"),
        ("GET", "/v1/choices"),
        ("GET", "/metrics"),
        ("GET", "/docs"),
        ("GET", "/openapi.json"),
        ("GET", "/nothing"),
    ],
)
@pytest.mark.parametrize(
    "header", ["", "Bearer wrong-key-of-24-signs-00", f"Basic {KEY}", f"Bearer {KEY}x", "Bearer", "Bearer é"]
)
def test_everything_but_health_and_the_page_itself_wants_a_key(guarded, method, path, header):
    answer = guarded.client.request(method, guarded.url + path, headers={"Authorization": header.encode()})
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == "Bearer"


def test_health_and_the_page_are_open(guarded):
    for path in ("/livez", "/readyz", "/", "/static/page.js", "/favicon.ico", "/session"):
        assert guarded.client.get(guarded.url + path).status_code in (200, 503)


@pytest.mark.parametrize(
    "path", ["/livez", "/", "/static/page.js", "/session", "/v1/jobs", "/v1/models", "/nothing", "/v1/ocr"]
)
def test_head_says_what_get_would_say_without_a_body(guarded, path):
    got, headed = (guarded.client.request(method, guarded.url + path, headers=as_(KEY)) for method in ("GET", "HEAD"))
    assert headed.status_code == got.status_code
    assert headed.content == b""
    for name in ("content-type", "content-length", "content-security-policy", "allow"):
        assert headed.headers.get(name) == got.headers.get(name)
    assert guarded.client.head(f"{guarded.url}/v1/jobs").status_code == 401


def test_head_does_not_wait_for_events_that_are_to_come(guarded):
    answer = guarded.client.post(f"{guarded.url}/v1/jobs", headers=as_(KEY), files={"file": ("a.png", picture())})
    job = answer.headers["location"]
    headed = guarded.client.head(f"{guarded.url}{job}/events", headers=as_(KEY))
    assert headed.headers["content-type"].startswith("text/event-stream")
    guarded.client.delete(f"{guarded.url}{job}", headers=as_(KEY))


def test_what_belongs_to_one_key_is_not_there_for_another(guarded):
    answer = guarded.client.post(f"{guarded.url}/v1/jobs", headers=as_(KEY), files={"file": ("a.png", picture())})
    job = answer.headers["location"]
    sent = guarded.client.post(f"{guarded.url}/v1/files", headers=as_(KEY), files={"file": ("a.png", picture())}).json()
    while guarded.client.get(f"{guarded.url}{job}?wait=9", headers=as_(KEY)).json()["state"] != "done":
        pass
    for path in ("", "/result", "/events", "/pages/1", "/pages/1/image"):
        assert guarded.client.get(f"{guarded.url}{job}{path}", headers=as_(OTHER)).status_code == 404
    assert guarded.client.delete(f"{guarded.url}{job}", headers=as_(OTHER)).status_code == 404
    assert guarded.client.get(f"{guarded.url}/v1/jobs", headers=as_(OTHER)).json() == []
    for path in ("", "/url", "/content"):
        assert guarded.client.get(f"{guarded.url}/v1/files/{sent['id']}{path}", headers=as_(OTHER)).status_code == 404
    wanted = {"model": None, "document": {"type": "file", "file_id": sent["id"]}}
    assert guarded.client.post(f"{guarded.url}/v1/ocr", headers=as_(OTHER), json=wanted).status_code == 422
    assert guarded.client.get(f"{guarded.url}{job}/result", headers=as_(KEY)).status_code == 200
    guarded.client.delete(f"{guarded.url}{job}", headers=as_(KEY))
    gone = guarded.client.get(f"{guarded.url}{job}", headers=as_(KEY))
    strange = guarded.client.get(f"{guarded.url}{job}", headers=as_(OTHER))
    assert (gone.status_code, strange.status_code) == (410, 404)  # not even that it was there


def test_a_browser_shows_its_key_once_and_then_a_cookie_that_no_script_reads(guarded):
    refused = guarded.client.post(f"{guarded.url}/session", json={"key": "wrong-key-of-24-signs-00"})
    assert refused.status_code == 401
    begun = guarded.client.post(f"{guarded.url}/session", json={"key": KEY})
    cookie = begun.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "samesite=strict" in cookie.lower()
    assert KEY not in cookie
    value = cookie.partition("=")[2].partition(";")[0]
    guarded.client.cookies.clear()
    shown = {"Cookie": f"ocroute_session={value}"}
    assert guarded.client.get(f"{guarded.url}/v1/jobs", headers=shown).status_code == 200
    owner, until, signature = value.split(".")
    for changed in (f"{owner}.{int(until) + 1}.{signature}", f"x{owner}.{until}.{signature}", "..", "a.b.c", "\x7f"):
        answer = guarded.client.get(f"{guarded.url}/v1/jobs", headers={"Cookie": f"ocroute_session={changed}"})
        assert answer.status_code == 401


# ---- other people's pages ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:8000", "127.0.0.1.evil.example", "", "localhost@evil", "[::2]"]
)
def test_a_name_that_is_not_ours_is_not_answered(server, host):
    """A web page can have its name lead to this machine: then the name is what gives it away."""
    for path in ("/", "/v1/jobs", "/livez"):
        answer = server.client.get(server.url + path, headers={"Host": host})
        assert answer.status_code in (400, 421)


def test_names_that_are_ours_are(guarded, server):
    port = server.url.rpartition(":")[2]
    for host in (f"localhost:{port}", "localhost", f"127.0.0.1:{port}", "[::1]", "LOCALHOST."):
        assert server.client.get(f"{server.url}/livez", headers={"Host": host}).status_code == 200
    assert guarded.client.get(f"{guarded.url}/livez", headers={"Host": "ocr.example.org:443"}).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": EVIL_PAGE},
        {"Origin": "null"},
        {"Origin": "http://["},
        {"Sec-Fetch-Site": "cross-site"},
        {"Origin": "http://127.0.0.1:1"},
    ],
)
def test_another_sites_page_can_change_nothing(server, headers):
    job = server.job(picture())
    assert server.ask("POST", "/v1/jobs", files={"file": ("a", picture())}, headers=headers).status_code == 403
    assert server.ask("DELETE", job, headers=headers).status_code == 403
    wanted = {"model": None, "document": {"type": "image_url", "image_url": "data:image/png;base64,AA=="}}
    assert server.ask("POST", "/v1/ocr", json=wanted, headers=headers).status_code == 403
    assert server.get(job).status_code == 200


def test_no_other_site_may_read_or_show_what_is_answered(server):
    job = server.job(picture())
    server.ended(job)
    for path in ("/", job, f"{job}/result?format=html", f"{job}/pages/1/image", "/nothing"):
        answer = server.get(path, headers={"Origin": EVIL_PAGE})
        assert not [name for name in answer.headers if name.startswith("access-control")]
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["x-frame-options"] == "DENY"
        assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
        assert answer.headers["cross-origin-resource-policy"] == "same-origin"
        assert "server" not in answer.headers
    policy = server.get("/").headers["content-security-policy"]
    assert "unsafe" not in policy
    assert "default-src 'none'" in policy


def test_results_that_could_run_are_saved_not_shown(real):
    job = real.job(text_pdf("<script>alert(1)</script>", "=HYPERLINK('http://evil')"), "x.html\r\nSet-Cookie: a=b")
    real.ended(job)
    for name in ("html", "show", "hocr", "alto", "docx", "pdf", "zip"):
        answer = real.get(f"{job}/result?format={name}")
        assert answer.headers["content-disposition"].startswith("attachment;")
        assert "sandbox" in answer.headers["content-security-policy"]
        assert "set-cookie" not in answer.headers
    assert "<script>alert" not in real.get(f"{job}/result?format=html").text
    assert real.get(f"{job}/result?format=md").headers["content-type"] == "text/markdown; charset=utf-8"


# ---- too much ----------------------------------------------------------------------------------------------------


def test_a_file_that_is_too_large_is_refused_before_it_comes(guarded):
    head = (
        f"POST /v1/jobs HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {KEY}\r\nContent-Length: 9000000000\r\n"
        "Content-Type: multipart/form-data; boundary=x\r\n\r\n"
    )
    assert raw(guarded, head.encode()).startswith(b"HTTP/1.1 413")


def test_a_file_of_unknown_length_ends_where_it_is_too_large_and_leaves_nothing(guarded):
    form = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n'
    chunk = b"10000\r\n" + b"0" * 65536 + b"\r\n"
    head = (
        f"POST /v1/jobs HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {KEY}\r\nTransfer-Encoding: chunked\r\n"
        "Content-Type: multipart/form-data; boundary=x\r\n\r\n"
    )
    try:
        answer = raw(guarded, head.encode(), b"%x\r\n%s\r\n" % (len(form), form), *[chunk] * 40)
    except (BrokenPipeError, ConnectionResetError):
        answer = b"HTTP/1.1 413"
    assert answer.startswith(b"HTTP/1.1 413")
    assert not list((guarded.data / "uploads").iterdir())


@pytest.mark.parametrize("length", ["-1", "1e9", "٣", "+5", "0x10"])
def test_a_length_that_is_none_is_refused(guarded, length):
    head = f"POST /v1/jobs HTTP/1.1\r\nHost: localhost\r\nContent-Length: {length}\r\n\r\n"
    assert raw(guarded, head.encode())[9:10] == b"4"


def test_other_routes_take_no_large_bodies(guarded):
    answer = guarded.client.post(f"{guarded.url}/session", content=b"0" * 100_000)
    assert answer.status_code == 413


def test_a_full_queue_says_when_to_come_again_before_anything_is_sent(guarded):
    jobs = []
    for _ in range(12):
        answer = guarded.client.post(f"{guarded.url}/v1/jobs", headers=as_(KEY), files={"file": ("a.tif", document(9))})
        if answer.status_code != 202:
            break
        jobs.append(answer.headers["location"])
    assert answer.status_code == 429  # one key has its half of the queue
    assert 1 <= int(answer.headers["retry-after"]) <= 120
    head = (
        f"POST /v1/jobs HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {KEY}\r\nContent-Length: 500000\r\n"
        "Content-Type: multipart/form-data; boundary=x\r\nExpect: 100-continue\r\n\r\n"
    )
    assert raw(guarded, head.encode()).startswith(b"HTTP/1.1 429")  # and not 100
    others = [
        guarded.client.post(f"{guarded.url}/v1/jobs", headers=as_(OTHER), files={"file": ("a.tif", document(9))})
        for _ in range(4)
    ]
    assert others[0].status_code == 202  # the other has its own
    assert {answer.status_code for answer in others} <= {202, 429, 503}
    wanted = {"model": None, "document": {"type": "image_url", "image_url": "data:image/png;base64,AA=="}}
    full = guarded.client.post(f"{guarded.url}/v1/ocr", headers=as_(KEY), json=wanted)
    assert full.status_code in (429, 503)
    for key in (KEY, OTHER):
        for job in guarded.client.get(f"{guarded.url}/v1/jobs", headers=as_(key)).json():
            guarded.client.delete(f"{guarded.url}/v1/jobs/{job['id']}", headers=as_(key))
    assert guarded.client.get(f"{guarded.url}/metrics", headers=as_(KEY)).text.count("ocroute_refused_total{") >= 1


def bomb(width, height):
    """A PNG of many pixels in few bytes."""

    def chunk(kind, data):
        body = kind + data
        return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))

    rows = zlib.compressobj(9)
    data = b"".join(rows.compress(b"\0" * (width // 8 + 1)) for _ in range(height)) + rows.flush()
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0))
        + chunk(b"IDAT", data)
        + chunk(b"IEND", b"")
    )


def test_a_bomb_of_pixels_is_a_failed_page_and_the_server_reads_on(server):
    told = server.ended(server.job(bomb(60_000, 80_000)))
    assert (told["state"], told["verdicts"]) == ("done", {"1": "failed"})
    assert server.ended(server.job(picture()))["state"] == "done"


def test_a_page_that_takes_too_much_memory_loses_its_worker_and_the_server_reads_on(troubled):
    told = troubled.ended(troubled.job(document(3), pages="2", engine="hoards"))
    assert (told["state"], told["verdicts"]) == ("done", {"2": "failed"})
    (page,) = troubled.get(f"/v1/jobs/{told['id']}/result?format=json").json()["pages"]
    assert "MiB of memory, and may take 700" in json.dumps(page["attempts"])
    assert troubled.ended(troubled.job(picture()))["state"] == "done"


def test_a_document_that_takes_too_long_has_a_record_for_every_page(troubled):
    troubled.ready()
    told = troubled.ended(troubled.job(document(18), engine="slow"))
    assert told["state"] == "done"
    assert len(told["verdicts"]) == 18
    assert list(told["verdicts"].values())[-1] == "failed"
    assert told["verdicts"]["1"] != "failed"
    found = troubled.get(f"/v1/jobs/{told['id']}/result?format=json").json()
    assert "not done within 6 seconds" in found["pages"][-1]["error"]


def test_whoever_hangs_up_in_the_middle_leaves_no_job_and_no_file(server):
    server.ready()  # the page of its own is read
    before = len(server.get("/v1/jobs").json())
    form = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n' + b"0" * 200_000
    head = (
        b"POST /v1/jobs HTTP/1.1\r\nHost: localhost\r\nContent-Length: 900000\r\n"
        b"Content-Type: multipart/form-data; boundary=x\r\n\r\n"
    )
    host, port = server.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port))) as line:
        line.sendall(head + form)
        until(lambda: server.metric("ocroute_unfinished_jobs") == 1)  # it takes its place in the queue
    until(lambda: not server.metric("ocroute_unfinished_jobs"))
    assert len(server.get("/v1/jobs").json()) == before
    assert not list((server.data / "uploads").iterdir())
    assert '"error": "ClientDisconnect"' not in server.log.read_text()  # that is no fault of the server


def test_whoever_hangs_up_while_a_document_is_read_cancels_it(slow):
    import base64

    url = f"data:image/tiff;base64,{base64.b64encode(document(18)).decode()}"
    body = json.dumps({"model": None, "document": {"type": "document_url", "document_url": url}})
    slow.ready()
    line = http.client.HTTPConnection(slow.url.removeprefix("http://"))
    line.request("POST", "/v1/ocr", body, {"Content-Type": "application/json"})
    until(lambda: slow.metric("ocroute_unfinished_jobs"))
    line.close()
    until(lambda: not slow.metric("ocroute_unfinished_jobs"))
    assert slow.get("/v1/jobs").json() == [] or all(job["name"] != "document" for job in slow.get("/v1/jobs").json())


# ---- names and paths -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("../../../etc/passwd", "passwd"),
        ("..\\..\\windows\\system.ini", "system.ini"),
        ("/etc/shadow", "shadow"),
        ("C:\\x\\letter.pdf", "letter.pdf"),
        ("..", "document"),
        ("con.txt", "document-con.txt"),
        ("a\x00b\x1b[31m.png", "ab[31m.png"),
        ("х" * 300 + ".png", "х" * 100),
        ("<img src=x onerror=alert(1)>.png", "img src=x onerror=alert(1).png"),
    ],
)
def test_a_name_is_a_label_and_no_path(name, told):
    from ocroute.serve.bodies import label

    assert label(name) == told


def test_no_name_of_a_client_becomes_a_path(server):
    job = server.job(picture(), "../../../tmp/evil.png")
    assert server.get(job).json()["name"] == "evil.png"
    server.ended(job)
    every = [path.name for path in server.data.rglob("*")]
    assert not [name for name in every if "evil" in name]


@pytest.mark.parametrize(
    "path",
    [
        "/v1/jobs/..%2f..%2fsecret",
        "/v1/jobs/%2e%2e/result",
        "/static/..%2fserving.py",
        "/static/%2e%2e/serving.py",
        "/static/../serving.py",
        "/v1/files/..%2f..%2fsecret/content",
        "/v1/files/secret/content?expires=9999999999&signature=" + "0" * 64,
        "/v1/files/secret/content?expires=x&signature=%C3%A9",
    ],
)
def test_no_path_of_the_server_can_be_asked_for(server, path):
    answer = raw(server, f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode())
    assert answer.startswith(b"HTTP/1.1 404"), answer


def test_a_request_cannot_name_a_file_of_the_server(server):
    for named in ("file:///etc/passwd", "/etc/passwd", "\\\\server\\share\\a.pdf"):
        wanted = {"model": None, "document": {"type": "document_url", "document_url": named}}
        assert server.ask("POST", "/v1/ocr", json=wanted).status_code == 422
    assert (
        server.ask("POST", "/v1/jobs", files={"other": ("a", b"x")}, data={"filepath": "/etc/passwd"}).status_code
        == 422
    )


def test_a_stranger_cannot_read_the_folder_of_the_jobs(server):
    import stat

    assert stat.S_IMODE((server.data / "jobs").stat().st_mode) == 0o700
    assert stat.S_IMODE((server.data / "secret").stat().st_mode) == 0o600
