"""From a response to data, or to the exception that says why not; raising it is the caller's part.

The two are apart so that no function that raises has a body, and with it a listen key, among its variables: pytest
prints those.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

import requests
from urllib3.exceptions import HTTPError

from ..errors import UsageError
from .api_response import ApiResponse
from .failures import cleaned, innermost
from .models import OptionsCreateListenKeyV1Resp
from .rest import ApiException, UnusableResponse, exception_for

__all__ = ["Decoder", "Problem", "json_object", "json_value", "listen_key", "read"]

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a body is not what was asked for; holds none of it."""

    text: str


Decoder = Callable[[bytes], "T | Problem"]


def json_value(body: bytes) -> object | Problem:
    """Any JSON."""
    try:
        content: object = json.loads(body)
    except (ValueError, RecursionError):
        return Problem("it is not JSON" if body else "it is empty, and should be JSON")
    return content


def json_object(body: bytes) -> dict[str, object] | Problem:
    """A JSON object, as keepalive and close are answered with."""
    content = json_value(body)
    if isinstance(content, (dict, Problem)):
        return content
    return Problem("it is JSON, and should be an object, which it is not")


def listen_key(body: bytes) -> OptionsCreateListenKeyV1Resp | Problem:
    """The model that start is answered with."""
    content = json_value(body)
    if isinstance(content, Problem):
        return content
    try:
        return OptionsCreateListenKeyV1Resp.from_dict(content)
    except UsageError as error:
        return Problem(f"it is JSON of another shape. {error}".removesuffix("."))


def read(response: requests.Response, decode: Decoder[T], request: str) -> ApiResponse[T] | ApiException:
    """The answer, decoded where its status is one of success and its body what ``decode`` takes; else what to raise."""
    status, headers = response.status_code, response.headers
    broken: Exception | None = None
    try:
        body = response.content
    # RequestException is an OSError; some of urllib3's own exceptions get past requests
    except (OSError, HTTPError) as error:
        broken = error
        body = _rest(response)

    good = 200 <= status < 300
    why = f"it broke off ({innermost(broken)})" if broken else ""
    if good and not broken:
        result = decode(body)
        if not isinstance(result, Problem):
            return ApiResponse(status, headers, result, body)
        why = result.text
    text = body.decode("utf-8", "replace")
    kind, reason = (UnusableResponse, why) if good else (exception_for(status), response.reason or "")
    failure = kind(status, reason, text, headers, request)
    if broken:
        failure.__cause__ = cleaned(broken)
    return failure


def _rest(response: requests.Response) -> bytes:
    """What arrived of a body that broke off, as far as urllib3 still has it; the beginning is enough for an error."""
    got = bytearray()
    try:
        # By single bytes, because a larger request would turn to the connection again and fail before it gives what there is.
        while len(got) < 1024 and (byte := response.raw.read(1, decode_content=True)):
            got += byte
    except (OSError, HTTPError, ValueError, TypeError, AttributeError):
        pass
    if response.raw is not None:
        response.close()
    return bytes(got)
