"""What a run says of itself on the terminal: header, who answered, and the section at its end."""

from __future__ import annotations

from pathlib import Path

import pytest

from pytest_binance_options._plugin import terminal
from tests.support.testnet import Testnet

from .cassettes import write_cassette
from .conftest import FLOW

BOT = """
    import pytest, requests

    LISTEN_KEY = "https://eapi.binance.com/eapi/v1/listenKey"

    def test_replayed(binance_options):
        requests.post(LISTEN_KEY)

    def test_simulated(binance_options):
        pass

    class TestBot:
        def test_steered(self, binance_options_clock):
            pass

    def test_none_of_ours():
        pass
"""


def header(result: pytest.RunResult) -> list[str]:
    return [line for line in result.outlines if line.startswith("binance_options: ")]


def section(result: pytest.RunResult) -> list[str]:
    """The lines of our section, without its title."""
    lines = iter(result.outlines)
    for line in lines:
        if line.strip("= ") == "Binance Options":
            break
    found = []
    for line in lines:
        if line.startswith("=") or (" in " in line and "passed" in line):
            break
        found.append(line)
    return found


class TestHeader:
    def test_a_run_that_sets_nothing_and_has_no_cassettes_has_no_line(
        self, pytester: pytest.Pytester
    ) -> None:
        pytester.makepyfile(test_bot=BOT)

        assert header(pytester.runpytest()) == []

    @pytest.mark.parametrize(
        ("arguments", "line"),
        [
            ([], "mode offline, 2 cassettes in cassettes"),
            (["--binance-options=replay"], "mode replay, 2 cassettes in cassettes"),
            (["--binance-options=simulate"], "mode simulate"),
            (
                ["--binance-options-cassette-dir=cassettes/deep"],
                "mode offline, 1 cassette in cassettes/deep",
            ),
            (["--binance-options-cassette-dir=none"], "mode offline, no cassettes in none"),
            (
                ["--binance-options=testnet"],
                "mode testnet, at https://demo-fapi.binance.com and wss://demo-fstream.binance.com",
            ),
            (
                ["--binance-options=record", "--binance-options-host=http://127.0.0.1:1"],
                (
                    "mode record, at http://127.0.0.1:1 and wss://demo-fstream.binance.com, 2"
                    " cassettes in cassettes"
                ),
            ),
        ],
    )
    def test_it_says_the_mode_who_is_asked_and_the_cassettes(
        self, pytester: pytest.Pytester, arguments: list[str], line: str
    ) -> None:
        write_cassette(pytester, "test_bot/test_it")
        write_cassette(pytester, "deep/test_bot/test_it")
        write_cassette(pytester, ".binance-options-trash/test_it")

        assert header(pytester.runpytest(*arguments)) == [f"binance_options: {line}"]

    def test_it_says_that_a_conftest_has_the_last_word(self, pytester: pytest.Pytester) -> None:
        write_cassette(pytester, "test_bot/test_it")
        pytester.makeconftest("""
            import pytest

            @pytest.fixture(scope="session")
            def binance_options_config():
                return {"mode": "simulate"}
            """)

        assert header(pytester.runpytest()) == [
            (
                "binance_options: mode offline, unless the fixture binance_options_config says"
                " otherwise, 1 cassette in cassettes"
            )
        ]

    def test_a_directory_with_very_many_files_is_not_counted_to_its_end(
        self, pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(terminal, "_MOST", 2)
        for name in "abc":
            write_cassette(pytester, name)

        assert header(pytester.runpytest()) == [
            "binance_options: mode offline, 3 cassettes or more in cassettes"
        ]


class TestWhoAnswered:
    def test_verbose_says_whether_a_test_was_replayed_or_simulated(
        self, pytester: pytest.Pytester
    ) -> None:
        write_cassette(pytester, "test_bot/test_replayed", "POST")
        pytester.makepyfile(test_bot=BOT)

        result = pytester.runpytest("-v", "-rA")

        result.assert_outcomes(passed=4)
        result.stdout.fnmatch_lines(
            [
                "test_bot.py::test_replayed PASSED [[]replayed] *",
                "test_bot.py::test_simulated PASSED [[]simulated] *",
                "test_bot.py::TestBot::test_steered PASSED [[]simulated] *",
                "test_bot.py::test_none_of_ours PASSED  *",
                # what other programs read stays as it was
                "PASSED test_bot.py::test_replayed",
                "PASSED test_bot.py::test_simulated",
            ]
        )

    def test_a_failure_says_it_too_and_its_place_in_the_list_stays(
        self, pytester: pytest.Pytester
    ) -> None:
        pytester.makepyfile(test_bot="def test_it(binance_options): assert 0")

        result = pytester.runpytest("-v")

        result.stdout.fnmatch_lines(
            [
                "test_bot.py::test_it FAILED [[]simulated] *",
                "FAILED test_bot.py::test_it - assert 0",
            ]
        )

    def test_a_word_with_colours_of_another_plugin_keeps_them(
        self, pytester: pytest.Pytester
    ) -> None:
        pytester.makeconftest("""
            def pytest_report_teststatus(report):
                if report.when == "call":
                    return "passed", "P", ("GREAT", {"purple": True})
            """)
        pytester.makepyfile(test_bot="def test_it(binance_options): pass")

        result = pytester.runpytest("-v", "--color=yes")

        result.stdout.fnmatch_lines(["*::test_it *[[]35mGREAT [[]simulated]*"])

    def test_nothing_is_added_without_verbose(self, pytester: pytest.Pytester) -> None:
        pytester.makepyfile(test_bot=BOT)

        assert "simulated]" not in pytester.runpytest("-rA").stdout.str()

    def test_nothing_of_it_is_in_junits_file(self, pytester: pytest.Pytester) -> None:
        pytester.makepyfile(test_bot=BOT)

        pytester.runpytest("-v", "--junitxml=junit.xml").assert_outcomes(passed=4)

        text = (pytester.path / "junit.xml").read_text()
        assert "<properties>" not in text
        assert "simulated" not in text.replace('name="test_simulated"', "")


class TestSummary:
    def test_a_run_with_nothing_to_say_has_no_section(self, pytester: pytest.Pytester) -> None:
        write_cassette(pytester, "test_bot/test_replayed", "POST")
        pytester.makepyfile(test_bot=BOT)

        assert "Binance Options" not in pytester.runpytest().stdout.str()

    def test_what_was_recorded_and_what_was_not(
        self, pytester: pytest.Pytester, account: Testnet
    ) -> None:
        pytester.makepyfile(
            test_bot=FLOW
            + """
    def test_fails(binance_options_listen_key):
        assert 0
    """
        )

        result = pytester.runpytest(
            "-v", "--binance-options=record", f"--binance-options-host={account.url}"
        )

        assert section(result) == [
            "recorded: 1 cassette (3 interactions)",
            "  cassettes/test_bot/test_flow.yaml",
            "not recorded: 1 test did not pass",
            "  test_bot.py::test_fails",
        ]
        result.stdout.fnmatch_lines(
            [
                "test_bot.py::test_flow PASSED *[[] 50%]",
                "test_bot.py::test_flow RECORDED (3 interactions) *",
                "test_bot.py::test_fails FAILED *",
            ]
        )

    def test_what_was_skipped_for_want_of_an_account(self, pytester: pytest.Pytester) -> None:
        pytester.makepyfile(test_bot=BOT)

        result = pytester.runpytest("--binance-options=testnet")

        result.assert_outcomes(passed=1, skipped=3)
        assert section(result) == [
            (
                "skipped for want of an account: 2 tests. Set BINANCE_API_KEY with"
                " BINANCE_SECRET_KEY or BINANCE_PRIVATE_KEY_PATH."
            )
        ]

    def test_which_cassettes_are_stale(self, pytester: pytest.Pytester) -> None:
        path = write_cassette(pytester, "test_bot/test_simulated")
        facts = '"binance_options": {"format": 1, "recorded_at": "2020-01-01T00:00:00Z"}, '
        path.write_text(path.read_text().replace('"interactions"', facts + '"interactions"'))
        pytester.makepyfile(test_bot=BOT)

        result = pytester.runpytest("-o", "binance_options_max_cassette_age=30")

        first, second = section(result)
        assert first == "stale: 1 cassette"
        assert second.startswith("  cassettes/test_bot/test_simulated.yaml, ")
        assert second.endswith(" days old")

    def test_what_was_asked_in_vain_and_what_nobody_asked_for(
        self, pytester: pytest.Pytester
    ) -> None:
        write_cassette(pytester, "test_bot/test_replayed", "POST", "PUT")
        write_cassette(pytester, "test_bot/test_in_vain")
        pytester.makepyfile(
            test_bot=BOT
            + """
    def test_in_vain(binance_options):
        with pytest.raises(Exception):
            requests.put(LISTEN_KEY)
    """
        )

        result = pytester.runpytest("-Wdefault")

        result.assert_outcomes(passed=5, warnings=1, errors=1)
        assert section(result) == [
            "unanswered: 1 test asked for what is not in the cassette",
            "  test_bot.py::test_in_vain",
            "unplayed: 1 test left a part of the cassette unplayed",
            "  test_bot.py::test_replayed",
        ]

    def test_a_long_list_is_cut(self, pytester: pytest.Pytester, account: Testnet) -> None:
        pytester.makepyfile(
            test_bot="""
            import pytest

            @pytest.mark.parametrize("n", range(12))
            def test_it(n, binance_options_listen_key): pass
            """
        )

        result = pytester.runpytest(
            "--binance-options=record", f"--binance-options-host={account.url}"
        )

        lines = section(result)
        assert lines[0] == "recorded: 12 cassettes (24 interactions)"
        assert lines[10:] == ["  cassettes/test_bot/test_it[9].yaml", "  and 2 more"]

    @pytest.mark.parametrize(
        ("arguments", "there"),
        [(["-q"], True), (["-qq"], False), (["--no-summary"], False), (["-v"], True)],
        ids=["-q", "-qq", "--no-summary", "-v"],
    )
    def test_who_wants_less_gets_less(
        self, pytester: pytest.Pytester, arguments: list[str], there: bool
    ) -> None:
        pytester.makepyfile(test_bot=BOT)

        result = pytester.runpytest("--binance-options=testnet", *arguments)

        assert ("skipped for want of an account" in result.stdout.str()) is there

    def test_without_a_terminal_all_goes_on(self, pytester: pytest.Pytester) -> None:
        pytester.makepyfile(test_bot=BOT)

        result = pytester.runpytest("-p", "no:terminal", "--binance-options=testnet")

        assert result.ret == pytest.ExitCode.OK


@pytest.fixture
def renamed(pytester: pytest.Pytester) -> Path:
    """A suite in which a test was renamed after it was recorded."""
    for name in ("test_replayed", "test_skipped", "test_of_pytest_recording", "test_odd"):
        write_cassette(pytester, f"test_bot/{name}", "POST")
    pytester.makepyfile(
        test_bot=BOT
        + """
    @pytest.mark.skip
    def test_skipped(binance_options): pass

    def test_of_pytest_recording(): pass
    """,
        test_other="def test_it(): pass",
    )
    write_cassette(pytester, "test_other/test_odd")
    return pytester.path / "cassettes" / "test_bot" / "test_odd.yaml"


class TestUnusedCassettes:
    def test_a_whole_run_says_which_belong_to_no_test(
        self, pytester: pytest.Pytester, renamed: Path
    ) -> None:
        assert renamed.exists()

        assert section(pytester.runpytest()) == [
            (
                "unused: 1 cassette of no test in this run (pytest-binance-options cassettes prune"
                " looks closer)"
            ),
            "  cassettes/test_bot/test_odd.yaml",
        ]
        assert section(pytester.runpytest("test_bot.py"))[1:] == [
            "  cassettes/test_bot/test_odd.yaml"
        ]

    @pytest.mark.parametrize(
        "arguments",
        [
            ["-k", "test_replayed or steered"],
            ["--deselect", "test_bot.py::test_simulated"],
            ["test_bot.py::test_replayed", "test_other.py"],
        ],
        ids=" ".join,
    )
    @pytest.mark.usefixtures("renamed")
    def test_a_part_of_it_does_not(self, pytester: pytest.Pytester, arguments: list[str]) -> None:
        result = pytester.runpytest(*arguments)

        assert result.ret == pytest.ExitCode.OK
        assert section(result) == []

    @pytest.mark.usefixtures("renamed")
    def test_a_run_with_a_failure_does_not(self, pytester: pytest.Pytester) -> None:
        pytester.makepyfile(test_more="def test_it(): assert 0")

        assert section(pytester.runpytest()) == []


class TestSharedCassettes:
    SHARING = """
        import pytest, requests

        pytestmark = pytest.mark.binance_options(cassette="flow")

        @pytest.mark.parametrize("method", ["POST", "PUT"])
        def test_it(method, binance_options):
            requests.request(method, "https://eapi.binance.com/eapi/v1/listenKey")
        """

    def test_what_no_test_of_a_whole_run_has_played_is_told(
        self, pytester: pytest.Pytester
    ) -> None:
        write_cassette(pytester, "flow", "POST", "PUT", "DELETE")
        pytester.makepyfile(test_bot=self.SHARING)

        result = pytester.runpytest("-Werror")

        result.assert_outcomes(passed=2)
        assert section(result) == [
            "unplayed: cassettes/flow.yaml, which is shared, has what no test asked for",
            "  DELETE /eapi/v1/listenKey -> 200 (interaction 3)",
        ]

    @pytest.mark.parametrize("arguments", [["-k", "POST"], ["test_bot.py::test_it[POST]"]])
    def test_a_part_of_a_run_says_nothing(
        self, pytester: pytest.Pytester, arguments: list[str]
    ) -> None:
        write_cassette(pytester, "flow", "POST", "PUT", "DELETE")
        pytester.makepyfile(test_bot=self.SHARING)

        assert section(pytester.runpytest(*arguments)) == []


def test_all_of_it_comes_from_the_workers_of_xdist_too(pytester: pytest.Pytester) -> None:
    write_cassette(pytester, "test_bot/test_replayed", "POST", "PUT")
    write_cassette(pytester, "test_bot/test_old", "POST")
    pytester.makepyfile(
        test_bot=BOT
        + """
    @pytest.mark.binance_options(mode="testnet")
    def test_without_an_account(binance_options): pass
    """
    )
    # the workers deselect, and that the run isn't whole has to come from there as well
    arguments = ("-p", "xdist", "-n", "2", "-v", "-Wdefault", "--deselect", "test_bot.py::TestBot")

    result = pytester.runpytest(*arguments)

    result.assert_outcomes(passed=3, skipped=1, warnings=1)
    result.stdout.fnmatch_lines_random(
        [
            "[[]gw*] PASSED [[]replayed] test_bot.py::test_replayed*",
            "[[]gw*] PASSED [[]simulated] test_bot.py::test_simulated*",
            "[[]gw*] PASSED test_bot.py::test_none_of_ours*",
        ]
    )
    assert section(result) == [
        (
            "skipped for want of an account: 1 test. Set BINANCE_API_KEY with BINANCE_SECRET_KEY or"
            " BINANCE_PRIVATE_KEY_PATH."
        ),
        "unplayed: 1 test left a part of the cassette unplayed",
        "  test_bot.py::test_replayed",
    ]
