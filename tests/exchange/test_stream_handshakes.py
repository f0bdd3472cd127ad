"""Handshakes that fail because a test says so."""

from __future__ import annotations

import pytest

from pytest_binance_options._messages import Failure, FailureKind, Response
from pytest_binance_options.errors import UsageError
from pytest_binance_options.exchange import Exchange
from pytest_binance_options.exchange._stream_hub import StreamConnection


@pytest.fixture
def exchange() -> Exchange:
    exchange = Exchange()
    exchange.open_account()
    return exchange


def outcome(exchange: Exchange, target: str = "/private/ws") -> object:
    """A status, how the connection failed, or "open"."""
    answer = exchange.connect(target)
    if isinstance(answer, StreamConnection):
        return "open"
    return answer.status if isinstance(answer, Response) else answer.kind


def test_a_status_comes_with_the_page_of_a_server_in_front(exchange: Exchange) -> None:
    exchange.streams.refuse_handshakes()
    refused = exchange.connect("/private/ws")
    assert isinstance(refused, Response)
    assert (refused.status, refused.headers["Content-Type"]) == (503, "text/html")
    assert b"<h1>503 Service Unavailable</h1>" in refused.body
    assert refused.missing == 0


@pytest.mark.parametrize(
    ("how", "kind"), [("reset", FailureKind.RESET), ("timeout", FailureKind.TIMEOUT)]
)
def test_a_handshake_can_fail_without_an_answer(
    exchange: Exchange, how: str, kind: FailureKind
) -> None:
    exchange.streams.refuse_handshakes(how)
    assert exchange.connect("/private/ws") == Failure(kind)


def test_so_many_times_at_any_address(exchange: Exchange) -> None:
    refusal = exchange.streams.refuse_handshakes(429, times=2)
    assert [outcome(exchange, target) for target in ("/public/ws", "/nowhere", "/private/ws")] == [
        429,
        429,
        "open",
    ]
    assert refusal.fired == 2


def test_for_so_long_on_the_exchanges_clock(exchange: Exchange) -> None:
    refusal = exchange.streams.refuse_handshakes("reset", seconds=90)
    assert outcome(exchange) is FailureKind.RESET
    exchange.clock.advance(seconds=89.999)
    assert outcome(exchange) is FailureKind.RESET
    exchange.clock.advance(seconds=0.001)
    assert outcome(exchange) == "open"
    assert refusal.fired == 2


def test_whichever_is_over_first_and_the_first_one_that_is_not_over_counts(
    exchange: Exchange,
) -> None:
    first = exchange.streams.refuse_handshakes(500, times=1, seconds=60)
    second = exchange.streams.refuse_handshakes(502, times=5, seconds=60)
    assert [outcome(exchange), outcome(exchange)] == [500, 502]
    exchange.clock.advance(minutes=1)
    assert outcome(exchange) == "open"
    assert (first.fired, second.fired) == (1, 1)


@pytest.mark.parametrize("end", [Exchange.reset, lambda it: it.streams.accept_handshakes()])
def test_it_can_be_taken_back(exchange: Exchange, end: object) -> None:
    exchange.streams.refuse_handshakes("timeout")
    end(exchange)  # type: ignore[operator]
    assert outcome(exchange) == "open"


def test_connections_that_are_open_stay_so(exchange: Exchange) -> None:
    connection = exchange.connect("/private/ws")
    exchange.streams.refuse_handshakes(503)
    assert isinstance(connection, StreamConnection)
    assert not connection.closed


def test_it_says_what_it_does(exchange: Exchange) -> None:
    refuse = exchange.streams.refuse_handshakes
    assert str(refuse()) == "503; handshakes"
    assert str(refuse("reset", times=1)) == "connection reset by the server; handshakes, once"
    again = refuse("timeout", times=3, seconds=60)
    assert (
        repr(again) == "<Refusal no answer in time; handshakes, 3 times,"
        " until 2026-01-01 00:01:00.000; fired: 0>"
    )


@pytest.mark.parametrize(
    ("how", "more", "said"),
    [
        (
            200,
            {},
            'how is 200. Give an HTTP status from 400 to 599, "reset" or "timeout".',
        ),
        (
            True,
            {},
            'how is True. Give an HTTP status from 400 to 599, "reset" or "timeout".',
        ),
        (
            "refused",
            {},
            (
                "how is 'refused'. Give one of: reset, timeout."
                " Or an HTTP status from 400 to 599, as a number."
            ),
        ),
        (503, {"times": 0}, "times is 0. Give a whole number from 1 to 9007199254740992."),
        (503, {"seconds": 0}, "seconds is 0. Give a number above 0, up to 1000000000."),
    ],
)
def test_what_can_not_be_is_refused_and_nothing_is_set_up(
    exchange: Exchange, how: int | str, more: dict[str, int], said: str
) -> None:
    with pytest.raises(UsageError) as caught:
        exchange.streams.refuse_handshakes(how, **more)  # type: ignore[arg-type]
    assert str(caught.value) == said
    assert outcome(exchange) == "open"


def test_the_journal_says_which_handshakes_failed_and_why(exchange: Exchange) -> None:
    exchange.connect(f"/private/userdata/{'k' * 64}")
    exchange.clock.advance(seconds=1)
    exchange.streams.refuse_handshakes(503, times=1)
    exchange.streams.refuse_handshakes("timeout", times=1)
    exchange.streams.dead_key = "refuse"
    for _ in range(3):
        exchange.connect(f"/private/ws?listenKey={'k' * 64}")
    unknown, clock, *others = [note.text for note in exchange.journal.notes]
    assert clock == "the clock moves on by 1 s"
    assert unknown.startswith(
        "handshake /private/userdata/<hidden> -> 404 -1020 There is no stream at"
    )
    assert others == [
        "handshake /private/ws?listenKey=<hidden> -> 503",
        "handshake /private/ws?listenKey=<hidden> -> no answer in time",
        "handshake /private/ws?listenKey=<hidden> -> 400 -1125 This listenKey does not exist.",
    ]
    assert str(exchange.journal.notes[-1]).startswith("2026-01-01 00:00:01.000  -  * handshake ")
    assert len(exchange.journal) == 0


def test_the_journal_says_which_handshakes_were_accepted(exchange: Exchange) -> None:
    exchange.connect("/private/ws")
    assert [note.text for note in exchange.journal.notes] == [
        "#1 connected at /private/ws, subscribed to no live listen key"
    ]
