"""Scenarios by name, as ``POST /scenarios`` takes them."""

from __future__ import annotations

import inspect
import json

import pytest

from pytest_binance_options._cli.scenario_requests import _READ, described, listing, play
from pytest_binance_options._messages import Request
from pytest_binance_options.errors import UsageError
from pytest_binance_options.exchange import Exchange, fault, scenarios
from pytest_binance_options.exchange._stream_hub import StreamConnection

LISTEN_KEY = "/eapi/v1/listenKey"
WHERE = "GET /scenarios shows each with its arguments."
EVENT = {"e": "GREEK_UPDATE"}
GIVEN = {"account": "serve", "event": EVENT, "missed": [EVENT, EVENT]}


@pytest.fixture
def exchange() -> Exchange:
    exchange = Exchange()
    (key,) = exchange.open_account("serve").api_keys
    exchange.handle(Request("POST", LISTEN_KEY, {"X-MBX-APIKEY": key.api_key}))
    return exchange


def listen(exchange: Exchange) -> StreamConnection:
    connection = exchange.connect(f"/private/ws/{exchange.accounts['serve'].listen_key}")
    assert isinstance(connection, StreamConnection)
    return connection


@pytest.mark.parametrize("name", scenarios.__all__)
def test_each_scenario_can_be_asked_for_by_its_name(exchange: Exchange, name: str) -> None:
    more = {"event": {"e": "GREEK_UPDATE"}} if name == "event_before_reply" else {}
    assert play(exchange, {"name": name, **more}).split(":")[0] == name


@pytest.mark.parametrize("name", scenarios.__all__)
def test_each_argument_of_a_scenario_can_be_read(name: str) -> None:
    parameters = list(inspect.signature(getattr(scenarios, name)).parameters.values())
    assert {parameter.annotation for parameter in parameters[1:]} <= _READ.keys()


@pytest.mark.parametrize("name", scenarios.__all__)
def test_each_scenario_takes_all_of_its_arguments(exchange: Exchange, name: str) -> None:
    parameters = list(inspect.signature(getattr(scenarios, name)).parameters.values())[1:]
    form = {each.name: GIVEN.get(each.name, each.default) for each in parameters}

    assert play(exchange, {"name": name, **json.loads(json.dumps(form))}).split(":")[0] == name


def test_what_each_argument_takes_is_said_in_words() -> None:
    said = [
        takes
        for function in (*listing(), *described(fault.KINDS.values()))
        for takes in dict(function["arguments"]).values()  # type: ignore[call-overload]
    ]

    assert [takes for takes in said if "|" in takes or "[" in takes] == []
    assert said.count("a whole number; 1 where left out") > 1


def test_a_fault_that_it_adds_is_said_in_words(exchange: Exchange) -> None:
    assert play(exchange, {"name": "keepalive_error_swallowed", "times": 2}) == (
        "keepalive_error_swallowed: connection reset by the server, not executed; PUT"
        " /eapi/v1/listenKey, 2 times"
    )


def test_its_arguments_are_the_other_members(exchange: Exchange) -> None:
    connection = listen(exchange)
    fill = {"e": "ORDER_TRADE_UPDATE", "o": {"X": "FILLED"}}
    play(exchange, {"name": "day_is_over", "missed": [fill, fill], "account": "serve"})
    assert [str(frame) for frame in connection.take()] == ["Close(code=1001, reason='')"]
    play(exchange, {"name": "zombie_socket", "after_minutes": 5})
    zombie = listen(exchange)
    exchange.clock.advance(minutes=5)
    assert zombie.zombie
    play(exchange, {"name": "unknown_outcome_on_close", "executed": False})
    assert "not executed" in str(list(exchange.faults)[-1])
    event = {"e": "GREEK_UPDATE"}
    play(exchange, {"name": "event_before_reply", "event": event, "times": None})
    assert list(exchange.faults)[-1].times is None


@pytest.mark.parametrize(
    ("form", "error"),
    [
        ({"name": "key_lots"}, "\"name\" is 'key_lots'. Give one of: "),
        ({}, '"name" is None. Give one of: '),
        (
            {"name": "pongs_lost", "minutes": 1},
            f"The scenario pongs_lost has no 'minutes'. It takes: nothing. {WHERE}",
        ),
        (
            {"name": "key_lost", "after": 1},
            f"The scenario key_lost has no 'after'. It takes: account, after_minutes. {WHERE}",
        ),
        ({"name": "event_before_reply"}, f"The scenario event_before_reply needs: event. {WHERE}"),
        (
            {"name": "idle_drop", "after_minutes": "5"},
            "after_minutes is '5'. Give a number from -1000000 to 1000000.",
        ),
        ({"name": "born_a_zombie", "times": 0}, "times is 0. Give a whole number from 1 up."),
        ({"name": "day_is_over", "missed": {}}, "missed is {}. Give a list of events."),
        ({"name": "day_is_over", "missed": [1]}, "1 is no event. "),
        ({"name": "idle_drop", "account": "x"}, "There is no account 'x'. There are: serve."),
    ],
)
def test_what_can_t_be_is_refused_with_what_would_do(
    exchange: Exchange, form: dict[str, object], error: str
) -> None:
    before = json.dumps(exchange.state())
    with pytest.raises(UsageError) as caught:
        play(exchange, form)
    assert str(caught.value).startswith(error)
    assert json.dumps(exchange.state()) == before
