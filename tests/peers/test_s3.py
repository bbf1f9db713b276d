"""Inputs, results and a queue in a bucket of a real S3-compatible server on this machine."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from ocroute.stores import RemoteStore, store_at

SAMPLES = Path(__file__).parents[2] / "samples"
SECRET = "testing-secret-key"


@pytest.fixture(scope="module")
def server():
    from moto.server import ThreadedMotoServer

    running = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    running.start()
    host, port = running.get_host_and_port()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ENDPOINT_URL", f"http://{host}:{port}")
        patch.setenv("AWS_ACCESS_KEY_ID", "testing")
        patch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
        patch.setenv("AWS_DEFAULT_REGION", "us-east-1")
        yield running
    running.stop()


@pytest.fixture
def bucket(server, request):
    import boto3

    name = f"b{abs(hash(request.node.name)) % 10**9}"
    boto3.client("s3").create_bucket(Bucket=name)
    return f"s3://{name}"


def ocroute(*arguments, code=0):
    done = subprocess.run(
        [sys.executable, "-m", "ocroute", *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=250,
        check=False,
    )
    assert done.returncode == code, done.stderr
    assert SECRET not in done.stdout + done.stderr
    return done.stdout + done.stderr


def test_of_many_who_create_one_object_one_succeeds(bucket):
    store = store_at(f"{bucket}/x y/Ж")
    assert store.exclusive
    with ThreadPoolExecutor(8) as threads:
        won = list(threads.map(lambda who: store.create(f"claims/{who % 10}", b"%d" % who), range(80)))
    assert sum(won) == 10
    assert store.names("claims") == [f"claims/{number}" for number in range(10)]


def test_documents_of_a_bucket_are_read_into_a_bucket_by_two_workers(bucket, tmp_path):
    source = RemoteStore(f"{bucket}/in")
    for name in ("a/letter.png", "Ж 1.png", "b.png"):
        source.write(name, (SAMPLES / "letter-en.png").read_bytes())
    ocroute("read", f"{bucket}/in/b.png", "-o", f"{bucket}/one/b.md", "--engine", "rapidocr")
    text = store_at(f"{bucket}/one").read("b.md")
    assert len(text.split()) > 30
    assert "3 added" in ocroute("queue", "add", f"{bucket}/queue", f"{bucket}/in/")
    with ThreadPoolExecutor(2) as threads:
        options = ("read", "--queue", f"{bucket}/queue", "-o", f"{bucket}/out/", "--engine", "rapidocr", "--jobs", 1)
        list(threads.map(lambda _: ocroute(*options), range(2)))
    out = store_at(f"{bucket}/out")
    assert {name: out.read(name) for name in out.names() if not name.startswith(".")} == dict.fromkeys(
        ("a/letter.png.md", "Ж 1.png.md", "b.png.md"), text
    )
    assert "3 documents: 3 done, 0 being read, 0 set aside, 0 waiting" in ocroute("queue", "status", f"{bucket}/queue")


def test_what_is_not_there_or_not_allowed_is_one_line(bucket):
    assert "does not exist" in ocroute("read", "s3://there-is-no-such-bucket/in/*.pdf", code=5)
    said = ocroute(
        "read", SAMPLES / "letter-en.png", "-o", "s3://there-is-no-such-bucket/out/", "--engine", "rapidocr", code=6
    )
    assert "there-is-no-such-bucket" in said
    assert "Traceback" not in said
