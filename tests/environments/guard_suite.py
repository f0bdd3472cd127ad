"""Clients of all kinds, where a sentinel stands for the exchange's addresses and for every name
server: it hears of none of them.

`make guard`, which needs the right to make a network of its own. Each client is answered, or told that
it may not go there; docs/any-client.md has the table.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from pytest_binance_options._hosts import Scope
from pytest_binance_options._transports.interception.interception import Interception
from pytest_binance_options.errors import NetworkRefusedError
from tests.transports.intercepting import Scripted

from .guard_clients import REST, STREAM
from .sentinel import VARIABLE

pytestmark = pytest.mark.filterwarnings("ignore")  # theirs

#: Clients whose requests are answered; all others are refused.
ANSWERED = {
    "httpx",
    "httpx2",
    "httpx2, async",
    "urllib3, HTTP/2",
    "aiohttp, aiodns",
    "aiohttp, uvloop",
    "httpx, uvloop",
}
#: Clients whose streams are led to the loopback server.
LED = {"aiohttp, uvloop", "websockets, uvloop"}
#: They have looked the name up elsewhere: the connection stands before the server is named, and
#: gets no further.
BY_NUMBER = {"uvloop, a number"}


class Sentinel:
    def __init__(self, log: Path) -> None:
        self._log = log
        self._before = len(log.read_text())

    def heard(self) -> list[str]:
        time.sleep(0.02)  # it runs beside us
        return self._log.read_text()[self._before :].splitlines()


@pytest.fixture
def sentinel() -> Sentinel:
    if VARIABLE not in os.environ:
        pytest.fail("run it with `make guard`: without the sentinel, this would be real traffic")
    return Sentinel(Path(os.environ[VARIABLE]))


def outcome(call: Callable[[str], object], url: str) -> BaseException | None:
    try:
        call(url)
    except BaseException as error:  # noqa: BLE001
        return error
    return None


def causes(error: BaseException | None) -> list[type[BaseException]]:
    found: list[type[BaseException]] = []
    while error is not None and len(found) < 10:
        found.append(type(error))
        error = error.__cause__ or error.__context__
    return found


def in_mode(mode: str) -> Interception:
    return Interception(
        Scripted(),
        Scope(),
        mode=mode,
        network=mode != "offline",
        complete=mode == "record",
        stream_redirect=lambda: "ws://127.0.0.1:9",
    )


MODES = ["offline", "testnet", "record"]


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("client", REST)
def test_a_request_to_production_is_answered_or_refused(
    client: str, mode: str, sentinel: Sentinel
) -> None:
    with in_mode(mode):
        error = outcome(REST[client], "https://eapi.binance.com/eapi/v1/time")
    if client in BY_NUMBER and mode != "offline":
        assert sentinel.heard() == ["tcp 443"]
    else:
        assert sentinel.heard() == []
    if client in ANSWERED:
        assert error is None
    else:
        assert NetworkRefusedError in causes(error), error


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("client", STREAM)
def test_so_is_a_stream(client: str, mode: str, sentinel: Sentinel) -> None:
    with in_mode(mode):
        error = outcome(STREAM[client], "wss://fstream.binance.com/private/ws/x")
    assert sentinel.heard() == []
    if client in LED:
        assert ConnectionRefusedError in causes(error), error  # of the loopback server
    else:
        assert NetworkRefusedError in causes(error), error


@pytest.mark.parametrize("client", REST.keys() - ANSWERED - BY_NUMBER)
def test_a_recording_misses_nothing(client: str, sentinel: Sentinel) -> None:
    with in_mode("record"):
        error = outcome(REST[client], "https://demo-fapi.binance.com/eapi/v1/time")
    assert sentinel.heard() == []
    assert NetworkRefusedError in causes(error), error


@pytest.mark.parametrize("client", REST)
def test_another_host_is_refused_offline(client: str, sentinel: Sentinel) -> None:
    with in_mode("offline"):
        error = outcome(REST[client], "https://prices.example/btc")
    assert sentinel.heard() == []
    assert NetworkRefusedError in causes(error), error


@pytest.mark.parametrize(
    "client", ["tornado", "curl_cffi", "pycurl", "primp", "rnet", "uvloop, a look-up"]
)
def test_the_sentinel_would_have_heard(client: str, sentinel: Sentinel) -> None:
    """With a network, of a host that is nobody's."""
    with in_mode("testnet"):
        outcome(REST[client], "https://prices.example/btc")
    assert sentinel.heard()


GREENLETS = """
import sys
if sys.argv[1:] == ["patched"]:
    from gevent import monkey
    monkey.patch_all()
import threading
import gevent, gevent.pool
from pytest_binance_options._hosts import Scope
from pytest_binance_options._transports.interception import ownership
from pytest_binance_options._transports.interception.interception import Interception
from pytest_binance_options.errors import TestOverError

def ask():
    gevent.sleep(0.1)
    try:
        told.append(ownership.claim("https://eapi.binance.com/eapi/v1/time"))
    except TestOverError:
        told.append("over")

told = []
first, second = (Interception(None, Scope(), mode="offline", network=False) for _ in range(2))
with first:
    pool = gevent.pool.Pool(2)
    started = [gevent.spawn(ask), gevent.spawn_later(0.1, ask), pool.spawn(ask), threading.Thread(target=ask)]
    started[-1].start()
with second:
    for each in started:
        each.join()
    assert told == ["over"] * 4, told
    gevent.spawn(ask).join()
    assert told[-1] is second, told
"""


@pytest.mark.parametrize("patched", [[], ["patched"]])
def test_greenlets_of_an_earlier_test_are_told_so(patched: list[str]) -> None:
    done = subprocess.run(
        [sys.executable, "-c", GREENLETS, *patched], check=False, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
