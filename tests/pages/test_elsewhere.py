"""Inputs and results behind an address, against fsspec's store in memory; the same for S3 in tests/peers."""

import os
import re
import subprocess
import sys

import fsspec
import pytest

from ocroute.errors import OutputError, PackageMissing, UnsupportedInput, UsageError
from ocroute.pages import expand
from ocroute.run.input_shards import Shard
from ocroute.run.output import writer_for
from ocroute.run.target import target_of
from ocroute.stores import FolderStore, RemoteStore, scheme_of, shown, store_at
from ocroute.writers.saver import Saver


@pytest.fixture
def bucket(tmp_path):
    return f"memory://{tmp_path.name}"


@pytest.fixture(params=["folder", "memory"])
def store(request, tmp_path, bucket):
    return FolderStore(tmp_path / "store") if request.param == "folder" else store_at(f"{bucket}/store")


def test_what_is_put_is_there_whole(store):
    store.write("a/x y/Ж", b"1")
    store.write("a/x y/Ж", b"2")
    store.write("b", b"3", durable=False)
    assert (store.read("a/x y/Ж"), store.exists("a/x y/Ж"), store.exists("a/x"), store.exists("c")) == (
        b"2",
        True,
        False,
        False,
    )
    assert (store.names(), store.names("a"), store.names("none")) == (["a/x y/Ж", "b"], ["a/x y/Ж"], [])
    store.remove("a/x y/Ж")
    store.remove("a/x y/Ж")
    assert store.names() == ["b"]
    with pytest.raises(FileNotFoundError):
        store.read("a/x y/Ж")


def test_of_those_who_create_a_file_one_succeeds(store):
    assert store.exclusive
    assert [store.create("x/1", who) for who in (b"first", b"second")] == [True, False]
    assert store.read("x/1") == b"first"


def test_a_folder_that_is_listed_as_itself_is_no_file(bucket, monkeypatch):
    store = RemoteStore(f"{bucket}/store")
    store.write("claims/a/0", b"")
    find = type(store._files).find
    monkeypatch.setattr(type(store._files), "find", lambda own, path: [path, *find(own, path)])
    assert store.names("claims") == ["claims/a/0"]


class Busy(RemoteStore):
    """A store that is busy at first, and loses its answer after it has done what it was asked."""

    def __init__(self, address, fails):
        super().__init__(address)
        self._fails = fails

    def _put(self, name, data, mode):
        super()._put(name, data, mode)
        if self._fails:
            raise self._fails.pop(0)


@pytest.fixture
def no_waiting(monkeypatch):
    waited = []
    monkeypatch.setattr("ocroute.stores.remote_store.time.sleep", waited.append)
    return waited


@pytest.mark.parametrize(
    "error",
    [OSError(16, "Reduce your request rate"), ConnectionResetError("gone"), RuntimeError("503 Service Unavailable")],
)
def test_a_store_that_is_busy_is_asked_again_and_a_lost_answer_is_found(bucket, no_waiting, error):
    assert Busy(bucket, [error]).create("claim", b"mine") is True
    assert len(no_waiting) == 1
    assert Busy(bucket, [error]).create("claim", b"theirs") is False, "it was there before, and the error is not"


def test_a_store_that_refuses_is_not_asked_again(bucket, no_waiting):
    with pytest.raises(PermissionError):
        Busy(bucket, [PermissionError("no")]).write("x", b"")
    with pytest.raises(OSError, match="slow down"):
        Busy(bucket, [RuntimeError("slow down")] * 9).write("x", b"")
    assert len(no_waiting) == 6


@pytest.mark.parametrize("address", ["simplecache::s3://u:secret@b/x.png", "zip://*::s3://u:secret@b/x.zip"])
def test_an_address_behind_another_is_refused_without_its_secrets(address):
    (error,) = expand([address]).errors
    with pytest.raises(UsageError) as of_output:
        target_of(address)
    with pytest.raises(UsageError) as of_store:
        store_at(address)
    for told in (str(error), str(of_output.value), str(of_store.value)):
        assert "s3://b/x" in told
        assert "secret" not in told


def test_schemes_are_the_same_in_capitals():
    store_at("memory://capitals/").write("x", b"1")
    assert store_at("MEMORY://capitals/").names() == ["x"]


def test_secrets_are_told_nowhere(no_waiting):
    address = "memory://user:pa%73s@host/in.pdf?X-Amz-Signature=abc123&x=1"
    assert shown(address) == "memory://host/in.pdf"
    error = RuntimeError(f"cannot read {address} nor https://a/b?x=1&X-Amz-Security-Token=zzz99")
    with pytest.raises(OSError) as told:
        Busy(address, [error]).write("x", b"")
    assert not any(secret in str(told.value) for secret in ("pa%73s", "abc123", "zzz99", "user"))
    assert told.value.__cause__ is None


@pytest.mark.parametrize(
    ("address", "told"),
    [
        ("s3://bucket/no #1, really? 50%20.pdf", None),
        ("s3://bucket/a@b/scan[1].pdf", None),
        ("s3://[bucket/x", None),
        ("memory://", None),
        ("sftp://host:22/x@y.pdf", None),
        ("abfs://container@account.dfs.core.windows.net/x.pdf", None),
        ("sftp://user:pa@ss@host/x.pdf", "sftp://host/x.pdf"),
        ("sftp://user:pa/s#s@host/x.pdf", "sftp://host/x.pdf"),
        ("abfs://user:pass@account/x.pdf", "abfs://account/x.pdf"),
        ("az://container/x.pdf?sv=1&sig=abc", "az://container/x.pdf"),
    ],
)
def test_an_address_is_told_with_its_name_and_without_its_secrets(address, told):
    assert shown(address) == (told or address)


@pytest.mark.parametrize("name", ["scan[1].png", "no #1.png", "what?.png", "p%20q.png", "a*.png"])
def test_a_name_with_the_signs_of_patterns_is_a_name(bucket, name):
    fsspec.filesystem("memory").pipe_file(f"{bucket}/in/{name}", b"x")
    (file,) = expand([f"{bucket}/in/{name}"]).files
    assert (file.path, file.below, file.told) == (f"{bucket}/in/{name}", name, f"{bucket}/in/{name}")


def test_a_store_that_does_not_answer_has_not_said_no(bucket, no_waiting, monkeypatch):
    store = RemoteStore(bucket)
    monkeypatch.setattr(store._files, "info", lambda path: exec("raise OSError(16, 'Reduce your request rate')"))
    with pytest.raises(OSError, match="Reduce your request rate"):
        store.exists("x")


def test_a_folder_is_no_file(tmp_path):
    (tmp_path / "x.md").mkdir()
    store = FolderStore(tmp_path)
    assert not store.exists("x.md")
    with pytest.raises(IsADirectoryError):
        store.create("x.md", b"")


def test_what_is_left_open_when_the_interpreter_ends_says_nothing(tmp_path):
    """Held by a module that is taken down after those that the end of a thread needs."""
    script = """
import os, fsspec
from ocroute.pages import InputFile
from ocroute.run.bringing import brought_here
fsspec.filesystem("memory").pipe_file("/b/x.png", b"x")
os.kept = brought_here([[InputFile("memory://b/x.png", "x.png")]] * 3)
next(os.kept)
"""
    env = {**os.environ, "TMPDIR": str(tmp_path)}
    done = subprocess.run([sys.executable, "-c", script], env=env, capture_output=True, text=True, check=True)
    assert done.stderr == ""
    assert list(tmp_path.iterdir()) == []


def test_paths_of_every_system_are_no_addresses(tmp_path):
    assert not any(map(scheme_of, ["C:\\scans\\x.pdf", "C://x", "scans/x.pdf", "a:b", "-"]))
    (tmp_path / "a b.png").touch()
    (file,) = expand([(tmp_path / "a b.png").as_uri()]).files
    assert file.path == str(tmp_path / "a b.png")
    assert target_of((tmp_path / "out").as_uri() + "/").path == tmp_path / "out"
    assert target_of(f"file://{tmp_path}/no #1?/").path == tmp_path / "no #1?"


def test_folders_and_patterns_elsewhere(bucket):
    files = fsspec.filesystem("memory")
    names = ["in/a/page10.png", "in/a/page2.png", "in/Ж x.PDF", "in/notes.txt"]
    for name in names:
        files.pipe_file(f"{bucket}/{name}", b"x")
    found = {file.path.removeprefix(f"{bucket}/"): file.below for file in expand([f"{bucket}/in/"]).files}
    assert found == {"in/a/page2.png": "a/page2.png", "in/a/page10.png": "a/page10.png", "in/Ж x.PDF": "Ж x.PDF"}
    assert list(found)[:2] == ["in/a/page2.png", "in/a/page10.png"]
    assert [file.below for file in expand([f"{bucket}/in/*/*.png"]).files] == ["a/page2.png", "a/page10.png"]
    assert [file.below for file in expand([f"{bucket}/in/notes.txt"]).files] == ["notes.txt"], "it was named itself"
    (error,) = expand([f"{bucket}/none/*.pdf"]).errors
    assert "does not exist" in error.message


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("nope://x/y.pdf", "Protocol not known"),
        ("https://user:secret@example.org/a.pdf?key=1", r"https://example\.org/a\.pdf is a web address"),
        ("s3://[x/a.pdf", r"s3://\[x/a\.pdf"),
        ("s3://user:secret@bucket/a.pdf", r"^s3://bucket/a\.pdf was given with a user or password"),
        ("S3://user@bucket/a.pdf", "was given with a user or password"),
        ("gs://user:se/secret@bucket/a.pdf", "was given with a user or password"),
    ],
)
def test_an_address_that_cannot_be_read_says_what_to_do(address, said):
    (error,) = expand([address]).errors
    assert isinstance(error, UnsupportedInput)
    assert re.search(said, error.message)
    assert error.next_step
    assert "secret" not in str(error)


def test_what_a_scheme_needs_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "gcsfs", None)
    with pytest.raises(
        PackageMissing, match=r"gs://bucket/x needs a package that is not installed\. Run: pip install gcsfs"
    ):
        store_at("gs://bucket/x")
    monkeypatch.setitem(sys.modules, "paramiko", None)
    with pytest.raises(PackageMissing, match=r"Run: pip install paramiko"):
        store_at("sftp://host/x")
    monkeypatch.setitem(sys.modules, "fsspec", None)
    with pytest.raises(
        PackageMissing, match=r"needs fsspec, which is not installed\. Run: pip install 'ocroute\[cloud\]'"
    ):
        store_at("s3://bucket/x")


def test_parts_are_all_inputs_whichever_way_they_are_counted():
    names = [f"scans/{number}/Ж.pdf" for number in range(200)]
    for count in (1, 3, 16):
        for numbers in (range(count), range(1, count + 1)):
            shards = [Shard.of(f"{number}/{count}") for number in numbers]
            assert [sum(name in shard for shard in shards) for name in names] == [1] * len(names)
    assert Shard.of("16/16").name == "shard-16-of-16"
    for wrong in ("17/16", "x", "1/0", "-1/3", "1/3/5", ""):
        with pytest.raises(UsageError, match="is no part of the inputs"):
            Shard.of(wrong)


def test_a_file_elsewhere_is_replaced_only_when_asked_for(bucket):
    fsspec.filesystem("memory").pipe_file(f"{bucket}/x.md", b"mine")
    with pytest.raises(OutputError, match=r"x\.md is there\. Choose another name, or add --force"):
        writer_for(target_of(f"{bucket}/x.md"), Saver(["md"]), force=False)
