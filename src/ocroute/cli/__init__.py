"""The command line: parse, call the library, draw. No logic lives here, and nothing heavy is imported before it is needed."""

from ocroute.cli import (  # noqa: F401 - a command exists once its module is imported
    adapter_commands,
    compare_command,
    doctor_command,
    finetune_command,
    kernel_commands,
    models_command,
    queue_commands,
    read_command,
    serve_command,
    show_command,
    watch_command,
)
from ocroute.cli.app import app

__all__ = ["app"]
