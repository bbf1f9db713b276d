"""Build a kernel by its recipe, prove it on the card that is here, and keep what happened.

    python -m bench.build_kernel flash2 --source flash_attn-2.8.3.post2.tar.gz --forward-only --head-dims 96,128 [--json FILE]

The same as ``ocroute build``, with the time of every step. The wheel is left in ``build/``.
"""

from __future__ import annotations

import shutil
import tempfile
import time
from pathlib import Path
from typing import Any

import msgspec
from bench.prove_gpu import brief

from bench import harness
from ocroute.errors import OcrouteError
from ocroute.kernels.build import Progress, checks, command, dotted, jobs


class Clock:
    """Notes when each step begins, and how many files it compiled."""

    def __init__(self) -> None:
        self.steps: list[dict[str, Any]] = []

    def __call__(self, now: Progress) -> None:
        """Hear a progress."""
        if now.number > len(self.steps):
            self.stop()
            self.steps.append({"step": now.step, "started": time.perf_counter()})
            print(f"{now.number}/{now.steps} {now.step}", flush=True)
        if now.total:
            self.steps[-1] |= {"files": now.done, "of": now.total}
            print(f"  compiled {now.done} of {now.total}: {now.file}", flush=True)

    def stop(self) -> None:
        """End the step that runs."""
        if self.steps and "started" in self.steps[-1]:
            self.steps[-1]["seconds"] = round(time.perf_counter() - self.steps[-1].pop("started"), 1)


def main() -> None:
    parser = harness.arguments(__doc__, record="build-flash2")
    parser.add_argument("kernel")
    parser.add_argument("--arch", default="", help="compute capability; that of the card here when left out")
    parser.add_argument("--source", type=Path)
    parser.add_argument("--forward-only", action="store_true")
    parser.add_argument("--head-dims", default="")
    parser.add_argument("--jobs", type=int, default=0)
    parser.add_argument("--no-install", action="store_true")
    parser.add_argument(
        "--keep", type=Path, default=Path("build"), help="a folder for the wheel, or the log of what failed"
    )
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        request = command.wanted(
            args.kernel,
            arch=args.arch,
            work=Path(folder),
            source=args.source,
            jobs=args.jobs,
            forward_only=args.forward_only,
            head_dims=[dim for dim in args.head_dims.split(",") if dim],
            install=not args.no_install,
        )
        tools = command.tools_for(request)
        found = checks(request, tools)
        result: dict[str, Any] = {
            "kernel": request.name,
            "arch": dotted(request.arch),
            "forward_only": request.forward_only,
            "head_dims": request.head_dims,
            "jobs": jobs(request, tools),
            "toolchain": msgspec.to_builtins(tools),
            "checks": msgspec.to_builtins(found),
        }
        result |= (
            {"error": "a check failed"}
            if any(row.state == "fail" for row in found)
            else built(request, tools, args.keep)
        )
        harness.write(args.json, result)
    print({key: result.get(key) for key in ("error", "wheel", "inside")}, flush=True)
    for proof in result.get("proofs", ()):
        print(proof["problem"], proof["verdict"], proof["reason"], flush=True)
    for row in found:
        if row.state != "ok":
            print(row.state, row.name, row.reason, row.next_step)
    raise SystemExit("error" in result)


def built(request: Any, tools: Any, keep: Path) -> dict[str, Any]:
    """Run the build; its error is a result too."""
    clock = Clock()
    try:
        done = command.build_wheel(request, tools, watch=clock)
        clock.stop()
        proofs = list(command.proofs(request, tools))
    except OcrouteError as error:
        log = request.folder / "build.log"
        if log.is_file():
            keep.mkdir(parents=True, exist_ok=True)
            shutil.copy(log, keep / f"build-{request.label}.log")
        return {"error": str(error), "steps": [row for row in clock.steps if "seconds" in row]}
    keep.mkdir(parents=True, exist_ok=True)
    shutil.copy(done.wheel, keep)
    return {
        "steps": clock.steps,
        "wheel": done.wheel.name,
        "wheel_bytes": done.wheel.stat().st_size,
        "inside": done.inside,
        "proofs": [brief(msgspec.to_builtins(proof)) for proof in proofs],
    }


if __name__ == "__main__":
    main()
