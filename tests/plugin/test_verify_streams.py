"""Mode verify, as a user meets it whose testnet says something else on a stream than it once did."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator

import pytest

from pytest_binance_options._backends.base import Connection
from pytest_binance_options._backends.simulate import Simulate
from pytest_binance_options._messages import Request, Response
from pytest_binance_options._transports.server.server import LoopbackServer
from pytest_binance_options.exchange import Exchange, events
from pytest_binance_options.exchange.events import Event

# Tests that use the same account wait for each other.
API_KEY = f"TestnetApiKeyTestnetApiKeyTestne{uuid.uuid4().hex}"
SECRET_KEY = "TestnetSecretTestnetSecretTestnetSecretTestnetSecretTestnetSecre"

BOT = """
    import os

    def test_bot(binance_options_stream):
        if os.environ["SAID"]:
            binance_options_stream.receive(timeout=5)
"""

Run = Callable[..., pytest.RunResult]


class Talkative(Simulate):
    """Says an event to everybody who has connected."""

    event: Event | None = None

    def connect(self, handshake: Request) -> Connection | Response:
        connection = super().connect(handshake)
        if self.event is not None:
            self.exchange.emit(self.event)
        return connection


@pytest.fixture
def run(
    pytester: pytest.Pytester, server: LoopbackServer, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Run]:
    """Run the bot's test in a mode, against a testnet that says an event, or nothing."""
    exchange = Exchange()
    exchange.open_account(api_key=API_KEY, secret_key=SECRET_KEY)
    talkative = Talkative(exchange)
    monkeypatch.setenv("BINANCE_API_KEY", API_KEY)
    monkeypatch.setenv("BINANCE_SECRET_KEY", SECRET_KEY)
    pytester.makepyfile(test_bot=BOT)
    with server.attach(talkative) as real:

        def run(mode: str, event: Event | None, *arguments: str) -> pytest.RunResult:
            talkative.event = event
            monkeypatch.setenv("SAID", "yes" if event else "")
            return pytester.runpytest(
                f"--binance-options={mode}",
                f"--binance-options-host={real.url}",
                f"--binance-options-stream-host={real.stream_url}",
                *arguments,
            )

        run("record", events.account_update()).assert_outcomes(passed=1)
        yield run


def test_it_passes_where_the_shape_is_the_same(run: Run) -> None:
    run("verify", events.account_update(wallet_balance="1")).assert_outcomes(passed=1)


def test_it_fails_where_a_field_is_gone(run: Run) -> None:
    result = run("verify", events.raw({"e": "ACCOUNT_UPDATE", "E": 1}))
    result.assert_outcomes(passed=1, errors=1)
    result.stdout.fnmatch_lines(
        [
            "*VerificationError: * does not answer as *test_bot.yaml has it:",
            "  - stream /private/ws, ACCOUNT_UPDATE: * is gone, recorded was *",
        ]
    )


def test_it_warns_where_nothing_was_heard_and_fails_where_warnings_do(run: Run) -> None:
    warning = "pytest_binance_options.errors.NotComparedWarning"
    result = run("verify", None, "-W", f"default::{warning}")
    result.assert_outcomes(passed=1, warnings=1)
    silent = "  - stream /private/ws, ACCOUNT_UPDATE (recorded, not heard now)"
    result.stdout.fnmatch_lines(["*NotComparedWarning: Nothing differs from *", f"*{silent}"])

    strict = run("verify", None, "-W", f"error::{warning}")
    strict.assert_outcomes(passed=1, errors=1)
    strict.stdout.fnmatch_lines(["NotComparedWarning: Nothing differs from *", silent])
