"""One module a check; a verdict with measured evidence."""

from ocroute.judge.base import CHECKS, Check, at_sight, judge
from ocroute.judge.merit import refused_before

__all__ = ["CHECKS", "Check", "at_sight", "judge", "refused_before"]
