"""Limits of servers that are near: short waits between tries, and time enough for any machine."""

from ocroute.engines.openai.retry import Limits

HASTY = Limits(connect=60.0, page=600.0, small=600.0, tries=3, first_wait=0.01, longest_wait=0.05)
