from __future__ import annotations

import ast
import importlib
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from pathlib import Path

import pytest

from .commands import Console
from .markdown import Block, Page, pages
from .session import Session
from .stand_in import StandIn, standing_in

OpenSession = Callable[[Page], Session]


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A page is a story: in a random order of all tests its blocks keep theirs."""
    places = [n for n, item in enumerate(items) if _block_of(item) is not None]
    in_order = sorted((items[n] for n in places), key=lambda item: _block_of(item) or ("", 0))
    for place, item in zip(places, in_order, strict=True):
        items[place] = item


def _block_of(item: pytest.Item) -> tuple[str, int] | None:
    block = getattr(getattr(item, "callspec", None), "params", {}).get("block")
    return (block.page, block.line) if isinstance(block, Block) else None


def imported_by(block: Block) -> Iterator[str]:
    """The modules that the block imports."""
    if block.kind in ("python", "test"):
        for node in ast.walk(ast.parse(block.text)):
            if isinstance(node, ast.Import):
                yield from (alias.name for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                yield node.module


@pytest.fixture(scope="session")
def imported() -> None:
    """What the inner runs import is imported here: cryptography, for one, can't be imported twice
    in a process."""
    names = {
        f"pytest_binance_options.{name}"
        for name in (
            "_backends.record",
            "_backends.verify",
            "_world.handle",
            "_plugin.world",
            "_transports.interception.interception",
            "_transports.server.tls",
            "_transports.server.user_data_stream",
            "exchange.scenarios",
        )
    }
    for name in names:
        importlib.import_module(name)
    names |= {
        name
        for page in pages()
        for block in page.blocks
        if not block.not_run
        for name in imported_by(block)
    }
    for name in sorted(names - set(sys.modules)):
        # What is missing is a module that the page itself has, or its test will say so.
        with suppress(ModuleNotFoundError):
            importlib.import_module(name)
    from pytest_binance_options.client.auth import generated_auth

    generated_auth("ed25519", "k" * 64, "s" * 64)


@pytest.fixture(scope="session")
def open_session(tmp_path_factory: pytest.TempPathFactory, imported: None) -> Iterator[OpenSession]:
    """Opens a page in a fresh directory, once: a page's blocks are run by a test each."""
    known: dict[str, Session] = {}
    with ExitStack() as until_the_end:
        started: list[StandIn] = []

        def the_testnet() -> StandIn:
            if not started:
                started.append(until_the_end.enter_context(standing_in()))
            return started[0]

        key_file = tmp_path_factory.mktemp("keys") / "ed25519.pem"
        key_file.write_text(_private_key())

        def opened(page: Page) -> Session:
            if page.name not in known:
                directory = tmp_path_factory.mktemp(re.sub(r"\W", "-", Path(page.name).stem))
                console = Console(the_testnet)
                until_the_end.callback(console.close)
                known[page.name] = Session(page, directory, console, key_file)
            return known[page.name]

        yield opened


def _private_key() -> str:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    return (
        Ed25519PrivateKey.generate()
        .private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        .decode()
    )


@pytest.fixture
def alone(
    open_session: OpenSession, pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An inner run has our plugin, and those that the documentation speaks of; and nobody's
    account."""
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    monkeypatch.setenv(
        "PYTEST_PLUGINS",
        "pytest_binance_options.plugin,pytest_asyncio.plugin,anyio.pytest_plugin,pytest_recording.plugin",
    )
    monkeypatch.setenv("PYTEST_ADDOPTS", "-o asyncio_default_fixture_loop_scope=function")
    for name in (
        "API_KEY",
        "SECRET_KEY",
        "PRIVATE_KEY_PATH",
        "PRIVATE_KEY_PASSPHRASE",
        "OPTIONS_MODE",
    ):
        monkeypatch.delenv(f"BINANCE_{name}", raising=False)
