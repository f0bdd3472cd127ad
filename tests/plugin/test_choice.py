from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from pytest_binance_options._plugin.choice import (
    Choice,
    ExchangeUnavailable,
    Test,
    choose,
    record_command,
)
from pytest_binance_options._plugin.marker import MarkerArguments
from pytest_binance_options.errors import UsageError
from pytest_binance_options.settings import Config, Mode


@pytest.fixture
def test(tmp_path: Path) -> Test:
    return Test(
        "tests/test_bot.py::test_it",
        "tests/test_bot",
        "test_it",
        MarkerArguments(),
        wants_exchange=False,
        root=tmp_path,
    )


def recorded(test: Test) -> Path:
    path = test.root / "cassettes" / "tests" / "test_bot" / "test_it.yaml"
    path.parent.mkdir(parents=True)
    path.touch()
    return path


def test_offline_means_the_cassette_where_there_is_one_and_the_exchange_where_there_is_none(
    test: Test,
) -> None:
    assert choose(Config(), test).answering is Mode.SIMULATE
    path = recorded(test)
    assert choose(Config(), test) == Choice(Mode.OFFLINE, Mode.REPLAY, path)


def test_a_cassette_that_was_not_fetched_is_one(test: Test) -> None:
    path = recorded(test)
    path.unlink()
    path.symlink_to("nowhere.yaml")
    assert choose(Config(), test).answering is Mode.REPLAY


@pytest.mark.parametrize(
    "mode", [Mode.REPLAY, Mode.SIMULATE, Mode.TESTNET, Mode.RECORD, Mode.VERIFY]
)
def test_every_other_mode_answers_itself(test: Test, mode: Mode) -> None:
    recorded(test)
    assert choose(Config(mode=mode), test).answering is mode


@pytest.mark.parametrize("mode", list(Mode))
def test_a_markers_mode_comes_before_the_runs(test: Test, mode: Mode) -> None:
    marked = dataclasses.replace(test, arguments=MarkerArguments(mode=Mode.SIMULATE))
    assert choose(Config(mode=mode), marked).mode is Mode.SIMULATE


@pytest.mark.parametrize("mode", [Mode.OFFLINE, Mode.REPLAY, Mode.SIMULATE])
def test_a_test_that_asks_for_the_exchange_gets_it_in_every_mode_without_network(
    test: Test, mode: Mode
) -> None:
    recorded(test)
    asks = dataclasses.replace(test, wants_exchange=True)
    assert choose(Config(mode=mode), asks).answering is Mode.SIMULATE


@pytest.mark.parametrize("mode", [Mode.TESTNET, Mode.RECORD, Mode.VERIFY])
def test_a_network_mode_has_no_exchange_to_give(test: Test, mode: Mode) -> None:
    with pytest.raises(
        ExchangeUnavailable, match=f"^needs the simulated exchange; mode {mode} asks the testnet$"
    ):
        choose(Config(mode=mode), dataclasses.replace(test, wants_exchange=True))


def test_a_marker_that_says_replay_does_not_go_with_the_exchange(test: Test) -> None:
    both = dataclasses.replace(
        test, wants_exchange=True, arguments=MarkerArguments(mode=Mode.REPLAY)
    )
    with pytest.raises(UsageError) as refused:
        choose(Config(), both)
    assert (
        str(refused.value)
        == "tests/test_bot.py::test_it: its marker says mode='replay', and it uses the simulated"
        " exchange. A recording can't be steered: drop the marker's mode, or the fixture."
    )


def test_a_markers_cassette_is_the_cassette(test: Test) -> None:
    named = dataclasses.replace(test, arguments=MarkerArguments(cassette="flow"))
    assert (
        choose(Config(cassette_dir="recordings"), named).cassette
        == test.root / "recordings" / "flow.yaml"
    )


def test_the_command_that_records_a_test_survives_a_shell(test: Test) -> None:
    odd = dataclasses.replace(test, nodeid="tests/test_bot.py::test_it[a b]")
    assert (
        record_command(odd) == "pytest 'tests/test_bot.py::test_it[a b]' --binance-options=record"
    )
