"""What `compare` and `watch` cost."""

from __future__ import annotations

from parts.common import Record, from_evidence, stamp, table


@from_evidence("compare-speed", "python -m bench.compare_speed --json evidence/compare-speed.json")
def compare_speed(record: Record) -> str:
    head = ("", "seconds", "CPU seconds", "report, kB a page", "Chromium opens it in, s")
    rows = (
        (
            name,
            *(str(told[key]) for key in ("seconds", "cpu_seconds", "report_kb_a_page")),
            f"{sorted(told['opens_seconds'])[1]}",
        )
        for name in ("without truth", "with truth")
        for told in (record[name],)
    )
    size = f"{record['pages']} pages, {record['characters']:,} characters, {record['runs']} saved runs; median of three openings."
    return f"{table(head, rows)}\n{size}\n{stamp(record)}"


@from_evidence("watch-speed", "python -m bench.watch_speed --json evidence/watch-speed.json")
def watch_speed(record: Record) -> str:
    head = ("run", "seconds", "requests", "bytes of answers", "the largest")
    rows = (
        (name, *(str(told[key]) for key in ("seconds", "requests", "bytes", "largest_bytes")))
        for name, told in (("first", record["first"]), ("second, unchanged", record["second"]))
    )
    server = f"A server on loopback that waits {record['latency_ms']:g} ms before each answer."
    return f"{table(head, rows)}\n{server}\n{stamp(record)}"


PARTS = {"compare-speed": compare_speed, "watch-speed": watch_speed}
