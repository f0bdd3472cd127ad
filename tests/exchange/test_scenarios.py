"""The REST scenarios, on values: what a client that handles them badly runs into, and how one comes
through.

What the example services make of them is in the examples' own suite; the stream's scenarios are
tested with the stream.
"""

from __future__ import annotations

import inspect
import re

import pytest

from pytest_binance_options._messages import Failure, FailureKind
from pytest_binance_options.errors import UsageError
from pytest_binance_options.exchange import Account, Exchange, scenarios

from .asking import Asking, body, code

GONE = (400, -1125)
OK = (200, None)


def test_who_swallows_a_keepalive_s_error_loses_the_key_and_who_tries_again_keeps_it(
    client: Asking, exchange: Exchange
) -> None:
    def half_an_hour_later() -> None:
        exchange.clock.advance(minutes=30)
        assert client.fails("PUT") == Failure(FailureKind.RESET)

    client.start()
    scenarios.keepalive_error_swallowed(exchange, times=1)
    half_an_hour_later()
    exchange.clock.advance(minutes=30)
    assert client.code("PUT") == GONE

    key = client.start()
    scenarios.keepalive_error_swallowed(exchange)
    half_an_hour_later()
    assert (client.fails("PUT"), client.fails("PUT")) == (Failure(FailureKind.RESET),) * 2
    assert client.code("PUT") == OK
    exchange.clock.advance(minutes=59)
    assert client.start() == key


def test_a_lost_key_gets_the_same_error_until_there_is_a_new_one(
    client: Asking, exchange: Exchange, account: Account
) -> None:
    key = client.start()
    assert scenarios.key_lost(exchange) is account
    for _ in range(5):
        exchange.clock.advance(minutes=30)
        assert client.code("PUT") == GONE
    assert client.start() != key
    assert client.code("PUT") == OK


def test_a_key_can_be_lost_later(client: Asking, exchange: Exchange) -> None:
    scenarios.key_lost(exchange, "mine", after_minutes=45)
    client.start()
    exchange.clock.advance(minutes=44)
    assert client.code("PUT") == OK
    exchange.clock.advance(minutes=1)
    assert client.code("PUT") == GONE


def test_no_key_can_t_be_lost(exchange: Exchange, account: Account) -> None:
    with pytest.raises(UsageError) as caught:
        scenarios.key_lost(exchange)
    assert (
        str(caught.value)
        == "The account 'mine' has no listen key to lose. Let the client start one first, or say"
        " after_minutes=."
    )


@pytest.mark.parametrize(("minutes", "outcome"), [(59.99, GONE), (60, GONE), (59.98, OK), (30, OK)])
def test_a_keepalive_that_is_sent_at_the_last_second_is_too_late(
    client: Asking, exchange: Exchange, minutes: float, outcome: tuple[int, int | None]
) -> None:
    client.start()
    scenarios.keepalive_at_the_boundary(exchange, seconds=1)
    exchange.clock.advance(minutes=minutes)
    assert client.code("PUT") == outcome


def test_another_consumer_closes_the_key_of_both(
    client: Asking, exchange: Exchange, account: Account
) -> None:
    client.start()
    other = scenarios.closed_by_another_consumer(exchange)
    assert other in account.api_keys
    assert (client.code("PUT"), client.code("DELETE")) == (GONE, GONE)
    assert exchange.limits.used_weight(client.client) == 3
    assert [(entry.method, entry.client) for entry in exchange.journal][1] == (
        "DELETE",
        "192.0.2.1",
    )


def test_one_failed_keepalive_leaves_the_key_alive(client: Asking, exchange: Exchange) -> None:
    key = client.start()
    scenarios.one_failed_keepalive(exchange)
    assert (client.ask("PUT").status, client.code("PUT"), client.start()) == (503, OK, key)


def test_who_goes_on_after_429_is_banned_and_who_waits_is_not(
    client: Asking, exchange: Exchange, account: Account
) -> None:
    exchange.clock.advance(seconds=20)
    scenarios.rate_limited_then_banned(exchange)
    refused = client.ask("POST")
    assert (code(refused), refused.headers["Retry-After"]) == ((429, -1008), "40")
    patient = Asking(exchange, account, client="10.0.0.2")
    scenarios.rate_limited_then_banned(exchange, "10.0.0.2")
    assert patient.ask("POST").status == 429

    assert [client.ask("POST").status for _ in range(4)] == [429, 429, 429, 418]
    exchange.clock.advance(seconds=40)
    banned = client.ask("POST")
    assert (banned.status, banned.headers["Retry-After"]) == (418, "80")
    assert re.search(rf"banned until {exchange.clock.now_ms + 80_000}\b", str(body(banned)["msg"]))
    assert patient.ask("POST").status == 200


@pytest.mark.parametrize("executed", [True, False])
def test_a_keepalive_of_unknown_outcome_was_executed_or_not(
    client: Asking, exchange: Exchange, executed: bool
) -> None:
    client.start()
    scenarios.unknown_outcome_on_keepalive(exchange, executed=executed)
    exchange.clock.advance(minutes=40)
    unknown = client.ask("PUT")
    assert (unknown.status, body(unknown)["msg"]) == (
        503,
        "Unknown error, please check your request or try again later.",
    )
    exchange.clock.advance(minutes=40)
    assert client.code("PUT") == (OK if executed else GONE)


@pytest.mark.parametrize(("executed", "second"), [(True, GONE), (False, OK)])
def test_a_close_of_unknown_outcome_may_meet_no_key_the_second_time(
    client: Asking, exchange: Exchange, executed: bool, second: tuple[int, int | None]
) -> None:
    client.start()
    scenarios.unknown_outcome_on_close(exchange, executed=executed)
    assert (client.code("DELETE"), client.code("DELETE")) == ((503, -1000), second)


@pytest.mark.parametrize(
    ("seconds", "message"), [(-2, "1000ms ahead"), (6, "outside of the recvWindow")]
)
def test_a_skewed_clock_fails_signed_requests_and_no_other(
    client: Asking, exchange: Exchange, seconds: float, message: str
) -> None:
    scenarios.clock_skew(exchange, seconds=seconds)
    response = client.signed("GET", "/eapi/v1/marginAccount", f"timestamp={exchange.clock.now_ms}")
    assert code(response) == (400, -1021)
    assert message in str(body(response)["msg"])
    assert client.code("POST") == OK


def test_a_drifting_clock_takes_its_time(client: Asking, exchange: Exchange) -> None:
    scenarios.clock_skew(exchange, seconds=0, drift_per_hour=1)
    outcomes = []
    for _ in range(7):
        outcomes.append(
            client.signed(
                "GET", "/eapi/v1/marginAccount", f"timestamp={exchange.clock.now_ms}"
            ).status
        )
        exchange.clock.advance(hours=1)
    assert outcomes == [200] * 6 + [400]


MARGIN = "/eapi/v1/marginAccount"


def test_a_revoked_api_key_is_refused_and_its_listen_key_lives_on(
    client: Asking, exchange: Exchange, account: Account
) -> None:
    """ccxt/ccxt#16777, freqtrade/freqtrade#11401."""
    key = client.start()
    assert scenarios.api_key_revoked(exchange) is account
    refused = client.ask("PUT")
    assert (refused.status, body(refused)) == (401, {"code": -2008, "msg": "Invalid Api-Key ID."})
    assert [client.code(method) for method in ("POST", "PUT", "DELETE")] == [(401, -2008)] * 3
    assert code(client.signed("GET", MARGIN, f"timestamp={exchange.clock.now_ms}")) == (401, -2008)
    assert client.ask("GET", "/eapi/v1/time").status == 200
    assert account.listen_key == key
    exchange.clock.advance(minutes=60)
    assert account.listen_key is None

    another = Asking(exchange, account, key=account.add_api_key())
    assert another.code("POST") == OK


def test_an_api_key_can_be_revoked_later_and_refused_as_of_old(
    client: Asking, exchange: Exchange
) -> None:
    scenarios.api_key_revoked(exchange, "mine", after_minutes=45, code=-2015)
    client.start()
    exchange.clock.advance(minutes=44)
    assert client.code("PUT") == OK
    exchange.clock.advance(minutes=1)
    refused = client.ask("PUT")
    assert (refused.status, body(refused)) == (
        401,
        {
            "code": -2015,
            "msg": "Invalid API-key, IP, or permissions for action, request ip: 127.0.0.1",
        },
    )


def test_a_revoked_api_key_of_any_form_and_of_one_account_alone(exchange: Exchange) -> None:
    """Also one that a test has made up, which an exchange that never knew it answers with -2014."""
    ours, theirs = exchange.open_account("ours", api_key="short"), exchange.open_account("theirs")
    scenarios.api_key_revoked(exchange, ours)
    assert Asking(exchange, ours).code("POST") == (401, -2008)
    assert Asking(exchange, theirs).code("POST") == OK


@pytest.mark.parametrize("after_minutes", [0, 5])
def test_a_revoked_api_key_has_no_other_answer(
    client: Asking, exchange: Exchange, account: Account, after_minutes: float
) -> None:
    with pytest.raises(UsageError) as caught:
        scenarios.api_key_revoked(exchange, after_minutes=after_minutes, code=-1022)
    assert str(caught.value) == "code is -1022. Give -2008 or -2015."
    with pytest.raises(UsageError, match=r"^code is 0\. Give -2008 or -2015\.$"):
        account.revoke_api_keys(0)
    exchange.clock.advance(minutes=5)
    assert client.code("POST") == OK


def test_a_key_of_the_other_environment_is_unknown_to_every_call_that_needs_one(
    client: Asking, exchange: Exchange, account: Account
) -> None:
    """ccxt/ccxt#29099, sammchardy/python-binance#1155."""
    exchange.accounts.unknown_key = -2015
    assert scenarios.key_of_the_other_environment(exchange) is account
    assert [client.code(method) for method in ("POST", "PUT", "DELETE")] == [(401, -2008)] * 3
    assert code(client.signed("GET", MARGIN, f"timestamp={exchange.clock.now_ms}")) == (401, -2008)
    assert client.ask("GET", "/eapi/v1/exchangeInfo").status == 200


def test_without_options_signed_calls_have_invalid_data_and_the_listener_starts(
    client: Asking, exchange: Exchange, account: Account
) -> None:
    """ccxt/ccxt#15659, #17674."""
    assert scenarios.options_not_enabled(exchange) is account
    response = client.signed("GET", MARGIN, f"timestamp={exchange.clock.now_ms}")
    assert (response.status, body(response)) == (
        400,
        {"code": -1130, "msg": "Invalid data sent for a parameter."},
    )
    late = client.signed("GET", MARGIN, f"timestamp={exchange.clock.now_ms - 6000}")
    assert code(late) == (400, -1021)  # what is wrong with the request itself comes first
    assert [client.code(method) for method in ("POST", "PUT", "DELETE")] == [OK] * 3
    stranger = exchange.open_account("theirs")
    signed = Asking(exchange, stranger).signed("GET", MARGIN, f"timestamp={exchange.clock.now_ms}")
    assert signed.status == 200


def test_a_moved_endpoint_is_gone_for_good(client: Asking, exchange: Exchange) -> None:
    """As spot's retired endpoint answered (unicorn-binance-websocket-api#399, 2026-02-20)."""
    client.start()
    scenarios.endpoint_moved(exchange)
    answers = [client.ask(method) for method in ("POST", "PUT", "DELETE", "POST")]
    assert [answer.status for answer in answers] == [410] * 4
    for answer in answers:
        assert answer.headers["Content-Type"] == "text/html"
        assert answer.body.splitlines() == [
            b"<html>",
            b"<head><title>410 Gone</title></head>",
            b"<body>",
            b"<center><h1>410 Gone</h1></center>",
            b"<hr><center>nginx</center>",
            b"</body>",
            b"</html>",
        ]
    assert client.ask("GET", "/eapi/v1/ping").status == 200


def test_a_moved_endpoint_may_be_a_404_without_a_body(client: Asking, exchange: Exchange) -> None:
    """As it was before the page (sammchardy/python-binance#1614)."""
    scenarios.endpoint_moved(exchange, form="empty")
    answers = [client.ask(method) for method in ("POST", "PUT", "DELETE")]
    assert [
        (answer.status, answer.headers["Content-Length"], answer.body) for answer in answers
    ] == [(404, "0", b"")] * 3


def test_a_moved_endpoint_has_no_other_form(exchange: Exchange) -> None:
    with pytest.raises(UsageError) as caught:
        scenarios.endpoint_moved(exchange, form="json")
    assert str(caught.value) == "form is 'json'. Give one of: html, empty."
    assert not exchange.faults


def test_every_scenario_says_what_users_see_and_links_to_a_report() -> None:
    for name in scenarios.__all__:
        text = inspect.getdoc(getattr(scenarios, name)) or ""
        assert "What users see:" in text, name
        assert "https://github.com/" in text, name


def test_every_scenario_ends_with_a_reset(
    client: Asking, exchange: Exchange, account: Account
) -> None:
    client.start()
    for name in (
        "keepalive_error_swallowed",
        "rate_limited_then_banned",
        "clock_skew",
        "endpoint_moved",
        "api_key_revoked",
        "key_of_the_other_environment",
        "options_not_enabled",
    ):
        getattr(scenarios, name)(exchange)
    scenarios.key_lost(exchange, after_minutes=1)
    scenarios.api_key_revoked(exchange, after_minutes=1)
    exchange.reset()
    client.start()
    exchange.clock.advance(minutes=30)
    assert client.code("PUT") == OK
    assert (
        client.signed("GET", "/eapi/v1/marginAccount", f"timestamp={exchange.clock.now_ms}").status
        == 200
    )
