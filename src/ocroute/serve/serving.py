"""Starts the service, says where it is and what protects it, and ends it."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import signal
import socket
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ocroute.errors import NextStep, OutputError, PackageMissing, UsageError
from ocroute.files import held
from ocroute.jobs.job_service import JobService, ServiceLimits
from ocroute.jobs.job_store import JobStore
from ocroute.route.wish import wish_of
from ocroute.run import Session

_log = logging.getLogger(__name__)

_FILES_EACH = 1000
_GRACE = 5  # seconds for answers that are under way when the server is told to end
_CONNECTIONS = 2048


def serve(options: dict[str, Any], say: Callable[[str], None]) -> None:
    """Serve until the process is told to end.

    Args:
        options: of `ocroute.serve.service_options.ServiceOptions`.
        say: says a line to who started it.

    Raises:
        PackageMissing: the extra is not installed.
        UsageError: the options make no sense, or would leave the service open to strangers.
        OutputError: its folder cannot be written, or its port cannot be had.
        EngineUnavailable: nothing can read here.
    """
    try:
        import fastapi  # noqa: F401 - these three are used later
        import prometheus_client  # noqa: F401
        import python_multipart  # noqa: F401
        import uvicorn
    except ImportError as error:
        raise PackageMissing(
            f"the service needs {error.name}, which is not installed",
            next_step=NextStep(command="pip install 'ocroute[serve]'"),
        ) from error
    from ocroute.serve.gate import hosts_of, loopback
    from ocroute.serve.keys import keys_in

    keys = keys_in(options["keys"]) if options["keys"] else ()
    if not keys and not loopback(options["host"]):
        raise UsageError(
            f"anyone who reaches {options['host']} could read and remove documents: no keys are asked for",
            next_step="Add: --keys FILE, a file with one key a line; or listen on 127.0.0.1",
        )
    folder = Path(options["data"]).expanduser() if options["data"] else _default_folder()
    listening = _listening(options["host"], options["port"])
    with contextlib.closing(listening), _kept(folder) as store:
        tempfile.tempdir = str(
            store.scratch.absolute()
        )  # what comes is on the disk that it stays on: /tmp may be memory
        app, begin, end = _assembled(options, store, keys, hosts_of(options["host"], options["hosts"]))
        config = uvicorn.Config(
            app,
            log_config=None,
            access_log=False,
            server_header=False,
            date_header=True,
            lifespan="off",
            ws="none",
            timeout_keep_alive=15,
            limit_concurrency=_CONNECTIONS,
            timeout_graceful_shutdown=_GRACE,
            proxy_headers=False,
        )
        server = uvicorn.Server(config)
        port = listening.getsockname()[1]
        begin()
        for line in _told(options["host"], port, folder, keys=bool(keys), urls=options["allow_urls"]):
            say(line)
        try:
            with _stops(server):
                asyncio.run(server.serve(sockets=[listening]))
        finally:
            end()


def _assembled(
    options: dict[str, Any], store: JobStore, keys: tuple[str, ...], hosts: list[str]
) -> tuple[Any, Callable[[], None], Callable[[], None]]:
    """The app, and what begins and ends with it."""
    from ocroute.serve.http_app import make_app
    from ocroute.serve.kept_files import KeptFiles
    from ocroute.serve.keys import Keys
    from ocroute.serve.outside_urls import OutsideUrls
    from ocroute.serve.served import Choices, Served
    from ocroute.serve.service_metrics import Metrics
    from ocroute.serve.warming import warm_up

    limits = _limits(options)
    wish = wish_of(options)
    session = Session(
        wish, jobs=options["jobs"] or None, timeout=options["timeout"], memory_mb=options["memory_mb"] or None
    )
    metrics = Metrics()
    service = JobService(store, session, limits, on_page=metrics.page, on_end=metrics.ended)
    metrics.watch(lambda: service.unfinished, _memory)
    here = Served(
        service=service,
        keys=Keys(keys, store.ids),
        choices=Choices(wish),
        metrics=metrics,
        files=KeptFiles(store.folder / "files", store.ids, seconds=limits.keep_seconds, most=_FILES_EACH),
        urls=OutsideUrls(limits.max_bytes) if options["allow_urls"] else None,
    )

    def begin() -> None:
        service.start()
        threading.Thread(target=warm_up, args=(here,), name="ocroute-warm", daemon=True).start()

    return make_app(here, hosts=hosts), begin, service.close


def _limits(options: dict[str, Any]) -> ServiceLimits:
    queue = options["queue_size"]
    return ServiceLimits(
        queue=queue,
        queue_of_one=options["queue_of_one"] or (max(1, queue // 2) if options["keys"] else queue),
        max_bytes=options["max_mb"] << 20,
        max_pages=options["max_pages"],
        max_seconds=options["max_seconds"],
        memory_mb=options["memory_mb"] or None,
        keep_seconds=options["keep_hours"] * 3600,
        keep_jobs=options["keep_jobs"],
    )


def _default_folder() -> Path:
    from ocroute.kernels.ledger import home

    return home() / "service"


@contextlib.contextmanager
def _kept(folder: Path) -> Any:
    """The store in a folder, held against another server."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with held(folder) as alone:
            if not alone:
                raise UsageError(
                    f"another ocroute serve uses {folder}", next_step="End it, or give this one its own: --data FOLDER"
                )
            yield JobStore(folder)
    except OSError as error:
        raise OutputError(
            f"the folder {folder} cannot be used: {(error.strerror or str(error)).lower()}",
            next_step="Give another: --data FOLDER",
        ) from error


def _listening(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=1024)
    except (OSError, OverflowError) as error:
        reason = (getattr(error, "strerror", None) or str(error)).lower()
        raise OutputError(
            f"cannot listen on {host} port {port}: {reason}",
            next_step="Choose another port, e.g.: --port 0, which takes any that is free",
        ) from error


def _told(host: str, port: int, folder: Path, *, keys: bool, urls: bool) -> list[str]:
    from ocroute.serve.gate import loopback

    name = f"[{host}]" if ":" in host else host
    who = "whoever has a key" if keys else "any program and user of this machine, without a key"
    where = "this machine only" if loopback(host) else f"whatever reaches {host}"
    return [
        f"the page: http://{name}:{port}/   routes: http://{name}:{port}/docs",
        f"heard by {where}; answers {who}. Addresses that clients name are {'' if urls else 'not '}fetched",
        f"jobs and results are kept in {folder}. End with Ctrl-C: what is not done goes on at the next start",
    ]


@contextlib.contextmanager
def _stops(server: Any) -> Any:
    """SIGTERM and Ctrl-C end the server in order, and the command with it; a second one at once."""
    before = {}

    def stop(number: int, frame: object) -> None:
        server.handle_exit(number, frame)

    for name in ("SIGTERM", "SIGINT", "SIGHUP", "SIGBREAK"):
        number = getattr(signal, name, None)
        if number is not None:
            with contextlib.suppress(ValueError, OSError):
                before[number] = signal.signal(number, stop)
    server.capture_signals = contextlib.nullcontext
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _memory() -> int:
    import psutil

    return int(psutil.Process().memory_info().rss)
