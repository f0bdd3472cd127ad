"""The journal as steps: each in the lane that it belongs to, with words that tell it."""

from __future__ import annotations

from pytest_binance_options._frames import Close
from pytest_binance_options._messages import Request
from pytest_binance_options._picture.journal import steps_of
from pytest_binance_options._picture.picture import picture
from pytest_binance_options.exchange import Account, Exchange, events, scenarios
from pytest_binance_options.exchange._code_notes import Raised, Strayed
from pytest_binance_options.exchange._notes import Note
from tests.exchange.asking import LISTEN_KEY, Asking
from tests.exchange.listening import connected
from tests.exchange.trading import CALL, Trader


def told(exchange: Exchange) -> list[tuple[str, str, str, str]]:
    """Lane, label, outcome and tone of each step."""
    words = [(step.lane, step.say()) for step in steps_of(exchange.journal.lines)]
    return [(lane, said.label, said.sub, said.tone) for lane, said in words]


def test_each_thing_is_in_its_lane(client: Asking, exchange: Exchange) -> None:
    connected(exchange, f"/private/ws?listenKey={client.start()}")
    exchange.emit(events.order_trade_update())
    scenarios.one_failed_keepalive(exchange)
    exchange.clock.advance(minutes=30)
    client.ask("PUT")
    client.ask("PUT")
    exchange.clock.advance(minutes=60)
    client.ask("PUT")
    assert told(exchange) == [
        ("requests", "POST listenKey", "200", "good"),
        ("keys", "made", "", "good"),
        ("connections", "#1", "connected", "good"),
        ("events", "ORDER_TRADE_UPDATE", "to #1", "good"),
        ("faults", "one_failed_keepalive()", "scenario", "warn"),
        ("test", "+ 30 min", "clock", "plain"),
        ("requests", "PUT listenKey", "503 -1000", "bad"),
        ("faults", "503 instead of the answer, not executed", "PUT", "warn"),
        ("requests", "PUT listenKey", "200", "good"),
        ("keys", "renewed", "", "good"),
        ("test", "+ 1 h", "clock", "plain"),
        ("keys", "expired", "", "bad"),
        ("events", "listenKeyExpired", "to #1", "good"),
        ("requests", "PUT listenKey", "400 -1125", "bad"),
    ]


def test_the_texts_are_those_of_the_section(client: Asking, exchange: Exchange) -> None:
    key = client.start()
    connected(exchange, f"/private/ws/{key}")
    texts = [step.say().text for step in steps_of(exchange.journal.lines)]
    assert texts == [
        "POST /eapi/v1/listenKey -> 200",
        "listen key made, until 01:00:00.000 unless renewed",
        "#1 connected at /private/ws/<hidden>, hears mine",
    ]


def test_connections_that_end_badly_or_hear_nothing_stand_out(
    client: Asking, exchange: Exchange
) -> None:
    exchange.connect("/private/nowhere")
    connected(exchange, "/private/ws?listenKey=another")
    connected(exchange, f"/private/ws/{client.start()}").receive(Close(1011))
    connected(exchange, "/market/ws/btcusdt@trade").receive(Close(1000))
    exchange.streams.drop()
    exchange.emit(events.order_trade_update())
    assert [step for step in told(exchange) if step[0] in ("connections", "events")] == [
        ("connections", "refused", "", "bad"),
        ("connections", "#1", "hears nobody", "warn"),
        ("connections", "#2", "connected", "good"),
        ("connections", "#2", "closed 1011", "warn"),
        ("connections", "#3", "connected", "good"),
        ("connections", "#3", "closed 1000", "plain"),
        ("connections", "#1", "dropped", "bad"),
        ("events", "ORDER_TRADE_UPDATE", "to nobody", "warn"),
    ]


def test_of_several_accounts_each_says_whose_it_is(client: Asking, exchange: Exchange) -> None:
    other = Asking(exchange, exchange.open_account("other"))
    client.start()
    other.start()
    steps = steps_of(exchange.journal.lines)
    assert [step.say().text for step in steps][2:] == [
        "other: POST /eapi/v1/listenKey -> 200",
        "other: listen key made, until 01:00:00.000 unless renewed",
    ]
    assert [step.opens for step in steps if step.opens] == [
        "mine: listen key",
        "other: listen key",
    ]


def test_a_note_of_another_kind_brings_its_lane(exchange: Exchange) -> None:
    class Placed(Note):
        track = "orders"

    exchange.journal.write(Placed(0, "mine", "order 1 placed"))
    exchange.journal.note(0, None, "whatever a test says")
    assert told(exchange) == [
        ("orders", "order 1 placed", "", "plain"),
        ("test", "whatever a test says", "", "plain"),
    ]


def test_what_lies_behind_a_refusal_is_told_beside_it(exchange: Exchange) -> None:
    exchange.handle(Request("POST", LISTEN_KEY, {"X-MBX-API-KEY": "a" * 64}))
    (step,) = steps_of(exchange.journal.lines)
    assert step.say().detail == "No header X-MBX-APIKEY came; there was X-MBX-API-KEY."


def test_an_order_lasts_from_its_placing_to_its_end(exchange: Exchange, account: Account) -> None:
    trader = Trader(exchange, account)
    order_id = trader.place(quantity="0.5")["orderId"]
    exchange.fill(order_id, quantity="0.2")
    exchange.fill(order_id)
    other = trader.place()["orderId"]
    trader.json("DELETE", "order", symbol=CALL, orderId=other)
    assert [step for step in told(exchange) if step[0] == "orders"] == [
        ("orders", f"order {order_id}", "placed", "good"),
        ("orders", f"order {order_id}", "filled", "good"),
        ("orders", f"order {order_id}", "filled", "good"),
        ("orders", f"order {other}", "placed", "good"),
        ("orders", f"order {other}", "cancelled", "plain"),
    ]
    drawn = picture(steps_of(exchange.journal.lines))
    ends = {
        span.name: [drawn.moments[end].sub for end in (span.first, span.last) if end is not None]
        for span in drawn.spans
    }
    assert ends == {
        f"order {order_id}": ["placed", "filled"],
        f"order {other}": ["placed", "cancelled"],
    }


def test_what_the_code_does_beside_the_exchange_has_a_lane(exchange: Exchange) -> None:
    lost, mistake = ConnectionError("lost"), KeyError("x")
    exchange.journal.write(Raised(0, lost, "bot.py:1", "ended the thread"))
    exchange.journal.write(Raised(0, mistake, "bot.py:2", "ended the task"))
    exchange.journal.write(Strayed(0, "api.example.com", ""))
    assert told(exchange) == [
        ("code", "ConnectionError", "ended the thread", "warn"),
        ("code", "KeyError", "ended the task", "bad"),
        ("code", "went astray", "api.example.com", "bad"),
    ]
