"""Starts the service, says where it is and what protects it, and ends it."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import socket
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ocroute.errors import NextStep, OutputError, PackageMissing, UsageError
from ocroute.files import held
from ocroute.jobs.job_service import JobService, ServiceLimits
from ocroute.jobs.job_store import JobStore
from ocroute.route.wish import wish_of
from ocroute.run import Session
from ocroute.serve.choices import Choices

if TYPE_CHECKING:
    from ocroute.document.model import Page
    from ocroute.serve.service_metrics import Metrics

_FILES_EACH = 1000
_GRACE = 5  # seconds for answers that are under way when the server is told to end
_CONNECTIONS = 2048
_FOREVER = 100 * 365 * 24 * 3600.0  # seconds; that of --keep-hours inf: dates after it are no dates any more


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
    _check_installed()
    from ocroute.engines.base import ENGINES
    from ocroute.serve.host_names import loopback
    from ocroute.serve.keys import keys_in

    if options["engine"] and options["engine"] not in ENGINES:
        raise UsageError(f"there is no engine named {options['engine']!r}", next_step="Choose one of: ocroute engines")
    keys = keys_in(options["keys"]) if options["keys"] else ()
    if not keys and not loopback(options["host"]):
        raise UsageError(
            f"anyone who reaches {options['host']} could read and remove documents: no keys are asked for",
            next_step="Add: --keys FILE, a file with one key a line; or listen on 127.0.0.1",
        )
    folder = Path(options["data"]).expanduser() if options["data"] else _default_folder()
    listening = _listening(options["host"], options["port"])
    with contextlib.closing(listening), _kept(folder) as store:
        tempfile.tempdir = str(store.scratch.absolute())  # the disk on which what comes will stay; /tmp may be memory
        service, choices, ready, metrics = _begun(options, store, say)
        try:
            import uvicorn  # not above: an engine is being loaded meanwhile

            app = _app(options, service, choices, ready, metrics, keys)
            server = uvicorn.Server(
                uvicorn.Config(
                    app,
                    log_config=None,
                    access_log=False,
                    server_header=False,
                    lifespan="off",
                    ws="none",
                    timeout_keep_alive=15,
                    limit_concurrency=_CONNECTIONS,
                    timeout_graceful_shutdown=_GRACE,
                    proxy_headers=False,
                )
            )
            port = listening.getsockname()[1]
            for line in _told(options["host"], port, folder, keys=bool(keys), urls=options["allow_urls"]):
                say(line)
            with _stops(server):
                asyncio.run(server.serve(sockets=[listening]))
        finally:
            service.close()


def _check_installed() -> None:
    """
    Raises:
        PackageMissing: the extra is not installed.
    """
    from importlib.util import find_spec

    for name in ("fastapi", "uvicorn", "python_multipart", "prometheus_client"):
        if find_spec(name) is None:
            raise PackageMissing(
                f"the service needs {name}, which is not installed",
                next_step=NextStep(command="pip install 'ocroute[serve]'"),
            )


def _begun(
    options: dict[str, Any], store: JobStore, say: Callable[[str], None]
) -> tuple[JobService, Choices, threading.Event, Metrics]:
    """The service behind the server, which loads its engine from now on."""
    from ocroute.serve.service_metrics import Metrics
    from ocroute.serve.warming import warm_up

    wish = wish_of(options)
    session = Session(
        wish, jobs=options["jobs"] or None, timeout=options["timeout"], memory_mb=options["memory_mb"] or None
    )
    metrics, choices, ready = Metrics(), Choices(wish), threading.Event()

    def count(page: Page) -> None:
        metrics.page(page)
        if page.provenance.engine:
            ready.set()

    service = JobService(store, session, _limits(options), on_page=count, on_end=metrics.ended)
    metrics.watch(lambda: service.unfinished, _memory)
    service.start()
    warming = threading.Thread(target=warm_up, args=(service, choices, ready, say), name="ocroute-warm", daemon=True)
    warming.start()
    return service, choices, ready, metrics


def _app(
    options: dict[str, Any],
    service: JobService,
    choices: Choices,
    ready: threading.Event,
    metrics: Metrics,
    keys: tuple[str, ...],
) -> Any:
    from ocroute.serve.host_names import hosts_of
    from ocroute.serve.http_app import make_app
    from ocroute.serve.kept_files import KeptFiles
    from ocroute.serve.keys import Keys
    from ocroute.serve.outside_urls import OutsideUrls
    from ocroute.serve.served import Served

    files = KeptFiles(
        service.store.folder / "files", service.ids, seconds=service.limits.keep_seconds, most=_FILES_EACH
    )
    urls = OutsideUrls(service.limits.max_bytes) if options["allow_urls"] else None
    here = Served(service, Keys(keys, service.ids), choices, metrics, files, urls, ready)
    return make_app(here, hosts=hosts_of(options["host"], options["hosts"]))


def _limits(options: dict[str, Any]) -> ServiceLimits:
    queue = options["queue_size"]
    return ServiceLimits(
        queue=queue,
        queue_of_one=options["queue_of_one"] or (max(1, queue // 2) if options["keys"] else queue),
        max_bytes=options["max_mb"] << 20,
        max_pages=options["max_pages"],
        max_seconds=options["max_seconds"],
        memory_mb=options["memory_mb"] or None,
        keep_seconds=min(options["keep_hours"] * 3600, _FOREVER),
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
    from ocroute.serve.host_names import loopback

    shown = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # an address that a browser can open here
    name = f"[{shown}]" if ":" in shown else shown
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
