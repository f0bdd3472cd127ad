"""``serve`` as a process: what it prints, what it answers, and how it ends."""

from __future__ import annotations

import argparse
import builtins
import contextlib
import json
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import datetime, timezone

import pytest
import requests
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from pytest_binance_options._cli import main
from pytest_binance_options._cli.serve import serving
from pytest_binance_options.errors import UsageError

COMMAND = (sys.executable, "-X", "dev", "-W", "error", "-m", "pytest_binance_options", "serve")
Addresses = dict[str, str]


class Process:
    """A running ``serve``."""

    def __init__(self, *options: str) -> None:
        command = [*COMMAND, *options]
        self.process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        assert self.process.stdout is not None
        self.addresses: Addresses = json.loads(self.process.stdout.readline())

    def end(self, number: int) -> tuple[int, str, str]:
        """Send a signal; gives the exit status and what else was printed, on stdout and on
        stderr."""
        self.process.send_signal(number)
        rest, errors = self.process.communicate(timeout=5)
        return self.process.returncode, rest, errors


@contextlib.contextmanager
def running(*options: str) -> Iterator[Process]:
    process = Process(*options)
    try:
        yield process
    finally:
        process.process.kill()
        process.process.communicate()


def start_listen_key(addresses: Addresses) -> str:
    response = requests.post(
        f"{addresses['url']}/eapi/v1/listenKey",
        headers={"X-MBX-APIKEY": addresses["api_key"]},
        timeout=5,
    )
    assert response.status_code == 200, response.text
    return str(response.json()["listenKey"])


def control(addresses: Addresses, method: str, path: str, body: object = None) -> object:
    response = requests.request(method, addresses["control_url"] + path, json=body, timeout=5)
    assert response.status_code == 200, response.text
    return response.json()


# The process


def test_one_line_says_where_it_is_and_a_signal_ends_it_while_clients_are_connected() -> None:
    with running("--seed", "7") as process:
        addresses = process.addresses
        assert sorted(addresses) == ["api_key", "control_url", "secret_key", "stream_url", "url"]
        assert all(
            "://127.0.0.1:" in addresses[name] for name in ("url", "stream_url", "control_url")
        )
        listen_key = start_listen_key(addresses)
        control(addresses, "POST", "/faults", {"fault": "timeout", "path": "/eapi/v1/ping"})
        with (
            connect(f"{addresses['stream_url']}/private/ws/{listen_key}", proxy=None) as stream,
            socket.create_connection(
                ("127.0.0.1", int(addresses["url"].rpartition(":")[2]))
            ) as held,
        ):
            held.sendall(b"GET /eapi/v1/ping HTTP/1.1\r\nHost: x\r\n\r\n")
            assert process.end(signal.SIGTERM) == (0, "", "")
            with pytest.raises(ConnectionClosed):
                stream.recv(timeout=5)


def test_ctrl_c_ends_it_the_same_way() -> None:
    with running() as process:
        assert process.end(signal.SIGINT) == (0, "", "")


def test_the_clock_goes_on_by_itself_and_what_falls_due_happens() -> None:
    with running() as process:
        addresses = process.addresses
        listen_key = start_listen_key(addresses)
        with connect(f"{addresses['stream_url']}/private/ws/{listen_key}", proxy=None) as stream:
            # A moment before the listen key's end; the rest passes in real time, and nobody asks
            # anything meanwhile.
            control(addresses, "POST", "/clock/advance", {"seconds": 3599.5})
            assert json.loads(stream.recv(timeout=5))["e"] == "listenKeyExpired"


def test_a_port_that_is_taken_is_said_with_status_2() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        command = [*COMMAND, "--port", str(port)]
        ended = subprocess.run(command, capture_output=True, text=True, timeout=20, check=False)
    assert (ended.returncode, ended.stdout) == (2, "")
    assert (
        ended.stderr
        == f"pytest-binance-options serve: Port {port} at 127.0.0.1 can't be had: Address already"
        " in use. Give another --port, or leave it out.\n"
    )


# Options


def refused(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, *options: str
) -> str:
    """What is said on stderr by a ``serve`` that does not begin."""
    # One that begins after all ends at once, and fails the test.
    monkeypatch.setattr(signal, "signal", lambda number, handler: handler(number, None))
    assert main(["serve", *options]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    return said.err


def test_a_signal_that_comes_before_it_is_ready_is_not_forgotten(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(signal, "signal", lambda number, handler: handler(number, None))
    assert main(["serve"]) == 0
    addresses = json.loads(capsys.readouterr().out)
    with pytest.raises(requests.ConnectionError):
        requests.get(addresses["url"], timeout=5)


def test_an_option_that_other_servers_have_is_refused_with_ours(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert (
        refused(capsys, monkeypatch, "--host", "0.0.0.0")  # noqa: S104
        == "pytest-binance-options serve: serve has no --host. It binds 127.0.0.1, or the address"
        " that --bind gives.\n"
    )


def test_a_key_that_can_t_be_used_is_said(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    said = refused(capsys, monkeypatch, "--api-key", "my key")
    assert said.startswith(
        "pytest-binance-options serve: api_key (6 characters) can't be sent in a header. "
    )


def test_without_the_extra_it_says_what_to_install(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    real = builtins.__import__

    def without(name: str, *rest: object) -> object:
        if "transports.server" in name:
            raise ImportError("No module named 'aiohttp'")
        return real(name, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(builtins, "__import__", without)
    assert (
        refused(capsys, monkeypatch)
        == "pytest-binance-options serve: serve needs aiohttp, and it can't be loaded (No module"
        " named 'aiohttp'). It comes with the extra: pip install"
        ' "pytest-binance-options[server]".\n'
    )


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (
            ["--port", "65536"],
            "argument --port: the port is '65536'. Give a whole number from 0 to 65535. 0 is any that is free.",
        ),
        (["--port=-1"], "argument --port: the port is '-1'. Give a whole number"),
        (["--port", "http"], "argument --port: the port is 'http'. Give a whole number"),
        (["--clock", "broken"], "argument --clock: invalid choice: 'broken'"),
        (["--seed", "x"], "argument --seed: the seed is 'x'. Give a whole number.\n"),
        (
            ["--journal-limit", "0"],
            "argument --journal-limit: the journal's limit is '0'. Give a whole number from 1 up.\n",
        ),
    ],
)
def test_an_option_that_can_t_be_is_a_usage_error(
    capsys: pytest.CaptureFixture[str], options: list[str], said: str
) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["serve", *options])
    assert caught.value.code == 2
    assert said in capsys.readouterr().err


def test_the_port_and_the_keys_are_those_that_were_given() -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with serving(port=port, api_key="A" * 64, secret_key="s" * 64) as (addresses, _):
        assert addresses["url"] == f"http://127.0.0.1:{port}"
        assert addresses["stream_url"] == f"ws://127.0.0.1:{port}"
        assert (addresses["api_key"], addresses["secret_key"]) == ("A" * 64, "s" * 64)
        start_listen_key(addresses)


def test_what_is_made_up_depends_on_the_seed() -> None:
    def made_up(seed: int) -> tuple[str, str, str]:
        with serving(seed=seed, clock="frozen") as (addresses, _):
            return addresses["api_key"], addresses["secret_key"], start_listen_key(addresses)

    assert made_up(1) == made_up(1)
    assert len({*made_up(1), *made_up(2)}) == 6


def test_the_journal_keeps_as_many_lines_as_it_is_told() -> None:
    with serving(clock="frozen", journal_limit=1) as (addresses, _):
        start_listen_key(addresses)
        listed = requests.get(f"{addresses['control_url']}/journal", timeout=5).json()
    assert [line.get("note", "").partition(";")[0] for line in listed] == [
        "dropped, up to here: 1 request, 0 notes",
        "listen key made",
    ]


# The two clocks


def exchange_time(addresses: Addresses) -> int:
    response = requests.get(f"{addresses['url']}/eapi/v1/time", timeout=5)
    return int(response.json()["serverTime"])


def real_time() -> int:
    return round(datetime.now(timezone.utc).timestamp() * 1000)


def test_a_frozen_clock_moves_when_it_is_told_to() -> None:
    with serving(clock="frozen") as (addresses, pace):
        began = exchange_time(addresses)
        pace.catch_up()
        assert exchange_time(addresses) == began == 1_767_225_600_000
        assert control(addresses, "POST", "/clock/advance", {"seconds": 90}) == {
            "now": began + 90_000
        }
        assert exchange_time(addresses) == began + 90_000
        assert control(addresses, "POST", "/reset") == {"now": began}


def test_a_real_clock_is_right_whenever_it_is_asked() -> None:
    with serving() as (addresses, _):
        for _ in range(3):
            before = real_time()
            told = exchange_time(addresses)
            # The machine's two clocks and their rounding: a signed request may be 1,000 ms off.
            assert before - 50 <= told <= real_time() + 50
        state = control(addresses, "GET", "/state")
        assert isinstance(state, dict)
        assert state["clock"] == "real"
        assert before - 50 <= state["now"] <= real_time() + 50


def test_a_real_clock_that_was_moved_stays_ahead_until_it_is_reset() -> None:
    with serving() as (addresses, _):
        control(addresses, "POST", "/clock/advance", {"seconds": 3600})
        assert abs(exchange_time(addresses) - real_time() - 3_600_000) < 1000
        control(addresses, "POST", "/reset")
        assert abs(exchange_time(addresses) - real_time()) < 1000


def test_a_clock_that_is_looked_after_has_things_fall_due() -> None:
    with serving() as (addresses, pace):
        listen_key = start_listen_key(addresses)
        with connect(f"{addresses['stream_url']}/private/ws/{listen_key}", proxy=None) as stream:
            control(addresses, "POST", "/clock/advance", {"seconds": 3599.99})
            time.sleep(0.02)
            pace.catch_up()
            assert json.loads(stream.recv(timeout=5))["e"] == "listenKeyExpired"


# Both doors


def test_the_two_doors_are_apart() -> None:
    with serving(clock="frozen") as (addresses, _):
        assert requests.get(f"{addresses['url']}/state", timeout=5).status_code == 404
        assert (
            requests.get(f"{addresses['control_url']}/eapi/v1/time", timeout=5).status_code == 404
        )
        evil = {"Host": "evil.example"}
        assert (
            requests.get(f"{addresses['control_url']}/state", headers=evil, timeout=5).status_code
            == 403
        )


def test_events_come_from_the_control_interface_to_the_stream() -> None:
    with serving(clock="frozen") as (addresses, _):
        listen_key = start_listen_key(addresses)
        with connect(f"{addresses['stream_url']}/private/ws/{listen_key}", proxy=None) as stream:
            assert control(addresses, "POST", "/events", {"e": "ACCOUNT_UPDATE", "b": "12.5"}) == {
                "streams": 1
            }
            event = json.loads(stream.recv(timeout=5))
            assert (event["e"], event["b"], event["E"]) == (
                "ACCOUNT_UPDATE",
                "12.5",
                1_767_225_600_000,
            )
            control(addresses, "POST", "/reset")
            with pytest.raises(ConnectionClosed):
                stream.recv(timeout=5)


def test_a_port_that_can_t_be_had_leaves_nothing_behind() -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as taken,
        pytest.raises(UsageError, match="Address already in use"),
    ):
        serving(port=taken.getsockname()[1]).__enter__()


def test_it_explains_its_options() -> None:
    parser = argparse.ArgumentParser()
    from pytest_binance_options._cli import serve

    serve.add_arguments(parser)
    described = parser.format_help()
    assert all(
        option in described
        for option in (
            "--port",
            "--control-port",
            "--bind",
            "--control-token",
            "--api-key",
            "--secret-key",
            "--clock",
            "--seed",
            "--journal-limit",
        )
    )
    assert "--host" not in described
