from __future__ import annotations

import pytest

from pytest_binance_options._backends.base import Forward, perform
from pytest_binance_options._backends.live import Live
from pytest_binance_options._messages import Request, Response


@pytest.mark.parametrize(
    ("asked", "sent"),
    [
        ("https://eapi.binance.com/eapi/v1/listenKey", "http://127.0.0.1:81/eapi/v1/listenKey"),
        ("/eapi/v1/listenKey", "http://127.0.0.1:81/eapi/v1/listenKey"),
        # as it was signed: neither order nor escapes may change
        (
            "https://h/eapi/v1/x?b=%2f&a=1&signature=a%2Bb",
            "http://127.0.0.1:81/eapi/v1/x?b=%2f&a=1&signature=a%2Bb",
        ),
        ("https://h?a=b/c", "http://127.0.0.1:81/?a=b/c"),
        ("https://h/eapi/v1/x?u=http://z/y#part", "http://127.0.0.1:81/eapi/v1/x?u=http://z/y"),
    ],
)
def test_a_request_goes_to_the_configured_host_with_path_and_query_as_they_were(
    asked: str, sent: str
) -> None:
    verdict = Live("http://127.0.0.1:81", "ws://127.0.0.1:82").respond(Request("GET", asked))
    assert isinstance(verdict, Forward)
    assert verdict.request.url == sent


def test_the_rest_of_the_request_is_kept_but_for_the_host_header() -> None:
    request = Request(
        "POST", "https://h/eapi/v1/x", {"Host": "h", "X-MBX-APIKEY": "k"}, b"a=1", "10.0.0.1", 2.5
    )
    verdict = Live("http://127.0.0.1:81", "ws://127.0.0.1:82").respond(request)
    assert isinstance(verdict, Forward)
    sent = verdict.request
    assert (sent.method, sent.body, sent.client, sent.timeout) == ("POST", b"a=1", "10.0.0.1", 2.5)
    assert sent.headers.pairs == (("X-MBX-APIKEY", "k"),)


def test_the_networks_answer_is_the_clients() -> None:
    answer = Response(200, {}, b"{}")
    assert (
        perform(
            Live("http://127.0.0.1:81", "ws://127.0.0.1:82"),
            Request("GET", "/eapi/v1/ping"),
            lambda _: answer,
        )
        is answer
    )
