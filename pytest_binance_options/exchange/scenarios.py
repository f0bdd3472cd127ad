"""Bad days, one line each: what users of many clients report again and again, ready to be met in a
test.

Here are those that a client of the REST API meets; those of an account, of orders, of the stream
and of its events come from the modules named after them, and are offered here too. All end with
``exchange.reset()``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .._checks import one_of
from .._messages import Headers, Request
from .._products import OPTIONS
from ..errors import UsageError
from . import fault
from ._account_scenarios import api_key_revoked, key_of_the_other_environment, options_not_enabled
from ._accounts import Account
from ._begun import scenario
from ._event_scenarios import (
    duplicate_events,
    event_before_reply,
    frame_that_is_no_json,
    one_event_lost,
    out_of_order,
)
from ._order_scenarios import (
    cancel_comes_too_late,
    disconnect_between_fills,
    fill_before_reply,
    order_of_unknown_outcome,
)
from ._signatures import ApiKey
from ._stream_scenarios import (
    born_a_zombie,
    day_is_over,
    expired_twice,
    expires_early,
    idle_drop,
    network_gone,
    old_address_falls_silent,
    path_form_falls_silent,
    pongs_lost,
    server_shutdown,
    silenced_by_another_consumer,
    stale_key_on_reconnect,
    zombie_socket,
)

if TYPE_CHECKING:
    from ._exchange import Exchange
    from ._faults import Fault

__all__ = [
    "api_key_revoked",
    "born_a_zombie",
    "cancel_comes_too_late",
    "clock_skew",
    "closed_by_another_consumer",
    "day_is_over",
    "disconnect_between_fills",
    "duplicate_events",
    "endpoint_moved",
    "event_before_reply",
    "expired_twice",
    "expires_early",
    "fill_before_reply",
    "frame_that_is_no_json",
    "idle_drop",
    "keepalive_at_the_boundary",
    "keepalive_error_swallowed",
    "key_lost",
    "key_of_the_other_environment",
    "network_gone",
    "old_address_falls_silent",
    "one_event_lost",
    "one_failed_keepalive",
    "options_not_enabled",
    "order_of_unknown_outcome",
    "out_of_order",
    "path_form_falls_silent",
    "pongs_lost",
    "rate_limited_then_banned",
    "server_shutdown",
    "silenced_by_another_consumer",
    "stale_key_on_reconnect",
    "unknown_outcome_on_close",
    "unknown_outcome_on_keepalive",
    "zombie_socket",
]

_LISTEN_KEY_PATH = OPTIONS.listen_key_path
# From the range that is set aside for documentation (RFC 5737): nobody's test counts on its weight.
_ANOTHER_ADDRESS = "192.0.2.1"
# As it was when spot's listen keys were retired, on 2026-02-20.
_GONE = "\r\n".join(
    (
        "<html>",
        "<head><title>410 Gone</title></head>",
        "<body>",
        "<center><h1>410 Gone</h1></center>",
        "<hr><center>nginx</center>",
        "</body>",
        "</html>",
        "",
    )
)


@scenario
def keepalive_error_swallowed(exchange: Exchange, *, times: int = 3) -> Fault:
    """The next ``times`` keepalives end in a broken connection, and are not executed.

    What users see: a line in the log if any, and an hour after the last good keepalive a stream
    without events. A client that takes no notice of the error, and has its next try half an hour
    later, has lost the key by then.

    https://github.com/oliver-zehentleitner/unicorn-binance-websocket-api/issues/301
    """
    return exchange.faults.add(fault.reset(), method="PUT", path=_LISTEN_KEY_PATH, times=times)


@scenario
def key_lost(
    exchange: Exchange, account: Account | str | None = None, *, after_minutes: float = 0
) -> Account:
    """Now, or after so many minutes on the exchange's clock, the listen key is no more: each
    keepalive gets -1125 until there has been a new POST. Raises UsageError where there is no key to
    lose now.

    What users see: the same error at every keepalive, for ever, in clients that never ask for a new
    key.

    https://github.com/sammchardy/python-binance/issues/28, https://github.com/c9s/bbgo/issues/1002
    """
    with exchange.lock:
        owner = exchange.accounts.resolve(account)
        if after_minutes > 0:
            exchange.clock.call_at(
                exchange.clock.now_ms + round(after_minutes * 60_000), owner.close_listen_key
            )
        elif not owner.close_listen_key():
            raise UsageError(
                f"The account {owner.name!r} has no listen key to lose. Let the client start one"
                " first, or say after_minutes=."
            )
        return owner


@scenario
def keepalive_at_the_boundary(exchange: Exchange, *, seconds: float = 1) -> Fault:
    """Every keepalive is ``seconds`` under way on the exchange's clock: one that is sent in the
    last of them before the hour is over comes too late, and gets -1125.

    What users see: a stream that dies after an hour or after five, though the client keeps to the
    documentation's "about every 60 minutes", that is the validity itself.
    (unicorn-binance-websocket-api went from 30 minutes to 10.)

    https://github.com/oliver-zehentleitner/unicorn-binance-websocket-api/blob/master/CHANGELOG.md,
    under 1.42.0
    """
    return exchange.faults.add(fault.delay(seconds), method="PUT", path=_LISTEN_KEY_PATH)


@scenario
def closed_by_another_consumer(exchange: Exchange, account: Account | str | None = None) -> ApiKey:
    """Another program on the same account, with an API key of its own, closes the listen key when
    it shuts down. Returns that API key. (:func:`silenced_by_another_consumer` is the same with a
    stream that isn't told.)

    What users see: one bot stops, and the other one gets no events any more; its own close, later,
    meets -1125.

    https://github.com/sammchardy/python-binance/issues/264,
    https://github.com/oliver-zehentleitner/unicorn-binance-websocket-api/issues/396,
    https://github.com/ccxt/binance-api-node/issues/294
    """
    with exchange.lock:
        other = exchange.accounts.resolve(account).add_api_key()
        headers = Headers({"X-MBX-APIKEY": other.api_key})
        # Where a fault has it wait for its answer, nobody else does.
        exchange.begin(Request("DELETE", _LISTEN_KEY_PATH, headers, client=_ANOTHER_ADDRESS))
        return other


@scenario
def one_failed_keepalive(exchange: Exchange) -> Fault:
    """The next keepalive fails with a 503 and isn't executed. The key lives on.

    What users see: a client that throws its key away for that, and then connects to an address
    without one ("can only concatenate str"), or leaves a stream behind that nobody reads.

    https://github.com/ccxt/ccxt/issues/9856, https://github.com/ccxt/ccxt/issues/15396
    """
    return exchange.faults.add(
        fault.service_unavailable(), method="PUT", path=_LISTEN_KEY_PATH, times=1
    )


@scenario
def rate_limited_then_banned(
    exchange: Exchange, client: str = "127.0.0.1", *, patience: int = 3
) -> None:
    """The weight of the current minute is used up for the address ``client``: 429 with Retry-After
    until the minute is over, and after ``patience`` more requests within it 418, a ban of two
    minutes.

    What users see: retries that make it worse, each ban longer than the one before. Retry-After has
    seconds, the text has "banned until" in ms since the epoch; a client that reads neither comes
    back too early.

    https://github.com/hummingbot/hummingbot/issues/1291,
    https://github.com/oliver-zehentleitner/unicorn-binance-websocket-api/issues/398,
    https://github.com/oliver-zehentleitner/unicorn-binance-websocket-api/issues/330
    """
    with exchange.lock:
        exchange.limits.requests_after_429 = patience
        exchange.limits.exhaust(client)


@scenario
def unknown_outcome_on_keepalive(exchange: Exchange, *, executed: bool = True) -> Fault:
    """The next keepalive gets the 503 that leaves open whether it was ``executed``.

    What users see: what is reported as failed has happened. Here that is harmless to who tries
    again soon; a client that makes a new key instead has two streams, or none.

    https://github.com/hummingbot/hummingbot/issues/6033
    """
    return exchange.faults.add(
        fault.unknown_outcome(executed=executed), method="PUT", path=_LISTEN_KEY_PATH, times=1
    )


@scenario
def unknown_outcome_on_close(exchange: Exchange, *, executed: bool = True) -> Fault:
    """The next close gets the 503 that leaves open whether it was ``executed``. It was: a second
    try meets -1125.

    What users see: a shutdown that ends in an exception, from clients (the official SDK among them)
    that repeat a DELETE after a 5xx by themselves and take the -1125 that follows for a failure.

    https://github.com/hummingbot/hummingbot/issues/6033
    """
    return exchange.faults.add(
        fault.unknown_outcome(executed=executed), method="DELETE", path=_LISTEN_KEY_PATH, times=1
    )


@scenario
def clock_skew(exchange: Exchange, *, seconds: float = -2, drift_per_hour: float = 0) -> Fault:
    """The exchange's time is ahead of the client's by ``seconds`` (behind it, where negative), and
    by ``drift_per_hour`` more seconds each hour: signed requests get -1021. The listen key calls
    aren't signed, and go on.

    What users see: "1000ms ahead of the server's time" where the client's clock is fast, "outside
    of the recvWindow" where it is slow; with a drift, after days without either. A larger
    recvWindow is no help against the first.

    https://github.com/ccxt/ccxt/issues/2281
    """
    return exchange.faults.add(fault.skew(seconds, drift_per_hour=drift_per_hour))


@scenario
def endpoint_moved(exchange: Exchange, *, form: str = "html") -> Fault:
    """All three listen key calls are gone, from now on, and what answers in their place is not the
    exchange: 410 with nginx's HTML page, or, where ``form`` is "empty", 404 without a body. Raises
    UsageError for another form.

    What users see: an error of the JSON parser that hides what has happened, and an endless loop of
    retries over what will never come back. (:func:`old_address_falls_silent` is the stream's side
    of a move.)

    https://github.com/oliver-zehentleitner/unicorn-binance-websocket-api/issues/399,
    https://github.com/sammchardy/python-binance/issues/1614,
    https://github.com/hummingbot/hummingbot/issues/8035
    """
    one_of("form", form, ("html", "empty"))
    gone = fault.html(410, _GONE) if form == "html" else fault.status(404, "")
    return exchange.faults.add(gone, path=_LISTEN_KEY_PATH)
