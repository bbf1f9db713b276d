"""How a process ended, in words."""

from __future__ import annotations

import signal

_SIGNALS = {
    "SIGABRT": "aborted (SIGABRT: native code gave up)",
    "SIGSEGV": "crashed (SIGSEGV: a fault in native code)",
    "SIGBUS": "crashed (SIGBUS: a fault in native code)",
    "SIGFPE": "crashed (SIGFPE: a fault in native code)",
    "SIGILL": "crashed (SIGILL: an instruction that this processor lacks)",
    "SIGKILL": "was killed (SIGKILL, often for want of memory)",
}


def exit_in_words(code: int | None) -> str:
    """A return code as `subprocess` gives it, in words."""
    if code is None:
        return "closed its pipe and did not end"
    if code >= 0:
        return f"exited with code {code}"
    try:
        name = signal.Signals(-code).name
    except ValueError:
        name = f"signal {-code}"
    return _SIGNALS.get(name, f"was ended by {name}")
