"""What a request that failed raises.

ApiException                      the base; the client raises nothing else for what the network did
├── ConnectionFailed              no answer came (status 0): refused, reset, timed out, TLS, proxy
├── UnusableResponse              success, and a body that is cut off, no JSON, or of another shape
├── RedirectException             3xx; never followed, because the API key would go with it
├── BadRequestException           400
├── UnauthorizedException         401
├── ForbiddenException            403, the exchange's web application firewall
├── NotFoundException             404
├── ConflictException             409
├── GoneException                 410
├── IpBannedException             418
├── UnprocessableEntityException  422
├── TooManyRequestsException      429
└── ServiceException              5xx

Names and attributes are those of the generated clients of this family. A status without a class of
its own raises ApiException itself.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping

from .._masking import mask

__all__ = [
    "ApiException",
    "BadRequestException",
    "ConflictException",
    "ConnectionFailed",
    "ForbiddenException",
    "GoneException",
    "IpBannedException",
    "NotFoundException",
    "RedirectException",
    "ServiceException",
    "TooManyRequestsException",
    "UnauthorizedException",
    "UnprocessableEntityException",
    "UnusableResponse",
    "exception_for",
]

_LOOKED_AT = 4096  # characters of a body that are masked at all
_SHOWN = 300  # and how many of them an error shows


class ApiException(Exception):
    """A request failed.

    ``status`` is the HTTP status, 0 where no answer came. ``reason`` is the status line's text, or
    what went wrong. ``body`` is the answer's whole text, unmasked; ``code`` and ``msg`` are the
    exchange's own, None where the body has none. ``request`` is method and path. The text form is
    masked and bounded.
    """

    def __init__(
        self,
        status: int = 0,
        reason: str = "",
        body: str = "",
        headers: Mapping[str, str] | None = None,
        request: str = "",
    ) -> None:
        super().__init__(status, reason)
        self.status = status
        self.reason = reason
        self.body = body
        self.headers: Mapping[str, str] = {} if headers is None else headers
        self.request = request
        self.code, self.msg = _code_and_msg(body)

    @property
    def retry_after(self) -> int | None:
        """How long to stay away, in s, where the exchange says so (Retry-After; with 429 and 418);
        else None."""
        value = next(
            (value for name, value in self.headers.items() if name.lower() == "retry-after"), ""
        ).strip()
        return int(value) if re.fullmatch(r"[0-9]{1,9}", value) else None

    def _headline(self) -> str:
        line = f"HTTP {self.status} {_beginning(self.reason)}".rstrip()
        return f"{line}, in answer to {self.request}" if self.request else line

    def __str__(self) -> str:
        said = (
            ""
            if self.code is None
            else f": {self.code}"
            if self.msg is None
            else f": {self.code}, {_beginning(self.msg)}"
        )
        lines = [f"{self._headline()}{said}"]
        if self.retry_after is not None:
            lines.append(f"Retry-After: {self.retry_after} s.")
        if self.body:
            lines.append(f"Body: {_beginning(self.body)}")
        return "\n".join(lines)

    def __repr__(self) -> str:
        code = "" if self.code is None else f", code={self.code}"
        return f"<{type(self).__name__} status={self.status}{code}>"


class ConnectionFailed(ApiException):
    """No answer came; ``status`` is 0. Whether the exchange got the request is unknown, save where
    ``reason`` says refused."""

    def _headline(self) -> str:
        return f"No answer to {self.request or 'the request'}: {self.reason}"


class UnusableResponse(ApiException):
    """An answer with a status of success whose body is cut off, no JSON, or JSON of another
    shape."""

    def _headline(self) -> str:
        return (
            f"HTTP {self.status}, in answer to {self.request or 'the request'}, and the body is not"
            f" usable: {self.reason}"
        )


class RedirectException(ApiException):
    """3xx. Redirects are not followed: the API key would go wherever the redirect says."""


class BadRequestException(ApiException):
    """400: the request is wrong; the exchange's ``code`` says how."""


class UnauthorizedException(ApiException):
    """401: the API key is missing, malformed, unknown, or may not do this."""


class ForbiddenException(ApiException):
    """403: the exchange's web application firewall."""


class NotFoundException(ApiException):
    """404: there is no such path, or no longer."""


class ConflictException(ApiException):
    """409: in conflict with what the exchange has."""


class GoneException(ApiException):
    """410: the endpoint has moved."""


class IpBannedException(ApiException):
    """418: requests went on after a 429, and the address is banned for ``retry_after`` seconds."""


class UnprocessableEntityException(ApiException):
    """422: understood, and can't be done."""


class TooManyRequestsException(ApiException):
    """429: over the limit; wait ``retry_after`` seconds, or the address is banned."""


class ServiceException(ApiException):
    """5xx: the exchange's side. Of a 503 "Unknown error", the outcome is unknown: it may have been
    executed."""


_BY_STATUS: dict[int, type[ApiException]] = {
    400: BadRequestException,
    401: UnauthorizedException,
    403: ForbiddenException,
    404: NotFoundException,
    409: ConflictException,
    410: GoneException,
    418: IpBannedException,
    422: UnprocessableEntityException,
    429: TooManyRequestsException,
}


def exception_for(status: int) -> type[ApiException]:
    """The class that an HTTP status which is no success raises."""
    if status in _BY_STATUS:
        return _BY_STATUS[status]
    return {3: RedirectException, 5: ServiceException}.get(status // 100, ApiException)


def _code_and_msg(body: str) -> tuple[int | None, str | None]:
    try:
        content = json.loads(body) if body else None
    except (ValueError, RecursionError):
        return None, None
    if not isinstance(content, dict):
        return None, None
    code, msg = content.get("code"), content.get("msg")
    whole = isinstance(code, int) and not isinstance(code, bool)
    return (code if whole else None), (msg if isinstance(msg, str) else None)


def _beginning(full: str) -> str:
    text = full[:_LOOKED_AT]
    if len(full) > _LOOKED_AT:
        # A key that the cut goes through is too short to be seen as one: leave its rest out.
        text = re.sub(r"[A-Za-z0-9+/_%=-]+\Z", "", text)
    shown = " ".join(mask(text).split())
    return (
        shown
        if len(shown) <= _SHOWN and len(full) <= _LOOKED_AT
        else f"{shown[:_SHOWN]}... ({len(full)} characters)"
    )
