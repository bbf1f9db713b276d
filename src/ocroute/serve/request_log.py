"""The service's log: a JSON object a line on standard error. It has no text, no name and no key of anyone in it."""

from __future__ import annotations

import json
import logging
import sys
from datetime import UTC, datetime


class _Lines(logging.Formatter):
    """A record as a line of JSON."""

    def format(self, record: logging.LogRecord) -> str:
        """See `logging.Formatter`."""
        when = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        told: dict[str, object] = {"time": when, "level": record.levelname.lower(), "event": record.getMessage()}
        told |= getattr(record, "told", {})
        if (
            record.exc_info and record.exc_info[0] is not None
        ):  # where it was, and not what it said: that may be of a document
            told["error"] = record.exc_info[0].__name__
            trace, places = record.exc_info[2], []
            while trace is not None:
                places.append(f"{trace.tb_frame.f_globals.get('__name__', '')}:{trace.tb_lineno}")
                trace = trace.tb_next
            told["at"] = places[-6:]
        return json.dumps(told, ensure_ascii=False)


def log_as_json(*, requests: bool) -> None:
    """Have ocroute and its server log so.

    Args:
        requests: whether each request is a line.
    """
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Lines())
    for name, level in (("ocroute", logging.INFO), ("uvicorn", logging.WARNING)):
        logger = logging.getLogger(name)
        logger.handlers[:] = [handler]
        logger.setLevel(level)
        logger.propagate = False
    logging.getLogger("ocroute.serve.requests").setLevel(logging.INFO if requests else logging.WARNING)
