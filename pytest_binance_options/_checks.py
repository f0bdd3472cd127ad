"""What a value may be that arrives from a test, a setting, a command line, or as JSON: each is what
it should be, or a clear UsageError.

Every check takes the name the caller knows the value by, and all say it in one way: what arrived,
without secrets; what would do; and, as ``hint``, what else there is to know.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import TypeVar

from ._masking import mask
from .errors import UsageError

__all__ = ["flag", "instance", "number", "one_of", "shown", "text", "whole", "wrong"]

T = TypeVar("T")

_LONGEST = 100
_WHOLE = re.compile(r"-?[0-9]{1,20}")  # a longer one is in nobody's range, and slow to read
_NUMBER = re.compile(r"-?([0-9]+(\.[0-9]*)?|\.[0-9]+)(e[+-]?[0-9]+)?", re.I)


def shown(value: object) -> str:
    """``value`` as an error may quote it: without secrets, and not for pages."""
    try:
        quoted = mask(repr(value))
    except (ValueError, RecursionError):  # an int of thousands of digits, lists a thousand deep
        return f"an endless {type(value).__name__}"
    return quoted if len(quoted) <= _LONGEST else f"{quoted[:_LONGEST]}..."


def wrong(name: str, value: object, wanted: str, hint: str = "") -> UsageError:
    """The error that all checks here raise: for a condition that is none of them."""
    return UsageError(" ".join(filter(None, (f"{name} is {shown(value)}. Give {wanted}.", hint))))


def whole(
    name: str,
    value: object,
    low: int | None = None,
    high: int | None = None,
    *,
    written: bool = False,
    hint: str = "",
) -> int:
    """``value``, an int from ``low`` to ``high`` (None: no bound); ``written``: text that says one
    will do too."""
    found = value
    if written and isinstance(value, str) and _WHOLE.fullmatch(value):
        found = int(value)
    if (
        isinstance(found, bool)
        or not isinstance(found, int)
        or (low is not None and found < low)
        or (high is not None and found > high)
    ):
        raise wrong(name, value, "a whole number" + _bounds(low, high), hint)
    return found


def number(
    name: str,
    value: object,
    low: float,
    high: float | None = None,
    *,
    above: bool = False,
    of: str = "",
    written: bool = False,
    hint: str = "",
) -> float:
    """``value``, a finite number from ``low`` to ``high`` (None: no bound), ``low`` itself left out
    where ``above``; ``of`` says of what; ``written``: text that says one will do too."""
    found = value
    if written and isinstance(value, str) and _NUMBER.fullmatch(value):
        found = float(value)
    if (
        isinstance(found, bool)
        or not isinstance(found, (int, float))
        # Written so that NaN, for which no comparison holds, is refused.
        or not (low < found if above else low <= found)
        or not (found <= high if high is not None else found < float("inf"))
    ):
        bounds = _bounds(low, high, above=above)
        raise wrong(name, value, f"a number{of and f' of {of}'}{bounds}", hint)
    return found


def _bounds(low: float | None, high: float | None, *, above: bool = False) -> str:
    if low is None:
        return ""
    if above:
        return f" above {_plain(low)}" + ("" if high is None else f", up to {_plain(high)}")
    return f" from {_plain(low)} " + ("up" if high is None else f"to {_plain(high)}")


def _plain(bound: float) -> str:
    return str(bound) if isinstance(bound, int) else f"{bound:g}"


def flag(name: str, value: object) -> bool:
    """``value``, true or false."""
    if not isinstance(value, bool):
        raise wrong(name, value, "true or false")
    return value


def text(name: str, value: object) -> str:
    """``value``, a string."""
    if not isinstance(value, str):
        raise wrong(name, value, "text")
    return value


def one_of(name: str, value: object, allowed: Collection[str], *, hint: str = "") -> str:
    """``value``, one of the words in ``allowed``."""
    if not isinstance(value, str) or value not in allowed:
        raise wrong(name, value, f"one of: {', '.join(allowed)}", hint)
    return value


def instance(
    name: str, value: T, kinds: tuple[type, ...], wanted: str, *, secret: bool = False
) -> T:
    """``value``, an instance of one of ``kinds``; of a ``secret`` not even the repr is shown."""
    if not isinstance(value, kinds):
        if secret:
            raise UsageError(f"{name} is of type {type(value).__name__}. Give {wanted}.")
        raise wrong(name, value, wanted)
    return value
