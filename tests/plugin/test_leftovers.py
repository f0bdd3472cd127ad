"""A replay keeps nothing to itself: what was asked in vain, and what nobody asked for."""

from __future__ import annotations

import pytest

from pytest_binance_options._backends.base import Connection
from pytest_binance_options._backends.simulate import Simulate
from pytest_binance_options._messages import Request, Response
from pytest_binance_options._transports.server.server import LoopbackServer
from pytest_binance_options.exchange import Exchange, events

from .cassettes import write_cassette

SWALLOWS = """
    import contextlib
    import requests

    LISTEN_KEY = "https://eapi.binance.com/eapi/v1/listenKey"

    def ask(method):
        with contextlib.suppress(Exception):  # as a bot's loop does
            requests.request(method, LISTEN_KEY)
"""


def unanswered(pytester: pytest.Pytester) -> list[str]:
    return [
        "the test passed, but its cassette had no answer for what was asked here:",
        "  - PUT /eapi/v1/listenKey, 2 times",
        f"  cassette:  {pytester.path}/cassettes/test_bot/test_it.yaml",
        "The error was raised where it was asked, and somebody there swallowed it.",
        "To record the test again:",
        "  pytest test_bot.py::test_it --binance-options=record",
        (
            "If the test means it: @pytest.mark.binance_options(unanswered='ignore'), or"
            " binance_options_unanswered in the ini file for all tests."
        ),
    ]


def unplayed(pytester: pytest.Pytester) -> list[str]:
    return [
        "the test passed, and this part of its cassette was not played:",
        "  - DELETE /eapi/v1/listenKey -> 200 (interaction 2)",
        f"  cassette:  {pytester.path}/cassettes/test_bot/test_it.yaml",
        "Where the code has changed, record the test again:",
        "  pytest test_bot.py::test_it --binance-options=record",
        (
            "Where it is a matter of time, as with a keepalive:"
            " @pytest.mark.binance_options(unplayed='ignore'), or binance_options_unplayed in the"
            " ini file for all tests."
        ),
    ]


@pytest.fixture
def in_vain(pytester: pytest.Pytester) -> None:
    """A test that asks twice for what its cassette doesn't have, and passes."""
    write_cassette(pytester, "test_bot/test_it", "POST")
    pytester.makepyfile(
        test_bot=SWALLOWS
        + """
    def test_it(binance_options):
        for method in ("POST", "PUT", "PUT"):
            ask(method)
    """
    )


@pytest.fixture
def too_little(pytester: pytest.Pytester) -> None:
    """A test that leaves half of its cassette unplayed."""
    write_cassette(pytester, "test_bot/test_it", "POST", "DELETE")
    pytester.makepyfile(test_bot=SWALLOWS + "\n    def test_it(binance_options): ask('POST')\n")


@pytest.mark.usefixtures("in_vain")
class TestUnanswered:
    def test_it_fails_the_test_at_its_teardown(self, pytester: pytest.Pytester) -> None:
        result = pytester.runpytest()

        result.assert_outcomes(passed=1, errors=1)
        first, *more = unanswered(pytester)
        result.stdout.fnmatch_lines([f"RequestNotRecordedError: {first}", *more], consecutive=True)

    @pytest.mark.parametrize(
        ("strict", "outcome"), [(False, {"passed": 1, "warnings": 1}), (True, {"errors": 1})]
    )
    def test_it_can_be_a_warning(
        self, pytester: pytest.Pytester, strict: bool, outcome: dict[str, int]
    ) -> None:
        result = pytester.runpytest(
            "-o", "binance_options_unanswered=warn", "-Werror" if strict else "-Wdefault"
        )

        result.assert_outcomes(**{"passed": 1, **outcome})
        first, *more = unanswered(pytester)
        result.stdout.fnmatch_lines(
            [f"*UnansweredWarning: {first}", *(f"*{line}" for line in more)], consecutive=True
        )

    @pytest.mark.parametrize("way", ["ini", "code", "marker"])
    def test_it_can_be_ignored(self, pytester: pytest.Pytester, way: str) -> None:
        if way == "ini":
            pytester.makeini("[pytest]\nbinance_options_unanswered = ignore\n")
        if way == "code":
            pytester.makeconftest("""
                import dataclasses, pytest

                @pytest.fixture(scope="session")
                def binance_options_config(binance_options_config):
                    return dataclasses.replace(binance_options_config, unanswered="ignore")
                """)
        if way == "marker":
            path = pytester.path / "test_bot.py"
            marker = (
                "import pytest\npytestmark = pytest.mark.binance_options(unanswered='ignore')\n"
            )
            path.write_text(marker + path.read_text())

        pytester.runpytest("-Werror").assert_outcomes(passed=1)

    def test_a_failing_test_is_shown_it_and_has_no_error_more(
        self, pytester: pytest.Pytester
    ) -> None:
        path = pytester.path / "test_bot.py"
        path.write_text(path.read_text() + "\n    assert 0\n")

        result = pytester.runpytest()

        result.assert_outcomes(failed=1)
        result.stdout.fnmatch_lines(["not in the cassette: PUT /eapi/v1/listenKey, 2 times"])


@pytest.mark.usefixtures("too_little")
class TestUnplayed:
    def test_it_is_a_warning(self, pytester: pytest.Pytester) -> None:
        result = pytester.runpytest("-Wdefault")

        result.assert_outcomes(passed=1, warnings=1)
        first, *more = unplayed(pytester)
        result.stdout.fnmatch_lines(
            [f"*UnplayedWarning: {first}", *(f"*{line}" for line in more)], consecutive=True
        )

    @pytest.mark.parametrize(
        ("arguments", "kind"),
        [
            (["-o", "binance_options_unplayed=fail"], "UnplayedError"),
            (["-Werror"], "UnplayedWarning"),
        ],
    )
    def test_it_can_fail_the_test_at_its_teardown(
        self, pytester: pytest.Pytester, arguments: list[str], kind: str
    ) -> None:
        result = pytester.runpytest(*arguments)

        result.assert_outcomes(passed=1, errors=1)
        first, *more = unplayed(pytester)
        result.stdout.fnmatch_lines([f"{kind}: {first}", *more], consecutive=True)

    @pytest.mark.parametrize(
        ("end", "outcome"),
        [
            ("assert 0", {"failed": 1}),
            ("__import__('pytest').skip()", {"skipped": 1}),
            ("__import__('pytest').xfail()", {"xfailed": 1}),
        ],
    )
    def test_a_test_that_did_not_get_to_its_end_is_not_told(
        self, pytester: pytest.Pytester, end: str, outcome: dict[str, int]
    ) -> None:
        path = pytester.path / "test_bot.py"
        path.write_text(path.read_text() + f"; {end}\n")

        pytester.runpytest("-Werror").assert_outcomes(**outcome)

    def test_what_is_asked_in_the_teardown_of_a_fixture_is_played(
        self, pytester: pytest.Pytester
    ) -> None:
        pytester.makepyfile(
            test_bot=SWALLOWS
            + """
    import pytest

    @pytest.fixture
    def bot(binance_options):
        ask("POST")
        yield
        ask("DELETE")

    def test_it(bot):
        pass
    """
        )

        pytester.runpytest("-Werror").assert_outcomes(passed=1)

    def test_only_a_replay_leaves_anything(self, pytester: pytest.Pytester) -> None:
        pytester.runpytest("--binance-options=simulate", "-Werror").assert_outcomes(passed=1)


def test_a_shared_cassette_is_not_missed_by_one_test(pytester: pytest.Pytester) -> None:
    write_cassette(pytester, "flow", "POST", "DELETE")
    pytester.makepyfile(
        test_bot=SWALLOWS
        + """
    import pytest

    @pytest.mark.binance_options(cassette="flow")
    @pytest.mark.parametrize("method", ["POST", "DELETE"])
    def test_it(method, binance_options): ask(method)
    """
    )

    pytester.runpytest("-Werror").assert_outcomes(passed=2)


@pytest.mark.parametrize("name", ["unanswered", "unplayed"])
def test_a_word_that_will_not_do_ends_the_run(pytester: pytest.Pytester, name: str) -> None:
    result = pytester.runpytest("-o", f"binance_options_{name}=error")

    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(
        [f"ERROR: binance_options_{name} is 'error'. Give one of: ignore, warn, fail."]
    )


def test_a_recorded_stream_counts(
    pytester: pytest.Pytester, server: LoopbackServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Talkative(Simulate):
        def connect(self, handshake: Request) -> Connection | Response:
            connection = super().connect(handshake)
            self.exchange.emit(events.account_update())
            return connection

    exchange = Exchange()
    (key,) = exchange.open_account().api_keys
    monkeypatch.setenv("BINANCE_API_KEY", key.api_key)
    monkeypatch.setenv("BINANCE_SECRET_KEY", key.secret_key or "")
    monkeypatch.setenv("LISTENS", "yes")
    pytester.makepyfile(
        test_bot="""
        import os

        def test_it(request, binance_options):
            if os.environ["LISTENS"]:
                stream = request.getfixturevalue("binance_options_stream")
                assert stream.receive(timeout=5)["e"] == "ACCOUNT_UPDATE"
        """
    )
    with server.attach(Talkative(exchange)) as real:
        hosts = (
            f"--binance-options-host={real.url}",
            f"--binance-options-stream-host={real.stream_url}",
        )
        pytester.runpytest("--binance-options=record", *hosts).assert_outcomes(passed=1)

    pytester.runpytest("-Werror").assert_outcomes(passed=1)
    monkeypatch.setenv("LISTENS", "")
    result = pytester.runpytest("-Wdefault")

    result.assert_outcomes(passed=1, warnings=1)
    result.stdout.fnmatch_lines(
        [
            "*UnplayedWarning: *",
            "* - POST /eapi/v1/listenKey -> 200 (interaction 1)",
            "* - DELETE /eapi/v1/listenKey -> 200 (interaction 2)",
            "* - stream /private/ws/*: never opened",
        ],
        consecutive=True,
    )
