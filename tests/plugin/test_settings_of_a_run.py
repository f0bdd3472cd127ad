"""Options, ini keys, environment, marker and the overridden configuration, as a user meets them."""

from __future__ import annotations

import pytest

SHOW_MODE = """
    def test_it(binance_options):
        print("mode is", binance_options.mode)
"""


def test_the_mode_comes_from_the_command_line_then_the_environment_then_the_ini(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytester.makepyfile(SHOW_MODE)

    pytester.runpytest("-rA").stdout.fnmatch_lines(["mode is offline"])
    pytester.makeini("[pytest]\nbinance_options_mode = simulate\n")
    pytester.runpytest("-rA").stdout.fnmatch_lines(["mode is simulate"])
    monkeypatch.setenv("BINANCE_OPTIONS_MODE", "offline")
    pytester.runpytest("-rA").stdout.fnmatch_lines(["mode is offline"])
    pytester.runpytest("-rA", "--binance-options=simulate").stdout.fnmatch_lines(
        ["mode is simulate"]
    )


def test_a_marker_comes_before_the_command_line(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("""
        import pytest

        pytestmark = pytest.mark.binance_options(mode="replay")

        @pytest.mark.binance_options(mode="simulate")
        def test_it(binance_options):
            assert binance_options.mode == "simulate"
        """)

    pytester.runpytest("--binance-options=replay").assert_outcomes(passed=1)


@pytest.mark.parametrize("source", ["option", "environment", "ini"])
def test_a_mode_that_does_not_exist_ends_the_run_at_once(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, source: str
) -> None:
    pytester.makepyfile("def test_it(): pass")
    arguments = ["--binance-options=sandbox"] if source == "option" else []
    if source == "environment":
        monkeypatch.setenv("BINANCE_OPTIONS_MODE", "sandbox")
    if source == "ini":
        pytester.makeini("[pytest]\nbinance_options_mode = sandbox\n")
    name = {
        "option": "--binance-options",
        "environment": "BINANCE_OPTIONS_MODE",
        "ini": "binance_options_mode",
    }[source]

    result = pytester.runpytest(*arguments)

    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(
        [
            (
                f"ERROR: {name}: 'sandbox' is not a mode. Use one of: offline, replay, simulate,"
                " testnet, record, verify."
            )
        ]
    )


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (
            "casette='flow'",
            (
                "@pytest.mark.binance_options has no argument 'casette'. It takes mode, cassette,"
                " auth, unanswered, unplayed, chaos."
            ),
        ),
        (
            "'simulate'",
            (
                "@pytest.mark.binance_options takes no positional arguments, and got 'simulate'."
                " Name them: *"
            ),
        ),
        ("mode='sandbox'", "@pytest.mark.binance_options(mode=...): 'sandbox' is not a mode. *"),
        (
            "auth='ecdsa'",
            "@pytest.mark.binance_options(auth='ecdsa') won't do. Use one of: hmac, rsa, ed25519.",
        ),
        (
            "cassette=''",
            (
                "@pytest.mark.binance_options(cassette='') won't do. Give a name, as in"
                " cassette='flow'."
            ),
        ),
        ("cassette='../flow'", "cassette='../flow' can't be a file name everywhere. *"),
    ],
)
def test_a_marker_that_cannot_work_is_a_collection_error(
    pytester: pytest.Pytester, arguments: str, text: str
) -> None:
    pytester.makepyfile(
        test_bot=f"""
        import pytest

        @pytest.mark.binance_options({arguments})
        def test_it(binance_options):
            pass
        """
    )

    result = pytester.runpytest()

    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines([f"*test_bot.py::test_it: {text}".replace("[", "[[]")])


def test_a_marker_of_a_unittest_class_is_checked_as_well(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        test_bot="""
        import unittest

        import pytest

        @pytest.mark.binance_options(casette="flow")
        class BotTest(unittest.TestCase):
            def test_it(self):
                pass

            def test_more(self):
                pass
        """
    )

    result = pytester.runpytest()

    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(
        [
            "*ERROR collecting test_bot.py*",
            (
                "test_bot.py::BotTest::test_it: @pytest.mark.binance_options has no argument"
                " 'casette'. It takes *"
            ),
            (
                "test_bot.py::BotTest::test_more: @pytest.mark.binance_options has no argument"
                " 'casette'. It takes mode, *"
            ),
        ]
    )


def test_a_class_and_a_parameter_can_carry_the_marker(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("""
        import pytest

        @pytest.mark.binance_options(auth="ed25519")
        class TestBot:
            def test_it(self, binance_options_auth):
                assert binance_options_auth.kind == "ed25519"

        @pytest.mark.parametrize("kind", [
            pytest.param("rsa", marks=pytest.mark.binance_options(auth="rsa")),
            "hmac",
        ])
        def test_kind(kind, binance_options_auth):
            assert binance_options_auth.kind == kind
        """)

    pytester.runpytest().assert_outcomes(passed=3)


@pytest.mark.parametrize(
    "override",
    [
        "dataclasses.replace(binance_options_config, mode='simulate', seed=7)",
        "{'mode': 'simulate', 'seed': 7}",
    ],
)
def test_everything_can_be_set_from_code(pytester: pytest.Pytester, override: str) -> None:
    pytester.makeconftest(f"""
        import dataclasses, pytest

        @pytest.fixture(scope="session")
        def binance_options_config(binance_options_config):
            return {override}
        """)
    pytester.makepyfile("""
        def test_it(binance_options):
            assert binance_options.mode == "simulate"
        """)

    pytester.runpytest().assert_outcomes(passed=1)


@pytest.mark.parametrize(
    ("override", "text"),
    [
        (
            "{'mod': 'simulate'}",
            "binance_options_config: unknown setting 'mod'. Known: mode, host, *",
        ),
        (
            "None",
            "binance_options_config must return a Config or a dict of settings, not NoneType. *",
        ),
        ("{'mode': 'sandbox'}", "binance_options_config, mode: 'sandbox' is not a mode. *"),
        (
            "{'host': 'eapi.binance.com'}",
            "binance_options_config, host: 'eapi.binance.com' is not a base URL. *",
        ),
    ],
)
def test_a_configuration_that_cannot_work_says_what_would(
    pytester: pytest.Pytester, override: str, text: str
) -> None:
    pytester.makeconftest(f"""
        import pytest

        @pytest.fixture(scope="session")
        def binance_options_config():
            return {override}
        """)
    pytester.makepyfile("def test_it(binance_options): pass")

    result = pytester.runpytest()

    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines([f"*UsageError: {text}"])


def test_every_fixture_and_option_of_ours_begins_with_our_name(pytester: pytest.Pytester) -> None:
    from pytest_binance_options import plugin

    assert all(name.startswith("binance_options") for name in plugin.__all__)
    listed = pytester.runpytest("--fixtures").stdout.str()
    for name in plugin.__all__:
        assert f"\n{name}" in listed, name
    assert (
        "no docstring available"
        not in listed[listed.index("\nbinance_options") :].split("fixtures defined from")[0]
    )


def test_a_suite_that_does_not_use_us_is_left_alone(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("""
        import http.client
        import sys

        def test_it():
            assert http.client.HTTPConnection.connect.__module__ == "http.client"
            ours = sorted(name for name in sys.modules if name.startswith("pytest_binance_options."))
            assert ours == [f"pytest_binance_options.{name}" for name in ("_environment", "_modes", "_plugin", "_plugin.fixtures", "_plugin.items", "_plugin.options", "errors", "plugin")]
        """)

    pytester.runpytest_subprocess().assert_outcomes(passed=1)
