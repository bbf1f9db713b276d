"""What is new outside, and what it would change on this machine.

`watch` asks the package index, GitHub, the model hub and NVIDIA, and is the one part of ocroute that asks the network without a
page to read. It runs only when it is called. Sources are entry points of the group ``ocroute.watch``, see `ocroute.watch.base`.
"""

from ocroute.watch.base import Found, Here, Release, Subject
from ocroute.watch.news import News, Silence, Watched
from ocroute.watch.refreshed_facts import refresh_facts
from ocroute.watch.watching import watch

__all__ = ["Found", "Here", "News", "Release", "Silence", "Subject", "Watched", "refresh_facts", "watch"]
