"""Of pages whose text is known: how many were accepted and grossly wrong, and how many good ones refused."""

from __future__ import annotations

from parts.common import Part, Record, from_evidence, measured, stamp, table

SCRIPT = "python -m bench.verdicts --help"
HEAD = (
    "pages",
    "read",
    "accepted and grossly wrong",
    "accepted below 98 % of the words",
    "good ones refused",
    "numbers misread",
)


def share(found: Record) -> str:
    """A count with its share and interval."""
    if not found["of"]:
        return "none"
    return f"{found['count']} of {found['of']}: {found['share']:.1%} ({found['from']:.1%} to {found['to']:.1%})"


def row(name: str, counts: Record) -> tuple[str, ...]:
    """One group of pages."""
    measures = ("grossly_wrong", "low_recall", "good_refused", "numbers_misread")
    return (name, str(counts["pages"]), *(share(counts[measure]) for measure in measures))


@from_evidence("verdicts", SCRIPT)
def figure(record: Record) -> str:
    """The one that leads the README."""
    rows, newest = [row("the same, a later version", record["all"])], measured("verdicts-newest")
    if "before" in record:
        rows.insert(0, row("an early version", record["before"]["all"]))
    rows.append(row("**other pages, the newest measured**", newest["all"]))
    return (
        table(HEAD, rows)
        + f"\n{record['all']['pages']:,} pages of {len(record['kinds'])} kinds, and {newest['all']['pages']} others of "
        f"{len(newest['kinds'])} kinds, with 95 % intervals.\n" + stamp(newest)
    )


@from_evidence("verdicts", SCRIPT)
def everything(record: Record) -> str:
    """By medium and by kind."""
    media = [row(name, counts) for name, counts in record["media"].items()]
    kinds = [row(name.replace("_", " "), counts) for name, counts in record["kinds"].items()]
    return table(HEAD, media) + "\n" + table(HEAD, kinds) + stamp(record)


@from_evidence("verdicts-newest", SCRIPT)
def newest(record: Record) -> str:
    """Some pages of other seeds, read by a later version."""
    groups = {"all": record["all"], **record["media"]}
    return table(HEAD, [row(name, counts) for name, counts in groups.items()]) + stamp(record)


@from_evidence("judge", "python -m bench.judge --json evidence/judge.json")
def after_layout(record: Record) -> str:
    """What the judge sees of failures made after reading."""
    if "after_layout" not in record:
        return "Not measured yet. To measure it: `python -m bench.judge --json evidence/judge.json`.\n"
    found = record["after_layout"]
    rows = [
        (name, str(row["of"]), f"{row['by_its_check'] / row['of']:.3f}", f"{row['by_any'] / row['of']:.3f}")
        for name, row in found["failures"].items()
    ]
    low, high = found["false_alarm_interval"]
    return (
        table(("failure", "made", "recall of its check", "refused by any"), rows)
        + f"\n{found['false_alarms']} of {found['clean_pages']} clean pages were refused (95 % interval {low:.1%} to {high:.1%})"
        + (
            f": {', '.join(f'{kind} {n}' for kind, n in found['false_alarms_by_kind'].items())}"
            if found["false_alarms"]
            else ""
        )
        + f"; {', '.join(found['media'])}; {found.get('date', record['date'])}.\n"
    )


PARTS: dict[str, Part] = {
    "verdicts-figure": figure,
    "verdicts": everything,
    "verdicts-newest": newest,
    "judge-after-layout": after_layout,
}
