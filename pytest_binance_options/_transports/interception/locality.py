"""Which names and numbers mean this machine, however they are written."""

from __future__ import annotations

import ipaddress
import os
import socket
from pathlib import Path

from ..._hosts import is_loopback

__all__ = ["is_local", "is_number", "is_this_machine", "text_of"]

_ANY = frozenset({"", "0.0.0.0", "::"})  # noqa: S104
# They mean this machine where its own file says so; elsewhere a name server is asked.
_LOCAL_NAMES = frozenset({"localhost.localdomain", "ip6-localhost", "ip6-loopback"})
_NAMES_FILE = (
    Path(os.environ.get("SYSTEMROOT", r"C:\Windows"), "System32", "drivers", "etc", "hosts")
    if os.name == "nt"
    else Path("/etc/hosts")
)


def text_of(host: object) -> str:
    """``host`` as text, which a library may have as bytes."""
    return (
        bytes(host).decode("utf-8", "replace") if isinstance(host, bytes | bytearray) else str(host)
    )


def _is_listed(name: str) -> bool:
    try:
        text = _NAMES_FILE.read_text("utf-8", "replace")
    except OSError:
        return False
    entries = [line.partition("#")[0].lower().split() for line in text.splitlines()]
    return any(name in names[1:] and is_loopback(names[0]) for names in entries)


def is_number(host: str) -> bool:
    """Whether ``host`` needs no name server."""
    return _number(host) is not None


def _number(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        pass
    try:
        # "127.1", "0x7f000001": what the C library takes for a number
        return ipaddress.IPv4Address(socket.inet_aton(host))
    except (OSError, ValueError):
        return None


def is_local(host: str) -> bool:
    """Whether ``host``, a name or a number, can only mean this machine."""
    if is_loopback(host) or host in _ANY:
        return True
    if host.lower() in _LOCAL_NAMES:
        return _is_listed(host.lower())
    number = _number(host)
    mapped = getattr(number, "ipv4_mapped", None) or number
    return mapped is not None and (mapped.is_loopback or mapped.is_unspecified)


def is_this_machine(name: str) -> bool:
    """Whether ``name`` is what this machine calls itself."""
    return name.lower() == socket.gethostname().lower()
