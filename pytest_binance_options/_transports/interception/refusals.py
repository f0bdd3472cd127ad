"""Which hosts may be reached from here, and what is said where one may not.

How it becomes known that somebody wants to reach one is :mod:`.guard`'s.
"""

from __future__ import annotations

from ..._hosts import canonical, is_known, is_production
from ..._misses import miss
from . import ownership
from .belonging import is_forwarding
from .between_tests import refusal_of_everything, standing
from .owner import Owner
from .passing import passed_on

__all__ = ["refusal"]

_ANSWERED = (
    "Requests for Binance Options are answered without a connection when they are made with"
    " http.client, urllib3, requests, niquests, httpx or aiohttp, and so are streams that are"
    " opened with aiohttp, websockets or websocket-client; give any other client the address of"
)
_OTHER_CLIENTS = f"{_ANSWERED} the fixture binance_options_server."
_IN_A_WORLD = f"{_ANSWERED} the world's .server."
_REPLACE = "Replace what else the test talks to"
_WHAT_TO_DO = (
    f"{_REPLACE}, or run the test where it may use the network: --binance-options=testnet."
)
_REPLACE_IN_A_WORLD = "Replace what else the code talks to."
_ALLOW = "If it has to be production: --binance-options-allow-production."


def refusal(host: str, port: object = None) -> str | None:
    """Why ``host``, a name or a number that is off this machine, may not be reached here and now;
    None: it may."""
    if is_forwarding():
        # Who answers has chosen the address; where a redirect led is another matter.
        owner = ownership.without_production() if _is_real(host) else None
        return None if owner is None else _production(owner, host, port)
    owners = ownership.concerned()
    for owner in owners:
        text = _refused(owner, host, port)
        if text:
            return text
    if standing.everything:
        return refusal_of_everything(host, port)
    if owners or standing.rules is None:
        return None
    text = standing.rules.refusal(host, port)
    if text and standing.refused is not None:
        standing.refused(_where(host, port), text)
    return text or None


def _is_real(host: str) -> bool:
    return is_known(host) and is_production(host)


def _refused(owner: Owner, host: str, port: object) -> str:
    if not owner.network:
        return _offline(owner, host, port)
    if not owner.production and _is_real(host):
        return _production(owner, host, port)
    if owner.complete and passed_on(host) is None and _is_exchange(owner, host, port):
        return _unseen(owner, host, port)
    return ""


def _offline(owner: Owner, host: str, port: object) -> str:
    # One that is of no pytest's run has no mode.
    here = f"mode {owner.mode}" if owner.mode else "a simulated world"
    refused = (
        f"a connection to {_where(host, port)} was asked for, and in {here} nothing leaves this"
        " machine."
    )
    # For a failing test whose code swallows the error.
    owner.seen.strayed(_where(host, port), _meant(owner, host, port))
    unknown_client = passed_on(host) is None
    if unknown_client and _is_exchange(owner, host, port):
        return f"{refused} {_other_clients(owner)}"
    if not owner.mode:
        to_do = _REPLACE_IN_A_WORLD
    else:
        # In no mode is production's name let through.
        to_do = f"{_REPLACE}." if _is_real(host) else _WHAT_TO_DO
    return _joined(refused, _advice(owner, host, port), to_do)


def _production(owner: Owner, host: str, port: object) -> str:
    refused = (
        f"a connection to {_where(host, port)} was asked for, which is production, and mode"
        f" {owner.mode} is not allowed that."
    )
    return _joined(refused, _advice(owner, host, port), _ALLOW)


def _unseen(owner: Owner, host: str, port: object) -> str:
    return (
        f"a connection to {_where(host, port)} was asked for by a client that nobody watches: what"
        f" is said there would be missed in mode {owner.mode}. {_OTHER_CLIENTS}"
    )


def _is_exchange(owner: Owner, host: str, port: object) -> bool:
    number = port if isinstance(port, int) else None
    return is_known(host) or owner.scope.host(host, number) or owner.scope.stream_host(host, number)


def _advice(owner: Owner, host: str, port: object) -> str:
    # Who knows better needs no advice about clients; nor does one that is watched.
    watched = passed_on(host) is not None
    return _meant(owner, host, port) or ("" if watched else _other_clients(owner))


def _other_clients(owner: Owner) -> str:
    return _OTHER_CLIENTS if owner.mode else _IN_A_WORLD


def _meant(owner: Owner, host: str, port: object) -> str:
    ours = owner.scope.host(host, port if isinstance(port, int) else None)
    return miss(canonical(host), passed_on(host), ours=ours)


def _where(host: str, port: object) -> str:
    return host if port is None else f"{host}:{port}"


def _joined(*sentences: str) -> str:
    return " ".join(filter(None, sentences))
