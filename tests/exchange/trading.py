"""A client that trades, for the tests of this directory: it asks with parameters by name, signed,
and gives back JSON."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlencode

from pytest_binance_options._frames import Text
from pytest_binance_options._messages import Response
from pytest_binance_options.exchange._stream_hub import StreamConnection

from .asking import Asking

__all__ = ["CALL", "ETH", "Trader", "heard"]

#: On the exchange's list all through its first days.
CALL = "BTC-260925-60000-C"
ETH = "ETH-260925-3000-P"


class Trader(Asking):
    """Trades as its account."""

    def call(self, method: str, path: str, **parameters: object) -> Response:
        """A signed request to ``path`` under /eapi/v1/."""
        given = {name: value for name, value in parameters.items() if value is not None}
        query = urlencode({**given, "timestamp": self.exchange.server_time_ms})
        return self.signed(method, f"/eapi/v1/{path}", query)

    def json(self, method: str, path: str, **parameters: object) -> Any:
        """What the answer says, which is 200."""
        answer = self.call(method, path, **parameters)
        assert answer.status == 200, answer.body
        return json.loads(answer.body)

    def refused(self, method: str, path: str, **parameters: object) -> tuple[int, int, str]:
        """HTTP status, code and text of a refusal."""
        answer = self.call(method, path, **parameters)
        error = json.loads(answer.body)
        return answer.status, error["code"], error["msg"]

    def place(self, **parameters: object) -> Any:
        """A new order: to buy 0.1 calls at 2000 where nothing else is said."""
        return self.json("POST", "order", **new(**parameters))

    def place_refused(self, **parameters: object) -> tuple[int, int, str]:
        """The same, which is refused."""
        return self.refused("POST", "order", **new(**parameters))


def new(**parameters: object) -> dict[str, object]:
    """The parameters of a new order."""
    usual: dict[str, object] = {
        "symbol": CALL,
        "side": "BUY",
        "type": "LIMIT",
        "quantity": "0.1",
        "price": "2000",
    }
    return usual | parameters


def heard(connection: StreamConnection) -> list[dict[str, Any]]:
    """The events that have come to ``connection``."""
    return [json.loads(frame.data) for frame in connection.take() if isinstance(frame, Text)]
