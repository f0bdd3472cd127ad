"""``assumptions``: whom it asks and whom not, what it prints, and what it leaves behind."""

from __future__ import annotations

import importlib.util
import json
import re
import socket
import time
from collections.abc import Iterator

import pytest

from pytest_binance_options._assumptions import wire
from pytest_binance_options._cli import assumptions, main
from pytest_binance_options._transports.server.server import LoopbackServer
from pytest_binance_options.exchange import fault
from tests.assumptions.upstream import API_KEY, SECRET_KEY, Asked, Turned, asked

LISTEN_KEY = "/eapi/v1/listenKey"


@pytest.fixture(autouse=True)
def account(monkeypatch: pytest.MonkeyPatch) -> None:
    """The account that the exchange knows; and nothing is waited for that comes at once here."""
    monkeypatch.delenv("BINANCE_PRIVATE_KEY_PATH", raising=False)
    monkeypatch.setenv("BINANCE_API_KEY", API_KEY)
    monkeypatch.setenv("BINANCE_SECRET_KEY", SECRET_KEY)
    monkeypatch.setattr(assumptions, "_PATIENCE", 0)


@pytest.fixture
def there(server: LoopbackServer) -> Iterator[Asked]:
    with asked(server) as exchange:
        yield exchange


@pytest.fixture
def nobody() -> Iterator[str]:
    """An address that refuses connections: it is held, so that nobody else listens there."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        yield f"127.0.0.1:{held.getsockname()[1]}"


def ask(whom: Asked) -> int:
    return main(["assumptions", "--host", whom.url, "--stream-host", whom.stream_url])


def lines(capsys: pytest.CaptureFixture[str]) -> list[str]:
    return capsys.readouterr().out.splitlines()


def refused(*arguments: str, capsys: pytest.CaptureFixture[str]) -> str:
    """What it says where it can't ask."""
    assert main(["assumptions", *arguments]) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    start = "pytest-binance-options assumptions: "
    assert printed.err.startswith(start)
    return printed.err.removeprefix(start).rstrip("\n")


def test_every_assumption_gets_a_line_and_the_last_one_counts(
    there: Asked, capsys: pytest.CaptureFixture[str]
) -> None:
    assert ask(there) == 0
    *each, last = lines(capsys)
    confirmed = [line for line in each if line.startswith("confirmed     ")]
    open_ = [line for line in each if line.startswith("not settled   ")]
    assert len(each) == len(confirmed) + len(open_)
    assert last == (
        f"{len(confirmed)} confirmed, 0 contradicted, {len(open_)} not settled:"
        f" {there.url}, {there.stream_url}"
    )
    assert "confirmed     A DELETE sends no event" in each
    assert "confirmed     Key material is 64 letters and digits (the listen key)" in each
    assert (
        "not settled   At the 24 hour mark the close frame has code 1001 and no reason: it takes"
        " minutes or hours of listening"
    ) in each


def test_what_is_contradicted_is_shown_with_what_came_and_no_secret(
    server: LoopbackServer, capsys: pytest.CaptureFixture[str]
) -> None:
    with asked(server) as there:
        there.exchange.accounts.unknown_key = -2015
        assert ask(there) == 1
        secrets = [API_KEY, SECRET_KEY, *there.upstream.listen_keys]
    printed = capsys.readouterr()
    assert (
        'contradicted  An unknown API key gets -2008 "Invalid Api-Key ID.": came 401'
        ' {"code":-2015,"msg":"Invalid API-key, IP, or permissions for action, request ip: <this'
        ' address>"}\n'
    ) in printed.out
    assert printed.out.endswith(
        "What is contradicted is wrong in the simulated exchange. Please say so in an issue, with"
        " these lines.\n"
    )
    assert len(secrets) > 5
    assert [secret for secret in secrets if secret in printed.out + printed.err] == []


def test_what_streams_say_is_shown_without_listen_keys(
    server: LoopbackServer, capsys: pytest.CaptureFixture[str]
) -> None:
    # Answers to LIST_SUBSCRIPTIONS that have one thing too many, and with it the key.
    def more(text: str, names: list[str]) -> str:
        value = json.loads(text)
        if isinstance(value.get("result"), list) and len(value["result"]) == 2:
            value["result"].append(f"more {names[-1]}")
        return json.dumps(value)

    with asked(server, Turned(frame=more)) as there:
        assert ask(there) == 1
        keys = there.upstream.listen_keys
    (found,) = [line for line in lines(capsys) if line.startswith("contradicted")]
    assert 'came LIST_SUBSCRIPTIONS says ["listenKey=<hidden>' in found
    assert [key for key in keys if key in found] == []


def test_the_listen_key_is_closed_at_the_end_and_little_was_asked(there: Asked) -> None:
    ask(there)
    assert there.listen_key is None
    assert len(there.exchange.journal) < 60
    assert there.exchange.limits.used_weight("127.0.0.1") < 120
    # The server notices a moment later that its clients have gone.
    deadline = time.monotonic() + 5
    while there.exchange.streams.connections and time.monotonic() < deadline:
        time.sleep(0.01)
    assert there.exchange.streams.connections == []


def test_the_listen_key_is_closed_also_where_asking_breaks_off(
    there: Asked, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*args: object, **kwargs: object) -> object:
        assert there.listen_key is not None
        raise KeyboardInterrupt

    monkeypatch.setattr(assumptions, "settle", interrupted)
    with pytest.raises(KeyboardInterrupt):
        ask(there)
    assert there.listen_key is None


def test_a_key_that_can_not_be_closed_is_said_to_be_left(
    there: Asked, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(assumptions, "settle", lambda *args, **kwargs: [])
    there.exchange.faults.add(fault.service_unavailable(), method="DELETE")
    assert ask(there) == 0
    assert capsys.readouterr().err == (
        "pytest-binance-options assumptions: the listen key could not be closed. It ends by itself"
        " within 60 minutes.\n"
    )


def test_an_exchange_that_wants_less_is_asked_nothing_more(
    there: Asked, capsys: pytest.CaptureFixture[str]
) -> None:
    there.exchange.faults.add(fault.status(429, {"code": -1008, "msg": "slow"}), after=5, times=1)
    assert ask(there) == 2
    last = lines(capsys)[-1]
    assert re.match(r"1 confirmed, 0 contradicted, \d+ not settled", last), last
    # The time, the key, what was asked until then, and the key is closed.
    asked_for = [(entry.method, entry.path) for entry in there.exchange.journal]
    assert len(asked_for) == 7
    assert asked_for[-1] == ("DELETE", LISTEN_KEY)


def test_who_is_banned_sends_nothing_more_at_all(
    there: Asked, capsys: pytest.CaptureFixture[str]
) -> None:
    there.exchange.faults.add(fault.status(418, {"code": -1008, "msg": "banned"}), after=5, times=1)
    assert ask(there) == 2
    printed = capsys.readouterr()
    assert (
        "An API key has the right format when it is 64 letters and digits: the exchange asked for"
        ' less: 418 {"code":-1008,"msg":"banned"}\n'
    ) in printed.out
    assert "could not be closed" in printed.err
    assert len(there.exchange.journal) == 6


def test_a_stream_host_that_is_not_reached_leaves_its_questions_open(
    there: Asked, nobody: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["assumptions", "--host", there.url, "--stream-host", f"ws://{nobody}"]) == 2
    out = capsys.readouterr().out
    assert (
        "not settled   A DELETE sends no event: no stream can be opened: Nobody is reached" in out
    )
    assert "confirmed     A close without an active listen key gets -1125\n" in out
    assert there.listen_key is None


def test_without_the_extra_streams_are_not_asked(
    there: Asked, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    find = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name: None if name == "aiohttp" else find(name)
    )
    assert ask(there) == 0
    each = lines(capsys)
    assert (
        "not settled   A DELETE sends no event: streams need the extra: pip install"
        ' "pytest-binance-options[server]"'
    ) in each
    assert "confirmed     A close without an active listen key gets -1125" in each


# Whom it does not ask


@pytest.mark.parametrize(
    ("option", "base"),
    [("--host", "https://eapi.binance.com"), ("--stream-host", "wss://fstream.binance.com")],
)
def test_production_is_refused(option: str, base: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert refused(option, base, capsys=capsys) == (
        f"{base} ({option}) is production: closing a listen key there closes it for whatever else"
        " uses the account. Use the testnet, or say --allow-production."
    )


def test_production_is_asked_where_that_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    hosts: list[str] = []

    def note(there: wire.Wire) -> int:
        hosts.append(there.host)
        return 0

    monkeypatch.setattr(assumptions, "ask", note)
    production = [
        "--host",
        "https://eapi.binance.com",
        "--stream-host",
        "wss://fstream.binance.com",
    ]
    assert main(["assumptions", *production, "--allow-production"]) == 0
    assert main(["assumptions"]) == 0
    assert hosts == ["https://eapi.binance.com", "https://demo-fapi.binance.com"]


def test_a_rest_host_and_a_stream_host_of_two_exchanges_are_refused(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert refused("--host", "https://eapi.binance.com", "--allow-production", capsys=capsys) == (
        "https://eapi.binance.com (--host) is production, and wss://demo-fstream.binance.com"
        " (--stream-host) is the testnet: a listen key of the one is unknown to the other. Set both"
        " to the same exchange's: https://eapi.binance.com goes with wss://fstream.binance.com."
    )


def test_without_an_account_it_says_what_to_set(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("BINANCE_SECRET_KEY")
    assert refused(capsys=capsys) == (
        "it needs an account: set BINANCE_API_KEY with BINANCE_SECRET_KEY or"
        " BINANCE_PRIVATE_KEY_PATH."
    )


def test_an_address_that_is_none_is_named_with_its_option(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert refused("--stream-host", "nowhere", capsys=capsys) == (
        "--stream-host: 'nowhere' is not a base URL. Give scheme and host (wss or ws), as in"
        " wss://demo-fstream.binance.com."
    )


def test_where_nobody_answers_it_says_so(nobody: str, capsys: pytest.CaptureFixture[str]) -> None:
    nowhere = ("--host", f"http://{nobody}", "--stream-host", f"ws://{nobody}")
    assert refused(*nowhere, capsys=capsys) == (
        f"http://{nobody} can't be asked: GET /eapi/v1/time has no answer: connection refused. Look at"
        " --host, the network, and whether the account's API key is of this environment."
    )


def test_an_account_that_is_not_known_there_can_not_ask(
    there: Asked, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BINANCE_API_KEY", "Other" * 12 + "Key1")
    said = refused("--host", there.url, "--stream-host", there.stream_url, capsys=capsys)
    assert said == (
        f"{there.url} can't be asked: POST {LISTEN_KEY} gives no listen key: 401"
        ' {"code":-2008,"msg":"Invalid Api-Key ID."}. Look at --host, the network, and whether the'
        " account's API key is of this environment."
    )


def test_its_help_says_what_the_exit_status_means(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["assumptions", "--help"])
    text = " ".join(capsys.readouterr().out.split())
    for part in (
        "Exit status 0: nothing contradicts; 1: something does; 2: it could not ask.",
        "--host REST_BASE",
        "--stream-host STREAM_BASE",
        "--allow-production",
    ):
        assert part in text
