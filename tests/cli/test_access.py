"""Who reaches ``serve`` and who commands it: ``--bind`` and the control token."""

from __future__ import annotations

import json
import logging
import signal
import socket

import pytest
import requests

from pytest_binance_options._cli import access, main
from pytest_binance_options._cli.serve import serving
from pytest_binance_options.errors import UsageError

EVERYWHERE = "0.0.0.0"  # noqa: S104  behind a token, which is what is tested
TOKEN = "a-token-of-the-test-s-own"
MISSING = (
    "This control interface demands its token. Send the header Authorization: Bearer TOKEN, with"
    " what serve printed as control_token, or was given."
)
NO_BEARER = "Authorization is no bearer token. Send Authorization: Bearer TOKEN."
WRONG = (
    "The token in Authorization is not this serve's. It is what serve printed as control_token, or"
    " was given; each start makes up another."
)


@pytest.fixture(autouse=True)
def _no_token_of_the_machine_s(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(access.TOKEN_VARIABLE, raising=False)


def state(url: str, **headers: str) -> requests.Response:
    return requests.get(f"{url}/state", headers=headers, timeout=5)


def test_loopback_is_the_default_and_needs_no_token() -> None:
    with serving(clock="frozen") as (addresses, _):
        assert "control_token" not in addresses
        assert state(addresses["control_url"]).status_code == 200
        port = int(addresses["url"].rpartition(":")[2])
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.2", port), timeout=5)


def test_beyond_loopback_a_random_token_is_printed_and_demanded() -> None:
    with serving(clock="frozen", bind=EVERYWHERE) as (addresses, _):
        token, control = addresses["control_token"], addresses["control_url"]
        assert len(token) >= 40
        # What was printed leads there from this machine; others have another name for it.
        assert control.startswith("http://127.0.0.1:")
        elsewhere = control.replace("127.0.0.1", "127.0.0.2")
        for url in (control, elsewhere):
            assert state(url, Authorization=f"Bearer {token}").status_code == 200
            assert state(url, Authorization=f"bearer  {token}").status_code == 200
            refused = state(url)
            assert (refused.status_code, refused.json()) == (401, {"error": MISSING})
            assert refused.headers["WWW-Authenticate"] == "Bearer"
        named = state(control, Authorization=f"Bearer {token}", Host="exchange.test:8080")
        assert named.status_code == 200
        # The exchange's own door has the exchange's own keys.
        assert requests.get(f"{addresses['url']}/eapi/v1/ping", timeout=5).status_code == 200
    with serving(clock="frozen", bind=EVERYWHERE) as (addresses, _):
        assert addresses["control_token"] != token


@pytest.mark.parametrize(
    ("header", "error"),
    [
        (f"Bearer {TOKEN}x", WRONG),
        (f"Bearer {TOKEN[:-1]}", WRONG),
        ("Bearer \xe4", WRONG),
        (TOKEN, NO_BEARER),
        ("Bearer", NO_BEARER),
        ("Basic dXNlcjpwYXNz", NO_BEARER),
        ("", NO_BEARER),
    ],
)
def test_a_wrong_token_is_refused_whatever_is_asked_for(header: str, error: str) -> None:
    with serving(clock="frozen", control_token=TOKEN) as (addresses, _):
        for method, path in (("GET", "/"), ("POST", "/reset"), ("GET", "/nowhere"), ("PUT", "/")):
            refused = requests.request(
                method,
                addresses["control_url"] + path,
                headers={"Authorization": header.encode("latin-1")},
                timeout=5,
            )
            assert (refused.status_code, refused.json()) == (401, {"error": error})


@pytest.mark.parametrize("by", ["argument", "environment"])
def test_a_token_that_was_given_is_demanded_and_not_printed(
    monkeypatch: pytest.MonkeyPatch, by: str
) -> None:
    if by == "environment":
        monkeypatch.setenv(access.TOKEN_VARIABLE, TOKEN)
    given = TOKEN if by == "argument" else None
    with serving(clock="frozen", control_token=given) as (addresses, _):
        assert TOKEN not in json.dumps(addresses)
        assert state(addresses["control_url"]).status_code == 401
        authorized = state(addresses["control_url"], Authorization=f"Bearer {TOKEN}")
        assert authorized.status_code == 200


def test_no_log_and_no_answer_has_the_token(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with serving(clock="frozen", control_token=TOKEN) as (addresses, _):
        control = addresses["control_url"]
        answers = [
            state(control, Authorization=f"Bearer {TOKEN}"),
            state(control, Authorization=f"Bearer {TOKEN}x"),
            state(control, Authorization=TOKEN),
            requests.get(f"{control}/journal", headers={"Authorization": f"Bearer {TOKEN}"}),  # noqa: S113
        ]
        with socket.create_connection(
            ("127.0.0.1", int(control.rpartition(":")[2])), timeout=5
        ) as raw:
            raw.sendall(f"GET / HTTP/1.1\r\nAuthorization\0: Bearer {TOKEN}\r\n\r\n".encode())
            assert b" 400 " in raw.recv(1000)
    assert TOKEN not in caplog.text
    assert not any(TOKEN in answer.text for answer in answers)


@pytest.mark.skipif(not socket.has_ipv6, reason="needs IPv6")
def test_an_ipv6_address_can_be_bound() -> None:
    try:
        with serving(clock="frozen", bind="::1") as (addresses, _):
            assert addresses["control_url"].startswith("http://[::1]:")
            assert "control_token" not in addresses
            assert state(addresses["control_url"]).status_code == 200
    except UsageError as error:
        pytest.skip(f"this machine has no ::1: {error}")


def test_the_control_port_can_be_chosen() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(UsageError) as caught:
            serving(control_port=port).__enter__()
    assert (
        str(caught.value) == f"Port {port} at 127.0.0.1 can't be had: Address already in use. Give"
        " another --control-port, or leave it out."
    )
    with serving(control_port=port) as (addresses, _):
        assert addresses["control_url"] == f"http://127.0.0.1:{port}"


def test_an_address_of_another_machine_is_said(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(signal, "signal", lambda number, handler: handler(number, None))
    # From RFC 5737, for documentation.
    assert main(["serve", "--bind", "192.0.2.1"]) == 2
    assert (
        capsys.readouterr().err
        == "pytest-binance-options serve: 192.0.2.1 can't be bound: Cannot assign requested"
        " address. Give --bind an address of this machine, such as 0.0.0.0 for all that it has.\n"
    )


@pytest.mark.parametrize("given", ["localhost", "", "127.0.0.1:80", "http://127.0.0.1", "1.2.3"])
def test_what_is_no_address_is_a_usage_error(
    capsys: pytest.CaptureFixture[str], given: str
) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["serve", f"--bind={given}"])
    assert caught.value.code == 2
    assert capsys.readouterr().err.endswith(
        f"argument --bind: the address is {given!r}. Give an IP address of this machine. 127.0.0.1"
        " is this machine alone, 0.0.0.0 and :: are all of its addresses; the port is --port's.\n"
    )


@pytest.mark.parametrize("given", ["", "short", "with a blank, and long", "x" * 513, "\xe4" * 20])
def test_a_token_that_can_t_be_one_is_refused_and_not_shown(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, given: str
) -> None:
    said = (
        f" ({len(given)} characters) can't be used. Give from 16 to 512 of ASCII's letters, digits"
        " and -._~+/, or leave it out: one is made up where it is needed.\n"
    )
    with pytest.raises(SystemExit) as caught:
        main(["serve", f"--control-token={given}"])
    assert caught.value.code == 2
    assert capsys.readouterr().err.endswith(f"argument --control-token: the control token{said}")
    monkeypatch.setenv(access.TOKEN_VARIABLE, given)
    monkeypatch.setattr(signal, "signal", lambda number, handler: handler(number, None))
    assert main(["serve"]) == 2
    assert (
        capsys.readouterr().err
        == f"pytest-binance-options serve: BINANCE_OPTIONS_CONTROL_TOKEN{said}"
    )
