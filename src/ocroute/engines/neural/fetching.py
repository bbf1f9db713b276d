"""Fetching published weights, gigabytes of them: in sight, as far as there is room for them, and only what is not here.

What is fetched goes into the cache of the Hugging Face hub, by its own client. A file that has arrived stays there when a
download breaks off; one that has not begins anew, for the client keeps no halves.
"""

from __future__ import annotations

import json
import logging
import shutil
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import copy_context
from pathlib import Path
from threading import Lock
from typing import Any

from ocroute.engines.neural import checkpoint_kinds, shards, weights
from ocroute.engines.neural.model_facts import Facts
from ocroute.errors import EngineUnavailable, NextStep, OcrouteError
from ocroute.events import Fetching, emit

WANTED = ("*.json", "*.safetensors", "*.jinja", "*.txt", "*.model")
OTHER_FORMS = ("*.gguf",)
"""Listed to say what a model is that has nothing else; never fetched."""

_TELL_EVERY = 0.2  # seconds between two events
_GB = 1e9


def fetch(facts: Facts, model: str) -> Path:
    """Bring what is not here of a model of the hub, OWNER/NAME or OWNER/NAME@REVISION; the folder with all of it.

    Logs a line before the first byte, and then emits `ocroute.events.Fetching`. Weights come last, so that a model which the
    engine cannot read is refused before gigabytes have come.

    Raises:
        EngineUnavailable: it cannot be had; the message says why, and the next step how to go on.
    """
    from huggingface_hub import hf_hub_download, snapshot_download

    hub, revision = weights.by_revision(model)
    with _telling(facts, model):
        silent = _bar(lambda *_: None)
        listed = snapshot_download(
            hub, revision=revision, allow_patterns=[*WANTED, *OTHER_FORMS], dry_run=True, tqdm_class=silent
        )
        files = [
            file for file in listed if "/" not in file.filename
        ]  # folders hold the same weights for other programs
        if found := checkpoint_kinds.of_files([file.filename for file in files], hub):
            raise EngineUnavailable(f"{model} {found.what}", next_step=found.next_step)
        files = [file for file in files if not file.filename.endswith(OTHER_FORMS[0][1:])]
        if not any(_heavy(file) for file in files):
            raise EngineUnavailable(
                f"{hub} has no safetensors files on the hub, and ocroute opens no others",
                next_step=NextStep(command=weights.command(facts, facts.hub)),
            )
        absent = sorted(filter(_absent, files), key=_heavy)
        told = _Told(facts.name, model, sum(file.file_size or 0 for file in absent))
        _require_room(facts, model, told.total)
        told.beginning()
        known = False
        for file in absent:
            if _heavy(file) and not known:
                weights.check_kind(facts, Path(file.local_path).parent)
                known = True
            hf_hub_download(
                hub,
                file.filename,
                revision=file.commit_hash,
                force_download=Path(file.local_path).is_file(),  # it is here, and damaged
                tqdm_class=told.bar(file.filename),
            )
        names = [file.filename for file in files]
        return Path(
            snapshot_download(hub, revision=revision, allow_patterns=names, tqdm_class=silent)
        )  # all is here: it gives the whole its name


def _heavy(file: Any) -> bool:
    return str(file.filename).endswith(".safetensors")


def _absent(file: Any) -> bool:
    """Whether a file that the hub lists is not here, or is damaged: the client itself looks at names only."""
    path = Path(file.local_path)
    if not file.is_cached or not path.is_file():
        return True
    return bool(shards.fault(path)) if _heavy(file) else path.suffix == ".json" and not _is_json(path)


def _is_json(path: Path) -> bool:
    try:
        json.loads(path.read_bytes())
    except ValueError:
        return False
    return True


def _require_room(facts: Facts, hub: str, wanted: int) -> None:
    """Raises:
    EngineUnavailable: the disk with the cache has too little room for ``wanted`` bytes.
    """
    cache = _cache()
    there = next(folder for folder in (cache, *cache.parents) if folder.is_dir())
    free = shutil.disk_usage(there).free
    if wanted > free:
        raise EngineUnavailable(
            f"{hub} needs {size(wanted)} in {cache}, and {size(free)} are free there",
            next_step=f"Make room, or name a folder on another disk: HF_HOME=FOLDER {weights.command(facts, hub)}",
        )


def _cache() -> Path:
    from huggingface_hub import constants

    return Path(constants.HF_HUB_CACHE).expanduser()


_log = logging.getLogger(__name__)


class _Told:
    """What is said of a download.

    Args:
        engine, model: for whom, and what.
        total: bytes to come.
    """

    def __init__(self, engine: str, model: str, total: int) -> None:
        self.engine, self.model, self.total, self.done = engine, model, total, 0
        self._said = 0.0
        self._lock = Lock()
        self._context = copy_context()  # the client may count in a thread of its own, which hears no sink

    def beginning(self) -> None:
        """A line that is seen without a terminal too."""
        if self.total:
            _log.info("fetching %s, %s, into %s", self.model, size(self.total), _cache())

    def bar(self, file: str) -> type[Any]:
        """What the client takes for the class of its progress bars while it fetches ``file``."""
        before, counts = self.done, Counter[int]()

        def count(bar: int, more: float) -> None:
            with self._lock:
                counts[bar] += int(more)
                # The client may have two bars for the same bytes, one of the network and one of the disk.
                self.done = before + max(counts.values())
                self._tell(file)

        return _bar(count)

    def _tell(self, file: str) -> None:
        now = time.monotonic()
        if now - self._said < _TELL_EVERY and self.done < self.total:
            return
        self._said = now
        self._context.run(emit, Fetching(self.engine, self.model, file, self.done, self.total))


def _bar(count: Callable[[int, float], None]) -> type[Any]:
    """A class of progress bars that draw nothing, and tell ``count`` which of them goes on, and by how much."""
    from tqdm.std import tqdm

    class Bar(tqdm):  # type: ignore[misc]
        def __init__(self, *arguments: Any, **settings: Any) -> None:
            settings.pop("name", None)
            super().__init__(*arguments, **(settings | {"disable": True}))

        def update(self, n: float | None = 1) -> None:
            count(id(self), n or 0)

    return Bar


def size(count: int) -> str:
    """Bytes, as one says them of a download."""
    return f"{count / _GB:.1f} GB" if count >= _GB / 10 else f"{count / 1e6:.1f} MB"


def _named(model: str) -> str:
    """As the hub's own command takes it."""
    hub, revision = weights.by_revision(model)
    return f"{hub} --revision {revision}" if revision else hub


@contextmanager
def _telling(facts: Facts, hub: str) -> Iterator[None]:
    """Make one sentence of whatever the client raises, and keep it quiet.

    Raises:
        EngineUnavailable: the model cannot be had.
    """
    from huggingface_hub import constants, errors
    from huggingface_hub.utils import logging as client

    level = client.get_verbosity()
    client.set_verbosity(logging.ERROR)
    again = weights.command(facts, hub)
    try:
        yield
    except OcrouteError:
        raise
    except KeyboardInterrupt:
        _log.info("the files of %s that have arrived are kept; the same command fetches the others", hub)
        raise
    except Exception as error:
        cause = error.__cause__ if isinstance(error, errors.DryRunError) and error.__cause__ else error
        match cause:
            case errors.GatedRepoError():
                said = "the hub gives it only to those who have agreed to its terms"
                step = NextStep(command=f"hf auth login && {again}")
            case errors.RepositoryNotFoundError():
                said = f"there is no folder of that name, and {constants.ENDPOINT} has no such model, or hides it"
                step = NextStep(f"Run: {weights.command(facts, facts.hub)}, or for a hidden one: hf auth login")
            case errors.OfflineModeIsEnabled():
                said, step = "HF_HUB_OFFLINE forbids it", NextStep(command=f"HF_HUB_OFFLINE=0 {again}")
            case _:
                reason = " ".join(str(cause).split())[:200]
                said = f"{type(cause).__name__}: {reason}" if reason else type(cause).__name__
                step = NextStep(
                    f"Run: {again}, which keeps the files that have arrived; or on a machine that reaches {constants.ENDPOINT}: "
                    f"hf download {_named(hub)} --local-dir FOLDER, and here: {weights.command(facts, 'FOLDER')}"
                )
        raise EngineUnavailable(f"{hub} cannot be fetched: {said}", next_step=step) from error
    finally:
        client.set_verbosity(level)
