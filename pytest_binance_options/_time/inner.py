"""Sockets of a world whose other end is in this process: what comes there comes from here."""

from __future__ import annotations

from collections.abc import Iterable
from socket import socket
from weakref import WeakSet

__all__ = ["InnerSockets"]


class InnerSockets:
    """Those that there are."""

    def __init__(self) -> None:
        self._sockets: WeakSet[socket] = WeakSet()
        #: How many there have been so far.
        self.seen = 0

    def add(self, *sockets: socket) -> None:
        """What comes to ``sockets`` comes from this process."""
        for each in sockets:
            self._sockets.add(each)
            self.seen += 1

    def find(self, descriptor: int) -> socket | None:
        """The one of them that has this ``descriptor``."""
        return next(
            (each for each in list(self._sockets) if each.fileno() == descriptor >= 0), None
        )

    def outside(self, descriptors: Iterable[int]) -> bool:
        """Whether any of ``descriptors`` may bring something from outside, in real time."""
        inner = {each.fileno() for each in list(self._sockets)}
        return any(each not in inner for each in descriptors)
