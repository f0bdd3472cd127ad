"""Verify: the exchange itself answers, and what it says is held against the cassette; nothing is
written."""

from __future__ import annotations

from pathlib import Path
from threading import Lock

from .._cassette.comparison import shape_differences
from .._cassette.matching import describe, match_key
from .._cassette.model import Cassette
from .._messages import Answer, Failure, Request, Response
from ..errors import RequestNotRecordedError, VerificationError
from .base import Forward
from .live import Live, at_host
from .replay import Replay

__all__ = ["Verify"]


class Verify:
    """Sends every request to ``host`` and compares the answers' shapes with the recorded ones.

    ``path``, ``record_command`` and ``test`` are as for
    :class:`~pytest_binance_options._backends.replay.Replay`.
    """

    def __init__(
        self,
        host: str,
        cassette: Cassette,
        *,
        path: Path,
        record_command: str,
        test: str | None = None,
    ) -> None:
        self.host = host
        self.cassette = cassette
        self.path = path
        self._record_command = record_command
        self._live = Live(host)
        self._recorded = Replay(cassette, path=path, record_command=record_command, test=test)
        self._lock = Lock()
        self._problems: list[str] = []

    def respond(self, request: Request) -> Answer | Forward:
        """The network answers."""
        return self._live.respond(request)

    def observe(self, request: Request, answer: Answer) -> None:
        """Compare what the network answered with what was recorded."""
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
        if not isinstance(recorded, Response):
            raise AssertionError("a cassette holds responses only")
        return shape_differences(recorded, answer)

    @property
    def problems(self) -> list[str]:
        """What differs so far, one line each, in the order of the answers."""
        with self._lock:
            return list(self._problems)

    def check(self) -> None:
        """Raise :class:`VerificationError` with everything that differs; say nothing where nothing
        does."""
        problems = self.problems
        if problems:
            lines = "\n".join(f"  - {problem}" for problem in problems)
            raise VerificationError(
                f"{self.host} does not answer as {self.path} has it:\n{lines}\n"
                "If the exchange has changed, record the test again and look at the difference:\n"
                f"  {self._record_command}"
            )
