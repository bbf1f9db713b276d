"""Windows job objects, by way of the system's own library. Written after Microsoft's documentation of ``CreateJobObjectW``,
``SetInformationJobObject`` and ``JOBOBJECT_EXTENDED_LIMIT_INFORMATION``.
"""

from __future__ import annotations

import ctypes
from typing import Any

from ocroute.process.process_tree import ProcessTree

_EXTENDED_LIMITS = 9  # JobObjectExtendedLimitInformation
_KILL_ON_CLOSE = 0x2000  # JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE
_NEW_GROUP = 0x200  # CREATE_NEW_PROCESS_GROUP: Ctrl-C in the console is ours to handle
_ENDED = 1  # the exit code of what is ended


class JobError(OSError):
    """The system does not give a job object."""


class BasicLimits(ctypes.Structure):
    """``JOBOBJECT_BASIC_LIMIT_INFORMATION``."""

    _fields_ = (
        ("PerProcessUserTimeLimit", ctypes.c_int64),
        ("PerJobUserTimeLimit", ctypes.c_int64),
        ("LimitFlags", ctypes.c_uint32),
        ("MinimumWorkingSetSize", ctypes.c_size_t),
        ("MaximumWorkingSetSize", ctypes.c_size_t),
        ("ActiveProcessLimit", ctypes.c_uint32),
        ("Affinity", ctypes.c_size_t),
        ("PriorityClass", ctypes.c_uint32),
        ("SchedulingClass", ctypes.c_uint32),
    )


class ExtendedLimits(ctypes.Structure):
    """``JOBOBJECT_EXTENDED_LIMIT_INFORMATION``; the six counters of ``IO_COUNTERS`` are in ``IoInfo``."""

    _fields_ = (
        ("BasicLimitInformation", BasicLimits),
        ("IoInfo", ctypes.c_uint64 * 6),
        ("ProcessMemoryLimit", ctypes.c_size_t),
        ("JobMemoryLimit", ctypes.c_size_t),
        ("PeakProcessMemoryUsed", ctypes.c_size_t),
        ("PeakJobMemoryUsed", ctypes.c_size_t),
    )


class JobObject(ProcessTree):
    """A job object, whose only handle is ours: when this process ends, however it does, the system ends all in the job.

    Raises:
        JobError: the system does not give one.
    """

    def _prepare(self) -> dict[str, Any]:
        self._kernel: Any = ctypes.WinDLL("kernel32", use_last_error=True)  # type: ignore[attr-defined,unused-ignore]
        handle, number = ctypes.c_void_p, ctypes.c_uint32
        for name, kinds, result in (
            ("CreateJobObjectW", (ctypes.c_void_p, ctypes.c_wchar_p), handle),
            ("SetInformationJobObject", (handle, ctypes.c_int, ctypes.c_void_p, number), ctypes.c_int),
            ("AssignProcessToJobObject", (handle, handle), ctypes.c_int),
            ("TerminateJobObject", (handle, number), ctypes.c_int),
            ("CloseHandle", (handle,), ctypes.c_int),
        ):
            function = getattr(self._kernel, name)
            function.argtypes, function.restype = kinds, result
        self._job = self._kernel.CreateJobObjectW(None, None)
        limits = ExtendedLimits()
        limits.BasicLimitInformation.LimitFlags = _KILL_ON_CLOSE
        told = (_EXTENDED_LIMITS, ctypes.byref(limits), ctypes.sizeof(limits))
        if not self._job or not self._kernel.SetInformationJobObject(self._job, *told):
            self._release()
            raise JobError("no job object")
        return {"creationflags": _NEW_GROUP}

    def _hold(self) -> None:
        process = int(self.popen._handle)  # type: ignore[attr-defined,unused-ignore]
        if not self._kernel.AssignProcessToJobObject(self._job, process) and self.popen.poll() is None:
            raise JobError(f"process {self.popen.pid} cannot be put into a job object")

    def _kill(self) -> None:
        self._kernel.TerminateJobObject(self._job, _ENDED)

    def _release(self) -> None:
        if self._job:
            self._kernel.CloseHandle(self._job)  # what is still in the job ends
        self._job = None
