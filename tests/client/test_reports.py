"""What pytest prints of tests that fail in the client, at its most talkative."""

from __future__ import annotations

from pathlib import Path

import pytest

from .answering import API_KEY, LISTEN_KEY, SECRET, refused_url
from .keymaking import PASSPHRASE, private_pem

SUITE = """
import os
from pathlib import Path

import requests

from pytest_binance_options.client import *
from tests.client.answering import Memory, Raising

read = lambda name: Path(name).read_text()

def streams(adapter=None, host="https://eapi.binance.com"):
    auth = BinanceAuth(api_key=os.environ["K"], secret_key=os.environ["S"])
    return UserDataStreamsApi(ApiClient(Configuration(auth=auth, host=host), adapter=adapter))

def memory(file="created.json", status=200):
    return Memory(status, read(file).encode())

def test_two_sources():
    BinanceAuth(api_key=os.environ["K"], secret_key=os.environ["S"], private_key_pem=read("good.pem"))

def test_damaged():
    BinanceAuth(api_key=os.environ["K"], private_key_pem=read("good.pem")[:-100])

def test_damaged_file():
    BinanceAuth(api_key=os.environ["K"], private_key_path="damaged.pem")

def test_wrong_passphrase():
    BinanceAuth(api_key=os.environ["K"], private_key_path="encrypted.pem", passphrase=os.environ["P"] + "x")

def test_needless_passphrase():
    BinanceAuth(api_key=os.environ["K"], private_key_path="good.pem", passphrase=os.environ["P"])

def test_space_in_keys():
    BinanceAuth(api_key=os.environ["K"] + " ", secret_key=os.environ["S"])

def test_refused():
    streams(host=os.environ["REFUSED"]).options_create_listen_key_v1()

def test_refused_signed():
    streams(host=os.environ["REFUSED"]).api_client.request("GET", "/eapi/v1/account", signed=True)

def test_unusable():
    streams(memory("broken.json")).options_create_listen_key_v1()

def test_other_shape():
    streams(memory()).options_create_listen_key_v1_with_http_info().data.listen_key.missing

def test_other_expiration():
    streams(memory("odd.json")).options_create_listen_key_v1()

def test_error_that_repeats_everything():
    streams(memory("echo.html", 400)).options_update_listen_key_v1()

def test_a_comparison():
    assert streams(memory()).options_create_listen_key_v1() == 1

def test_a_comparison_of_http_info():
    assert streams(memory()).options_create_listen_key_v1_with_http_info() == 1

def test_an_error_of_the_adapters():
    streams(Raising(RuntimeError("no network here"))).options_create_listen_key_v1()
"""


def test_the_longest_report_shows_no_secret(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    pem, encrypted = private_pem("rsa"), private_pem("rsa", "pkcs8", PASSPHRASE)
    lines = pem.splitlines()
    files = {
        "good.pem": pem,
        "encrypted.pem": encrypted,
        "damaged.pem": "\n".join(lines[:5] + lines[6:]),
        "created.json": f'{{"listenKey":"{LISTEN_KEY}","expiration":1}}',
        "broken.json": f'{{"listenKey":"{LISTEN_KEY}","expiration"',
        "odd.json": f'{{"listenKey":"{LISTEN_KEY}","expiration":"soon"}}',
        "echo.html": f"<html>Your key {API_KEY} and {LISTEN_KEY}: no</html>",
    }
    for name, text in files.items():
        (pytester.path / name).write_text(text)
    for name, value in {
        "K": API_KEY,
        "S": SECRET,
        "P": PASSPHRASE,
        "REFUSED": refused_url(),
    }.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[2]))
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    monkeypatch.setenv("PYTEST_PLUGINS", "pytest_binance_options.plugin")
    pytester.makepyfile(SUITE)
    options = (
        "--showlocals",
        "--tb=long",
        "--full-trace",
        "-vv",
        "--log-level=DEBUG",
        "-p",
        "no:cacheprovider",
    )
    result = pytester.runpytest_subprocess(*options)
    result.assert_outcomes(failed=SUITE.count("def test_"))
    report = result.stdout.str() + result.stderr.str()
    # Line 1 of a PEM file says what kind of key it is, and that alone in its beginning.
    for secret in (
        API_KEY,
        SECRET,
        PASSPHRASE,
        LISTEN_KEY,
        *lines[2:-2],
        *encrypted.splitlines()[2:-2],
    ):
        assert secret[:20] not in report
