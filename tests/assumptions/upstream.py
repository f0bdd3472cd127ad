"""An exchange to be asked: the simulated one behind a real loopback server, as it is or with one
fact turned round."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timezone

from pytest_binance_options._assumptions.wire import Wire
from pytest_binance_options._backends.base import Connection
from pytest_binance_options._backends.simulate import Simulate
from pytest_binance_options._frames import Frame, Text
from pytest_binance_options._messages import Answer, Request, Response
from pytest_binance_options._transports.server.server import LoopbackServer
from pytest_binance_options.client import BinanceAuth
from pytest_binance_options.exchange import Exchange
from pytest_binance_options.exchange._stream_hub import StreamConnection

# Each process has an account of its own: who uses the same one waits.
_OWN = uuid.uuid4().hex
API_KEY = f"AssumptionsApiKeyAssumptionsApiK{_OWN}"
SECRET_KEY = f"AssumptionsSecretAssumptionsSecr{_OWN[::-1]}"


@dataclass(frozen=True)
class Turned:
    """What is done to the exchange beforehand, to requests, to answers (those to handshakes
    included), and to what streams say."""

    setup: Callable[[Exchange], object] = lambda exchange: None
    request: Callable[[Request], Request] = lambda request: request
    answer: Callable[[Request, Response], Response] = lambda request, answer: answer
    #: Is given the connection's subscriptions, too.
    frame: Callable[[str, list[str]], str] = lambda text, names: text


class Upstream(Simulate):
    """The exchange with something ``turned``. ``listen_keys`` is every key there was."""

    def __init__(self, exchange: Exchange, turned: Turned) -> None:
        super().__init__(exchange)
        self._turned = turned
        self.listen_keys: set[str] = set()

    def respond(self, request: Request) -> Answer:
        answer = super().respond(self._turned.request(request))
        (account,) = self.exchange.accounts
        self.listen_keys |= {account.listen_key} if account.listen_key else set()
        return self._turned.answer(request, answer) if isinstance(answer, Response) else answer

    def connect(self, handshake: Request) -> Connection | Response:
        connection = super().connect(handshake)
        if isinstance(connection, Response):
            return self._turned.answer(handshake, connection)
        take = connection.take
        assert isinstance(connection, StreamConnection)

        def said(frame: Frame) -> Frame:
            if not isinstance(frame, Text):
                return frame
            return Text(self._turned.frame(frame.data, connection.subscriptions))

        connection.take = lambda: [said(frame) for frame in take()]  # type: ignore[method-assign]
        return connection


@dataclass
class Asked:
    """Whom the questions are put to, and how."""

    exchange: Exchange
    upstream: Upstream
    wire: Wire
    url: str
    stream_url: str

    @property
    def listen_key(self) -> str | None:
        """The one that is alive now."""
        return self.exchange.accounts.resolve(None).listen_key


@contextmanager
def asked(server: LoopbackServer, turned: Turned | None = None) -> Iterator[Asked]:
    """An exchange with one account, at a loopback port until the block ends."""
    exchange = Exchange(start=datetime.now(timezone.utc))
    exchange.open_account(api_key=API_KEY, secret_key=SECRET_KEY)
    turned = turned or Turned()
    turned.setup(exchange)
    upstream = Upstream(exchange, turned)
    with server.attach(upstream) as at:
        # What is on its way on loopback comes before the answer to a command: nothing is waited for.
        wire = Wire(at.url, at.stream_url, BinanceAuth(API_KEY, SECRET_KEY), patience=0)
        yield Asked(exchange, upstream, wire, at.url, at.stream_url)


def saying(answer: Response, status: int, **fields: object) -> Response:
    """``answer`` with another status, and ``fields`` in its JSON replaced; None takes one out."""
    old = json.loads(answer.body)
    value = {name: value for name, value in {**old, **fields}.items() if value is not None}
    body = json.dumps(value).encode()
    headers = answer.headers.replacing("Content-Length", str(len(body)))
    return replace(answer, status=status, headers=headers, body=body)
