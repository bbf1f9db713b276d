"""What many machines take, and what became of documents whose workers died."""

from __future__ import annotations

from parts.common import Part, Record, from_evidence, measured, stamp, table

_DAY = 24.0  # hours
_HOURLY = {"cpu": 0.10, "gpu": 3.50}
"""US dollars an hour, of 2 CPU cores and of an H200, assumed: put your own price in."""


@from_evidence("claims", "python -m bench.claims --json evidence/claims.json")
def claims(record: Record) -> str:
    """The simulation of the claims, and a real run whose workers were killed."""
    rows = [
        (
            f"{row['answers_old_by_up_to_seconds']:g} s",
            f"{row['runs']:,}",
            f"{row['documents']:,}",
            f"{row['deaths']:,}",
            f"{row['takeovers']:,}",
            f"{row['set_aside']:,}",
            f"{row['read_in_vain']:,}",
            f"{row['faults']}",
        )
        for row in record["claims"]
    ]
    head = (
        "answers old by up to",
        "runs",
        "documents",
        "workers killed",
        "taken over",
        "set aside",
        "read in vain",
        "lost, or done twice",
    )
    return (
        "Simulated workers that are killed or stand still at any step, over a store whose answers get lost or are old:\n\n"
        + table(head, rows)
        + stamp(record)
        + _queue()
    )


def _queue() -> str:
    try:
        record = measured("queue")
    except FileNotFoundError:
        script = "python -m bench.queue_overhead --json evidence/queue.json"
        return f"\nReal workers: not measured yet. To measure it: `{script}`.\n"
    killed = record["killed"]
    return (
        f"\nReal workers, {record['pages']} pages in {record['documents']} documents: a queue took "
        f"{record['overhead']:+.1%} of the time of a plain run ({record['overhead_cpu']:+.1%} of its CPU time). "
        f"Of {killed['workers']} workers on one machine {killed['killed']} were killed in mid-run: {killed['documents']} "
        "documents came out, each equal to that of the plain run.\n" + stamp(record)
    )


def million() -> str:
    """Machines and hours for a million and a hundred million pages, from the rates in the other tables."""
    speed, digital, gpu = measured("ocr-speed"), measured("born-digital"), measured("gpu-files-192")
    pairs = speed["pairs"]
    rates = [
        ("a PDF's own text", "2 CPU cores", 2 * 3_600_000 / digital["textlayer_ms_per_page"], "cpu", "born-digital"),
        (
            "scans, `rapidocr`",
            "2 CPU cores",
            60 * pairs["rapidocr"]["ocroute --engine rapidocr"]["pages_per_minute"],
            "cpu",
            "ocr-speed",
        ),
        (
            "scans, `tesseract`",
            "2 CPU cores",
            60 * pairs["tesseract"]["ocroute --engine tesseract"]["pages_per_minute"],
            "cpu",
            "ocr-speed",
        ),
        ("`dots_ocr`", "an H200 with 16 cores", 3600 * gpu["pages/s"], "gpu", "gpu-files-192"),
    ]
    rows = [
        (
            what,
            machine,
            f"{rate:,.0f}",
            f"{1e6 / rate:,.0f}",
            f"${1e6 / rate * _HOURLY[kind]:,.0f}",
            f"{1e8 / rate / 7 / _DAY:,.1f}",
            f"`evidence/{evidence}.json`",
        )
        for what, machine, rate, kind, evidence in rates
    ]
    head = (
        "pages",
        "one machine",
        "pages an hour",
        "hours for 1 M",
        "cost of 1 M",
        "machines for 100 M in a week",
        "measured in",
    )
    return (
        table(head, rows)
        + "\nhours = pages / (pages an hour x machines); cost = hours x machines x price of an hour. Prices are assumed: "
        f"${_HOURLY['cpu']:.2f} an hour for 2 cores, ${_HOURLY['gpu']:.2f} for the H200. A PDF's own text is reckoned with both "
        "cores at work. Most large collections are mixed: count what share of your pages has a text layer first, with "
        "`ocroute read --engine textlayer` over a sample. Under a vLLM of your own the rate is that server's.\n"
    )


PARTS: dict[str, Part] = {"claims": claims, "million": million}
