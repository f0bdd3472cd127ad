"""The last line: what may not be reached is not connected to, whatever library asks; in a mode
without network that is all but loopback.

An audit hook sees every thread and every library that uses Python's sockets, and can't be patched
away by the code under test. It can't be removed either: there is one for the process, and it does
nothing while nobody intercepts.
"""

from __future__ import annotations

import ipaddress
import socket
import ssl
import sys
from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING, Any, cast

from ..._hosts import is_loopback
from ..._urls import authority
from ...errors import NetworkRefusedError
from .ownership import offline
from .refusals import refusal

if TYPE_CHECKING:
    from .patching import Patches

__all__ = [
    "arm",
    "check_connection",
    "check_endpoint",
    "check_lookup",
    "check_name_of",
    "check_server",
    "check_url",
    "patch",
    "text_of",
]

_LOCAL_FAMILIES = frozenset(
    getattr(socket, name) for name in ("AF_UNIX", "AF_NETLINK", "AF_ALG") if hasattr(socket, name)
)
_LOCAL_NAMES = frozenset(
    {"", "0.0.0.0", "::", "localhost.localdomain", "ip6-localhost", "ip6-loopback"}  # noqa: S104
)
_CONNECTS = frozenset({"socket.connect", "socket.sendto", "socket.sendmsg"})
_LOOKUPS = frozenset({"socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr"})

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
    """Raise NetworkRefusedError where ``address`` is off this machine and may not be reached."""
    if address is None or family in _LOCAL_FAMILIES:
        return
    host, port = (
        (address[0], address[1])
        if isinstance(address, tuple) and len(address) > 1
        else (address, None)
    )
    if family not in (socket.AF_INET, socket.AF_INET6) or not _is_local(text_of(host)):
        _check(text_of(host), port)


def check_lookup(host: object, port: object) -> None:
    """Raise NetworkRefusedError where looking ``host`` up may ask a name server, and it may not be
    reached."""
    if host is None:
        return
    name = text_of(host)
    # A number needs no name server; where it leads to is asked when it is connected to.
    if not (_is_local(name) or _is_number(name) or name.lower() == socket.gethostname().lower()):
        _check(name, port)


def check_server(name: object) -> None:
    """Raise NetworkRefusedError where a server that proves by TLS to be ``name`` may not be
    reached, whatever way leads there: a proxy, or a number that is known from elsewhere.

    In a mode without network that way has been asked for already.
    """
    if (
        name is not None
        and not offline()
        and not (_is_local(text_of(name)) or _is_number(text_of(name)))
    ):
        _check(text_of(name), None)


def check_endpoint(host: object, port: object) -> None:
    """As :func:`check_lookup` for a name, and for a number as :func:`check_connection`."""
    if host is not None and not _is_local(text_of(host)):
        _check(text_of(host), port)


def check_url(url: str) -> None:
    """Raise NetworkRefusedError where ``url`` may not be asked for."""
    _, host, port = authority(url)
    if host:
        check_endpoint(host, port)


def check_name_of(address: object, flags: int) -> None:
    """Raise NetworkRefusedError where asking for the name of ``address``, host and port, may ask a
    name server."""
    if not flags & socket.NI_NUMERICHOST and isinstance(address, tuple) and address:
        check_endpoint(address[0], None)


def _check(host: str, port: object) -> None:
    text = refusal(host, port)
    if text is not None:
        raise NetworkRefusedError(text)


def patch(patches: Patches) -> None:
    """Check before Python's own look-up: ``connect`` resolves a name first and tells the audit hook
    after."""
    for name in ("connect", "connect_ex", "sendto"):
        patches.put(socket.socket, name, _checked)
    for name in ("wrap_socket", "wrap_bio"):
        patches.put(ssl.SSLContext, name, _named)


def _named(original: object) -> object:
    call = cast("Callable[..., object]", original)

    @wraps(call)
    def named(self: ssl.SSLContext, *args: Any, **kwargs: Any) -> object:
        # In each of the two by name, by nearly everybody.
        name = kwargs.get("server_hostname")
        check_server(next((a for a in args if isinstance(a, str)), None) if name is None else name)
        return call(self, *args, **kwargs)

    return named


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


def text_of(host: object) -> str:
    """``host`` as text, which a library may have as bytes."""
    return (
        bytes(host).decode("utf-8", "replace") if isinstance(host, bytes | bytearray) else str(host)
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
