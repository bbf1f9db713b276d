"""Under which names a server is asked, and who can reach it."""

from __future__ import annotations

import ipaddress
import socket


def hosts_of(host: str, more: str) -> list[str]:
    """The names of a server that listens on ``host``, and those that its owner adds."""
    names = [host, *(name for name in more.split(",") if name.strip())]
    names += ["localhost", "127.0.0.1", "::1"]
    if not loopback(host):
        names += [socket.gethostname(), *_own_addresses()]
    return names


def loopback(host: str) -> bool:
    """Whether only this machine can reach a server that listens there."""
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _own_addresses() -> list[str]:
    import psutil

    kinds = (socket.AF_INET, socket.AF_INET6)
    every = (one for addresses in psutil.net_if_addrs().values() for one in addresses)
    return [one.address.partition("%")[0] for one in every if one.family in kinds]
