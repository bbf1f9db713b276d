"""One module a check; a verdict with measured evidence."""

from ocroute.judge.base import CHECKS, Check, judge

__all__ = ["CHECKS", "Check", "judge"]
