"""Record: the exchange itself answers, and what it said becomes a cassette when the test has
passed."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from threading import Lock

from .._cassette.model import Cassette, Facts, Interaction, StreamFrame
from .._cassette.redaction import Redactor
from .._cassette.store import load, save
from .._frames import Binary, Close, Direction, Drop, Frame, Text
from .._hosts import is_loopback
from .._messages import Answer, Failure, Request
from .._products import PRODUCTS
from .._urls import authority
from .._version import version
from ..errors import CassetteError, CassetteMissingError
from .base import ForwardStream
from .live import Live, at_host
from .reach import warn_of_nothing, warn_of_refused_account
from .setup import Opened, Setup

__all__ = ["Record", "environment_of", "opened"]


def environment_of(host: str) -> str | None:
    """The name of the environment that ``host``, a REST base, belongs to; None where it is none of
    the table's."""
    return next(
        (e.name for product in PRODUCTS for e in product.environments if e.rest == host), None
    )


def _source_of(host: str) -> str:
    local = is_loopback(authority(host)[1])
    return environment_of(host) or ("a server on this machine" if local else "another server")


@dataclass(slots=True)
class _Stream:
    """A connection that is being recorded."""

    number: int
    target: str
    began: float
    messages: int = 0
    ended: bool = False


class Record(Live):
    """As live, and keeps what came of it, in that order.

    ``redactor`` knows the secrets in use. ``source`` says in the cassette who stood behind
    ``host``, where the host's name does not tell. ``monotonic`` gives seconds, ``now`` the time of
    day.
    """

    def __init__(
        self,
        host: str,
        stream_host: str,
        redactor: Redactor | None = None,
        *,
        source: str | None = None,
        monotonic: Callable[[], float] = time.monotonic,
        now: Callable[[], datetime] = lambda: datetime.now(timezone.utc),
    ) -> None:
        super().__init__(host, stream_host)
        self._redactor = redactor or Redactor()
        self._source = source or _source_of(host)
        self._monotonic = monotonic
        self._start = monotonic()
        self._recorded_at = (
            now().astimezone(timezone.utc).isoformat(timespec="seconds").replace("+00:00", "Z")
        )
        self._lock = Lock()
        self._interactions: list[Interaction] = []
        self._streams: dict[ForwardStream, _Stream] = {}
        self._frames: list[StreamFrame] = []
        self._failures: list[tuple[Request, Failure]] = []

    def observe(self, request: Request, answer: Answer) -> None:
        """Keep a response. A failure can't stand in a cassette; it is noted in :attr:`failures`."""
        super().observe(request, answer)
        sent = at_host(self.host, request)
        with self._lock:
            if isinstance(answer, Failure):
                self._failures.append((sent, answer))
            else:
                self._interactions.append(Interaction(sent, answer, at_ms=self._elapsed_ms()))

    def connect(self, handshake: Request) -> ForwardStream:
        """The network answers."""
        stream = super().connect(handshake)
        with self._lock:
            self._streams[stream] = _Stream(len(self._streams), handshake.target, self._monotonic())
        return stream

    def observe_frame(self, stream: ForwardStream, direction: Direction, frame: Frame) -> None:
        """Keep a frame. Of several ends of one connection the first counts."""
        kind, payload = StreamFrame.written(frame)
        with self._lock:
            recorded = self._streams[stream]
            if isinstance(frame, Close | Drop):
                if recorded.ended:
                    return
                recorded.ended = True
            self._frames.append(
                StreamFrame(
                    offset_ms=round((self._monotonic() - recorded.began) * 1000),
                    connection=recorded.number,
                    direction=direction,
                    kind=kind,
                    payload=payload,
                    after=(len(self._interactions), recorded.messages),
                    target=recorded.target,
                )
            )
            if direction == "out" and isinstance(frame, Text | Binary):
                recorded.messages += 1

    def _elapsed_ms(self) -> int:
        return max(0, round((self._monotonic() - self._start) * 1000))

    @property
    def failures(self) -> list[tuple[Request, Failure]]:
        """Requests that got no response, and what happened to them, in order."""
        with self._lock:
            return list(self._failures)

    def cassette(self) -> Cassette:
        """What was recorded so far, secrets and all: for looking at, not for writing."""
        facts = Facts(
            recorded_at=self._recorded_at,
            recorded_by=version(),
            host=self.host,
            environment=environment_of(self.host),
            source=self._source,
        )
        with self._lock:
            return Cassette(tuple(self._interactions), tuple(self._frames), facts)

    def save(self, path: Path, *, test: str, shared: bool = False) -> None:
        """Write the cassette, without secrets; also an empty one, or the replay of a test that asks
        nothing would miss it.

        ``test`` is the test's node id. With ``shared`` what other tests have recorded in the file
        is kept. Raises what :func:`pytest_binance_options._cassette.store.save` does.
        """
        save(path, self.cassette(), redactor=self._redactor, test=test, shared=shared)


def _is_empty(cassette: Cassette) -> bool:
    return not (cassette.interactions or cassette.frames)


def _holds_anything(path: Path) -> bool:
    try:
        return not _is_empty(load(path))
    except CassetteMissingError:
        return False
    except CassetteError:
        return True  # damaged: there may be something to save in it


@contextmanager
def opened(setup: Setup) -> Iterator[Opened]:
    """The configured exchange, for one test: once it has passed, its cassette is written."""
    config = setup.config
    record = Record(
        config.host,
        config.stream_host,
        Redactor((*setup.auth.secrets(), *config.secrets)),
        source=config.recorded_from,
    )
    setup.remarks.recording = True
    yield Opened(record)
    if setup.passed():
        recorded = record.cassette()
        kept = _is_empty(recorded) and _holds_anything(setup.cassette)
        if not kept:
            record.save(setup.cassette, test=setup.test, shared=setup.shared)
            setup.remarks.recorded = [len(recorded.interactions), len(recorded.frames)]
        if _is_empty(recorded) and not record.failures:
            warn_of_nothing(setup.cassette, test=setup.test, kept=kept)
        warn_of_refused_account(
            recorded.interactions,
            setup.auth.api_key,
            cassette=setup.cassette,
            record_command=setup.record_command,
        )
    record.reach.warn()
