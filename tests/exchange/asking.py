"""A client of the simulated exchange for the tests of this directory: it asks, and gives back
values to compare."""

from __future__ import annotations

import hashlib
import hmac
import json
from typing import cast

from pytest_binance_options._messages import Answer, Failure, Headers, Request, Response
from pytest_binance_options.exchange import Account, ApiKey, Exchange

__all__ = ["LISTEN_KEY", "Asking", "body", "code", "hmac_signature"]

LISTEN_KEY = "/eapi/v1/listenKey"


class Asking:
    """Asks with the account's first API key, from one address."""

    def __init__(
        self,
        exchange: Exchange,
        account: Account,
        *,
        key: ApiKey | None = None,
        client: str = "127.0.0.1",
    ) -> None:
        self.exchange = exchange
        self.key = account.api_keys[0] if key is None else key
        self.client = client
        self.timeout: float | None = None

    def answer(self, method: str, url: str = LISTEN_KEY, body: bytes = b"") -> Answer:
        headers = Headers({"X-MBX-APIKEY": self.key.api_key})
        return self.exchange.handle(
            Request(method, url, headers, body, client=self.client, timeout=self.timeout)
        )

    def ask(self, method: str, url: str = LISTEN_KEY, body: bytes = b"") -> Response:
        answer = self.answer(method, url, body)
        assert isinstance(answer, Response), f"{method} {url}: {answer}"
        return answer

    def fails(self, method: str, url: str = LISTEN_KEY) -> Failure:
        answer = self.answer(method, url)
        assert isinstance(answer, Failure), f"{method} {url}: {answer}"
        return answer

    def start(self) -> str:
        """POST; the listen key."""
        return cast(str, body(self.ask("POST"))["listenKey"])

    def code(self, method: str, url: str = LISTEN_KEY, body: bytes = b"") -> tuple[int, int | None]:
        """HTTP status, and the exchange's error code where there is one."""
        return code(self.ask(method, url, body))

    def signed(self, method: str, url: str, query: str) -> Response:
        """The query signed with the API key's secret (HMAC)."""
        assert self.key.secret_key is not None
        return self.ask(
            method, f"{url}?{query}&signature={hmac_signature(self.key.secret_key, query)}"
        )


def body(response: Response) -> dict[str, object]:
    """The JSON object in the body."""
    return cast("dict[str, object]", json.loads(response.body))


def code(response: Response) -> tuple[int, int | None]:
    """HTTP status, and the exchange's error code where there is one."""
    return response.status, cast("int | None", body(response).get("code"))


def hmac_signature(secret: str, payload: str) -> str:
    """As Binance's page describes it, by the standard library alone."""
    return hmac.new(secret.encode(), payload.encode(), hashlib.sha256).hexdigest()
