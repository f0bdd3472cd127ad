"""Timeouts and headers that a caller gives with one request."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from pytest_binance_options.client._arguments import (
    SafeHeaders,
    Timeout,
    checked_headers,
    checked_timeout,
)
from pytest_binance_options.errors import UsageError

from .answering import in_reports, text_of


@pytest.mark.parametrize(
    ("given", "used"),
    [
        (None, (30, 30)),
        (2, (2, 2)),
        (0.5, (0.5, 0.5)),
        ((1, 2.5), (1, 2.5)),
        (86_400, (86_400, 86_400)),
    ],
)
def test_a_timeout_is_one_number_or_a_pair(given: Timeout, used: tuple[float, float]) -> None:
    assert checked_timeout(given) == used


@pytest.mark.parametrize(
    ("given", "quoted"),
    [
        (0, " is 0"),
        (-1, " is -1"),
        (float("nan"), " is nan"),
        (float("inf"), " is inf"),
        (86_401, " is 86401"),
        (True, " is True"),
        ("5", " is '5'"),
        ((1,), " is (1,)"),
        ((1, 2, 3), " is (1, 2, 3)"),
        ((1, 0), "[1] is 0"),
        ((None, 1), "[0] is None"),
        ((), " is ()"),
        ([1, 2], " is [1, 2]"),
        (object, " is <class 'object'>"),
    ],
)
def test_what_is_no_timeout_is_refused(given: Any, quoted: str) -> None:
    assert (
        text_of(lambda: checked_timeout(given), UsageError)
        == f"_request_timeout{quoted}. Give a number of seconds above 0, up to 86400."
        " Two, in a tuple, are to connect and to wait."
    )


@pytest.mark.parametrize(
    "headers", [{}, {"X-Trace": "1"}, {"a!#$%&'*+.^_`|~-": "x y\tz"}, {"X": ""}, {"X": "é"}]
)
def test_headers_that_http_allows_are_taken(headers: Mapping[str, str]) -> None:
    assert checked_headers(headers) == headers


@pytest.mark.parametrize("name", ["", "X Y", "X:", "X\n", "é", "X\r\nY"])
def test_a_header_name_that_http_does_not_allow_is_refused(name: str) -> None:
    assert (
        text_of(lambda: checked_headers({name: "1"}), UsageError)
        == f"_headers has a name that HTTP does not allow: {name!r}. Give letters, digits and"
        " hyphens."
    )


@pytest.mark.parametrize(
    "value",
    [
        "secret1\n",
        "secret1\r\nX-Injected: 1",
        " secret1",
        "secret1 ",
        "secret1\0",
        "secret1€",
        b"secret1",
        1,
        None,
    ],
)
def test_a_header_value_that_http_does_not_allow_is_refused_and_not_repeated(value: Any) -> None:
    with pytest.raises(UsageError) as caught:
        checked_headers({"X-Key": value})
    assert (
        str(caught.value)
        == "_headers['X-Key'] is no value that HTTP allows. Give a Latin-1 str without line breaks"
        " and space around it."
    )
    assert "secret1" not in in_reports(caught.value)


def test_no_text_form_of_a_requests_headers_shows_a_value() -> None:
    headers = SafeHeaders({"X-MBX-APIKEY": "abc", "Accept": "text"})
    for shown in (headers, headers.copy()):
        assert repr(shown) == str(shown) == "<headers X-MBX-APIKEY, Accept>"
        assert shown["x-mbx-apikey"] == "abc"
