"""The last line: what may not be reached is not connected to, whatever library asks; in a mode
without network that is all but loopback.

An audit hook sees every thread and every library that uses Python's sockets, and can't be patched
away by the code under test. It can't be removed either: there is one for the process, and it does
nothing while nobody intercepts.
"""

from __future__ import annotations

import socket
import ssl
import sys
import threading
from collections.abc import Callable
from functools import partial, wraps
from typing import TYPE_CHECKING, Any, cast

from ..._hosts import is_known
from ..._urls import authority
from ...errors import NetworkRefusedError
from .belonging import active
from .between_tests import standing
from .locality import is_local, is_number, is_this_machine, text_of
from .ownership import offline
from .programs import EVENTS
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
]

_LOCAL_FAMILIES = frozenset(
    getattr(socket, name) for name in ("AF_UNIX", "AF_NETLINK", "AF_ALG") if hasattr(socket, name)
)
_armed = False


class _Numeric(threading.local):
    asked = False


_numeric = _Numeric()


def arm() -> None:
    """Have the hook from now on, for the rest of the process."""
    global _armed
    if not _armed:
        _armed = True
        sys.addaudithook(_hook)


def _hook(event: str, arguments: tuple[object, ...]) -> None:
    # Called for every audit event of the process (imports, open files...): the first two lines are
    # all that most of them pay.
    check = _CHECKS.get(event)
    if check is not None and (active or standing):
        check(arguments)


def _connects(arguments: tuple[Any, ...]) -> None:
    check_connection(arguments[0].family, arguments[1])


def _binds(arguments: tuple[Any, ...]) -> None:
    _check_bind(arguments[1])


def _names(arguments: tuple[Any, ...]) -> None:
    if not _numeric.asked:
        check_name_of(arguments[0], 0)


def _starts(event: str, arguments: tuple[Any, ...]) -> None:
    for host, port in EVENTS[event](arguments):
        _check(host, port)


_CHECKS: dict[str, Callable[[tuple[Any, ...]], None]] = {
    "socket.connect": _connects,
    "socket.sendto": _connects,
    "socket.sendmsg": _connects,
    "socket.bind": _binds,
    "socket.getaddrinfo": lambda arguments: check_lookup(arguments[0], arguments[1]),
    "socket.gethostbyname": lambda arguments: check_lookup(arguments[0], None),
    "socket.gethostbyaddr": lambda arguments: check_name(arguments[0]),
    "socket.getnameinfo": _names,
    **{event: partial(_starts, event) for event in EVENTS},
}


def check_connection(family: int, address: object) -> None:
    """Raise NetworkRefusedError where ``address`` is off this machine and may not be reached."""
    if address is None or family in _LOCAL_FAMILIES:
        return
    host, port = (
        (address[0], address[1])
        if isinstance(address, tuple) and len(address) > 1
        else (address, None)
    )
    if family not in (socket.AF_INET, socket.AF_INET6) or not is_local(text_of(host)):
        _check(text_of(host), port)


def check_lookup(host: object, port: object) -> None:
    """Raise NetworkRefusedError where looking ``host`` up may ask a name server, and it may not be
    reached."""
    if host is None:
        return
    name = text_of(host)
    # A number needs no name server; where it leads to is asked when it is connected to.
    if not (is_local(name) or is_number(name) or is_this_machine(name)):
        _check(name, port)


def _check_bind(address: object) -> None:
    """A name is looked up; any number that can be bound to is this machine's."""
    if isinstance(address, tuple) and address:
        check_lookup(address[0], None)


def check_name(host: object) -> None:
    """Raise NetworkRefusedError where asking for all the names of ``host``, a name or a number, may
    ask a name server."""
    if not is_this_machine(text_of(host)):
        check_endpoint(host, None)


def check_server(name: object) -> None:
    """Raise NetworkRefusedError where a server that proves by TLS to be ``name`` may not be
    reached, whatever way leads there: a proxy, or a number that is known from elsewhere.

    In a mode without network that way is on this machine: of what may be behind it, only the
    exchange is refused.
    """
    if name is None:
        return
    text = text_of(name)
    if not (is_local(text) or is_number(text)) and (is_known(text) or not offline()):
        _check(text, None)


def check_endpoint(host: object, port: object) -> None:
    """As :func:`check_lookup` for a name, and for a number as :func:`check_connection`."""
    if host is not None and not is_local(text_of(host)):
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
    if hasattr(socket.socket, "sendmsg"):
        patches.put(socket.socket, "sendmsg", _sendmsg)
    patches.put(socket.socket, "bind", _bind)
    patches.put(socket, "getnameinfo", _getnameinfo)
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
    def checked(self: socket.socket, *args: object, **kwargs: object) -> object:
        try:
            if args:
                check_connection(self.family, args[-1])
        except NetworkRefusedError:
            self.close()  # socket.create_connection does so after an OSError only
            raise
        return call(self, *args, **kwargs)

    return checked


def _sendmsg(original: object) -> object:
    call = cast("Callable[..., int]", original)

    @wraps(call)
    def sendmsg(self: socket.socket, *args: Any, **kwargs: Any) -> int:
        if len(args) > 3:
            check_connection(self.family, args[3])
        return call(self, *args, **kwargs)

    return sendmsg


def _bind(original: object) -> object:
    call = cast("Callable[[socket.socket, object], None]", original)

    @wraps(call)
    def bind(self: socket.socket, address: object, /) -> None:
        try:
            _check_bind(address)
        except NetworkRefusedError:
            self.close()
            raise
        call(self, address)

    return bind


def _getnameinfo(original: object) -> object:
    call = cast("Callable[[object, int], tuple[str, str]]", original)

    @wraps(call)
    def getnameinfo(sockaddr: object, flags: int, /) -> tuple[str, str]:
        # The audit hook is told the address alone.
        _numeric.asked = bool(flags & socket.NI_NUMERICHOST)
        try:
            return call(sockaddr, flags)
        finally:
            _numeric.asked = False

    return getnameinfo
