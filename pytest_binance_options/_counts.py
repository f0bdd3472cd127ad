"""So many of something, as a report says it: "1 day", "2,000 days"."""

from __future__ import annotations

__all__ = ["many"]


def many(count: int, what: str, *, none: str = "0") -> str:
    """``count`` of them, in words; ``none`` is what stands for 0."""
    return f"{count:,} {what}{'' if count == 1 else 's'}" if count else f"{none} {what}s"
