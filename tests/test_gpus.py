"""Which card is the first, in CUDA's order and not in the driver's. The libraries are described: see below for real cards."""

import shutil
import subprocess
import sys
from types import SimpleNamespace
from uuid import UUID

import pytest

from ocroute import gpus
from ocroute.host_memory import memory_mb as machine_memory

UUIDS = [UUID(int=number) for number in (1, 2, 3)]
LIBCUDA = """
#include <string.h>
#include <stdlib.h>
static int count(void) { const char *seen = getenv("CUDA_VISIBLE_DEVICES"); return seen ? atoi(seen) : 3; }
int cuInit(unsigned flags) { return count() > 0 ? 0 : count() == 0 ? 100 : 999; }
int cuDeviceGetCount(int *found) { *found = count(); return 0; }
int cuDeviceGet(int *device, int number) { *device = 3 - number; return 0; }
int cuDeviceGetUuid_v2(char *uuid, int device) { memset(uuid, 0, 16); uuid[15] = device; return 0; }
int cuGetErrorString(int code, const char **words) { *words = code == 999 ? "the modules do not match" : ""; return 0; }
"""
"""CUDA as it numbers three cards: the last first, and as many as the variable says. Less than none is a fault."""


class NVMLError(Exception):
    pass


class NotFound(NVMLError):
    pass


def nvml(count):
    """The management library of a machine with so many cards; the third is known as a slice."""

    def by_uuid(name):
        if name not in (f"GPU-{UUIDS[0]}", f"GPU-{UUIDS[1]}", f"MIG-{UUIDS[2]}"):
            raise NotFound
        return UUID(name[4:]).int

    return SimpleNamespace(
        NVMLError=NVMLError,
        NVMLError_NotFound=NotFound,
        nvmlInit=lambda: None,
        nvmlShutdown=lambda: None,
        nvmlSystemGetDriverVersion=lambda: "580.82",
        nvmlSystemGetCudaDriverVersion_v2=lambda: 13000,
        nvmlDeviceGetCount=lambda: count,
        nvmlDeviceGetHandleByIndex=lambda index: index + 1,
        nvmlDeviceGetHandleByUUID=by_uuid,
        nvmlDeviceGetDeviceHandleFromMigDeviceHandle=lambda handle: handle + 10,
        nvmlDeviceGetMemoryInfo=lambda handle: SimpleNamespace(total=handle << 30, free=handle << 29),
        nvmlDeviceGetCudaComputeCapability=lambda handle: divmod(handle, 10),
        nvmlDeviceGetName=lambda handle: f"card {handle}",
        nvmlDeviceGetUUID=lambda handle: f"GPU-{UUIDS[handle - 1]}",
    )


def installed(monkeypatch, library):
    """Has ``library`` stand in for the binding, on a machine with a driver."""
    monkeypatch.setitem(sys.modules, "pynvml", library)
    monkeypatch.setattr(gpus.nvidia, "_without_driver", lambda: False)


def test_without_a_driver_its_binding_is_not_imported(monkeypatch):
    monkeypatch.setattr(gpus.nvidia, "_MANAGEMENT", "libnowhere.so")
    monkeypatch.setitem(sys.modules, "pynvml", None)
    assert gpus.nvidia.find().note.startswith("no NVIDIA driver answers (there is none)")


@pytest.fixture(scope="module")
def libcuda(tmp_path_factory):
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None:
        pytest.skip("no C compiler: the calls into CUDA cannot be tried without one")
    folder = tmp_path_factory.mktemp("cuda")
    (folder / "cuda.c").write_text(LIBCUDA)
    subprocess.run([compiler, "-shared", "-fPIC", "-o", folder / "libcuda.so", folder / "cuda.c"], check=True)
    return str(folder / "libcuda.so")


@pytest.fixture
def machine(libcuda, monkeypatch):
    def make(count=3, visible=None, library=libcuda):
        installed(monkeypatch, nvml(count))
        monkeypatch.setattr(gpus.nvidia, "_LIBRARY", library)
        monkeypatch.delenv(gpus.VISIBLE, raising=False)
        if visible is not None:
            monkeypatch.setenv(gpus.VISIBLE, visible)
        return gpus.find()

    return make


def test_cards_come_in_the_order_of_cuda(machine):
    found = machine()
    assert [gpu.name for gpu in found.gpus] == ["card 3", "card 2", "card 1"]
    assert [gpu.memory_mb for gpu in found.gpus] == [3072, 2048, 1024]
    assert (found.driver, found.cuda, found.note) == ("580.82", "13.0", "")


def test_a_slice_of_a_card_has_the_capability_of_the_whole(machine):
    assert [gpu.compute_capability for gpu in machine().gpus] == [(1, 3), (0, 2), (0, 1)]


def test_cards_that_the_user_hides_are_not_there(machine):
    assert [gpu.name for gpu in machine(visible="2").gpus] == ["card 3", "card 2"]
    found = machine(visible="0")
    assert found.gpus == ()
    assert found.note == "CUDA_VISIBLE_DEVICES=0 hides every GPU"


def test_a_lone_card_is_hidden_too(machine):
    assert machine(count=1, visible="0").gpus == ()


def test_a_lone_card_needs_no_answer_from_cuda(machine):
    assert [gpu.name for gpu in machine(count=1, library="/nowhere/libcuda.so").gpus] == ["card 1"]


def test_why_cuda_gives_no_order_is_said(machine):
    found = machine(visible="-1")
    assert (found.gpus, found.note) == ((), "CUDA cannot be used: the modules do not match (999)")
    assert "/nowhere/libcuda.so" in machine(library="/nowhere/libcuda.so").note


class NotSupported(NVMLError):
    pass


class NoPermission(NVMLError):
    pass


SLICE = UUID(int=2)


def one_card(kind):
    """The management library of a machine with one card whose memory is not simply told."""

    def memory(handle):
        if kind == "gb10":
            raise NotSupported("Not Supported")
        if kind == "container" and handle == "card":
            raise NoPermission("Insufficient Permissions")
        if kind == "lost":
            raise NVMLError("GPU is lost")
        mib = 81_559 if handle == "card" else 9_728
        return SimpleNamespace(total=mib << 20, free=(mib - 400) << 20)

    def by_uuid(name):
        if name != f"MIG-{SLICE}":
            raise NotFound
        return "slice"

    library = nvml(1)
    library.NVMLError_NotSupported, library.NVMLError_NoPermission = NotSupported, NoPermission
    library.nvmlDeviceGetHandleByIndex = lambda _: "card"
    library.nvmlDeviceGetHandleByUUID = by_uuid
    library.nvmlDeviceGetDeviceHandleFromMigDeviceHandle = lambda _: "card"
    library.nvmlDeviceGetMemoryInfo = memory
    capabilities = {"card": (12, 1) if kind == "gb10" else (8, 0)}  # a slice has none of its own
    library.nvmlDeviceGetCudaComputeCapability = lambda handle: capabilities[handle]
    library.nvmlDeviceGetName = lambda handle: "NVIDIA A100" if handle == "card" else "NVIDIA A100 MIG 1g.10gb"
    library.nvmlDeviceGetUUID = lambda handle: f"MIG-{SLICE}" if handle == "slice" else "GPU-0"
    library.nvmlDeviceGetMigMode = lambda _: (int(kind in ("host", "container")),) * 2
    library.nvmlDeviceGetMigDeviceHandleByIndex = lambda *_: "slice"
    return library


@pytest.fixture
def lone(monkeypatch):
    def find(kind, library="/nowhere/libcuda.so", **changes):
        fake = one_card(kind)
        for name in changes.get("without", ()):
            delattr(fake, name)
        installed(monkeypatch, fake)
        monkeypatch.setattr(gpus.nvidia, "_LIBRARY", library)
        monkeypatch.delenv(gpus.VISIBLE, raising=False)
        return gpus.find()

    return find


def test_a_card_without_memory_of_its_own_has_the_computer_s(lone):
    [gpu] = lone("gb10").gpus
    assert (gpu.compute_capability, gpu.unified) == ((12, 1), True)
    assert gpu.memory_mb == machine_memory()[0] > gpu.free_mb > 0


@pytest.mark.parametrize("kind", ["host", "container"])
@pytest.mark.parametrize("cuda", [True, False])
def test_of_a_card_that_is_cut_the_slice_is_listed(kind, cuda, lone, libcuda, monkeypatch):
    """CUDA says which slice it uses; where it does not start, the library's first is taken."""
    if cuda:
        monkeypatch.setattr(gpus.nvidia, "_numbered", lambda: [SLICE])
    [gpu] = lone(kind, libcuda if cuda else "/nowhere/libcuda.so").gpus
    assert (gpu.name, gpu.memory_mb, gpu.compute_capability) == ("NVIDIA A100 MIG 1g.10gb", 9_728, (8, 0))


def test_a_slice_that_nothing_describes_is_listed_without_its_memory(lone):
    [gpu] = lone("container", without=["nvmlDeviceGetMigDeviceHandleByIndex"]).gpus
    assert (gpu.name, gpu.memory_mb) == ("NVIDIA A100, a MIG slice", 0)
    assert "memory not told" in gpu.in_words


def test_a_chip_without_memory_of_its_own_is_not_cut_whatever_its_driver_says(lone, monkeypatch):
    fake = one_card("gb10")
    fake.nvmlDeviceGetMigMode = lambda _: (1, 1)
    del fake.nvmlDeviceGetMigDeviceHandleByIndex
    installed(monkeypatch, fake)
    monkeypatch.setattr(gpus.nvidia, "_LIBRARY", "/nowhere/libcuda.so")
    monkeypatch.delenv(gpus.VISIBLE, raising=False)
    [gpu] = gpus.find().gpus
    assert (gpu.unified, gpu.memory_mb) == (True, machine_memory()[0])


def test_a_binding_that_is_loaded_is_asked_where_the_library_cannot_be_loaded_again(monkeypatch):
    monkeypatch.setitem(sys.modules, "pynvml", one_card("host"))
    monkeypatch.setattr(gpus.nvidia, "_MANAGEMENT", "libnowhere.so")
    monkeypatch.setattr(gpus.nvidia, "_numbered", lambda: [SLICE])
    monkeypatch.delenv(gpus.VISIBLE, raising=False)
    assert [gpu.name for gpu in gpus.find().gpus] == ["NVIDIA A100 MIG 1g.10gb"]


def test_a_lost_card_is_called_so(lone):
    found = lone("lost")
    assert (found.gpus, found.note) == ((), "the NVIDIA driver answers with an error (GPU is lost)")


def test_under_wsl2_the_driver_is_windows_s(monkeypatch):
    def down():
        raise NVMLError("Driver Not Loaded")

    fake = nvml(1)
    fake.nvmlInit = down
    installed(monkeypatch, fake)
    monkeypatch.setattr("platform.release", lambda: "6.6.87.2-microsoft-standard-WSL2")
    assert "this is WSL2, where the driver is that of Windows: update it there" in gpus.nvidia.find().note


SAME_AS_TORCH = """
import torch
from ocroute.gpus import find
ours = [gpu.uuid.partition("-")[2] for gpu in find().gpus]
count = torch.cuda.device_count()
assert ours == [str(torch.cuda.get_device_properties(number).uuid) for number in range(count)], ours
print(count)
"""


@pytest.mark.gpu
@pytest.mark.parametrize("visible", [None, "0", "-1", "1,0", "GPU-"])
def test_the_order_is_torch_s(visible, monkeypatch):
    pytest.importorskip("torch", reason="its order is to be compared")
    monkeypatch.delenv(gpus.VISIBLE, raising=False)
    here = gpus.find().gpus
    if not here or (visible == "1,0" and len(here) < 2):
        pytest.skip("not enough NVIDIA GPUs here")
    if visible is not None:
        monkeypatch.setenv(gpus.VISIBLE, here[-1].uuid if visible == "GPU-" else visible)
    done = subprocess.run([sys.executable, "-c", SAME_AS_TORCH], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) == {None: len(here), "0": 1, "-1": 0, "1,0": 2, "GPU-": 1}[visible]
