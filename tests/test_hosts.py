"""Which hosts are the exchange's, which of them are real money, and which requests are ours to
answer."""

from __future__ import annotations

import ipaddress
import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pytest_binance_options._hosts import (
    Scope,
    base_url,
    canonical,
    is_known,
    is_loopback,
    is_production,
    mixture,
    rest_hosts,
    stream_hosts,
)
from pytest_binance_options._products import OPTIONS, Environment
from pytest_binance_options.errors import UsageError
from tests.support.usd_m import USD_M

any_text = st.text(alphabet=st.characters())
REST = ("https", "http")
STREAM = ("wss", "ws")


def test_the_table_has_production_the_testnet_and_the_addresses_that_clients_still_use() -> None:
    assert rest_hosts((OPTIONS,)) == {
        "eapi.binance.com",
        "demo-fapi.binance.com",
        "testnet.binancefuture.com",
        "testnet.binanceops.com",
    }
    assert stream_hosts((OPTIONS,)) == {
        "fstream.binance.com",
        "demo-fstream.binance.com",
        "fstream.binancefuture.com",
        "testnetws.binanceops.com",
        "nbstream.binance.com",
    }


class TestProduction:
    @pytest.mark.parametrize(
        "url",
        [
            "https://eapi.binance.com",
            "wss://fstream.binance.com/private/ws/x",
            "wss://nbstream.binance.com/eoptions",
            "https://EAPI.Binance.Com.:443/eapi/v1/time",
            "https://user:word@eapi.binance.com",
            "https://demo-fapi.binance.com@eapi.binance.com",
            "https://api.binance.com",
            "https://testnet.binance.com",
            "https://unheard-of.testnet.binance.com",
            "https://binance.com",
            "https://eapi.binance.us",
            "eapi.binance.com",
            "eapi.binance.com:443/eapi",
        ],
    )
    def test_any_name_of_the_exchange_is_production_unless_known_as_a_testnet(
        self, url: str
    ) -> None:
        assert is_production(url)

    @pytest.mark.parametrize(
        "url",
        [
            *(
                base
                for e in OPTIONS.environments
                if not e.production
                for base in (e.rest, e.stream)
                if base
            ),
            "https://DEMO-FAPI.binance.com.:8443/eapi",
            "demo-fapi.binance.com",
            "https://eapi.binance.com@demo-fapi.binance.com",
            "http://127.0.0.1:8080",
            "http://localhost/eapi.binance.com",
            "https://binance.com.example",
            "https://notbinance.com",
            "",
        ],
    )
    def test_nothing_else_is(self, url: str) -> None:
        assert not is_production(url)

    @given(any_text)
    @example("http://[")
    def test_no_text_is_refused(self, text: str) -> None:
        assert is_production(text) in (True, False)


SPELLINGS = [
    "EAPI.Binance.Com",
    "eapi.binance.com.",
    "eapi%2Ebinance.com",
    "%65api.binance.com",
    "".join(chr(ord(c) + 0xFEE0) for c in "eapi.binance.com"),  # full-width
    "eapi\u3002binance\u3002com",
    "eapi.\N{MATHEMATICAL BOLD SMALL B}inance.com",
    "ea\N{SOFT HYPHEN}pi.binance.com",
    "eapi.binance.com ",
]


class TestSpellings:
    @pytest.mark.parametrize("host", SPELLINGS)
    def test_however_a_name_is_written_it_is_the_one_that_is_looked_up(self, host: str) -> None:
        assert canonical(host) == "eapi.binance.com"
        assert is_known(host)
        assert is_production(host)
        assert Scope().host(host, 443)

    def test_what_only_looks_alike_is_another_name(self) -> None:
        other = "e\N{CYRILLIC SMALL LETTER A}pi.binance.com"
        assert canonical(other).startswith("xn--")
        assert not is_known(other)
        assert is_production(other)  # a name under binance.com all the same

    @given(any_text)
    def test_no_text_is_refused(self, text: str) -> None:
        assert is_known(text) in (True, False)


class TestLoopback:
    @pytest.mark.parametrize(
        "host",
        [
            "127.0.0.1",
            "127.255.255.254",
            "127.0.0.1.",
            "localhost",
            "LocalHost.",
            "::1",
            "[::1]",
            "0:0:0:0:0:0:0:1",
            "::1%lo",
            "::ffff:127.0.0.1",
            "::ffff:7f00:1",
        ],
    )
    def test_an_address_of_this_machine_alone(self, host: str) -> None:
        assert is_loopback(host)

    @pytest.mark.parametrize(
        "host",
        [
            "127.0.0.1.evil.com",
            "localhost.evil.com",
            "evil.localhost",
            "notlocalhost",
            "127.0.0",
            "127.0.0.256",
            "127.0.0.\u00b2",
            "127.0.0.1..",
            "128.0.0.1",
            "0.0.0.0",  # noqa: S104
            "::",
            "::2",
            "::ffff:128.0.0.1",
            "64:ff9b::127.0.0.1",
            "10.127.0.0.1",
            "",
        ],
    )
    def test_an_address_that_can_be_another_machine(self, host: str) -> None:
        assert not is_loopback(host)

    @given(st.ip_addresses())
    def test_of_the_addresses_those_that_the_standards_say(
        self, address: ipaddress.IPv4Address | ipaddress.IPv6Address
    ) -> None:
        networks = [
            ipaddress.ip_network(n) for n in ("127.0.0.0/8", "::1/128", "::ffff:127.0.0.0/104")
        ]

        assert is_loopback(str(address)) == any(address in network for network in networks)

    @given(any_text)
    def test_no_text_is_refused(self, text: str) -> None:
        assert is_loopback(text) in (True, False)


class TestBaseUrl:
    @pytest.mark.parametrize(
        ("given", "base"),
        [
            ("https://demo-fapi.binance.com", "https://demo-fapi.binance.com"),
            (" https://demo-fapi.binance.com// ", "https://demo-fapi.binance.com"),
            ("HTTPS://Demo-Fapi.Binance.com:443/", "https://demo-fapi.binance.com:443"),
            ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
            ("http://[::1]:8080", "http://[::1]:8080"),
            ("http://exchange_1:65535", "http://exchange_1:65535"),
        ],
    )
    def test_a_rest_base_is_scheme_and_host(self, given: str, base: str) -> None:
        assert base_url(given, setting="x", schemes=REST) == base

    @pytest.mark.parametrize(
        ("given", "base"),
        [
            ("wss://demo-fstream.binance.com/", "wss://demo-fstream.binance.com"),
            ("WS://127.0.0.1:1//", "ws://127.0.0.1:1"),
        ],
    )
    def test_a_stream_base_is_scheme_and_host(self, given: str, base: str) -> None:
        assert base_url(given, setting="x", schemes=STREAM) == base

    @pytest.mark.parametrize(
        ("given", "schemes", "asked", "alone"),
        [
            ("https://h:1/eapi/", REST, "/eapi/v1/listenKey", "https://h:1"),
            ("WSS://h/private", STREAM, "/private/ws/<listenKey>", "WSS://h"),
            ("wss://[::1]:5/ws", STREAM, "/private/ws/<listenKey>", "wss://[::1]:5"),
        ],
    )
    def test_a_path_is_an_error_that_shows_what_stays(
        self, given: str, schemes: tuple[str, ...], asked: str, alone: str
    ) -> None:
        with pytest.raises(UsageError) as caught:
            base_url(given, setting="x", schemes=schemes)

        assert (
            str(caught.value) == f"x: {given!r} has a path, and what is asked for there brings its"
            f" own ({asked}). Give {alone} alone."
        )

    def test_a_listen_key_in_the_path_is_not_shown(self) -> None:
        with pytest.raises(UsageError, match=re.escape("'wss://h/ws/<hidden>' has a path")):
            base_url(f"wss://h/ws/{'k7' * 32}", setting="x", schemes=STREAM)

    @pytest.mark.parametrize(
        "environment",
        [OPTIONS.production, OPTIONS.testnet, *OPTIONS.former[:2]],
        ids=lambda e: str(e.name),
    )
    def test_the_table_is_made_of_bases(self, environment: Environment) -> None:
        rest, stream = environment.rest, environment.stream

        assert base_url(rest, setting="x", schemes=REST) == rest
        assert base_url(stream, setting="x", schemes=STREAM) == stream

    @pytest.mark.parametrize(
        "given",
        [
            "demo-fapi.binance.com",
            "wss://demo-fstream.binance.com",
            "https://",
            "https://:443",
            "https://h?x=1",
            "https://h?",
            "https://h#x",
            "https://h:0",
            "https://h:65536",
            "https://h:port",
            "https://h:",
            "https://[::1",
            "https://[:::]",
            "https://[1.2.3.4]",
            "https://a..b",
            "https://a b",
            "https://h\\other",
            "https://h\u2024com",
            "http://[",
            "",
        ],
    )
    def test_anything_else_is_an_error_that_shows_what_will_do(self, given: str) -> None:
        with pytest.raises(UsageError) as caught:
            base_url(given, setting="--binance-options-host", schemes=REST)

        assert (
            str(caught.value)
            == f"--binance-options-host: {given!r} is not a base URL. Give scheme and host (https"
            " or http), as in https://demo-fapi.binance.com."
        )

    def test_the_error_for_a_stream_shows_a_stream(self) -> None:
        with pytest.raises(UsageError) as caught:
            base_url("https://demo-fapi.binance.com", setting="stream host", schemes=STREAM)

        assert (
            str(caught.value)
            == "stream host: 'https://demo-fapi.binance.com' is not a base URL. Give scheme and"
            " host (wss or ws), as in wss://demo-fstream.binance.com."
        )

    def test_the_error_hides_a_password(self) -> None:
        with pytest.raises(UsageError, match=re.escape("'https://<hidden>@h' is not a base URL")):
            base_url("https://user:word@h", setting="x", schemes=REST)

    def test_what_is_no_text_is_an_error_too(self) -> None:
        with pytest.raises(UsageError, match="None is not a base URL"):
            base_url(None, setting="x", schemes=REST)  # type: ignore[arg-type]

    @given(any_text)
    def test_any_text_is_a_base_or_the_error(self, text: str) -> None:
        try:
            base = base_url(f"https://{text}", setting="x", schemes=REST)
        except UsageError:
            return

        assert base_url(base, setting="x", schemes=REST) == base
        assert Scope(rest=[base]).request(f"{base}/eapi/v1/time")


class TestMixture:
    LOCAL = "a server's own REST base and stream base."

    @pytest.mark.parametrize(
        ("rest", "is_rest", "stream", "is_stream", "advice"),
        [
            (
                "https://eapi.binance.com",
                "production",
                "wss://demo-fstream.binance.com",
                "the testnet",
                "https://eapi.binance.com goes with wss://fstream.binance.com.",
            ),
            (
                "https://testnet.binancefuture.com",
                "the testnet",
                "wss://fstream.binance.com",
                "production",
                "https://demo-fapi.binance.com goes with wss://demo-fstream.binance.com.",
            ),
            (
                "http://127.0.0.1:1",
                "on this machine",
                "wss://demo-fstream.binance.com",
                "the testnet",
                LOCAL,
            ),
            (
                "https://demo-fapi.binance.com",
                "the testnet",
                "ws://localhost:1",
                "on this machine",
                LOCAL,
            ),
        ],
    )
    def test_two_exchanges_are_told_apart(
        self, rest: str, is_rest: str, stream: str, is_stream: str, advice: str
    ) -> None:
        assert (
            mixture(rest, stream) == f"{rest} (--binance-options-host) is {is_rest}, and {stream}"
            f" (--binance-options-stream-host) is {is_stream}: a listen key of the one is unknown"
            f" to the other. Set both to the same exchange's: {advice}"
        )

    @pytest.mark.parametrize(
        ("rest", "stream"),
        [
            ("https://eapi.binance.com", "wss://fstream.binance.com"),
            ("https://demo-fapi.binance.com", "wss://demo-fstream.binance.com"),
            ("https://demo-fapi.binance.com", "wss://fstream.binancefuture.com"),
            ("http://127.0.0.1:1", "ws://localhost:2"),
            ("https://proxy.example", "wss://demo-fstream.binance.com"),
            ("https://eapi.binance.com", "wss://proxy.example"),
        ],
    )
    def test_one_exchange_and_what_may_stand_for_any_are_no_mixture(
        self, rest: str, stream: str
    ) -> None:
        assert mixture(rest, stream) == ""


class TestScope:
    @pytest.mark.parametrize("host", sorted(rest_hosts((OPTIONS,))))
    def test_options_paths_of_known_hosts_are_ours_on_any_port_and_scheme(self, host: str) -> None:
        scope = Scope()

        assert scope.request(f"https://{host}/eapi/v1/listenKey")
        assert scope.request(f"http://{host}:8080/eapi/v1/time?x=1")
        assert scope.request(f"https://user@{host.upper()}.:443/eapi/")
        assert scope.host(host)
        assert scope.host(f"{host.upper()}.", 443)

    @pytest.mark.parametrize(
        "url",
        [
            "https://demo-fapi.binance.com/fapi/v1/time",
            "https://demo-fapi.binance.com/",
            "https://demo-fapi.binance.com",
            "https://demo-fapi.binance.com/eapiv1",
            "https://demo-fapi.binance.com/x/eapi/v1/time",
            "https://demo-fapi.binance.com?/eapi/",
            "https://example.com/eapi/v1/time",
            "https://eapi.binance.com.example.com/eapi/v1/time",
            "https://eapi.binance.com@example.com/eapi/v1/time",
            "https://example.com/?https://eapi.binance.com/eapi/v1/time",
            "wss://demo-fstream.binance.com/eapi/v1/time",
            "/eapi/v1/time",
            "http://[",
            "",
        ],
    )
    def test_other_paths_and_hosts_are_not(self, url: str) -> None:
        assert not Scope(products=(OPTIONS,)).request(url)

    def test_a_slash_too_many_does_not_lead_to_the_real_exchange(self) -> None:
        assert Scope().request("https://eapi.binance.com//eapi/v1/listenKey")

    def test_a_configured_host_is_ours_as_well(self) -> None:
        scope = Scope(rest=["https://mirror.example"])

        assert scope.request("https://mirror.example/eapi/v1/time")
        assert scope.request("http://MIRROR.example.:8080/eapi/v1/time")
        assert scope.host("mirror.example", 1)
        assert not scope.stream("wss://mirror.example/private/ws/x")
        assert not Scope().request("https://mirror.example/eapi/v1/time")

    @pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]"])
    def test_on_loopback_the_port_counts(self, host: str) -> None:
        scope = Scope(rest=[f"http://{host}:8080"], stream=[f"ws://{host}:8081"])

        assert scope.request(f"http://{host}:8080/eapi/v1/time")
        assert not scope.request(f"http://{host}:8081/eapi/v1/time")
        assert not scope.request(f"http://{host}/eapi/v1/time")
        assert scope.host(host, 8080)
        assert not scope.host(host, 8081)
        assert not scope.host(host)
        assert scope.stream(f"ws://{host}:8081/private/ws/x")
        assert not scope.stream(f"ws://{host}:8080/private/ws/x")

    def test_on_loopback_the_scheme_stands_for_its_port(self) -> None:
        scope = Scope(rest=["http://127.0.0.1"])

        assert scope.request("http://127.0.0.1:80/eapi/v1/time")
        assert not scope.request("https://127.0.0.1/eapi/v1/time")

    @pytest.mark.parametrize("host", sorted(stream_hosts()))
    def test_any_address_of_a_stream_host_is_ours(self, host: str) -> None:
        assert Scope().stream(f"wss://{host}/private/ws/x")
        assert Scope().stream(f"wss://{host.upper()}.:9443")
        assert not Scope().stream(f"wss://{host}.example.com/private/ws/x")

    def test_what_has_no_host_configures_none(self) -> None:
        assert not Scope(rest=["", "/eapi/"]).request("/eapi/v1/time")

    def test_each_product_has_its_own_paths_on_its_own_hosts(self) -> None:
        scope = Scope(["https://mirror.example"], products=(OPTIONS, USD_M))

        assert scope.request("https://fapi.binance.com/fapi/v1/listenKey")
        assert scope.request("https://demo-fapi.binance.com/fapi/v1/listenKey")
        assert scope.request("https://demo-fapi.binance.com/eapi/v1/listenKey")
        assert not scope.request("https://eapi.binance.com/fapi/v1/listenKey")
        assert not scope.request("https://fapi.binance.com/eapi/v1/listenKey")
        assert scope.request("https://mirror.example/eapi/v1/listenKey")
        assert scope.request("https://mirror.example/fapi/v1/listenKey")
        assert scope.host("fapi.binance.com")
        assert not Scope(products=(OPTIONS,)).host("fapi.binance.com")

    @given(any_text)
    @example("http://[")
    @example("https://eapi.binance.com:x/eapi/")
    def test_no_text_is_refused(self, text: str) -> None:
        scope = Scope(rest=[text], stream=[text])

        assert scope.request(text) in (True, False)
        assert scope.stream(text) in (True, False)
        assert scope.host(text, 1) in (True, False)
