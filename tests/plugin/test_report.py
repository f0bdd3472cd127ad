"""--binance-options-report: one page with a timeline of each test that uses us, however the run
ends, and without a secret."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pytest_binance_options._backends.base import Connection
from pytest_binance_options._backends.simulate import Simulate
from pytest_binance_options._messages import Answer, Request, Response
from pytest_binance_options._transports.server.server import LoopbackServer, Server
from pytest_binance_options.exchange import Exchange, events
from tests.picture.reading import Page
from tests.picture.test_page import HOSTILE
from tests.support.testnet import API_KEY, SECRET_KEY

from .conftest import FLOW

LATE = """
    import requests

    def test_late(binance_options_auth, binance_options_clock):
        session = requests.Session()
        session.headers["X-MBX-APIKEY"] = binance_options_auth.api_key
        session.post("https://eapi.binance.com/eapi/v1/listenKey")
        binance_options_clock.advance(minutes=61)
        assert session.put("https://eapi.binance.com/eapi/v1/listenKey").status_code == 200
"""


def report(pytester: pytest.Pytester, *arguments: str) -> list[dict[str, Any]]:
    """Run with a report, and read its records."""
    pytester.runpytest("--binance-options-report=report.html", *arguments)
    return read(pytester)


def read(pytester: pytest.Pytester) -> list[dict[str, Any]]:
    return Page((pytester.path / "report.html").read_text("utf-8")).records


def moments(record: dict[str, Any]) -> list[str]:
    return [f"{each['lane']}: {each['text']}" for each in record["picture"]["moments"]]


def test_a_failure_is_told_with_its_hints_its_error_and_where_it_was(
    pytester: pytest.Pytester,
) -> None:
    pytester.makepyfile(test_a=LATE)
    result = pytester.runpytest("--binance-options-report=report.html")
    result.stdout.fnmatch_lines(["-* Binance Options report: file:///*/report.html -*"])
    (record,) = read(pytester)
    told = {name: record[name] for name in ("name", "outcome", "mode", "clock", "attempt", "facts")}
    assert told == {
        "name": "test_a.py::test_late",
        "outcome": "failed",
        "mode": "simulate",
        "clock": "exchange",
        "attempt": 1,
        "facts": [],
    }
    assert record["summary"].endswith("assert 400 == 200")
    assert ">       assert session.put(" in record["error"]
    assert record["seconds"] > 0
    (hint,) = record["hints"]
    section = re.sub(r"\s+", " ", result.stdout.str())
    assert hint.startswith("PUT at ")
    assert f"* {hint} " in section
    assert [
        re.sub(r"\d\d:\S+", "TIME", text).replace("AssertionError: ", "")
        for text in moments(record)
    ] == [
        "requests: POST /eapi/v1/listenKey -> 200",
        "keys: listen key made, until TIME unless renewed",
        "test: the clock moves on by 1 h 1 min",
        "keys: listen key expired",
        "requests: PUT /eapi/v1/listenKey -> 400 -1125 This listenKey does not exist.",
        "test: the test failed: assert 400 == 200",
    ]


def test_where_nothing_stands_out_that_is_no_hint(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        def test_fails(binance_options_client):
            binance_options_client.request("GET", "/eapi/v1/ping")
            assert 0
        """
    )
    (record,) = report(pytester)
    assert record["hints"] == []
    assert record["facts"] == ["Nothing stands out: 1 request got 200."]


def test_where_the_journal_has_dropped_its_beginning_the_page_says_so(
    pytester: pytest.Pytester,
) -> None:
    pytester.makepyfile(
        """
        def test_fails(binance_options_client, binance_options_exchange):
            binance_options_exchange.journal.limit = 1
            for n in range(3):
                binance_options_client.request("GET", "/eapi/v1/ping")
            assert 0
        """
    )
    (record,) = report(pytester)
    assert [text.replace("AssertionError: ", "") for text in moments(record)] == [
        "test: dropped, up to here: 2 requests, 0 notes; the journal keeps the last 1 line (journal.limit; None keeps all)",
        "requests: GET /eapi/v1/ping -> 200",
        "test: the test failed: assert 0",
    ]
    assert record["facts"] == ["Nothing stands out: of 3 requests the last 1 got 200."]


def test_every_test_that_uses_us_is_there_failures_first(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        test_a="""
        import unittest
        import pytest

        def test_not_ours(): pass
        def test_passes(binance_options): pass
        def test_skips(binance_options): pytest.skip("not today")
        @pytest.mark.xfail
        def test_is_expected_to_fail(binance_options): assert 0
        @pytest.mark.xfail
        def test_is_better_than_expected(binance_options): pass
        @pytest.mark.binance_options(mode="replay")
        def test_has_no_cassette(binance_options): pass
        @pytest.fixture
        def breaks(binance_options):
            yield
            raise RuntimeError("late")
        def test_breaks_in_the_end(breaks): pass
        def test_fails(binance_options): assert 0
        @pytest.mark.usefixtures("binance_options")
        class TestCase(unittest.TestCase):
            def test_method(self): pass
        def test_is_skipped_for_want_of_an_account(binance_options): pass
        """
    )
    outcomes = [
        (record["name"].split("::", 1)[1], record["outcome"]) for record in report(pytester)
    ]
    assert outcomes == [
        ("test_fails", "failed"),
        ("test_has_no_cassette", "error"),
        ("test_breaks_in_the_end", "error"),
        ("test_is_better_than_expected", "xpassed"),
        ("test_passes", "passed"),
        ("TestCase::test_method", "passed"),
        ("test_is_skipped_for_want_of_an_account", "passed"),
        ("test_is_expected_to_fail", "xfailed"),
        ("test_skips", "skipped"),
    ]


def test_without_a_test_of_ours_it_says_so(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("def test_not_ours(): pass")
    assert report(pytester) == []
    assert (
        "No test of this run used Binance Options." in (pytester.path / "report.html").read_text()
    )


def test_parameters_may_be_whatever_they_are(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        f"""
        import pytest

        @pytest.mark.parametrize("odd", {HOSTILE!r}, ids=repr)
        def test_odd(binance_options, odd):
            assert odd is None, odd
        """
    )
    records = report(pytester)
    assert len(records) == len(HOSTILE)
    assert "alert(1)" in records[0]["name"]
    assert "alert(1)" in records[0]["error"]


def test_a_run_that_is_interrupted_has_its_report(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        def test_before(binance_options): pass
        def test_interrupted(binance_options): raise KeyboardInterrupt
        def test_after(binance_options): pass
        """
    )
    result = pytester.runpytest("--binance-options-report=report.html", no_reraise_ctrlc=True)
    assert result.ret == pytest.ExitCode.INTERRUPTED
    assert [record["name"].split("::")[1] for record in read(pytester)] == ["test_before"]


def test_a_file_is_written_in_a_directory_that_is_made(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(FLOW)
    result = pytester.runpytest("--binance-options-report=a/b/report.html")
    result.assert_outcomes(passed=1)
    assert [path.name for path in (pytester.path / "a/b").iterdir()] == ["report.html"]


@pytest.mark.parametrize(
    ("target", "problem"),
    [
        (".", "{path} is a directory. Name a file in it."),
        (
            "taken/report.html",
            "{path} can't be written (File exists). Name a file in a directory that can be written to.",
        ),
        (
            f"{'x' * 300}.html",
            "{path} can't be written (File name too long). Name a file in a directory that can be written to.",
        ),
    ],
)
def test_a_file_that_cannot_be_written_ends_the_run_before_it_begins(
    pytester: pytest.Pytester, target: str, problem: str
) -> None:
    pytester.makepyfile(FLOW)
    (pytester.path / "taken").write_text("")
    result = pytester.runpytest(f"--binance-options-report={target}")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    said = problem.format(path=pytester.path / target)
    assert result.stderr.lines[0] == f"ERROR: --binance-options-report: {said}"
    result.stdout.no_fnmatch_line("*passed*")


def test_a_file_that_can_no_longer_be_written_is_said_in_the_end(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        import shutil
        def test_removes(binance_options, request):
            shutil.rmtree(request.config.rootpath / "out")
        """
    )
    result = pytester.runpytest("--binance-options-report=out/report.html")
    path = pytester.path / "out" / "report.html"
    result.stdout.fnmatch_lines(
        [f"--binance-options-report: {path} could not be written (No such file or directory)."]
    )


def test_secrets_of_a_test_are_not_in_it(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        import pathlib
        def test_tells(binance_options_listen_key, binance_options_auth, binance_options_client):
            binance_options_client.request("GET", "/eapi/v1/marginAccount", signed=True)
            auth = binance_options_auth
            secrets = [binance_options_listen_key, auth.api_key, auth.secret_key]
            pathlib.Path("secrets").write_text("\\n".join(secrets))
            assert secrets == [], secrets
        """
    )
    (record,) = report(pytester)
    secrets = Path("secrets").read_text().split()
    assert record["outcome"] == "failed"
    assert len(secrets) == 3
    text = (pytester.path / "report.html").read_text()
    assert [secret for secret in secrets if secret in text] == []
    assert "<hidden>" in record["error"]


class Hostile(Simulate):
    """Says what would be markup."""

    def respond(self, request: Request) -> Answer:
        if request.path == "/eapi/v1/ping":
            return Response(400, (), json.dumps({"code": -1, "msg": "".join(HOSTILE)}).encode())
        answer = super().respond(request)
        assert isinstance(answer, Response)
        return answer

    def connect(self, handshake: Request) -> Connection | Response:
        connection = super().connect(handshake)
        for text in HOSTILE:
            self.exchange.emit(events.raw({"e": text, "E": 1, "text": text}))
        return connection


@pytest.fixture
def hostile(server: LoopbackServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """An exchange of that kind, with an account in the environment."""
    exchange = Exchange()
    exchange.open_account(api_key=API_KEY, secret_key=SECRET_KEY)
    monkeypatch.setenv("BINANCE_API_KEY", API_KEY)
    monkeypatch.setenv("BINANCE_SECRET_KEY", SECRET_KEY)
    with server.attach(Hostile(exchange)) as attached:
        yield attached


def test_whoever_answers_there_are_lanes_and_what_a_server_says_is_text(
    pytester: pytest.Pytester, hostile: Server
) -> None:
    pytester.makepyfile(
        test_bot="""
        from pytest_binance_options.client.rest import ApiException
        def test_bot(binance_options_stream, binance_options_client):
            for _ in range(6):
                binance_options_stream.receive(timeout=5)
            try:
                binance_options_client.request("GET", "/eapi/v1/ping")
            except ApiException:
                pass
        """
    )
    network = [
        f"--binance-options-host={hostile.url}",
        f"--binance-options-stream-host={hostile.stream_url}",
    ]
    page = pytester.path / "report.html"
    for arguments in (
        ["testnet", *network],
        ["record", *network],
        ["replay"],
        ["verify", *network],
    ):
        (record,) = report(pytester, *(f"--binance-options={arguments[0]}", *arguments[1:]))
        assert (record["outcome"], record["clock"]) == ("passed", "real"), record
        assert [lane["title"] for lane in record["picture"]["lanes"]] == [
            "REST",
            "Listen key",
            "Connections",
            "Events",
        ]
        assert [each["label"] for each in record["picture"]["moments"] if each["lane"] == "events"][
            :2
        ] == list(HOSTILE[:2])
        text = page.read_text("utf-8")
        assert [secret for secret in (API_KEY, SECRET_KEY) if secret in text] == []
        assert len(re.findall("<script", text)) == 3
    assert record["facts"] == ["cassette: cassettes/test_bot/test_bot.yaml"]


def test_a_failure_on_the_network_says_where_it_was(
    pytester: pytest.Pytester, hostile: Server
) -> None:
    pytester.makepyfile(
        """
        def test_bot(binance_options_client):
            binance_options_client.request("GET", "/eapi/v1/ping")
        """
    )
    (record,) = report(
        pytester, "--binance-options=testnet", f"--binance-options-host={hostile.url}"
    )
    assert record["outcome"] == "failed"
    assert [each["label"] for each in record["picture"]["moments"]] == ["GET ping", "failed"]


def test_workers_of_xdist_send_theirs_to_one_page(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTEST_PLUGINS", "pytest_binance_options.plugin,xdist.plugin")
    pytester.makepyfile(
        f"""
        import pytest

        @pytest.mark.parametrize("n", range(6))
        def test_n(binance_options_client, n):
            binance_options_client.request("GET", "/eapi/v1/ping")
            assert n != 3, {HOSTILE!r}
        """
    )
    arguments = ["-n", "2", "--binance-options-report=report.html", "--junitxml=junit.xml"]
    pytester.runpytest_subprocess(*arguments).assert_outcomes(passed=5, failed=1)
    records = read(pytester)
    assert records[0]["name"].endswith("[3]")
    assert sorted(record["name"][-2] for record in records) == list("012345")
    assert all("GET /eapi/v1/ping -> 200" in moments(record)[0] for record in records)
    assert "moments" not in (pytester.path / "junit.xml").read_text()


def test_a_test_that_is_run_again_has_each_of_its_runs(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTEST_PLUGINS", "pytest_binance_options.plugin,pytest_rerunfailures")
    pytester.makepyfile(
        """
        runs = []
        def test_flaky(binance_options_client):
            runs.append(1)
            binance_options_client.request("GET", "/eapi/v1/ping")
            assert len(runs) > 1
        """
    )
    pytester.runpytest("--binance-options-report=report.html", "--reruns=2", "-p", "no:randomly")
    records = read(pytester)
    assert [(each["outcome"], each["attempt"]) for each in records] == [("rerun", 1), ("passed", 2)]
    assert [each["label"] for each in records[0]["picture"]["moments"]] == ["GET ping", "failed"]
    assert [each["label"] for each in records[1]["picture"]["moments"]] == ["GET ping"]


def test_pytest_html_has_the_picture_in_its_row(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    plugins = "pytest_binance_options.plugin,pytest_metadata.plugin,pytest_html.plugin"
    monkeypatch.setenv("PYTEST_PLUGINS", plugins)
    pytester.makepyfile(
        test_a=LATE,
        test_b=f"""
        def test_not_ours(): pass
        def test_odd(binance_options):
            assert 0, {HOSTILE!r}
        """,
    )
    pytester.runpytest("--html=rows.html", "--self-contained-html").assert_outcomes(
        passed=1, failed=2
    )
    text = (pytester.path / "rows.html").read_text("utf-8")
    page = Page(text)
    assert sum("customElements.define" in inside for _, inside in page.inside) == 1
    (blob,) = [
        attributes["data-jsonblob"] for _, attributes in page.tags if "data-jsonblob" in attributes
    ]
    assert blob is not None
    rows = json.loads(blob)["tests"]
    pictures = {
        name.partition("::")[2]: [
            json.loads(attributes["record"] or "")
            for extra in row[0]["extras"]
            for tag, attributes in Page(extra["content"]).tags
            if tag == "binance-options-picture"
        ]
        for name, row in rows.items()
    }
    assert pictures["test_not_ours"] == []
    (late,), (odd,) = pictures["test_late"], pictures["test_odd"]
    assert late["hints"][0].startswith("PUT at ")
    assert moments(late)[-1].endswith("assert 400 == 200")
    assert (late["error"], odd["outcome"]) == ("", "failed")
    assert not (pytester.path / "report.html").exists()


def test_pytest_html_and_a_report_of_ours_go_together(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    plugins = "pytest_binance_options.plugin,pytest_metadata.plugin,pytest_html.plugin"
    monkeypatch.setenv("PYTEST_PLUGINS", plugins)
    pytester.makepyfile(FLOW)
    (record,) = report(pytester, "--html=rows.html", "--self-contained-html")
    assert record["outcome"] == "passed"
    assert "binance-options-picture framed" in (pytester.path / "rows.html").read_text("utf-8")
