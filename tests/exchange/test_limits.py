"""Weight, 429 and 418: by client address, in calendar minutes, with bans that end when they say.

The texts are those of Binance: Options, Error Code, -1008.
"""

from __future__ import annotations

from datetime import datetime, timezone

import pytest

from pytest_binance_options._messages import Response
from pytest_binance_options.errors import UsageError
from pytest_binance_options.exchange import Account, Exchange

from .asking import Asking, body

PING = "/eapi/v1/ping"
TOO_MUCH = {
    "code": -1008,
    "msg": (
        "Too much request weight used; current limit is 5 request weight per 1 MINUTE. "
        "Please use the websocket for live updates to avoid polling the API."
    ),
}


@pytest.fixture
def exchange() -> Exchange:
    exchange = Exchange(start=datetime(2026, 1, 1, 12, 0, 50, 500_000, tzinfo=timezone.utc))
    exchange.limits.weight_per_minute = 5
    exchange.limits.requests_after_429 = 2
    return exchange


@pytest.fixture
def account(exchange: Exchange) -> Account:
    return exchange.open_account("mine")


@pytest.fixture
def client(exchange: Exchange, account: Account) -> Asking:
    return Asking(exchange, account, client="10.0.0.1")


def used(response: Response) -> int:
    return int(response.headers["X-MBX-USED-WEIGHT-1M"])


def flood(client: Asking, requests: int) -> list[Response]:
    return [client.ask("GET", PING) for _ in range(requests)]


def test_the_limit_is_2400_a_minute_unless_set(account: Account) -> None:
    exchange = Exchange()
    client = Asking(exchange, exchange.open_account())
    statuses = [response.status for response in flood(client, 2401)]
    assert (statuses.count(200), statuses[-1]) == (2400, 429)


def test_every_response_says_how_much_weight_was_used(
    client: Asking, account: Account, exchange: Exchange
) -> None:
    exchange.limits.weight_per_minute = 100
    now = exchange.clock.now_ms
    answers = [
        client.ask("POST"),
        client.ask("GET", PING),
        client.signed("GET", "/eapi/v1/marginAccount", f"timestamp={now}"),
        client.ask("GET", "/eapi/v1/nothing"),
        client.ask("GET", "/"),
        client.ask("PATCH"),
    ]
    assert [used(answer) for answer in answers] == [1, 2, 5, 6, 7, 8]


def test_minutes_are_the_calendar_s(client: Asking, exchange: Exchange) -> None:
    assert used(flood(client, 3)[-1]) == 3
    exchange.clock.advance(seconds=9.499)
    assert used(client.ask("GET", PING)) == 4
    exchange.clock.advance(milliseconds=1)
    assert used(client.ask("GET", PING)) == 1


def test_over_the_limit_is_429_until_the_minute_is_over(client: Asking, exchange: Exchange) -> None:
    refused = flood(client, 6)[-1]
    assert (refused.status, body(refused), refused.headers["Retry-After"]) == (429, TOO_MUCH, "10")
    exchange.clock.advance(seconds=int(refused.headers["Retry-After"]))
    assert client.ask("GET", PING).status == 200


def test_a_refused_request_is_not_executed(
    client: Asking, exchange: Exchange, account: Account
) -> None:
    flood(client, 5)
    assert client.ask("POST").status == 429
    assert account.listen_key is None


def test_addresses_count_apart_and_api_keys_do_not(
    client: Asking, exchange: Exchange, account: Account
) -> None:
    flood(client, 6)
    same_address = Asking(exchange, exchange.open_account("other"), client="10.0.0.1")
    other_address = Asking(exchange, account, client="10.0.0.2")
    assert (same_address.ask("GET", PING).status, other_address.ask("GET", PING).status) == (
        429,
        200,
    )


def test_going_on_after_429_brings_a_ban_of_two_minutes(client: Asking, exchange: Exchange) -> None:
    answers = flood(client, 10)
    assert [answer.status for answer in answers] == [200] * 5 + [429] * 3 + [418] * 2
    until = exchange.clock.now_ms + 120_000
    ban = answers[-1]
    assert ban.headers["Retry-After"] == "120"
    assert body(ban) == {
        "code": -1008,
        "msg": (
            f"Way too much request weight used; IP banned until {until}. Please use the websocket"
            " for live updates to avoid bans."
        ),
    }
    assert exchange.limits.banned_until("10.0.0.1") == until


def test_a_ban_ends_when_it_says_whatever_is_sent_meanwhile(
    client: Asking, exchange: Exchange
) -> None:
    flood(client, 9)
    for _ in range(119):
        exchange.clock.advance(seconds=1)
        assert client.ask("GET", PING).status == 418
    exchange.clock.advance(seconds=0.999)
    last = client.ask("GET", PING)
    assert (last.status, last.headers["Retry-After"]) == (418, "1")
    exchange.clock.advance(milliseconds=1)
    assert client.ask("GET", PING).status == 200
    assert exchange.limits.banned_until("10.0.0.1") is None


def test_who_waits_out_the_429_is_not_banned(client: Asking, exchange: Exchange) -> None:
    for _ in range(20):
        assert flood(client, 6)[-1].status == 429
        exchange.clock.advance(minutes=1)
    assert exchange.limits.banned_until("10.0.0.1") is None


def test_bans_grow_from_two_minutes_to_three_days(client: Asking, exchange: Exchange) -> None:
    lengths = []
    for _ in range(13):
        wait = int(flood(client, 9)[-1].headers["Retry-After"])
        lengths.append(wait // 60)
        exchange.clock.advance(seconds=wait)
    assert lengths == [2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096, 4320]


def test_a_test_can_ban_an_address(client: Asking, exchange: Exchange, account: Account) -> None:
    until = exchange.limits.ban("10.0.0.1", seconds=30)
    assert until == exchange.clock.now_ms + 30_000 == exchange.limits.banned_until("10.0.0.1")
    assert client.ask("GET", PING).status == 418
    assert Asking(exchange, account, client="10.0.0.2").ask("GET", PING).status == 200


@pytest.mark.parametrize("seconds", [0, -1, 259_201, float("nan"), "60"])
def test_a_ban_has_a_length_that_bans_have(exchange: Exchange, seconds: float) -> None:
    with pytest.raises(UsageError) as caught:
        exchange.limits.ban("10.0.0.1", seconds=seconds)
    assert str(caught.value) == f"seconds is {seconds!r}. Give a number above 0, up to 259200."


def test_the_state_names_who_used_what(client: Asking, exchange: Exchange) -> None:
    flood(client, 2)
    until = exchange.limits.ban("10.0.0.2", seconds=1)
    assert exchange.limits.state() == {
        "10.0.0.1": {"usedWeight": 2, "bannedUntil": None},
        "10.0.0.2": {"usedWeight": 0, "bannedUntil": until},
    }
    assert repr(exchange.limits) == "<Limits 5 a minute, clients seen: 2>"


def test_reset_forgets_bans_and_settings(client: Asking, exchange: Exchange) -> None:
    flood(client, 9)
    exchange.limits.reset()
    assert client.ask("GET", PING).status == 200
    assert exchange.limits.weight_per_minute == 2400
