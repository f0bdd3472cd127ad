"""Taking URLs apart without ever raising: the exchange has to answer whatever text a client calls a
URL.

``urllib.parse`` raises for some texts, and drops characters from others. Nothing here decodes or
checks anything.
"""

from __future__ import annotations

from functools import lru_cache

__all__ = ["authority", "origin", "target"]

_DEFAULT_PORTS = {"http": 80, "ws": 80, "https": 443, "wss": 443}


def target(url: str) -> tuple[str, str]:
    """The path, ``/`` where there is none, and the query, without ``?``, of an absolute URL or of a
    path."""
    # Without a query, that is where a signature would be, a client's few URLs are the same all the
    # time.
    return _target(url) if "?" in url else _known_target(url)


def _target(url: str) -> tuple[str, str]:
    url = url.partition("#")[0]
    url, _, query = url.partition("?")
    if not url.startswith("/"):
        scheme, separator, rest = url.partition("://")
        # "a/b://c" is a path: a scheme has no slash.
        if separator and "/" not in scheme:
            slash = rest.find("/")
            url = rest[slash:] if slash >= 0 else ""
    return url or "/", query


_known_target = lru_cache(maxsize=64)(_target)


def authority(url: str) -> tuple[str, str, int | None]:
    """The scheme and the host, both lower-case, and the port, the scheme's own where the URL names
    none.

    The host comes without user, brackets and the dot that ends a full domain name. ``("", "",
    None)`` for a path; the port is None where it can't be read.
    """
    scheme, separator, rest = url.partition("://")
    if not separator or not scheme or any(c in scheme for c in "/?#"):
        return "", "", None
    scheme = scheme.lower()
    for end in "/?#":
        rest = rest.partition(end)[0]
    rest = rest.rpartition("@")[2]
    host, bracket, after = rest[1:].partition("]") if rest.startswith("[") else ("", "", "")
    if bracket:
        colon, port = after[:1], after[1:]
    else:
        host, colon, port = rest.partition(":")
    host = host.lower().removesuffix(".")
    if not colon or not port:
        return scheme, host, _DEFAULT_PORTS.get(scheme)
    return scheme, host, int(port) if port.isascii() and port.isdigit() and len(port) <= 5 else None


def origin(scheme: str, host: str, port: int | None = None) -> str:
    """A URL's beginning, as RFC 3986 has it: an IPv6 address stands in brackets; without ``port``,
    the scheme's own."""
    base = f"{scheme}://[{host}]" if ":" in host else f"{scheme}://{host}"
    return base if port is None else f"{base}:{port}"
