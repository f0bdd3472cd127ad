"""``explore``: the search for the day that breaks a bot which runs in another process, in any
language.

Hypothesis chooses the days and makes the one that is found short; what a life is and what is held
against it is :mod:`.outside_life`'s, and what is said :mod:`.explored`'s.
"""

from __future__ import annotations

import argparse
import json
import random
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from .._checks import wrong
from .._days.coverage import lived
from .._days.day import BadDay
from ..errors import UsageError
from .arguments import a_number, a_whole_number, add_port, add_seed
from .explored import Found, ending_of, found_lines, never_came, plan, survived_lines
from .hidden import add_secrets, hide_for_good
from .outside_life import TO_BEGIN, OutsideLives

if TYPE_CHECKING:
    from .._transports.server.server import LoopbackServer

__all__ = ["Search", "add_arguments", "run"]

#: How often the shortest day is tried again before it is told.
_AGAIN = 3
#: As a shell says of a process that was ended by SIGINT.
_INTERRUPTED = 130
_FASTEST = 1000


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of ``explore``."""
    parser.epilog = (
        "The command finds its exchange in the environment: BINANCE_OPTIONS_URL,"
        " BINANCE_OPTIONS_STREAM_URL, BINANCE_API_KEY, BINANCE_SECRET_KEY and"
        " BINANCE_OPTIONS_SPEED; in its arguments {url}, {stream_url}, {api_key} and {secret_key}"
        " stand for the first four. Exit status: 0 where it has survived, 1 where a day was found"
        " that breaks it, 2 where that could not be tried."
    )
    parser.add_argument(
        "--days",
        type=a_whole_number("days", 1, 1_000_000),
        default=20,
        metavar="N",
        help="days to try, the first of them a day on which nothing goes wrong (default: 20)",
    )
    parser.add_argument(
        "--hours",
        type=a_number("hours", 0, 8784, above=True),
        default=3.0,
        metavar="H",
        help="length of a day, in hours of the exchange's time (default: 3)",
    )
    parser.add_argument(
        "--most",
        type=a_whole_number("most", 0, 100),
        default=3,
        metavar="M",
        help="things that go wrong on a day, at most (default: 3)",
    )
    add_seed(parser, "which days are drawn, and everything made up")
    parser.add_argument(
        "--speed",
        type=a_number("speed", 1, _FASTEST),
        default=60.0,
        metavar="X",
        help=(
            "how many times as fast as real time the exchange's clock goes; the bot's timers have"
            " to go as fast, as BINANCE_OPTIONS_SPEED tells it, or be left at 1 (default: 60)"
        ),
    )
    add_port(parser, "--port", "REST and streams (default: one that is free, another one each day)")
    parser.add_argument(
        "--day",
        metavar="FILE",
        help="no search: the one day that this file has as JSON, as it was printed (-: stdin)",
    )
    add_secrets(parser)
    parser.add_argument(
        "command", nargs=argparse.REMAINDER, metavar="-- COMMAND ...", help="what starts the bot"
    )


class Search:
    """The search among the lives that ``lives`` gives. ``lived``: how many days were, so far;
    ``found``: the shortest one so far that has broken the bot, twice; ``passing``: those that broke
    it once, and not the second time."""

    def __init__(self, lives: OutsideLives) -> None:
        self._lives = lives
        self._judged: dict[BadDay, bool] = {}
        self._broken: dict[BadDay, Found] = {}
        self.lived = 0
        self.found: Found | None = None
        self.passing: list[Found] = []

    def over(self, hours: float, most: int, days: int, seed: int) -> Found | None:
        """A calm day, and then up to ``days - 1`` others; what was found is made short. None: the
        bot has survived them all. Raises UsageError where it could not be tried."""
        # Before anything is started: there may be no Hypothesis.
        from .._days.search import bad_days

        drawn = bad_days(hours, most)
        if self.breaks(BadDay(hours=hours)) or days == 1:
            return self.found

        from hypothesis import Phase, Verbosity, find, settings
        from hypothesis.errors import NoSuchExample

        try:
            shortest = find(
                drawn,
                self.breaks,
                # Nothing of anybody's profile is for this; and no day is lived to explain another.
                settings=settings(
                    phases=[Phase.generate, Phase.shrink],
                    max_examples=days - 1,
                    database=None,
                    deadline=None,
                    derandomize=False,
                    verbosity=Verbosity.quiet,
                ),
                random=random.Random(seed),  # noqa: S311  for nothing secret
            )
        except NoSuchExample:
            return None
        self.found = self._broken[shortest]
        return self.found

    def breaks(self, day: BadDay) -> bool:
        """Whether ``day`` breaks the bot, and once something was found, in the same way."""
        if day not in self._judged:
            self._judged[day] = self._breaks(day)
        return self._judged[day]

    def _breaks(self, day: BadDay) -> bool:
        found = self._try(day)
        if found is None:
            return False
        if self.found is None:
            # A day that breaks it by chance would be made short by chance.
            again = self._try(day, found.name)
            if again is None:
                self.passing.append(found)
                return False
        self._broken[day] = found
        if self.found is None or _length(day) < _length(self.found.day):
            self.found = found
        return True

    def again(self, found: Found) -> None:
        """Try what was found a few times more, and note how often it was found again."""
        for _ in range(_AGAIN):
            found.tried += 1
            found.failed += self._try(found.day, found.name) is not None

    def _try(self, day: BadDay, name: str = "") -> Found | None:
        life = self._lives.live(day)
        self.lived += 1
        name = name or (self.found.name if self.found else "")
        found = Found.of(life, name)
        if self.lived == 1 and not ending_of(life).asked:
            raise UsageError(never_came(life, TO_BEGIN))
        said = "all holds" if found is None else f"{found.name} does not"
        went = ", ".join(each.kind for each in day.troubles) or "nothing goes wrong"
        _say(f"day {self.lived} ({went}): {said}{' hold' if found else ''}")
        return found


def run(args: argparse.Namespace) -> int:
    """Search; returns 0 where the bot has survived, 1 where a day was found, 2 where it could not
    be tried."""
    command: list[str] = args.command[1:] if args.command[:1] == ["--"] else args.command
    if not command:
        return _refused("there is no command. Give what starts the bot, as in -- node bot.js.")
    try:
        hide_for_good(args.secrets)
        day = None if args.day is None else _read(args.day)
        with _serving() as server, _until_a_signal() as stop:
            lives = OutsideLives(
                server, command, speed=args.speed, seed=args.seed, port=args.port, stop=stop
            )
            return _searched(Search(lives), day, args)
    except UsageError as error:
        return _refused(str(error))
    except ImportError as error:
        return _refused(
            f"explore needs aiohttp, and it can't be loaded ({error}). It comes with the extra: "
            'pip install "pytest-binance-options[explore,server]".'
        )


def _searched(search: Search, day: BadDay | None, args: argparse.Namespace) -> int:
    lived.take()
    interrupted = False
    try:
        if day is not None:
            _say(plan(1, day.hours, args.speed))
            search.breaks(day)
        else:
            _say(plan(args.days, args.hours, args.speed))
            search.over(args.hours, args.most, args.days, args.seed)
        if search.found is not None:
            search.again(search.found)
    except KeyboardInterrupt:
        interrupted = True
    for line in (
        survived_lines(search.lived, search.passing, lived.take(), interrupted=interrupted)
        if search.found is None
        else found_lines(search.found, search.lived, lived.take(), interrupted=interrupted)
    ):
        sys.stdout.write(f"{line}\n")
    if search.found is not None:
        return 1
    return _INTERRUPTED if interrupted else 0


def _length(day: BadDay) -> tuple[int, int]:
    return len(day.troubles), len(repr(day))


def _read(name: str) -> BadDay:
    try:
        text = sys.stdin.read() if name == "-" else Path(name).read_text(encoding="utf-8")
        form = json.loads(text)
    except OSError as error:
        raise UsageError(f"--day {name} can't be read: {error.strerror}.") from None
    except (ValueError, RecursionError):
        raise wrong(
            "--day", name, "a file with a day as JSON in it, as explore prints it"
        ) from None
    return BadDay.from_json(form)


@contextmanager
def _serving() -> Iterator[LoopbackServer]:
    from .._transports.server.server import LoopbackServer

    server = LoopbackServer()
    server.start()
    try:
        yield server
    finally:
        server.stop()


@contextmanager
def _until_a_signal() -> Iterator[threading.Event]:
    """What is set by Ctrl-C, and by SIGTERM: what was started has to be ended first."""
    stop = threading.Event()
    numbers = (signal.SIGINT, signal.SIGTERM)
    before = [signal.signal(each, lambda _number, _frame: stop.set()) for each in numbers]
    try:
        yield stop
    finally:
        for number_, handler in zip(numbers, before, strict=True):
            signal.signal(number_, handler)


def _say(line: str) -> None:
    sys.stderr.write(f"explore: {line}\n")
    sys.stderr.flush()


def _refused(reason: str) -> int:
    sys.stderr.write(f"pytest-binance-options explore: {reason}\n")
    return 2
