"""The picture as a value: repetitions are one with a count, what lasts is a span, and it has a size
that can be looked at whatever happened."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from pytest_binance_options._picture.journal import steps_of
from pytest_binance_options._picture.picture import MOST, Picture, picture
from pytest_binance_options._picture.steps import Lane, Step, Words
from pytest_binance_options.exchange import Exchange, fault
from tests.exchange.asking import Asking
from tests.exchange.listening import connected


def step(name: str, at_ms: int = 0, lane: str = "test", opens: str = "", closes: str = "") -> Step:
    return Step(
        at_ms, lane, name, lambda: Words(name, f"{name} happened"), opens=opens, closes=closes
    )


def drawn(exchange: Exchange) -> Picture:
    return picture(steps_of(exchange.journal.lines))


def shown(value: Picture) -> list[tuple[str, int]]:
    return [(moment.label, moment.times) for moment in value.moments]


def test_nothing_is_an_empty_picture() -> None:
    assert picture([]) == Picture()


def test_lanes_are_there_as_something_is_in_them_in_an_order_of_their_own() -> None:
    steps = [step("a", lane="weather"), step("b", lane="events"), step("c", lane="requests")]
    assert picture(steps).lanes == (
        Lane("requests", "REST"),
        Lane("events", "Events"),
        Lane("weather", "Weather"),
    )


def test_what_repeats_itself_is_there_once_with_a_count(client: Asking, exchange: Exchange) -> None:
    client.start()
    for _ in range(48):
        exchange.clock.advance(minutes=30)
        client.ask("PUT")
    for _ in range(1000):
        client.ask("GET", "/eapi/v1/ping")
    day = drawn(exchange)
    assert shown(day) == [
        ("POST listenKey", 1),
        ("made", 1),
        ("+ 30 min", 1),
        ("PUT listenKey", 1),
        ("renewed", 1),
        ("GET ping", 1000),
    ]
    (each,) = day.rounds
    assert (each.first, each.last, each.times) == (2, 4, 48)
    assert each.until_ms - day.moments[0].at_ms == 24 * 3_600_000
    assert (day.steps, day.left_out) == (2 + 3 * 48 + 1000, 0)


def test_a_key_and_its_connections_last_until_they_end(client: Asking, exchange: Exchange) -> None:
    connected(exchange, f"/private/ws/{client.start()}")
    connected(exchange, "/market/ws/btcusdt@trade")
    exchange.clock.advance(minutes=60)
    ended = drawn(exchange)
    spans = [(span.lane, span.name, span.first, span.last) for span in ended.spans]
    assert [moment.label for moment in ended.moments][:4] == ["POST listenKey", "made", "#1", "#2"]
    assert (ended.moments[5].label, ended.moments[5].lane) == ("expired", "keys")
    assert spans == [
        ("keys", "listen key", 1, 5),
        ("connections", "#1", 2, None),
        ("connections", "#2", 3, None),
    ]


def test_what_a_request_has_done_stands_where_it_does(client: Asking, exchange: Exchange) -> None:
    exchange.faults.add(fault.unknown_outcome(executed=True), method="PUT")
    client.start()
    client.ask("PUT")
    exchange.clock.advance(hours=1)
    moments = [(m.label, m.joined, m.span) for m in drawn(exchange).moments]
    assert moments == [
        ("POST listenKey", False, ""),
        ("made", True, "listen key"),
        ("PUT listenKey", False, ""),
        ("503 instead of the answer, executed", True, ""),
        ("+ 1 h", False, ""),
        ("expired", False, "listen key"),
    ]


def test_the_connections_of_a_loop_are_one_span_with_a_count(exchange: Exchange) -> None:
    for _ in range(1000):
        connected(exchange, "/market/ws/btcusdt@trade")
        exchange.streams.drop()
        exchange.clock.advance(seconds=1)
    looped = drawn(exchange)
    (span,) = looped.spans
    assert (span.name, span.times) == ("#1", 1000)
    assert len(looped.moments) < 10


def test_of_a_long_one_the_beginning_and_the_end_are_there() -> None:
    numbers = [step(str(n), n) for n in range(20_000)]
    long = picture(numbers)
    assert len(long.moments) == MOST
    assert (long.moments[0].label, long.moments[-1].label) == ("0", "19999")
    assert (long.gap, long.left_out, long.steps) == (667, 19_000, 20_000)
    assert long.moments[long.gap].label == "19667"


def test_what_begins_or_ends_where_nothing_is_shown_does_so_at_the_edge() -> None:
    numbers = [step(str(n), n) for n in range(40)]
    numbers[2] = step("open", 2, opens="a")
    numbers[20] = step("both", 20, opens="b", closes="a")
    numbers[21] = step("short", 21, opens="c", closes="b")
    numbers[38] = step("close", 38, closes="c")
    spans = picture(numbers, most=12).spans
    assert [(span.name, span.first, span.last) for span in spans] == [("a", 2, 8), ("c", 8, 10)]


def test_only_what_is_shown_is_put_into_words() -> None:
    said: list[int] = []

    def numbered(n: int) -> Step:
        def say() -> Words:
            said.append(n)
            return Words(str(n), str(n))

        return Step(n, "test", n, say)

    picture([numbered(n) for n in range(500)], most=10)
    assert len(said) == 10


def test_a_text_that_is_endless_or_no_text_can_be_looked_at() -> None:
    odd = Step(
        0, "test", 0, lambda: Words("x" * 100, "\x00\x1b[31m\u2028\ud800\n", detail="y" * 9999)
    )
    (moment,) = picture([odd]).moments
    assert moment.label == f"{'x' * 60}... (40 characters more)"
    assert moment.text == "\ufffd\ufffd[31m\ufffd\ufffd\n"
    assert moment.detail.endswith("y... (5,999 characters more)")


@given(st.lists(st.sampled_from("abcdefgh"), max_size=60), st.integers(4, 40))
def test_every_step_is_shown_counted_or_left_out(names: list[str], most: int) -> None:
    value = picture([step(name, n) for n, name in enumerate(names)], most)
    assert len(value.moments) <= most
    in_rounds = {}
    for each in value.rounds:
        in_rounds |= dict.fromkeys(range(each.first, each.last + 1), each.times)
    count = sum(
        moment.times * in_rounds.get(position, 1) for position, moment in enumerate(value.moments)
    )
    assert count + value.left_out == value.steps == len(names)
    json.dumps(value.to_json())
