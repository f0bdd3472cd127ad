"""Who gets which event: subscriptions, several connections and accounts, the end of a listen key,
odd addresses."""

from __future__ import annotations

import json

import pytest

from pytest_binance_options._frames import Close, Drop, Ping, Text
from pytest_binance_options._messages import Response
from pytest_binance_options._products import OPTIONS
from pytest_binance_options.errors import UsageError
from pytest_binance_options.exchange import Account, Exchange, events
from pytest_binance_options.exchange._stream_hub import StreamConnection
from tests.support.usd_m import USD_M

from .listening import ask, connected, event_types, new_key, say, texts

FILL = events.order_trade_update(status="FILLED")


@pytest.fixture
def exchange() -> Exchange:
    exchange = Exchange(products=(OPTIONS,))
    exchange.open_account("mine")
    return exchange


@pytest.fixture
def account(exchange: Exchange) -> Account:
    return exchange.accounts["mine"]


# Addresses and envelopes


def test_the_raw_address_gives_bare_payloads(exchange: Exchange, account: Account) -> None:
    connection = connected(exchange, f"/private/ws/{new_key(exchange, account)}")
    assert exchange.streams.emit(FILL) == 1
    assert texts(connection.take()) == [FILL.at(exchange.clock.now_ms)]


def test_the_combined_address_wraps_payloads_with_the_listen_key(
    exchange: Exchange, account: Account
) -> None:
    key = new_key(exchange, account)
    connection = connected(exchange, f"/private/stream?streams={key}")
    exchange.streams.emit(FILL)
    assert texts(connection.take()) == [{"stream": key, "data": FILL.at(exchange.clock.now_ms)}]


def test_subscribing_and_unsubscribing_on_a_connection_without_a_key(
    exchange: Exchange, account: Account
) -> None:
    key = new_key(exchange, account)
    for target in ("/private/stream", "/private/ws"):
        connection = connected(exchange, target)
        assert exchange.streams.emit(FILL) == 0
        say(connection, method="SUBSCRIBE", params=[key], id=1)
        say(connection, method="SUBSCRIBE", params=[key], id=2)
        exchange.streams.emit(FILL)
        say(connection, method="UNSUBSCRIBE", params=[key], id=3)
        assert exchange.streams.emit(FILL) == 0
        answers = texts(connection.take())
        assert [message.get("id") for message in answers] == [1, 2, None, 3]
        assert ("stream" in answers[2]) == (target == "/private/stream")


def test_the_combined_property_changes_the_envelope(exchange: Exchange, account: Account) -> None:
    connection = connected(exchange, f"/private/ws/{new_key(exchange, account)}")
    say(connection, method="SET_PROPERTY", params=["combined", True], id=1)
    exchange.streams.emit(FILL)
    assert set(texts(connection.take())[1]) == {"stream", "data"}


@pytest.mark.parametrize("route", ["public", "market"])
def test_public_and_market_streams_send_pings_and_nothing_else(
    exchange: Exchange, account: Account, route: str
) -> None:
    key = new_key(exchange, account)
    connection = connected(exchange, f"/{route}/ws/{key}")
    say(connection, method="SUBSCRIBE", params=[key], id=1)
    connection.take()
    assert exchange.streams.emit(FILL) == 0
    exchange.clock.advance(minutes=3)
    [frame] = connection.take()
    assert isinstance(frame, Ping)


def test_an_unknown_address_is_refused(exchange: Exchange) -> None:
    refused = exchange.connect("/private/userdata")
    assert isinstance(refused, Response)
    assert refused.status == 404
    assert json.loads(refused.body) == {
        "code": -1020,
        "msg": (
            "There is no stream at /private/userdata. There are /private/ws/<listenKey>, "
            "/private/ws?listenKey=<listenKey>, /private/stream?streams=<listenKey>, "
            "/private/stream?listenKey=<listenKey> and /private/stream with a SUBSCRIBE, "
            "and the same under /public and /market."
        ),
    }
    assert refused.missing == 0


def test_more_streams_in_the_address_than_a_connection_may_have_are_refused(
    exchange: Exchange,
) -> None:
    connected(exchange, "/private/stream?streams=" + "/".join(map(str, range(200))))
    refused = exchange.connect("/private/stream?streams=" + "/".join(map(str, range(201))))
    assert isinstance(refused, Response)
    assert (refused.status, json.loads(refused.body)["msg"]) == (
        400,
        "201 streams in the address; 200 may be.",
    )


@pytest.mark.parametrize("target", ["/ws/{}", "/stream?streams={}", "/ws?listenKey={}"])
@pytest.mark.parametrize("bogus", [False, True])
def test_an_address_that_is_not_routed_is_accepted_and_silent(
    exchange: Exchange, account: Account, target: str, bogus: bool
) -> None:
    """Binance: USD-M Futures, "Websocket Market Streams": what belongs to /private is not pushed on
    unrouted connections. The handshake completes, whatever the key."""
    key = new_key(exchange, account)
    silent = connected(exchange, target.format("bogus" if bogus else key))
    assert exchange.streams.emit(FILL) == 0
    exchange.clock.advance(minutes=3)
    assert [type(frame) for frame in silent.take()] == [Ping]
    exchange.clock.advance(hours=1)
    assert event_types(silent) == []


@pytest.mark.parametrize("target", ["/eoptions/ws/{}", "/eoptions/stream?streams={}"])
def test_an_address_whose_host_is_gone_is_refused(
    exchange: Exchange, account: Account, target: str
) -> None:
    address = target.format(new_key(exchange, account))
    for legacy in ("silent", "refuse"):
        exchange.streams.legacy = legacy
        refused = exchange.connect(address)
        assert isinstance(refused, Response)
        assert refused.status == 404
    exchange.streams.legacy = "accept"
    connected(exchange, address)
    assert exchange.streams.emit(FILL) == 1


@pytest.mark.parametrize("target", ["/ws/{}", "/stream?streams={}"])
def test_old_addresses_can_be_refused_or_accepted(
    exchange: Exchange, account: Account, target: str
) -> None:
    address = target.format(new_key(exchange, account))
    exchange.streams.legacy = "refuse"
    refused = exchange.connect(address)
    assert isinstance(refused, Response)
    assert refused.status == 404
    assert 'exchange.streams.legacy = "accept"' in json.loads(refused.body)["msg"]
    assert account.listen_key not in json.loads(refused.body)["msg"]

    exchange.streams.legacy = "accept"
    accepted = connected(exchange, address)
    assert exchange.streams.emit(FILL) == 1
    assert event_types(accepted) == ["ORDER_TRADE_UPDATE"]


# Who gets an event


def test_every_connection_of_the_account_gets_each_event_once_and_in_order(
    exchange: Exchange, account: Account
) -> None:
    key = new_key(exchange, account)
    connections = [
        connected(exchange, f"/private/ws/{key}"),
        connected(exchange, f"/private/stream?streams={key}/{key}"),
        connected(exchange, f"/private/ws/{key}"),
    ]
    for n in range(100):
        assert exchange.streams.emit(events.order_trade_update(order_id=n)) == 3
    for connection in connections:
        received = [message.get("data", message)["o"]["i"] for message in texts(connection.take())]
        assert received == list(range(100))


def test_an_event_is_for_one_account_only(exchange: Exchange, account: Account) -> None:
    other = exchange.open_account("other")
    mine = connected(exchange, f"/private/ws/{new_key(exchange, account)}")
    both = connected(
        exchange, f"/private/stream?streams={account.listen_key}/{new_key(exchange, other)}"
    )
    assert exchange.streams.emit(FILL, other) == 1
    assert exchange.streams.emit(FILL, "mine") == 2
    assert len(event_types(mine)) == 1
    assert [message["stream"] for message in texts(both.take())] == [
        other.listen_key,
        account.listen_key,
    ]


def test_with_several_accounts_the_account_has_to_be_named(exchange: Exchange) -> None:
    exchange.open_account("other")
    with pytest.raises(UsageError) as caught:
        exchange.streams.emit(FILL)
    assert str(caught.value) == (
        "Which account? There are: mine, other. Name one, or open one with exchange.open_account()."
    )


def test_an_event_while_nobody_listens_is_lost(exchange: Exchange, account: Account) -> None:
    assert exchange.streams.emit(FILL) == 0
    key = new_key(exchange, account)
    assert exchange.streams.emit(FILL) == 0
    connection = connected(exchange, f"/private/ws/{key}")
    assert connection.take() == []
    connection.receive(Drop())
    assert exchange.streams.emit(FILL) == 0


def test_event_times_are_the_exchanges(exchange: Exchange, account: Account) -> None:
    connection = connected(exchange, f"/private/ws/{new_key(exchange, account)}")
    exchange.clock.advance(seconds=5)
    exchange.streams.emit(events.account_update())
    exchange.streams.emit(events.account_update(event_time=1, transaction_time=2))
    first, second = texts(connection.take())
    assert (first["E"], first["T"]) == (exchange.clock.now_ms, exchange.clock.now_ms)
    assert (second["E"], second["T"]) == (1, 2)


def test_all_six_events_and_a_raw_one_arrive(exchange: Exchange, account: Account) -> None:
    connection = connected(exchange, f"/private/ws/{new_key(exchange, account)}")
    for event in (
        events.account_update(),
        events.balance_position_update(),
        FILL,
        events.greek_update(),
        events.risk_level_change(),
        events.listen_key_expired(),
        events.raw({"e": "NEW_KIND"}),
    ):
        exchange.streams.emit(event)
    assert event_types(connection) == [
        *("ACCOUNT_UPDATE", "BALANCE_POSITION_UPDATE", "ORDER_TRADE_UPDATE", "GREEK_UPDATE"),
        *("RISK_LEVEL_CHANGE", "listenKeyExpired", "NEW_KIND"),
    ]


@pytest.mark.parametrize("target", ["/private/ws/{}", "/private/ws?listenKey={}"])
def test_payloads_at_the_raw_address_are_wrapped_where_the_setting_says_so(
    exchange: Exchange, account: Account, target: str
) -> None:
    """Binance: Options, "User Data Streams" (2026) has payloads wrapped "on the WebSocket
    connection"; raw ones were seen of USD-M
    (oliver-zehentleitner/unicorn-binance-websocket-api#445)."""
    key = new_key(exchange, account)
    connection = connected(exchange, target.format(key))
    exchange.emit(events.account_update())
    exchange.streams.envelope = "always"
    exchange.emit(events.account_update())
    raw, wrapped = texts(connection.take())
    assert raw["e"] == "ACCOUNT_UPDATE"
    assert wrapped == {"stream": key, "data": raw}


# Which of its events
#
# Binance: "Important WebSocket Change Notice" (USD-M Futures, 2026-03-05); ccxt/ccxt#28091.


def emit_two(exchange: Exchange) -> list[int]:
    return [exchange.emit(FILL), exchange.emit(events.account_update())]


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        ("/private/ws?listenKey={}", ["ORDER_TRADE_UPDATE", "ACCOUNT_UPDATE"]),
        ("/private/ws?listenKey={}&events=ACCOUNT_UPDATE", ["ACCOUNT_UPDATE"]),
        ("/private/ws?events=ACCOUNT_UPDATE&listenKey={}", ["ACCOUNT_UPDATE"]),
        (
            "/private/ws?listenKey={}&events=ACCOUNT_UPDATE/ORDER_TRADE_UPDATE",
            ["ORDER_TRADE_UPDATE", "ACCOUNT_UPDATE"],
        ),
        ("/private/ws?listenKey={}&events=NO_SUCH_EVENT", []),
        ("/private/stream?listenKey={}&events=ORDER_TRADE_UPDATE", ["ORDER_TRADE_UPDATE"]),
        # asked for twice, and sent once
        (
            "/private/ws?listenKey={0}&events=ORDER_TRADE_UPDATE&listenKey={0}",
            ["ORDER_TRADE_UPDATE", "ACCOUNT_UPDATE"],
        ),
    ],
)
def test_an_address_can_say_which_events_shall_come(
    exchange: Exchange, account: Account, target: str, expected: list[str]
) -> None:
    connection = connected(exchange, target.format(new_key(exchange, account)))
    assert sum(emit_two(exchange)) == len(expected)
    assert event_types(connection) == expected


def test_the_address_with_a_query_is_raw_at_ws_and_wrapped_at_stream(
    exchange: Exchange, account: Account
) -> None:
    key = new_key(exchange, account)
    raw = connected(exchange, f"/private/ws?listenKey={key}&events=ORDER_TRADE_UPDATE")
    wrapped = connected(exchange, f"/private/stream?listenKey={key}&events=ORDER_TRADE_UPDATE")
    exchange.emit(FILL)
    assert [sorted(message) for message in texts(raw.take())] == [["E", "T", "e", "o"]]
    [message] = texts(wrapped.take())
    assert (sorted(message), message["stream"]) == (["data", "stream"], key)


def test_an_address_can_have_several_keys_each_with_its_own_events(
    exchange: Exchange, account: Account
) -> None:
    other = exchange.open_account("other")
    mine, theirs = new_key(exchange, account), new_key(exchange, other)
    connection = connected(
        exchange,
        f"/private/stream?listenKey={mine}&events=ORDER_TRADE_UPDATE&listenKey={theirs}",
    )
    for owner in (account, other):
        exchange.emit(FILL, owner)
        exchange.emit(events.account_update(), owner)
    assert [(heard["stream"], heard["data"]["e"]) for heard in texts(connection.take())] == [
        (mine, "ORDER_TRADE_UPDATE"),
        (theirs, "ORDER_TRADE_UPDATE"),
        (theirs, "ACCOUNT_UPDATE"),
    ]


@pytest.mark.parametrize(("events_asked_for", "notices"), [("", 1), ("&events=ACCOUNT_UPDATE", 0)])
def test_the_list_counts_for_the_notice_of_expiry_too(
    exchange: Exchange, account: Account, events_asked_for: str, notices: int
) -> None:
    """Measured of USD-M by the authors of jabdori/maxt, 2026-07-31: a socket whose list has not
    listenKeyExpired does not get it."""
    key = new_key(exchange, account)
    connection = connected(exchange, f"/private/ws?listenKey={key}{events_asked_for}")
    exchange.clock.advance(hours=1)
    assert event_types(connection) == ["listenKeyExpired"] * notices


def test_an_item_with_events_can_be_subscribed_to_listed_and_given_up(
    exchange: Exchange, account: Account
) -> None:
    name = f"listenKey={new_key(exchange, account)}&events=ACCOUNT_UPDATE"
    connection = connected(exchange, "/private/stream")
    say(connection, method="SUBSCRIBE", params=[name], id=1)
    say(connection, method="LIST_SUBSCRIPTIONS", id=2)
    assert texts(connection.take()) == [{"result": None, "id": 1}, {"result": [name], "id": 2}]
    assert emit_two(exchange) == [0, 1]
    assert event_types(connection) == ["ACCOUNT_UPDATE"]
    say(connection, method="UNSUBSCRIBE", params=[name], id=3)
    assert emit_two(exchange) == [0, 0]
    # The plain key is another item.
    say(connection, method="SUBSCRIBE", params=[account.listen_key], id=4)
    say(connection, method="UNSUBSCRIBE", params=[name], id=5)
    assert emit_two(exchange) == [1, 1]


def test_a_dead_key_in_a_query_is_one_too(exchange: Exchange, account: Account) -> None:
    exchange.streams.dead_key = "refuse"
    connected(exchange, f"/private/ws?listenKey={new_key(exchange, account)}&events=A")
    assert isinstance(exchange.connect("/private/ws?listenKey=neverwas&events=A"), Response)


def test_a_connection_with_a_key_in_its_query_ends_with_that_key(
    exchange: Exchange, account: Account
) -> None:
    exchange.streams.on_close = "close"
    key = new_key(exchange, account)
    connection = connected(exchange, f"/private/ws?listenKey={key}&events=ACCOUNT_UPDATE")
    ask(exchange, account, "DELETE")
    assert connection.closed


# The end of a listen key


def test_an_expired_key_sends_its_notice_and_then_nothing(
    exchange: Exchange, account: Account
) -> None:
    key = new_key(exchange, account)
    connection = connected(exchange, f"/private/ws/{key}")
    exchange.clock.advance(minutes=59, seconds=59, milliseconds=999)
    exchange.streams.emit(FILL)
    assert event_types(connection) == ["ORDER_TRADE_UPDATE"]
    exchange.clock.advance(milliseconds=1)
    frames = [frame for frame in connection.take() if isinstance(frame, Text)]
    assert texts(frames) == [
        {"e": "listenKeyExpired", "E": str(exchange.clock.now_ms), "listenKey": key}
    ]
    assert exchange.streams.emit(FILL) == 0
    new = new_key(exchange, account)
    assert new != key
    assert exchange.streams.emit(FILL) == 0
    assert not connection.closed
    # The same connection can take up the new key.
    say(connection, method="SUBSCRIBE", params=[new], id=1)
    exchange.streams.emit(FILL)
    assert event_types(connection) == ["ORDER_TRADE_UPDATE"]


def test_a_keepalive_puts_the_notice_off(exchange: Exchange, account: Account) -> None:
    connection = connected(exchange, f"/private/ws/{new_key(exchange, account)}")
    exchange.clock.advance(minutes=30)
    ask(exchange, account, "PUT")
    exchange.clock.advance(minutes=59)
    assert event_types(connection) == []
    exchange.clock.advance(minutes=1)
    assert event_types(connection) == ["listenKeyExpired"]


def test_a_connection_may_be_closed_on_expiry(exchange: Exchange, account: Account) -> None:
    exchange.streams.on_expiry = "close"
    connection = connected(exchange, f"/private/ws/{new_key(exchange, account)}")
    exchange.clock.advance(hours=1)
    frames = connection.take()
    assert frames[-1] == Close(1000)
    assert texts(frames)[-1]["e"] == "listenKeyExpired"
    assert connection.ended_because == "its listen key has expired"


def test_a_delete_may_close_every_stream_of_the_key(exchange: Exchange, account: Account) -> None:
    """Binance: Options, User Data Streams, "Close User Data Stream"."""
    exchange.streams.on_close = "close"
    other = exchange.open_account("other")
    key, others = new_key(exchange, account), new_key(exchange, other)
    raw = connected(exchange, f"/private/ws/{key}")
    subscribed = connected(exchange, "/private/stream")
    say(subscribed, method="SUBSCRIBE", params=[key], id=1)
    both = connected(exchange, f"/private/stream?streams={key}/{others}")
    bystander = connected(exchange, f"/private/ws/{others}")
    ask(exchange, account, "DELETE")
    assert raw.take() == [Close(1000)]
    assert subscribed.take()[-1] == Close(1000)
    assert raw.ended_because == "its listen key was closed"
    # With another live key there is still something to listen to.
    assert exchange.streams.connections == [both, bystander]
    new_key(exchange, account)
    assert exchange.streams.emit(FILL, account) == 0
    assert exchange.streams.emit(FILL, other) == 2


def test_a_delete_leaves_connections_open_and_silent(exchange: Exchange, account: Account) -> None:
    """oliver-zehentleitner/unicorn-binance-websocket-api#275 (USD-M Futures)."""
    connection = connected(exchange, f"/private/ws/{new_key(exchange, account)}")
    ask(exchange, account, "DELETE")
    new_key(exchange, account)
    assert exchange.streams.emit(FILL) == 0
    exchange.clock.advance(minutes=3)
    assert [type(frame) for frame in connection.take()] == [Ping]


def test_a_dead_key_in_the_address_gives_a_silent_connection(
    exchange: Exchange, account: Account
) -> None:
    stale = new_key(exchange, account)
    exchange.clock.advance(hours=1)
    connections = [
        connected(exchange, f"/private/ws/{stale}"),
        connected(exchange, "/private/stream?streams=neverwas"),
    ]
    new_key(exchange, account)
    assert exchange.streams.emit(FILL) == 0
    exchange.clock.advance(minutes=3)
    assert [type(frame) for connection in connections for frame in connection.take()] == [
        Ping,
        Ping,
    ]


def test_a_dead_key_in_the_address_may_be_refused(exchange: Exchange, account: Account) -> None:
    exchange.streams.dead_key = "refuse"
    connected(exchange, f"/private/ws/{new_key(exchange, account)}")
    connected(exchange, "/private/stream")
    connected(exchange, "/public/ws/whatever")
    exchange.clock.advance(hours=1)
    for target in ("/private/ws/neverwas", "/private/stream?streams=neverwas"):
        refused = exchange.connect(target)
        assert isinstance(refused, Response)
        assert refused.status == 400
        assert json.loads(refused.body) == {"code": -1125, "msg": "This listenKey does not exist."}


# Disorders


def test_events_can_be_sent_more_than_once(exchange: Exchange, account: Account) -> None:
    exchange.streams.copies = 2
    connection = connected(exchange, f"/private/ws/{new_key(exchange, account)}")
    assert exchange.streams.emit(events.order_trade_update(order_id=1)) == 1
    exchange.streams.emit(events.order_trade_update(order_id=2))
    assert [message["o"]["i"] for message in texts(connection.take())] == [1, 1, 2, 2]


def test_the_expiry_notice_can_come_twice(exchange: Exchange, account: Account) -> None:
    exchange.streams.expired_notices = 2
    connection = connected(exchange, f"/private/ws/{new_key(exchange, account)}")
    exchange.clock.advance(hours=1)
    assert event_types(connection) == ["listenKeyExpired", "listenKeyExpired"]
    assert not connection.closed


def test_a_zombie_pings_and_answers_but_gets_no_event(exchange: Exchange, account: Account) -> None:
    other = exchange.open_account("other")
    key = new_key(exchange, account)
    zombie = connected(exchange, f"/private/ws/{key}")
    healthy = connected(exchange, f"/private/ws/{new_key(exchange, other)}")
    assert exchange.streams.zombie("mine") == 1
    assert exchange.streams.emit(FILL, account) == 0
    say(zombie, method="LIST_SUBSCRIPTIONS", id=1)
    exchange.clock.advance(minutes=3)
    assert [type(frame) for frame in zombie.take()] == [Text, Ping]
    assert exchange.streams.emit(FILL, other) == 1
    # A new connection is sound.
    fresh = connected(exchange, f"/private/ws/{key}")
    assert exchange.streams.emit(FILL, account) == 1
    assert event_types(fresh) == event_types(healthy) == ["ORDER_TRADE_UPDATE"]
    assert exchange.streams.zombie() == 3


def test_connections_can_be_dropped_or_closed_by_account(
    exchange: Exchange, account: Account
) -> None:
    other = exchange.open_account("other")
    mine = connected(exchange, f"/private/ws/{new_key(exchange, account)}")
    others = connected(exchange, f"/private/ws/{new_key(exchange, other)}")
    public = connected(exchange, "/public/stream")
    exchange.streams.emit(FILL, account)
    assert exchange.streams.drop(account) == 1
    assert [type(frame) for frame in mine.take()] == [Text, Drop]
    assert exchange.streams.close("other", 1012, "restart") == 1
    assert others.take() == [Close(1012, "restart")]
    assert exchange.streams.drop() == 1
    assert public.take() == [Drop()]
    assert exchange.streams.connections == []


def test_a_callback_that_ends_connections_in_the_middle_of_an_event_does_no_harm(
    exchange: Exchange, account: Account
) -> None:
    key = new_key(exchange, account)
    first, second = (connected(exchange, f"/private/ws/{key}") for _ in range(2))
    first.on_ready = second.drop
    assert exchange.streams.emit(FILL) == 1
    assert [type(frame) for frame in second.take()] == [Drop]


# What the exchange says about them


def test_the_state_counts_connections_and_shows_no_key(
    exchange: Exchange, account: Account
) -> None:
    key = new_key(exchange, account)
    connected(exchange, f"/private/stream?streams={key}")
    connected(exchange, "/market/ws/x@ticker")
    state = exchange.streams.state()
    now = exchange.clock.now_ms
    assert state == [
        {
            "route": "private",
            "combined": True,
            "since": now,
            "streams": 1,
            "accounts": ["mine"],
            "zombie": False,
        },
        {
            "route": "market",
            "combined": False,
            "since": now,
            "streams": 1,
            "accounts": [],
            "zombie": False,
        },
    ]
    assert repr(exchange.streams) == "<StreamHub, 2 connections>"


def test_a_reset_drops_every_connection(exchange: Exchange, account: Account) -> None:
    connection = connected(exchange, f"/private/ws/{new_key(exchange, account)}")
    told: list[StreamConnection] = []
    connection.on_ready = lambda: told.append(connection)
    exchange.reset()
    assert connection.take() == [Drop()]
    assert told == [connection]
    # The same key comes again after a reset: the old connection has no part in it.
    new_key(exchange, account)
    assert exchange.streams.emit(FILL) == 0


# One product more, whose addresses are another one's of the past


@pytest.fixture
def both() -> Exchange:
    exchange = Exchange(products=(OPTIONS, USD_M))
    exchange.open_account("mine")
    return exchange


def new_keys(exchange: Exchange) -> tuple[str, str]:
    options, usd_m = exchange.accounts["mine"].listen_keys.values()
    return options.start()[0], usd_m.start()[0]


def test_a_key_is_heard_at_its_own_product_s_addresses(both: Exchange) -> None:
    options, usd_m = new_keys(both)
    connections = [
        connected(both, target)
        for target in (
            f"/private/ws/{options}",
            f"/private/ws/{usd_m}",
            f"/ws/{usd_m}",
            # refused to Options alone, accepted here, and of no use to the key
            f"/ws/{options}",
        )
    ]
    assert both.emit(FILL) == 1
    assert both.emit(FILL, product=USD_M) == 2
    assert [len(connection.take()) for connection in connections] == [1, 1, 1, 0]


def test_an_address_that_is_of_the_past_for_all_products_is_refused(both: Exchange) -> None:
    _, usd_m = new_keys(both)
    refused = both.connect(f"/eoptions/ws/{usd_m}")
    assert isinstance(refused, Response)
    assert json.loads(refused.body)["msg"] == (
        'There is no stream at /eoptions/ws/<hidden> now (exchange.streams.legacy = "accept" has it'
        " as it was). There are /private/ws/<listenKey>, /private/ws?listenKey=<listenKey>,"
        " /private/stream?streams=<listenKey>, /private/stream?listenKey=<listenKey> and"
        " /private/stream with a SUBSCRIBE, and the same under /, /public and /market."
    )


def test_the_setting_for_old_addresses_is_about_the_product_that_left_them(both: Exchange) -> None:
    options, usd_m = new_keys(both)
    both.streams.legacy = "accept"
    old, today = connected(both, f"/ws/{options}"), connected(both, f"/ws/{usd_m}")
    assert (both.emit(FILL), both.emit(FILL, product=USD_M)) == (1, 1)
    both.streams.legacy = "silent"
    assert (both.emit(FILL), both.emit(FILL, product=USD_M)) == (0, 1)
    assert [len(connection.take()) for connection in (old, today)] == [1, 2]
    # an address that the other product never had
    connected(both, f"/stream?streams={options}")
    assert both.emit(FILL, product=USD_M) == 1


def test_one_connection_can_hear_the_keys_of_two_products(both: Exchange) -> None:
    both.streams.on_close = "close"
    options, usd_m = new_keys(both)
    connection = connected(both, f"/private/stream?streams={options}/{usd_m}")
    both.emit(FILL)
    both.emit(FILL, product=USD_M)
    assert [message["stream"] for message in texts(connection.take())] == [options, usd_m]
    both.accounts["mine"].listen_keys[USD_M].close()
    assert not connection.closed
    assert (both.emit(FILL), both.emit(FILL, product=USD_M)) == (1, 0)
    both.accounts["mine"].close_listen_key()
    assert connection.closed


def test_each_key_s_end_is_told_to_those_who_hear_it(both: Exchange) -> None:
    options, usd_m = new_keys(both)
    one, other = connected(both, f"/private/ws/{options}"), connected(both, f"/ws/{usd_m}")
    both.clock.advance(minutes=30)
    both.accounts["mine"].keep_alive()
    both.clock.advance(minutes=30)
    assert [message["listenKey"] for message in texts(other.take()) if "e" in message] == [usd_m]
    both.clock.advance(minutes=30)
    assert event_types(one) == ["listenKeyExpired"]
    assert [note.text for note in both.journal.notes if note.text.endswith("expired")] == [
        "USD-M listen key expired",
        "listen key expired",
    ]
