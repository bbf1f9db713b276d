"""``ocroute serve``."""

from __future__ import annotations

from typing import Unpack

from ocroute.cli.app import app
from ocroute.cli.commands import Command, takes
from ocroute.serve.service_options import ServiceOptions


@app.command(cls=Command)
@takes(ServiceOptions)
def serve(**options: Unpack[ServiceOptions]) -> None:
    """Serve a web page to drop files on, and an API for programs, which Mistral's client understands too."""
    from ocroute.cli.terminal import error_line
    from ocroute.serve.request_log import log_as_json
    from ocroute.serve.serving import serve as run

    log_as_json(requests=True)
    run(dict(options), error_line)
