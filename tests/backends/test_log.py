"""What was asked is kept in order, with how it ended, whoever answered."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from pytest_binance_options._backends.base import Forward, perform
from pytest_binance_options._backends.log import Asked, Logged
from pytest_binance_options._messages import Answer, Failure, FailureKind, Request, Response
from pytest_binance_options.errors import RequestNotRecordedError

from .test_base import Says, never

URL = "https://eapi.binance.com/eapi/v1/listenKey?timestamp=1&signature=abc"


def test_an_answer_is_logged_with_method_path_and_status() -> None:
    logged = Logged(Says(Response(401)))

    assert perform(logged, Request("PUT", URL), never) == Response(401)
    assert logged.requests == [Asked("PUT", "/eapi/v1/listenKey", 401)]


def test_a_failure_has_no_status() -> None:
    logged = Logged(Says(Failure(FailureKind.RESET)))

    perform(logged, Request("DELETE", URL), never)

    assert logged.requests == [Asked("DELETE", "/eapi/v1/listenKey", None)]


@pytest.mark.parametrize(
    ("answer", "status"), [(Response(200), 200), (Failure(FailureKind.TIMEOUT), None)]
)
def test_what_the_network_answered_is_logged_once_it_has(
    answer: Answer, status: int | None
) -> None:
    says = Says(Forward(Request("PUT", "https://demo-fapi.binance.com/other")))
    logged = Logged(says)

    def send(_: Request) -> Answer:
        assert logged.requests == []
        return answer

    assert perform(logged, Request("PUT", URL), send) is answer
    assert logged.requests == [Asked("PUT", "/eapi/v1/listenKey", status)]
    assert says.observed == [(Request("PUT", URL), answer)]


def test_a_request_that_the_backend_has_no_answer_for_was_asked_all_the_same() -> None:
    class Refuses(Says):
        def respond(self, request: Request) -> Answer | Forward:
            raise RequestNotRecordedError("not recorded")

    logged = Logged(Refuses(Response(200)))

    with pytest.raises(RequestNotRecordedError, match="not recorded"):
        logged.respond(Request("PUT", URL))
    assert logged.requests == [Asked("PUT", "/eapi/v1/listenKey", None)]


def test_requests_stand_in_the_order_in_which_they_were_answered() -> None:
    logged = Logged(Says(Response(200)))
    for method in ("POST", "PUT", "DELETE"):
        logged.respond(Request(method, URL))

    assert [asked.method for asked in logged.requests] == ["POST", "PUT", "DELETE"]


def test_of_many_threads_each_request_is_logged_once() -> None:
    logged = Logged(Says(Response(200)))
    paths = [f"/eapi/v1/{number}" for number in range(640)]
    with ThreadPoolExecutor(16) as pool:
        list(pool.map(lambda path: logged.respond(Request("GET", path)), paths))

    assert sorted(asked.path for asked in logged.requests) == sorted(paths)


def test_a_report_shows_no_signature() -> None:
    logged = Logged(Says(Response(200)))
    logged.respond(Request("PUT", URL))

    assert repr(logged.requests) == "[Asked(method='PUT', path='/eapi/v1/listenKey', status=200)]"
