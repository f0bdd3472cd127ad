"""For each bug that is planted, the section's first ten lines say what it is."""

from __future__ import annotations

import pytest

from pytest_binance_options._frames import Close, Drop, Frame
from pytest_binance_options._messages import Request
from pytest_binance_options._plugin.section import section
from pytest_binance_options.exchange import Account, Exchange, events, fault, scenarios

from .asking import LISTEN_KEY, Asking
from .listening import connected


def top(exchange: Exchange) -> str:
    """The first ten lines of the section, as one."""
    lines = section(exchange.journal).splitlines()
    assert len(lines) <= 200
    assert [line for line in lines if len(line) > 80] == []
    return " ".join(line.strip() for line in lines[:10])


def test_a_keepalive_at_61_minutes(client: Asking, exchange: Exchange) -> None:
    client.start()
    exchange.clock.advance(minutes=61)
    client.ask("PUT")
    assert (
        "* PUT at 01:01:00.000 came after the listen key had expired, at 01:00:00.000: it was 1 h 1"
        " min since it was made or renewed." in top(exchange)
    )
    client.ask("PUT")
    assert "-1125 came 2 times, and no POST after that: only POST makes a new one." in top(exchange)
    client.start()
    assert "-1125 came" not in top(exchange)
    exchange.clock.advance(minutes=61)
    client.ask("PUT")
    assert "no POST after that: only POST makes a new one. (So it went 2 times.)" not in top(
        exchange
    )
    assert "since it was made or renewed. (So it went 2 times.)" in top(exchange)


def test_a_wrong_header(exchange: Exchange, account: Account) -> None:
    headers = {"X-MBX-API-KEY": account.api_keys[0].api_key}
    exchange.handle(Request("POST", LISTEN_KEY, headers))
    assert "* No header X-MBX-APIKEY came; there was X-MBX-API-KEY." in top(exchange)


def test_an_api_key_of_ones_own(client: Asking, exchange: Exchange) -> None:
    api_key = "k" * 64
    exchange.handle(Request("POST", LISTEN_KEY, {"X-MBX-APIKEY": api_key}))
    clue = (
        "* An API key came that this exchange doesn't know. The one to use in a test is"
        " binance_options_auth.api_key."
    )
    assert clue in top(exchange)
    assert api_key not in str(exchange.journal)
    client.start()
    assert clue not in top(exchange)


def test_an_api_key_that_a_test_revokes_is_known(client: Asking, exchange: Exchange) -> None:
    exchange.accounts["mine"].revoke_api_keys()
    client.ask("POST")
    assert "An API key came" not in top(exchange)


def test_a_key_that_was_cut_or_is_in_quotes(exchange: Exchange, account: Account) -> None:
    key = account.api_keys[0].api_key
    for sent, said in (
        (key[:-1], "63 characters; an"),
        (f"'{key}'", "66 characters, and not letters and digits alone; an"),
    ):
        exchange.journal.clear()
        exchange.handle(Request("POST", LISTEN_KEY, {"X-MBX-APIKEY": sent}))
        assert (
            f"* The header X-MBX-APIKEY has {said} API key has 64 letters and digits. The one to"
            " use in a test is binance_options_auth.api_key."
        ) in top(exchange)
        assert key[:-1] not in top(exchange)


def test_a_post_where_a_put_was_meant(client: Asking, exchange: Exchange) -> None:
    for _ in range(3):
        client.start()
    assert (
        "* POST came 2 more times while the listen key was alive, and no PUT. Were these"
        " keepalives? A keepalive is a PUT." in top(exchange)
    )
    client.ask("PUT")
    assert "* POST" not in top(exchange)


def test_a_loop_that_dies_silently(client: Asking, exchange: Exchange) -> None:
    client.start()
    exchange.clock.advance(minutes=30)
    client.ask("PUT")
    exchange.clock.advance(hours=2)
    assert (
        "* The listen key expired at 01:30:00.000: it was made or renewed last at 00:30:00.000, and"
        " no keepalive came after that." in top(exchange)
    )


def test_keepalives_that_failed_are_no_silence(client: Asking, exchange: Exchange) -> None:
    client.start()
    scenarios.one_failed_keepalive(exchange)
    exchange.clock.advance(minutes=30)
    client.ask("PUT")
    exchange.handle(Request("PUT", LISTEN_KEY, {"X-MBX-APIKEY": "r" * 64}))
    exchange.clock.advance(minutes=30)
    assert (
        "* The listen key expired at 01:00:00.000: it was made or renewed last at 00:00:00.000, and"
        " 2 keepalives after that failed: PUT /eapi/v1/listenKey -> 401 -2008 Invalid Api-Key ID."
        in top(exchange)
    )


def test_no_reconnect(client: Asking, exchange: Exchange) -> None:
    connected(exchange, f"/private/ws/{client.start()}")
    exchange.streams.close()
    exchange.emit(events.order_trade_update())
    assert (
        "* #1 closed by the exchange, 1001: closed with 1001 (at 00:00:00.000), and nobody connected"
        " again; 1 event after that went to nobody." in top(exchange)
    )


def test_a_double_subscribe(client: Asking, exchange: Exchange) -> None:
    for _ in range(2):
        connected(exchange, f"/private/ws/{client.start()}")
    exchange.emit(events.order_trade_update())
    assert "Connections #1 and #2 listened to the same account at once" in top(exchange)


def test_a_wrong_stream_path_in_a_loop(exchange: Exchange) -> None:
    for _ in range(3_000):
        exchange.connect("/private/userdata")
    assert (
        "* Refused 3,000 times: handshake /private/userdata -> 404 -1020 There is no stream at"
        " /private/userdata. There are /private/ws/<listenKey>," in top(exchange)
    )


def test_a_dead_key_in_the_address(client: Asking, exchange: Exchange) -> None:
    client.start()
    connected(exchange, f"/private/ws/{'k' * 64}")
    assert "subscribed to no live listen key: no event can come there." in top(exchange)


@pytest.mark.parametrize(("off", "said"), [(2500, "2.5 s ahead of"), (-7000, "7 s behind")])
def test_a_clock_that_is_off(exchange: Exchange, account: Account, off: int, said: str) -> None:
    url = f"/eapi/v1/marginAccount?timestamp={exchange.clock.now_ms + off}&signature=a"
    exchange.handle(Request("GET", url, {"X-MBX-APIKEY": account.api_keys[0].api_key}))
    assert f"* The clock that signed a request was {said} the exchange's." in top(exchange)


def test_a_wrong_secret(exchange: Exchange, account: Account) -> None:
    url = f"/eapi/v1/marginAccount?timestamp={exchange.clock.now_ms}&signature={'a' * 64}"
    exchange.handle(Request("GET", url, {"X-MBX-APIKEY": account.api_keys[0].api_key}))
    assert "* A request was signed with another secret than this account's" in top(exchange)


def test_a_handler_that_raises(client: Asking, exchange: Exchange) -> None:
    connection = connected(exchange, f"/private/ws/{client.start()}")
    exchange.emit(events.order_trade_update())
    connection.receive(Close(1011))
    exchange.emit(events.order_trade_update())
    assert (
        "* That was right after ORDER_TRADE_UPDATE -> #1: did the code that handles it raise?"
        in top(exchange)
    )


def test_a_path_that_is_nearly_right(client: Asking, exchange: Exchange) -> None:
    client.ask("POST", "/eapi/v1/listenkey")
    assert (
        "* POST /eapi/v1/listenkey -> 404: there is no such endpoint. Did you mean"
        " /eapi/v1/listenKey?" in top(exchange)
    )
    client.ask("GET", "/eapi/v1/nowhere")
    assert "* GET /eapi/v1/nowhere -> 404: there is no such endpoint." in top(exchange)
    client.ask("GET", LISTEN_KEY)
    assert (
        "* GET /eapi/v1/listenKey -> 405: /eapi/v1/listenKey does not take GET. It takes POST, PUT,"
        " DELETE." in top(exchange)
    )


def test_a_parameter_that_is_nearly_right(exchange: Exchange, account: Account) -> None:
    url = f"/eapi/v1/marginAccount?time_stamp={exchange.clock.now_ms}&signature=a"
    exchange.handle(Request("GET", url, {"X-MBX-APIKEY": account.api_keys[0].api_key}))
    assert "* GET /eapi/v1/marginAccount wants timestamp; there was time_stamp." in top(exchange)


def test_too_many_requests_in_one_second(client: Asking, exchange: Exchange) -> None:
    for _ in range(300):
        client.ask("GET", "/eapi/v1/ping")
    assert "* 300 requests came within one second of the exchange's clock" in top(exchange)


def test_where_nothing_stands_out_it_says_so_and_what_an_event_s_fields_are_called(
    client: Asking, exchange: Exchange
) -> None:
    connected(exchange, f"/private/ws/{client.start()}")
    exchange.clock.advance(minutes=30)
    client.ask("PUT")
    exchange.emit(events.order_trade_update())
    assert section(exchange.journal).splitlines()[:10] == [
        "Nothing stands out: 2 requests got 200. 1 event was sent, the last",
        "ORDER_TRADE_UPDATE -> #1, still open, at 00:30:00.000; no request came after it.",
        "Its fields, should one be read by another name: o.s symbol, o.c client_order_id,",
        "o.S side, o.o order_type, o.f time_in_force, o.q quantity, o.p price, o.ap",
        "average_price, o.x execution_type, o.X status, o.i order_id, o.l",
        "last_filled_quantity, o.z filled_quantity, o.L last_price, o.N commission_asset,",
        "o.n commission, o.t trade_id, o.b bids_quantity, o.a asks_quantity, o.m maker,",
        "o.R reduce_only, o.ot original_type, o.rp realized_profit, o.V",
        "self_trade_prevention.",
        "",
    ]


def test_requests_that_failed_are_counted_where_nothing_else_stands_out(
    client: Asking, exchange: Exchange
) -> None:
    client.ask("GET", "/eapi/v1/ping")
    assert top(exchange).startswith("Nothing stands out: 1 request got 200.  2026-01-01")
    exchange.faults.add(fault.service_unavailable(), times=1)
    client.ask("GET", "/eapi/v1/ping")
    assert top(exchange).startswith(
        "2 requests, of which 1 got no 200: the last at 00:00:00.000, GET /eapi/v1/ping -> 503"
        " -1000 Service Unavailable. [fault: 503 instead of the answer, not executed], and no"
        " request came after it.  2026-01-01"
    )


def test_an_address_of_the_past(client: Asking, exchange: Exchange) -> None:
    connected(exchange, f"/ws/{client.start()}")
    exchange.emit(events.order_trade_update())
    assert (
        "* #1 connected at /ws/<hidden>, an address of the past, where nothing is heard. Today it is"
        " /private/ws/<listenKey>." in top(exchange)
    )
    assert (
        "* 1 event went to nobody: the connection's address is one of the past, and silent."
        in top(exchange)
    )


def test_why_a_connection_that_has_subscribed_hears_nothing(
    client: Asking, exchange: Exchange
) -> None:
    key = client.start()
    connection = connected(exchange, f"/private/ws?listenKey={key}&events=ACCOUNT_UPDATE")
    exchange.emit(events.order_trade_update())
    assert "* 1 event went to nobody: the connection asked for other events." in top(exchange)
    connection.close(1000)
    connected(exchange, f"/private/ws?listenKey={key}")
    exchange.streams.zombie()
    exchange.emit(events.order_trade_update())
    assert "nobody: the connection is a zombie, as the test set up." in top(exchange)


def test_a_key_in_the_path_where_a_test_has_that_silent(client: Asking, exchange: Exchange) -> None:
    exchange.streams.path_form = "silent"
    connected(exchange, f"/private/ws/{client.start()}")
    exchange.emit(events.order_trade_update())
    assert (
        "* 1 event went to nobody: with the key in the path it is silent, as the test set up."
        in top(exchange)
    )


def test_a_journal_that_was_cleared_meanwhile_is_no_trouble(
    client: Asking, exchange: Exchange
) -> None:
    connected(exchange, f"/private/ws/{client.start()}")
    exchange.journal.clear()
    exchange.clock.advance(hours=2)
    client.ask("PUT")
    exchange.streams.drop()
    assert "* PUT at 02:00:00.000 came where there was no listen key." in top(exchange)


def test_a_key_that_a_test_lets_expire_is_no_late_keepalive(
    client: Asking, exchange: Exchange
) -> None:
    client.start()
    exchange.accounts["mine"].expire_listen_key()
    assert "no keepalive" not in top(exchange)


def test_a_typo_in_the_host(exchange: Exchange) -> None:
    assert (
        "* No request and no handshake came to the simulated exchange. Does the code under test ask"
        " another host, or did it not get that far?" in top(exchange)
    )


def test_events_that_nobody_came_for(client: Asking, exchange: Exchange) -> None:
    client.start()
    exchange.emit(events.order_trade_update())
    said = "* 1 event went to nobody: no connection was made, and no handshake came."
    assert said in top(exchange)


# What would lead astray, and is not said


@pytest.mark.parametrize("end", [Close(1000), Close(1001), Drop()])
def test_a_client_that_ends_its_stream_is_not_told_to_come_back(
    client: Asking, exchange: Exchange, end: Frame
) -> None:
    connection = connected(exchange, f"/private/ws/{client.start()}")
    exchange.emit(events.order_trade_update())
    connection.receive(end)
    assert "*" not in top(exchange)
    exchange.emit(events.order_trade_update())
    assert "(at 00:00:00.000); 1 event after that went to nobody." in top(exchange)
    assert "again" not in top(exchange)


def test_a_bot_that_asks_for_its_key_again_after_a_close_does_not_mean_a_keepalive(
    client: Asking, exchange: Exchange
) -> None:
    for _ in range(3):
        connected(exchange, f"/private/ws/{client.start()}")
        exchange.streams.close()
    assert "* POST" not in top(exchange)


def test_a_bot_that_gets_over_the_loss_of_its_key_has_done_nothing_wrong(
    client: Asking, exchange: Exchange
) -> None:
    client.start()
    exchange.accounts["mine"].expire_listen_key()
    client.ask("PUT")
    client.start()
    assert "*" not in top(exchange)


def test_a_handshake_that_came_through_at_last_was_refused_on_purpose(
    client: Asking, exchange: Exchange
) -> None:
    exchange.streams.refuse_handshakes(503, times=2)
    address = f"/private/ws/{client.start()}"
    for _ in range(2):
        exchange.connect(address)
    assert "* Refused 2 times: handshake /private/ws/<hidden> -> 503" in top(exchange)
    connected(exchange, address)
    assert "*" not in top(exchange)


def test_a_request_that_came_through_at_last_needs_no_clue(
    client: Asking, exchange: Exchange
) -> None:
    exchange.handle(Request("POST", LISTEN_KEY, {"X-MBX-API-KEY": "k"}))
    assert "* No header X-MBX-APIKEY came" in top(exchange)
    client.start()
    assert "*" not in top(exchange)


def test_what_the_journal_has_dropped_is_not_taken_for_all_there_was(
    client: Asking, exchange: Exchange
) -> None:
    exchange.journal.limit = 2
    for _ in range(5):
        client.ask("GET", "/eapi/v1/ping")
    assert top(exchange).startswith("Nothing stands out: of 5 requests the last 2 got 200.")
