"""A child for tests of `ocroute.process`: ``python -m tests.support.talking_child``. It does what it is told."""

import collections
import itertools
import os
import subprocess
import sys
import time
from pathlib import Path

import msgspec

from ocroute.process import Parent, system


def facts():
    """What this process could use."""
    found = [system()]
    for name in ("fcntl", "resource", "pwd"):
        try:
            __import__(name)
            found.append(name)
        except ImportError:
            continue
    try:
        Path("/proc/self/stat").read_text()
        found.append("/proc")
    except OSError:
        pass
    return found


def main():
    parent = Parent(msgspec.msgpack.Decoder(list))
    while True:
        match parent.receive():
            case ["say", what]:
                parent.send(what)
            case ["facts"]:
                parent.send(facts())
            case ["threads"]:
                parent.send([os.environ.get("OMP_NUM_THREADS"), sys.stdin.read(), os.getpid()])
            case ["print", what]:
                print("out", what, flush=True)
                print(what, file=sys.stderr, flush=True)
                parent.send("printed")
            case ["exit", code]:
                os._exit(code)
            case ["noise"]:
                os.write(parent._outgoing.fileno(), (4).to_bytes(4, "big") + b"\xc1\xc1\xc1\xc1")
                time.sleep(600)
            case ["start", *command]:
                parent.send(subprocess.Popen(command).pid)
            case ["hang"]:
                parent.send("hanging")
                collections.deque(itertools.repeat(0), maxlen=0)  # never leaves C, and holds the interpreter lock
            case ["orphan"]:
                subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
                os._exit(7)


if __name__ == "__main__":
    main()
