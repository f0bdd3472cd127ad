"""A moment of a day, as people write it: "03:14:15.926" is so long after the day has begun."""

from __future__ import annotations

import re

from .._checks import wrong

__all__ = ["moment", "read_ms"]

_MOMENT = re.compile(r"(\d{1,4}):([0-5]\d)(?::([0-5]\d)(?:\.(\d{1,3}))?)?")


def read_ms(name: str, value: object) -> int:
    """``value``, "HH:MM", "HH:MM:SS" or "HH:MM:SS.mmm", in ms since the day has begun. Raises
    UsageError for anything else."""
    found = _MOMENT.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        wanted = 'a moment of the day, hours first, as in "03:14" or "03:14:15.926"'
        raise wrong(name, value, wanted)
    hours, minutes, seconds, rest = found.groups()
    whole = (int(hours) * 60 + int(minutes)) * 60 + int(seconds or 0)
    return whole * 1000 + int((rest or "0").ljust(3, "0"))


def moment(ms: int) -> str:
    """``ms`` since the day has begun, as short as that can be said."""
    seconds, rest = divmod(ms, 1000)
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    text = f"{hours:02}:{minutes:02}"
    if seconds or rest:
        text += f":{seconds:02}"
    return f"{text}.{rest:03}" if rest else text
