"""Who was there before a world, so that it can be said who came with it and stays."""

from __future__ import annotations

import asyncio
import threading
from weakref import WeakSet

from .._transports.interception.belonging import outlives_tests

__all__ = ["Bystanders"]

_present: WeakSet[Bystanders] = WeakSet()


class Bystanders:
    """The threads there are now and, with ``tasks``, the tasks of the event loop that runs here."""

    def __init__(self, *, tasks: bool) -> None:
        self._threads = set(threading.enumerate())
        self._tasks = asyncio.all_tasks() if tasks else None
        _present.add(self)

    def newcomers(self) -> list[str]:
        """Who has come since then and has not ended, by name. Nobody, where there are other worlds:
        it may be theirs."""
        _present.discard(self)
        if _present:
            return []
        threads = set(threading.enumerate()) - self._threads - {threading.current_thread()}
        tasks = (
            set()
            if self._tasks is None
            else asyncio.all_tasks() - self._tasks - {asyncio.current_task()}
        )
        return [
            *sorted(f"task {each.get_name()!r}" for each in tasks),
            *sorted(f"thread {each.name!r}" for each in threads if not outlives_tests(each)),
        ]
