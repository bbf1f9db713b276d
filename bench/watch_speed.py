"""``ocroute watch`` against a server on loopback that waits 100 ms before each answer: time, and bytes of a second run.

The server holds what an RTX 5070 Ti under Linux is asked about: every package of kernels and engines with forty releases of ten
files each, GitHub, and the driver. The second run asks everything again (``--now``), unchanged.

    python -m bench.watch_speed --json evidence/watch-speed.json
"""

from __future__ import annotations

import os
import tempfile
import time
from pathlib import Path
from typing import Any
from unittest import mock

from docs.parts.machines import build, described
from tests.support.news_server import NewsServer, serving_news

from bench import harness
from ocroute.kernels.base import KERNELS, Presence
from ocroute.kernels.requirements import Platform
from ocroute.watch import Here, watch
from ocroute.watch.base import SOURCES

LATENCY = 0.1
_CARD = "RTX 5070 Ti 16 GB"
_PACKAGES = {"openvino": "2026.3.0", "onnxruntime": "1.30.0", "transformers": "5.24.0", "pillow": "12.0.0"}


def main() -> None:
    parser = harness.arguments(__doc__, record="watch-speed")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as home, serving_news() as server:
        server.latency = LATENCY
        with mock.patch.dict(os.environ, {**server.environment, "OCROUTE_HOME": home}):
            result = measured(server, machine())
            result["remembered_bytes"] = (Path(home) / "watch.json").stat().st_size
    harness.write(given.json, result)
    print(harness.as_text(result))


def measured(server: NewsServer, here: Here) -> dict[str, Any]:
    subjects = [one for name in SOURCES for one in SOURCES.load(name)().subjects(here)]
    for one in subjects:
        if one.kind == "package":
            versions = [f"{major}.{minor}.0" for major in range(1, 5) for minor in range(10)]
            files = [
                {
                    "filename": f"{one.name.replace('-', '_')}-{version}-cp3{python}-cp3{python}-manylinux_2_28_x86_64.whl"
                }
                for version in versions
                for python in range(10, 14)
            ]
            server.package(one.name, *versions, files=files)
    server.releases("Dao-AILab/flash-attention", "v2.8.3", "v2.9.0")
    server.releases("thu-ml/SageAttention", "v2.2.0")
    server.pages["/latest.txt"] = ("text/plain", b"595.58 595.58/NVIDIA-Linux-x86_64-595.58.run\n")
    first, second = turn(server, here), turn(server, here)
    if first.pop("news") != second.pop("news"):
        raise SystemExit("the second run says something else")
    return {"latency_ms": 1000 * LATENCY, "subjects": len(subjects), "first": first, "second": second}


def turn(server: NewsServer, here: Here) -> dict[str, Any]:
    server.asked.clear()
    began = time.perf_counter()
    found = watch(here=here, now=True)
    seconds = time.perf_counter() - began
    if found.silent:
        raise SystemExit(f"a source was silent: {found.silent[0]}")
    sent = [size for _, _, size in server.asked]
    return {
        "seconds": round(seconds, 2),
        "requests": len(sent),
        "bytes": sum(sent),
        "largest_bytes": max(sent),
        "news": [(one.name, one.newest, one.state) for one in found.news],
    }


def machine() -> Here:
    """As `ocroute.watch` would find it there."""
    torch = build("2.14.1", "13.0", "linux")
    found = described()[_CARD].on("linux", torch=torch)
    found.libraries.update(_PACKAGES)
    kernels = {}
    for name in KERNELS:
        info = KERNELS.load(name).info
        here = info.distribution == "torch"
        kernels[name] = info, Presence("usable", torch.version) if here else Presence("absent", reason="not here")
    platform = Platform(found.first_gpu, found.driver_cuda, torch, kernels, host=found.host)
    return Here(found, {}, platform, "3.12.3")


if __name__ == "__main__":
    main()
