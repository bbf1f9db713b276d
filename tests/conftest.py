"""For all tests."""

import gc
import itertools
import os
import shutil
import subprocess
import sys

import pytest
from hypothesis import HealthCheck, settings

# Two processes share the tests (see pyproject.toml), often on two cores: more threads would only wait for one another.
for name in ("OMP_NUM_THREADS", "OMP_THREAD_LIMIT"):
    os.environ.setdefault(name, "1")
# Tensors of megabytes come and go: by default glibc gives each back to the system, which clears its pages anew every time.
for name in ("MALLOC_MMAP_THRESHOLD_", "MALLOC_TRIM_THRESHOLD_"):
    os.environ.setdefault(name, str(1 << 30))

# Tests start hundreds of processes: none is to compile what another has.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False

gc.disable()  # what is imported and collected is never garbage, nor is it looked through later: see pytest_collection_finish

# How long hypothesis takes to make an example tells of the machine, not of the code.
# With CI set it always makes the same ones, so that a change is judged by itself; without, it goes on looking.
settings.register_profile(
    "ocroute", suppress_health_check=[HealthCheck.too_slow], deadline=None, derandomize="CI" in os.environ
)
settings.load_profile("ocroute")


def pytest_collection_modifyitems(items):
    """Files with slow tests come first, else one process ends with them while the other waits."""
    first = {item.path for item in items if item.get_closest_marker("slow")}
    items.sort(key=lambda item: item.path not in first)


def pytest_collection_finish():
    gc.freeze()
    gc.enable()


@pytest.fixture(scope="session")
def homes(tmp_path_factory):
    folder = tmp_path_factory.mktemp("homes")
    return (folder / str(number) for number in itertools.count())


@pytest.fixture(autouse=True)
def own_home(homes, monkeypatch):
    """What ocroute learns about a machine is kept apart: from test to test, and from the user's own, as are settings."""
    monkeypatch.setenv("OCROUTE_HOME", str(next(homes)))
    monkeypatch.setenv("OCROUTE_CONFIG", "")
    yield
    if "ocroute.warm_readers" in sys.modules:  # what one test has loaded is not what the next one asks for
        sys.modules["ocroute.warm_readers"].close()


@pytest.fixture
def tiny_disk(tmp_path):
    """A disk of 64 kB, for files that do not fit."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(folder)]
    if (
        getattr(os, "geteuid", lambda: 1)() != 0
        or not shutil.which("mount")
        or subprocess.run(mount, check=False, capture_output=True).returncode
    ):
        pytest.skip("needs the right to mount a disk")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)
