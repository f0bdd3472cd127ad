"""Recordings of other tools play with us, and ours with them."""

from __future__ import annotations

import asyncio
import gzip
import json
import urllib.request
from collections.abc import Callable
from pathlib import Path

import aiohttp
import httpx
import pytest
import requests
import vcr

from pytest_binance_options._backends.record import Record
from pytest_binance_options._backends.replay import Replay
from pytest_binance_options._cassette.store import load
from pytest_binance_options._messages import Headers, Request, Response

from ..backends.flow import API_KEY, FLOW, LISTEN_KEY, ask, run
from .server import listen_key_server

PATH = "/eapi/v1/listenKey"
ALIAS = "ALIASlistenKey1" + "x" * 49
HEADERS = {"X-MBX-APIKEY": API_KEY}
METHODS = ("POST", "PUT", "DELETE")
CREATED = {"listenKey": ALIAS, "expiration": 1700003600000}


def with_requests(base: str) -> list[bytes]:
    return [
        requests.request(method, base + PATH, headers=HEADERS, timeout=10).content
        for method in METHODS
    ]


def with_httpx(base: str) -> list[bytes]:
    with httpx.Client(trust_env=False) as client:
        return [client.request(method, base + PATH, headers=HEADERS).content for method in METHODS]


def with_async_httpx(base: str) -> list[bytes]:
    async def talk() -> list[bytes]:
        async with httpx.AsyncClient(trust_env=False) as client:
            return [
                (await client.request(method, base + PATH, headers=HEADERS)).content
                for method in METHODS
            ]

    return asyncio.run(talk())


def with_aiohttp(base: str) -> list[bytes]:
    async def talk() -> list[bytes]:
        answers = []
        async with aiohttp.ClientSession() as session:
            for method in METHODS:
                async with session.request(
                    method, base + PATH, headers=HEADERS, data={"a": "1"}
                ) as answer:
                    answers.append(await answer.read())
        return answers

    return asyncio.run(talk())


def with_urllib(base: str) -> list[bytes]:
    answers = []
    for method in METHODS:
        request = urllib.request.Request(base + PATH, headers=HEADERS, method=method)  # noqa: S310  loopback
        with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310
            answers.append(answer.read())
    return answers


CLIENTS = [with_requests, with_httpx, with_async_httpx, with_aiohttp, with_urllib]


@pytest.fixture
def ours(tmp_path: Path) -> Path:
    """A cassette of ours: the whole flow, as it is written."""
    path = tmp_path / "ours.yaml"
    record = Record("http://127.0.0.1:9", "ws://127.0.0.1:9")
    run(record, FLOW)
    record.save(path, test="t")
    return path


def readable(response: Response) -> object:
    body = (
        gzip.decompress(response.body) if "content-encoding" in response.headers else response.body
    )
    return json.loads(body)


@pytest.mark.parametrize("suffix", ["yaml", "json"])
@pytest.mark.parametrize("talk", CLIENTS)
def test_what_vcrpy_recorded_through_any_client_plays_with_us(
    talk: Callable[[str], list[bytes]], suffix: str, tmp_path: Path
) -> None:
    path = tmp_path / f"theirs.{suffix}"
    decoded = suffix == "json"  # JSON can't hold compressed bodies
    with (
        listen_key_server() as base,
        vcr.use_cassette(str(path), serializer=suffix, decode_compressed_response=decoded),
    ):
        talk(base)
    replay = Replay(load(path), path=path, record_command="")
    body = b"a=1" if talk is with_aiohttp else b""
    answers = [
        replay.respond(ask(method, f"https://eapi.binance.com{PATH}", body)) for method in METHODS
    ]
    assert [readable(answer) for answer in answers if isinstance(answer, Response)] == [
        {"listenKey": LISTEN_KEY},
        {},
        {},
    ]
    assert all(isinstance(answer, Response) and answer.missing == 0 for answer in answers)
    assert replay.unplayed == []


@pytest.mark.parametrize("talk", CLIENTS[:3] + CLIENTS[4:])
def test_ours_plays_with_vcrpy_through_any_client(
    talk: Callable[[str], list[bytes]], ours: Path
) -> None:
    before = ours.read_bytes()
    with vcr.use_cassette(str(ours), record_mode="none") as cassette:
        assert [json.loads(body) for body in talk("http://127.0.0.1:9")] == [CREATED, {}, {}]
        assert cassette.play_count == 3
    assert ours.read_bytes() == before


def test_ours_plays_with_vcrpy_through_aiohttp(ours: Path) -> None:
    with vcr.use_cassette(str(ours), record_mode="none", match_on=("method", "path")):
        assert [json.loads(body) for body in with_aiohttp("http://127.0.0.1:9")] == [
            CREATED,
            {},
            {},
        ]


def test_ours_still_plays_with_us_when_vcrpy_has_saved_it_again(ours: Path) -> None:
    with listen_key_server() as base, vcr.use_cassette(str(ours), record_mode="new_episodes"):
        requests.get(f"{base}/eapi/v1/ping", timeout=10)
    cassette = load(ours)
    assert cassette.facts is None
    assert [i.request.method for i in cassette.interactions] == [
        "POST",
        "PUT",
        "DELETE",
        "PUT",
        "GET",
    ]
    run(Replay(cassette, path=ours, record_command=""), FLOW)


def test_ours_plays_with_pytest_recording(ours: Path, pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        test_theirs=f"""
        import pytest, requests

        @pytest.mark.block_network
        @pytest.mark.vcr({str(ours)!r})
        def test_it():
            with pytest.raises(Exception):
                requests.post("http://127.0.0.1:9/elsewhere", timeout=10)
            answer = requests.post("http://127.0.0.1:9{PATH}", timeout=10)
            assert answer.json()["listenKey"] == {ALIAS!r}
        """
    )
    pytester.runpytest_inprocess("-p", "no:asyncio", "--record-mode=none").assert_outcomes(passed=1)


def test_what_cassetter_wrote_plays_with_us(tmp_path: Path) -> None:
    path = tmp_path / "theirs.yaml"
    path.write_text(
        "version: 1\n"
        "interactions:\n"
        "- request:\n"
        "    method: DELETE\n"
        "    uri: https://demo-fapi.binance.com/eapi/v1/listenKey\n"
        "    headers: {}\n"
        "    body:\n"
        "      type: none\n"
        "  response:\n"
        "    status: 200\n"
        "    headers:\n"
        "      content-type:\n"
        "      - application/json\n"
        "      content-length:\n"
        "      - '28'\n"
        "    body:\n"
        "      type: json\n"
        "      content: {}\n"
        "  recorded_at: 2026-01-01T00:00:00Z\n"
        "- request:\n"
        "    method: POST\n"
        "    uri: https://demo-fapi.binance.com/eapi/v1/listenKey\n"
        "    headers:\n"
        "      accept:\n"
        "      - application/json\n"
        "    body:\n"
        "      type: text\n"
        "      content: a=1\n"
        "  response:\n"
        "    status: 200\n"
        "    headers: {}\n"
        "    body:\n"
        "      type: json\n"
        "      content:\n"
        "        listenKey: abc\n"
        "        expiration: 1700003600000\n"
        "  recorded_at: '2026-01-01T00:00:00Z'\n"
        "ws_interactions: []\n"
    )
    replay = Replay(load(path), path=path, record_command="")
    url = f"https://eapi.binance.com{PATH}"
    assert replay.respond(Request("POST", f"{url}?a=1")) == Response(
        200, Headers(), b'{"listenKey":"abc","expiration":1700003600000}'
    )
    answer = replay.respond(Request("DELETE", url))
    assert answer == Response(
        200, {"content-type": "application/json", "content-length": "2"}, b"{}"
    )
