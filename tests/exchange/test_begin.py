"""Requests that take their time while the exchange goes on."""

from __future__ import annotations

from pytest_binance_options._messages import Answer, Headers, Later, Request, Response
from pytest_binance_options.exchange import Exchange, fault

from .asking import LISTEN_KEY


def begun(
    exchange: Exchange, method: str, *, timeout: float | None = None
) -> tuple[Answer | Later, list[Answer]]:
    (account,) = exchange.accounts
    (key,) = account.api_keys
    headers = Headers({"X-MBX-APIKEY": key.api_key})
    given: list[Answer] = []
    answer = exchange.begin(Request(method, LISTEN_KEY, headers, timeout=timeout))
    if isinstance(answer, Later):
        answer.then(given.append)
    return answer, given


def listen_key(exchange: Exchange) -> str | None:
    (account,) = exchange.accounts
    return account.listen_key


def test_without_a_fault_the_answer_is_there_at_once() -> None:
    exchange = Exchange()
    exchange.open_account()

    answer, _ = begun(exchange, "POST")

    assert isinstance(answer, Response)
    assert answer.status == 200


def test_what_takes_its_time_is_answered_when_the_clock_has_come_to_it() -> None:
    exchange = Exchange()
    exchange.open_account()
    exchange.faults.add(fault.delay(10), method="POST")
    began = exchange.clock.now_ms

    _, given = begun(exchange, "POST")
    assert exchange.clock.now_ms == began
    exchange.clock.advance(seconds=9.999)
    assert given == []
    assert listen_key(exchange) is None
    exchange.clock.advance(seconds=0.001)

    (answer,) = given
    assert isinstance(answer, Response)
    assert answer.status == 200
    assert listen_key(exchange) is not None


def test_others_are_answered_meanwhile() -> None:
    exchange = Exchange()
    exchange.open_account()
    exchange.faults.add(fault.delay(10), method="POST")

    _, slow = begun(exchange, "POST")
    quick, _ = begun(exchange, "PUT")
    exchange.clock.advance(seconds=10)

    assert isinstance(quick, Response)
    assert len(slow) == 1
    assert [entry.outcome for entry in exchange.journal] == [200, quick.status]


def test_a_client_s_time_out_is_over_at_its_time_and_the_request_is_executed_at_its_own() -> None:
    exchange = Exchange()
    exchange.open_account()
    exchange.faults.add(fault.delay(10), method="POST")

    _, given = begun(exchange, "POST", timeout=4)
    exchange.clock.advance(seconds=4)
    assert [str(answer) for answer in given] == ["no answer in time"]
    assert listen_key(exchange) is None
    exchange.clock.advance(seconds=6)

    assert listen_key(exchange) is not None


def test_a_client_without_a_time_out_waits_for_ever() -> None:
    exchange = Exchange()
    exchange.open_account()
    exchange.faults.add(fault.timeout(), method="POST")

    _, given = begun(exchange, "POST")
    exchange.clock.advance(hours=1000)

    assert given == []


def test_a_skew_is_there_for_its_own_request_alone() -> None:
    exchange = Exchange()
    exchange.open_account()
    exchange.faults.add(fault.skew(60), method="POST")
    exchange.faults.add(fault.delay(10), method="POST")

    _, given = begun(exchange, "POST")
    assert exchange.server_time_ms == exchange.clock.now_ms
    exchange.clock.advance(seconds=10)

    assert len(given) == 1
    assert exchange.server_time_ms == exchange.clock.now_ms


def test_the_clock_knows_what_is_due_next() -> None:
    exchange = Exchange()
    clock = exchange.clock
    assert clock.due_ms is None
    clock.call_at(clock.now_ms + 5, lambda: None).cancel()
    clock.call_at(clock.now_ms + 7, lambda: None)

    assert clock.due_ms == clock.now_ms + 7
