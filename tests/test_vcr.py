"""Suites that stay with vcrpy: what it records through any client holds no secret, replays whole,
and is refused where it is damaged."""

from __future__ import annotations

import asyncio
import http.client
import io
import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from http.client import responses
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import requests
import vcr
from vcr.errors import CannotOverwriteExistingCassetteException
from vcr.persisters.filesystem import FilesystemPersister
from vcr.request import Request as VcrRequest

from pytest_binance_options._backends.replay import Replay
from pytest_binance_options._cassette.format import serialise
from pytest_binance_options._cassette.model import Cassette, Interaction, StreamFrame
from pytest_binance_options._cassette.store import load, save
from pytest_binance_options.errors import CassetteError, CassetteFormatError, UsageError
from pytest_binance_options.vcr import (
    MATCHER,
    binance_options,
    protect,
    pytest_recording_configure,
)

from .backends.flow import FLOW, LISTEN_KEY, ask
from .support.recorded import BINARY, CLIENTS, PATH, Send, flow, leaks, neighbour, with_requests
from .support.testnet import API_KEY, SECRET_KEY, Testnet, running

PRODUCTION = "https://eapi.binance.com"
OTHER_KEY, OTHER_SECRET = "another0" * 8, "nobody00" * 8
MODES = ["none", "once", "new_episodes", "all"]


@pytest.fixture
def testnet() -> Iterator[Testnet]:
    with running() as net:
        yield net


@pytest.fixture
def other() -> Iterator[str]:
    with neighbour() as url:
        yield url


def secrets_of(testnet: Testnet) -> list[str]:
    """Everything that must not get to the disk, as the testnet has seen and said it."""
    signatures = [
        path.partition("signature=")[2].partition("&")[0]
        for _method, path, _headers in testnet.seen
        if "signature=" in path
    ]
    assert signatures
    assert testnet.listen_keys
    return [API_KEY, SECRET_KEY, *signatures, *testnet.listen_keys]


def recorded(testnet: Testnet, other: str, path: Path, send: Send = with_requests) -> list[object]:
    with protect(vcr.VCR()).use_cassette(path):
        return flow(send, testnet.url, other, API_KEY, SECRET_KEY)


def get(url: str) -> str:
    return requests.get(url, timeout=10).text


@pytest.mark.parametrize("send", CLIENTS)
def test_what_any_client_was_answered_is_recorded_without_a_secret_and_replays_whole(
    send: Send, testnet: Testnet, other: str, tmp_path: Path
) -> None:
    path = tmp_path / "c.yaml"
    said = recorded(testnet, other, path, send)
    assert leaks(tmp_path, secrets_of(testnet)) == []
    asked = len(testnet.seen)

    with protect(vcr.VCR()).use_cassette(path, record_mode="none") as cassette:
        replayed = flow(send, PRODUCTION, other, OTHER_KEY, OTHER_SECRET)

    assert cassette.all_played
    assert len(testnet.seen) == asked
    assert str(replayed[0]).startswith("ALIASlistenKey1")
    assert len(str(replayed[0])) == 64
    assert replayed[1:3] + replayed[4:] == said[1:3] + said[4:]
    assert replayed[4] == BINARY


def test_the_eye_on_the_disk_sees_what_vcrpy_leaves_there_without_it(
    testnet: Testnet, other: str, tmp_path: Path
) -> None:
    with vcr.use_cassette(tmp_path / "c.yaml", decode_compressed_response=True):
        flow(with_requests, testnet.url, other, API_KEY, SECRET_KEY)
    found = leaks(tmp_path, secrets_of(testnet))
    assert {line.partition(": ")[2] for line in found} >= {
        "the text of secret 0",
        "the text of secret 2",
        "the text of secret 3",
        "base64 of secret 1",
        "base64 of secret 3",
        "hexadecimal digits of secret 3",
        "percent escapes of secret 3",
        "JSON escapes of secret 3",
    }


def test_it_plays_with_vcrpy_alone_and_with_us(
    testnet: Testnet, other: str, tmp_path: Path
) -> None:
    path = tmp_path / "c.yaml"
    recorded(testnet, other, path)
    with vcr.use_cassette(path, record_mode="none", match_on=["method", "path"]) as cassette:
        flow(with_requests, testnet.url, other, OTHER_KEY, OTHER_SECRET)
    assert cassette.all_played

    replay = Replay(load(path), path=path, record_command="")
    answer: Any = replay.respond(ask("POST"))
    alias = json.loads(answer.body)["listenKey"]
    answer = replay.respond(ask("PUT", f"{PRODUCTION}{PATH}?listenKey={alias}"))
    assert answer.body == b"{}"


@pytest.mark.parametrize("send", CLIENTS)
def test_json_does_as_well(send: Send, testnet: Testnet, other: str, tmp_path: Path) -> None:
    path = tmp_path / "c.json"
    protected = protect(vcr.VCR(serializer="json"))
    with protected.use_cassette(path):
        said = flow(send, testnet.url, other, API_KEY, SECRET_KEY, binary=False)
    json.loads(path.read_text())
    assert leaks(tmp_path, secrets_of(testnet)) == []
    with protected.use_cassette(path, record_mode="none"):
        replayed = flow(send, PRODUCTION, other, OTHER_KEY, OTHER_SECRET, binary=False)
    assert replayed[1:3] == said[1:3]
    with vcr.use_cassette(path, serializer="json", match_on=["method", "path"]) as cassette:
        flow(send, testnet.url, other, OTHER_KEY, OTHER_SECRET, binary=False)
    assert cassette.all_played


def test_json_refuses_what_it_cannot_hold(other: str, tmp_path: Path) -> None:
    cassette = protect(vcr.VCR(serializer="json")).use_cassette(tmp_path / "c.json")
    cassette.__enter__()
    get(f"{other}/binary")
    with pytest.raises(CassetteError) as caught:
        cassette.__exit__(None, None, None)
    assert (
        str(caught.value) == "a body is binary, which JSON has no way to write; the cassette was"
        " not written. Use vcrpy's serializer 'yaml'."
    )
    assert list(tmp_path.iterdir()) == []


def test_secrets_known_beforehand_are_taken_out_too(other: str, tmp_path: Path) -> None:
    protected = protect(vcr.VCR(), secrets=["correct horse battery", None])
    protect(protected, secrets=["staple.of.mine"])
    with protected.use_cassette(tmp_path / "c.yaml"):
        for text in ("correct horse battery", "staple.of.mine", "nothing of note"):
            requests.post(f"{other}/echo", json={"watch": "", "note": text}, timeout=10)
    assert leaks(tmp_path, ["correct horse battery", "staple.of.mine"]) == []
    assert "nothing of note" in (tmp_path / "c.yaml").read_text()


# Record modes.


def test_once_plays_what_there_is_and_records_nothing_more(
    testnet: Testnet, other: str, tmp_path: Path
) -> None:
    path = tmp_path / "c.yaml"
    recorded(testnet, other, path)
    before = path.read_bytes()
    with (
        protect(vcr.VCR()).use_cassette(path, record_mode="once"),
        pytest.raises(CannotOverwriteExistingCassetteException),
    ):
        requests.get(f"{testnet.url}/eapi/v1/time", timeout=10)
    assert path.read_bytes() == before


def test_new_episodes_are_added_and_their_keys_are_told_from_the_old_ones(
    testnet: Testnet, tmp_path: Path
) -> None:
    path = tmp_path / "c.yaml"
    headers = {"X-MBX-APIKEY": API_KEY}
    with protect(vcr.VCR()).use_cassette(path):
        requests.post(testnet.url + PATH, headers=headers, timeout=10)
    [first] = load(path).interactions
    requests.delete(testnet.url + PATH, headers=headers, timeout=10)
    with protect(vcr.VCR()).use_cassette(path, record_mode="new_episodes"):
        old = requests.post(testnet.url + PATH, headers=headers, timeout=10).json()
        new = requests.post(testnet.url + PATH, headers=headers, timeout=10).json()
    assert old["listenKey"].startswith("ALIASlistenKey1xxx")
    assert len(testnet.listen_keys) == 2
    assert new["listenKey"] in testnet.listen_keys
    assert leaks(tmp_path, [API_KEY, *testnet.listen_keys]) == []
    kept, added = load(path).interactions
    assert kept == first
    assert b"ALIASlistenKey2xxx" in added.response.body


def test_all_records_anew(testnet: Testnet, other: str, tmp_path: Path) -> None:
    path = tmp_path / "c.yaml"
    recorded(testnet, other, path)
    asked = len(testnet.seen)
    with protect(vcr.VCR()).use_cassette(path, record_mode="all"):
        flow(with_requests, testnet.url, other, API_KEY, SECRET_KEY)
    assert len(testnet.seen) == 2 * asked
    assert leaks(tmp_path, secrets_of(testnet)) == []
    with protect(vcr.VCR()).use_cassette(path, record_mode="none"):
        flow(with_requests, PRODUCTION, other, OTHER_KEY, OTHER_SECRET)


def test_none_without_a_cassette_is_vcrpy_s_error(testnet: Testnet, tmp_path: Path) -> None:
    with (
        protect(vcr.VCR()).use_cassette(tmp_path / "c.yaml", record_mode="none"),
        pytest.raises(CannotOverwriteExistingCassetteException),
    ):
        requests.get(f"{testnet.url}/eapi/v1/time", timeout=10)
    assert testnet.seen == []
    assert list(tmp_path.iterdir()) == []


def test_playback_repeats_are_vcrpy_s(testnet: Testnet, other: str, tmp_path: Path) -> None:
    path = tmp_path / "c.yaml"
    recorded(testnet, other, path)
    with protect(vcr.VCR()).use_cassette(path, allow_playback_repeats=True) as cassette:
        for _ in range(2):
            flow(with_requests, PRODUCTION, other, OTHER_KEY, OTHER_SECRET)
    assert cassette.play_count == 12


def test_a_cassette_of_vcrpy_that_held_secrets_is_clean_once_it_is_saved_again(
    testnet: Testnet, other: str, tmp_path: Path
) -> None:
    path = tmp_path / "c.yaml"
    with vcr.use_cassette(path):
        flow(with_requests, testnet.url, other, API_KEY, SECRET_KEY)
    with protect(vcr.VCR()).use_cassette(path, record_mode="new_episodes"):
        requests.get(f"{testnet.url}/eapi/v1/time", timeout=10)
    assert leaks(tmp_path, secrets_of(testnet)) == []
    assert len(load(path).interactions) == 7
    assert load(path).facts is not None
    with protect(vcr.VCR()).use_cassette(path, record_mode="none"):
        flow(with_requests, PRODUCTION, other, OTHER_KEY, OTHER_SECRET)


def test_a_cassette_of_ours_keeps_what_vcrpy_does_not_know(
    testnet: Testnet, tmp_path: Path
) -> None:
    path = tmp_path / "c.yaml"
    with protect(vcr.VCR()).use_cassette(path):
        get(f"{testnet.url}/eapi/v1/time")
    made = load(path)
    assert made.facts is not None
    assert made.facts.recorded_at is not None
    assert made.facts.host == testnet.url
    [only] = made.interactions
    ours = replace(
        made,
        interactions=(replace(only, at_ms=7, test="test_bot.py::test_it"),),
        frames=(StreamFrame(1, 0, "in", "text", b"{}", (1, 0), "/ws/x"),),
    )
    path.write_text(serialise(ours))
    with protect(vcr.VCR()).use_cassette(path, record_mode="new_episodes"):
        get(f"{testnet.url}/eapi/v1/time")
        get(f"{testnet.url}/eapi/v1/ping")
    after = load(path)
    assert after.interactions[:1] == ours.interactions
    assert len(after.interactions) == 2
    assert (after.frames, after.facts) == (ours.frames, ours.facts)


def test_a_recording_of_ours_plays(tmp_path: Path) -> None:
    path = tmp_path / "c.yaml"
    save(path, Cassette(tuple(Interaction(*pair) for pair in FLOW)))
    with protect(vcr.VCR()).use_cassette(path, record_mode="once") as cassette:
        for asked, said in FLOW:
            answer = requests.request(asked.method, PRODUCTION + PATH, timeout=10)
            assert (answer.status_code, answer.reason) == (said.status, responses[said.status])
    assert cassette.all_played


@pytest.mark.skipif(not hasattr(vcr.cassette.Cassette, "get_metadata"), reason="vcrpy 9 brought it")
def test_metadata_of_vcrpy_is_kept_without_secrets(testnet: Testnet, tmp_path: Path) -> None:
    path = tmp_path / "c.yaml"
    secret = "vmPUZE6mv9SD5VNHk4HlWFsOr6aKE2zvsw0MuIgwCIPy6utIco14y7Ju91duEh8A"
    with protect(vcr.VCR()).use_cassette(path) as cassette:
        get(f"{testnet.url}/eapi/v1/time")
        assert cassette.get_metadata("run", {"id": 7, "key": secret})["id"] == 7
    assert leaks(tmp_path, [secret]) == []
    with protect(vcr.VCR()).use_cassette(path, record_mode="new_episodes") as cassette:
        assert cassette.get_metadata("run", None)["id"] == 7
        get(f"{testnet.url}/eapi/v1/ping")
    with protect(vcr.VCR()).use_cassette(path, record_mode="none") as cassette:
        assert cassette.get_metadata("run", None)["id"] == 7
    with vcr.use_cassette(path, record_mode="none") as cassette:
        assert cassette.get_metadata("run", None)["id"] == 7
    path.write_text(path.read_text().replace("id: 7", "id: 8"))
    with pytest.raises(CassetteFormatError, match="does not fit the digest"):
        load(path)


def test_metadata_that_is_no_plain_value_is_refused(tmp_path: Path) -> None:
    persister = protect(vcr.VCR()).persister
    held = {"requests": [], "responses": [], "metadata": {"a": object()}}
    with pytest.raises(CassetteError, match="Give get_metadata plain values"):
        persister.save_cassette(tmp_path / "c.yaml", held, vcr.serializers.yamlserializer)


@pytest.mark.parametrize("path", ["/eapi/v1/time?", "/eapi/v1/time#a", "/eapi/v1/time?a=b#c"])
def test_a_cassette_says_whom_it_is_from(path: str, tmp_path: Path) -> None:
    held = {
        "requests": [VcrRequest("GET", f"https://demo-fapi.binance.com{path}", None, {})],
        "responses": [{"status": {"code": 200, "message": "OK"}, "headers": {}, "body": {}}],
    }
    protect(vcr.VCR()).persister.save_cassette(
        tmp_path / "c.yaml", held, vcr.serializers.yamlserializer
    )
    facts = load(tmp_path / "c.yaml").facts
    assert facts is not None
    assert (facts.host, facts.source) == ("https://demo-fapi.binance.com", "testnet")


# Damage.


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("whole") / "c.yaml"
    with running() as net, neighbour() as url:
        recorded(net, url, path)
    return path.read_text()


def play(path: Path, mode: str = "none") -> None:
    with protect(vcr.VCR()).use_cassette(path, record_mode=mode):
        requests.get("http://127.0.0.1:9/", timeout=10)


def without_its_end(text: str) -> str:
    return text[: len(text) // 2]


def with_another_byte(text: str) -> str:
    return text.replace("10000.0", "10009.0", 1)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(
    "damage",
    [
        without_its_end,
        with_another_byte,
        lambda _text: "",
        lambda _text: "\n",
        lambda _text: "garbage",
        lambda _text: "\0\1\2",
        lambda text: text.replace("interactions:", "interaction:"),
        lambda text: text + "- x",
    ],
    ids=["cut", "edited", "empty", "blank", "garbage", "binary", "nameless", "longer"],
)
def test_a_damaged_file_is_an_error_that_names_it_and_stays_as_it_is(
    damage: Callable[[str], str], mode: str, whole: str, tmp_path: Path
) -> None:
    path = tmp_path / "damaged.yaml"
    path.write_text(damage(whole))
    before = path.read_bytes()
    with pytest.raises(CassetteFormatError, match=r"damaged\.yaml"):
        play(path, mode)
    assert path.read_bytes() == before


def test_a_file_cut_off_at_any_line_is_an_error(whole: str, tmp_path: Path) -> None:
    path = tmp_path / "cut.yaml"
    lines = whole.splitlines(keepends=True)
    assert len(lines) > 100
    assert lines[-1] == "      message: OK\n"  # the status says it already: nothing would be lost
    for count in range(len(lines) - 1):
        path.write_text("".join(lines[:count]))
        with pytest.raises(CassetteFormatError, match=r"cut\.yaml"):
            play(path)


def test_a_file_that_is_no_text_or_no_file_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "latin.yaml"
    path.write_bytes(b"version: 1\ninteractions: []\n# \xe9\n")
    with pytest.raises(CassetteFormatError, match=r"latin\.yaml, line 3"):
        play(path, "once")
    with pytest.raises(CassetteFormatError, match="is a directory"):
        play(tmp_path, "once")


def test_a_file_that_was_damaged_meanwhile_is_not_written_over(
    testnet: Testnet, tmp_path: Path
) -> None:
    path = tmp_path / "c.yaml"
    cassette = protect(vcr.VCR()).use_cassette(path)
    cassette.__enter__()
    get(f"{testnet.url}/eapi/v1/time")
    path.write_text("garbage")
    with pytest.raises(CassetteFormatError, match=r"c\.yaml"):
        cassette.__exit__(None, None, None)
    assert path.read_text() == "garbage"


def test_what_could_not_be_written_leaves_no_client_patched(tmp_path: Path) -> None:
    @contextmanager
    def failing() -> Iterator[None]:
        (tmp_path / "a.yaml").unlink(missing_ok=True)
        with pytest.raises(CassetteFormatError):
            yield
        assert http.client.HTTPConnection is connection
        assert aiohttp.ClientSession._request is request

    def asking() -> None:
        with pytest.raises(requests.ConnectionError):
            requests.get("http://127.0.0.1:9/", timeout=10)
        held[0].dirty = True
        (tmp_path / "a.yaml").write_text("garbage")

    connection, request = http.client.HTTPConnection, aiohttp.ClientSession._request
    protected = protect(vcr.VCR(inject_cassette=True, cassette_library_dir=str(tmp_path)))
    held: list[Any] = []

    with failing(), protected.use_cassette("a.yaml") as cassette:
        held[:] = [cassette]
        asking()

    @protected.use_cassette("a.yaml")  # type: ignore[untyped-decorator]
    def decorated(cassette: Any) -> None:
        held[:] = [cassette]
        asking()

    @protected.use_cassette(func_path_generator=lambda _function: "a.yaml")  # type: ignore[untyped-decorator]
    def named(cassette: Any) -> None:
        held[:] = [cassette]
        asking()

    for function in (decorated, named):
        for _ in range(2):
            with failing():
                function()


def test_a_function_can_be_decorated_without_parentheses(testnet: Testnet, tmp_path: Path) -> None:
    protected = protect(vcr.VCR(func_path_generator=lambda f: str(tmp_path / f.__name__)))

    @protected.use_cassette  # type: ignore[untyped-decorator]
    def the_time() -> str:
        return get(f"{testnet.url}/eapi/v1/time")

    assert the_time() == the_time()
    assert len(testnet.seen) == 1
    assert len(load(tmp_path / "the_time").interactions) == 1


# Several at one file.

WRITER = """
import sys
import requests, vcr
from pytest_binance_options.vcr import protect

path, url, mode, *names = sys.argv[1:]
with protect(vcr.VCR()).use_cassette(path, record_mode=mode):
    for name in names:
        requests.get(f"{url}/eapi/v1/time?of={name}", timeout=60)
    print("asked", flush=True)
    sys.stdin.readline()
"""


def writers(path: Path, url: str, mode: str, names: list[list[str]]) -> None:
    """A process for each list of names; none writes before all have read and asked."""
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", WRITER, str(path), url, mode, *some],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        for some in names
    ]
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == b"asked\n"
    for process in processes:
        assert process.stdin is not None
        process.stdin.write(b"\n")
        process.stdin.flush()
    for process in processes:
        with process:
            process.communicate(timeout=120)
        assert process.returncode == 0


def test_processes_that_record_one_cassette_lose_nothing_of_each_other_s(
    testnet: Testnet, tmp_path: Path
) -> None:
    path = tmp_path / "shared.yaml"
    with protect(vcr.VCR()).use_cassette(path):
        get(f"{testnet.url}/eapi/v1/time?of=before")
    names = [f"w{n}" for n in range(4)]
    writers(path, testnet.url, "new_episodes", [["before", name] for name in names])
    asked = [i.request.query for i in load(path).interactions]
    assert asked[0] == "of=before"
    assert sorted(asked[1:]) == [f"of={name}" for name in names]
    assert [p.name for p in tmp_path.iterdir()] == ["shared.yaml"]


# Matching.


def asks(method: str, url: str, body: object = None, **headers: str) -> VcrRequest:
    return VcrRequest(method, url, body, headers)


@pytest.mark.parametrize(
    ("asked", "stored"),
    [
        (asks("PUT", PRODUCTION + PATH), asks("PUT", "http://127.0.0.1:9" + PATH)),
        (
            asks("GET", f"{PRODUCTION}/eapi/v1/x?a=1&timestamp=1&signature=aa&recvWindow=5"),
            asks("GET", f"{PRODUCTION}/eapi/v1/x?timestamp=2&a=1&signature=bb"),
        ),
        (
            asks("POST", PRODUCTION + PATH, b"a=1&timestamp=1"),
            asks("POST", PRODUCTION + PATH + "?a=1"),
        ),
        (asks("POST", PRODUCTION + PATH, {"a": 1}), asks("POST", PRODUCTION + PATH, b"a=1")),
        (
            asks("POST", PRODUCTION + PATH, iter([b"a=", b"1"])),
            asks("POST", PRODUCTION + PATH, b"a=1"),
        ),
        (
            asks("POST", PRODUCTION + PATH, io.BytesIO(b"a=1")),
            asks("POST", PRODUCTION + PATH, "a=1"),
        ),
        (asks("POST", PRODUCTION + PATH, b""), asks("POST", PRODUCTION + PATH)),
        (asks("GET", "https://h/a", A="1"), asks("GET", "https://h:443/a", A="2")),
    ],
)
def test_requests_that_ask_the_same_match(asked: VcrRequest, stored: VcrRequest) -> None:
    binance_options(asked, stored)
    binance_options(stored, asked)


@pytest.mark.parametrize(
    ("asked", "stored", "why"),
    [
        (
            asks("PUT", PRODUCTION + PATH),
            asks("POST", PRODUCTION + PATH),
            "method POST instead of PUT",
        ),
        (
            asks("GET", "https://a/x"),
            asks("GET", "https://b/x"),
            "host https://b:443 instead of https://a:443",
        ),
        (asks("GET", "https://a/x?n=1"), asks("GET", "https://a/x?n=2"), "n=2 instead of 1"),
        (asks("POST", "https://a/x", b"{}"), asks("POST", "https://a/x"), r"no parameter \(body\)"),
        (
            asks("PUT", f"{PRODUCTION}{PATH}?listenKey={LISTEN_KEY}"),
            asks("PUT", f"{PRODUCTION}{PATH}?listenKey={LISTEN_KEY[::-1]}"),
            "^another value of listenKey$",
        ),
    ],
)
def test_requests_that_do_not_match_say_why_without_secrets(
    asked: VcrRequest, stored: VcrRequest, why: str
) -> None:
    with pytest.raises(AssertionError, match=why) as caught:
        binance_options(asked, stored)
    assert LISTEN_KEY not in str(caught.value)


def test_a_matcher_more_can_be_asked_for(testnet: Testnet, tmp_path: Path) -> None:
    path = tmp_path / "c.yaml"
    with protect(vcr.VCR()).use_cassette(path):
        requests.get(f"{testnet.url}/eapi/v1/time", headers={"A": "1"}, timeout=10)
    with (
        protect(vcr.VCR()).use_cassette(path, additional_matchers=["headers"]),
        pytest.raises(CannotOverwriteExistingCassetteException),
    ):
        requests.get(f"{testnet.url}/eapi/v1/time", headers={"A": "2"}, timeout=10)


# Bodies that only aiohttp sends.


async def post(url: str, **body: Any) -> int:
    async with aiohttp.ClientSession() as session, session.post(url, **body) as answer:
        await answer.read()
        return answer.status


BODIES: list[dict[str, Any]] = [
    {"json": {"type": "LIMIT"}},
    {"json": {"string": "x", "n": None}},
    {"json": [1, {"a": [2]}]},
    {"data": {"a": "1", "b": "2"}},
    {"data": [("a", "1"), ("a", "2")]},
]


@pytest.mark.parametrize("body", BODIES, ids=str)
def test_what_aiohttp_makes_a_body_of_is_recorded_and_found_again(
    body: dict[str, Any], testnet: Testnet, tmp_path: Path
) -> None:
    path = tmp_path / "c.yaml"
    url = f"{testnet.url}/eapi/v1/other"
    with protect(vcr.VCR()).use_cassette(path):
        status = asyncio.run(post(url, **body))
    with protect(vcr.VCR()).use_cassette(path, record_mode="none"):
        assert asyncio.run(post(url, **body)) == status
        with pytest.raises(CannotOverwriteExistingCassetteException):
            asyncio.run(post(url, json={"type": "MARKET"}))


def test_a_body_that_cannot_be_read_is_refused(testnet: Testnet, tmp_path: Path) -> None:
    form = aiohttp.FormData()
    form.add_field("a", "1")
    cassette = protect(vcr.VCR()).use_cassette(tmp_path / "c.yaml")
    cassette.__enter__()
    asyncio.run(post(f"{testnet.url}/eapi/v1/other?listenKey={LISTEN_KEY}", data=form))
    with pytest.raises(CassetteError) as caught:
        cassette.__exit__(None, None, None)
    assert str(caught.value) == (
        f"POST {testnet.url}/eapi/v1/other?listenKey=<hidden>: body is a FormData; text, binary or"
        " null is expected. Give the client bytes or text to send, or keep the request from vcrpy"
        " with before_record_request."
    )
    assert list(tmp_path.iterdir()) == []


# What can't be protected.


def test_a_persister_of_somebody_else_s_is_refused() -> None:
    class Bucket(FilesystemPersister):  # type: ignore[misc]
        pass

    theirs = vcr.VCR()
    theirs.register_persister(Bucket)
    with pytest.raises(UsageError) as caught:
        protect(theirs)
    assert (
        str(caught.value) == "this VCR has a persister of its own, Bucket, and what that writes"
        " can't be protected. Give protect() a VCR without one."
    )


def test_a_serializer_of_somebody_else_s_is_refused(testnet: Testnet, tmp_path: Path) -> None:
    protected = protect(vcr.VCR(serializer="pretty"))
    protected.register_serializer("pretty", vcr.serializers.compat)
    with (
        pytest.raises(UsageError, match=r"serializer of its own.* Use vcrpy's 'yaml' or 'json'\."),
        protected.use_cassette(tmp_path / "c.yaml"),
    ):
        pass


def test_one_text_is_no_list_of_secrets() -> None:
    with pytest.raises(UsageError, match="a list of texts is expected"):
        protect(vcr.VCR(), secrets="hunter2")


def test_a_protected_vcr_is_the_same_one() -> None:
    theirs = vcr.VCR()
    assert protect(protect(theirs)) is theirs
    assert theirs.match_on == (MATCHER,)
    asked = vcr.VCR()
    pytest_recording_configure(asked)
    assert asked.match_on == (MATCHER,)
