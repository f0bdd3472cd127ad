"""URLs of any kind come apart the same way everywhere, and none of them raises."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pytest_binance_options import _urls

any_text = st.text(alphabet=st.characters())  # lone surrogates too
tricky = st.lists(
    st.one_of(
        st.sampled_from(
            ["http://", "wss://", "//", "[", "]", "@", ":", "/", "?", "#", "::1", "a", "\n"]
        ),
        any_text,
    )
)


@pytest.mark.parametrize(
    ("url", "path", "query"),
    [
        ("https://eapi.binance.com/eapi/v1/time", "/eapi/v1/time", ""),
        ("https://eapi.binance.com/eapi/v1/time?a=1&b=?#f?x", "/eapi/v1/time", "a=1&b=?"),
        ("https://eapi.binance.com", "/", ""),
        ("https://eapi.binance.com?a=/b", "/", "a=/b"),
        ("https://eapi.binance.com#/b", "/", ""),
        ("/eapi/v1/time?a=b://c", "/eapi/v1/time", "a=b://c"),
        ("/eapi/v1/a://b", "/eapi/v1/a://b", ""),
        ("//eapi/v1/time", "//eapi/v1/time", ""),
        ("http://[", "/", ""),
        ("a/b://c", "a/b://c", ""),
        ("*", "*", ""),
        ("", "/", ""),
    ],
)
def test_path_and_query_are_what_was_written(url: str, path: str, query: str) -> None:
    assert _urls.target(url) == (path, query)


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://eapi.binance.com/eapi", ("https", "eapi.binance.com", 443)),
        ("HTTP://EAPI.Binance.COM.:8080", ("http", "eapi.binance.com", 8080)),
        ("wss://user:word@h?x=@y", ("wss", "h", 443)),
        ("https://demo-fapi.binance.com@eapi.binance.com/", ("https", "eapi.binance.com", 443)),
        ("http://eapi.binance.com#@h", ("http", "eapi.binance.com", 80)),
        ("ws://127.0.0.1:/x", ("ws", "127.0.0.1", 80)),
        ("http://[::1]:8080/x", ("http", "::1", 8080)),
        ("http://[::1]", ("http", "::1", 80)),
        ("ftp://h", ("ftp", "h", None)),
        ("http://h:x", ("http", "h", None)),
        ("http://h:\uff11", ("http", "h", None)),
        ("http://h:123456", ("http", "h", None)),
        ("http://[::1", ("http", "[", None)),
        ("http://", ("http", "", 80)),
        ("://h", ("", "", None)),
        ("/eapi/v1?to=http://h", ("", "", None)),
        ("eapi.binance.com:443", ("", "", None)),
        ("", ("", "", None)),
    ],
)
def test_host_and_port_are_those_a_client_would_connect_to(
    url: str, expected: tuple[str, str, int | None]
) -> None:
    assert _urls.authority(url) == expected


@given(st.one_of(any_text, tricky.map("".join)))
@example("http://[")
@example("http://\u2100/")
@example("http://h:\u00b2")
def test_no_text_is_refused(text: str) -> None:
    path, query = _urls.target(text)
    scheme, host, port = _urls.authority(text)

    assert path
    assert query in text
    assert scheme == scheme.lower()
    assert host == host.lower()
    assert port is None or 0 <= port < 100_000


hosts = st.one_of(
    st.from_regex(r"[a-z0-9]{1,8}(\.[a-z]{2,5}){0,2}", fullmatch=True), st.just("[::1]")
)


@given(
    st.sampled_from(["http", "https", "ws", "wss"]),
    st.one_of(st.just(""), st.from_regex(r"[a-z]{1,5}(:[a-z]{1,5})?@", fullmatch=True)),
    hosts,
    st.one_of(st.none(), st.integers(0, 65535)),
    st.from_regex(r"(/[a-zA-Z0-9%._~:@-]*){0,4}", fullmatch=True),
    st.from_regex(r"(\?[a-zA-Z0-9%._~:@/?=&-]*)?", fullmatch=True),
    st.from_regex(r"(#[a-zA-Z0-9?/]*)?", fullmatch=True),
)
def test_well_formed_urls_come_apart_as_the_standard_library_says(
    scheme: str, user: str, host: str, port: int | None, path: str, query: str, fragment: str
) -> None:
    url = f"{scheme}://{user}{host}{'' if port is None else f':{port}'}{path}{query}{fragment}"
    parts = urlsplit(url)

    assert _urls.target(url) == (parts.path or "/", parts.query)
    default = {"http": 80, "ws": 80, "https": 443, "wss": 443}[scheme]
    assert _urls.authority(url) == (
        parts.scheme,
        parts.hostname,
        default if port is None else parts.port,
    )


@pytest.mark.parametrize(
    ("scheme", "host", "port", "origin"),
    [
        ("https", "eapi.binance.com", None, "https://eapi.binance.com"),
        ("ws", "127.0.0.1", 8080, "ws://127.0.0.1:8080"),
        ("http", "::1", None, "http://[::1]"),
        ("wss", "fe80::1%eth0", 443, "wss://[fe80::1%eth0]:443"),
    ],
)
def test_an_origin_comes_apart_into_what_it_was_made_of(
    scheme: str, host: str, port: int | None, origin: str
) -> None:
    assert _urls.origin(scheme, host, port) == origin
    default = {"http": 80, "https": 443}.get(scheme)
    assert _urls.authority(origin) == (scheme, host, port or default)
