"""The exceptions of failed requests: their classes, fields and texts."""

from __future__ import annotations

import json
import pickle

import pytest

from pytest_binance_options.client import rest
from pytest_binance_options.client.rest import (
    ApiException,
    ConnectionFailed,
    UnusableResponse,
    exception_for,
)

from .answering import API_KEY, LISTEN_KEY


@pytest.mark.parametrize(
    ("status", "name"),
    [
        (300, "RedirectException"),
        (302, "RedirectException"),
        (399, "RedirectException"),
        (400, "BadRequestException"),
        (401, "UnauthorizedException"),
        (402, "ApiException"),
        (403, "ForbiddenException"),
        (404, "NotFoundException"),
        (409, "ConflictException"),
        (410, "GoneException"),
        (418, "IpBannedException"),
        (422, "UnprocessableEntityException"),
        (429, "TooManyRequestsException"),
        (451, "ApiException"),
        (500, "ServiceException"),
        (503, "ServiceException"),
        (599, "ServiceException"),
        (100, "ApiException"),
        (600, "ApiException"),
    ],
)
def test_each_kind_of_status_has_its_class(status: int, name: str) -> None:
    assert exception_for(status) is getattr(rest, name)
    assert issubclass(exception_for(status), ApiException)


def test_the_text_tells_status_request_code_message_wait_and_body() -> None:
    body = '{"code":-1008,"msg":"Too many requests; banned until 1790000000000."}'
    error = exception_for(418)(
        418, "I'm a teapot", body, {"retry-after": "120"}, "PUT /eapi/v1/listenKey"
    )
    assert (
        str(error)
        == "HTTP 418 I'm a teapot, in answer to PUT /eapi/v1/listenKey: -1008, Too many requests;"
        f" banned until 1790000000000.\nRetry-After: 120 s.\nBody: {body}"
    )
    assert repr(error) == "<IpBannedException status=418, code=-1008>"
    assert (error.code, error.msg, error.retry_after) == (
        -1008,
        "Too many requests; banned until 1790000000000.",
        120,
    )


def test_the_text_leaves_out_what_there_is_not() -> None:
    assert str(ApiException(500)) == "HTTP 500"
    assert (
        str(ApiException(500, "Oops", '{"code":-1000}'))
        == 'HTTP 500 Oops: -1000\nBody: {"code":-1000}'
    )
    assert str(ConnectionFailed(0, "it rained")) == "No answer to the request: it rained"
    assert (
        str(UnusableResponse(200, "it is not JSON", "<p>"))
        == "HTTP 200, in answer to the request, and the body is not usable: it is not"
        " JSON\nBody: <p>"
    )
    assert repr(ApiException(500)) == "<ApiException status=500>"


@pytest.mark.parametrize(
    ("body", "code", "msg"),
    [
        (
            '{"code":-1125,"msg":"This listenKey does not exist."}',
            -1125,
            "This listenKey does not exist.",
        ),
        ('{"code":"-1125","msg":7}', None, None),
        ('{"code":true}', None, None),
        ('{"code":1.5,"msg":"x"}', None, "x"),
        ('{"msg":"x"}', None, "x"),
        ('[{"code":-1}]', None, None),
        ("<html>", None, None),
        ("", None, None),
        ("[" * 100_000, None, None),
    ],
)
def test_code_and_message_are_the_exchanges_own_where_it_gave_any(
    body: str, code: int | None, msg: str | None
) -> None:
    error = ApiException(400, "Bad Request", body)
    assert (error.code, error.msg, error.body) == (code, msg, body)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"Retry-After": "13"}, 13),
        ({"RETRY-AFTER": " 0 "}, 0),
        ({}, None),
        ({"Retry-After": "Wed, 21 Oct 2026 07:28:00 GMT"}, None),
        ({"Retry-After": "-1"}, None),
        ({"Retry-After": "1.5"}, None),
        ({"Retry-After": "١٣"}, None),
        ({"Retry-After": "9" * 5000}, None),
    ],
)
def test_retry_after_is_whole_seconds_or_nothing(
    headers: dict[str, str], seconds: int | None
) -> None:
    assert ApiException(429, headers=headers).retry_after == seconds


def test_a_long_body_is_shown_by_its_beginning() -> None:
    assert (
        str(ApiException(502, "Bad Gateway", "<p>no</p> " * 100)).splitlines()[1]
        == f"Body: {('<p>no</p> ' * 100)[:300]}... (1000 characters)"
    )
    assert (
        len(str(ApiException(400, "r" * 9000, json.dumps({"code": 1, "msg": "m " * 9000})))) < 1100
    )


@pytest.mark.parametrize("before", [0, 1, 100, 250, 4050, 4070, 4090, 9000])
def test_no_text_shows_a_key_wherever_it_stands(before: int) -> None:
    words = ("word " * 2000)[:before]
    for secret in (LISTEN_KEY, API_KEY):
        for body in (
            f"{words}{secret}",
            f"{words} {secret} and more",
            json.dumps({"code": -1, "msg": f"{words} {secret}", "listenKey": secret}),
            f'{words}{{"listenKey":"{secret}',
            # masks to so little that what the cut left of the last one could show
            f"{secret * 63}{' ' * 40}{secret}",
        ):
            for error in (
                ApiException(400, body, body),
                UnusableResponse(200, "it is not JSON", body),
            ):
                assert secret[:12] not in str(error) + repr(error)
                assert error.body == body


def test_an_exception_can_be_pickled() -> None:
    for error in (
        exception_for(429)(
            429, "Too Many Requests", '{"code":-1008}', {"Retry-After": "3"}, "PUT /x"
        ),
        ApiException(),
    ):
        again = pickle.loads(pickle.dumps(error))  # noqa: S301
        assert (type(again), str(again), again.retry_after) == (
            type(error),
            str(error),
            error.retry_after,
        )
