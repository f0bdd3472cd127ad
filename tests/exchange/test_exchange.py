"""The exchange as a whole: the listen key calls as a client meets them, and what a test does to the
exchange."""

from __future__ import annotations

import json
import re
import threading
from datetime import datetime, timezone
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_binance_options._messages import Headers, Request, Response
from pytest_binance_options._products import OPTIONS
from pytest_binance_options.errors import UsageError
from pytest_binance_options.exchange import Account, Exchange, events, fault
from tests.support.usd_m import USD_M

from .asking import LISTEN_KEY, Asking, body

HOUR_MS = 3_600_000
GONE = {"code": -1125, "msg": "This listenKey does not exist."}


@pytest.fixture
def exchange() -> Exchange:
    return Exchange(products=(OPTIONS,))


@pytest.fixture
def account(exchange: Exchange) -> Account:
    return exchange.open_account("mine")


@pytest.fixture
def client(exchange: Exchange, account: Account) -> Asking:
    return Asking(exchange, account)


# The three calls


def test_a_start_gives_a_key_of_64_letters_and_digits_and_when_it_ends(
    client: Asking, exchange: Exchange
) -> None:
    response = client.ask("POST")
    assert response.status == 200
    assert re.fullmatch(
        rb'\{"listenKey":"[A-Za-z0-9]{64}","expiration":%d\}' % (exchange.clock.now_ms + HOUR_MS),
        response.body,
    )


def test_a_keepalive_and_a_close_are_answered_with_an_empty_object(client: Asking) -> None:
    client.start()
    assert [(r.status, r.body) for r in (client.ask("PUT"), client.ask("DELETE"))] == [
        (200, b"{}")
    ] * 2


@pytest.mark.parametrize("method", ["PUT", "DELETE"])
def test_without_a_key_there_is_nothing_to_keep_alive_or_close(client: Asking, method: str) -> None:
    response = client.ask(method)
    assert (response.status, body(response)) == (400, GONE)


@pytest.mark.parametrize("method", ["PUT", "DELETE"])
def test_a_key_is_alive_at_59_59_999_and_dead_at_60_00_000(
    client: Asking, exchange: Exchange, method: str
) -> None:
    client.start()
    exchange.clock.advance(minutes=59, seconds=59.999)
    assert client.ask(method).status == 200
    client.start()
    exchange.clock.advance(minutes=60)
    assert body(client.ask(method)) == GONE


def test_two_starts_share_a_key_and_the_second_one_extends_it(
    client: Asking, exchange: Exchange
) -> None:
    key = client.start()
    exchange.clock.advance(minutes=59)
    again = client.ask("POST")
    assert body(again) == {"listenKey": key, "expiration": exchange.clock.now_ms + HOUR_MS}


def test_two_api_keys_of_one_account_share_its_key(
    client: Asking, exchange: Exchange, account: Account
) -> None:
    other = Asking(exchange, account, key=account.add_api_key())
    assert other.start() == client.start()
    assert other.ask("DELETE").status == 200
    assert body(client.ask("PUT")) == GONE


def test_two_accounts_share_nothing(client: Asking, exchange: Exchange) -> None:
    stranger = Asking(exchange, exchange.open_account("theirs"))
    assert stranger.start() != client.start()
    stranger.ask("DELETE")
    assert client.ask("PUT").status == 200


def test_parameters_that_the_calls_do_not_have_are_ignored(client: Asking) -> None:
    key = client.start()
    assert client.ask("PUT", f"{LISTEN_KEY}?listenKey=x").status == 200
    assert client.ask("PUT", body=b"listenKey=x&a").status == 200
    assert client.start() == key


@pytest.mark.parametrize(
    ("headers", "status", "error"),
    [
        ({}, 401, {"code": -2014, "msg": "API-key format invalid."}),
        ({"X-MBX-APIKEY": ""}, 401, {"code": -2014, "msg": "API-key format invalid."}),
        ({"X-MBX-APIKEY": "a" * 63}, 401, {"code": -2014, "msg": "API-key format invalid."}),
        ({"X-MBX-APIKEY": "a" * 63 + "-"}, 401, {"code": -2014, "msg": "API-key format invalid."}),
        ({"X-MBX-APIKEY": "a" * 63 + "é"}, 401, {"code": -2014, "msg": "API-key format invalid."}),
        (
            {"X-MBX-APIKEY": "a" * 64},
            401,
            {"code": -2008, "msg": "Invalid Api-Key ID."},
        ),
    ],
    ids=["missing", "empty", "too short", "odd character", "not ASCII", "unknown"],
)
@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_an_api_key_that_will_not_do(
    exchange: Exchange,
    account: Account,
    method: str,
    headers: dict[str, str],
    status: int,
    error: dict[str, object],
) -> None:
    response = exchange.handle(Request(method, LISTEN_KEY, Headers(headers)))
    assert isinstance(response, Response)
    assert (response.status, body(response)) == (status, error)
    assert account.listen_key is None


def test_an_unknown_api_key_is_minus_2015_with_the_clients_address_where_that_is_set(
    exchange: Exchange, account: Account
) -> None:
    """As eapi answered in 2023 (ccxt/ccxt#16816, #16844); by default as demo-fapi in July 2026
    (ccxt/ccxt#29099)."""
    unknown = Request("POST", LISTEN_KEY, Headers({"X-MBX-APIKEY": "a" * 64}), client="203.0.113.7")
    exchange.accounts.unknown_key = -2015
    response = exchange.handle(unknown)
    assert isinstance(response, Response)
    assert (response.status, body(response)) == (
        401,
        {
            "code": -2015,
            "msg": "Invalid API-key, IP, or permissions for action, request ip: 203.0.113.7",
        },
    )
    exchange.reset()
    response = exchange.handle(unknown)
    assert isinstance(response, Response)
    assert (response.status, body(response)) == (
        401,
        {"code": -2008, "msg": "Invalid Api-Key ID."},
    )


def test_an_unknown_api_key_has_no_other_answer(exchange: Exchange) -> None:
    with pytest.raises(UsageError) as caught:
        exchange.accounts.unknown_key = -1022
    assert str(caught.value) == "unknown_key is -1022. Give -2008 or -2015."
    assert exchange.accounts.unknown_key == -2008


def test_the_api_key_header_s_name_may_be_in_any_case(exchange: Exchange, account: Account) -> None:
    response = exchange.handle(
        Request("POST", LISTEN_KEY, Headers({"x-mbx-ApiKey": account.api_keys[0].api_key}))
    )
    assert isinstance(response, Response)
    assert response.status == 200


# Addresses


@pytest.mark.parametrize(
    "url",
    [
        LISTEN_KEY,
        f"https://eapi.binance.com{LISTEN_KEY}",
        f"http://127.0.0.1:8080{LISTEN_KEY}?",
        f"{LISTEN_KEY}#fragment",
    ],
)
def test_the_host_does_not_matter(client: Asking, url: str) -> None:
    assert client.ask("POST", url).status == 200


KNOWN = (
    "It has: GET /eapi/v1/ping, GET /eapi/v1/time, GET /eapi/v1/exchangeInfo, GET /eapi/v1/index,"
    " GET /eapi/v1/mark, POST|GET|DELETE /eapi/v1/order, POST|DELETE /eapi/v1/batchOrders, GET"
    " /eapi/v1/openOrders, DELETE /eapi/v1/allOpenOrders, DELETE"
    " /eapi/v1/allOpenOrdersByUnderlying, GET /eapi/v1/historyOrders, GET /eapi/v1/userTrades, GET"
    " /eapi/v1/position, GET /eapi/v1/marginAccount, GET /eapi/v1/account, POST|GET"
    " /eapi/v1/countdownCancelAll, POST /eapi/v1/countdownCancelAllHeartBeat, POST|PUT|DELETE"
    " /eapi/v1/listenKey."
)


@pytest.mark.parametrize(
    ("url", "path"),
    [
        ("/eapi/v1/depth?symbol=BTC-260925-50000-C", "/eapi/v1/depth"),
        ("/eapi/v1/listenKey/", "/eapi/v1/listenKey/"),
        ("/eapi/v1/listenkey", "/eapi/v1/listenkey"),
        ("/fapi/v1/listenKey", "/fapi/v1/listenKey"),
        ("https://eapi.binance.com", "/"),
    ],
)
def test_what_the_simulation_lacks_is_a_404_that_says_what_it_has(
    client: Asking, url: str, path: str
) -> None:
    response = client.ask("POST", url)
    assert (response.status, body(response)) == (
        404,
        {"code": -1020, "msg": f"The simulated exchange does not have POST {path}. {KNOWN}"},
    )


def test_a_404_does_not_repeat_a_secret(client: Asking) -> None:
    assert (
        client.key.api_key not in client.ask("GET", f"/eapi/v1/{client.key.api_key}").body.decode()
    )


def test_a_method_that_a_path_does_not_take_is_a_405(client: Asking) -> None:
    response = client.ask("GET")
    assert (response.status, response.headers["Allow"]) == (405, "POST, PUT, DELETE")
    assert body(response) == {
        "code": -1020,
        "msg": "/eapi/v1/listenKey does not take GET. It takes POST, PUT, DELETE.",
    }


def test_ping_and_time_need_no_key(exchange: Exchange) -> None:
    exchange.clock.advance(seconds=1.5)
    ping, time = (exchange.handle(Request("GET", f"/eapi/v1/{name}")) for name in ("ping", "time"))
    assert isinstance(ping, Response)
    assert isinstance(time, Response)
    assert ping.body == b"{}"
    assert time.body == b'{"serverTime":1767225601500}'


def test_exchange_info_says_what_the_limit_is(exchange: Exchange) -> None:
    exchange.limits.weight_per_minute = 100
    info = exchange.handle(Request("GET", "/eapi/v1/exchangeInfo"))
    assert isinstance(info, Response)
    read = json.loads(info.body)
    assert (read["serverTime"], read["rateLimits"][0]["limit"]) == (exchange.clock.now_ms, 100)


def test_responses_carry_the_headers_that_clients_look_at(client: Asking) -> None:
    ok, error = client.ask("POST"), client.ask("GET", "/eapi/v1/nothing")
    for response in (ok, error):
        assert response.headers["Content-Type"].startswith("application/json")
        assert response.headers["Date"] == "Thu, 01 Jan 2026 00:00:00 GMT"
        assert int(response.headers["Content-Length"]) == len(response.body)


@given(st.integers(0, 253_402_300_799))
def test_the_date_is_written_as_http_has_it(seconds: int) -> None:
    at = datetime.fromtimestamp(seconds, timezone.utc)
    answer = Exchange(start=at).handle(Request("GET", "/eapi/v1/ping"))
    assert isinstance(answer, Response)
    assert answer.headers["Date"] == format_datetime(at, usegmt=True)


# Determinism


def conversation(exchange: Exchange) -> list[bytes]:
    client = Asking(exchange, exchange.open_account("mine"))
    answers = []
    for method in ("POST", "PUT", "DELETE", "DELETE", "POST"):
        exchange.clock.advance(minutes=7)
        answer = client.ask(method)
        answers.append(repr(answer.headers.pairs).encode() + answer.body)
    return answers


def test_the_same_seed_and_calls_give_the_same_bytes() -> None:
    assert conversation(Exchange(seed=5)) == conversation(Exchange(seed=5))
    assert conversation(Exchange(seed=5)) != conversation(Exchange(seed=6))


def test_after_reset_everything_happens_again_with_the_same_keys(
    client: Asking, exchange: Exchange
) -> None:
    first = client.start()
    exchange.clock.advance(minutes=1)
    exchange.limits.ban()
    exchange.faults.add(fault.refused())
    exchange.connect(f"/private/ws/{first}")
    exchange.reset()
    assert exchange.clock.now_ms == 1767225600000
    assert (len(exchange.journal), len(exchange.faults), exchange.streams.connections) == (0, 0, [])
    assert body(client.ask("PUT")) == GONE
    assert client.start() == first


def test_a_key_from_before_the_reset_does_not_expire_after_it(
    client: Asking, exchange: Exchange
) -> None:
    client.start()
    exchange.clock.advance(minutes=30)
    exchange.reset()
    client.start()
    exchange.clock.advance(minutes=59)
    assert client.ask("PUT").status == 200
    assert "expired" not in str(exchange.journal)


# What tests see


def test_the_state_is_json_without_secrets(client: Asking, exchange: Exchange) -> None:
    key = client.start()
    exchange.faults.add(fault.timeout(), method="PUT", times=1)
    exchange.open_account("idle").add_api_key()
    exchange.connect(f"/private/ws/{key}")
    state = exchange.state()
    assert {name: state[name] for name in ("now", "accounts", "limits", "faults", "requests")} == {
        "now": 1767225600000,
        "accounts": [
            {"name": "mine", "apiKeys": 1, "listenKey": {"expires": 1767229200000}},
            {"name": "idle", "apiKeys": 2, "listenKey": None},
        ],
        "limits": {"127.0.0.1": {"usedWeight": 1, "bannedUntil": None}},
        "faults": [{"fault": "no answer in time, not executed; PUT any path, once", "fired": 0}],
        "requests": 1,
    }
    assert len(state["streams"]) == 1
    assert key not in json.dumps(state)
    assert client.key.api_key not in json.dumps(state)


def test_each_product_has_its_calls_and_its_key_in_the_state() -> None:
    exchange = Exchange(products=(OPTIONS, USD_M))
    client = Asking(exchange, exchange.open_account("mine"))
    path, other = USD_M.listen_key_path, client.start()
    started = client.ask("POST", path)
    key = body(started)["listenKey"]
    # this one's answers have other fields
    assert set(body(started)) == {"listenKey"}
    assert body(client.ask("PUT", path)) == {"listenKey": key}
    assert key != other
    assert exchange.state()["accounts"] == [
        {
            "name": "mine",
            "apiKeys": 1,
            "listenKey": {"expires": 1767229200000},
            "listenKey USD-M": {"expires": 1767229200000},
        }
    ]
    assert body(client.ask("DELETE", path)) == {}
    assert exchange.state()["accounts"] == [
        {"name": "mine", "apiKeys": 1, "listenKey": {"expires": 1767229200000}}
    ]
    assert (client.code("PUT", path), client.code("DELETE", path)) == ((400, -1125),) * 2
    assert client.code("PUT") == (200, None)


def test_an_event_reaches_the_streams_of_the_account_that_is_meant(
    client: Asking, exchange: Exchange
) -> None:
    exchange.open_account("other")
    exchange.connect(f"/private/ws/{client.start()}")
    event = events.account_update()
    assert (exchange.emit(event, "mine"), exchange.emit(event, "other")) == (1, 0)
    with pytest.raises(UsageError, match=r"Which account\?"):
        exchange.emit(event)


def test_its_repr_says_when_and_who(client: Asking, exchange: Exchange) -> None:
    assert repr(exchange) == "<Exchange at 2026-01-01T00:00:00+00:00, <Accounts mine>>"
    assert repr(Exchange().accounts) == "<Accounts none>"


def test_sixteen_threads_get_one_answer_each(client: Asking, exchange: Exchange) -> None:
    client.start()
    statuses: list[int] = []

    def keep_alive() -> None:
        for _ in range(50):
            statuses.append(client.ask("PUT").status)

    threads = [threading.Thread(target=keep_alive) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert statuses == [200] * 800
    assert exchange.limits.used_weight("127.0.0.1") == len(exchange.journal) == 801


def test_a_day_of_keepalives_on_one_key(client: Asking, exchange: Exchange) -> None:
    key = client.start()
    for _ in range(48):
        exchange.clock.advance(minutes=30)
        assert client.ask("PUT").status == 200
    assert client.start() == key
