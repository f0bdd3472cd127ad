"""A test that waits for the account says so, past capture, and who has it."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from pytest_binance_options import _locking
from pytest_binance_options._locking import Holder, account_lock
from pytest_binance_options._plugin import waiting
from tests.support.testnet import API_KEY, Testnet

KEY = "vmPUZE6mv9SD5VNHk4HlWFsOr6aKE2zvsw0MuIgwCIPy6utIco14y7Ju91duEh8A"
OTHER = "tests/test_bot.py::test_flow"


@pytest.fixture
def in_use(account: Testnet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Testnet:
    """The account is in use by another run when a test first asks for it, and then it isn't."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(_locking, "_SOON", 0)
    lock = _locking._lock_path("account", API_KEY)
    descriptor = os.open(lock, os.O_RDWR | os.O_CREAT)
    Holder(4711, time.time() - 42, "their run", OTHER).write(descriptor)
    os.close(descriptor)
    real, tries = _locking._try_lock, []

    def try_lock(descriptor: int) -> None:
        tries.append(descriptor)
        if len(tries) == 1:
            raise BlockingIOError
        real(descriptor)

    monkeypatch.setattr(_locking, "_try_lock", try_lock)
    return account


@pytest.mark.parametrize("arguments", [[], ["-v"], ["-s"]], ids=str)
def test_it_is_told_on_the_terminal(
    pytester: pytest.Pytester, in_use: Testnet, arguments: list[str]
) -> None:
    pytester.makepyfile(
        test_bot="""
        def test_it(capsys, binance_options):
            assert capsys.readouterr() == ("", "")
        """
    )

    result = pytester.runpytest(
        "--binance-options=testnet", f"--binance-options-host={in_use.url}", *arguments
    )

    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(
        [
            (
                "binance_options: test_bot.py::test_it has waited for 0 s for the account: process"
                f" 4711 ({OTHER}, for 4? s) has it. A test waits up to 10 min."
            )
        ]
    )


def test_it_gets_past_the_capture_of_a_real_run(
    pytester: pytest.Pytester, account: Testnet
) -> None:
    pytester.makeconftest("""
        from pytest_binance_options import _locking

        _locking._SOON = 0
        # where nothing is told, the run has to end all the same
        _locking.account_lock.__wrapped__.__kwdefaults__["timeout"] = 20
        """)
    pytester.makepyfile(test_bot="def test_it(binance_options): pass")
    command = [sys.executable, "-m", "pytest", "--binance-options=testnet"]
    command.append(f"--binance-options-host={account.url}")

    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as run:
        assert run.stdout is not None
        with account_lock(API_KEY, holder=("their run", OTHER)):
            lines = iter(run.stdout.readline, "")
            told = next((line for line in lines if "has waited" in line), "")
        run.communicate()

    assert run.returncode == pytest.ExitCode.OK
    assert f" for the account: process {os.getpid()} ({OTHER}, for " in told


def test_without_a_terminal_nobody_is_told(pytester: pytest.Pytester, in_use: Testnet) -> None:
    pytester.makepyfile("def test_it(binance_options): pass")

    result = pytester.runpytest(
        "-p", "no:terminal", "--binance-options=testnet", f"--binance-options-host={in_use.url}"
    )

    assert result.ret == pytest.ExitCode.OK
    assert "has waited" not in result.stdout.str() + result.stderr.str()


def worker(nodeid: str = "test_bot.py::test_it") -> pytest.Item:
    """A test in a worker of pytest-xdist."""
    plugins = SimpleNamespace(getplugin=lambda _name: None)
    config = SimpleNamespace(workerinput={}, pluginmanager=plugins)
    return cast("pytest.Item", SimpleNamespace(nodeid=nodeid, config=config))


def test_a_worker_tells_it_where_the_user_sees_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PYTEST_XDIST_TESTRUNUID", "our run")
    tell = waiting.teller(worker())

    tell(Holder(4711, time.time(), "our run", OTHER), 2)  # they take turns, as the header says
    assert capsys.readouterr() == ("", "")

    tell(None, 62.4)
    assert capsys.readouterr() == (
        "",
        (
            "\nbinance_options: test_bot.py::test_it has waited for 62 s for the account: another"
            " process has it. A test waits up to 10 min.\n"
        ),
    )


def test_the_name_that_others_are_told_has_no_key_in_it() -> None:
    _run, name = waiting.name_of(worker(f"test_bot.py::test_it[{KEY}]"))

    assert name == "test_bot.py::test_it[<hidden>]"


def test_the_workers_of_xdist_are_said_to_take_turns(
    pytester: pytest.Pytester, account: Testnet
) -> None:
    result = pytester.runpytest(
        *("-p", "xdist", "-n", "1", "--binance-options=testnet"),
        f"--binance-options-host={account.url}",
    )

    result.stdout.fnmatch_lines(
        ["binance_options: mode testnet, at *, one test at a time (there is one account)"]
    )
