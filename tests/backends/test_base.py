"""One whole exchange: the backend answers itself, or the network does and the backend hears of
it."""

from __future__ import annotations

import pytest

from pytest_binance_options._backends.base import Backend, Forward, perform
from pytest_binance_options._messages import Answer, Failure, FailureKind, Request, Response

ASKED = Request("PUT", "https://eapi.binance.com/eapi/v1/listenKey")
SENT = ASKED.with_url("https://demo-fapi.binance.com/eapi/v1/listenKey")


class Says:
    def __init__(self, verdict: Answer | Forward) -> None:
        self.verdict = verdict
        self.asked: list[Request] = []
        self.observed: list[tuple[Request, Answer]] = []

    def respond(self, request: Request) -> Answer | Forward:
        self.asked.append(request)
        return self.verdict

    def observe(self, request: Request, answer: Answer) -> None:
        self.observed.append((request, answer))


def never(request: Request) -> Answer:
    raise AssertionError(f"{request!r} was sent")


@pytest.mark.parametrize(
    "answer", [Response(200), Failure(FailureKind.RESET)], ids=["response", "failure"]
)
def test_what_the_backend_answers_is_the_answer_and_nothing_is_sent(answer: Answer) -> None:
    backend = Says(answer)

    assert perform(backend, ASKED, never) is answer
    assert backend.asked == [ASKED]
    assert backend.observed == []


@pytest.mark.parametrize(
    "answer", [Response(418), Failure(FailureKind.TIMEOUT)], ids=["response", "failure"]
)
def test_what_it_forwards_is_sent_and_it_hears_the_answer_to_the_request_it_was_given(
    answer: Answer,
) -> None:
    backend = Says(Forward(SENT))
    sent: list[Request] = []

    def send(request: Request) -> Answer:
        sent.append(request)
        return answer

    assert perform(backend, ASKED, send) is answer
    assert sent == [SENT]
    assert backend.observed == [(ASKED, answer)]


def test_an_error_on_the_way_out_is_no_answer() -> None:
    backend = Says(Forward(SENT))

    with pytest.raises(AssertionError, match="was sent"):
        perform(backend, ASKED, never)

    assert backend.observed == []


def test_two_methods_make_a_backend() -> None:
    backend: Backend = Says(Response(200))

    assert perform(backend, ASKED, never) == Response(200)
