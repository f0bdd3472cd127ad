"""Who reaches a ``serve`` and who commands it: the address that it binds, and the token that its
control interface demands."""

from __future__ import annotations

import hmac
import ipaddress
import os
import re
import secrets

from .._checks import wrong
from .._hosts import is_loopback
from .._messages import Request
from ..errors import UsageError

__all__ = ["TOKEN_VARIABLE", "address", "control_token", "refusal", "usable_token"]

TOKEN_VARIABLE = "BINANCE_OPTIONS_CONTROL_TOKEN"  # noqa: S105
"""The environment variable that gives a control token, where ``--control-token`` does not."""

# What RFC 6750, section 2.1, has a bearer token made of.
_TOKEN = re.compile(r"[A-Za-z0-9._~+/-]{16,512}=*")
_BEARER = re.compile(r"bearer +(\S+) *", re.I)


def address(given: str) -> str:
    """An IP address to bind, out of what ``--bind`` says. UsageError where it is none: of a name,
    nobody could tell which address that would bind."""
    try:
        return str(ipaddress.ip_address(given.removeprefix("[").removesuffix("]")))
    except ValueError:
        raise wrong(
            "the address",
            given,
            "an IP address of this machine",
            "127.0.0.1 is this machine alone, 0.0.0.0 and :: are all of its addresses; the port is"
            " --port's.",
        ) from None


def usable_token(given: str, name: str = "the control token") -> str:
    """``given``, if it can be a bearer token; UsageError, which does not show it, otherwise."""
    if not _TOKEN.fullmatch(given):
        raise UsageError(
            f"{name} ({len(given)} characters) can't be used. Give from 16 to 512 of ASCII's"
            " letters, digits and -._~+/, or leave it out: one is made up where it is needed."
        )
    return given


def control_token(bind: str, given: str | None) -> tuple[str | None, bool]:
    """The token that the control interface at ``bind`` demands, if any, and whether it was made up
    here.

    It is ``given``, else what the environment says; else a random one where others than this
    machine reach it.
    """
    if given is None and TOKEN_VARIABLE in os.environ:
        given = usable_token(os.environ[TOKEN_VARIABLE], TOKEN_VARIABLE)
    if given is not None or is_loopback(bind):
        return given, False
    return secrets.token_urlsafe(32), True


def refusal(request: Request, token: str) -> str:
    """Why ``request`` may not command who demands ``token``; nothing where it may."""
    header = request.headers.get("authorization")
    if header is None:
        return (
            "This control interface demands its token. Send the header Authorization: Bearer"
            " TOKEN, with what serve printed as control_token, or was given."
        )
    bearer = _BEARER.fullmatch(header)
    if bearer is None:
        return "Authorization is no bearer token. Send Authorization: Bearer TOKEN."
    # In a time that tells nothing about how much of it was right.
    if not hmac.compare_digest(bearer[1].encode(), token.encode()):
        return (
            "The token in Authorization is not this serve's. It is what serve printed as"
            " control_token, or was given; each start makes up another."
        )
    return ""
