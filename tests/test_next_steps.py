"""A next step is a command or advice by its structure, not by how its text begins."""

from __future__ import annotations

import ast
import re
import shlex
from pathlib import Path

import msgspec
import pytest

import ocroute
from ocroute.engines.base import Availability
from ocroute.errors import NextStep, UsageError, typed
from ocroute.run.jobs import JobFailed

SOURCE = Path(ocroute.__file__).parent


def test_a_command_is_announced_and_advice_stands_as_it_is():
    assert str(UsageError("it is absent", next_step=NextStep(command="pip install it"))) == (
        "it is absent. Run: pip install it"
    )
    assert str(UsageError("it is large", next_step="Cut it")) == "it is large. Cut it"
    assert str(UsageError("it is so")) == "it is so"
    assert not UsageError("it is so").next_step


def test_beside_what_is_missing_a_command_is_to_install_and_advice_goes_on():
    assert Availability("absent", install="pip install it").next_step.remark == "to install: pip install it"
    assert Availability("absent", advice="Give a folder").next_step.remark == "give a folder"
    assert Availability("usable").next_step.remark == ""


def test_a_command_stays_one_from_process_to_process():
    failed = JobFailed.of(UsageError("it is absent", next_step=NextStep(command="pip install it")))
    arrived = msgspec.msgpack.decode(msgspec.msgpack.encode(failed), type=JobFailed).error()
    assert (type(arrived), arrived.next_step.command) == (UsageError, "pip install it")


def test_in_json_a_command_stands_where_it_always_did():
    here = msgspec.json.encode(Availability("absent", install="pip install it"))
    assert msgspec.json.decode(here) == {"state": "absent", "install": "pip install it"}


@pytest.mark.parametrize("module", sorted(SOURCE.rglob("*.py")), ids=lambda path: path.relative_to(SOURCE).as_posix())
def test_no_string_is_a_command(module):
    """Text given as it is is advice, so it is a sentence; it may name a command, but is none."""
    for call in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
        for word in call.keywords if isinstance(call, ast.Call) else ():
            if word.arg != "next_step":
                continue
            text = ast.unparse(word.value)
            begins = re.match(r"""f?['"](.)""", text)
            assert begins is None or not begins[1].islower(), f"{module}:{call.lineno}: {text}"
            assert not re.match(r"""f?['"]Run: \S+( \S+)?['"]$""", text), f"{module}:{call.lineno}: {text}"


def test_commands_are_quoted_as_windows_takes_them():
    command = shlex.join(["ocroute", "read", "PAGE", "--model", r"C:\\мои веса", "it"])
    assert typed(command, windows=True) == r'ocroute read PAGE --model "C:\\мои веса" it'
    assert typed("pip install 'ocroute[vlm]'", windows=True) == 'pip install "ocroute[vlm]"'
    assert typed(command, windows=False) == command
