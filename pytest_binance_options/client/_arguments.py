"""What a caller may give with a single request: a timeout and headers, checked."""

from __future__ import annotations

import re
from collections.abc import Mapping

from requests.structures import CaseInsensitiveDict

from .._checks import number
from ..errors import UsageError

__all__ = ["SafeHeaders", "Timeout", "checked_headers", "checked_timeout"]

Timeout = float | tuple[float, float] | None

_DEFAULT = (30.0, 30.0)  # s; for ever would be a test suite that hangs
_LONGEST = 86_400  # s
_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")  # RFC 9110, section 5.6.2
_VALUE = re.compile(r"[\x21-\x7e\x80-\xff]([\t\x20-\x7e\x80-\xff]*[\x21-\x7e\x80-\xff])?|")


class SafeHeaders(CaseInsensitiveDict[str]):
    """Headers of a request, of which no repr shows a value: pytest prints the arguments of
    functions that failed."""

    def __repr__(self) -> str:
        return f"<headers {', '.join(self)}>"

    def copy(self) -> SafeHeaders:
        """The same headers, as safe as these."""
        return SafeHeaders(self.items())


def checked_timeout(value: Timeout) -> tuple[float, float]:
    """Seconds to connect and seconds to wait for each part of the answer, from what a caller gave.

    One number is both; None is 30 s. Raises UsageError for anything that is no time from over 0 to
    86400 s.
    """
    if value is None:
        return _DEFAULT
    if isinstance(value, tuple) and len(value) == 2:
        return _seconds("_request_timeout[0]", value[0]), _seconds("_request_timeout[1]", value[1])
    both = _seconds("_request_timeout", value)
    return both, both


def _seconds(name: str, value: object) -> float:
    hint = "Two, in a tuple, are to connect and to wait."
    return number(name, value, 0, _LONGEST, above=True, of="seconds", hint=hint)


def checked_headers(headers: Mapping[str, str]) -> Mapping[str, str]:
    """``headers``, if they can be sent as they are. Raises UsageError, which quotes no value, where
    they can't."""
    for name, value in headers.items():
        if not isinstance(name, str) or not _NAME.fullmatch(name):
            raise UsageError(
                f"_headers has a name that HTTP does not allow: {name!r}. Give letters, digits and"
                " hyphens."
            )
        if not isinstance(value, str) or not _VALUE.fullmatch(value):
            del value, headers
            raise UsageError(
                f"_headers[{name!r}] is no value that HTTP allows. Give a Latin-1 str without line"
                " breaks and space around it."
            )
    return headers
