"""No secret in anything that a run leaves behind, recorded through every client, with an exchange
that says again whatever it hears. Frames of a stream are tests/cassette/test_across.py's."""

from __future__ import annotations

import os
import random
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
)

from pytest_binance_options._transports.server.server import LoopbackServer
from tests.support.leaky import Leaky, found, made_up_key, written_below

# HYPOTHESIS_PROFILE=nightly has every client, a redirect and a page, and more secrets.
NIGHTLY = os.environ.get("HYPOTHESIS_PROFILE") == "nightly"
ROUNDS = int(os.environ.get("EXAMPLES", "600")) // 60 if NIGHTLY else 1

SUITE = r"""
import asyncio, json, logging, os, sys, warnings
import aiohttp, httpx, pytest, requests, urllib3
from tests.clients.drivers import DRIVERS
from tests.support.leaky import forms_of

OWN = os.environ["WEBHOOK_TOKEN"]
KNOWN = {name: os.environ[name] for name in os.environ["SECRETS"].split()}
if "BINANCE_PRIVATE_KEY_PATH" in os.environ:
    with open(os.environ["BINANCE_PRIVATE_KEY_PATH"]) as file:
        KNOWN["pem"] = file.read()
REST = "https://eapi.binance.com/eapi/v1/"
HEADERS = {"X-MBX-APIKEY": os.environ["BINANCE_API_KEY"], "Cookie": f"s={OWN}", "X-Own": OWN.encode().hex(),
           "Proxy-Authorization": f"Basic {OWN}", "Accept-Encoding": "gzip, deflate"}

def with_requests(url):
    with requests.Session() as session:
        return session.post(url, headers=HEADERS, data={"own": OWN}, params={"q": OWN}).text
def with_urllib3(url):
    with urllib3.PoolManager() as pool:
        return pool.request("POST", url, headers=HEADERS, fields={"own": OWN}).data.decode()
def with_httpx(url):
    with httpx.Client(follow_redirects=True, auth=("me", OWN.encode())) as client:
        return client.post(url, headers=HEADERS, json={"own": [OWN, json.dumps(OWN)]}).text
async def with_async_httpx(url):
    async with httpx.AsyncClient(follow_redirects=True) as client:
        return (await client.post(url, headers=HEADERS, content=OWN.encode().hex())).text
async def with_aiohttp(url):
    async with aiohttp.ClientSession(headers=HEADERS, cookies={"own": OWN}) as session:
        async with session.post(url, data=json.dumps({"own": OWN})) as answer:
            return await answer.text()
HTTP = [with_requests, with_urllib3, with_httpx, with_async_httpx, with_aiohttp]

def run(function, *args):
    result = function(*args)
    return asyncio.run(result, debug=True) if asyncio.iscoroutine(result) else result

@pytest.fixture(params=["passes", "fails"])
def ends(request): return request.param

@pytest.mark.parametrize("driver", DRIVERS, ids=lambda d: d.__name__)
def test_of_a_client(binance_options, driver, ends):
    client = driver(os.environ["BINANCE_API_KEY"], os.environ.get("BINANCE_SECRET_KEY") or KNOWN["pem"])
    try:
        key = client.create()
        warnings.warn(f"warned of {key}")
        answers = [client.keepalive(), client.close()]
    finally:
        client.leave()
    assert ends == "passes", f"{key} {answers} {client}"

@pytest.mark.parametrize("path", ["echo", "redirect", "page"])
@pytest.mark.parametrize("send", HTTP, ids=lambda f: f.__name__)
def test_of_http(binance_options, binance_options_listen_key, send, path, ends):
    answer = run(send, f"{REST}{path}?listenKey={binance_options_listen_key}")
    logging.getLogger("bot").debug("answer %r", answer)
    print(answer, file=sys.stderr)
    parts = [answer, answer.encode(), {"answer": answer}, KNOWN]
    assert ends == "passes", answer
    assert "heard" in answer or "<p" in answer or "a=" in answer or not answer

@pytest.mark.parametrize("secret", KNOWN.values(), ids=KNOWN)
def test_of_what_is_known(binance_options, secret):
    for form in forms_of(secret):
        print(form)
        logging.getLogger("asyncio").debug("say %s", form)
        warnings.warn(form)
    known, cut, raw = [secret] * 9, "x" * 100 + secret + "y" * 400, secret.encode()
    try:
        raise KeyError(secret)
    except KeyError as error:
        raise ValueError(raw) from error
"""


@pytest.fixture
def server() -> Iterator[LoopbackServer]:
    running = LoopbackServer()
    running.start()
    yield running
    running.stop()


def account(rng: random.Random, directory: Path) -> dict[str, str]:
    """An account's variables, and one of the user's own."""
    own = rng.choice(
        [
            made_up_key(rng)[: rng.randint(12, 64)],
            f"https://hooks.example/{made_up_key(rng)[:20]}?a=b&c=\"d\" 'e' \\ {rng.random()}",
            f"pässwörd {made_up_key(rng)[:9]} 😀 (x)* [y]+ %41 <z>",
            str(rng.randint(10**11, 10**20)),
        ]
    )
    named = {"BINANCE_API_KEY": made_up_key(rng), "WEBHOOK_TOKEN": own}
    if rng.random() < 0.5:
        return {**named, "BINANCE_SECRET_KEY": made_up_key(rng)}
    phrase = f"phrase {made_up_key(rng)[:14]}"
    key = directory / "key.pem"
    encryption = BestAvailableEncryption(phrase.encode())
    key.write_bytes(
        Ed25519PrivateKey.from_private_bytes(rng.randbytes(32)).private_bytes(
            Encoding.PEM, PrivateFormat.PKCS8, encryption
        )
    )
    path = {"BINANCE_PRIVATE_KEY_PATH": str(key)}
    return {**named, **path, "BINANCE_PRIVATE_KEY_PASSPHRASE": phrase}


@pytest.mark.parametrize("seed", range(ROUNDS))
def test_no_secret_is_in_anything_that_a_recording_run_leaves_behind(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, server: LoopbackServer, seed: int
) -> None:
    plugins = "pytest_binance_options.plugin,pytest_metadata.plugin,pytest_html.plugin"
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    monkeypatch.setenv("PYTEST_PLUGINS", plugins)
    variables = account(random.Random(seed), pytester.path)
    secrets = [value for name, value in variables.items() if not name.endswith("PATH")]
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("SECRETS", " ".join(n for n in variables if not n.endswith("PATH")))
    pytester.makeini("[pytest]\nbinance_options_secrets = WEBHOOK_TOKEN")
    pytester.makepyfile(SUITE)
    leaky = Leaky(secrets, seed)

    with server.attach(leaky) as upstream:
        result = pytester.runpytest(
            "--binance-options=record", f"--binance-options-host={upstream.url}",
            f"--binance-options-stream-host={upstream.stream_url}", "-rA", "-vv", "-l",
            "--tb=long", "-k", "test" if NIGHTLY else "(async_httpx and echo) or known", "--junitxml=report.xml", "-o", "junit_logging=all", "-o", "log_cli=true",
            "--log-level=DEBUG", "--log-file=log.txt", "-W", "default", "--html=rows.html",
            "--self-contained-html", "--binance-options-report=report.html",
        )  # fmt: skip

    pem = [p.read_text() for p in pytester.path.glob("*.pem")]
    texts = {
        **dict(written_below(pytester.path)),
        "out": result.stdout.str(),
        "err": result.stderr.str(),
    }
    assert found(texts.items(), [*secrets, *pem, *leaky.listen_keys]) == []
    counts = result.parseoutcomes()
    assert counts["passed"] >= 1
    assert counts["failed"] >= 1 + len(secrets) + len(pem)
    assert len(leaky.listen_keys) >= 2
