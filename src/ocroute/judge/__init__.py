"""One module a check; a verdict with measured evidence."""

from ocroute.judge.base import CHECKS, Check, at_sight, judge

__all__ = ["CHECKS", "Check", "at_sight", "judge"]
