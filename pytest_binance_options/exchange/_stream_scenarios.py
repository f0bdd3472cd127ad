"""Bad days of the user data stream, one line each, as users of many clients have reported them:
what happens to connections and listen keys. Those of single events are in
:mod:`pytest_binance_options.exchange._event_scenarios`.

Each takes the exchange, and ends with ``exchange.reset()``. What a scenario does to the streams it
does through ``exchange.streams``, where its parts can be had singly.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from .._checks import one_of
from . import events, fault
from ._accounts import Account
from ._begun import scenario
from ._event_values import Event

if TYPE_CHECKING:
    from ._exchange import Exchange
    from ._faults import Fault
    from ._stream_hub import StreamHub

__all__ = [
    "born_a_zombie",
    "day_is_over",
    "expired_twice",
    "expires_early",
    "idle_drop",
    "network_gone",
    "old_address_falls_silent",
    "path_form_falls_silent",
    "pongs_lost",
    "server_shutdown",
    "silenced_by_another_consumer",
    "stale_key_on_reconnect",
    "zombie_socket",
]


@scenario
def expired_twice(exchange: Exchange, *, times: int = 2) -> None:
    """When the listen key dies, listenKeyExpired comes ``times`` times, and the socket stays open.

    What users see: a handler that makes a new key and a new connection on each notice ends up with
    two of each; one that waits for the socket to close waits for ever.

    https://github.com/oliver-zehentleitner/unicorn-binance-websocket-api/issues/275,
    https://github.com/nardew/cryptoxlib-aio/issues/65
    """
    exchange.streams.expired_notices = times
    exchange.streams.on_expiry = "open"


@scenario
def expires_early(
    exchange: Exchange, account: Account | str | None = None, *, after_minutes: float = 0
) -> None:
    """Now, or after so many minutes on the exchange's clock, the listen key expires, with
    listenKeyExpired, though every keepalive was answered with 200.

    What users see: a hundred new keys in three hours; a client that renews on time and takes the
    notice for impossible, or can't read it, is deaf from then on.

    https://github.com/ccxt/go-binance/issues/510, https://github.com/JKorf/Binance.Net/issues/796
    """
    _later(exchange, account, after_minutes, lambda _streams, owner: owner.expire_listen_key())


@scenario
def silenced_by_another_consumer(exchange: Exchange, account: Account | str | None = None) -> None:
    """Another process on the same account closes the listen key, as its client does when it shuts
    down. The connection stays open and nothing comes.

    What users see: fills that are only found out by polling. A later DELETE of their own gets
    -1125.

    https://github.com/sammchardy/python-binance/issues/264,
    https://github.com/oliver-zehentleitner/unicorn-binance-websocket-api/issues/396,
    https://github.com/ccxt/binance-api-node/issues/294
    """
    with exchange.lock:
        exchange.streams.on_close = "silent"
        exchange.accounts.resolve(account).close_listen_key()


@scenario
def stale_key_on_reconnect(exchange: Exchange, account: Account | str | None = None) -> None:
    """The connections drop, and by the time the client is back the listen key is another one. A
    connection made with the old key is accepted and stays silent.

    What users see: a client that keeps its key across reconnects is connected, gets its pings, and
    learns of its fills only where it compares positions over REST.

    https://github.com/nautechsystems/nautilus_trader/issues/3861
    """
    with exchange.lock:
        owner = exchange.accounts.resolve(account)
        exchange.streams.drop(owner)
        exchange.streams.dead_key = "silent"
        owner.close_listen_key()


@scenario
def day_is_over(exchange: Exchange, *missed: Event, account: Account | str | None = None) -> None:
    """The connections are closed as at the 24 hour mark, and ``missed`` happens before the client
    is back.

    What users see: orders that are filled on the exchange and open in their books. What was lost is
    not sent again; a client has to ask for orders and positions after every reconnect.

    https://github.com/oliver-zehentleitner/unicorn-binance-websocket-api/issues/15,
    https://github.com/oliver-zehentleitner/unicorn-binance-websocket-api/issues/42
    """
    with exchange.lock:
        owner = exchange.accounts.resolve(account)
        exchange.streams.close(owner)
        for event in missed:
            exchange.emit(event, owner)


@scenario
def zombie_socket(
    exchange: Exchange, account: Account | str | None = None, *, after_minutes: float = 0
) -> None:
    """Now, or after so many minutes on the exchange's clock, the connections turn into zombies:
    pings come and are answered, events don't come. A new connection is sound.

    What users see: no error, no disconnect, no orders. Only an event that fails to come can tell.

    https://github.com/binance/binance-connector-js/issues/135,
    https://github.com/oliver-zehentleitner/unicorn-binance-websocket-api/issues/284
    """
    _later(exchange, account, after_minutes, lambda streams, owner: streams.zombie(owner))


@scenario
def born_a_zombie(exchange: Exchange, *, times: int = 1) -> None:
    """The next new connection, or the next ``times``, gets its pings and no events, from the
    beginning. The one after that is sound.

    What users see: now and then a start, or a reconnect, after which nothing ever comes; a restart
    helps. A client that takes the handshake for the proof doesn't try again.

    https://github.com/binance/binance-connector-js/issues/135,
    https://github.com/oliver-zehentleitner/unicorn-binance-websocket-api/issues/284
    """
    exchange.streams.zombie_next(times=times)


@scenario
def idle_drop(
    exchange: Exchange, account: Account | str | None = None, *, after_minutes: float = 0
) -> None:
    """Now, or after so many minutes on the exchange's clock, the connections end without a close
    frame.

    What users see: a connection that "silently terminates"; a client that handles close frames only
    never reconnects.

    https://github.com/binance/binance-connector-rust/issues/74
    """
    _later(exchange, account, after_minutes, lambda streams, owner: streams.drop(owner))


@scenario
def pongs_lost(exchange: Exchange) -> None:
    """The exchange doesn't see the pongs, though they are sent: each connection is closed with 1008
    "Pong timeout" ten minutes after its first ping.

    What users see: a disconnect every ten to twenty minutes, in the quietest hours too, and with
    each the events of the seconds until they are back.

    https://github.com/hummingbot/hummingbot/issues/7044,
    https://github.com/ccxt/php-binance-api/issues/453
    """
    exchange.streams.pongs = "lost"


@scenario
def server_shutdown(
    exchange: Exchange, account: Account | str | None = None, *, minutes: float = 10
) -> None:
    """The connections are told serverShutdown, and so many minutes later on the exchange's clock
    they are closed. Connections made later are sound.

    The event is spot's, and comes as events of the stream do; Options' pages don't have it. (The
    official SDK connects again when it comes in the form that spot's WebSocket API has:
    ``streams.send_text('{"event":{"e":"serverShutdown","E":...}}')``.)

    What users see: an event of a type that their handler doesn't know; one that waits for the close
    instead of moving at once loses what happens before it is back.

    https://developers.binance.com/docs/binance-spot-api-docs/web-socket-streams, under General WSS
    information; https://github.com/binance/binance-connector-python, binance_common/websocket.py
    """
    with exchange.lock:
        owner = exchange.accounts.resolve(account)
        told = [one for one in exchange.streams.connections if owner.name in one.account_names]
        exchange.emit(events.server_shutdown(), owner)

        def close(_streams: StreamHub, _owner: Account) -> None:
            for connection in told:
                connection.close(1001)

        _later(exchange, owner, minutes, close)


@scenario
def old_address_falls_silent(exchange: Exchange) -> None:
    """The addresses from before the streams were routed (without /private) take the listen key, and
    nothing ever comes. The exchange does so to begin with.

    What users see: a client that has not been updated connects without an error and gets no event.

    https://github.com/hummingbot/hummingbot/issues/8035,
    https://github.com/ccxt/go-binance/issues/812
    """
    exchange.streams.legacy = "silent"


@scenario
def network_gone(exchange: Exchange, *, minutes: float = 5, form: str = "reset") -> Fault:
    """The network is gone for so many minutes on the exchange's clock: connections drop, and every
    request and handshake fails, with a broken connection or, where ``form`` is "timeout", for want
    of an answer. After that all is well. What happens meanwhile is lost. Raises UsageError for
    another form.

    What users see: market data and orders come back by themselves, and the user's own stream never
    does: its one try to connect again has failed.

    https://github.com/hummingbot/hummingbot/issues/7590,
    https://github.com/hummingbot/hummingbot/issues/7679
    """
    one_of("form", form, ("reset", "timeout"))
    with exchange.lock:
        over = exchange.clock.now_ms + round(minutes * 60_000)
        exchange.streams.refuse_handshakes(form, seconds=minutes * 60)
        exchange.streams.drop()
        effect = fault.reset() if form == "reset" else fault.timeout()
        return exchange.faults.add(effect, while_=lambda _request: exchange.clock.now_ms < over)


@scenario
def path_form_falls_silent(exchange: Exchange) -> None:
    """Connections with the listen key in the path, /private/ws/<listenKey>, are made and get their
    pings, and nothing else comes. With ?listenKey=<listenKey> everything works.

    What users see: no error and no event, in production alone: the testnet took both forms.

    https://github.com/ccxt/go-binance/issues/812,
    https://github.com/oliver-zehentleitner/unicorn-binance-websocket-api/issues/445
    """
    exchange.streams.path_form = "silent"


def _later(
    exchange: Exchange,
    account: Account | str | None,
    minutes: float,
    act: Callable[[StreamHub, Account], object],
) -> None:
    with exchange.lock:
        owner = exchange.accounts.resolve(account)
        if minutes <= 0:
            act(exchange.streams, owner)
        else:
            when = exchange.clock.now_ms + round(minutes * 60_000)
            exchange.clock.call_at(when, lambda: act(exchange.streams, owner))
