"""The way to the exchange that is asked: requests as they are written, streams, and the listen key,
all within bounds.

It judges nothing; that is the questions' part.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar, cast
from urllib.parse import quote

from .._cassette.content import UnreadableEncodingError, decode
from .._masking import mask
from .._messages import Answer, Failure, Headers, Request, Response
from .._products import OPTIONS
from .._transports import upstream
from ..client import BinanceAuth
from ..errors import StreamError
from .talk import Talk

if TYPE_CHECKING:
    from .._transports.server.listener import Listener

__all__ = ["LISTEN_KEY", "NOBODYS_KEY", "CannotAsk", "NoMore", "Reply", "Wire"]

LISTEN_KEY = OPTIONS.listen_key_path
#: The shape of a key, and nobody's: neither an API key nor a listen key.
NOBODYS_KEY = ("Nobodys" * 10)[:64]

T = TypeVar("T")

# Far below what an address may ask in a minute: 2,400.
_MOST_REQUESTS = 100
_MOST_STREAMS = 40
_SHOWN = 200
_ADDRESS = re.compile(r"(?<=request ip: )[0-9A-Fa-f.:]+")


class CannotAsk(Exception):
    """Why a question could not be put; the next one may."""


class NoMore(CannotAsk):
    """Why nothing more may be asked."""


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer, read. ``value`` is its JSON; None where it has none."""

    status: int
    headers: Headers
    text: str
    value: object

    @property
    def code(self) -> object:
        """The exchange's error code; None where there is none."""
        return self.get("code")

    def get(self, name: str) -> object:
        """A field of the JSON object; None where it isn't there."""
        return self.value.get(name) if isinstance(self.value, dict) else None

    def __str__(self) -> str:
        return f"{self.status} {' '.join(self.text.split())}".strip()


class Wire:
    """Asks the exchange at ``host`` and ``stream_host`` with the account of ``auth``.

    ``patience`` is how many seconds it listens before it says that nothing came, ``timeout`` how
    many it waits for an answer that has to come. ``send`` is how requests reach the network.
    """

    def __init__(
        self,
        host: str,
        stream_host: str,
        auth: BinanceAuth,
        *,
        patience: float = 2.0,
        timeout: float = 10.0,
        send: Callable[[Request], Answer] = upstream.send,
    ) -> None:
        self.host = host
        self.stream_host = stream_host
        self.patience = patience
        self._auth = auth
        self.timeout = timeout
        self._send = send
        self._requests = self._streams = self._forbidden = 0
        self._ahead_ms = 0
        self._shut_out = False
        self._seen: dict[object, object] = {}
        self._secrets = set(auth.secrets())
        #: Whether there may be a listen key that was started from here.
        self.holds_key = False

    def once(self, look: Callable[[Wire], T]) -> T:
        """What ``look`` saw, which may have taken long: several questions can be about it."""
        if look not in self._seen:
            self._seen[look] = look(self)
        return cast("T", self._seen[look])

    # Requests

    def ask(
        self,
        method: str,
        target: str,
        *,
        api_key: str | None = None,
        headers: Iterable[tuple[str, str]] = (),
        body: str = "",
    ) -> Reply:
        """The answer to a request for ``target``, path and query as they are sent, with the
        account's API key or another one. Raises CannotAsk where none comes, NoMore where the
        exchange asks to be left alone."""
        if self._shut_out:
            raise NoMore("the exchange has shut this address out")
        self._requests += 1
        # A listen key is closed whatever was asked before.
        if self._requests > _MOST_REQUESTS and method != "DELETE":
            raise NoMore("enough was asked")
        reply = self._perform(method, target, api_key or self._auth.api_key, headers, body)
        if target.partition("?")[0] == LISTEN_KEY and reply.status == 200:
            self._note_key(method, reply)
        self._heed(reply)
        return reply

    def _heed(self, reply: Reply) -> None:
        """Raise where ``reply`` is the exchange's wish to be left alone."""
        self._forbidden += reply.status == 403
        self._shut_out = reply.status == 418 or self._forbidden > 1
        if self._shut_out or reply.status == 429:
            raise NoMore(f"the exchange asked for less: {reply}")
        if reply.status == 403:
            # The firewall's: it may be about this one request, which is an odd one.
            raise CannotAsk(f"the request was not let in: {reply}")

    def _perform(
        self,
        method: str,
        target: str,
        api_key: str,
        headers: Iterable[tuple[str, str]],
        body: str,
    ) -> Reply:
        given = [("X-MBX-APIKEY", api_key), ("Accept", "application/json"), *headers]
        wanted = Request(
            method,
            self.host + target,
            given,
            body.encode(),
            timeout=self.timeout,
        )
        answer = self._send(wanted)
        if isinstance(answer, Failure):
            raise CannotAsk(f"{method} {target.partition('?')[0]} has no answer: {answer}")
        return _read(answer)

    def _note_key(self, method: str, reply: Reply) -> None:
        if method == "POST":
            self.holds_key = True
            key = reply.get("listenKey")
            if isinstance(key, str) and key:
                self._secrets.add(key)
        elif method == "DELETE":
            self.holds_key = False

    def now_ms(self) -> int:
        """The exchange's time, as far as is known here, in ms since the epoch."""
        return time.time_ns() // 1_000_000 + self._ahead_ms

    def server_time(self) -> int:
        """The exchange's time, asked for, in ms since the epoch."""
        reply = self.ask("GET", "/eapi/v1/time")
        stated = reply.get("serverTime")
        if not isinstance(stated, int):
            raise CannotAsk(f"GET /eapi/v1/time does not say the time: {reply}")
        self._ahead_ms = stated - time.time_ns() // 1_000_000
        return stated

    def signed(self, query: str, body: str = "") -> str:
        """``query`` with the signature over it, and over ``body``, at its end."""
        return f"{query}&signature={self.signature(query + body)}"

    def signature(self, payload: str) -> str:
        """The account's signature over ``payload``, as it is written in a query."""
        signature = quote(self._auth.sign(payload), safe="")
        self._secrets.add(signature)
        return signature

    # The listen key

    def start_key(self) -> str:
        """The account's listen key, started."""
        reply = self.ask("POST", LISTEN_KEY)
        key = reply.get("listenKey")
        if not isinstance(key, str) or not key:
            raise CannotAsk(f"POST {LISTEN_KEY} gives no listen key: {reply}")
        return key

    def close_key(self) -> Reply:
        """Close the account's listen key."""
        return self.ask("DELETE", LISTEN_KEY)

    # Streams

    @contextmanager
    def connected(self, target: str, *, compress: bool = False) -> Iterator[Listener]:
        """A stream at ``target``, until the block ends. Raises HandshakeRefused and CannotAsk."""
        from .._transports.server.listener import HandshakeRefused, Listener

        self._streams += 1
        if self._streams > _MOST_STREAMS:
            raise NoMore("enough streams were opened")
        try:
            listener = Listener(self.stream_host + target, timeout=self.timeout, compress=compress)
        except HandshakeRefused:
            raise
        except StreamError as error:
            raise CannotAsk(f"no stream can be opened: {error}") from None
        try:
            yield listener
        finally:
            listener.close()

    @contextmanager
    def talking(self, target: str) -> Iterator[Talk]:
        """As :meth:`connected`, to send commands; a handshake that is refused is CannotAsk."""
        from .._transports.server.listener import HandshakeRefused

        try:
            with self.connected(target) as listener:
                yield Talk(listener, self.timeout)
        except HandshakeRefused as refused:
            raise CannotAsk(f"there is no stream to ask on: {refused}") from None

    def refusal(self, target: str) -> int | None:
        """The status with which a handshake at ``target`` is refused; None where it is not."""
        from .._transports.server.listener import HandshakeRefused

        try:
            with self.connected(target):
                return None
        except HandshakeRefused as refused:
            return refused.status

    def malformed_handshake(self) -> tuple[int, bytes]:
        """Status and body of the answer to a handshake without a key."""
        from .._transports.server.listener import malformed_handshake

        base = "http" + self.stream_host.removeprefix("ws")
        try:
            return malformed_handshake(f"{base}/private/ws", timeout=self.timeout)
        except StreamError as error:
            raise CannotAsk(str(error)) from None

    def hide(self, text: str) -> str:
        """``text`` without anything that is secret, or the address that is asked from, and not
        longer than can be read."""
        for secret in sorted(self._secrets, key=len, reverse=True):
            text = text.replace(secret, "<hidden>")
        text = _ADDRESS.sub("<this address>", mask(text))
        return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}..."


def _read(answer: Response) -> Reply:
    try:
        body = decode(answer.headers, answer.body).body
    except UnreadableEncodingError:
        body = b""
    text = body.decode(errors="replace")
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        value = None
    return Reply(answer.status, answer.headers, text, value)
