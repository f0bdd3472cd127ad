from __future__ import annotations

import re
from datetime import datetime, timezone
from pathlib import Path
from threading import Barrier, Thread

import pytest

from pytest_binance_options._backends.base import Forward, ForwardStream
from pytest_binance_options._backends.record import Record
from pytest_binance_options._cassette.store import load
from pytest_binance_options._frames import Close, Drop, Ping, Text
from pytest_binance_options._messages import Failure, FailureKind, Response

from .flow import API_KEY, CREATED, DONE, FLOW, LISTEN_KEY, ask, run

HOST = "http://127.0.0.1:81"
STREAM_HOST = "ws://127.0.0.1:82"


def make(**kwargs: object) -> Record:
    ticks = iter(range(1000))
    return Record(
        HOST,
        STREAM_HOST,
        monotonic=lambda: next(ticks) / 4,
        now=lambda: datetime(2026, 1, 2, 3, 4, 5, 999, tzinfo=timezone.utc),
        **kwargs,  # type: ignore[arg-type]
    )


def test_a_recording_holds_every_exchange_in_the_order_of_the_answers(tmp_path: Path) -> None:
    record = make()
    run(record)
    path = tmp_path / "deep" / "er" / "test.yaml"
    record.save(path, test="test_a.py::test_b")
    cassette = load(path)
    assert [(i.request.method, i.response.status) for i in cassette.interactions] == [
        ("POST", 200),
        ("PUT", 200),
        ("DELETE", 200),
        ("PUT", 400),
    ]
    assert [i.at_ms for i in cassette.interactions] == [250, 500, 750, 1000]
    assert {i.test for i in cassette.interactions} == {"test_a.py::test_b"}
    assert {i.request.url for i in cassette.interactions} == {f"{HOST}/eapi/v1/listenKey"}


def test_the_order_is_that_of_the_answers_not_of_the_questions() -> None:
    record = make()
    first, second = ask("POST"), ask("PUT")
    record.respond(first)
    record.respond(second)
    record.observe(second, DONE)
    record.observe(first, CREATED)
    assert [i.request.method for i in record.cassette().interactions] == ["PUT", "POST"]


def test_no_key_is_written_and_equal_ones_stay_equal(tmp_path: Path) -> None:
    record = make()
    key_in_use = ask("PUT", f"https://h/eapi/v1/listenKey?listenKey={LISTEN_KEY}")
    run(record, [*FLOW, (key_in_use, DONE)])
    path = tmp_path / "test.yaml"
    record.save(path, test="t")
    text = path.read_text()
    assert API_KEY not in text
    assert LISTEN_KEY not in text
    aliases = set(re.findall(r"ALIASlistenKey\w+", text))
    assert len(aliases) == 1
    assert re.fullmatch(r"[A-Za-z0-9]{64}", aliases.pop())


def test_the_facts_say_when_where_and_by_whom(tmp_path: Path) -> None:
    record = make(source="simulated exchange")
    run(record)
    facts = record.cassette().facts
    assert facts is not None
    assert facts.recorded_at == "2026-01-02T03:04:05Z"
    assert facts.recorded_by is not None
    assert re.match(r"\d+\.\d+", facts.recorded_by)
    assert (facts.host, facts.environment, facts.source) == (HOST, None, "simulated exchange")


@pytest.mark.parametrize(
    ("host", "environment", "source"),
    [
        ("https://demo-fapi.binance.com", "testnet", "testnet"),
        ("https://eapi.binance.com", "production", "production"),
        ("http://localhost:8080", None, "a server on this machine"),
        ("https://proxy.example", None, "another server"),
    ],
)
def test_the_source_is_told_from_the_host(host: str, environment: str | None, source: str) -> None:
    facts = Record(host, STREAM_HOST).cassette().facts
    assert facts is not None
    assert (facts.environment, facts.source) == (environment, source)


def test_a_failure_is_noted_and_not_recorded() -> None:
    record = make()
    failure = Failure(FailureKind.RESET)
    run(record, [(ask("PUT"), failure)])
    assert record.cassette().interactions == ()
    [(request, seen)] = record.failures
    assert (request.method, seen) == ("PUT", failure)


def test_a_test_without_requests_has_an_empty_cassette_to_replay(tmp_path: Path) -> None:
    path = tmp_path / "folder" / "test.yaml"
    make().save(path, test="t")
    assert load(path).interactions == ()


def test_threads_record_every_exchange_once() -> None:
    record = Record(HOST, STREAM_HOST)
    barrier = Barrier(16)

    def work(number: int) -> None:
        barrier.wait()
        for n in range(64):
            request = ask("GET", f"https://h/eapi/v1/x?n={number}.{n}")
            assert isinstance(record.respond(request), Forward)
            record.observe(request, Response(200, {}, b"{}"))

    threads = [Thread(target=work, args=(number,)) for number in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    interactions = record.cassette().interactions
    assert len(interactions) == len({i.request.url for i in interactions}) == 1024
    offsets = [i.at_ms for i in interactions]
    assert offsets == sorted(offsets, key=lambda ms: ms or 0)


def test_frames_are_kept_with_what_they_came_after_each_on_its_own_connection() -> None:
    record = make()
    one, two = (record.connect(ask("GET", f"http://h/private/ws/{n}?x=%2F")) for n in "ab")
    assert isinstance(one, ForwardStream)
    assert one.address == f"{STREAM_HOST}/private/ws/a?x=%2F"
    record.observe_frame(two, "in", Ping(b"1"))
    record.observe_frame(one, "out", Text("hello"))
    run(record, FLOW[:1])
    record.observe_frame(one, "in", Text("{}"))
    record.observe_frame(one, "in", Close(1001, "bye"))
    record.observe_frame(one, "out", Drop())
    record.observe_frame(two, "in", Drop())
    frames = record.cassette().frames
    assert [(f.connection, f.direction, f.kind, f.payload, f.after) for f in frames] == [
        (1, "in", "ping", b"1", (0, 0)),
        (0, "out", "text", b"hello", (0, 0)),
        (0, "in", "text", b"{}", (1, 1)),
        (0, "in", "close", b"\x03\xe9bye", (1, 1)),
        # Of two ends the first counts; one without a close frame has a code that no frame can say.
        (1, "in", "close", b"\x03\xee", (1, 0)),
    ]
    assert {f.target for f in frames} == {"/private/ws/a?x=%2F", "/private/ws/b?x=%2F"}
    assert [f.offset_ms for f in frames] == [250, 750, 1250, 1500, 1500]
