"""A bot's failure is told by the bot's own lines."""

from __future__ import annotations

import sys
from typing import Any

import pytest

from pytest_binance_options._days.trace import trace_of

LIBRARY = """
def ask(key):
    try:
        raise OSError("below")
    except OSError:
        raise ValueError("no answer for " + key)
"""
BOT = """
def run(ask, key):
    ask(key)
"""


def loaded(source: str, filename: str) -> dict[str, Any]:
    names: dict[str, Any] = {}
    exec(compile(source, filename, "exec"), names)  # noqa: S102  our own
    return names


def failed(key: str) -> ValueError:
    ask = loaded(LIBRARY, "/venv/site-packages/library.py")["ask"]
    with pytest.raises(ValueError, match="no answer") as caught:
        loaded(BOT, "/home/me/bot.py")["run"](ask, key)
    return caught.value


def test_libraries_and_what_led_to_it_in_them_are_left_out() -> None:
    told = trace_of(failed("it"))

    assert [line.strip() for line in told.splitlines() if "File" in line][-1] == (
        'File "/home/me/bot.py", line 3, in run'
    )
    assert "library.py" not in told
    assert "below" not in told
    assert told.endswith("ValueError: no answer for it")


def test_where_nothing_is_the_bot_s_all_is_told() -> None:
    error = failed("it")
    assert error.__traceback__ is not None
    last = error.__traceback__
    while last.tb_next is not None:
        last = last.tb_next

    assert "library.py" in trace_of(error.with_traceback(last))


def test_it_has_no_secret() -> None:
    key = "pqia91ma19a5s61cv6a81va65sdf19v8a65a1a5s61cv6a81va65sdf19v8a65a1"

    assert key not in trace_of(failed(f"listenKey={key}"))


@pytest.mark.skipif(sys.version_info < (3, 11), reason="groups came with Python 3.11")
def test_of_a_group_each_is_cut() -> None:
    group = sys.modules["builtins"].ExceptionGroup("two", [failed("one"), failed("other")])

    told = trace_of(group)

    assert "no answer for one" in told
    assert "no answer for other" in told
    assert "library.py" not in told
