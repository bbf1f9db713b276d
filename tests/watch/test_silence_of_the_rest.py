"""Nothing but ``ocroute watch`` asks the network unasked: Python itself tells of every connection and every name looked up."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
WATCHED = """
import runpy, sys

def told(event, args):
    if event == "socket.getaddrinfo" or (event == "socket.connect" and isinstance(args[1], tuple)):
        sys.stderr.write(f"NETWORK {event} {args}\\n")

sys.addaudithook(told)
sys.argv = ["ocroute", *sys.argv[1:]]
runpy.run_module("ocroute", run_name="__main__")
"""


def run(*arguments, **environment):
    words = [sys.executable, "-c", WATCHED, *map(str, arguments)]
    return subprocess.run(words, capture_output=True, text=True, env={**os.environ, **environment}, check=False)


def test_the_hook_sees_a_connection(news):
    assert "NETWORK" in run("watch", **news.environment).stderr


@pytest.mark.parametrize("command", [["doctor"], ["read", ROOT / "samples" / "letter-en.png"], ["watch", "--offline"]])
def test_other_commands_connect_to_nothing(command):
    done = run(*command)
    assert done.returncode in (0, 3, 11), done.stderr
    assert "NETWORK" not in done.stderr
