"""What ``ocroute watch`` says, on the terminal and as Markdown."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from rich.text import Text

from ocroute.cli.terminal import console
from ocroute.document.inert_markdown import inert
from ocroute.watch import News, Watched


def draw_watched(found: Watched) -> None:
    """On stdout: news first, then sources that were silent, then what is as it was."""
    screen = console()
    for one in found.new:
        style = "red" if one.worse else "green" if one.better else "yellow"
        screen.print(Text(one.name, style=f"bold {style}") + Text(f"  {_versions(one)}{_dated(one)}"))
        for line in (*one.changes, one.remark):
            if line:
                screen.print(Text(f"  {line}"))
        for command in one.commands:
            screen.print(Text(f"  $ {command}", style="bold"), soft_wrap=True)
    for silence in found.silent:
        screen.print(Text(f"{silence.name}: {_silence(silence.reason, silence.known, found.date)}", style="yellow"))
    screen.print(Text(_rest(found)))


def watched_markdown(found: Watched) -> str:
    """The same, to be pasted into an issue or sent by mail."""
    lines = [f"# What is new for {inert(found.machine)}", ""]
    for one in found.new:
        lines += [f"## {inert(one.name)} {inert(_versions(one) + _dated(one))}", ""]
        lines += [f"- {inert(line)}" for line in (*one.changes, one.remark) if line]
        lines += ["", *(f"    {command}" for command in one.commands), ""]
    lines += [f"- {inert(one.name)}: {inert(_silence(one.reason, one.known, found.date))}" for one in found.silent]
    return "\n".join([*lines, "", inert(_rest(found)), ""])


def _rest(found: Watched) -> str:
    same = ", ".join(f"{one.name} {one.newest}" for one in found.news if one.state == "same")
    told = [f"{len(found.new)} new" if found.new else "nothing new" if not found.silent else "nothing new is known"]
    told += [f"up to date: {same}"] if same else []
    unlisted = ", ".join(one.name for one in found.news if one.state == "unlisted")
    told += [f"not listed where it was asked for: {unlisted}"] if unlisted else []
    oldest = min((one.asked for one in found.news), default=found.date)
    told += [f"asked {_age(oldest, found.date)}"] if oldest < found.date else []
    told += [f"facts about kernels of {found.facts:%Y-%m-%d}"]
    text = "; ".join(told)
    return f"{text[0].upper()}{text[1:]}."


def _versions(one: News) -> str:
    if one.kind == "weights":
        return f"weights {one.have} -> {one.newest}"
    return one.newest if not one.have else one.have if one.have == one.newest else f"{one.have} -> {one.newest}"


def _dated(one: News) -> str:
    return f" ({one.date})" if one.date else ""


def _silence(reason: str, known: News | None, now: datetime) -> str:
    return f"{reason}; {_age(known.asked, now)} it was {known.newest}" if known else reason


def _age(then: datetime, now: datetime) -> str:
    hours: Iterator[tuple[int, str]] = iter(((24, "day"), (1, "hour")))
    passed = int((now - then).total_seconds() // 3600)
    for size, word in hours:
        if passed >= size:
            count = passed // size
            return f"{count} {word}{'' if count == 1 else 's'} ago"
    return "less than an hour ago"
