"""Limits that a test can wait for."""

from ocroute.engines.openai.retry import Limits

HASTY = Limits(connect=2.0, page=1.5, small=1.5, tries=3, first_wait=0.01, longest_wait=0.05)
