"""Listen keys that a real exchange hands out, as they come: known, so that a half of one is hidden
too in what is said of the test, as one frame of two has it.

They are forgotten when another test has others: a run may have thousands.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import ExitStack, suppress

import pytest

from .._backends.base import Backend, Connection, Forward, ForwardStream
from .._cassette.aliases import is_alias
from .._cassette.content import UnreadableEncodingError, decode
from .._cassette.detection import in_body, in_url
from .._cassette.hiding import hiding
from .._frames import Direction, Frame
from .._key_material import Kind
from .._masking import know
from .._messages import Answer, Later, Request, Response

__all__ = ["overhearing"]


class _Heard:
    def __init__(self) -> None:
        self.item: pytest.Item | None = None
        self.keys: set[str] = set()
        self.forget = ExitStack()

    def note(self, item: pytest.Item, found: Iterable[tuple[str, Kind]]) -> None:
        if self.item is not item:
            self.forget.close()
            self.item, self.keys = item, set()
        keys = {key for key, kind in found if kind is Kind.LISTEN_KEY and not is_alias(key)}
        new = keys - self.keys
        if new:
            self.keys |= new
            self.forget.callback(know(hiding(new)))


_HEARD = pytest.StashKey[_Heard]()


def overhearing(item: pytest.Item, backend: Backend) -> Backend:
    """``backend``, with what ``item`` hears of listen keys noted."""
    heard = item.config.stash.get(_HEARD, None)
    if heard is None:
        heard = item.config.stash[_HEARD] = _Heard()
        item.config.add_cleanup(heard.forget.close)
    noting = heard
    return _Overheard(backend, lambda found: noting.note(item, found))


class _Overheard:
    def __init__(
        self, backend: Backend, note: Callable[[Iterable[tuple[str, Kind]]], None]
    ) -> None:
        self._backend = backend
        self._note = note

    def respond(self, request: Request) -> Answer | Later | Forward:
        return self._backend.respond(request)

    def observe(self, request: Request, answer: Answer) -> None:
        if isinstance(answer, Response) and request.path.lower().endswith("listenkey"):
            with suppress(UnreadableEncodingError):
                self._note(in_body(decode(answer.headers, answer.body).body))
        self._backend.observe(request, answer)

    def connect(self, handshake: Request) -> Connection | Answer | ForwardStream:
        self._note(in_url(handshake.target))
        return self._backend.connect(handshake)

    def observe_frame(self, stream: ForwardStream, direction: Direction, frame: Frame) -> None:
        self._backend.observe_frame(stream, direction, frame)
