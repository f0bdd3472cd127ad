"""Client order ids that differ from run to run: a replay finds the request, and the client its own
id in the answer."""

from __future__ import annotations

import json
from pathlib import Path
from urllib.parse import urlencode

import pytest

from pytest_binance_options._backends.replay import Replay
from pytest_binance_options._cassette.model import Cassette, Interaction, StreamFrame
from pytest_binance_options._messages import Request, Response
from pytest_binance_options.errors import RequestNotRecordedError

from ..backends.flow import ask, say

BASE = "https://eapi.binance.com/eapi/v1/"


def request(method: str, path: str, **parameters: object) -> Request:
    return ask(method, f"{BASE}{path}?{urlencode({**parameters, 'timestamp': 1})}")


def place(name: str, price: str = "2000") -> Request:
    return request("POST", "order", symbol="BTC", price=price, clientOrderId=name)


def order(name: str, number: int) -> Response:
    return say({"orderId": number, "clientOrderId": name})


def replay(*pairs: tuple[Request, Response], frames: tuple[StreamFrame, ...] = ()) -> Replay:
    recorded = Cassette(tuple(Interaction(*pair) for pair in pairs), frames)
    return Replay(recorded, path=Path("x.yaml"), record_command="record")


def answer(playing: Replay, asked: Request) -> dict[str, object]:
    response = playing.respond(asked)
    assert response.headers.content_length == len(response.body)
    return dict(json.loads(response.body))


def test_an_id_that_is_new_in_each_run_comes_back_in_every_answer() -> None:
    playing = replay(
        (place("x-old-1"), order("x-old-1", 1)),
        (place("x-old-2"), order("x-old-2", 2)),
        (request("GET", "order", symbol="BTC", clientOrderId="x-old-2"), order("x-old-2", 2)),
        (request("GET", "openOrders"), say([{"clientOrderId": "x-old-1"}, {"c": "x-old-2"}])),
        (request("DELETE", "order", symbol="BTC", orderId=1), order("x-old-1", 1)),
    )
    assert answer(playing, place("first")) == {"orderId": 1, "clientOrderId": "first"}
    assert answer(playing, place("the second")) == {"orderId": 2, "clientOrderId": "the second"}
    asked = request("GET", "order", symbol="BTC", clientOrderId="the second")
    assert answer(playing, asked)["clientOrderId"] == "the second"
    listed = json.loads(playing.respond(request("GET", "openOrders")).body)
    assert listed == [{"clientOrderId": "first"}, {"c": "the second"}]
    cancelled = answer(playing, request("DELETE", "order", symbol="BTC", orderId=1))
    assert cancelled["clientOrderId"] == "first"
    assert playing.unplayed == []


def test_an_id_that_is_the_same_each_time_is_found_before_others() -> None:
    playing = replay(
        (place("mine-1"), order("mine-1", 1)),
        (place("mine-2"), order("mine-2", 2)),
    )
    assert answer(playing, place("mine-2")) == {"orderId": 2, "clientOrderId": "mine-2"}
    assert answer(playing, place("mine-1")) == {"orderId": 1, "clientOrderId": "mine-1"}


def test_ids_that_change_places_are_not_mixed_up() -> None:
    playing = replay((place("a"), order("a", 1)), (place("b", "1995"), order("b", 2)))
    assert answer(playing, place("b")) == {"orderId": 1, "clientOrderId": "b"}
    assert answer(playing, place("a", "1995")) == {"orderId": 2, "clientOrderId": "a"}


def test_an_order_for_another_price_is_another_order() -> None:
    playing = replay((place("x-old-1"), order("x-old-1", 1)))
    with pytest.raises(RequestNotRecordedError, match="price=2000 instead of 1995"):
        playing.respond(place("first", "1995"))


def test_those_of_a_batch_too() -> None:
    def batch(*names: str) -> Request:
        orders = json.dumps([{"symbol": "BTC", "clientOrderId": name} for name in names])
        return request("POST", "batchOrders", orders=orders)

    def cancel(*names: str) -> Request:
        return request("DELETE", "batchOrders", symbol="BTC", clientOrderIds=json.dumps(names))

    def said(*names: str) -> Response:
        return say([{"clientOrderId": name} for name in names])

    playing = replay((batch("o1", "o2"), said("o1", "o2")), (cancel("o2", "o1"), said("o2", "o1")))
    assert json.loads(playing.respond(batch("n1", "n2")).body) == [
        {"clientOrderId": "n1"},
        {"clientOrderId": "n2"},
    ]
    assert json.loads(playing.respond(cancel("n2", "n1")).body)[0] == {"clientOrderId": "n2"}


def test_an_event_names_the_order_as_the_client_does() -> None:
    event = json.dumps({"e": "ORDER_TRADE_UPDATE", "o": {"c": "x-old-1"}})
    frames = (
        StreamFrame(0, 0, "in", "text", event.encode(), after=(1, 0), target="/private/ws/key"),
    )
    playing = replay((place("x-old-1"), order("x-old-1", 1)), frames=frames)
    stream = playing.connect(ask("GET", "wss://fstream.binance.com/private/ws/key"))
    playing.respond(place("first"))
    (frame,) = stream.take()
    assert '"c": "first"' in str(getattr(frame, "data", ""))
