"""The listen key flow as values, for the tests of backends and cassettes."""

from __future__ import annotations

import json
from collections.abc import Iterable

from pytest_binance_options._backends.base import Backend, perform
from pytest_binance_options._messages import Answer, Request, Response

API_KEY = "vmPUZE6mv9SD5VNHk4HlWFsOr6aKE2zvsw0MuIgwCIPy6utIco14y7Ju91duEh8A"
LISTEN_KEY = "pqia91ma19a5s61cv6a81va65sdf19v8a65a1a5s61cv6a81va65sdf19v8a65a1"
URL = "https://eapi.binance.com/eapi/v1/listenKey"


def ask(method: str, url: str = URL, body: bytes = b"") -> Request:
    return Request(method, url, {"X-MBX-APIKEY": API_KEY, "Accept": "application/json"}, body)


def say(value: object, status: int = 200, **headers: str) -> Response:
    body = json.dumps(value, separators=(",", ":")).encode()
    return Response(
        status,
        {"Content-Type": "application/json", "Content-Length": str(len(body)), **headers},
        body,
    )


CREATED = say({"listenKey": LISTEN_KEY, "expiration": 1700003600000})
DONE = say({})
GONE = say({"code": -1125, "msg": "This listenKey does not exist."}, 400)

FLOW: tuple[tuple[Request, Response], ...] = (
    (ask("POST"), CREATED),
    (ask("PUT"), DONE),
    (ask("DELETE"), DONE),
    (ask("PUT"), GONE),
)


def run(backend: Backend, flow: Iterable[tuple[Request, Answer]] = FLOW) -> list[Answer]:
    """Send the flow's requests through ``backend``; the network gives the flow's answers."""
    return [
        perform(backend, request, lambda _sent, answer=answer: answer) for request, answer in flow
    ]
