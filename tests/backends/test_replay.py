from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Barrier, Thread

import pytest

from pytest_binance_options._backends.replay import Replay
from pytest_binance_options._cassette.model import Cassette, Interaction
from pytest_binance_options._messages import Answer, Request, Response
from pytest_binance_options.errors import RequestNotRecordedError

from .flow import DONE, FLOW, GONE, LISTEN_KEY, ask, run, say

COMMAND = 'pytest "tests/test_bot.py::test_it" --binance-options=record'


def make(
    *pairs: tuple[Request, Response], test: str | None = None, tests: tuple[str, ...] = ()
) -> Replay:
    interactions = tuple(
        Interaction(request, response, test=tests[n] if tests else None)
        for n, (request, response) in enumerate(pairs or FLOW)
    )
    return Replay(
        Cassette(interactions), path=Path("cassettes/it.yaml"), record_command=COMMAND, test=test
    )


def refused(replay: Replay, request: Request) -> str:
    with pytest.raises(RequestNotRecordedError) as caught:
        replay.respond(request)
    return str(caught.value)


def test_the_flow_is_answered_as_it_was_recorded() -> None:
    replay = make()
    assert run(replay) == [response for _, response in FLOW]
    assert replay.unplayed == []


def test_repeated_requests_get_their_answers_in_the_order_of_the_recording() -> None:
    replay = make()
    assert replay.respond(ask("PUT")) is DONE
    assert replay.respond(ask("PUT")) is GONE


def test_a_recording_is_played_again_from_its_beginning_by_the_next_test() -> None:
    cassette = make().cassette
    for _ in range(2):
        assert run(Replay(cassette, path=Path("x"), record_command="")) == [
            response for _, response in FLOW
        ]


def test_a_request_that_was_never_recorded_is_refused_with_what_there_is() -> None:
    replay = make()
    replay.respond(ask("DELETE"))
    assert (
        refused(replay, ask("GET", "https://eapi.binance.com/eapi/v1/listenKey?symbol=BTC"))
        == "the cassette has no answer for this request.\n"
        "  asked for: GET /eapi/v1/listenKey?symbol=BTC\n"
        "  cassette:  cassettes/it.yaml\n"
        "What it still has:\n"
        "  - POST /eapi/v1/listenKey -> 200 (interaction 1)\n"
        "  - PUT /eapi/v1/listenKey -> 200 (interaction 2)\n"
        "  - PUT /eapi/v1/listenKey -> 400 (interaction 4)\n"
        "The nearest is interaction 1: it has method POST instead of GET, no parameter symbol.\n"
        "To record the test again:\n"
        f"  {COMMAND}"
    )


def test_a_request_too_many_is_refused_with_what_there_is() -> None:
    replay = make()
    run(replay)
    assert (
        refused(replay, ask("PUT"))
        == "the cassette has no answer left for this request: it was recorded 2 times, and was"
        " asked for once more.\n  asked for: PUT /eapi/v1/listenKey\n  cassette: "
        " cassettes/it.yaml\nEverything in it was played.\nTo record the test again:\n "
        f" {COMMAND}"
    )


def test_a_refusal_shows_no_key_and_stays_short() -> None:
    many = [(ask("GET", f"https://h/eapi/v1/depth?symbol=S{n}"), DONE) for n in range(40)]
    text = refused(
        make(*many),
        ask("PUT", f"https://h/eapi/v1/listenKey?listenKey={LISTEN_KEY}&note={'x' * 5000}"),
    )
    assert LISTEN_KEY not in text
    assert "  - and 28 more\n" in text
    assert len(text) < 2000


def test_in_a_shared_cassette_a_tests_own_recordings_come_first() -> None:
    theirs, mine, also_theirs = say({"n": 1}), say({"n": 2}), say({"n": 3})
    pairs = (
        (ask("PUT"), theirs),
        (ask("PUT"), mine),
        (ask("PUT"), also_theirs),
        (ask("POST"), DONE),
    )
    tests = ("t::a", "t::b", "t::a", "t::a")
    replay = make(*pairs, test="t::b", tests=tests)
    assert replay.respond(ask("PUT")) is mine
    assert replay.respond(ask("PUT")) is theirs
    assert replay.unplayed == []
    assert make(*pairs, test="t::new", tests=tests).respond(ask("PUT")) is theirs


def test_unplayed_are_the_tests_own_recordings_that_it_did_not_ask_for() -> None:
    pairs = ((ask("POST"), DONE), (ask("PUT"), DONE), (ask("DELETE"), DONE))
    replay = make(*pairs, test="t::b", tests=("t::a", "t::b", "t::b"))
    replay.respond(ask("PUT"))
    assert [i.request.method for i in replay.unplayed] == ["DELETE"]
    assert [i.request.method for i in make(*pairs).unplayed] == ["POST", "PUT", "DELETE"]


def test_what_was_asked_in_vain_is_kept_with_how_often() -> None:
    replay = make()
    for _ in range(3):
        refused(replay, ask("GET", "https://eapi.binance.com/eapi/v1/time"))
    refused(replay, ask("PUT", f"https://h/eapi/v1/listenKey?listenKey={LISTEN_KEY}"))
    assert replay.unanswered == [
        "GET /eapi/v1/time, 3 times",
        "PUT /eapi/v1/listenKey?listenKey=<hidden>",
    ]


def test_what_is_left_over_is_told_with_its_place_in_the_file() -> None:
    replay = make()
    replay.respond(ask("PUT"))
    assert replay.left_over == [
        "POST /eapi/v1/listenKey -> 200 (interaction 1)",
        "DELETE /eapi/v1/listenKey -> 200 (interaction 3)",
        "PUT /eapi/v1/listenKey -> 400 (interaction 4)",
    ]


@pytest.fixture
def eager() -> Iterator[Callable[[], None]]:
    """Have threads change places as often as they can, from when it is called on. Not before they
    have begun: where coverage has each of them traced, two that begin at once can fail to be, and
    end (Python before 3.12: "Cannot install a trace function while another...")."""
    interval = sys.getswitchinterval()
    yield lambda: sys.setswitchinterval(1e-6)
    sys.setswitchinterval(interval)


def test_threads_get_every_answer_once(eager: Callable[[], None]) -> None:
    answers = [say({"n": n}) for n in range(4096)]
    replay = make(*[(ask("PUT"), answer) for answer in answers])
    barrier = Barrier(16, action=eager)
    got: list[Answer] = []

    def work() -> None:
        barrier.wait()
        for _ in range(256):
            answer = replay.respond(ask("PUT"))
            assert isinstance(answer, Response)
            got.append(answer)

    threads = [Thread(target=work, daemon=True) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {id(answer) for answer in got} == {id(answer) for answer in answers}
    assert re.search("recorded 4096 times", refused(replay, ask("PUT")))


def test_a_long_cassette_is_not_walked_for_every_request(monkeypatch: pytest.MonkeyPatch) -> None:
    pairs = [(ask("GET", f"https://h/eapi/v1/depth?symbol=S{n}"), DONE) for n in range(10_000)]
    replay = make(*pairs)
    assert replay.respond(pairs[9_999][0]) is DONE
    calls = 0
    real = Interaction.__getattribute__

    def counting(self: Interaction, name: str) -> object:
        nonlocal calls
        calls += 1
        return real(self, name)

    monkeypatch.setattr(Interaction, "__getattribute__", counting)
    for request, _ in reversed(pairs[9_000:9_100]):
        assert replay.respond(request) is DONE
    assert calls == 100
