"""From a response to data, or to the exception that says why not; raising it is the caller's part.

The two are apart so that no function that raises has a body, and with it a listen key, among its
variables: pytest prints those.
"""

from __future__ import annotations

import contextlib
import http.client
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

import requests
from urllib3.exceptions import HTTPError

from ..errors import UsageError
from ._failures import bottom, cleaned, innermost
from .api_response import ApiResponse
from .models import OptionsCreateListenKeyV1Resp
from .rest import ApiException, UnusableResponse, exception_for

__all__ = ["Decoder", "Problem", "json_object", "json_value", "listen_key", "read"]

T = TypeVar("T")
_AT_ONCE = 65_536  # bytes


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


def read(
    response: requests.Response, decode: Decoder[T], request: str
) -> ApiResponse[T] | ApiException:
    """The answer, decoded where its status is one of success and its body what ``decode`` takes;
    else what to raise."""
    status, headers = response.status_code, response.headers
    body, broken = _body(response)
    good = 200 <= status < 300
    why = f"it is cut off or damaged ({innermost(broken)})" if broken else ""
    if good and not broken:
        result = decode(body)
        if not isinstance(result, Problem):
            return ApiResponse(status, headers, result, body)
        why = result.text
    text = body.decode("utf-8", "replace")
    kind, reason = (
        (UnusableResponse, why) if good else (exception_for(status), response.reason or "")
    )
    failure = kind(status, reason, text, headers, request)
    if broken:
        failure.__cause__ = cleaned(broken)
    return failure


def _body(response: requests.Response) -> tuple[bytes, Exception | None]:
    """The body, or as much of its beginning as arrived, and what then went wrong."""
    if response.raw is None:  # an adapter that sets the content and nothing else
        return response.content, None
    got: list[bytes] = []
    try:
        got.extend(response.iter_content(_AT_ONCE))
    # RequestException is an OSError; some of urllib3's own exceptions get past requests
    except (OSError, HTTPError) as error:
        got.append(_rest(response, error))
        response.close()
        return b"".join(got), error
    return b"".join(got), None


def _rest(response: requests.Response, error: Exception) -> bytes:
    """What arrived after the last whole part that was read, as far as anybody still has it."""
    incomplete = bottom(error)
    if isinstance(incomplete, http.client.IncompleteRead) and isinstance(incomplete.partial, bytes):
        return b"" if "content-encoding" in response.headers else incomplete.partial
    got = bytearray()
    # By single bytes: urllib3 gives those from its buffer, and for more than that has it turns to
    # the broken connection.
    with contextlib.suppress(OSError, HTTPError, ValueError):
        while len(got) < _AT_ONCE and (byte := response.raw.read(1, decode_content=True)):
            got += byte
    return bytes(got)
