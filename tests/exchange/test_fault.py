"""Each kind of fault: what the client gets, what the exchange did, and what the clock says
afterwards."""

from __future__ import annotations

import gzip
import json

import pytest

from pytest_binance_options._messages import Failure, FailureKind, Request
from pytest_binance_options.errors import UsageError
from pytest_binance_options.exchange import Account, Exchange, events, fault
from pytest_binance_options.exchange._stream_hub import StreamConnection

from .asking import LISTEN_KEY, Asking, body, code
from .listening import connected, event_types, texts

PUT_OK = (200, None)
GONE = (400, -1125)


# Answers that are not the exchange's


@pytest.mark.parametrize(
    ("given", "raw", "content_type"),
    [
        (
            None,
            b'{"code":-1000,"msg":"An unknown error occurred while processing the request."}',
            "application/json;charset=UTF-8",
        ),
        ({"code": -1, "msg": "x"}, b'{"code":-1,"msg":"x"}', "application/json;charset=UTF-8"),
        ([1, 2], b"[1,2]", "application/json;charset=UTF-8"),
        ("bad gateway", b"bad gateway", "text/plain"),
        ("<html></html>", b"<html></html>", "text/html"),
        (b"\x00\xff", b"\x00\xff", "text/plain"),
        ("", b"", "text/plain"),
    ],
)
def test_any_status_with_any_body(
    client: Asking, exchange: Exchange, given: object, raw: bytes, content_type: str
) -> None:
    exchange.faults.add(fault.status(502, given))
    response = client.ask("POST")
    assert (response.status, response.body, response.headers["Content-Type"]) == (
        502,
        raw,
        content_type,
    )
    assert response.headers["Content-Length"] == str(len(raw))
    assert response.headers["X-MBX-USED-WEIGHT-1M"] == "1"


def test_headers_of_one_s_own_come_first(client: Asking, exchange: Exchange) -> None:
    headers = {"content-type": "text/x", "X-MBX-USED-WEIGHT-1M": "77", "content-length": "99"}
    exchange.faults.add(fault.status(403, "blocked", headers=headers))
    response = client.ask("POST")
    assert [response.headers[name] for name in headers] == ["text/x", "77", "99"]


@pytest.mark.parametrize("executed", [True, False])
def test_the_request_is_executed_or_not_as_told(
    client: Asking, exchange: Exchange, account: Account, executed: bool
) -> None:
    exchange.faults.add(fault.status(500, executed=executed))
    assert client.ask("POST").status == 500
    assert (account.listen_key is not None) is executed


def test_the_three_503s_are_told_apart_by_their_message(client: Asking, exchange: Exchange) -> None:
    for effect in (fault.unknown_outcome(), fault.service_unavailable(), fault.internal_error()):
        exchange.faults.add(effect, times=1)
    answers = [client.ask("POST") for _ in range(3)]
    assert [(answer.status, body(answer)["msg"]) for answer in answers] == [
        (503, "Unknown error, please check your request or try again later."),
        (503, "Service Unavailable."),
        (503, "Internal error; unable to process your request. Please try again."),
    ]


def test_an_unknown_outcome_may_have_been_executed(client: Asking, exchange: Exchange) -> None:
    client.start()
    exchange.faults.add(fault.unknown_outcome(executed=True), method="DELETE", times=1)
    assert (client.code("DELETE"), client.code("DELETE")) == ((503, -1000), GONE)


def test_an_unknown_outcome_may_not_have_been_executed(client: Asking, exchange: Exchange) -> None:
    client.start()
    exchange.faults.add(fault.unknown_outcome(executed=False), method="DELETE", times=1)
    assert (client.code("DELETE"), client.code("DELETE")) == ((503, -1000), PUT_OK)


@pytest.mark.parametrize(
    ("status", "title"), [(404, "404 Not Found"), (403, "403 Forbidden"), (599, "599")]
)
def test_an_html_page(client: Asking, exchange: Exchange, status: int, title: str) -> None:
    exchange.faults.add(fault.html(status))
    response = client.ask("POST")
    assert (response.status, response.headers["Content-Type"]) == (status, "text/html")
    assert f"<title>{title}</title>" in response.body.decode()


def test_json_of_another_shape_and_the_request_executed(
    client: Asking, exchange: Exchange, account: Account
) -> None:
    exchange.faults.add(fault.json(), times=1)
    exchange.faults.add(fault.json("a string"), times=1)
    exchange.faults.add(fault.json([], 201, executed=False), times=1)
    shapes = [
        (answer.status, json.loads(answer.body))
        for answer in (client.ask("POST") for _ in range(3))
    ]
    assert shapes == [(200, {"success": True, "data": {}}), (200, "a string"), (201, [])]
    assert account.listen_key is not None


# No answer


@pytest.mark.parametrize(
    ("effect", "kind", "executed"),
    [
        (fault.refused(), FailureKind.REFUSED, False),
        (fault.reset(), FailureKind.RESET, False),
        (fault.reset(executed=True), FailureKind.RESET, True),
        (fault.timeout(), FailureKind.TIMEOUT, False),
        (fault.timeout(executed=True), FailureKind.TIMEOUT, True),
    ],
)
def test_the_connection_fails(
    client: Asking,
    exchange: Exchange,
    account: Account,
    effect: object,
    kind: FailureKind,
    executed: bool,
) -> None:
    exchange.faults.add_json({**effect.to_json()})  # type: ignore[attr-defined]
    assert client.fails("POST") == Failure(kind)
    assert (account.listen_key is not None) is executed
    assert exchange.limits.used_weight("127.0.0.1") == int(executed)


def test_a_time_out_takes_as_long_as_the_client_waits(client: Asking, exchange: Exchange) -> None:
    start = exchange.clock.now_ms
    exchange.faults.add(fault.timeout())
    client.fails("POST")
    assert exchange.clock.now_ms == start
    client.timeout = 2.5
    client.fails("POST")
    assert exchange.clock.now_ms == start + 2_500


# Broken answers


@pytest.mark.parametrize(
    ("keep", "left"), [(None, b"{"), (0, b""), (1, b"{"), (2, b"{"), (500, b"{")]
)
def test_a_body_breaks_off_before_its_end(
    client: Asking, exchange: Exchange, keep: int | None, left: bytes
) -> None:
    client.start()
    exchange.faults.add(fault.cut_body(keep), method="PUT")
    response = client.ask("PUT")
    assert (response.status, response.body, response.headers["Content-Length"]) == (200, left, "2")
    assert response.missing == 2 - len(left)


def test_even_an_empty_body_can_be_cut_off(client: Asking, exchange: Exchange) -> None:
    exchange.faults.add(fault.cut_body())
    exchange.faults.add(fault.status(502, ""))
    assert client.ask("POST").missing == 1


def test_gzip_that_is_not(client: Asking, exchange: Exchange) -> None:
    exchange.faults.add(fault.broken_gzip())
    response = client.ask("GET", "/eapi/v1/time")
    assert response.headers["Content-Encoding"] == "gzip"
    with pytest.raises(gzip.BadGzipFile):
        gzip.decompress(response.body)


@pytest.mark.parametrize("effect", [fault.cut_body(), fault.broken_gzip()])
def test_there_is_nothing_to_break_where_nothing_comes(
    client: Asking, exchange: Exchange, effect: object
) -> None:
    exchange.faults.add(effect)  # type: ignore[arg-type]
    exchange.faults.add(fault.reset(executed=True))
    assert client.fails("POST") == Failure(FailureKind.RESET)


# Time


def test_a_delay_passes_on_the_exchange_s_clock_before_the_request_is_executed(
    client: Asking, exchange: Exchange
) -> None:
    client.start()
    exchange.clock.advance(minutes=59)
    exchange.faults.add(fault.delay(60), method="PUT")
    assert client.code("PUT") == GONE
    assert exchange.clock.now_ms == 1767225600000 + 3_600_000


def test_a_client_that_waits_long_enough_gets_its_answer(
    client: Asking, exchange: Exchange
) -> None:
    client.start()
    client.timeout = 5
    exchange.faults.add(fault.delay(5))
    assert client.code("PUT") == PUT_OK


def test_a_client_that_gives_up_gets_a_time_out_and_the_request_is_executed_all_the_same(
    client: Asking, exchange: Exchange, account: Account
) -> None:
    client.timeout = 1
    exchange.faults.add(fault.delay(5), times=1)
    start = exchange.clock.now_ms
    assert client.fails("POST") == Failure(FailureKind.TIMEOUT)
    assert (exchange.clock.now_ms - start, account.listen_key) == (1_000, None)
    exchange.clock.advance(seconds=3.999)
    assert account.listen_key is None
    exchange.clock.advance(milliseconds=1)
    assert account.expires_ms == start + 5_000 + 3_600_000


def test_an_answer_may_be_late_to_what_was_done_at_once(
    client: Asking, exchange: Exchange, account: Account
) -> None:
    exchange.faults.add(fault.delay(5, executed=True))
    start = exchange.clock.now_ms
    assert client.code("POST")[0] == 200
    assert exchange.clock.now_ms == start + 5_000
    assert account.expires_ms == start + 3_600_000


def test_a_client_that_gives_up_on_a_late_answer_has_had_it_done_all_the_same(
    client: Asking, exchange: Exchange, account: Account
) -> None:
    client.timeout = 1
    exchange.faults.add(fault.delay(5, executed=True))
    start = exchange.clock.now_ms
    assert client.fails("POST") == Failure(FailureKind.TIMEOUT)
    assert exchange.clock.now_ms == start + 1_000
    assert account.expires_ms == start + 3_600_000
    exchange.clock.advance(minutes=1)
    assert account.expires_ms == start + 3_600_000


@pytest.mark.parametrize(
    ("effect", "offset", "outcome"),
    [
        (fault.skew(6), 0, (400, -1021)),
        (fault.skew(5), 0, (200, None)),
        (fault.skew(-1), 0, (400, -1021)),
        (fault.skew(-0.999), 0, (200, None)),
        (fault.skew(6), 6_000, (200, None)),
    ],
    ids=["ahead", "a little ahead", "behind", "a little behind", "and the client knows"],
)
def test_a_skew_makes_signed_requests_late_or_early(
    client: Asking, exchange: Exchange, effect: object, offset: int, outcome: tuple[int, int | None]
) -> None:
    exchange.faults.add(effect)  # type: ignore[arg-type]
    response = client.signed(
        "GET", "/eapi/v1/marginAccount", f"timestamp={exchange.clock.now_ms + offset}"
    )
    assert code(response) == outcome


def test_a_skew_shows_in_every_time_that_the_exchange_states(
    client: Asking, exchange: Exchange
) -> None:
    exchange.faults.add(fault.skew(-60))
    now = exchange.clock.now_ms
    time = client.ask("GET", "/eapi/v1/time")
    assert body(time)["serverTime"] == now - 60_000
    assert time.headers["Date"] == "Wed, 31 Dec 2025 23:59:00 GMT"
    assert body(client.ask("POST"))["expiration"] == now - 60_000 + 3_600_000


def test_a_skew_does_not_change_how_long_a_key_lives(client: Asking, exchange: Exchange) -> None:
    exchange.faults.add(fault.skew(3_000))
    client.start()
    exchange.clock.advance(minutes=59, seconds=59.999)
    assert client.code("PUT") == PUT_OK


def test_a_drift_grows_with_the_hours(client: Asking, exchange: Exchange) -> None:
    exchange.clock.advance(hours=3)
    exchange.faults.add(fault.skew(1, drift_per_hour=2))
    seen = []
    for _ in range(3):
        seen.append(body(client.ask("GET", "/eapi/v1/time"))["serverTime"] - exchange.clock.now_ms)  # type: ignore[operator]
        exchange.clock.advance(minutes=30)
    assert seen == [1_000, 2_000, 3_000]


# An event first

GREEKS = events.greek_update()


def listening(exchange: Exchange, client: Asking) -> StreamConnection:
    return connected(exchange, f"/private/ws/{client.start()}")


def test_an_event_comes_before_the_reply_of_a_request_that_has_been_executed(
    client: Asking, exchange: Exchange, account: Account
) -> None:
    connection = listening(exchange, client)
    exchange.faults.add_json(
        {"fault": "event_before_reply", "event": {"e": "GREEK_UPDATE"}, "method": "PUT", "times": 1}
    )
    exchange.clock.advance(minutes=30)
    connection.take()
    seen: list[int] = []
    connection.on_ready = lambda: seen.append((account.expires_ms or 0) - exchange.clock.now_ms)
    assert client.code("PUT") == PUT_OK
    assert seen == [
        3_600_000
    ]  # it is told when the keepalive has been done, and not after the reply
    assert event_types(connection) == ["GREEK_UPDATE"]
    client.ask("PUT")
    assert event_types(connection) == []


def test_the_event_is_its_request_s_account_s_unless_another_is_named(
    client: Asking, exchange: Exchange
) -> None:
    other = Asking(exchange, exchange.open_account("other"))
    mine, theirs = listening(exchange, client), listening(exchange, other)
    exchange.faults.add(fault.event_before_reply(GREEKS), times=1)
    other.ask("PUT")
    assert (event_types(mine), event_types(theirs)) == ([], ["GREEK_UPDATE"])
    exchange.faults.add_json(
        {"fault": "event_before_reply", "event": GREEKS.to_json(), "to": "mine", "account": "other"}
    )
    client.ask("PUT")
    assert (event_types(mine), event_types(theirs)) == ([], [])
    other.ask("PUT")
    assert (event_types(mine), event_types(theirs)) == (["GREEK_UPDATE"], [])


def test_where_nobody_is_known_to_ask_the_only_account_gets_the_event(
    client: Asking, exchange: Exchange
) -> None:
    connection = listening(exchange, client)
    exchange.faults.add(fault.event_before_reply(GREEKS))
    exchange.handle(Request("GET", "/eapi/v1/ping"))
    assert event_types(connection) == ["GREEK_UPDATE"]


def test_an_event_to_nobody_is_no_error_for_the_client_and_the_journal_says_so(
    client: Asking, exchange: Exchange
) -> None:
    exchange.faults.add(fault.event_before_reply(GREEKS, to="nobody"), times=1)
    assert client.ask("POST").status == 200
    exchange.open_account("other")
    exchange.faults.add(fault.event_before_reply(events.raw({})), times=1)
    assert exchange.handle(Request("GET", "/eapi/v1/ping")).status == 200
    assert [entry.notes for entry in exchange.journal] == [
        (
            "fault: GREEK_UPDATE before the reply",
            "GREEK_UPDATE went to nobody: There is no account 'nobody'. There are: mine.",
        ),
        (
            "fault: an event before the reply",
            (
                "an event went to nobody: Which account? There are: mine, other. Name one, or open"
                " one with exchange.open_account()."
            ),
        ),
    ]


def test_an_event_comes_also_where_the_reply_is_lost(client: Asking, exchange: Exchange) -> None:
    connection = listening(exchange, client)
    exchange.faults.add(fault.timeout(executed=True))
    exchange.faults.add(fault.event_before_reply(GREEKS))
    assert client.fails("PUT") == Failure(FailureKind.TIMEOUT)
    assert event_types(connection) == ["GREEK_UPDATE"]


def test_an_event_that_is_sent_as_it_is_stays_so_in_json(
    client: Asking, exchange: Exchange
) -> None:
    connection = listening(exchange, client)
    odd = events.raw({"e": "ORDER_TRADE_UPDATE", "o": {"X": "CANCELLED"}})
    exchange.faults.add_json(fault.event_before_reply(odd).to_json())
    client.ask("PUT")
    assert texts(connection.take()) == [odd.payload]


# Composition


def test_faults_are_wrapped_around_each_other_in_the_order_added(
    client: Asking, exchange: Exchange
) -> None:
    client.start()
    exchange.faults.add(fault.delay(5))
    exchange.faults.add(fault.cut_body(1))
    exchange.faults.add(fault.html(502, "<p>bad</p>"))
    response = client.ask("PUT")
    assert (response.status, response.body, response.missing) == (502, b"<", 9)
    assert exchange.clock.now_ms == 1767225600000 + 5_000


def test_what_answers_by_itself_keeps_the_request_from_later_faults(
    client: Asking, exchange: Exchange
) -> None:
    first = exchange.faults.add(fault.service_unavailable(), times=1)
    second = exchange.faults.add(fault.html(), times=1)
    assert [client.ask("POST").status for _ in range(3)] == [503, 404, 200]
    assert (first.fired, second.fired) == (1, 1)


def test_executed_means_executed_whatever_else_was_to_go_wrong(
    client: Asking, exchange: Exchange, account: Account
) -> None:
    exchange.faults.add(fault.unknown_outcome(executed=True), times=1)
    exchange.faults.add(fault.delay(10))
    later = exchange.faults.add(fault.service_unavailable(), times=1)
    assert client.ask("POST").status == 503
    assert account.expires_ms == 1767225600000 + 10_000 + 3_600_000
    assert later.fired == 0


def test_a_connection_that_is_not_made_comes_before_everything(
    client: Asking, exchange: Exchange
) -> None:
    exchange.faults.add(fault.service_unavailable(), times=1)
    exchange.faults.add(fault.refused(), times=1)
    assert client.fails("POST") == Failure(FailureKind.REFUSED)
    assert client.ask("POST").status == 503


def test_who_is_banned_meets_no_fault_but_a_broken_connection(
    client: Asking, exchange: Exchange
) -> None:
    exchange.limits.ban(seconds=60)
    exchange.faults.add(fault.service_unavailable())
    assert client.ask("POST").status == 418
    exchange.faults.add(fault.reset())
    assert client.fails("POST") == Failure(FailureKind.RESET)


def test_skews_add_up_and_are_over_with_the_request(client: Asking, exchange: Exchange) -> None:
    exchange.faults.add(fault.skew(2), times=1)
    exchange.faults.add(fault.skew(3), times=1)
    now = exchange.clock.now_ms
    assert [body(client.ask("GET", "/eapi/v1/time"))["serverTime"] for _ in range(2)] == [
        now + 5_000,
        now,
    ]


# What can't be


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: fault.status(99), "status is 99. Give a whole number from 100 to 599."),
        (lambda: fault.status(True), "status is True. Give a whole number from 100 to 599."),
        (
            lambda: fault.status("x" * 100),
            "status is '<hidden>'. Give a whole number from 100 to 599.",
        ),
        (lambda: fault.status(500, executed="yes"), "executed is 'yes'. Give true or false."),
        (
            lambda: fault.status(500, {1, 2}),
            (
                "The body can't be sent: Object of type set is not JSON serializable. Give text,"
                " bytes, or a value that JSON has."
            ),
        ),
        (
            lambda: fault.status(500, body_base64="?"),
            "body_base64 is not base64. Give the body's bytes in base64, or text as body.",
        ),
        (
            lambda: fault.status(500, headers={"a": "b\r\nc: d"}),
            "headers can't be sent. Give a mapping of names to values, both text on one line.",
        ),
        (
            lambda: fault.status(500, headers=["a"]),
            "headers can't be sent. Give a mapping of names to values, both text on one line.",
        ),
        (lambda: fault.html(page=1), "page is 1. Give text."),
        (lambda: fault.delay(-1), "seconds is -1. Give a number from 0 to 86400."),
        (lambda: fault.delay(float("nan")), "seconds is nan. Give a number from 0 to 86400."),
        (lambda: fault.delay(None), "seconds is None. Give a number from 0 to 86400."),
        (lambda: fault.skew(1e9), "seconds is 1000000000.0. Give a number from -86400 to 86400."),
        (
            lambda: fault.skew(drift_per_hour=4000),
            "drift_per_hour is 4000. Give a number from -3600 to 3600.",
        ),
        (lambda: fault.cut_body(-1), "keep is -1. Give a whole number from 0 to 2147483648."),
        (lambda: fault.reset(executed=1), "executed is 1. Give true or false."),
        (
            lambda: fault.event_before_reply("FILLED"),
            (
                "'FILLED' is no event. Send a JSON object with the exchange's fields, such as"
                ' {"e": "RISK_LEVEL_CHANGE", "s": "REDUCE_ONLY"}.'
            ),
        ),
        (
            lambda: fault.event_before_reply(events.Event("x", {"a": {1}}, verbatim=True)),
            (
                "{'a': {1}} can't be sent as JSON: Object of type set is not JSON serializable."
                " Use strings, numbers, lists and dicts."
            ),
        ),
        (lambda: fault.event_before_reply(events.raw({}), to=5), "to is 5. Give text."),
    ],
)
def test_an_argument_out_of_range_is_refused(make, message: str) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(UsageError) as caught:
        make()
    assert str(caught.value) == message


@pytest.mark.parametrize("value", [float("nan"), float("inf"), [float("-inf")]])
def test_what_no_json_has_is_refused_as_json(value: object) -> None:
    for make in (fault.json, lambda value: fault.status(500, value)):
        with pytest.raises(UsageError, match=r"^The body can't be sent: Out of range float values"):
            make(value)


def test_text_of_each_kind() -> None:
    texts = [
        str(effect)
        for effect in (
            fault.internal_error(),
            fault.html(page="<p>" + "x" * 100),
            fault.json(),
            fault.refused(),
            fault.reset(executed=True),
            fault.timeout(),
            fault.cut_body(),
            fault.cut_body(3),
            fault.broken_gzip(),
            fault.delay(1.5),
            fault.delay(1.5, executed=True),
            fault.skew(-2),
            fault.skew(2, drift_per_hour=0.5),
            fault.event_before_reply(GREEKS),
        )
    ]
    assert texts == [
        "503 instead of the answer, not executed",
        "404 instead of the answer, not executed",
        "200 instead of the answer, executed",
        "connection refused, not executed",
        "connection reset by the server, executed",
        "no answer in time, not executed",
        "body cut off in the middle",
        "body cut off after 3 bytes",
        "a body that is said to be gzip and is not",
        "delay of 1.5 s",
        "delay of 1.5 s after it was executed",
        "the exchange's time is -2 s off",
        "the exchange's time is +2 s off, drifting by +0.5 s an hour",
        "GREEK_UPDATE before the reply",
    ]


def test_the_listen_key_paths_alone_are_meant_where_a_path_is_given(
    client: Asking, exchange: Exchange
) -> None:
    exchange.faults.add(fault.service_unavailable(), path=LISTEN_KEY)
    assert (client.ask("GET", "/eapi/v1/ping").status, client.ask("POST").status) == (200, 503)
