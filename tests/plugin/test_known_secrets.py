"""Secrets that nothing tells from other text, in every place where a run keeps what was said."""

from __future__ import annotations

import pytest

from pytest_binance_options._masking import mask
from tests.cassette.test_properties import encodings_of
from tests.support.testnet import Testnet

OWN = "correct horse, battery staple & co"

SUITE = """
    import logging, os, sys, warnings
    import pytest, requests
    from tests.cassette.test_properties import encodings_of

    OWN = os.environ["WEBHOOK_TOKEN"]
    ALL = [form.decode() for form in encodings_of(OWN)]

    def test_it(binance_options):
        for form in ALL:
            print(form, file=sys.stderr)
            for name in ("websockets.client", "asyncio", "urllib3.connectionpool", "httpx", "bot"):
                logging.getLogger(name).debug("> %s", form)
            warnings.warn(form)
        requests.get(
            "https://eapi.binance.com/eapi/v1/time",
            params={"own": OWN}, headers={"X-Own": ALL[-1], "Cookie": OWN}, json={"own": [ALL]},
        )
        if "fail" in os.environ:
            raise ValueError(ALL)
    """


@pytest.mark.parametrize("mode", ["record", "testnet", "simulate"])
@pytest.mark.parametrize("ends", ["pass", "fail"])
def test_a_secret_that_the_ini_file_names_is_hidden_wherever_a_run_leaves_it(
    pytester: pytest.Pytester,
    account: Testnet,
    monkeypatch: pytest.MonkeyPatch,
    mode: str,
    ends: str,
) -> None:
    monkeypatch.setenv("WEBHOOK_TOKEN", OWN)
    monkeypatch.setenv(ends, "1")
    pytester.makeini("[pytest]\nbinance_options_secrets = NOT_SET WEBHOOK_TOKEN")
    pytester.makepyfile(SUITE)

    result = pytester.runpytest(
        f"--binance-options={mode}", f"--binance-options-host={account.url}",
        "-rA", "-vv", "-l", "--tb=long", "--junitxml=report.xml", "-o", "junit_logging=all",
        "-o", "log_cli=true", "--log-level=DEBUG", "--log-file=log.txt", "-W", "default",
        "--binance-options-report=report.html",
    )  # fmt: skip

    result.assert_outcomes(**{f"{ends}ed": 1, "warnings": len(set(encodings_of(OWN)))})
    written = {
        path: path.read_text(encoding="utf-8")
        for path in pytester.path.rglob("*")
        if path.is_file() and path.suffix not in (".pyc", ".ini")
    }
    assert {path.name for path in written} >= {"report.xml", "report.html", "log.txt"}
    said = {**written, "terminal": result.stdout.str() + result.stderr.str()}
    assert [
        (name, form)
        for name, text in said.items()
        for form in encodings_of(OWN)
        if form.decode() in text
    ] == []
    assert "<hidden>" in result.stdout.str()
    assert mask(OWN) == OWN


def test_a_value_in_place_of_a_name_ends_the_run_and_is_not_shown(
    pytester: pytest.Pytester,
) -> None:
    pytester.makeini("[pytest]\nbinance_options_secrets = hunter2-hunter2")
    result = pytester.runpytest()

    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert result.stderr.lines[0] == (
        "ERROR: binance_options_secrets takes names of environment variables, with blanks between"
        " them, and one of these is none. A value can be given in code: binance_options_config,"
        " secrets."
    )


@pytest.mark.parametrize(
    ("secrets", "error"),
    [
        ("hunter2-hunter2", "secrets is of type str. Give a list of texts."),
        (["long enough", b"bytes of it"], "secrets, number 2 is of type bytes. Give a text."),
        (
            ["long enough", "hunter2"],
            (
                "secrets, number 2 is shorter than 8 bytes: it would be found in other text by chance."
                " Give a longer secret, or leave it out."
            ),
        ),
    ],
)
def test_what_can_not_be_hidden_is_an_error_that_does_not_show_it(
    secrets: object, error: str
) -> None:
    from pytest_binance_options.errors import UsageError
    from pytest_binance_options.settings import Config

    with pytest.raises(UsageError) as caught:
        Config.coerced({"secrets": secrets})

    assert str(caught.value) == f"binance_options_config, {error}"
