"""Who asks on when its test is over is said at the end of the next test of ours: nobody else would
hear of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import pytest

from ..errors import LateRequestWarning

__all__ = ["listed", "listener", "tell", "tell_of_copies"]

_LATE: pytest.StashKey[list[tuple[str, str]]] = pytest.StashKey()
# Lines of one warning.
_LISTED = 12
_ADVICE = "Nobody answered. Stop the thread, or cancel and await the task, before its test ends."


def listener(item: pytest.Item) -> Callable[[str], None]:
    """What is told, from any thread, of each request that ``item`` leaves behind: what, and by
    whom."""
    late = item.config.stash.setdefault(_LATE, [])

    def note(what: str) -> None:
        late.append((item.nodeid, what))

    return note


def tell(item: pytest.Item) -> None:
    """Warn, at the end of ``item``, of what was asked meanwhile by tests that are over."""
    late = item.config.stash.get(_LATE, [])
    found = late[:]
    del late[: len(found)]
    for test in dict.fromkeys(test for test, _ in found):
        times = Counter(what for whose, what in found if whose == test)
        text = "\n".join(
            (
                f"{test} is over, and what it has left behind asked on during {item.nodeid}:",
                *listed(times),
                _ADVICE,
            )
        )
        item.warn(LateRequestWarning(text))


def tell_of_copies(item: pytest.Item) -> None:
    """Warn, at the end of ``item``, that processes that were forked from it have asked."""
    item.warn(
        LateRequestWarning(
            f"a process that was forked from {item.nodeid} has asked the exchange. It was told that"
            " nobody answers there, and may have told nobody. Have the test ask for the fixture"
            " binance_options_server, and give the other process that server's address."
        )
    )


def listed(times: Counter[str]) -> list[str]:
    """A line for each, and how often; the first dozen."""
    lines = [f"  - {what}" + (f", {n} times" if n > 1 else "") for what, n in times.items()]
    if len(lines) > _LISTED:
        lines[_LISTED:] = [f"  - and {len(lines) - _LISTED} more"]
    return lines
