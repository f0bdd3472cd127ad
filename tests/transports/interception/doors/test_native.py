"""Clients with sockets of their own, stood for by modules of their shape: the real ones are in
tests/environments."""

from __future__ import annotations

import types
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from pytest_binance_options._transports.interception.doors import native
from pytest_binance_options._transports.interception.doors.registry import open_door
from pytest_binance_options._transports.interception.patching import Patches
from pytest_binance_options.errors import NetworkRefusedError, UnwatchedClientWarning

from ...intercepting import intercepted

URL = "https://eapi.binance.com/eapi/v1/time"


class Client:
    """Of primp, rnet and pyqwest."""

    base_url = ""

    def get(self, url: str, **_: object) -> str:
        return f"asked {url}"

    def request(self, method: str, url: str) -> str:
        return f"asked {url}"


class Request:
    """Of pyreqwest, and of pyqwest's transports."""

    def __init__(self, url: str) -> None:
        self.url = url

    def send(self) -> str:
        return f"asked {self.url}"


class Transport:
    def execute(self, request: Request) -> str:
        return f"asked {request.url}"


def get(url: str) -> str:
    return f"asked {url}"


class Curl:
    def __init__(self) -> None:
        self.options: list[tuple[int, object]] = []

    def setopt(self, option: int, value: object) -> None:
        self.options.append((option, value))

    def setopt_string(self, option: int, value: str) -> None:
        self.setopt(option, value)


class Channel:
    def getaddrinfo(self, host: object, port: object) -> str:
        return f"asked {host!r}"

    def getnameinfo(self, address: tuple[str, int], flags: int) -> str:
        return f"asked {address}"


def module(name: str, **contents: object) -> types.ModuleType:
    made = types.ModuleType(name)
    vars(made).update(contents)
    return made


MODULES = {
    "primp": module("primp", Client=Client, get=get),
    "rnet": module("rnet", BlockingClient=Client),
    "pyqwest": module("pyqwest", HTTPTransport=Transport),
    "pyreqwest._pyreqwest": module(
        "pyreqwest._pyreqwest", request=module("request", SyncConsumedRequest=Request)
    ),
    "curl_cffi": module("curl_cffi", Curl=Curl, CurlOpt=types.SimpleNamespace(URL=10002)),
    "pycurl": module("pycurl", Curl=Curl, URL=10002),
    "pycares": module("pycares", Channel=Channel),
}


@pytest.fixture(autouse=True)
def doors() -> Iterator[None]:
    """Of those modules, open."""
    patches = Patches()
    for name, made in MODULES.items():
        open_door(patches, name, made)
    try:
        yield
    finally:
        patches.lift()


def with_a_base() -> object:
    client = Client()
    client.base_url = "https://eapi.binance.com"
    return client.get("/eapi/v1/time")


def with_pycurl(url: str) -> object:
    handle = MODULES["pycurl"].Curl()
    handle.setopt_string(10002, url)
    handle.setopt(10002, url)
    return f"asked {handle.options[-1][1]}"


def with_curl_cffi(url: str) -> object:
    handle = Curl()
    handle.setopt(10002, url.encode())
    return f"asked {handle.options[-1][1]!r}"


ASK: dict[str, Callable[[str], object]] = {
    "a method": lambda url: Client().get(url),
    "a method, by name": lambda url: Client().get(url=url),
    "a method with a verb": lambda url: Client().request("GET", url),
    "a function": lambda url: MODULES["primp"].get(url),
    "a request": lambda url: Request(url).send(),
    "a transport": lambda url: Transport().execute(Request(url)),
    "pycurl": with_pycurl,
    "curl_cffi": with_curl_cffi,
}
LOOK_UP: dict[str, Callable[[Any], object]] = {
    "a name": lambda name: Channel().getaddrinfo(name, 443),
    "a name, as bytes": lambda name: Channel().getaddrinfo(name.encode(), 443),
    "a name of a number": lambda _: Channel().getnameinfo(("198.51.100.7", 443), 0),
}


@pytest.mark.parametrize("ask", ASK)
def test_a_url_is_refused_where_it_is_given_and_passes_where_it_may(ask: str) -> None:
    with intercepted() as backend:
        with pytest.raises(NetworkRefusedError, match=r"to eapi\.binance\.com:443 was asked for"):
            ASK[ask](URL)
        assert "127.0.0.1" in str(ASK[ask]("http://127.0.0.1:1/x"))
    assert "eapi.binance.com" in str(ASK[ask](URL))
    assert backend.requests == []


def test_the_base_of_a_client_is_looked_at() -> None:
    with intercepted(), pytest.raises(NetworkRefusedError):
        with_a_base()


@pytest.mark.parametrize("look_up", LOOK_UP)
def test_a_look_up_is_refused(look_up: str) -> None:
    with intercepted(), pytest.raises(NetworkRefusedError):
        LOOK_UP[look_up]("eapi.binance.com")
    assert str(LOOK_UP[look_up]("eapi.binance.com")).startswith("asked ")


def test_other_options_of_a_handle_are_left_alone() -> None:
    with intercepted():
        for handle in (MODULES["pycurl"].Curl(), Curl()):
            handle.setopt(13, URL)
            assert handle.options == [(13, URL)]


def test_a_version_of_which_nothing_is_known_is_told_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(native, "_warned", set())
    with pytest.warns(UnwatchedClientWarning) as told:  # noqa: PT031
        for _ in range(2):
            open_door(Patches(), "rnet", module("rnet"))
    (once,) = told
    assert str(once.message) == (
        "rnet opens connections of its own, and this version of it is one that nobody has tried yet:"
        " what it asks for is neither answered nor refused. Give it the address of the fixture"
        " binance_options_server."
    )
