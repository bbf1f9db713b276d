"""One module a check; a verdict with measured evidence."""

from ocroute.judge.base import CHECKS, Check, is_blank, judge

__all__ = ["CHECKS", "Check", "is_blank", "judge"]
