"""A conversation on a stream: what answers, what is only heard, and how it ends."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from pytest_binance_options._assumptions.talk import NoAnswer, Talk, error_code
from pytest_binance_options._frames import Binary, Close, Drop, Frame, Text
from pytest_binance_options._transports.server.listener import Listener
from pytest_binance_options._transports.server.server import LoopbackServer
from tests.transports.server.test_session import Doorman, Scripted

PATIENCE = 5.0


class Conversation:
    def __init__(self, listener: Listener, exchange: Scripted) -> None:
        self.exchange = exchange
        self._listener = listener

    def talk(self, *said: Frame, timeout: float = PATIENCE) -> Talk:
        """A talk in which the exchange has said this before anything is asked."""
        self.exchange.say(*said)
        return Talk(self._listener, timeout)


@pytest.fixture
def there(server: LoopbackServer) -> Iterator[Conversation]:
    doorman = Doorman()
    with server.attach(doorman) as attached:
        listener = Listener(f"{attached.stream_url}/private/ws", timeout=PATIENCE)
        yield Conversation(listener, doorman.connections[0])
        listener.close()


def test_what_comes_before_the_answer_is_heard(there: Conversation) -> None:
    talk = there.talk(
        Text('{"e":"ACCOUNT_UPDATE"}'), Text("no JSON"), Binary(b'{"result":["K"],"id":1}')
    )
    assert talk.subscriptions() == ["K"]
    assert talk.heard == ['{"e":"ACCOUNT_UPDATE"}', "no JSON"]


def test_a_silent_stream_has_no_answer(there: Conversation) -> None:
    with pytest.raises(NoAnswer, match=r"^no answer within 0.05 s$"):
        there.talk(timeout=0.05).command("SUBSCRIBE", "K")
    assert there.exchange.received[0] == Text('{"method": "SUBSCRIBE", "params": ["K"], "id": 1}')


@pytest.mark.parametrize(
    ("end", "said"),
    [
        (Close(1008, "Pong timeout"), "the stream was closed with 1008 Pong timeout"),
        (Drop(), "the stream ended without a close frame"),
    ],
)
def test_a_stream_that_ends_has_no_answer_and_says_how(
    there: Conversation, end: Frame, said: str
) -> None:
    talk = there.talk(end)
    for _ in range(2):
        with pytest.raises(NoAnswer) as caught:
            talk.command("SUBSCRIBE")
        assert str(caught.value) == said


def test_who_listens_hears_what_comes_meanwhile(there: Conversation) -> None:
    talk = there.talk(Text("late"), timeout=0.05)
    talk.rest(0.05)
    assert (talk.heard, talk.end) == (["late"], "")


def test_an_error_has_its_code_nested_or_bare() -> None:
    assert error_code({"error": {"code": 2}, "id": 1}) == 2
    assert error_code({"code": 3}) == 3
    assert error_code({"error": "no"}) is None
    assert error_code({"result": None}) is None
