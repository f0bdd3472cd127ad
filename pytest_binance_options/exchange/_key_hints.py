"""What stands out of the listen keys in a journal: keepalives that came too late, or not at all,
and POSTs in their place.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from .._products import PRODUCTS
from ._journal import Entry
from ._listen_key import LISTEN_KEY_VALIDITY_MS
from ._notes import Ended, KeyNote, Note, Refused, span, time_of_day

__all__ = ["key_hints", "posts"]

Lines = Sequence[Entry | Note]

_LABELS = {
    product.listen_key_path: "listen key" if n == 0 else f"{product.name} listen key"
    for n, product in enumerate(PRODUCTS)
}


@dataclass(slots=True)
class _Life:
    """A listen key's: when it was made or renewed last, how it ended, which keepalives came
    after that, and which had ``failed`` before. ``anew``: another was asked for then."""

    renewed_ms: int | None = None
    end: KeyNote | None = None
    late: list[Entry] = field(default_factory=list)
    failed: list[Entry] = field(default_factory=list)
    anew: bool = False

    def _since(self) -> str:
        if not self.failed:
            return "and no keepalive came after that"
        tried = "a keepalive" if len(self.failed) == 1 else f"{len(self.failed):,} keepalives"
        return f"and {tried} after that failed: {self.failed[-1].said[:120].rstrip('.')}"

    def hint(self) -> str:
        """What stands out; empty where nothing does."""
        end, last = self.end, self.renewed_ms
        # Before its time: a test has let it expire, and no keepalive would have helped.
        ran_out = (
            end is not None
            and last is not None
            and end.what == "expired"
            and end.at_ms - last >= LISTEN_KEY_VALIDITY_MS
        )
        if not self.late:
            if end is None or last is None or not ran_out:
                return ""
            return (
                f"The {end.label} expired at {time_of_day(end.at_ms)}: it was made or renewed last"
                f" at {time_of_day(last)}, {self._since()}."
            )
        at = time_of_day(self.late[0].at_ms)
        if end is None or last is None:
            return f"PUT at {at} came where there was no listen key. POST makes one."
        if self.anew and not ran_out:
            return ""
        ignored = ""
        if not self.anew:
            times = "once" if len(self.late) == 1 else f"{len(self.late):,} times"
            ignored = f" -1125 came {times}, and no POST after that: only POST makes a new one."
        return (
            f"PUT at {at} came after the {end.label} had {end.what}, at {time_of_day(end.at_ms)}:"
            f" it was {span(self.late[0].at_ms - last)} since it was made or renewed.{ignored}"
        )


def key_hints(lines: Lines) -> Iterator[str]:
    """Of each account's listen key: the keepalive that came too late, or that it ran out without
    one."""
    lives: dict[tuple[str | None, str], list[_Life]] = {}
    for line in lines:
        if isinstance(line, KeyNote):
            of_key = lives.setdefault((line.account, line.label), [])
            if line.what == "made" or not of_key:
                of_key.append(_Life(line.at_ms if line.what == "made" else None))
            if line.what != "made":
                of_key[-1].end = line
        elif isinstance(line, Entry) and line.path in _LABELS:
            of_key = _of(lives, line)
            if line.method == "PUT" and line.code == -1125:
                if not of_key:
                    of_key.append(_Life())
                of_key[-1].late.append(line)
            elif line.method in ("PUT", "POST") and line.status == 200 and of_key:
                if of_key[-1].end is None:
                    of_key[-1].renewed_ms = line.at_ms
                    of_key[-1].failed = []
                of_key[-1].anew = line.method == "POST"
            elif line.method == "PUT" and of_key and of_key[-1].end is None:
                of_key[-1].failed.append(line)
    for of_key in lives.values():
        found = [hint for life in of_key if (hint := life.hint())]
        if found:
            more = f" (So it went {len(found):,} times.)" if len(found) > 1 else ""
            yield found[0] + more


def _of(lives: dict[tuple[str | None, str], list[_Life]], line: Entry) -> list[_Life]:
    label = _LABELS[line.path]
    if line.account is None:
        # Whose API key is refused is nobody; where there is one account alone, it is that one's.
        known = [of_key for (_, its), of_key in lives.items() if its == label]
        if len(known) == 1:
            return known[0]
    return lives.setdefault((line.account, label), [])


def posts(lines: Lines) -> Iterator[str]:
    """A POST in place of a PUT. One after a connection has ended, or was refused, is a bot's that
    begins again."""
    live: set[str | None] = set()
    again = 0
    ended = False
    for position, line in enumerate(lines):
        if isinstance(line, KeyNote):
            (live.add if line.what == "made" else live.discard)(line.account)
        elif isinstance(line, Ended | Refused):
            ended = True
        elif isinstance(line, Entry) and line.path in _LABELS:
            if line.method == "PUT":
                return
            if line.method != "POST" or line.status != 200:
                continue
            made = lines[position + 1 : position + 2]
            is_new = bool(made) and isinstance(made[0], KeyNote)
            again += line.account in live and not is_new and not ended
            ended = False
    if again:
        times = "time more" if again == 1 else "more times"
        yield (
            f"POST came {again:,} {times} while the listen key was alive, and no PUT. Were these"
            " keepalives? A keepalive is a PUT."
        )
