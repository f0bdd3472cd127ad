"""Which values in traffic are secrets: by the name they stand under, by the place, or by their
looks.

Finds them; replacing them is :mod:`.redaction`'s. Works on bodies without Content-Encoding.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from urllib.parse import parse_qsl, unquote, urlsplit

from .._key_material import (
    CREDENTIAL_HEADERS,
    KEY_LENGTH,
    NAME_PATTERN,
    PRIVATE_KEY,
    SIGNATURE_PATTERN,
    Kind,
    kind_of,
)
from .._messages import Headers

__all__ = ["in_body", "in_headers", "in_text", "in_url", "looks_like_key"]

Found = Iterator[tuple[str, Kind]]

# name=value and name: value, in texts that are neither a query nor JSON
_ASSIGNED = re.compile(
    rf"(?i)({NAME_PATTERN})"
    r"\\*[\"']?\s*(?:=|:|is)\s*\\*[\"']?([A-Za-z0-9+/=_%-]{16,})"
)
# A stream's address: Binance: Options, WebSocket Connect
_STREAM_PATH = re.compile(r"/ws/([^/?#\s\"'\\]+)")

# By looks.
_ALNUM = re.compile(rf"(?<![A-Za-z0-9])[A-Za-z0-9]{{{KEY_LENGTH}}}(?![A-Za-z0-9])")
_BASE64 = re.compile(rf"(?<![A-Za-z0-9+/])(?:{SIGNATURE_PATTERN})(?![A-Za-z0-9+/=])")
_HEX = re.compile(rf"[0-9a-fA-F]{{{KEY_LENGTH}}}")
# A stream name that is no listen key has one of these, as in btcusdt@trade.
_NO_KEY = re.compile(r"[^A-Za-z0-9]")


def looks_like_key(text: str) -> bool:
    """Whether ``text`` as a whole can be a listen key: letters and digits, at least half as many as
    it should have."""
    return len(text) >= KEY_LENGTH // 2 and _NO_KEY.search(text) is None


def in_headers(headers: Headers) -> Found:
    """Secrets in header values: the API key's header, credentials, and what looks like key material
    in the others."""
    for name, value in headers.pairs:
        kind = kind_of(name)
        if kind is not None:
            yield value, kind
        elif name.lower() in CREDENTIAL_HEADERS:
            # "Bearer token", "name=value; Path=/": a server may say them again elsewhere
            yield from (
                (part, Kind.SECRET) for part in re.split(r"[\s;,=]+", value) if len(part) >= 16
            )
        else:
            yield from in_text(value)


def in_url(url: str) -> Found:
    """Secrets in an address: parameters, a stream's path, a password before the host."""
    try:
        parts = urlsplit(url)
    except ValueError:
        yield from in_text(url)
        return
    if parts.password:
        yield unquote(parts.password), Kind.SECRET
    for key in _STREAM_PATH.findall(parts.path):
        if looks_like_key(key):
            yield key, Kind.LISTEN_KEY
    yield from _in_params(parse_qsl(parts.query))
    yield from in_text(url)


def _in_params(params: Iterable[tuple[str, str]]) -> Found:
    for name, value in params:
        kind = kind_of(name)
        if kind is not None:
            yield value, kind
        elif name == "streams":
            yield from ((key, Kind.LISTEN_KEY) for key in value.split("/") if looks_like_key(key))


def in_body(body: bytes) -> Found:
    """Secrets in a body or a stream's frame: JSON of any depth, a form, or text."""
    text = body.decode("utf-8", "replace")
    if text.lstrip()[:1] in ("{", "["):
        try:
            value = json.loads(text)
        except (ValueError, RecursionError):
            pass
        else:
            yield from _in_json(value)
    elif "=" in text:
        yield from _in_params(parse_qsl(text, errors="replace"))
    yield from in_text(text)


def _in_json(value: object) -> Found:
    # A stack of our own: how deep a foreign text nests is not ours to say.
    stack: list[tuple[object, Kind | None]] = [(value, None)]
    while stack:
        item, kind = stack.pop()
        if isinstance(item, dict):
            if str(item.get("method", "")).endswith("SUBSCRIBE") and isinstance(
                item.get("params"), list
            ):
                stack += [
                    (key, Kind.LISTEN_KEY)
                    for key in item["params"]
                    if isinstance(key, str) and looks_like_key(key)
                ]
            stack += [(inner, kind_of(str(name))) for name, inner in reversed(item.items())]
        elif isinstance(item, list):
            stack += [(inner, kind) for inner in reversed(item)]
        elif isinstance(item, str) and item:
            if kind is not None:
                yield item, kind
            else:
                yield from (
                    in_body(item.encode("utf-8", "replace"))
                    if item.lstrip()[:1] in ("{", "[")
                    else in_text(item)
                )


def in_text(text: str) -> Found:
    """Secrets in any text: assigned to a telling name, in a stream's address, or of a key's
    looks."""
    for name, value in _ASSIGNED.findall(text):
        yield unquote(value), kind_of(name) or Kind.SECRET
    for key in _STREAM_PATH.findall(text):
        if looks_like_key(key):
            yield key, Kind.LISTEN_KEY
    for key in PRIVATE_KEY.findall(text):
        yield key, Kind.SECRET
    for candidate in _ALNUM.findall(text):
        yield candidate, Kind.SIGNATURE if _HEX.fullmatch(candidate) else Kind.SECRET
    for candidate in _BASE64.findall(text):
        yield candidate, Kind.SIGNATURE
