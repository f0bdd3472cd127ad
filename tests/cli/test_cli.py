"""What the command line says of itself."""

from __future__ import annotations

import pytest

import pytest_binance_options
from pytest_binance_options._cli import main


def test_it_says_its_version(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--version"])

    assert ended.value.code == 0
    assert capsys.readouterr().out == (
        f"pytest-binance-options {pytest_binance_options.__version__}\n"
    )


def test_its_help_names_the_version_and_each_command(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--help"])

    said = capsys.readouterr().out
    assert all(
        word in said for word in ("--version", "serve", "explore", "cassettes", "assumptions")
    )
