"""Trains several tiny models in one call, each on a GPU of its own while there are enough, then measures what they read.

    python -m bench.tiny_models.together --out DIR --minutes 9 [--models dots_ocr qwen2_vl] [--resume DIR] [--evaluate 1]

Leaves for each model one archive, one log and one table of error rates. Options that are not known here go to ``train``.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from bench.tiny_models.specs import SPECS

from bench import harness


@dataclass
class Share:
    """What one of several models gets of the machine."""

    gpu: str
    cores: list[int]


def shares(count: int, gpus: list[str], cores: list[int]) -> list[Share]:
    """``count`` shares: GPUs in turn, cores in equal parts (all of them for each where there are too few)."""
    part = len(cores) // count
    return [
        Share(gpus[index % len(gpus)] if gpus else "", cores[index * part : (index + 1) * part] if part else cores)
        for index in range(count)
    ]


def gpus_here() -> list[str]:
    """The GPUs that may be used, as CUDA_VISIBLE_DEVICES names them; PyTorch is asked elsewhere so as not to hold one."""
    if named := os.environ.get("CUDA_VISIBLE_DEVICES"):
        return named.split(",")
    code = "import torch; print(torch.cuda.device_count())"
    counted = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return [str(index) for index in range(int(counted.stdout))]


class Running:
    """One model's training, and then its evaluation, in processes of their own.

    Args:
        name: of the model.
        share: of the machine.
        place: where checkpoints are written while training.
        out: where the log goes.
    """

    def __init__(self, name: str, share: Share, place: Path, out: Path) -> None:
        self.name, self.share, self.place, self.out = name, share, place, out
        self.log = out / f"{name}.log"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self, module: str, *arguments: str) -> None:
        """Run ``bench.tiny_models.MODULE``; what it prints is added to the log."""
        environment = {**os.environ, "CUDA_VISIBLE_DEVICES": self.share.gpu}
        command = [sys.executable, "-m", f"bench.tiny_models.{module}", *arguments]
        with self.log.open("a", encoding="utf-8") as log:
            self.process = subprocess.Popen(command, env=environment, stdout=log, stderr=subprocess.STDOUT)
        os.sched_setaffinity(self.process.pid, self.share.cores)

    def wait(self, until: float) -> int:
        """The exit status; at ``until`` the process is ended, and what it saved last is whole."""
        assert self.process is not None
        try:
            return self.process.wait(max(0.0, until - time.time()))
        except subprocess.TimeoutExpired:
            self.process.kill()
            return self.process.wait()

    def keep(self) -> bool:
        """Copy the archive out; whether there is one."""
        archive = self.place / f"{self.name}.tar"
        if archive.exists():
            shutil.copyfile(archive, self.out / archive.name)
            with tarfile.open(archive) as tar:  # the folder itself may be half written
                tar.extractall(self.place / "kept", filter="data")
        return archive.exists()


def _watch(running: list[Running], until: float) -> None:
    """Show the last line of each log now and then, until all are done or the time is over."""
    while time.time() < until and any(one.process and one.process.poll() is None for one in running):
        time.sleep(min(20.0, max(0.1, until - time.time())) if running[0].share.gpu else 1.0)
        for one in running:
            print(*one.log.read_text(encoding="utf-8").splitlines()[-1:], flush=True)


def main() -> int:
    parser = harness.arguments(__doc__)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--minutes", type=float, default=8.0, help="of the whole, start and end included")
    parser.add_argument("--evaluate", type=float, default=1.0, help="minutes of these for measuring; 0 leaves it out")
    parser.add_argument("--samples", type=int, default=16, help="measured of each task, kind and script")
    parser.add_argument("--resume", type=Path, help="a folder with the archives of an earlier run")
    parser.add_argument("--models", nargs="*", default=sorted(SPECS), choices=sorted(SPECS))
    options, rest = parser.parse_known_args()
    options.out.mkdir(parents=True, exist_ok=True)
    end = time.time() + options.minutes * 60 - 4
    trained = end - options.evaluate * 60
    parts = shares(len(options.models), gpus_here(), sorted(os.sched_getaffinity(0)))
    with tempfile.TemporaryDirectory() as place:
        running = [
            Running(name, part, Path(place), options.out) for name, part in zip(options.models, parts, strict=True)
        ]
        for one in running:
            one.log.unlink(missing_ok=True)
            workers = max(1, len(one.share.cores) - 2)  # the training itself and its copying need a core each
            resume = ["--resume", str(options.resume)] if options.resume else []
            one.start(
                "train", one.name, "--out", place, "--until", str(trained), "--workers", str(workers), *rest, *resume
            )
        _watch(running, trained + 5)
        codes = {f"train {one.name}": one.wait(trained + 5) for one in running}
        ready = [one for one in running if one.keep() and options.evaluate]
        for one in ready:
            table = options.out / f"{one.name}.cer.json"
            folder = str(one.place / "kept" / one.name)
            one.start(
                "evaluate", folder, "--out", str(table), "--samples", str(options.samples), "--until", str(end - 3)
            )
        codes |= {f"evaluate {one.name}": one.wait(end) for one in ready}
    print("exit codes", codes, flush=True)
    return max(map(abs, codes.values()))


if __name__ == "__main__":
    sys.exit(main())
