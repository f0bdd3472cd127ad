"""What the exceptions of requests and urllib3 are turned into."""

from __future__ import annotations

import http.client

import pytest
import requests
from urllib3.exceptions import (
    LocationParseError,
    MaxRetryError,
    ProtocolError,
    ReadTimeoutError,
    ResponseError,
)

from pytest_binance_options.client._failures import cleaned, connection_failed, innermost

from .answering import API_KEY, in_reports

URL = f"/eapi/v1/order?timestamp=1&signature={'5' * 64}"


def refused() -> requests.ConnectionError:
    return requests.ConnectionError(
        MaxRetryError(None, URL, ConnectionRefusedError(111, "Connection refused"))
    )  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (refused(), "[Errno 111] Connection refused. Check Configuration.host and the network."),
        (
            requests.ConnectionError(
                ProtocolError(
                    "Connection aborted.", ConnectionResetError(104, "Connection reset by peer")
                )
            ),
            "[Errno 104] Connection reset by peer. Check Configuration.host and the network.",
        ),
        (
            requests.ConnectionError(
                ProtocolError("Connection aborted.", http.client.BadStatusLine("hello"))
            ),
            "BadStatusLine: hello. Check Configuration.host and the network.",
        ),
        (
            requests.ConnectTimeout("took too long"),
            (
                "no connection within 1.5 s. Check host and network, or give a longer"
                " _request_timeout."
            ),
        ),
        (
            requests.ReadTimeout("took too long"),
            (
                "no answer within 7 s. It may have been executed. For a longer wait, give"
                " _request_timeout."
            ),
        ),
        (
            requests.ConnectionError(
                MaxRetryError(None, URL, ReadTimeoutError(None, URL, "Read timed out."))
            ),  # type: ignore[arg-type]
            (
                "no answer within 7 s. It may have been executed. For a longer wait, give"
                " _request_timeout."
            ),
        ),
        (
            requests.exceptions.ProxyError("Cannot connect to proxy."),
            (
                "the proxy does not work (Cannot connect to proxy.). Check Configuration.proxy, or"
                " HTTPS_PROXY in the environment."
            ),
        ),
        (
            requests.exceptions.SSLError("certificate verify failed"),
            (
                "no TLS connection (certificate verify failed). Configuration.ssl_ca_cert names a"
                " CA of your own."
            ),
        ),
        (
            requests.exceptions.RetryError(
                MaxRetryError(None, URL, ResponseError("too many 503 error responses"))
            ),  # type: ignore[arg-type]
            "all retries are used up (too many 503 error responses).",
        ),
        (
            LocationParseError("h" * 5),
            "Failed to parse: hhhhh. Check Configuration.host and the network.",
        ),
        (
            OSError("invalid path: /ca.pem"),
            "invalid path: /ca.pem. Check Configuration.host and the network.",
        ),
        (requests.ConnectionError(), "ConnectionError. Check Configuration.host and the network."),
    ],
)
def test_each_kind_of_failure_says_what_happened_and_what_to_do(
    error: Exception, told: str
) -> None:
    failure = connection_failed(error, "PUT /eapi/v1/listenKey", "http://127.0.0.1:1", (1.5, 7))
    assert str(failure) == f"No answer to PUT /eapi/v1/listenKey: http://127.0.0.1:1: {told}"
    assert (failure.status, failure.body, failure.code, failure.headers) == (0, "", None, {})
    assert type(failure.__cause__) is (
        type(error) if isinstance(error, requests.RequestException) else requests.RequestException
    )


def test_the_cause_has_the_kind_and_text_of_the_original_and_nothing_else_of_it() -> None:
    def fail(headers: dict[str, str]) -> None:
        raise refused()

    prepared = requests.Request(
        "GET", f"http://x{URL}", headers={"X-MBX-APIKEY": API_KEY}
    ).prepare()
    try:
        fail({"X-MBX-APIKEY": API_KEY})
    except requests.ConnectionError as error:
        error.request = prepared
        cause = cleaned(error)
    assert (type(cause), str(cause)) == (requests.ConnectionError, "[Errno 111] Connection refused")
    assert (cause.request, cause.__context__, cause.__cause__, cause.__traceback__) == (
        None,
        None,
        None,
        None,
    )


def test_texts_are_masked_and_bounded() -> None:
    error = requests.ConnectionError(f"could not send {URL} " + "and so on " * 100)
    assert innermost(error).startswith(
        "could not send /eapi/v1/order?timestamp=1&signature=<hidden> and so on"
    )
    assert len(innermost(error)) == 303
    failure = connection_failed(error, "GET /eapi/v1/order", "http://127.0.0.1:1", (1, 1))
    assert "5" * 64 not in in_reports(failure)


def test_an_error_that_leads_back_to_itself_ends() -> None:
    one, two = requests.ConnectionError("one"), requests.ConnectionError("two")
    one.__cause__, two.__cause__ = two, one
    assert innermost(one) in ("one", "two")
