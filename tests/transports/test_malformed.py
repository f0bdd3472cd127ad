"""Nonsense at the doors in memory: a client is told what the loopback server would have told it."""

from __future__ import annotations

import asyncio
import contextlib
import http.client
import re
from collections.abc import Callable, Iterator
from dataclasses import replace

import aiohttp
import pytest
import requests
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_binance_options._hosts import Scope
from pytest_binance_options._products import PRODUCTS
from pytest_binance_options._transports import limits
from pytest_binance_options._transports.interception.interception import Interception
from pytest_binance_options._transports.memory_stream import memory_stream

from .intercepting import URL, Scripted, intercepted
from .malformed import LONG, TABLE, damaged
from .server.attacked import Answers, under_attack
from .server.test_attack import NEW_PARSER
from .server.test_session import Doorman

TIME = "https://eapi.binance.com/eapi/v1/time"

# A third of what others do: each example is several connections.
FEW = settings(max_examples=settings().max_examples // 3)


def over_a_stream(data: bytes) -> bytes:
    """What comes back from where streams are connected that never leave the process."""

    def later(seconds: float, call: Callable[[], object]) -> None:
        raise AssertionError("nothing here takes its time")

    received = b""
    with memory_stream("ws://x", Doorman(), later, readable=lambda *_: True) as sock:
        sock.sendall(data)
        sock.setblocking(False)
        with contextlib.suppress(BlockingIOError):
            while part := sock.recv(65_536):
                received += part
            return received
    # It waits for the rest, or is a WebSocket; all else is the end.
    assert not received or Answers(received).statuses == [101]
    return received


def at_http_client(data: bytes) -> bytes:
    """What comes back from http.client's socket."""
    everything = [replace(product, rest_prefix="/") for product in PRODUCTS]
    scope = Scope(["http://x"], products=everything)
    with Interception(Doorman(), scope, mode="offline", network=False):
        connection = http.client.HTTPConnection("x")
        connection.connect()
        connection.sock.sendall(data)
        return connection.sock.makefile("rb").read()


@pytest.mark.parametrize("door", [over_a_stream, at_http_client])
@pytest.mark.parametrize(("sent", "status"), TABLE.values(), ids=TABLE.keys())
def test_what_is_no_request_gets_400_and_what_is_one_an_answer(
    sent: bytes, status: int, door: Callable[[bytes], bytes]
) -> None:
    answers = Answers(door(sent))
    assert (answers.statuses, answers.rest) == ([status], b"")


# The server's parser knows a list of methods, takes other versions for 1.1, and reads on after a
# request.
_JUDGED_ALIKE = re.compile(rb"(?:\r\n)*(?:GET|POST|PUT|OPTIONS) (?![^\r\n]* HTTP/[02])")


@NEW_PARSER
def test_whatever_is_sent_is_answered_as_by_the_server(monkeypatch: pytest.MonkeyPatch) -> None:
    # Half a request is waited for no longer than this.
    monkeypatch.setattr(limits, "SLOWEST", 0.02)
    with under_attack() as server:

        @FEW
        @given(st.lists(damaged(most=1), min_size=4, max_size=4))
        def attack(sent: list[bytes]) -> None:
            inputs = [data.replace(LONG, b"x" * 70_000) for data in sent]
            there = server.throw([(data, False) for data in inputs])
            for data, answers in zip(inputs, there, strict=True):
                here = Answers(over_a_stream(data))
                assert here.rest == b""
                first = [status for status in answers.statuses if status != 100][:1]
                if first in ([], [408]) or not _JUDGED_ALIKE.match(data):
                    continue
                if first == [400] and data.partition(b"\r\n\r\n")[2]:
                    # It may be what follows that the server refuses.
                    assert set(here.statuses) <= {101, 200, 400}
                else:
                    assert here.statuses == first
            server.check()

        attack()


WRONG = [("A", "b")] * 200
SAID = "Bad Request: too many headers."


TOLD = (
    "something that is no HTTP -> 400: too many headers. Is there a blank or a line break, or a"
    " whole dict, in its address or in a header?"
)


class TakesNote(Scripted):
    def __init__(self) -> None:
        super().__init__()
        self.malformed_said: list[str] = []

    def malformed(self, said: str) -> None:
        self.malformed_said.append(said)


def test_http_client_is_told_so() -> None:
    backend = TakesNote()
    with intercepted(backend):
        connection = http.client.HTTPSConnection("eapi.binance.com")
        connection.putrequest("GET", "/eapi/v1/time")
        for header in WRONG:
            connection.putheader(*header)
        connection.endheaders()
        answer = connection.getresponse()
        assert (answer.status, answer.getheader("Connection")) == (400, "close")
        assert answer.read().decode() == SAID
    assert backend.requests == []
    assert backend.malformed_said == [TOLD]


def test_aiohttp_is_told_so() -> None:
    async def ask() -> None:
        async with aiohttp.ClientSession() as session:
            answer = await session.get(TIME, headers=WRONG)
            assert (answer.status, answer.headers["Connection"]) == (400, "close")
            assert await answer.text() == SAID

    backend = TakesNote()
    with intercepted(backend):
        asyncio.run(ask())
    assert backend.requests == []
    assert backend.malformed_said == [TOLD]


def test_a_body_that_is_too_long_gets_413() -> None:
    def parts() -> Iterator[bytes]:
        yield bytes(limits.MAX_BODY)
        yield b"a"

    with intercepted() as backend:
        answer = requests.post(URL, data=parts(), timeout=5)
    assert (answer.status_code, answer.text) == (
        413,
        f"{answer.reason}: a body may have 16777216 bytes.",
    )
    assert backend.requests == []
