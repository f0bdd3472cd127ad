"""With a network, production's hosts and what a recording would miss stay out of reach of clients
that are not intercepted.

Nothing here asks a name server: what is let through is only checked.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
import threading
from collections.abc import Callable, Iterator

import httpcore
import pytest
import requests

from pytest_binance_options._hosts import Scope
from pytest_binance_options._messages import Response
from pytest_binance_options._products import OPTIONS
from pytest_binance_options._transports.interception.belonging import forwarding
from pytest_binance_options._transports.interception.guard import (
    check_connection,
    check_lookup,
    check_server,
)
from pytest_binance_options._transports.interception.interception import Interception
from pytest_binance_options._transports.interception.passing import passing
from pytest_binance_options._urls import authority
from pytest_binance_options.errors import NetworkRefusedError

from ...test_hosts import SPELLINGS
from ..intercepting import Scripted

OTHER_CLIENTS = (
    "Requests for Binance Options are answered without a connection when they are made with"
    " http.client, urllib3, requests, niquests, httpx or aiohttp, and so are streams that are"
    " opened with aiohttp, websockets or websocket-client; give any other client the address of the"
    " fixture binance_options_server."
)
HOSTS = {
    production: sorted(
        authority(base)[1]
        for e in OPTIONS.environments
        for base in (e.rest, e.stream)
        if base and e.production is production
    )
    for production in (True, False)
}


def in_mode(mode: str, *, production: bool = False) -> Interception:
    return Interception(
        Scripted(),
        Scope(["https://mirror.example"], ["wss://streams.example"]),
        mode=mode,
        network=True,
        production=production,
        complete=mode != "testnet",
    )


@pytest.fixture(params=["testnet", "record", "verify"])
def network(request: pytest.FixtureRequest) -> Iterator[Interception]:
    with in_mode(request.param) as interception:
        yield interception


def with_httpcore() -> object:
    with httpcore.HTTPConnection(httpcore.Origin(b"https", b"eapi.binance.com", 443)) as connection:
        return connection.request("POST", "https://eapi.binance.com/eapi/v1/listenKey")


def with_a_stream_of_asyncio() -> object:
    return asyncio.run(asyncio.wait_for(asyncio.open_connection("eapi.binance.com", 443), 5))


def in_a_thread() -> object:
    errors: list[Exception] = []

    def work() -> None:
        try:
            socket.create_connection(("eapi.binance.com", 443), 1)
        except Exception as error:  # noqa: BLE001
            errors.append(error)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    raise errors[0]


def at_another_path() -> object:
    return requests.get("https://eapi.binance.com/time", timeout=5)


CLIENTS: list[Callable[[], object]] = [
    with_httpcore,
    with_a_stream_of_asyncio,
    in_a_thread,
    at_another_path,
    lambda: socket.create_connection(("fstream.binance.com", 443), 1),
    lambda: socket.socket().connect(("eapi.binance.com", 443)),
    lambda: socket.gethostbyname("nbstream.binance.com"),
]


@pytest.mark.usefixtures("network")
@pytest.mark.parametrize("client", CLIENTS)
def test_no_client_reaches_production(client: Callable[[], object]) -> None:
    with pytest.raises(NetworkRefusedError, match="which is production"):
        client()


@pytest.mark.usefixtures("network")
@pytest.mark.parametrize("host", [*HOSTS[True], *SPELLINGS])
def test_nor_by_any_of_its_names_in_any_spelling(host: str) -> None:
    for check in (
        lambda: check_lookup(host, 443),
        lambda: check_connection(socket.AF_INET, (host, 443)),
        lambda: check_server(host),
        lambda: check_server(host.encode()),
    ):
        with pytest.raises(NetworkRefusedError, match="which is production"):
            check()


@pytest.mark.usefixtures("network")
def test_nor_through_a_proxy_that_looks_the_name_up() -> None:
    context = ssl.create_default_context()
    with pytest.raises(NetworkRefusedError, match="which is production"):
        context.wrap_bio(ssl.MemoryBIO(), ssl.MemoryBIO(), server_hostname="eapi.binance.com")
    with socket.socket() as plain, pytest.raises(NetworkRefusedError, match="which is production"):
        context.wrap_socket(plain, server_hostname="eapi.binance.com")
    with socket.socket() as plain:
        context.wrap_socket(plain, server_hostname="prices.example").close()


@pytest.mark.usefixtures("network")
def test_nor_by_a_redirect_of_the_exchange_that_is_asked() -> None:
    with forwarding(), pytest.raises(NetworkRefusedError, match="which is production"):
        check_lookup("eapi.binance.com", 443)


def test_a_redirect_to_production_that_the_client_follows_goes_where_the_mode_says() -> None:
    there = {"Location": "https://EAPI.binance.com:443/eapi/v1/time"}
    with in_mode("record") as interception:
        answers = iter([Response(302, list(there.items()), b""), Response(200, [], b"here")])
        backend = interception.backend = Scripted(lambda _: next(answers))
        assert requests.get("https://demo-fapi.binance.com/eapi/v1/time", timeout=5).text == "here"
    assert len(backend.requests) == 2


@pytest.mark.parametrize("mode", ["testnet", "record", "verify"])
def test_production_that_is_allowed_is_reached(mode: str) -> None:
    with in_mode(mode, production=True):
        with passing("https://eapi.binance.com/time"):
            check_lookup("eapi.binance.com", 443)
        with forwarding():
            check_lookup("eapi.binance.com", 443)
            check_server("eapi.binance.com")


@pytest.mark.parametrize("host", [*HOSTS[False], "mirror.example", "streams.example"])
def test_a_recording_misses_nothing_that_a_client_says_by_itself(host: str) -> None:
    for mode in ("record", "verify"):
        with in_mode(mode), pytest.raises(NetworkRefusedError, match="nobody watches"):
            check_lookup(host, 443)
    with in_mode("testnet"):
        check_lookup(host, 443)


@pytest.mark.usefixtures("network")
def test_who_is_not_the_exchange_is_reached() -> None:
    check_lookup("prices.example", 443)
    check_lookup("api.binance.com", 443)
    check_connection(socket.AF_INET, ("203.0.113.1", 443))
    with passing("https://demo-fapi.binance.com/fapi/v1/time"):
        check_lookup("demo-fapi.binance.com", 443)


def test_the_refusals_say_what_to_do() -> None:
    with in_mode("record"):
        with pytest.raises(NetworkRefusedError) as production:
            check_lookup("eapi.binance.com", 443)
        with passing("https://eapi.binance.com/time"), pytest.raises(NetworkRefusedError) as path:
            check_lookup("eapi.binance.com", 443)
        with pytest.raises(NetworkRefusedError) as unseen:
            check_lookup("demo-fapi.binance.com", 443)
    refused = (
        "a connection to eapi.binance.com:443 was asked for, which is production, and mode record"
        " is not allowed that."
    )
    allow = "If it has to be production: --binance-options-allow-production."
    assert str(production.value) == f"{refused} {OTHER_CLIENTS} {allow}"
    assert str(path.value) == (
        f"{refused} The request is for /time, which is not Options: only paths that begin with"
        f" /eapi/ are answered here. {allow}"
    )
    assert str(unseen.value) == (
        "a connection to demo-fapi.binance.com:443 was asked for by a client that nobody watches:"
        f" what is said there would be missed in mode record. {OTHER_CLIENTS}"
    )
