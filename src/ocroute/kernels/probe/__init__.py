"""Runs a kernel on inputs chosen to break it, in a child process, and says what was seen.

``values`` and ``wire`` are plain data; the modules that import torch are loaded by the child only.
"""

from ocroute.kernels.probe.proof import PROBE_VERSION, Measure, Outcome, Place, Proof, Verdict, judged

__all__ = ["PROBE_VERSION", "Measure", "Outcome", "Place", "Proof", "Verdict", "judged"]
