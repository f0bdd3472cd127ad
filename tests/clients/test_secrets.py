"""No secret in anything that a run leaves behind, recorded through every client, with an exchange
that says again whatever it hears. Frames of a stream are tests/clients/test_stream_secrets.py's."""

from __future__ import annotations

import random

import pytest

from pytest_binance_options._transports.server.server import LoopbackServer
from tests.support.leaky import NIGHTLY, Leaky, rounds
from tests.support.secret_runs import EVERYTHING_SAID, account, leaks, set_up

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


@pytest.mark.parametrize("seed", range(rounds(60)))
def test_no_secret_is_in_anything_that_a_recording_run_leaves_behind(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, server: LoopbackServer, seed: int
) -> None:
    secrets = set_up(pytester, monkeypatch, account(random.Random(seed), pytester.path), SUITE)
    leaky = Leaky(secrets, seed)

    with server.attach(leaky) as upstream:
        result = pytester.runpytest(
            "--binance-options=record", f"--binance-options-host={upstream.url}",
            f"--binance-options-stream-host={upstream.stream_url}", *EVERYTHING_SAID,
            "-k", "test" if NIGHTLY else "(async_httpx and echo) or known",
        )  # fmt: skip

    assert leaks(pytester, result, [*secrets, *leaky.listen_keys]) == []
    counts = result.parseoutcomes()
    assert counts["passed"] >= 1
    assert counts["failed"] >= 1 + len(secrets)
    assert len(leaky.listen_keys) >= 2
