"""Signed requests: what the exchange takes, what it refuses, and with which error."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from urllib.parse import quote_plus

import pytest

from pytest_binance_options._messages import Request, Response
from pytest_binance_options.exchange import Account, Exchange

from .asking import LISTEN_KEY, Asking, body, code, hmac_signature
from .keys import (
    ED25519_PUBLIC,
    RSA_PUBLIC,
    ed25519_signature,
    rsa_signature,
)

MARGIN = "/eapi/v1/marginAccount"
OK = (200, None)


@pytest.fixture
def now(exchange: Exchange) -> int:
    return exchange.clock.now_ms


def test_a_signed_read_is_answered(client: Asking, now: int) -> None:
    response = client.signed("GET", MARGIN, f"timestamp={now}")
    assert (response.status, body(response)["time"]) == (200, now)


# Binance's own vectors. The page prints quantity=1 beside the first signature, which fits
# quantity=0.01.
VECTOR_SECRET = "YtP1BudNOWZE1ag5uzCkh4hIC7qSmQOu797r5EJBFGhxBYivjj8HIX0iiiPof5yG"
VECTOR = "symbol=BTC-210129-40000-C&side=BUY&type=LIMIT&timeInForce=GTC&quantity=0.01&price=2000&recvWindow=5000"
QUERY = "symbol=BTC-210129-40000-C&side=BUY&type=LIMIT&timeInForce=GTC"
FORM = "quantity=0.01&price=2000&recvWindow=5000&timestamp=1611825601400"


@pytest.mark.parametrize(
    ("query", "form"),
    [
        (
            f"{VECTOR}&timestamp=1611825601400&signature=7c12045972f6140e765e0f2b67d28099718df805732676494238f50be830a7d7",
            "",
        ),
        (
            "",
            f"{VECTOR}&timestamp=1611825601400&signature=7c12045972f6140e765e0f2b67d28099718df805732676494238f50be830a7d7",
        ),
        (
            QUERY,
            f"{FORM}&signature=fa6045c54fb02912b766442be1f66fab619217e551a4fb4f8a1ee000df914d8e",
        ),
    ],
    ids=["query", "body", "mixed"],
)
def test_the_documentation_s_examples_are_accepted(query: str, form: str) -> None:
    at = datetime(1970, 1, 1, tzinfo=timezone.utc) + timedelta(milliseconds=1611825601400)
    exchange = Exchange(start=at)
    client = Asking(exchange, exchange.open_account(secret_key=VECTOR_SECRET))
    assert client.code("POST", f"{LISTEN_KEY}?{query}", form.encode()) == OK


@pytest.mark.parametrize("case", [str.lower, str.upper])
def test_a_hex_signature_may_be_in_either_case(
    client: Asking, now: int, case: Callable[[str], str]
) -> None:
    signature = case(hmac_signature(client.key.secret_key or "", f"timestamp={now}"))
    assert client.code("GET", f"{MARGIN}?timestamp={now}&signature={signature}") == OK


@pytest.mark.parametrize(
    ("public_key", "sign"), [(RSA_PUBLIC, rsa_signature), (ED25519_PUBLIC, ed25519_signature)]
)
def test_the_registered_public_key_verifies(
    exchange: Exchange, account: Account, now: int, public_key: str, sign: Callable[[bytes], str]
) -> None:
    client = Asking(exchange, account, key=account.add_api_key(public_key=public_key))
    payload = f"timestamp={now}"
    signature = sign(payload.encode())
    assert client.code("GET", f"{MARGIN}?{payload}&signature={quote_plus(signature)}") == OK
    assert client.code(
        "GET", f"{MARGIN}?{payload}&recvWindow=6000&signature={quote_plus(signature)}"
    ) == (400, -1022)
    assert client.code("GET", f"{MARGIN}?{payload}&signature=bm90IGl0") == (400, -1022)
    assert client.code("GET", f"{MARGIN}?{payload}&signature=%C3%A4") == (400, -1022)


def test_one_api_key_s_signature_does_not_do_for_another(
    exchange: Exchange, account: Account, now: int
) -> None:
    first, second = account.api_keys[0], account.add_api_key()
    signature = hmac_signature(first.secret_key or "", f"timestamp={now}")
    other = Asking(exchange, account, key=second)
    assert other.code("GET", f"{MARGIN}?timestamp={now}&signature={signature}") == (400, -1022)


def test_the_signature_is_over_the_text_as_sent(client: Asking, now: int) -> None:
    # The same parameters in another order and another encoding: each text has a signature of its
    # own.
    texts = [
        f"a=x%20y&timestamp={now}",
        f"a=x+y&timestamp={now}",
        f"timestamp={now}&a=x%20y",
        f"%61=x%20y&timestamp={now}",
    ]
    for signed in texts:
        signature = hmac_signature(client.key.secret_key or "", signed)
        outcomes = [client.code("GET", f"{MARGIN}?{sent}&signature={signature}") for sent in texts]
        assert outcomes == [OK if sent == signed else (400, -1022) for sent in texts]


def test_a_parameter_that_was_changed_after_signing_is_found(client: Asking, now: int) -> None:
    signature = hmac_signature(client.key.secret_key or "", f"timestamp={now}")
    assert client.code("GET", f"{MARGIN}?timestamp={now + 1}&signature={signature}") == (400, -1022)


def test_the_signature_may_be_in_the_query_with_the_rest_in_the_body(
    client: Asking, now: int
) -> None:
    signature = hmac_signature(client.key.secret_key or "", f"a=1timestamp={now}")
    assert (
        client.code("POST", f"{LISTEN_KEY}?a=1&signature={signature}", f"timestamp={now}".encode())
        == OK
    )


def test_the_query_string_wins_over_the_body(client: Asking, now: int) -> None:
    def outcome(query_time: int, form_time: int) -> tuple[int, int | None]:
        query, form = f"timestamp={query_time}", f"timestamp={form_time}"
        signature = hmac_signature(client.key.secret_key or "", query + form)
        return client.code(
            "POST", f"{LISTEN_KEY}?{query}", f"{form}&signature={signature}".encode()
        )

    assert outcome(now, 1) == OK
    assert outcome(1, now) == (400, -1021)


def test_a_body_that_is_no_text_is_signed_as_bytes(client: Asking, now: int) -> None:
    form = b"note=\xff\xfe&timestamp=%d" % now
    signature = hmac.new((client.key.secret_key or "").encode(), form, hashlib.sha256).hexdigest()
    assert client.code("POST", LISTEN_KEY, form + f"&signature={signature}".encode()) == OK


@pytest.mark.parametrize(
    "query", ["signature={s}&timestamp={now}", "timestamp={now}&signature={s}&a=1"]
)
def test_the_signature_comes_last(client: Asking, now: int, query: str) -> None:
    payload = query.replace("signature={s}", "").strip("&").replace("&&", "&").format(now=now)
    signature = hmac_signature(client.key.secret_key or "", payload)
    assert client.code("GET", f"{MARGIN}?{query.format(now=now, s=signature)}") == (400, -1022)


def test_a_parameter_twice_in_one_place_is_refused(client: Asking, now: int) -> None:
    response = client.signed("GET", MARGIN, f"timestamp={now}&timestamp={now}")
    assert body(response) == {"code": -1101, "msg": "Duplicate values for a parameter detected."}


@pytest.mark.parametrize(
    ("query", "missing"),
    [
        ("", "timestamp"),
        ("recvWindow=5000", "timestamp"),
        ("timestamp=", "timestamp"),
        ("timestamp=soon", "timestamp"),
        ("timestamp=-1", "timestamp"),
        ("timestamp=1.5", "timestamp"),
        ("timestamp=" + "9" * 30, "timestamp"),
        ("timestamp={now}&recvWindow=wide", "recvWindow"),
        ("timestamp={now}&recvWindow=-1", "recvWindow"),
        ("timestamp={now}&recvWindow=", "recvWindow"),
    ],
)
def test_what_is_missing_or_malformed_is_named(
    client: Asking, now: int, query: str, missing: str
) -> None:
    response = client.signed("GET", MARGIN, query.format(now=now))
    assert response.status == 400
    assert body(response) == {
        "code": -1102,
        "msg": f"Mandatory parameter '{missing}' was not sent, was empty/null, or malformed.",
    }


def test_a_missing_signature_is_named(client: Asking, now: int) -> None:
    response = client.ask("GET", f"{MARGIN}?timestamp={now}")
    assert body(response) == {
        "code": -1102,
        "msg": "Mandatory parameter 'signature' was not sent, was empty/null, or malformed.",
    }


@pytest.mark.parametrize(
    ("offset", "window", "outcome"),
    [
        (999, None, OK),
        (1000, None, (400, -1021)),
        (1000, 60_000, (400, -1021)),
        (-5000, None, OK),
        (-5001, None, (400, -1021)),
        (-5001, 5001, OK),
        (-60_000, 60_000, OK),
        (0, 0, OK),
        (-1, 0, (400, -1021)),
        (0, 60_001, (400, -1131)),
    ],
)
def test_a_request_is_in_time_or_it_is_not(
    client: Asking, now: int, offset: int, window: int | None, outcome: tuple[int, int | None]
) -> None:
    query = f"timestamp={now + offset}" + ("" if window is None else f"&recvWindow={window}")
    assert code(client.signed("GET", MARGIN, query)) == outcome


def test_the_messages_about_time_say_which_way(client: Asking, now: int) -> None:
    late, early, wide = (
        body(client.signed("GET", MARGIN, query))["msg"]
        for query in (
            f"timestamp={now - 6000}",
            f"timestamp={now + 1000}",
            f"timestamp={now}&recvWindow=60001",
        )
    )
    assert late == "Timestamp for this request is outside of the recvWindow."
    assert early == "Timestamp for this request was 1000ms ahead of the server's time."
    # Binance: Options, Error Code, -1131: the one text without a full stop.
    assert wide == "recvWindow must be less than 60000"


@pytest.mark.parametrize("path", ["/eapi/v1/ping", LISTEN_KEY, MARGIN])
def test_any_request_that_carries_a_signature_is_verified(
    client: Asking, now: int, path: str
) -> None:
    method = "POST" if path == LISTEN_KEY else "GET"
    assert client.code(method, f"{path}?timestamp={now}&signature={'0' * 64}") == (400, -1022)
    assert code(client.signed(method, path, f"timestamp={now}")) == OK


def test_a_signature_without_an_api_key_is_refused(exchange: Exchange, now: int) -> None:
    response = exchange.handle(Request("GET", f"{MARGIN}?timestamp={now}&signature={'0' * 64}"))
    assert isinstance(response, Response)
    assert code(response) == (401, -2014)
