"""Programs that are sent to the exchange on their command line."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from pytest_binance_options._hosts import Scope
from pytest_binance_options._transports.interception.interception import Interception
from pytest_binance_options.errors import NetworkRefusedError

from ..intercepting import URL, Scripted, intercepted

# A program that does nothing with what it is given.
NOTHING = [sys.executable, "-c", "pass"]


def run(*arguments: str) -> object:
    return subprocess.run([*NOTHING, *arguments], check=True)


def spawned(*arguments: str) -> object:
    pid = os.posix_spawn(NOTHING[0], [*NOTHING, *arguments], os.environ)
    return os.waitpid(pid, 0)


async def in_asyncio(*arguments: str) -> object:
    process = await asyncio.create_subprocess_exec(*NOTHING, *arguments)
    return await process.wait()


WAYS: dict[str, Callable[[str], object]] = {
    "an argument": run,
    "an option": lambda url: run(f"--url={url}"),
    "another option": lambda url: run("-X", "POST", f"-u{url}"),
    "without a scheme": lambda url: run(url.removeprefix("https://")),
    "bytes": lambda url: subprocess.run([*map(str.encode, NOTHING), url.encode()], check=True),
    "a shell": lambda url: subprocess.run(f"true '{url}'", shell=True, check=True),  # noqa: S602
    "os.system": lambda url: os.system(f"true {url}"),  # noqa: S605
    "posix_spawn": spawned,
    "asyncio": lambda url: asyncio.run(in_asyncio(url)),
}


@pytest.mark.parametrize("way", WAYS)
def test_the_exchange_s_address_is_refused(way: str) -> None:
    with intercepted(), pytest.raises(NetworkRefusedError) as caught:
        WAYS[way](URL)
    assert str(caught.value).startswith("a connection to eapi.binance.com")
    assert str(caught.value).endswith(
        " give any other client the address of the fixture binance_options_server."
    )
    with intercepted():
        WAYS[way]("https://prices.example/btc")
    WAYS[way](URL)


@pytest.mark.parametrize("spelt", ["https://EAPI.binance.com.:443", "wss://fstream.binance.com/ws"])
def test_however_it_is_spelt(spelt: str) -> None:
    with intercepted(), pytest.raises(NetworkRefusedError):
        run(spelt)


def test_with_a_network_only_production_is() -> None:
    with Interception(Scripted(), Scope(), mode="testnet", network=True):
        run("https://demo-fapi.binance.com")
        with pytest.raises(NetworkRefusedError, match="which is production"):
            run(URL)


@pytest.mark.parametrize(
    "arguments",
    [
        ["a word: eapi.binance.com"],
        [f"print({URL!r}) # a program's source"],
        ["eapi.binance.com"],
        ["docs/eapi.binance.com/x"],
        ["you@eapi.binance.com"],
        ["http://127.0.0.1:80/eapi.binance.com/"],
        [f"{Path(__file__).parent}/https"],
    ],
)
def test_what_is_no_address_of_the_exchange_s_passes(arguments: list[str]) -> None:
    with intercepted():
        run(*arguments)
