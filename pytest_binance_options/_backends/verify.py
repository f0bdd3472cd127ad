"""Verify: the exchange itself answers, and what it says, over REST and over streams, is held
against the cassette; nothing is written."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Lock

from .._cassette.comparison import shape_differences
from .._cassette.heard import Heard, heard_in
from .._cassette.matching import describe, match_key
from .._cassette.model import Cassette
from .._cassette.store import load
from .._frames import Direction, Frame
from .._messages import Answer, Failure, Request
from ..errors import (
    CassetteMissingError,
    NotComparedWarning,
    RequestNotRecordedError,
    VerificationError,
)
from ..exchange._event_table import TABLE
from .base import ForwardStream
from .live import Live, at_host
from .replay import Replay
from .setup import Opened, Setup

__all__ = ["Verify", "opened"]


class Verify(Live):
    """As live, and compares the shapes of answers and of what streams say with the recorded ones.

    ``path``, ``record_command`` and ``test`` are as for
    :class:`~pytest_binance_options._backends.replay.Replay`.
    """

    def __init__(
        self,
        host: str,
        stream_host: str,
        cassette: Cassette,
        *,
        path: Path,
        record_command: str,
        test: str | None = None,
    ) -> None:
        super().__init__(host, stream_host)
        self.cassette = cassette
        self.path = path
        self._record_command = record_command
        self._recorded = Replay(cassette, path=path, record_command=record_command, test=test)
        self._lock = Lock()
        self._problems: list[str] = []
        self._recorded_frames = heard_in(cassette, test)
        self._heard = Heard()

    def observe(self, request: Request, answer: Answer) -> None:
        """Compare what the network answered with what was recorded."""
        super().observe(request, answer)
        what = describe(match_key(at_host(self.host, request)))
        with self._lock:
            self._problems += [f"{what}: {problem}" for problem in self._compare(request, answer)]

    def _compare(self, request: Request, answer: Answer) -> list[str]:
        try:
            recorded = self._recorded.respond(request)
        except RequestNotRecordedError:
            return ["the cassette has no recording of it, or none left"]
        if isinstance(answer, Failure):
            return [f"there was no answer ({answer}), recorded was one"]
        return shape_differences(recorded, answer)

    def observe_frame(self, stream: ForwardStream, direction: Direction, frame: Frame) -> None:
        """Keep the shape of what the network said."""
        target = stream.address.removeprefix(self.stream_host)
        with self._lock:
            self._heard.add(stream, target, direction, frame)

    @property
    def problems(self) -> list[str]:
        """What differs so far, one line each: the answers in their order, then the streams."""
        with self._lock:
            return [
                *self._problems,
                *self._recorded_frames.differences(self._heard, TABLE),
            ]

    @property
    def not_compared(self) -> list[str]:
        """What streams said only once, in the recording or now, and may have for good reasons."""
        with self._lock:
            return self._recorded_frames.not_compared(self._heard, TABLE)

    def check(self) -> None:
        """Raise :class:`VerificationError` with everything that differs; where nothing does, warn
        of what could not be compared, if there was any."""
        problems, missing = self.problems, self.not_compared
        if problems:
            lines = "\n".join(f"  - {problem}" for problem in problems)
            raise VerificationError(
                f"{self.host} does not answer as {self.path} has it:\n{lines}\n"
                "If the exchange has changed, record the test again and look at the difference:\n"
                f"  {self._record_command}"
            )
        if missing:
            lines = "\n".join(f"  - {phrase}" for phrase in missing)
            text = (
                f"Nothing differs from {self.path}, but this was not compared, for want of the"
                f" other half:\n{lines}\n"
                "Which events come depends on the account and on how long one listens. Where they"
                " should have come, look whether the stream has fallen silent."
            )
            warnings.warn(NotComparedWarning(text), stacklevel=3)


@contextmanager
def opened(setup: Setup) -> Iterator[Opened]:
    """The configured exchange, for one test: once it has passed, VerificationError where anything
    differs. Raises CassetteMissingError where there is no cassette."""
    config, path = setup.config, setup.cassette
    if not path.exists():
        raise CassetteMissingError(
            f"{setup.test} has no cassette to verify: mode verify looks for it at {path}. Record it"
            f" with\n    {setup.record_command}"
        )
    verify = Verify(
        config.host,
        config.stream_host,
        load(path),
        path=path,
        record_command=setup.record_command,
        test=setup.test,
    )
    yield Opened(verify)
    verify.reach.warn()
    if setup.passed():
        verify.check()
