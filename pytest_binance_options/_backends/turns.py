"""Whose turn it is: which recorded answer is the next one to a request, and what of it has to be in
the client's own words.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from .._cassette.client_order_ids import ClientOrderIds, sent_ids
from .._cassette.matching import MatchKey
from .._cassette.model import Cassette
from .._messages import Response

__all__ = ["Turns"]


class Turns:
    """Each answer of ``cassette`` once, in the order of the recording; those of the interactions
    ``own`` before others."""

    def __init__(self, cassette: Cassette, own: Sequence[int]) -> None:
        # How far into the list of answers to a request this replay is: nothing is searched, and
        # nothing shared changes.
        self._next: dict[MatchKey, int] = {}
        self._queues: Mapping[MatchKey, Sequence[int]] = cassette.index
        if own and len(own) < len(cassette.interactions):
            self._queues = _own_first(cassette, frozenset(own))
        self._client_ids = ClientOrderIds()

    def take(self, key: MatchKey) -> int | None:
        """The interaction that is played now to a request with this ``key``; None where there is
        none, or none left."""
        number = self._turn(self._client_ids.as_recorded(key))
        return self._turn_with_new_ids(key) if number is None else number

    def recorded(self, key: MatchKey) -> int:
        """How often such a request was recorded."""
        return len(self._queues.get(key, ()))

    def reword(self, text: str) -> str:
        """Recorded JSON with the client's own order ids."""
        return self._client_ids.as_sent(text)

    def reworded(self, response: Response) -> Response:
        """The same of an answer."""
        text = response.body.decode("utf-8", "surrogateescape")
        changed = self.reword(text)
        if changed == text:
            return response
        body = changed.encode("utf-8", "surrogateescape")
        headers = response.headers
        if headers.content_length is not None:
            headers = headers.replacing("Content-Length", str(len(body)))
        return Response(response.status, headers, body)

    def _turn(self, key: MatchKey) -> int | None:
        queue = self._queues.get(key, ())
        turn = self._next.get(key, 0)
        if turn == len(queue):
            return None
        self._next[key] = turn + 1
        return queue[turn]

    def _turn_with_new_ids(self, key: MatchKey) -> int | None:
        # That of a request which differs from a recorded one in client order ids alone.
        if not sent_ids(key):
            return None
        alike = {
            queue[self._next.get(recorded, 0)]: recorded
            for recorded, queue in self._queues.items()
            if self._next.get(recorded, 0) < len(queue) and self._client_ids.alike(key, recorded)
        }
        if not alike:
            return None
        recorded = alike[min(alike)]
        self._client_ids.learn(key, recorded)
        return self._turn(recorded)


def _own_first(cassette: Cassette, own: frozenset[int]) -> dict[MatchKey, tuple[int, ...]]:
    return {
        key: tuple(sorted(queue, key=lambda n: n not in own))
        for key, queue in cassette.index.items()
    }
