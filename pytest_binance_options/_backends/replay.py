"""Replay: the answers come from a cassette, each once, in the order of the recording; the network
is never asked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from threading import Lock

from .._cassette.matching import MatchKey, describe, difference, match_key, nearest
from .._cassette.model import Cassette, Interaction
from .._messages import Answer, Request
from ..errors import RequestNotRecordedError
from .base import Forward

__all__ = ["Replay"]

# How many lines of an error list what the cassette still has.
_LISTED = 12


class Replay:
    """Answers from ``cassette``.

    ``path`` and ``record_command`` are for errors: the cassette's file, and the command that
    records the test. ``test`` is the node id of the test that replays: in a shared cassette its own
    recordings come before those of others.
    """

    def __init__(
        self, cassette: Cassette, *, path: Path, record_command: str, test: str | None = None
    ) -> None:
        self.cassette = cassette
        self.path = path
        self._record_command = record_command
        self._own = cassette.tests.get(test, ()) if test is not None else ()
        self._lock = Lock()
        self._played: set[int] = set()
        # How far into the list of answers to a request this replay is: nothing is searched, and
        # nothing shared changes.
        self._next: dict[MatchKey, int] = {}
        self._queues: Mapping[MatchKey, Sequence[int]] = cassette.index
        if self._own and len(self._own) < len(cassette.interactions):
            self._queues = _own_first(cassette, frozenset(self._own))

    def respond(self, request: Request) -> Answer | Forward:
        """The first answer to such a request that was not played yet;
        :class:`RequestNotRecordedError` if there is none."""
        key = match_key(request)
        with self._lock:
            queue = self._queues.get(key, ())
            turn = self._next.get(key, 0)
            if turn < len(queue):
                self._next[key] = turn + 1
                self._played.add(queue[turn])
                return self.cassette.interactions[queue[turn]].response
            left = self._left(range(len(self.cassette.interactions)))
        raise RequestNotRecordedError(self._explain(key, left, played=len(queue)))

    def observe(self, request: Request, answer: Answer) -> None:
        """Never called: a replay sends nothing."""
        raise AssertionError(f"a replay has no network, so nothing can have answered {request!r}")

    @property
    def unplayed(self) -> list[Interaction]:
        """What was recorded and not asked for; of a shared cassette, what this test has
        recorded."""
        with self._lock:
            return [
                interaction
                for _, interaction in self._left(
                    self._own or range(len(self.cassette.interactions))
                )
            ]

    def _left(self, positions: Sequence[int]) -> list[tuple[int, Interaction]]:
        return [(n, self.cassette.interactions[n]) for n in positions if n not in self._played]

    def _explain(self, key: MatchKey, left: list[tuple[int, Interaction]], *, played: int) -> str:
        return "\n".join(_explanation(self.path, key, left, played, self._record_command))


def _own_first(cassette: Cassette, own: frozenset[int]) -> dict[MatchKey, tuple[int, ...]]:
    return {
        key: tuple(sorted(queue, key=lambda n: n not in own))
        for key, queue in cassette.index.items()
    }


def _explanation(
    path: Path, key: MatchKey, left: list[tuple[int, Interaction]], played: int, record_command: str
) -> Iterator[str]:
    if played:
        times = "once" if played == 1 else f"{played} times"
        yield (
            f"the cassette has no answer left for this request: it was recorded {times}, and was"
            " asked for once more."
        )
    else:
        yield "the cassette has no answer for this request."
    yield f"  asked for: {describe(key)}"
    yield f"  cassette:  {path}"
    if not left:
        yield "Everything in it was played."
    else:
        yield "What it still has:"
        keys = [match_key(interaction.request) for _, interaction in left]
        for (number, interaction), recorded in list(zip(left, keys, strict=True))[:_LISTED]:
            yield (
                f"  - {describe(recorded)} -> {interaction.response.status} (interaction"
                f" {number + 1})"
            )
        if len(left) > _LISTED:
            yield f"  - and {len(left) - _LISTED} more"
        closest = nearest(key, keys)
        if closest is not None and not played:
            number = left[keys.index(closest)][0] + 1
            yield (
                f"The nearest is interaction {number}: it has"
                f" {', '.join(difference(key, closest))}."
            )
    yield "To record the test again:"
    yield f"  {record_command}"
