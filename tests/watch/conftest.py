import pytest
from docs.parts.machines import build, described
from tests.support.news_server import serving_news

from ocroute.engines.base import Availability, EngineInfo
from ocroute.kernels.base import KERNELS, Presence
from ocroute.kernels.requirements import Platform
from ocroute.route.plan import EngineStatus
from ocroute.watch import Here


@pytest.fixture(scope="session")
def one_server():
    """One for all tests: under its address pip is asked for its configuration once."""
    with serving_news() as server:
        yield server


@pytest.fixture
def news(one_server, monkeypatch):
    """The server, empty."""
    for one in (one_server.pages, one_server.acts, one_server.asked):
        one.clear()
    one_server.latency = 0.0
    for name, value in one_server.environment.items():
        monkeypatch.setenv(name, value)
    return one_server


@pytest.fixture
def machine():
    """Makes what `watch` sees of a described machine: ``machine("T4 16 GB", torch="2.13.0", cuda="13.0", have={...})``."""

    def make(card="RTX 5070 Ti 16 GB", torch="2.14.1", cuda="13.0", have=None, proofs=(), packages=None, engines=None):
        installed = build(torch, cuda, "linux")
        here = described()[card].on("linux", torch=installed)
        here.libraries.update(packages or {})
        kernels = {}
        for name in (name for name in KERNELS if KERNELS[name].builtin):
            info = KERNELS.load(name).info
            version = installed.version if info.distribution == "torch" else (have or {}).get(name)
            kernels[name] = info, Presence("usable", version) if version else Presence("absent", reason="not here")
        platform = Platform(here.first_gpu, here.driver_cuda, installed, kernels, tuple(proofs), host=here.host)
        latin = Availability("usable", scripts=("Latn",))
        usual = {
            "dots_ocr": EngineStatus(EngineInfo("vlm", rank=2, gpu_mb=7_000), latin),
            "rapidocr": EngineStatus(EngineInfo("ocr", rank=10), latin),
        }
        return Here(here, {**usual, **(engines or {})}, platform, "3.12.3")

    return make
