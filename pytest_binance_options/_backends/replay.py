"""Replay: answers and streams come from a cassette, each once, in the order of the recording; the
network is never asked."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta, timezone
from pathlib import Path
from threading import RLock
from urllib.parse import parse_qsl

from .._cassette.matching import MatchKey, describe, difference, match_key, nearest
from .._cassette.model import Cassette, Interaction, StreamFrame
from .._cassette.store import load
from .._counts import many
from .._frames import Direction, Frame
from .._masking import mask
from .._messages import Answer, Request, Response
from ..errors import (
    CassetteMissingError,
    RequestNotRecordedError,
    StaleCassetteWarning,
    UsageError,
)
from .base import ForwardStream
from .leftovers import LISTED, complain
from .replayed_stream import ReplayedStream
from .setup import Opened, Setup
from .turns import Turns

__all__ = ["Replay", "opened"]


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
        self._lock = RLock()
        self._played: set[int] = set()
        self._turns = Turns(cassette, self._own)
        self._unplayed_streams = _streams(cassette, test) if cassette.frames else []
        self._streams: list[ReplayedStream] = []
        self._opened_streams: list[ReplayedStream] = []
        self._missed: Counter[str] = Counter()

    def respond(self, request: Request) -> Response:
        """The first answer to such a request that was not played yet;
        :class:`RequestNotRecordedError` if there is none."""
        key = match_key(request)
        with self._lock:
            number = self._turns.take(key)
            if number is not None:
                self._played.add(number)
                if self._streams:
                    self._play_streams()
                return self._turns.reworded(self.cassette.interactions[number].response)
            left = self._left(range(len(self.cassette.interactions)))
            self._missed[describe(key)] += 1
        raise RequestNotRecordedError(self._explain(key, left, played=self._turns.recorded(key)))

    def observe(self, request: Request, answer: Answer) -> None:
        """Never called: a replay sends nothing."""
        raise AssertionError(f"a replay has no network, so nothing can have answered {request!r}")

    def connect(self, handshake: Request) -> ReplayedStream:
        """The next connection that was recorded at this address;
        :class:`RequestNotRecordedError` if there is none left."""
        with self._lock:
            wanted = _address(handshake.target)
            for frames in self._unplayed_streams:
                if _address(frames[0].target or "") == wanted:
                    self._unplayed_streams.remove(frames)
                    stream = ReplayedStream(
                        frames,
                        answered=lambda: len(self._played),
                        lock=self._lock,
                        explanation=self._where(),
                        missed=self._miss,
                        reword=self._turns.reword,
                    )
                    self._streams.append(stream)
                    self._opened_streams.append(stream)
                    return stream
            self._miss(f"stream {mask(handshake.target)}")
            raise RequestNotRecordedError(self._explain_stream(handshake.target))

    def observe_frame(self, stream: ForwardStream, direction: Direction, frame: Frame) -> None:
        """Never called, as :meth:`observe`."""
        raise AssertionError("a replay has no network, so no stream can have come from there")

    def _miss(self, what: str) -> None:
        with self._lock:
            self._missed[what] += 1

    def _play_streams(self) -> None:
        # Frames may have waited for the request that was answered just now.
        self._streams = [stream for stream in self._streams if not stream.left]
        for stream in self._streams:
            stream.play()

    @property
    def unanswered(self) -> list[str]:
        """What was asked in vain, a line each, without secrets."""
        with self._lock:
            return [
                what + (f", {times} times" if times > 1 else "")
                for what, times in self._missed.items()
            ]

    @property
    def played(self) -> list[int]:
        """Which interactions were played, by their place in the cassette."""
        with self._lock:
            return sorted(self._played)

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

    @property
    def left_over(self) -> list[str]:
        """What was recorded, of requests and on streams, and not asked for: a line each, without
        secrets. Pings and how a connection ended are not counted: they are a matter of time."""
        with self._lock:
            # Of a shared cassette other tests play the rest.
            positions = self._own or range(len(self.cassette.interactions))
            requests = [_one(n, interaction) for n, interaction in self._left(positions)]
            never = [
                f"stream {mask(f[0].target or '')}: never opened" for f in self._unplayed_streams
            ]
            parts = [(stream.target, *stream.unplayed) for stream in self._opened_streams]
        return [
            *requests,
            *never,
            *(f"stream {mask(target)}: {said}" for target, *of in parts if (said := _rest(*of))),
        ]

    def _left(self, positions: Sequence[int]) -> list[tuple[int, Interaction]]:
        return [(n, self.cassette.interactions[n]) for n in positions if n not in self._played]

    def _explain(self, key: MatchKey, left: list[tuple[int, Interaction]], *, played: int) -> str:
        return "\n".join(_explanation(self.path, key, left, played, self._record_command))

    def _explain_stream(self, target: str) -> str:
        left = [
            f"  - {mask(frames[0].target or '')}, {len(frames)} frames"
            for frames in self._unplayed_streams
        ]
        return "\n".join(
            [
                "the cassette has no stream, or none left, for this address.",
                f"  asked for: {mask(target)}",
                *(["What it still has:", *left] if left else ["It has no other stream."]),
                self._where(),
            ]
        )

    def _where(self) -> str:
        return f"  cassette:  {self.path}\nTo record the test again:\n  {self._record_command}"


def _streams(cassette: Cassette, test: str | None) -> list[list[StreamFrame]]:
    """The connections that were recorded, each with its frames; the test's own where it has any."""
    own = [frame for frame in cassette.frames if frame.test in (None, test)]
    connections: dict[tuple[str | None, int], list[StreamFrame]] = {}
    for frame in own or cassette.frames:
        connections.setdefault((frame.test, frame.connection), []).append(frame)
    return list(connections.values())


def _one(number: int, interaction: Interaction) -> str:
    what = describe(match_key(interaction.request))
    return f"{what} -> {interaction.response.status} (interaction {number + 1})"


def _rest(frames: int, messages: int) -> str:
    """What of a stream's recording was not played; nothing where all of it was."""
    counts = ((frames, "that did not come"), (messages, "of the client's that was not sent"))
    said = (f"{many(n, 'message')} {what}" for n, what in counts if n)
    return ", ".join(said)


def _address(target: str) -> tuple[str, tuple[tuple[str, str], ...]]:
    path, _, query = target.partition("?")
    return path.rstrip("/"), tuple(sorted(parse_qsl(query, keep_blank_values=True)))


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
        for number, interaction in left[:LISTED]:
            yield f"  - {_one(number, interaction)}"
        if len(left) > LISTED:
            yield f"  - and {len(left) - LISTED} more"
        closest = nearest(key, keys)
        if closest is not None and not played:
            number = left[keys.index(closest)][0] + 1
            yield (
                f"The nearest is interaction {number}: it has"
                f" {', '.join(difference(key, closest))}."
            )
    yield "To record the test again:"
    yield f"  {record_command}"


@contextmanager
def opened(setup: Setup) -> Iterator[Opened]:
    """The cassette of one test. Raises CassetteMissingError where there is none."""
    path = setup.cassette
    if not path.exists():
        raise CassetteMissingError(
            f"{setup.test} has no cassette: mode replay looks for it at {path}. Record it with\n"
            f"    {setup.record_command}\n"
            "or let the simulated exchange answer: mode offline or simulate."
        )
    cassette = load(path)
    _complain_if_stale(setup, cassette)
    replay = Replay(cassette, path=path, record_command=setup.record_command, test=setup.test)
    yield Opened(replay, unanswered=lambda: replay.unanswered)
    if setup.shared:
        setup.remarks.played = replay.played
    if setup.passed():
        complain(setup, unanswered=replay.unanswered, left_over=replay.left_over)


def _complain_if_stale(setup: Setup, cassette: Cassette) -> None:
    longest = setup.config.max_cassette_age
    if longest is None:
        return
    from .._cassette.findings import age

    old = age(cassette, datetime.now(timezone.utc))
    if old is None or old <= timedelta(days=longest):
        return
    setup.remarks.stale_days = old.days
    text = (
        f"{setup.cassette} was recorded {old.days} days ago, and binance_options_max_cassette_age"
        f" is {longest:g}. Record it again with: {setup.record_command}"
    )
    if setup.config.on_stale == "fail":
        raise UsageError(text)
    setup.warn(StaleCassetteWarning(text))
