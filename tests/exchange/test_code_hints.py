"""What the code under test raised and nobody saw, and where it asked in vain: told at the top of
the section, with what came before it, and what was meant."""

from __future__ import annotations

import builtins
import json
import sys

import pytest

from pytest_binance_options._plugin.failure import failures
from pytest_binance_options._plugin.section import section
from pytest_binance_options._world.witness import InTheJournal
from pytest_binance_options.exchange import Exchange, events

from .asking import Asking
from .listening import connected


def top(exchange: Exchange, error: BaseException | None = None) -> str:
    """The first ten lines of the section, as one."""
    own = () if error is None else failures(error, exchange.clock.now_ms)
    return " ".join(line.strip() for line in section(exchange.journal, own).splitlines()[:10])


def caught(read: object, *names: object) -> Exception:
    """What is raised by a look-up of these ``names``, one within the other."""
    try:
        for name in names:
            read = read[name]  # type: ignore[index]
    except LookupError as error:
        return error
    raise AssertionError("There is such a field.")


@pytest.fixture
def seen(exchange: Exchange) -> InTheJournal:
    """Who is told what the code under test raises."""
    return InTheJournal(exchange)


@pytest.fixture
def event(client: Asking, exchange: Exchange) -> object:
    """An order update, as it was heard."""
    connection = connected(exchange, f"/private/ws/{client.start()}")
    exchange.emit(events.order_trade_update(status="FILLED"))
    (frame,) = connection.take()
    return json.loads(frame.data)  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("names", "meant"),
    [
        (("o", "status"), 'ORDER_TRADE_UPDATE has no "status": status is o.X.'),
        (("o", "orderStatus"), 'ORDER_TRADE_UPDATE has no "orderStatus": status is o.X.'),
        (("o", "clientOrderId"), "client order id is o.c."),
        (("o", "executedQty"), "filled quantity is o.z."),
        (("o", "cumQty"), "filled quantity is o.z."),
        (("o", "side"), "side is o.S."),
        (("o", "sid"), "side is o.S."),
        (("X",), 'In ORDER_TRADE_UPDATE "X" is o.X: in o.'),
        (("order",), "order is o."),
        (("eventType",), "event type is e."),
        (
            ("data",),
            '"data" is of what wraps an event at /stream; at /ws there is the event alone.',
        ),
        (("strategy",), "ORDER_TRADE_UPDATE has the fields e, E, T, o."),
    ],
)
def test_a_field_that_is_read_by_another_name(
    exchange: Exchange, seen: InTheJournal, event: object, names: tuple[str, ...], meant: str
) -> None:
    seen.raised(caught(event, *names), "ended the task listener")
    said = top(exchange)
    assert said.startswith(f"* KeyError: '{names[-1]}' at test_code_hints.py:")
    assert " in caught ended the task listener (00:00:00.000), after" in said
    assert "after ORDER_TRADE_UPDATE -> #1." in said
    assert meant in said


def test_a_field_of_the_test_s_own_is_explained_too(exchange: Exchange, event: object) -> None:
    said = top(exchange, caught(event, "o", "status"))
    assert said.startswith("* KeyError: 'status' at test_code_hints.py:")
    assert 'in caught: ORDER_TRADE_UPDATE has no "status": status is o.X.' in said


def test_an_event_that_is_taken_for_one_that_is_not_wrapped(
    exchange: Exchange, event: object
) -> None:
    assert (
        'ORDER_TRADE_UPDATE has "e". At /stream it comes wrapped, in "data"; what answers a'
        " command is no event." in top(exchange, caught({"stream": "x", "data": event}, "e"))
    )


def test_what_the_test_itself_fails_with_is_not_told_again(
    exchange: Exchange, seen: InTheJournal, event: object
) -> None:
    error = caught({}, "BTC")
    seen.raised(error, "ended the task listener")
    wrapper = RuntimeError("it went wrong")
    wrapper.__cause__ = error
    assert "KeyError" in top(exchange)
    assert top(exchange, wrapper).startswith("Nothing stands out")


def test_a_field_of_an_answer_that_is_read_by_another_name(
    client: Asking, exchange: Exchange, seen: InTheJournal
) -> None:
    client.start()
    seen.raised(caught({"listenKey": ""}, "listen_key"), "was logged")
    said = 'The answer to POST /eapi/v1/listenKey has no "listen_key": it has listenKey.'
    assert said in top(exchange)


def test_what_is_in_an_answer_where_no_name_is_alike(
    client: Asking, exchange: Exchange, seen: InTheJournal
) -> None:
    client.start()
    error = caught({"listenKey": ""}, "validUntil")
    said = (
        'The answer to POST /eapi/v1/listenKey has no "validUntil": it has listenKey, expiration.'
    )
    assert said in top(exchange, error)
    # A bot's own table, with what it is about as its keys.
    assert top(exchange, caught({}, "BTC")).startswith("Nothing stands out")
    seen.raised(error, "was logged")
    assert said in top(exchange)


def test_a_field_that_an_error_does_not_have(
    client: Asking, exchange: Exchange, seen: InTheJournal
) -> None:
    client.ask("PUT")
    seen.raised(caught({"code": 0}, "expiration"), "was logged")
    assert (
        "after PUT /eapi/v1/listenKey -> 400 -1125 This listenKey does not exist. An error has"
        " code and msg, and no other field." in top(exchange)
    )


def test_a_key_that_is_no_field_of_anything_is_only_named(
    exchange: Exchange, seen: InTheJournal, event: object
) -> None:
    seen.raised(caught({}, "BTC-260925-50000-C"), "was logged")
    assert "after ORDER_TRADE_UPDATE -> #1.  2026-01-01" in top(exchange)


def test_what_came_long_before_is_not_named(
    exchange: Exchange, seen: InTheJournal, event: object
) -> None:
    exchange.clock.advance(minutes=5)
    seen.raised(caught({}, "status"), "was logged")
    assert "in caught was logged (00:05:00.000).  2026-01-01" in top(exchange)


def test_a_name_that_the_user_s_own_class_lacks_is_no_field(
    exchange: Exchange, seen: InTheJournal, event: object
) -> None:
    class Bot:
        pass

    with pytest.raises(AttributeError) as raised:
        Bot().status  # type: ignore[attr-defined]  # noqa: B018
    seen.raised(raised.value, "was logged")
    assert "'status'" in top(exchange)
    assert "o.X" not in top(exchange)


def test_the_same_again_is_counted(exchange: Exchange, seen: InTheJournal, event: object) -> None:
    for _ in range(3):
        error = caught({}, "BTC")
        seen.raised(error, "was logged")
        seen.raised(error, "ended the thread listener")
        exchange.clock.advance(seconds=1)
    assert "was logged and ended the thread listener, 3 times from 00:00:00.000 on" in top(exchange)
    assert "ended the thread listener (x3" not in top(exchange)


@pytest.mark.skipif(sys.version_info < (3, 11), reason="groups came with Python 3.11")
def test_a_group_is_told_by_what_is_in_it(exchange: Exchange, seen: InTheJournal) -> None:
    group = vars(builtins)["ExceptionGroup"]
    inner = [RuntimeError("one"), group("more", [RuntimeError("two")])]
    seen.raised(group("some", inner), "ended the task bot")
    assert "* RuntimeError: one at an unknown place ended the task bot" in top(exchange)
    assert "* RuntimeError: two at an unknown place ended the task bot" in top(exchange)


def test_an_exception_that_somebody_asked_for_is_in_the_timeline_alone(
    exchange: Exchange, seen: InTheJournal
) -> None:
    seen.raised(ConnectionError("gone"), "ended the task listener", lambda: False)
    assert "* Conn" not in top(exchange)
    assert "-- ConnectionError: gone at an unknown place ended the task listener" in top(exchange)


def test_of_one_that_nobody_can_ask_for_any_more_it_is_told(
    exchange: Exchange, seen: InTheJournal
) -> None:
    error = ConnectionError("gone")
    seen.raised(error, "ended the task listener", lambda: False)
    seen.forgotten(ConnectionError("of another test"))
    assert "* Conn" not in top(exchange)
    seen.forgotten(error)
    assert "* ConnectionError: gone at an unknown place ended" in top(exchange)


def test_no_secret_is_in_it(client: Asking, exchange: Exchange, seen: InTheJournal) -> None:
    key = client.start()
    seen.raised(caught({}, key), "was logged")
    seen.raised(OSError(f"wss://fstream.binance.com/private/ws/{key}"), "was logged")
    assert key not in section(exchange.journal).replace("\n", "")


def test_a_host_with_a_typo(exchange: Exchange, seen: InTheJournal) -> None:
    for _ in range(2):
        seen.strayed("eapi.binence.com:443", "Did you mean eapi.binance.com?")
    assert top(exchange).startswith(
        "* A connection to eapi.binence.com:443 was asked for 2 times, and refused: nothing leaves"
        " this machine. Did you mean eapi.binance.com?  2026-01-01"
    )


def test_any_other_host_comes_last(client: Asking, exchange: Exchange, seen: InTheJournal) -> None:
    seen.strayed("chat.example:443", "")
    client.ask("PUT")
    assert top(exchange).startswith(
        "* PUT at 00:00:00.000 came where there was no listen key. POST makes one. * A connection"
        " to chat.example:443 was asked for once, and refused: nothing leaves this machine."
    )


def test_what_the_network_does_and_the_code_tells_of_is_no_mistake(
    exchange: Exchange, seen: InTheJournal
) -> None:
    for text in ("", "{"):
        with pytest.raises(ValueError, match="line 1") as raised:
            json.loads(text)
        seen.raised(raised.value, "was logged", lambda: False)
    assert "* JSON" not in top(exchange)
    assert "-- JSONDecodeError: " in top(exchange)
