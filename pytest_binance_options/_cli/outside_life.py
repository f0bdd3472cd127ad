"""The life of a bot in another process: through one day, on an exchange that it reaches by HTTP and
WebSocket, and whose clock goes as many times as fast as real time.

No two of them are the same: what happens when, the machine has a say in.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import TYPE_CHECKING

from .._backends.simulate import Simulate
from .._days.invariants import EventsHeard, LiveKey, NoRequestDuringBan, OneStream
from .._days.life import Broken, End, Invariant, Life
from .._days.stage import DayAtWork
from .._masking import mask
from .._messages import Answer, Later, Request
from ..exchange import Exchange
from .child import Child, died_of
from .serve import door

if TYPE_CHECKING:
    from .._backends.base import Connection
    from .._days.day import BadDay
    from .._transports.server.server import LoopbackServer

__all__ = [
    "SPEED_VARIABLE",
    "STREAM_URL_VARIABLE",
    "TO_BEGIN",
    "URL_VARIABLE",
    "Ending",
    "OutsideLives",
    "Scaled",
]

# Where a bot finds its exchange, beside the keys where anybody has them.
URL_VARIABLE = "BINANCE_OPTIONS_URL"
STREAM_URL_VARIABLE = "BINANCE_OPTIONS_STREAM_URL"
SPEED_VARIABLE = "BINANCE_OPTIONS_SPEED"

#: In seconds of real time: how long a bot may take to ask for something at all.
TO_BEGIN = 30.0
#: How long it is given to end when it is told to.
_TO_END = 10.0
_TICK = 0.02
#: What the machine loses beyond that in one piece, nobody has lived.
_LONGEST_NS = 250_000_000
#: How many of its last lines are kept.
_LINES = 40
#: How much later than it should a bot may be for the machine's sake, in seconds of real time.
_SLACK = 1


class Scaled:
    """A clock that goes ``speed`` times as fast as real time from the first ``catch_up`` on. Where
    the machine stands still for longer than a moment, so does this clock."""

    def __init__(self, exchange: Exchange, speed: float) -> None:
        self._exchange = exchange
        self._speed = speed
        self._reached_ns: int | None = None
        self._rest_ms = 0.0

    def catch_up(self) -> None:
        """Move the exchange's clock on by what has passed since the last call, so many times."""
        with self._exchange.lock:
            now = time.monotonic_ns()
            passed = min(now - (self._reached_ns or now), _LONGEST_NS)
            self._reached_ns = now
            self._rest_ms += passed * self._speed / 1_000_000
            ms = int(self._rest_ms)
            self._rest_ms -= ms
            self._exchange.clock.skip(ms)


class _Outside(Simulate):
    """The exchange for who lives in real time: its clock is right when it is asked, and an answer
    that takes its time comes when the clock has come to it. ``asked``: whether it was, so far."""

    def __init__(self, exchange: Exchange, pace: Scaled) -> None:
        super().__init__(exchange)
        self._pace = pace
        self.asked = threading.Event()

    def respond(self, request: Request) -> Answer | Later:
        self._pace.catch_up()
        self.asked.set()
        return self.exchange.begin(request)

    def connect(self, handshake: Request) -> Connection | Answer:
        self._pace.catch_up()
        self.asked.set()
        return super().connect(handshake)


@dataclass(frozen=True, slots=True)
class Ending:
    """How a process has ended: with ``status`` (below 0: the signal that it died of; None: it had
    to be killed), and whether it ``was_told`` to. ``asked``: whether it has asked the exchange for
    anything; ``said``: its last lines, without secrets."""

    status: int | None
    was_told: bool
    asked: bool
    said: tuple[str, ...]


#: What a process that has no say in it ends with at SIGTERM, and what a shell makes of that.
_AS_TOLD = (0, -15, 128 + 15)


class _ProcessAlive:
    """The process lives until the day's end, and ends within ``to_end`` seconds of SIGTERM, with
    status 0 or by that signal."""

    name = "Alive"

    def __init__(self, to_end: float) -> None:
        self._to_end = to_end

    def check(self, life: Life) -> Broken | None:
        """How it has ended."""
        ending = life.world
        assert isinstance(ending, Ending)
        if ending.status is None:
            after = f"{self._to_end:g} s after it was told to end (SIGTERM)"
            how = f"goes on {after}, and had to be killed."
        elif not ending.was_told:
            how = f"has ended by itself, {died_of(ending.status)}."
        elif ending.status not in _AS_TOLD:
            how = f"has ended {died_of(ending.status)} when it was told to end (SIGTERM)."
        else:
            return None
        return Broken(self.name, f"the bot {how}", life.record.ended_ms)


class OutsideLives:
    """Lives of ``command``, each at a fresh exchange (at ``port``; 0: any that is free) whose clock
    goes ``speed`` times as fast as real time.

    The command is told where that is by its environment, and by what stands in its arguments for
    it, as in ``{url}``. Once ``stop`` is set, a life ends soon, and leaves nothing behind.
    """

    def __init__(
        self,
        server: LoopbackServer,
        command: Sequence[str],
        *,
        speed: float,
        seed: int,
        port: int = 0,
        stop: threading.Event | None = None,
        to_begin: float = TO_BEGIN,
        to_end: float = _TO_END,
    ) -> None:
        self._server = server
        self._command = command
        self._speed = speed
        self._seed = seed
        self._port = port
        self._stop = stop or threading.Event()
        self._to_begin = to_begin
        self._to_end = to_end
        slack = _SLACK * speed
        self.invariants: tuple[Invariant, ...] = (
            _ProcessAlive(to_end),
            LiveKey(within=LiveKey().within + slack),
            EventsHeard(within=EventsHeard().within + slack),
            OneStream(within=max(OneStream().within, 2 * slack)),
            NoRequestDuringBan(within=max(NoRequestDuringBan().within, slack)),
        )

    def live(self, day: BadDay) -> Life:
        """One life, through ``day``. Raises UsageError where the command can't be started, or the
        port can't be had, and KeyboardInterrupt where it is to stop."""
        self._go_on()
        exchange = Exchange(self._seed, datetime.now(timezone.utc))
        (key,) = exchange.open_account().api_keys
        pace = Scaled(exchange, self._speed)
        outside = _Outside(exchange, pace)
        secrets = (key.api_key, key.secret_key or "")
        with ExitStack() as until_the_end:
            at = until_the_end.enter_context(
                door(self._server, outside, "127.0.0.1", self._port, "--port")
            )
            told = {
                "url": at.url,
                "stream_url": at.stream_url,
                "api_key": secrets[0],
                "secret_key": secrets[1],
            }
            work = DayAtWork(day, exchange)
            child = Child(
                [_filled(argument, told) for argument in self._command],
                {
                    URL_VARIABLE: told["url"],
                    STREAM_URL_VARIABLE: told["stream_url"],
                    "BINANCE_API_KEY": told["api_key"],
                    "BINANCE_SECRET_KEY": told["secret_key"],
                    SPEED_VARIABLE: f"{self._speed:g}",
                },
            )
            until_the_end.callback(child.end)
            status = self._through(round(day.hours * 3_600_000), child, outside, pace)
            with exchange.lock:
                work.end()
                ended_ms, lines = exchange.clock.now_ms, len(exchange.journal.lines)
            was_told = status is None
            if was_told:
                child.tell()
                status = self._ended(child, self._to_end)
            said = "\n".join(child.last_lines(_LINES))
        for secret in filter(None, secrets):
            said = said.replace(secret, "<hidden>")
        ending = Ending(status, was_told, outside.asked.is_set(), tuple(mask(said).splitlines()))
        return Life(
            day,
            ending,
            exchange,
            struck=work.struck,
            began_ms=work.began_ms,
            lines=lines,
            end=End(ended_ms, None, returned=not was_told, was_told=was_told),
            invariants=self.invariants,
            call="",
        )

    def _through(self, ms: int, child: Child, outside: _Outside, pace: Scaled) -> int | None:
        """Let the day pass, which begins when the bot first asks for something; gives its status
        where it ends meanwhile."""
        deadline = time.monotonic() + self._to_begin
        while not outside.asked.is_set():
            status = self._ended(child, _TICK)
            if status is not None or time.monotonic() > deadline:
                return status
        clock = outside.exchange.clock
        end_ms = clock.now_ms + ms
        while clock.now_ms < end_ms:
            status = self._ended(child, _TICK)
            if status is not None:
                return status
            pace.catch_up()
        return None

    def _ended(self, child: Child, seconds: float) -> int | None:
        deadline = time.monotonic() + seconds
        while True:
            self._go_on()
            status = child.wait(_TICK)
            if status is not None or time.monotonic() >= deadline:
                return status

    def _go_on(self) -> None:
        # Here and nowhere else: a signal that struck anywhere could leave a process behind.
        if self._stop.is_set():
            raise KeyboardInterrupt


def _filled(argument: str, told: dict[str, str]) -> str:
    for name, value in told.items():
        argument = argument.replace(f"{{{name}}}", value)
    return argument
