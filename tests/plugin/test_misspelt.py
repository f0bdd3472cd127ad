"""Arguments and environment variables that look like ours and are none."""

from __future__ import annotations

import pytest

INI = "or binance_options_{0} in the ini file."


@pytest.mark.parametrize(
    ("argument", "name", "near"),
    [
        ("--binance-option=record", "--binance-option", "--binance-options"),
        ("--binanceoptions=record", "--binanceoptions", "--binance-options"),
        ("--binance-options-hots=x", "--binance-options-hots", "--binance-options-host"),
        (
            "--binance-options-allow-prodution",
            "--binance-options-allow-prodution",
            "--binance-options-allow-production",
        ),
    ],
)
def test_a_misspelt_argument_is_told_the_nearest(
    pytester: pytest.Pytester, argument: str, name: str, near: str
) -> None:
    result = pytester.runpytest(argument)

    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert result.stderr.lines[0] == f"ERROR: there is no option {name}. Did you mean {near}?"


def test_an_argument_of_somebody_else_is_left_to_pytest(pytester: pytest.Pytester) -> None:
    result = pytester.runpytest("--binance-nothing-of-the-kind")

    result.stderr.fnmatch_lines(["*unrecognized arguments: --binance-nothing-of-the-kind"])
    pytester.makeconftest("""
        def pytest_addoption(parser):
            parser.addoption("--binance-option")
        """)
    pytester.makepyfile(
        "def test_it(pytestconfig): assert pytestconfig.option.binance_option == 'a'"
    )
    pytester.runpytest("--binance-option=a").assert_outcomes(passed=1)


@pytest.mark.parametrize(
    ("variable", "advice"),
    [
        ("BINANCE_OPTIONS_MOD", "Did you mean BINANCE_OPTIONS_MODE?"),
        ("BINANCE_OPTION_MODE", "Did you mean BINANCE_OPTIONS_MODE?"),
        ("BINANCE_OPTIONS_HOST", f"Set it with --binance-options-host, {INI.format('host')}"),
        ("BINANCE_OPTIONS_ON_STALE", "Set it with binance_options_on_stale in the ini file."),
        (
            "BINANCE_OPTIONS_ALLOW_PRODUCTION",
            "Set it with --binance-options-allow-production.",
        ),
    ],
)
def test_a_variable_that_sets_nothing_is_told_what_does(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, variable: str, advice: str
) -> None:
    monkeypatch.setenv(variable, "record")
    pytester.makepyfile("def test_it(): pass")
    text = f"The environment variable {variable} sets nothing. {advice}"

    result = pytester.runpytest("-Wdefault")
    result.assert_outcomes(passed=1, warnings=1)
    result.stdout.fnmatch_lines([f"*MisspeltVariableWarning: {text}"])

    strict = pytester.runpytest("-Werror")
    assert strict.ret == pytest.ExitCode.USAGE_ERROR
    assert strict.stderr.lines[0] == f"ERROR: {text}"


def test_a_variable_of_the_users_own_is_left_alone(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in (
        "BINANCE_OPTIONS_API_KEY",
        "BINANCE_OPTIONS_SYMBOLS",
        "BINANCE_OPT",
        "BINANCE_API",
    ):
        monkeypatch.setenv(name, "x")
    pytester.makepyfile("def test_it(): pass")

    pytester.runpytest("-Werror").assert_outcomes(passed=1)
