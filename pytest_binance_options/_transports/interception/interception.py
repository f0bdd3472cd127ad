"""Intercepting the Options requests of the whole process, whatever client sends them.

An interception is in force between :meth:`Interception.install` and :meth:`Interception.uninstall`.
The patches behind it go in with the first one and out with the last; in between they ask
:mod:`.ownership` whom a request belongs to.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from functools import partial
from types import TracebackType
from typing import TYPE_CHECKING

from ..._backends.base import Backend, begin, malformed, perform
from ..._hosts import Scope
from ..._messages import Answer, Later, Request
from ...errors import UsageError
from .. import upstream
from . import belonging, guard, ownership, witness
from .doors.registry import DOORS, open_door
from .patching import Patches, call_on_import

if TYPE_CHECKING:
    from typing_extensions import Self

    from ..memory_stream import ClientSocket

__all__ = ["Interception", "hold", "release"]

_lock = threading.Lock()
_patches = Patches()
_stop_watching: Callable[[], None] | None = None
_held = False


class Interception:
    """Every request in ``scope`` is answered by ``backend``, from :meth:`install` to
    :meth:`uninstall`; also a context manager.

    ``mode`` is named in errors. Without ``network``, whatever is not loopback is refused meanwhile.
    With it, the products' hosts in production are, unless ``production`` allows them; and where
    it has to be ``complete``, the exchange's others are for clients that are not intercepted.
    ``stream_redirect`` names the loopback server (``ws://127.0.0.1:PORT``) that stands in for the
    stream's hosts, when it is first needed. ``late`` is told, from any thread, of what is asked
    after the end by somebody who was started before, and by whom. Interceptions nest: the innermost
    one gets what belongs to no other. One that is ``outermost`` is around those that are in force
    already.
    """

    def __init__(
        self,
        backend: Backend,
        scope: Scope,
        *,
        mode: str,
        network: bool,
        production: bool = False,
        complete: bool = False,
        stream_redirect: Callable[[], str | None] | None = None,
        late: Callable[[str], None] | None = None,
        outermost: bool = False,
    ) -> None:
        self.backend = backend
        self.scope = scope
        self.mode = mode
        self.network = network
        self.production = production
        self.complete = complete
        self.over = False
        self._outermost = outermost
        self._installed = False
        self._stream_redirect = stream_redirect
        self._late = late
        #: Who is told of exceptions that its test may never see, and of refusals.
        self.seen: witness.Seen = witness.Nobody()
        #: Where the code under test lives on the exchange's clock: what makes a stream for an
        #: address that never leaves the process. None: the clients' time-outs are real.
        self.streams: Callable[[str], ClientSocket] | None = None

    def install(self) -> None:
        """Answer from now on. An interception is good for one time: make another for the next
        test."""
        with _lock:
            if self._installed or self.over:
                raise UsageError(
                    "this interception has been installed before. Make a new one for each test."
                )
            self._installed = True
            if not _patches_in():
                _put_patches_in()
            belonging.enter(self, outermost=self._outermost)

    def uninstall(self) -> None:
        """Answer no more, and leave nothing behind; does nothing where it isn't installed."""
        with _lock:
            if not self._installed or self.over:
                return
            self.over = True
            if belonging.leave(self) and not _held:
                _take_patches_out()

    def note_late(self, what: str) -> None:
        """Take note of a request that came when this one was over, and by whom."""
        if self._late is not None:
            self._late(what)

    def answer(self, request: Request) -> Answer:
        """What the backend answers, or the network on its word."""
        return perform(self.backend, request, upstream.send)

    def begin(self, request: Request) -> Answer | Later:
        """As :meth:`answer`, for who doesn't wait for what takes its time."""
        return begin(self.backend, request, upstream.send)

    def malformed(self, said: str) -> None:
        """Have the backend take note of something that was no request, and what is said of it."""
        malformed(self.backend, said)

    @property
    def one_time(self) -> bool:
        """Whether clients live on the exchange's clock, and find out by it that they have waited
        for too long."""
        return self.streams is not None

    def stream(self, url: str) -> ClientSocket | None:
        """A connection to ``url`` that never leaves the process; None: it goes to
        :meth:`stream_address`."""
        return self.streams(url) if self.streams is not None else None

    def stream_address(self) -> str | None:
        """The loopback server that stands in for the stream's hosts; None: there is none."""
        return self._stream_redirect() if self._stream_redirect is not None else None

    def __enter__(self) -> Self:
        self.install()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.uninstall()


def hold() -> None:
    """Keep the patches in where nobody intercepts, too: for what is refused then."""
    global _held
    with _lock:
        _held = True
        if not _patches_in():
            _put_patches_in()


def release() -> None:
    """Keep them in no longer."""
    global _held
    with _lock:
        _held = False
        if not belonging.active:
            _take_patches_out()


def _patches_in() -> bool:
    return _stop_watching is not None


def _put_patches_in() -> None:
    global _stop_watching
    _patches.lift()  # what an earlier test could not put back yet
    guard.arm()
    later: list[tuple[str, Callable[[], None]]] = []
    try:
        guard.patch(_patches)
        belonging.patch(_patches)
        witness.patch(_patches, ownership.watching)
        for name in DOORS:
            module = sys.modules.get(name)
            if module is None:
                later.append((name, _callbacks[name]))
            else:
                open_door(_patches, name, module)
    except BaseException:
        _patches.lift()
        raise
    _stop_watching = call_on_import(later)


def _imported(name: str) -> None:
    with _lock:
        if _patches_in():
            open_door(_patches, name, sys.modules[name])


# Made once, and not for every test.
_callbacks = {name: partial(_imported, name) for name in DOORS}


def _take_patches_out() -> None:
    global _stop_watching
    if _stop_watching is not None:
        _stop_watching()
        _stop_watching = None
    _patches.lift()
