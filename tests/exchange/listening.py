"""What the stream's tests share: connecting, speaking, and reading what came."""

from __future__ import annotations

import json
from collections.abc import Iterable

from pytest_binance_options._frames import Frame, Text
from pytest_binance_options._messages import Request, Response
from pytest_binance_options.exchange import Account, Exchange
from pytest_binance_options.exchange._stream_hub import StreamConnection


def connected(exchange: Exchange, target: str) -> StreamConnection:
    """A connection to ``target``; fails where the handshake is refused."""
    connection = exchange.connect(target)
    assert isinstance(connection, StreamConnection), connection
    return connection


def ask(exchange: Exchange, account: Account, method: str) -> Response:
    """One of the three listen key calls, as a client makes it."""
    answer = exchange.handle(
        Request(method, "/eapi/v1/listenKey", {"X-MBX-APIKEY": account.api_keys[0].api_key})
    )
    assert isinstance(answer, Response)
    return answer


def new_key(exchange: Exchange, account: Account) -> str:
    """The listen key that a POST gives."""
    return json.loads(ask(exchange, account, "POST").body)["listenKey"]


def say(connection: StreamConnection, **command: object) -> None:
    """Send a command as a client does."""
    connection.receive(Text(json.dumps(command)))


def texts(frames: Iterable[Frame]) -> list[object]:
    """The JSON of the text frames among ``frames``."""
    return [json.loads(frame.data) for frame in frames if isinstance(frame, Text)]


def event_types(connection: StreamConnection) -> list[str]:
    """Take the frames that are due, and give the types of the events among them, out of their
    envelopes."""
    return [
        message.get("data", message).get("e")
        for message in texts(connection.take())
        if "id" not in message
    ]
