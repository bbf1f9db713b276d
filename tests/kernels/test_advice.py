"""Advice that we give ourselves is not old: its commands name what is here."""

from __future__ import annotations

import shlex
from datetime import UTC, datetime
from pathlib import Path

import pytest
from docs.parts.advice import Claim, advice

from ocroute.kernels.base import KERNELS
from ocroute.kernels.build import Request, book, checked, parse_arch, recipe

COMMANDS = [row.instead for row in advice().claims] + [row.get for row in advice().packages]


@pytest.mark.parametrize("command", [command for command in COMMANDS if command.startswith("ocroute build")])
def test_what_it_says_to_build_can_be_built(command: str, tmp_path: Path) -> None:
    _, _, name, *options = shlex.split(command)
    assert name in book().recipes
    if "--arch" in options:
        arch = parse_arch(options[options.index("--arch") + 1])
        assert ".".join(map(str, arch)) in recipe(name).archs
    if recipe(name).requirement:
        checked(Request(name, (12, 0), work=tmp_path, forward_only="--forward-only" in options))


@pytest.mark.parametrize("command", [command for command in COMMANDS if command.startswith("ocroute prove")])
def test_what_it_says_to_prove_is_a_kernel(command: str) -> None:
    _, _, *names = shlex.split(command)
    if "--for" not in names:
        assert set(names) <= set(dict(KERNELS.items()))


def test_no_other_command_of_ocroute_is_named() -> None:
    ours = {command for command in COMMANDS if command.startswith("ocroute ")}
    assert {command.split()[1] for command in ours} <= {"build", "prove", "kernels", "doctor"}


@pytest.mark.parametrize("claim", advice().claims, ids=lambda claim: claim.claim)
def test_a_claim_is_dated_sourced_and_short(claim: Claim) -> None:
    assert claim.date <= datetime.now(UTC).date()
    assert claim.source
    assert len(claim.verdict.split()) <= 3
    assert len(claim.answer.split()) <= 60
