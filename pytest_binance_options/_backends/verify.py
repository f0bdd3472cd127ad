"""Verify: the exchange itself answers, and what it says is held against the cassette; nothing is
written."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Lock

from .._cassette.comparison import shape_differences
from .._cassette.matching import describe, match_key
from .._cassette.model import Cassette
from .._cassette.store import load
from .._messages import Answer, Failure, Request
from ..errors import CassetteMissingError, RequestNotRecordedError, VerificationError
from .live import Live, at_host
from .replay import Replay
from .setup import Opened, Setup

__all__ = ["Verify", "opened"]


class Verify(Live):
    """As live, and compares the answers' shapes with the recorded ones. Frames are not compared.

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
    if setup.passed():
        verify.check()
