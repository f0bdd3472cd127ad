"""What is asked about answers as such: their weight, what they say of symbols, and what they don't
depend on."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation

from .question import Confirmed, Contradicted, Open, Question, Verdict, judged
from .wire import LISTEN_KEY, Wire

__all__ = ["QUESTIONS"]

_USED = "X-MBX-USED-WEIGHT-1M"
_TICKS = {"BTCUSDT": "5", "ETHUSDT": "0.1"}
_SYMBOL = {"contractType": "CRYPTO_OPTIONS", "underlyingType": "CRYPTO", "nakedSell": False}


class _NotStated(Exception):
    pass


def _used(wire: Wire) -> int:
    stated = wire.ask("GET", "/eapi/v1/time").headers.get(_USED, "")
    if not stated.isdigit():
        raise _NotStated
    return int(stated)


def _weight(wire: Wire) -> Verdict:
    # The minute may end in between, but hardly twice.
    for _ in range(2):
        try:
            before = _used(wire)
            wire.ask("GET", "/eapi/v1/thereIsNoSuchPath")
            between = _used(wire)
            wire.ask("GET", "/eapi/v1/marginAccount?" + wire.signed(f"timestamp={wire.now_ms()}"))
            after = _used(wire)
        except _NotStated:
            return Contradicted(f"an answer without {_USED}")
        # A request for the time weighs 1 itself.
        unknown, account = between - before - 1, after - between - 1
        if unknown >= -1 and account >= -1:
            return judged(
                (unknown >= 1, f"an unknown path weighed {unknown}"),
                (account == 3, f"the margin account weighed {account}"),
            )
    return Open("the count started anew while it was looked at")


def _names(wire: Wire) -> Verdict:
    symbols = wire.ask("GET", "/eapi/v1/exchangeInfo").get("optionSymbols")
    if not isinstance(symbols, list) or not symbols:
        return Open("the exchange lists no symbols")
    for symbol in symbols:
        for name, value in _SYMBOL.items():
            if not isinstance(symbol, dict) or symbol.get(name) != value:
                came = symbol.get(name, "nothing") if isinstance(symbol, dict) else "no object"
                return Contradicted(f"a symbol has {name}: {came!r}")
    reply = wire.ask("GET", "/eapi/v1/marginAccount?" + wire.signed(f"timestamp={wire.now_ms()}"))
    if reply.status != 200:
        return Open(f"symbols are so, and the account can't be looked at: {reply}")
    group = reply.get("tradeGroupId")
    return judged((group == -1, f"the account has tradeGroupId: {group!r}"))


def _ticks(wire: Wire) -> Verdict:
    symbols = wire.ask("GET", "/eapi/v1/exchangeInfo").get("optionSymbols")
    found = {
        (symbol.get("underlying"), name, value)
        for symbol in (symbols if isinstance(symbols, list) else ())
        if isinstance(symbol, dict) and symbol.get("underlying") in _TICKS
        for listed in (symbol.get("filters") or ())
        if isinstance(listed, dict)
        for name, value in listed.items()
        if name in ("tickSize", "stepSize")
    }
    if not found:
        return Open("the exchange lists no options on BTC and ETH with filters")
    for underlying, name, value in sorted(found, key=str):
        wanted = _TICKS[str(underlying)] if name == "tickSize" else "0.01"
        if not _same(value, wanted):
            return Contradicted(f"{underlying} has {name}: {value!r}")
    return Confirmed()


def _same(value: object, number: str) -> bool:
    try:
        return Decimal(str(value)) == Decimal(number)
    except InvalidOperation:
        return False


def _redirect(wire: Wire) -> Verdict:
    reply = wire.ask("GET", "/eapi/v1/time")
    return judged((not 300 <= reply.status < 400, f"{reply.status}"))


def _headers(wire: Wire) -> Verdict:
    plain = wire.ask("POST", LISTEN_KEY)
    odd = wire.ask("POST", LISTEN_KEY, headers=(("User-Agent", "other/1"), ("X-Note", "none")))
    same = (odd.status, odd.get("listenKey")) == (plain.status, plain.get("listenKey"))
    return judged((same, odd))


QUESTIONS = (
    Question(
        "Any request weighs at least 1, errors and unknown paths included; the margin account"
        " weighs 3",
        _weight,
    ),
    Question(
        "Symbols have the contract type CRYPTO_OPTIONS, the underlying type CRYPTO and no naked"
        " selling, an account the trade group -1",
        _names,
    ),
    Question(
        "Prices go in ticks of 5 (BTC) and 0.1 (ETH), quantities in steps of 0.01",
        _ticks,
        part="the sizes of ticks and steps",
    ),
    Question("The exchange never redirects a request that works", _redirect),
    Question(
        "An answer does not depend on the request's headers",
        _headers,
        part="User-Agent, and a header that nobody knows",
    ),
)
