"""All entries, one for each bullet of docs/reference/assumptions.md, and what becomes of them when
they are put to an exchange.

A subject's questions are in a module of their own; what can't be asked is in :mod:`.unasked`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ..errors import StreamError
from . import addresses, answers, api_keys, commands, endings, listen_keys, signing
from .question import Contradicted, Entry, Open, Question, Verdict
from .talk import NoAnswer
from .unasked import UNASKED
from .wire import CannotAsk, NoMore, Wire

__all__ = ["ENTRIES", "settle"]

ENTRIES: tuple[Entry, ...] = (
    *api_keys.QUESTIONS,
    *listen_keys.QUESTIONS,
    *signing.QUESTIONS,
    *answers.QUESTIONS,
    *addresses.QUESTIONS,
    *commands.QUESTIONS,
    *endings.QUESTIONS,
    *UNASKED,
)

_NEEDS_EXTRA = 'streams need the extra: pip install "pytest-binance-options[server]"'


def settle(
    wire: Wire, entries: Iterable[Entry] = ENTRIES, *, streams: bool = True
) -> Iterator[tuple[Entry, Verdict]]:
    """Each entry with its verdict, as it is known. ``streams``: whether there is a WebSocket client
    to ask with."""
    stopped: NoMore | None = None
    for entry in entries:
        verdict: Verdict
        if not isinstance(entry, Question):
            verdict = Open(entry.why)
        elif stopped is not None:
            verdict = Open(str(stopped), blind=True)
        elif entry.streams and not streams:
            verdict = Open(_NEEDS_EXTRA)
        else:
            try:
                verdict = entry.ask(wire)
            except NoAnswer as nothing:
                verdict = Contradicted(str(nothing))
            except NoMore as reason:
                stopped, verdict = reason, Open(str(reason), blind=True)
            except (CannotAsk, StreamError) as reason:
                verdict = Open(str(reason), blind=True)
        yield entry, verdict
