"""Which recorded answer belongs to a request: method, path and parameters, and how far off the
nearest one is.

What changes from run to run (timestamp, signature, recvWindow) does not count, nor which of the
exchange's hosts was asked.
"""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import parse_qsl

from .._masking import mask
from .._messages import Request
from .._products import PRODUCTS
from .._urls import authority, target

__all__ = ["MatchKey", "describe", "difference", "form_params", "match_key", "nearest"]

# Binance: Options, General Info: what signs and dates a request, and how long it stays valid.
_VOLATILE = frozenset({"timestamp", "signature", "recvWindow"})
_PREFIXES = tuple(product.rest_prefix for product in PRODUCTS)
_BODY = "(body)"  # the pseudo-parameter that a body which is no form counts as

MatchKey = tuple[str, str, str, tuple[tuple[str, str], ...]]
"""Method, host (empty for a product's paths: all of its addresses are equivalent), path,
parameters."""


def form_params(body: bytes) -> list[tuple[str, str]] | None:
    """The parameters of a form body; None where ``body`` is no form.

    The Content-Type does not decide: clients of this exchange send forms without one, and none with
    a form's.
    """
    if not body:
        return []
    if b"=" not in body or body[:1] in (b"{", b"[", b"<"):
        return None
    try:
        text = body.decode("ascii")
    except UnicodeDecodeError:
        return None
    return parse_qsl(text, keep_blank_values=True)


def _params(query: str, body: bytes) -> tuple[tuple[str, str], ...]:
    if not query and not body:
        return ()
    params = parse_qsl(query, keep_blank_values=True)
    form = form_params(body)
    if form is None:
        form = [(_BODY, body.decode("utf-8", "backslashreplace"))]
    # Binance: Options, General Info: a parameter sent in both counts as the query string has it.
    in_query = {name for name, _ in params}
    params.extend(pair for pair in form if pair[0] not in in_query)
    return tuple(sorted(pair for pair in params if pair[0] not in _VOLATILE))


def match_key(request: Request) -> MatchKey:
    """What has to be equal for a recorded answer to fit ``request``."""
    path, query = target(request.url)
    host = "" if path.startswith(_PREFIXES) else _host(request.url)
    return request.method.upper(), host, path, _params(query, request.body)


def _host(url: str) -> str:
    scheme, host, port = authority(url)
    return f"{scheme}://{host}:{port}" if host else ""


def describe(key: MatchKey) -> str:
    """``key`` for people, on one line, without secrets."""
    method, host, path, params = key
    shown = "&".join(f"{name}={_short(mask(value))}" for name, value in params)
    return mask(f"{method} {host}{path}{'?' if shown else ''}{shown}")


def _short(value: str, limit: int = 60) -> str:
    return value if len(value) <= limit else f"{value[:limit]}…"


def difference(asked: MatchKey, recorded: MatchKey) -> list[str]:
    """In what ``recorded`` differs from what was asked, one phrase each; values that look like
    secrets are hidden."""
    found = [
        f"{what} {mask(theirs) or 'this machine'} instead of {mask(ours) or 'the exchange'}"
        for what, ours, theirs in zip(
            ("method", "host", "path"), asked[:3], recorded[:3], strict=True
        )
        if ours != theirs
    ]
    ours, theirs = dict(asked[3]), dict(recorded[3])
    for name in sorted(ours.keys() | theirs.keys()):
        if name not in theirs:
            found.append(f"no parameter {mask(name)}")
        elif name not in ours:
            found.append(f"a parameter {mask(name)} more")
        elif ours[name] != theirs[name]:
            mine, other = (
                mask(f"{name}={_short(value)}").partition("=")[2]
                for value in (ours[name], theirs[name])
            )
            found.append(
                f"{mask(name)}={other} instead of {mine}"
                if mine != other
                else f"another value of {mask(name)}"
            )
    if not found and asked != recorded:
        found.append("the same parameters, but repeated")
    return found


def nearest(asked: MatchKey, recorded: Iterable[MatchKey]) -> MatchKey | None:
    """The recorded key that differs from ``asked`` in the fewest things; the first of equals; None
    where there is none.

    A different path weighs most, then the method: another call is no near miss.
    """

    def distance(key: MatchKey) -> int:
        return len(difference(asked, key)) + 3 * (key[0] != asked[0]) + 9 * (key[2] != asked[2])

    return min(recorded, key=distance, default=None)
