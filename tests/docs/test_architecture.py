"""The walks of docs/explanation/architecture.md are true: what they name is called, in that order."""

from __future__ import annotations

import asyncio
import json
import re
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timezone
from pathlib import Path
from types import FrameType

import aiohttp
import pytest
import requests
from websockets.sync.client import connect

import pytest_binance_options
from pytest_binance_options import BinanceAuth, Config, Credentials, Exchange, Handle, Mode, OneTime
from pytest_binance_options._plugin.choice import Test
from pytest_binance_options._plugin.marker import MarkerArguments
from pytest_binance_options._plugin.world import Runner, opened
from pytest_binance_options._transports.server.server import LoopbackServer
from pytest_binance_options.exchange import events

from .markdown import ROOT

PACKAGE = Path(pytest_binance_options.__file__).parent
PAGE = (ROOT / "docs" / "explanation" / "architecture.md").read_text(encoding="utf-8")
MODES = [mode for mode in Mode if mode.backend]
LISTEN_KEY = "https://eapi.binance.com/eapi/v1/listenKey"

Step = tuple[str, str]

_STEP = re.compile(r"^\| `(?P<file>[\w/]+\.py)` `(?P<function>\w+)` \|", re.M)


def walk(heading: str, mode: Mode | None = None) -> list[Step]:
    """The steps that the page has under ``heading``: what all modes share, then the mode's own."""
    section = PAGE.split(f"\n## {heading}\n")[1].split("\n## ")[0]
    shared, *own = re.split(r"\n(?:Then in|In) mode `(\w+)`:\n", section)
    text = shared + dict(zip(own[::2], own[1::2], strict=True)).get(mode, "")
    return [(found["file"], found["function"]) for found in _STEP.finditer(text)]


class Trace:
    """Every call of a function of the package, from any thread, in order."""

    def __init__(self) -> None:
        self.calls: list[Step] = []

    def __call__(self, frame: FrameType, event: str, argument: object) -> None:
        del argument
        if event == "call" and frame.f_code.co_filename.startswith(str(PACKAGE)):
            path = Path(frame.f_code.co_filename).relative_to(PACKAGE).as_posix()
            self.calls.append((path, frame.f_code.co_name))

    @contextmanager
    def running(self) -> Iterator[None]:
        before = sys.getprofile()
        threading.setprofile(self)
        sys.setprofile(self)
        try:
            yield
        finally:
            sys.setprofile(before)
            threading.setprofile(None)  # type: ignore[arg-type]  None takes it out again

    def missing(self, steps: list[Step]) -> list[Step]:
        """The steps, from the first that was not taken after those before it."""
        calls = iter(self.calls)
        for number, step in enumerate(steps):
            if step not in calls:
                return steps[number:]
        return []


@pytest.fixture(scope="module")
def real() -> Iterator[dict[str, str]]:
    """A real exchange, as far as this machine has one: in a process of its own."""
    command = [sys.executable, "-m", "pytest_binance_options", "serve"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as process:
        assert process.stdout is not None
        yield json.loads(process.stdout.readline())
        process.terminate()


def ask() -> str:
    return str(
        requests.post(LISTEN_KEY, headers={"X-MBX-APIKEY": KEYS[-1]}, timeout=5).json()["listenKey"]
    )


KEYS: list[str] = []


def lived(mode: Mode, real: dict[str, str], root: Path, live: Callable[[Handle], None]) -> Trace:
    """What is called while ``live`` goes on in a test in ``mode``."""
    config = Config(
        mode=mode,
        host=real["url"],
        stream_host=real["stream_url"],
        exchange_start=datetime(2026, 1, 1, tzinfo=timezone.utc),
        credentials=Credentials(real["api_key"], real["secret_key"]),
    ).checked()
    test = Test("test_bot.py::test_it", "test_bot", "test_it", MarkerArguments(), False, root)
    trace = Trace()
    servers: list[LoopbackServer] = []

    def server() -> LoopbackServer:
        servers.append(LoopbackServer())
        servers[0].start()
        return servers[0]

    try:
        with (
            trace.running(),
            opened(config, test, Runner(lambda: True, server)) as handle,
        ):
            KEYS.append(handle.auth.api_key)
            live(handle)
    finally:
        for running in servers:
            running.stop()
    return trace


@pytest.mark.parametrize("mode", MODES)
def test_the_walk_of_a_request_is_true(mode: Mode, real: dict[str, str], tmp_path: Path) -> None:
    def live(handle: Handle) -> None:
        del handle
        ask()

    if mode.has_cassette and mode is not Mode.RECORD:
        lived(Mode.RECORD, real, tmp_path, live)
    trace = lived(mode, real, tmp_path, live)

    assert trace.missing(walk("The walk of a request", mode)) == []


@pytest.mark.parametrize("mode", MODES)
def test_the_walk_of_a_frame_is_true(mode: Mode, real: dict[str, str], tmp_path: Path) -> None:
    def live(handle: Handle) -> None:
        key = ask()
        with connect(f"wss://fstream.binance.com/private/ws/{key}") as client:
            if handle.exchange is not None:
                handle.exchange.emit(events.account_update())
            elif handle.mode.leaves_machine:
                requests.post(
                    f"{real['control_url']}/events", json={"e": "ACCOUNT_UPDATE"}, timeout=5
                )
            assert json.loads(client.recv(timeout=5))["e"] == "ACCOUNT_UPDATE"

    if mode.has_cassette and mode is not Mode.RECORD:
        lived(Mode.RECORD, real, tmp_path, live)
    trace = lived(mode, real, tmp_path, live)

    assert trace.missing(walk("The walk of a frame", mode)) == []


def test_the_walk_of_a_sleep_is_true(
    binance_options_time: OneTime,
    binance_options_auth: BinanceAuth,
    binance_options_exchange: Exchange,
) -> None:
    def send() -> None:
        binance_options_exchange.emit(events.account_update())

    async def live() -> None:
        headers = {"X-MBX-APIKEY": binance_options_auth.api_key}
        async with aiohttp.ClientSession(headers=headers) as session:
            async with session.post(LISTEN_KEY) as response:
                key = (await response.json())["listenKey"]
            address = f"wss://fstream.binance.com/private/ws/{key}"
            async with session.ws_connect(address) as stream:
                threading.Timer(60, send).start()
                assert (await stream.receive_json())["e"] == "ACCOUNT_UPDATE"

    trace = Trace()
    with trace.running():
        asyncio.run(live())

    assert trace.missing(walk("The walk of a sleep")) == []
    assert len(walk("The walk of a sleep")) > 15


def test_every_mode_and_every_step_is_found_on_the_page() -> None:
    assert [len(walk("The walk of a request", mode)) > 9 for mode in MODES] == [True] * len(MODES)
    assert [len(walk("The walk of a frame", mode)) > 7 for mode in MODES] == [True] * len(MODES)
