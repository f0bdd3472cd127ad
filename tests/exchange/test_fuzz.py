"""Whatever a client sends, the exchange answers, and well-formed: nothing makes ``handle``
raise."""

from __future__ import annotations

import json
from urllib.parse import quote

from hypothesis import example, given, settings
from hypothesis import strategies as st

from pytest_binance_options._messages import Answer, Headers, Request, Response
from pytest_binance_options._products import PRODUCTS
from pytest_binance_options.exchange import Exchange, fault
from pytest_binance_options.exchange._endpoints import endpoints

from .asking import hmac_signature

ENDPOINTS = endpoints(PRODUCTS)
EXCHANGE = Exchange()
EXCHANGE.limits.weight_per_minute = 10**9
ACCOUNT = EXCHANGE.open_account()
(KEY,) = ACCOUNT.api_keys
NOW = EXCHANGE.clock.now_ms

# Text of any kind, lone surrogates among it, for that is what a client's library may make of broken
# bytes.
ANY = st.text(st.characters(), max_size=40)
METHODS = st.sampled_from(["GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS", "put", ""]) | ANY
NAMES = (
    st.sampled_from(
        ["timestamp", "signature", "recvWindow", "listenKey", "%73ignature", "signature[]", ""]
    )
    | ANY
)
VALUES = (
    st.sampled_from([str(NOW), "", "0", "-1", "1e3", "9" * 400, "%", "%ff%fe", "\0", "0" * 64])
    | ANY
)
FIELDS = st.lists(st.tuples(NAMES, VALUES).map("=".join) | ANY, max_size=5).map("&".join)
PATHS = st.sampled_from([*ENDPOINTS, "/eapi/v1/", "/", "", "//", "/eapi/v1/listenKey%00"]) | ANY
BASES = (
    st.sampled_from(
        [
            "",
            "https://eapi.binance.com",
            "http://[::1",
            "http://",
            "ht\ntp://x:99999999",
            "://",
            "?",
            "#",
        ]
    )
    | ANY
)
URLS = st.one_of(
    ANY,
    st.builds("{}{}?{}".format, BASES, PATHS, FIELDS),
    st.builds("{}{}#{}".format, BASES, PATHS, FIELDS),
)
API_KEYS = st.sampled_from([KEY.api_key, KEY.api_key[:-1], "a" * 64, ""]) | ANY
HEADERS = st.lists(
    st.tuples(st.sampled_from(["X-MBX-APIKEY", "x-mbx-apikey", "Content-Type"]) | ANY, API_KEYS),
    max_size=3,
)
BODIES = st.binary(max_size=60) | FIELDS.map(lambda text: text.encode("utf-8", "surrogatepass"))


def assert_well_formed(answer: Answer) -> Response:
    assert isinstance(answer, Response)
    # An order weighs nothing, so it may be all that a client has asked.
    assert answer.headers["X-MBX-USED-WEIGHT-1M"].isdecimal()
    assert answer.headers["Content-Type"].startswith("application/json")
    assert answer.headers["Content-Length"] == str(len(answer.body))
    reply = json.loads(answer.body)
    if answer.status != 200:
        assert answer.status in (400, 401, 404, 405)
        assert set(reply) == {"code", "msg"}
        assert isinstance(reply["code"], int)
        assert reply["msg"]
    return answer


@settings(max_examples=settings.default.max_examples * 10 if settings.default else 600)
@given(METHODS, URLS, HEADERS, BODIES, ANY)
@example("GET", "http://[::1/eapi/v1/ping", [], b"", "")
@example(
    "GET", "/eapi/v1/ping?signature=%ff", [("X-MBX-APIKEY", KEY.api_key)], b"\xff=\xfe&\xff=", ""
)
@example(
    "POST",
    "/eapi/v1/listenKey?timestamp=1&\ud800&signature=\udfff",
    [("X-MBX-APIKEY", KEY.api_key)],
    b"",
    "\ud800",
)
def test_anything_is_answered(
    method: str, url: str, headers: list[tuple[str, str]], body: bytes, client: str
) -> None:
    assert_well_formed(EXCHANGE.handle(Request(method, url, Headers(headers), body, client=client)))
    assert str(EXCHANGE.journal[-1])
    assert json.dumps(EXCHANGE.journal[-1].to_json())


@given(
    st.sampled_from(sorted(ENDPOINTS)),
    st.sampled_from(["GET", "POST", "PUT", "DELETE"]),
    FIELDS,
    BODIES,
)
def test_a_signature_over_anything_fits(path: str, method: str, query: str, body: bytes) -> None:
    # Well-formed or not, what was signed as sent never fails for its signature alone.
    query = quote(query, safe="=&%")
    signature = hmac_signature(KEY.secret_key or "", query)
    headers = Headers({"X-MBX-APIKEY": KEY.api_key})
    url = f"{path}?{query}{'&' if query else ''}signature={signature}"
    answer = assert_well_formed(EXCHANGE.handle(Request(method, url, headers)))
    if "signature" not in query and "%73ignature" not in query:
        assert b"-1022" not in answer.body


@given(
    METHODS,
    URLS,
    st.sampled_from(
        [fault.cut_body(), fault.broken_gzip(), fault.skew(-86_400), fault.delay(0.001)]
    ),
)
def test_anything_is_answered_on_a_bad_day(method: str, url: str, effect: fault.Effect) -> None:
    EXCHANGE.faults.add(effect)
    try:
        answer = EXCHANGE.handle(Request(method, url))
    finally:
        EXCHANGE.faults.clear()
    assert isinstance(answer, Response)
    # An order weighs nothing, so it may be all that a client has asked.
    assert answer.headers["X-MBX-USED-WEIGHT-1M"].isdecimal()
