"""On the path of a process: what only POSIX systems have is not there, and ``/proc`` cannot be read; but by psutil, whose Linux
half is made of both.
"""

import builtins
import os
import sys

ABSENT = ("fcntl", "resource", "pwd", "grp", "termios")
_import = builtins.__import__


def _without(name, globals=None, *rest, **more):
    if name in ABSENT and not (globals or {}).get("__name__", "").startswith("psutil"):
        raise ModuleNotFoundError(f"{name} is not there in this test", name=name)
    return _import(name, globals, *rest, **more)


def _refuse(event, arguments):
    if event not in ("open", "os.listdir", "os.scandir") or not arguments:
        return
    path = arguments[0]
    if isinstance(path, (str, bytes)) and os.fsdecode(path).startswith("/proc"):
        frame = sys._getframe()
        while frame is not None:
            if f"{os.sep}psutil{os.sep}" in frame.f_code.co_filename:
                return
            frame = frame.f_back
        raise PermissionError(f"{path} is out of bounds in this test")


builtins.__import__ = _without
sys.addaudithook(_refuse)
