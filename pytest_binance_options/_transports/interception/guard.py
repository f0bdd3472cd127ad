"""The last line: in a mode without network nothing but loopback is connected to, whatever library
asks.

An audit hook sees every thread and every library that uses Python's sockets, and can't be patched
away by the code under test. It can't be removed either: there is one for the process, and it does
nothing while nobody intercepts.
"""

from __future__ import annotations

import ipaddress
import socket
import sys
from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING, cast

from ..._hosts import is_loopback
from ..._misses import miss
from ...errors import NetworkRefusedError
from .ownership import Owner, offline
from .passing import passed_on

if TYPE_CHECKING:
    from .patching import Patches

__all__ = ["arm", "patch"]

_LOCAL_FAMILIES = frozenset(
    getattr(socket, name) for name in ("AF_UNIX", "AF_NETLINK", "AF_ALG") if hasattr(socket, name)
)
_LOCAL_NAMES = frozenset(
    {"", "0.0.0.0", "::", "localhost.localdomain", "ip6-localhost", "ip6-loopback"}  # noqa: S104
)
_CONNECTS = frozenset({"socket.connect", "socket.sendto", "socket.sendmsg"})
_LOOKUPS = frozenset({"socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr"})

_OTHER_CLIENTS = (
    "Requests for Binance Options are answered without a connection when they are made with"
    " http.client, urllib3, requests, niquests, httpx or aiohttp; give any other client the address"
    " of the fixture binance_options_server."
)
_WHAT_TO_DO = (
    "Replace what else the test talks to, or run the test where it may use the network:"
    " --binance-options=testnet."
)

_armed = False


def arm() -> None:
    """Have the hook from now on, for the rest of the process."""
    global _armed
    if not _armed:
        _armed = True
        sys.addaudithook(_hook)


def _hook(event: str, arguments: tuple[object, ...]) -> None:
    # Called for every audit event of the process (imports, open files...): the first line is all
    # that most of them pay.
    if event[:7] != "socket.":
        return
    if event in _CONNECTS:
        check_connection(cast("socket.socket", arguments[0]).family, arguments[1])
    elif event in _LOOKUPS:
        check_lookup(arguments[0], arguments[1] if event == "socket.getaddrinfo" else None)


def check_connection(family: int, address: object) -> None:
    """Raise NetworkRefusedError where ``address`` is off this machine and the mode has no
    network."""
    owner = offline()
    if owner is None or address is None or family in _LOCAL_FAMILIES:
        return
    host, port = (
        (address[0], address[1])
        if isinstance(address, tuple) and len(address) > 1
        else (address, None)
    )
    if family not in (socket.AF_INET, socket.AF_INET6) or not _is_local(_text(host)):
        raise NetworkRefusedError(_refusal(owner, _text(host), port))


def check_lookup(host: object, port: object) -> None:
    """Raise NetworkRefusedError where looking ``host`` up may ask a name server and the mode has no
    network."""
    owner = offline()
    if owner is None or host is None:
        return
    name = _text(host)
    # A number needs no name server; where it leads to is asked when it is connected to.
    if not (_is_local(name) or _is_number(name) or name.lower() == socket.gethostname().lower()):
        raise NetworkRefusedError(_refusal(owner, name, port))


def patch(patches: Patches) -> None:
    """Check before Python's own look-up: ``connect`` resolves a name first and tells the audit hook
    after."""
    for name in ("connect", "connect_ex", "sendto"):
        patches.put(socket.socket, name, _checked)


def _checked(original: object) -> object:
    call = cast("Callable[..., object]", original)

    @wraps(call)
    def checked(self: socket.socket, *args: object) -> object:
        try:
            if args:
                check_connection(self.family, args[-1])
        except NetworkRefusedError:
            # socket.create_connection closes its socket after an OSError only.
            self.close()
            raise
        return call(self, *args)

    return checked


def _text(host: object) -> str:
    return (
        bytes(host).decode("ascii", "replace") if isinstance(host, bytes | bytearray) else str(host)
    )


def _is_number(host: str) -> bool:
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


def _is_local(host: str) -> bool:
    if is_loopback(host) or host.lower() in _LOCAL_NAMES:
        return True
    number = _number(host)
    mapped = getattr(number, "ipv4_mapped", None) or number
    return mapped is not None and (mapped.is_loopback or mapped.is_unspecified)


def _refusal(owner: Owner, host: str, port: object) -> str:
    where = host if port is None else f"{host}:{port}"
    url = passed_on(host)
    ours = owner.scope.host(host, port if isinstance(port, int) else None)
    # Who knows better needs no advice about clients; nor does one that is watched.
    advice = miss(host, url, ours=ours) or ("" if url is not None else _OTHER_CLIENTS)
    refused = (
        f"a connection to {where} was asked for, and in mode {owner.mode} nothing leaves this"
        " machine."
    )
    return " ".join(filter(None, (refused, advice, _WHAT_TO_DO)))
