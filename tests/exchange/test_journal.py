"""The journal: what was asked and answered, for people and for assertions, and never with a
secret."""

from __future__ import annotations

import json
import tracemalloc

import pytest

from pytest_binance_options._frames import Close, Drop, Ping, Pong
from pytest_binance_options._messages import FailureKind, Headers, Request
from pytest_binance_options.errors import IncompleteJournalWarning, UsageError
from pytest_binance_options.exchange import Account, Exchange, events, fault, scenarios

from .asking import LISTEN_KEY, Asking
from .listening import connected, say


def test_it_compares_in_an_assertion(client: Asking, exchange: Exchange) -> None:
    exchange.faults.add(fault.reset(), method="PUT", times=1)
    client.ask("POST")
    client.fails("PUT")
    client.ask("GET", "/eapi/v1/ping?x=1")
    assert exchange.journal.calls == [
        ("POST", LISTEN_KEY, 200),
        ("PUT", LISTEN_KEY, FailureKind.RESET),
        ("GET", "/eapi/v1/ping", 200),
    ]


UNKNOWN = "Unknown error, please check your request or try again later."
HANDLED = "[fault: 503 instead of the answer, executed] [executed: 200]"


def test_as_text_it_is_the_conversation_on_the_exchange_s_clock(
    client: Asking, exchange: Exchange
) -> None:
    client.ask("POST")
    exchange.clock.advance(minutes=30)
    exchange.faults.add(fault.unknown_outcome(executed=True), times=1)
    client.ask("PUT", body=b"listenKey=secret")
    exchange.clock.advance(minutes=60)
    client.ask("PUT")
    exchange.handle(
        Request("GET", "https://eapi.binance.com/eapi/v1/ping?a=1&b=2", client="10.0.0.9")
    )
    assert str(exchange.journal).splitlines() == [
        "2026-01-01 00:00:00.000  mine@127.0.0.1  POST /eapi/v1/listenKey -> 200",
        "2026-01-01 00:00:00.000  mine  * listen key made",
        "2026-01-01 00:00:00.000  -  * the clock moves on by 30 min",
        (
            "2026-01-01 00:30:00.000  mine@127.0.0.1  PUT /eapi/v1/listenKey (listenKey) -> 503"
            f" -1000 {UNKNOWN} {HANDLED}"
        ),
        "2026-01-01 00:30:00.000  -  * the clock moves on by 1 h",
        "2026-01-01 01:30:00.000  mine  * listen key expired",
        (
            "2026-01-01 01:30:00.000  mine@127.0.0.1  PUT /eapi/v1/listenKey -> 400 -1125 This"
            " listenKey does not exist."
        ),
        "2026-01-01 01:30:00.000  -@10.0.0.9  GET /eapi/v1/ping (a, b) -> 200",
    ]


def test_an_entry_has_what_an_assertion_may_want(client: Asking, exchange: Exchange) -> None:
    exchange.clock.advance(seconds=1)
    client.ask("PUT", f"{LISTEN_KEY}?b=1&a=2", b"c=3")
    exchange.faults.add(fault.timeout())
    client.fails("POST")
    refused, lost = exchange.journal
    assert (refused.at, refused.at_ms) == (exchange.clock.now, exchange.clock.now_ms)
    assert (refused.client, refused.account, refused.parameters) == (
        "127.0.0.1",
        "mine",
        ("b", "a", "c"),
    )
    assert (refused.status, refused.failure, refused.code) == (400, None, -1125)
    assert (lost.status, lost.failure, lost.code) == (None, FailureKind.TIMEOUT, None)
    assert exchange.journal[0] is refused
    assert exchange.journal[1:] == [lost]
    assert len(exchange.journal) == 2


def test_an_unknown_api_key_belongs_to_no_account(exchange: Exchange, account: Account) -> None:
    exchange.handle(Request("POST", LISTEN_KEY, Headers({"X-MBX-APIKEY": "a" * 64})))
    assert (exchange.journal[0].account, exchange.journal[0].code) == (None, -2008)


def test_a_late_execution_is_added_to_its_request(client: Asking, exchange: Exchange) -> None:
    client.timeout = 1
    exchange.faults.add(fault.delay(5))
    client.fails("POST")
    (entry,) = exchange.journal
    before = str(entry)
    exchange.clock.advance(seconds=4)
    assert (
        before
        == "2026-01-01 00:00:00.000  mine@127.0.0.1  POST /eapi/v1/listenKey -> no answer in time"
        " [fault: delay of 5 s]"
    )
    assert str(entry) == f"{before} [executed 5 s after it was sent: 200]"


def test_a_fault_s_own_error_is_what_the_entry_shows(client: Asking, exchange: Exchange) -> None:
    exchange.faults.add(fault.status(418, {"code": -1003, "msg": "banned"}, executed=True), times=1)
    exchange.faults.add(fault.status(500, '{"code": "x"}'), times=1)
    exchange.faults.add(fault.status(500, "[" * 100_000), times=1)
    for _ in range(3):
        client.ask("PUT")
    assert [(entry.code, entry.msg) for entry in exchange.journal] == [
        (-1003, "banned"),
        (None, ""),
        (None, ""),
    ]


def test_it_is_json(client: Asking, exchange: Exchange) -> None:
    client.ask("POST")
    exchange.faults.add(fault.reset())
    client.fails("PUT")
    exchange.clock.advance(hours=1)
    entries = json.loads(json.dumps(exchange.journal.to_json()))
    asked = {
        "client": "127.0.0.1",
        "account": "mine",
        "path": LISTEN_KEY,
        "parameters": [],
        "code": None,
        "msg": "",
    }
    start = 1767225600000
    assert entries == [
        {**asked, "at": start, "method": "POST", "status": 200, "failure": None, "notes": []},
        {"at": start, "account": "mine", "note": "listen key made"},
        {
            **asked,
            "at": start,
            "method": "PUT",
            "status": None,
            "failure": "reset",
            "notes": ["fault: connection reset by the server, not executed"],
        },
        {"at": start, "account": None, "note": "the clock moves on by 1 h"},
        {"at": start + 3_600_000, "account": "mine", "note": "listen key expired"},
    ]


def test_nothing_secret_is_in_it_wherever_it_was_sent(client: Asking, exchange: Exchange) -> None:
    key = client.start()
    secrets = [key, client.key.api_key, client.key.secret_key or "", "s" * 64]
    for secret in secrets:
        client.ask("PUT", f"{LISTEN_KEY}?listenKey={secret}&{secret}=1", secret.encode())
        client.ask("PUT", f"/eapi/v1/{secret}")
        client.ask(secret)
        exchange.handle(
            Request("PUT", LISTEN_KEY, Headers({"X-MBX-APIKEY": secret}), client=secret)
        )
        exchange.faults.add(fault.status(500, {"code": -1, "msg": f"no {secret}"}), times=1)
        client.ask("PUT")
    exchange.journal.note(0, None, f"key {key}")
    shown = (
        str(exchange.journal)
        + json.dumps(exchange.journal.to_json())
        + repr(exchange.journal.calls)
    )
    shown += repr(list(exchange.journal)) + repr(exchange.journal.notes) + repr(exchange.journal)
    assert not [secret for secret in secrets if secret in shown]


def test_a_secret_does_not_show_because_the_text_before_it_was_long(
    client: Asking, exchange: Exchange
) -> None:
    for length in range(1100, 1260, 4):
        client.ask("GET", "/" + "a" * length + " " + client.key.api_key)
    shown = str(exchange.journal)
    assert client.key.api_key[:12] not in shown


def test_odd_text_stays_on_its_line_and_ends(client: Asking, exchange: Exchange) -> None:
    client.ask("GET\r\nX", "/eapi/" + "a b" * 500)
    (line,) = str(exchange.journal).splitlines()
    method, path, _ = exchange.journal.calls[0]
    assert method == "GET\N{REPLACEMENT CHARACTER}\N{REPLACEMENT CHARACTER}X"
    assert path.endswith("...")
    assert len(path) == 123
    assert len(line) < 1_000


def test_an_empty_journal_says_so_and_can_be_had(client: Asking, exchange: Exchange) -> None:
    client.ask("POST")
    exchange.journal.note(exchange.clock.now_ms, None, "done")
    exchange.journal.clear()
    assert (str(exchange.journal), exchange.journal.notes, repr(exchange.journal)) == (
        "nothing was asked",
        [],
        "<Journal, 0 requests>",
    )


def lines(exchange: Exchange) -> list[str]:
    """The journal's lines, each from its time of day on."""
    return [line[11:] for line in str(exchange.journal).splitlines()]


def test_it_has_what_became_of_streams_keys_scenarios_and_the_clock(
    client: Asking, exchange: Exchange
) -> None:
    key = client.start()
    exchange.emit(events.order_trade_update())
    one = connected(exchange, f"/private/ws/{key}")
    other = connected(exchange, "/private/ws")
    say(other, method="SUBSCRIBE", params=[key], id=1)
    exchange.emit(events.order_trade_update())
    say(other, method="UNSUBSCRIBE", params=[key], id=2)
    one.receive(Close(1000))
    exchange.emit(events.risk_level_change())
    scenarios.expires_early(exchange, after_minutes=1)
    exchange.clock.advance(seconds=30)
    exchange.clock.advance(seconds=30)
    exchange.streams.drop()
    client.start()
    scenarios.one_event_lost(exchange)
    client.ask("DELETE")
    exchange.emit(events.risk_level_change())
    asked = "00:00:00.000  mine@127.0.0.1  POST /eapi/v1/listenKey -> 200"
    assert lines(exchange) == [
        asked,
        "00:00:00.000  mine  * listen key made",
        "00:00:00.000  mine  * ORDER_TRADE_UPDATE -> nobody: nobody is connected",
        "00:00:00.000  -  * #1 connected at /private/ws/<hidden>, hears mine",
        "00:00:00.000  -  * #2 connected at /private/ws, subscribed to no live listen key",
        "00:00:00.000  -  * #2 subscribed to a listen key, hears mine",
        "00:00:00.000  mine  * ORDER_TRADE_UPDATE -> #1, #2",
        "00:00:00.000  -  * #2 unsubscribed from a listen key",
        "00:00:00.000  -  * #1 closed by the client, 1000",
        (
            "00:00:00.000  mine  * RISK_LEVEL_CHANGE -> nobody: no connection has subscribed to the"
            " listen key"
        ),
        "00:00:00.000  -  * scenario expires_early(after_minutes=1)",
        "00:00:00.000  -  * the clock moves on by 1 min",
        "00:01:00.000  mine  * listen key expired",
        "00:01:00.000  -  * #2 dropped by the exchange, without a close frame",
        asked.replace("00:00:00", "00:01:00"),
        "00:01:00.000  mine  * listen key made",
        "00:01:00.000  -  * scenario one_event_lost()",
        "00:01:00.000  mine@127.0.0.1  DELETE /eapi/v1/listenKey -> 200",
        "00:01:00.000  mine  * listen key closed",
        "00:01:00.000  mine  * RISK_LEVEL_CHANGE -> nobody: nobody is connected",
    ]


def test_it_says_who_has_ended_a_connection_and_why(client: Asking, exchange: Exchange) -> None:
    key = client.start()
    for _ in range(3):
        connected(exchange, f"/private/ws/{key}")
    one, other, _ = exchange.streams.connections
    one.receive(Drop())
    other.close(1008, "Too many requests")
    exchange.clock.advance(hours=24)
    assert [line.split("* ")[1] for line in lines(exchange) if " by the " in line] == [
        "#1 dropped by the client, without a close frame",
        "#2 closed by the exchange, 1008: Too many requests",
        "#3 closed by the exchange, 1001: it had reached its greatest age",
    ]


def test_what_is_lost_on_the_way_is_in_it(client: Asking, exchange: Exchange) -> None:
    connected(exchange, f"/private/ws/{client.start()}")
    scenarios.one_event_lost(exchange, "mine")
    exchange.emit(events.risk_level_change())
    assert lines(exchange)[-2:] == [
        "00:00:00.000  -  * scenario one_event_lost(account='mine')",
        "00:00:00.000  mine  * RISK_LEVEL_CHANGE -> nobody: lost on the way, as the test set up",
    ]


def test_a_day_of_pings_leaves_no_line_each(client: Asking, exchange: Exchange) -> None:
    exchange.streams.max_age = 10**6
    connection = connected(exchange, f"/private/ws/{client.start()}")
    for _ in range(24 * 60):
        exchange.clock.advance(minutes=1)
        for frame in connection.take():
            if isinstance(frame, Ping):
                connection.receive(Pong(frame.data))
    assert not connection.closed
    assert len(lines(exchange)) < 10


def test_connections_are_counted_from_the_start_after_a_reset(
    client: Asking, exchange: Exchange
) -> None:
    for _ in range(2):
        connected(exchange, "/private/ws")
        exchange.reset()
        client.start()
    connected(exchange, "/private/ws")
    assert lines(exchange)[-1].endswith(
        "* #1 connected at /private/ws, subscribed to no live listen key"
    )


DROPPED = (
    "2026-01-01 00:00:00.000  -  * dropped, up to here: 10 requests, 1 note; the journal keeps the"
    " last 2 lines (journal.limit; None keeps all)"
)


def test_it_keeps_its_last_lines_and_says_how_many_it_has_dropped(
    client: Asking, exchange: Exchange
) -> None:
    exchange.journal.limit = 2
    client.ask("POST")
    for _ in range(9):
        client.ask("PUT")
    client.ask("DELETE")
    assert str(exchange.journal).splitlines() == [
        DROPPED,
        "2026-01-01 00:00:00.000  mine@127.0.0.1  DELETE /eapi/v1/listenKey -> 200",
        "2026-01-01 00:00:00.000  mine  * listen key closed",
    ]
    assert exchange.journal.to_json()[0]["note"] == DROPPED.partition("* ")[2]
    assert exchange.journal.notes[0] is exchange.journal.lines[0]
    assert (exchange.journal.dropped, exchange.journal.asked) == (11, 11)
    assert exchange.state()["requests"] == 11


READ = (
    "The journal keeps the last 2 lines and has dropped 2 requests: what is read from it is not all"
    " that was asked. Set exchange.journal.limit before that, to a larger number, or to None to keep"
    " them all."
)


def test_who_reads_requests_of_a_journal_without_the_first_is_warned(
    client: Asking, exchange: Exchange
) -> None:
    exchange.journal.limit = 2
    client.ask("POST")
    client.ask("PUT")
    client.ask("DELETE")
    assert exchange.journal[-1].method == "DELETE"
    with pytest.warns(IncompleteJournalWarning) as warned:
        assert ("POST", LISTEN_KEY, 200) not in exchange.journal.calls
    assert ([str(each.message) for each in warned], warned[0].filename) == ([READ], __file__)
    assert len(exchange.journal) == len(list(exchange.journal)) == 1  # and a note


def test_what_is_dropped_is_dropped_a_tenth_at_a_time(client: Asking, exchange: Exchange) -> None:
    exchange.journal.limit = 20
    client.ask("POST")
    sizes = []
    for _ in range(30):
        client.ask("PUT")
        sizes.append(len(exchange.journal.lines))
    assert (sizes[19], sizes[20], max(sizes)) == (22, 21, 23)


def test_it_can_keep_all(client: Asking, exchange: Exchange) -> None:
    exchange.journal.limit = None
    client.ask("POST")
    for _ in range(50):
        client.ask("PUT")
    assert len(exchange.journal) == 51
    exchange.journal.limit = 1
    assert str(exchange.journal).startswith(
        "2026-01-01 00:00:00.000  -  * dropped, up to here: 50 requests, 1"
    )


def test_what_was_set_outlives_a_reset_and_what_was_dropped_does_not(
    client: Asking, exchange: Exchange
) -> None:
    exchange.journal.limit = 1
    client.ask("POST")
    client.ask("PUT")
    exchange.reset()
    assert (exchange.journal.limit, exchange.journal.dropped) == (1, 0)
    assert str(exchange.journal) == "nothing was asked"


def test_a_limit_that_cannot_be_is_refused(exchange: Exchange) -> None:
    with pytest.raises(UsageError) as refused:
        exchange.journal.limit = 0
    assert str(refused.value) == "limit is 0. Give a whole number from 1 up. None keeps all."
    assert exchange.journal.limit == 100_000


def test_a_journal_that_is_full_takes_no_more_memory(client: Asking, exchange: Exchange) -> None:
    exchange.limits.weight_per_minute = 10**6
    exchange.journal.limit = 100
    client.ask("POST")
    request = Request("PUT", LISTEN_KEY, {"X-MBX-APIKEY": client.key.api_key})

    def ask(times: int) -> int:
        for _ in range(times):
            exchange.handle(request)
        return tracemalloc.get_traced_memory()[0]

    tracemalloc.start()
    try:
        full = ask(1_000)
        assert ask(2_200) - full < 10_000
    finally:
        tracemalloc.stop()
