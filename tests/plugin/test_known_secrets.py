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


ALL_TESTS = r"""
import os, threading, typing
import pytest

Named = typing.NamedTuple("Named", [("value", str)])
OWN = os.environ["WEBHOOK_TOKEN"]

@pytest.mark.parametrize("token", [OWN, OWN.encode(), "plain"])
def test_not_ours(token):
    print(token)
    raise ValueError(token)

@pytest.mark.parametrize("n", [1, 2, 3], ids=[OWN, "plain", None])
@pytest.mark.parametrize("token", [pytest.param(1, id=f"a {OWN}")])
def test_named(token, n): assert 0, OWN

@pytest.mark.parametrize("n", [OWN], ids=lambda n: {"no": "id"})
def test_named_by_none(n): assert 0

@pytest.mark.parametrize("n", [1], ids=lambda n: OWN)
def test_named_by_a_function(n): assert 0, OWN

def test_of_the_session(binance_options_session, record_property):
    record_property("token", {OWN: [OWN, OWN.encode(), {OWN}, Named(OWN)]})
    record_property("bytes", OWN.encode())
    assert 0, OWN

@pytest.mark.xfail(reason=OWN)
def test_that_fails_as_expected(): assert 0

def test_with_a_thread_that_ends(binance_options):
    thread = threading.Thread(target=lambda: 1 / 0, name=OWN)
    thread.start()
    thread.join()
    assert 0
"""


def test_what_the_settings_name_is_hidden_in_every_test_of_the_run_and_in_ids(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    plugins = "pytest_binance_options.plugin,pytest_metadata.plugin,pytest_html.plugin"
    monkeypatch.setenv("PYTEST_PLUGINS", plugins)
    monkeypatch.setenv("WEBHOOK_TOKEN", OWN)
    pytester.makeini("[pytest]\nbinance_options_secrets = WEBHOOK_TOKEN")
    pytester.makepyfile(
        test_all=ALL_TESTS, test_broken="import os\n1 / os.environ['WEBHOOK_TOKEN']"
    )
    pytester.makepyfile(test_unloadable="import os\nraise ValueError(os.environ['WEBHOOK_TOKEN'])")

    result = pytester.runpytest(
        "-rA", "-vv", "-l", "--junitxml=report.xml", "--html=rows.html", "--self-contained-html",
        "--binance-options-report=report.html", "--continue-on-collection-errors",
        "-W", "ignore",
    )  # fmt: skip

    result.assert_outcomes(failed=10, errors=2, xfailed=1)
    result.stdout.fnmatch_lines(
        ["*test_not_ours[[]<hidden>0[]] *", "*test_not_ours[[]plain[]] *"], consecutive=False
    )
    said = {
        path.name: path.read_text(encoding="utf-8")
        for path in pytester.path.rglob("*")
        if path.is_file() and path.suffix not in (".pyc", ".ini")
    } | {"terminal": result.stdout.str() + result.stderr.str()}
    assert said.keys() >= {"report.xml", "rows.html", "report.html", "lastfailed", "nodeids"}
    assert [
        (name, form)
        for name, text in said.items()
        for form in encodings_of(OWN)
        if form.decode() in text
    ] == []


@pytest.mark.parametrize(
    ("ends", "said"),
    [
        ("pytest.exit(OWN)", "*Exit: <hidden> !*"),
        ("raise KeyboardInterrupt({OWN: 1})", "*KeyboardInterrupt: {'<hidden>': 1} !*"),
    ],
)
def test_the_reason_for_which_a_run_ends_at_once_is_hidden(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, ends: str, said: str
) -> None:
    monkeypatch.setenv("WEBHOOK_TOKEN", OWN)
    pytester.makeini("[pytest]\nbinance_options_secrets = WEBHOOK_TOKEN")
    pytester.makepyfile(f"""
        import os, pytest
        OWN = os.environ["WEBHOOK_TOKEN"]
        def test_it(token=OWN): {ends}
        """)

    result = pytester.runpytest_inprocess("--full-trace", "-l", no_reraise_ctrlc=True)

    assert result.ret == pytest.ExitCode.INTERRUPTED
    result.stdout.fnmatch_lines([said])
    assert OWN not in result.stdout.str() + result.stderr.str()


def test_a_warnings_line_of_source_and_its_file_are_hidden(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WEBHOOK_TOKEN", OWN)
    pytester.makeini("[pytest]\nbinance_options_secrets = WEBHOOK_TOKEN")
    pytester.makepyfile(f"""
        import warnings
        def test_it():
            warnings.warn("a token"), {OWN!r}
            warnings.warn_explicit("from afar", UserWarning, {OWN!r} + ".py", 1)
        """)

    result = pytester.runpytest("-W", "default")

    result.stdout.fnmatch_lines(
        ["*    warnings.warn(\"a token\"), '<hidden>'", "*<hidden>.py:1: UserWarning: from afar"]
    )
    assert OWN not in result.stdout.str()


def test_what_pytest_json_report_has_gathered_is_hidden(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WEBHOOK_TOKEN", OWN)
    pytester.makeini("[pytest]\nbinance_options_secrets = WEBHOOK_TOKEN")
    pytester.makeconftest("""
        import os
        class Hooks:
            def pytest_json_modifyreport(json_report): pass
        def pytest_addhooks(pluginmanager): pluginmanager.add_hookspecs(Hooks)
        def pytest_sessionfinish(session):
            own = os.environ["WEBHOOK_TOKEN"]
            gathered = {"log": [{"msg": own, "args": [own, 1, None]}], "lines": ["a\\nb", "c"]}
            session.config.hook.pytest_json_modifyreport(json_report=gathered)
            print(gathered)
        """)

    result = pytester.runpytest("-s")

    result.stdout.fnmatch_lines(
        [
            "*{'log': [[]{'msg': '<hidden>', 'args': [[]'<hidden>', 1, None]}], 'lines': [[]'a\\nb', 'c']}"
        ]
    )


def test_secrets_that_code_gives_are_hidden_in_tests_that_only_use_the_session(
    pytester: pytest.Pytester,
) -> None:
    pytester.makeconftest(f"""
        import pytest

        @pytest.fixture(scope="session")
        def binance_options_config():
            return {{"secrets": [{OWN!r}]}}
        """)
    pytester.makepyfile(f"""
        def test_it(binance_options_session):
            print({OWN!r})
            raise ValueError({OWN!r})
        """)

    result = pytester.runpytest("-rA")

    result.stdout.fnmatch_lines(["E * ValueError: <hidden>", "*Captured stdout*", "<hidden>"])
    result.stdout.no_fnmatch_line(f"*{OWN}*")


def test_the_id_of_a_test_of_ours_shows_no_key(pytester: pytest.Pytester) -> None:
    key = "k3J9" + "aB5xQz7L" * 7 + "w2Pq"
    pytester.makepyfile(f"""
        import hashlib, pytest

        @pytest.mark.parametrize("key", [{key!r}, "short"])
        def test_ours(binance_options, key): pass

        @pytest.mark.parametrize("key", [{key!r}])
        def test_not_ours(key): pass
        """)

    result = pytester.runpytest("--collect-only", "-q")

    assert [line.partition("::")[2] for line in result.stdout.lines[:3]] == [
        "test_ours[<hidden>]",
        "test_ours[short]",
        f"test_not_ours[{key}]",
    ]


def test_the_id_of_a_test_that_is_not_ours_shows_no_credential_of_a_network_mode(
    pytester: pytest.Pytester, account: Testnet
) -> None:
    pytester.makepyfile("""
        import os, pytest

        @pytest.mark.parametrize("key", [os.environ["BINANCE_API_KEY"]])
        def test_not_ours(key): pass
        """)
    result = pytester.runpytest("--collect-only", "-q", "--binance-options=testnet")

    assert result.stdout.lines[0].partition("::")[2] == "test_not_ours[<hidden>]"


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
