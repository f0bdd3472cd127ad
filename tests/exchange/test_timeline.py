"""The journal as a timeline: two lanes in 80 columns, repetitions counted, and never too long."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from pytest_binance_options._messages import Request
from pytest_binance_options.exchange import Exchange, events, scenarios
from pytest_binance_options.exchange._runs import Run, runs
from pytest_binance_options.exchange._timeline import WIDTH, draw

from .asking import LISTEN_KEY, Asking
from .listening import connected

MOST = 200


def drawn(exchange: Exchange, most: int = MOST) -> list[str]:
    return draw(exchange.journal.lines, most).lines


def test_requests_are_on_the_left_and_streams_on_the_right(
    client: Asking, exchange: Exchange
) -> None:
    connected(exchange, f"/private/ws?listenKey={client.start()}")
    exchange.emit(events.order_trade_update())
    scenarios.one_failed_keepalive(exchange)
    exchange.clock.advance(minutes=30)
    client.ask("PUT")
    client.ask("PUT")
    exchange.clock.advance(minutes=60)
    assert drawn(exchange) == [
        "2026-01-01    requests                        | streams",
        "00:00:00.000  POST /eapi/v1/listenKey -> 200  | listen key made",
        "00:00:00.000                                  | #1 connected at",
        "                                              |   /private/ws?listenKey=<hidden>",
        "                                              |   , hears mine",
        "00:00:00.000                                  | ORDER_TRADE_UPDATE -> #1",
        "00:00:00.000  -- scenario one_failed_keepalive()",
        "00:00:00.000  -- the clock moves on by 30 min",
        "00:30:00.000  PUT /eapi/v1/listenKey -> 503   |",
        "                -1000 Service Unavailable.    |",
        "                [fault: 503 instead of the    |",
        "                answer, not executed]         |",
        "00:30:00.000  PUT /eapi/v1/listenKey -> 200   | listen key renewed",
        "00:30:00.000  -- the clock moves on by 1 h",
        "01:30:00.000                                  | listen key expired",
        "01:30:00.000                                  | listenKeyExpired -> #1",
    ]


def test_what_repeats_itself_is_there_once_with_a_count(client: Asking, exchange: Exchange) -> None:
    client.start()
    for _ in range(48):
        exchange.clock.advance(minutes=30)
        client.ask("PUT")
    for _ in range(1000):
        client.ask("GET", "/eapi/v1/ping")
    assert drawn(exchange)[2:] == [
        "00:00:00.000  -- the clock moves on by 30 min",
        "00:30:00.000  PUT /eapi/v1/listenKey -> 200   | listen key renewed",
        "              = these 2, 48 times, until 2026-01-02 00:00:00.000",
        "00:00:00.000  GET /eapi/v1/ping -> 200        |",
        "                (x1,000)                      |",
    ]


def test_a_reconnect_loop_of_thousands_of_rounds_is_short(exchange: Exchange) -> None:
    for _ in range(3_000):
        exchange.connect("/private/userdata")
        exchange.clock.advance(seconds=1)
    lines = drawn(exchange)
    assert len(lines) < 12
    assert lines[-2] == "              = these 2, 3,000 times, until 00:49:59.000"
    assert lines[-1] == "What ends in ... goes on in str(exchange.journal)."


def test_of_a_long_one_the_beginning_and_the_end_are_there(
    client: Asking, exchange: Exchange
) -> None:
    for number in range(500):
        client.ask("GET", f"/eapi/v1/ping?p{number}=1")
    lines = drawn(exchange)
    assert len(lines) <= MOST
    assert "(p0)" in lines[1]
    assert "(p499)" in lines[-1]
    (gap,) = [line for line in lines if line.startswith("...")]
    shown = sum("GET" in line for line in lines)
    assert gap == (
        f"... {500 - shown} lines of the journal are left out here. All of it: str(exchange.journal)"
    )


def test_what_is_there_after_a_gap_has_its_day(client: Asking, exchange: Exchange) -> None:
    for number in range(100):
        client.ask("GET", f"/eapi/v1/ping?p{number}=1")
        exchange.clock.advance(hours=number)
    lines = drawn(exchange, 40)
    assert len(lines) <= 40
    (gap,) = [number for number, line in enumerate(lines) if line.startswith("...")]
    assert lines[gap + 1] == "2026-07-10    requests                        | streams"


def test_several_accounts_and_other_addresses_are_named(client: Asking, exchange: Exchange) -> None:
    other = exchange.open_account("hedge")
    client.start()
    key = {"X-MBX-APIKEY": other.api_keys[0].api_key}
    exchange.handle(Request("POST", LISTEN_KEY, key, client="10.0.0.9"))
    assert drawn(exchange)[1:] == [
        "00:00:00.000  mine: POST /eapi/v1/listenKey   | mine: listen key made",
        "                -> 200                        |",
        "00:00:00.000  hedge: POST /eapi/v1/listenKey  | hedge: listen key made",
        "                -> 200 from 10.0.0.9          |",
    ]


def test_nothing_secret_is_in_it(client: Asking, exchange: Exchange) -> None:
    key = client.start()
    for secret in (key, client.key.api_key, client.key.secret_key or ""):
        client.ask("PUT", f"/eapi/v1/{secret}?{secret}={secret}")
        exchange.connect(f"/private/ws/{secret}")
        exchange.connect(f"/private/userdata/{secret}")
        assert secret not in "".join("".join(drawn(exchange)).split())


def test_where_nothing_happened_it_says_so(exchange: Exchange) -> None:
    assert drawn(exchange) == ["Nothing was asked, and nobody connected."]


DEEDS = st.lists(
    st.tuples(
        st.sampled_from(["ask", "connect", "refuse", "move", "emit", "drop", "note"]),
        st.text(max_size=60) | st.sampled_from(["a", "b" * 300]),
        st.integers(0, 12),
    ),
    max_size=60,
)


@given(DEEDS, st.integers(10, 60))
def test_whatever_happened_it_fits_and_all_that_is_missing_is_counted(
    deeds: list[tuple[str, str, int]], most: int
) -> None:
    exchange = Exchange()
    client = Asking(exchange, exchange.open_account())
    for deed, text, times in deeds:
        for _ in range(times):
            if deed == "ask":
                client.ask("GET", f"/{text}")
            elif deed == "connect":
                exchange.connect("/private/ws")
            elif deed == "refuse":
                exchange.connect(f"/{text}")
            elif deed == "move":
                exchange.clock.advance(hours=len(text))
            elif deed == "emit":
                exchange.emit(events.raw({"e": text}))
            elif deed == "drop":
                exchange.streams.drop()
            else:
                exchange.journal.note(exchange.clock.now_ms, None, text)
    drawing = draw(exchange.journal.lines, most)
    assert len(drawing.lines) <= most
    assert [line for line in drawing.lines if len(line) > WIDTH or not line.isprintable()] == []
    assert drawing.shown + drawing.left_out == len(exchange.journal.lines)
    gaps = [line for line in drawing.lines if line.startswith(f"... {drawing.left_out:,} lines")]
    assert len(gaps) == (drawing.left_out > 0)


@given(st.lists(st.integers(0, 2), max_size=60))
def test_runs_cover_each_step_once_in_order_and_are_what_they_say(steps: list[int]) -> None:
    found = runs(steps)
    said = [step for run in found for step in steps[run.start : run.start + run.length] * run.times]
    assert said == steps
    assert [run.start for run in found[1:]] == [run.end for run in found[:-1]]


def test_a_round_of_several_steps_has_to_come_three_times() -> None:
    assert runs("ababab") == [Run(0, 2, 3)]
    assert [run.times for run in runs("abab")] == [1, 1, 1, 1]
    assert runs("aab") == [Run(0, 1, 2), Run(2, 1, 1)]
