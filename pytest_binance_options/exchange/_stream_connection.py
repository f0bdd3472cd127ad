"""One stream connection, without I/O: frames from the client go in, frames due to the client come
out.

Pings, pongs, the 24 hours and the message rate are here, on the exchange's clock. Which events a
connection gets is decided in :mod:`pytest_binance_options.exchange._stream_hub`.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from typing import Protocol

from .._frames import Binary, Close, Drop, Frame, Ping, Pong, Text
from ._clock import Clock, Timer
from ._stream_commands import answer
from ._stream_routes import Route
from ._stream_settings import StreamSettings

__all__ = ["DROPPED", "Hub", "StreamConnection"]

#: Why a connection has ended that was dropped on purpose.
DROPPED = "dropped without a close frame"
_SECOND_MS = 1000


class Hub(Protocol):
    """What a connection asks of those it is one of, and tells them."""

    @property
    def lock(self) -> threading.RLock:
        """The exchange's lock."""

    @property
    def clock(self) -> Clock:
        """The exchange's clock."""

    def now_ms(self) -> int:
        """What the exchange believes the time to be."""

    def subscribed(self, connection: StreamConnection, name: str) -> None:
        """``connection`` has subscribed to ``name``."""

    def unsubscribed(self, connection: StreamConnection, name: str) -> None:
        """``connection`` has unsubscribed from ``name``."""

    def ended(self, connection: StreamConnection) -> None:
        """``connection`` has ended."""


class StreamConnection:
    """A client's connection, made by ``exchange.connect``. Every method takes the exchange's lock.

    A shell passes on what the client sends with :meth:`receive`, and sends what :meth:`take` gives,
    in order. A ping waits for its pong from the moment it was taken, not from the moment it fell
    due: the clock may leap over hours while the frames of these hours wait here, and nobody can
    answer what was never sent.
    """

    def __init__(
        self, hub: Hub, settings: StreamSettings, route: Route, client: str, number: int = 0
    ) -> None:
        self._hub = hub
        self._settings = settings
        self._lock = hub.lock
        self._clock = hub.clock
        self.route = route
        self.client = client
        #: The how manieth of the exchange's it is, from 1 on.
        self.number = number
        #: Whether payloads are wrapped as ``{"stream": ..., "data": ...}``.
        self.combined = route.combined
        #: When the connection was made, in ms since the epoch.
        self.since_ms = self._clock.now_ms
        #: Called with the lock held, from any thread, when frames become due or the connection
        #: ends.
        self.on_ready: Callable[[], None] | None = None
        #: A shell sets this where the peer needs real time to answer: see :attr:`pong_overdue`.
        self.real_peer = False
        #: No pong for too long, on the clock of the exchange. With a ``real_peer`` the pong may be
        #: on its way, as the clock can leap ten minutes in no time: frames are held back until the
        #: pong arrives, or until the shell has waited :attr:`pong_grace` seconds of real time and
        #: calls :meth:`pong_timed_out`.
        self.pong_overdue = False
        #: Whether the connection has ended: :meth:`take` gives what is left, nothing is added.
        self.closed = False
        #: Why it has ended, in a few words; empty while it has not.
        self.ended_because = ""
        #: Whether it was the client that has ended it.
        self.ended_by_client = False
        #: The close frame's code; None where there was none.
        self.close_code: int | None = None
        #: A zombie: pings and answers, but no events.
        self.zombie = False
        #: The accounts whose live listen keys this connection has subscribed to.
        self.account_names: set[str] = set()
        self._names: dict[str, None] = {}
        self._outbox: list[Frame] = []
        self._sent_pings: dict[bytes, None] = {}
        self._waiting_since: int | None = None
        self._received: deque[tuple[int, float | None]] = deque()
        self._pong_timer: Timer | None = None
        self._ping_interval_ms = round(settings.ping_interval * 1000)
        self._pong_timeout_ms = round(settings.pong_timeout * 1000)
        self._age_timer = self._clock.call_at(
            self.since_ms + round(settings.max_age * 1000), self._too_old
        )
        self._ping_timer = self._clock.call_at(self.since_ms + self._ping_interval_ms, self._ping)
        for name in route.names:
            self.subscribe(name)

    @property
    def subscriptions(self) -> list[str]:
        """The streams subscribed to, in order; for user data these are listen keys, alone or
        with the types of events that shall come."""
        return list(self._names)

    @property
    def is_silent(self) -> bool:
        """Whether its address is one of the past, at which there are no events any more."""
        return self.route.legacy and self._settings.legacy == "silent"

    @property
    def max_streams(self) -> int:
        """How many streams there may be on one connection."""
        return self._settings.max_streams

    @property
    def pong_grace(self) -> float:
        """Seconds of real time that a shell waits for a pong that is overdue."""
        return self._settings.pong_grace

    def subscribe(self, name: str) -> None:
        """As SUBSCRIBE does, for one stream."""
        with self._lock:
            if name not in self._names and not self.closed:
                self._names[name] = None
                self._hub.subscribed(self, name)

    def unsubscribe(self, name: str) -> None:
        """As UNSUBSCRIBE does, for one stream."""
        with self._lock:
            if name in self._names:
                del self._names[name]
                self._hub.unsubscribed(self, name)

    def receive(self, frame: Frame, received_ms: float | None = None) -> None:
        """Take note of ``frame`` from the client. A connection that has ended takes no notice.

        ``received_ms`` is when it came in real time, on any monotonic clock, in ms. Ten messages a
        second are allowed (Binance: Options, "WebSocket Connect"), counted on the exchange's clock;
        with it, a second that passed on either clock has passed, so that a client is not cut off
        because a test lets the clock stand still.
        """
        with self._lock:
            if self.closed:
                return
            if isinstance(frame, Pong):
                # Those that answer don't count as messages: when the clock leaps over an hour,
                # twenty of them come at once.
                if self._settings.pongs == "lost" or self._answers_a_ping(frame):
                    return
            elif isinstance(frame, Drop):
                self._outbox.clear()
                self._end("the client went away", by_client=True)
                return
            elif isinstance(frame, Close):
                # 1005, 1006 and 1015 stand for what no close frame says (RFC 6455, section 7.4.1).
                code = 1000 if frame.code in (1005, 1006, 1015) else frame.code
                self._end("the client closed it", Close(code), by_client=True)
                return
            if self._too_many(received_ms):
                self.close(1008, "Too many requests", because="more messages a second than allowed")
            elif isinstance(frame, Ping):
                self._queue(Pong(frame.data))
            elif isinstance(frame, Text):
                self._queue(Text(answer(frame.data, self)))
            elif isinstance(frame, Binary):
                self._queue(Text(answer(frame.data.decode(errors="replace"), self)))

    def take(self) -> list[Frame]:
        """The frames due to the client, in order; they are the shell's to send now. The outbox is
        empty after this."""
        with self._lock:
            if self.pong_overdue:
                return []
            frames, self._outbox = self._outbox, []
            for frame in frames:
                if isinstance(frame, Ping):
                    self._await_pong(frame)
            return frames

    def queue(self, frame: Frame) -> bool:
        """Have ``frame`` sent next; False where that is too late, or was too much for a reader this
        slow."""
        with self._lock:
            return self._queue(frame)

    def close(self, code: int, reason: str = "", *, because: str = "") -> None:
        """End the connection with a close frame, after what is due already."""
        with self._lock:
            self._end(because or reason or f"closed with {code}", Close(code, reason))

    def drop(self) -> None:
        """End the connection without a close frame, after what is due already."""
        with self._lock:
            self._end(DROPPED, Drop())

    def pong_timed_out(self) -> None:
        """The shell has waited for the pong in vain: see :attr:`pong_overdue`. Else this does
        nothing."""
        with self._lock:
            if self.pong_overdue and not self.closed:
                # What fell due since then is for a client that was no longer connected.
                self._outbox.clear()
                self.close(1008, "Pong timeout", because="no pong in time")

    def _queue(self, frame: Frame) -> bool:
        if self.closed:
            return False
        outbox = self._outbox
        if len(outbox) >= self._settings.max_outbox:
            self._end("the client reads too slowly", Drop())
            return False
        outbox.append(frame)
        if len(outbox) == 1 and not self.pong_overdue and self.on_ready is not None:
            self.on_ready()
        return True

    def _end(self, because: str, frame: Frame | None = None, *, by_client: bool = False) -> None:
        if self.closed:
            return
        self.closed = True
        self.ended_because = because
        self.ended_by_client = by_client
        self.close_code = frame.code if isinstance(frame, Close) else None
        self.pong_overdue = False
        for timer in (self._age_timer, self._ping_timer, self._pong_timer):
            if timer is not None:
                timer.cancel()
        self._hub.ended(self)
        if frame is not None:
            self._outbox.append(frame)
        self._ready()

    def _ready(self) -> None:
        if self.on_ready is not None:
            self.on_ready()

    def _too_old(self) -> None:
        self.close(1001, because="it had reached its greatest age")

    def _ping(self) -> None:
        # Nine in ten of all that happens on a day are pings, so nothing is done twice here. The
        # clock holds the lock.
        clock = self._clock
        clock.call_again(self._ping_timer, clock.now_ms + self._ping_interval_ms, self._ping)
        if self._waiting_since is not None and not self.pong_overdue:
            self._await_pong_until(self._waiting_since + self._pong_timeout_ms)
        ping = Ping(b"%d" % self._hub.now_ms())
        self._queue(ping)
        if self._settings.pongs == "lost":
            # No pong will ever be here in time, so its time runs on the exchange's clock alone.
            self._await_pong(ping)

    def _await_pong(self, ping: Ping) -> None:
        self._sent_pings[ping.data] = None
        if self._waiting_since is None and not self.closed:
            self._waiting_since = self._clock.now_ms
            # By far the most have answered when the next ping is due. Then is early enough.
            if self._pong_timeout_ms <= self._ping_interval_ms or self._settings.pongs == "lost":
                self._await_pong_until(self._waiting_since + self._pong_timeout_ms)

    def _await_pong_until(self, when_ms: int) -> None:
        if self._pong_timer is None or not self._pong_timer.active:
            self._pong_timer = self._clock.call_at(when_ms, self._no_pong)

    def _no_pong(self) -> None:
        if self._settings.pongs == "lost":
            self.close(1008, "Pong timeout", because="its pongs were lost")
            return
        self.pong_overdue = True
        if self.real_peer:
            self._ready()
        else:
            self.pong_timed_out()

    def _answers_a_ping(self, frame: Pong) -> bool:
        # Any pong shows that the client is there.
        self._waiting_since = None
        if self._pong_timer is not None:
            self._pong_timer.cancel()
        if self.pong_overdue:
            self.pong_overdue = False
            if self._outbox:
                self._ready()
        sent = self._sent_pings
        if frame.data not in sent:
            return False
        # A pong answers the pings before its own as well (RFC 6455, section 5.5.3).
        while next(iter(sent)) != frame.data:
            del sent[next(iter(sent))]
        del sent[frame.data]
        return True

    def _too_many(self, received_ms: float | None) -> bool:
        now = self._clock.now_ms
        recent = self._received
        while recent:
            at, real = recent[0]
            passed = (
                real is not None and received_ms is not None and received_ms - real >= _SECOND_MS
            )
            if now - at < _SECOND_MS and not passed:
                break
            recent.popleft()
        recent.append((now, received_ms))
        return len(recent) > self._settings.max_messages_per_second

    def __repr__(self) -> str:
        state = f"ended: {self.ended_because}" if self.closed else "open"
        kind = "" if self.route.kind == "private" else f" {self.route.kind}"
        return (
            f"<StreamConnection{kind}, {len(self._names)} streams, {len(self._outbox)} frames due,"
            f" {state}>"
        )
