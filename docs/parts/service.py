"""The options of the service, and what was measured of it."""

from __future__ import annotations

from ocroute.options import ReaderOptions, declared
from ocroute.serve.service_options import ServiceOptions
from parts.common import Part, Record, from_evidence, stamp, table


def options() -> str:
    """Those that ``ocroute serve`` has beside the options of reading."""
    reading = declared(ReaderOptions)
    rows = [
        (
            f"`{one.flag}`",
            ""
            if one.option.default in (None, "", False)
            else f"{one.option.default:g}"
            if isinstance(one.option.default, float)
            else str(one.option.default),
            one.option.help,
        )
        for name, one in declared(ServiceOptions).items()
        if name not in reading
    ]
    return table(("option", "default", "meaning"), rows)


@from_evidence("service", "python -m bench.service --json evidence/service.json")
def figures(record: Record) -> str:
    """The service beside the command line, its start, and many clients at once; what of it was measured."""
    rows: list[tuple[str, str]] = []
    if speed := record.get("throughput"):
        seconds = speed["seconds"]
        rows += [
            (f"{record['pages']} pages, each a file: `ocroute read`, whole command", f"{seconds['command']:g} s"),
            ("the same sent to the service, waited for and fetched; equal texts", f"{seconds['service']:g} s"),
            ("pages a second, service over command", f"{speed['ratio']:.2f}x"),
            ("the same without the command's start", f"{speed['ratio_without_start']:.2f}x"),
        ]
    if start := record.get("start"):
        rows.append(
            (
                "from the start of the command to `/readyz`, median; CPU of server and worker, which run side by side",
                f"{start['median']:g} s of {len(start['seconds'])} starts; {_cpu(start, 'server')} and {_cpu(start, 'worker')}",
            )
        )
    if event := record.get("first_event"):
        told = f"{event['median_ms']:g} ms ({event['most_ms']:g} ms) of {event['jobs']}"
        rows.append(("from sending a file to the first event, median (most)", told))
    if many := record.get("clients"):
        memory = many["memory_mb"]
        rows += [
            (
                f"{many['clients']} clients at once, {many['rounds']} rounds, queue of 48: answers to sending",
                ", ".join(f"{count} times {code}" for code, count in many["answers"].items()),
            ),
            ("jobs at the end", ", ".join(f"{count} {state}" for state, count in many["jobs"].items())),
            ("memory of the server before, and after each round", " / ".join(f"{one['server']} MiB" for one in memory)),
            ("memory of its workers", " / ".join(f"{one['children']} MiB" for one in memory)),
        ]
    if soak := record.get("soak"):
        held = soak["memory_mb"]
        rows.append(
            (
                f"{soak['minutes']:g} minutes of {soak['clients']} clients that send, cancel, hang up and fetch at random",
                f"{sum(soak['done'].values())} times; memory of the server {held[0]['server']} to {held[-1]['server']} MiB",
            )
        )
    return table(("measured", "came out"), rows) + stamp(record)


def _cpu(start: Record, whose: str) -> str:
    return f"{max(one[whose] for one in start['cpu_seconds']):.1f} s"


PARTS: dict[str, Part] = {"service-options": options, "service-figures": figures}
