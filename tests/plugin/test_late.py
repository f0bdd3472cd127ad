"""Who asks on when its test is over is named, in a warning of the next test."""

from __future__ import annotations

import pytest

LEFT_BEHIND = """
    import threading

    import pytest, requests

    URL = "https://eapi.binance.com/eapi/v1/listenKey"
    go_on, gave_up = threading.Event(), threading.Event()

    def keep_alive():
        go_on.wait(30)
        for method in ("PUT", "PUT", "DELETE"):
            try:
                requests.request(method, URL)
            except Exception:  # as a bot's loop does
                pass
        gave_up.set()

    def test_leaves_a_thread(binance_options):
        threading.Thread(target=keep_alive, name="keepalive", daemon=True).start()

    def test_next(binance_options):
        go_on.set()
        assert gave_up.wait(30)
        assert binance_options.requests == []

    def test_after_that(binance_options):
        pass
"""

TOLD = [
    (
        "test_bot.py::test_leaves_a_thread is over, and what it has left behind asked on during"
        " test_bot.py::test_next:"
    ),
    "  - https://eapi.binance.com/eapi/v1/listenKey, by thread 'keepalive', 3 times",
    ("Nobody answered. Stop the thread, or cancel and await the task, before its test ends."),
]


def test_it_is_a_warning_of_the_test_that_runs_then(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(test_bot=LEFT_BEHIND)

    result = pytester.runpytest("-Wdefault")

    result.assert_outcomes(passed=3, warnings=1)
    first, *more = TOLD
    result.stdout.fnmatch_lines(
        [
            "test_bot.py::test_next",
            f"*LateRequestWarning: {first}",
            *(f"*{line}" for line in more),
        ],
        consecutive=True,
    )


def test_where_warnings_are_errors_it_fails_that_test(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(test_bot=LEFT_BEHIND)

    result = pytester.runpytest("-Werror")

    result.assert_outcomes(passed=3, errors=1)
    first, *more = TOLD
    result.stdout.fnmatch_lines([f"LateRequestWarning: {first}", *more], consecutive=True)


def test_a_test_whose_unanswered_requests_are_ignored_is_not_told_of(
    pytester: pytest.Pytester,
) -> None:
    pytester.makepyfile(
        test_bot=LEFT_BEHIND.replace(
            "    def test_leaves_a_thread",
            "    @pytest.mark.binance_options(unanswered='ignore')\n    def test_leaves_a_thread",
        )
    )

    pytester.runpytest("-Werror").assert_outcomes(passed=3)


def test_very_many_are_not_all_listed(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        test_bot=LEFT_BEHIND.replace('("PUT", "PUT", "DELETE")', "range(20)").replace(
            "requests.request(method, URL)", 'requests.get(f"{URL}?n={method}")'
        )
    )

    result = pytester.runpytest("-Wdefault")

    result.assert_outcomes(passed=3, warnings=1)
    result.stdout.fnmatch_lines(
        ["*n=11, by thread 'keepalive'", "*- and 8 more", "*Nobody answered. *"], consecutive=True
    )


SWALLOWED = """
    import contextlib, threading
    import pytest
    import requests

    def ask(times=1):
        for _ in range(times):
            with contextlib.suppress(Exception):  # as a bot's loop does
                requests.get("https://eapi.binance.com/eapi/v1/ping")

    @pytest.fixture(scope="module")
    def bot():
        ask()
        yield
        ask(2)

    @pytest.fixture(scope="module")
    def loud():
        yield
        requests.get("https://eapi.binance.com/eapi/v1/ping")

    go_on = threading.Event()

    def left_behind():
        go_on.wait(30)
        ask()

    def test_one(bot, binance_options):
        global thread
        thread = threading.Thread(target=left_behind, name="keepalive")
        thread.start()

    def test_of_another_kind():
        go_on.set()
        thread.join(30)
"""

HEAD = (
    "until the end of test_bot.py::{} the exchange was asked for where no test of ours runs, and"
    " who asked has swallowed the refusal:"
)
ADVICE = (
    "Have the fixture use binance_options_session, and stop what a test has started before it ends;"
    " or, for tests that ask the exchange by themselves, set binance_options_block_network = none."
)
SWALLOWED_TOLD = {
    "test_one": ["by thread 'MainThread' at test_bot.py:8 in ask"],
    "test_of_another_kind": [
        "by thread 'keepalive' at test_bot.py:8 in ask",
        "by thread 'MainThread' at test_bot.py:8 in ask, 2 times",
    ],
}


def test_a_refusal_between_tests_that_was_swallowed_is_a_warning(
    pytester: pytest.Pytester,
) -> None:
    pytester.makepyfile(test_bot=SWALLOWED)

    result = pytester.runpytest("-Wdefault", "-p", "no:randomly")

    result.assert_outcomes(passed=2, warnings=2)
    for test, told in SWALLOWED_TOLD.items():
        result.stdout.fnmatch_lines(
            [
                f"*LateRequestWarning: {HEAD.format(test)}",
                *(f"    - eapi.binance.com:443, {line}" for line in told),
                f"  {ADVICE}",
            ],
            consecutive=True,
        )


def test_where_warnings_are_errors_a_swallowed_refusal_fails_the_test(
    pytester: pytest.Pytester,
) -> None:
    pytester.makepyfile(test_bot=SWALLOWED)

    result = pytester.runpytest("-Werror", "-p", "no:randomly")

    result.assert_outcomes(passed=2, errors=2)
    result.stdout.fnmatch_lines(
        [
            "*ERROR at teardown of test_one*",
            f"LateRequestWarning: {HEAD.format('test_one')}",
            "  - eapi.binance.com:443, by thread 'MainThread' at test_bot.py:8 in ask",
            ADVICE,
        ],
        consecutive=True,
    )


def test_a_refusal_that_an_error_tells_of_is_told_once(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(test_bot=SWALLOWED.replace("(bot,", "(loud,").replace("ask()", "pass"))
    result = pytester.runpytest("-Wdefault", "-p", "no:randomly")
    result.assert_outcomes(passed=2, errors=1)


def test_swallowed_refusals_can_be_ignored(pytester: pytest.Pytester) -> None:
    pytester.makeini("[pytest]\nbinance_options_unanswered = ignore\n")
    pytester.makepyfile(test_bot=SWALLOWED)
    pytester.runpytest("-Werror", "-p", "no:randomly").assert_outcomes(passed=2)
