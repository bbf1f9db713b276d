"""Real files, real processes, and engines that misbehave behind the public plugin door."""

import os
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest
from PIL import Image, ImageDraw
from tests.support.waiting import PATIENCE

from ocroute import registry
from ocroute.engines.base import ENGINES

PLUGINS = Path(__file__).parent.parent / "plugins"
NO_POSIX = Path(__file__).parent.parent / "support" / "no_posix"


@pytest.fixture(scope="module", params=["native", "portable"])
def means(request):
    """How processes are held together: as this system does best, or as any does and without what only POSIX systems have."""
    with pytest.MonkeyPatch.context() as patch:
        if request.param == "portable":
            patch.setenv("OCROUTE_CONTAINMENT", "portable")
            patch.syspath_prepend(str(NO_POSIX))  # for the children of this process
            paths = (str(NO_POSIX), os.environ.get("PYTHONPATH", ""))
            patch.setenv("PYTHONPATH", os.pathsep.join(filter(None, paths)))  # for commands, and for their children
        yield request.param


@pytest.fixture(scope="session")
def dotted_pages():
    """So many pages with a dot and no text, each one pixel wider. A blank page would not be given to any engine."""

    def make(count):
        frames = [Image.new("L", (200 + number, 240), 255) for number in range(1, count + 1)]
        for frame in frames:
            ImageDraw.Draw(frame).ellipse((40, 60, 160, 180), fill=90)
        return frames

    return make


@pytest.fixture
def make_pages(tmp_path, dotted_pages):
    """A TIFF of so many pages with a dot and no text, each of another size: 0.1 s to read, and told apart by their width."""

    def make(count, name="pages.tif", folder=tmp_path):
        folder.mkdir(parents=True, exist_ok=True)
        frames = dotted_pages(count)
        frames[0].save(folder / name, save_all=True, append_images=frames[1:])
        return folder / name

    return make


@pytest.fixture(scope="session")
def faulty_engines():
    """Installs the faulty engines for this process and its workers, the chosen ones usable, until the test is over."""

    @contextmanager
    def installed():
        with pytest.MonkeyPatch.context() as patch:
            patch.syspath_prepend(str(PLUGINS))
            registry.look_again()

            def choose(*engines):
                patch.setenv("OCROUTE_FAULTY", ",".join(engines))
                patch.delitem(
                    sys.modules, "ocroute_faulty", raising=False
                )  # where it is imported it has made its choice
                patch.setattr(ENGINES, "_loaded", {})

            yield choose
        registry.look_again()  # what was found there must not be looked for by the tests that follow

    return installed


@pytest.fixture
def faulty(faulty_engines):
    """See `faulty_engines`."""
    with faulty_engines() as choose:
        yield choose


class Command:
    """``ocroute`` as a user runs it, with the faulty engines installed, and its processes marked."""

    def __init__(self, folder):
        self.log = folder / "engines.log"
        self.mark = f"OCROUTE_TEST_MARK={folder}"
        self.processes = []

    def start(self, *arguments, engines, preexec=None, **options):
        paths = [str(PLUGINS), *os.environ.get("PYTHONPATH", "").split(os.pathsep)]
        environment = os.environ | {
            "PYTHONPATH": os.pathsep.join(path for path in paths if path),
            "OCROUTE_FAULTY": ",".join(engines),
            "OCROUTE_FAULTY_LOG": str(self.log),
            "OCROUTE_TEST_MARK": self.mark.partition("=")[2],
        }
        command = [sys.executable, "-m", "ocroute", "read", *map(str, arguments)]
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True} | options
        process = subprocess.Popen(command, env=environment, preexec_fn=preexec, **pipes)  # noqa: PLW1509
        self.processes.append(process)
        return process

    def run(self, *arguments, engines, **options):
        process = self.start(*arguments, engines=engines, **options)
        out, err = process.communicate(timeout=PATIENCE)
        return subprocess.CompletedProcess(process.args, process.returncode, out, err)

    def started(self, engine):
        """The pages on which ``engine`` was started, in that order, by all processes so far."""
        lines = self.log.read_text().splitlines() if self.log.exists() else []
        return [int(line.split()[1]) for line in lines if line.split()[0] == engine]

    def alive(self):
        """Processes of this test that are running; a zombie is not, nor what watches over this one."""
        name, _, mark = self.mark.partition("=")
        found = []
        for process in psutil.process_iter():
            try:
                if process.environ().get(name) == mark and process.status() != psutil.STATUS_ZOMBIE:
                    found.append((process.pid, " ".join(process.cmdline())))
            except (psutil.Error, OSError):
                continue
        guard = psutil.Process().children()
        return [
            (pid, command)
            for pid, command in found
            if not any(pid == child.pid and "watchdog.py" in command for child in guard)
        ]


@pytest.fixture
def ocroute(tmp_path):
    command = Command(tmp_path)
    yield command
    for process in command.processes:
        if process.poll() is None:
            process.kill()
            process.communicate()
