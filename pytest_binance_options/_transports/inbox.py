"""What is on its way to a client that is in this process: bytes in memory, and a pair of sockets
that tells a selector whether there are any.
"""

from __future__ import annotations

import errno
import os
import socket
from _thread import allocate_lock
from collections.abc import Callable
from contextlib import suppress

__all__ = ["Inbox"]

# Bytes; as much as a socket takes on Linux until its reader comes.
_ROOM = 212_992


class Inbox:
    """What a client has not read yet. Its socket, ``near``, is readable while there is something,
    or the end: a byte lies in it then, sent to it by ``far``. Where whoever reads is told, there is
    nothing to be seen there, and nothing to ask the system for.

    Used by several threads. No lock is held while anything else is called.
    """

    def __init__(self, far: socket.socket) -> None:
        self._far = far
        self._bytes = bytearray()
        self._lock = allocate_lock()
        self._marked = False
        self._told: Callable[[], object] | None = None
        #: Nothing is added any more.
        self.closed = False
        #: Whether there is more than a socket would have room for.
        self.full = False
        #: Whether there is anything to read, or the end.
        self.has_news = False

    def put(self, data: bytes) -> None:
        """Add ``data``. Raises OSError where it is found that the client has gone."""
        with self._lock:
            self._bytes += data
            self.has_news = True
            self.full = len(self._bytes) > _ROOM
            told = self._told
            if told is None and not self._marked:
                self._far.send(b"!")
                self._marked = True
        if told is not None:
            told()

    def take(self, near: socket.socket, size: int) -> bytes:
        """At most ``size`` bytes; none are the end. Raises BlockingIOError where there is nothing
        yet."""
        with self._lock:
            waiting = self._bytes
            if not waiting:
                if self.closed:
                    return b""
                raise BlockingIOError(errno.EAGAIN, os.strerror(errno.EAGAIN))
            data = bytes(waiting[:size])
            del waiting[:size]
            self.full = len(waiting) > _ROOM
            if not waiting:
                self.has_news = self.closed
                if self._marked:
                    self._unmark(near)
        return data

    def tell(self, near: socket.socket, told: Callable[[], object] | None) -> None:
        """Have ``told`` called, in any thread, when there is something to read, or the end; None:
        it is to be seen at the socket again."""
        with self._lock:
            self._told = told
            if told is not None:
                if self._marked:
                    self._unmark(near)
            elif self._bytes and not self._marked and not self.closed:
                with suppress(OSError):  # it is being closed
                    self._far.send(b"!")
                    self._marked = True

    def _unmark(self, near: socket.socket) -> None:
        self._marked = False
        with suppress(OSError):  # another thread has closed it
            socket.socket.recv(near, 1)

    def close(self) -> None:
        """The end. What a socket would have had no room for never comes."""
        with self._lock:
            self.closed = self.has_news = True
            self.full = False
            del self._bytes[_ROOM:]
            self._far.close()
            told = self._told
        if told is not None:
            told()
