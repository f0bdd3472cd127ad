"""vcrpy's requests and responses as ours and back, and what becomes of a file when vcrpy saves it.

Knows vcrpy's values by their shape and imports nothing of it: what it is given and asked for is
:mod:`pytest_binance_options.vcr`'s.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from http.client import responses as reason_phrases
from typing import Protocol

from .._masking import mask
from .._messages import Request, Response
from ..errors import CassetteError
from . import document as shapes
from .document import ShapeError
from .format import header_lists
from .model import Cassette, Facts, Interaction

__all__ = [
    "VcrRequest",
    "merged",
    "metadata_of",
    "request_fields",
    "response_fields",
    "to_interaction",
    "to_request",
]


class VcrRequest(Protocol):
    """A ``vcr.request.Request``, as far as it matters here."""

    @property
    def method(self) -> str: ...
    @property
    def uri(self) -> str: ...
    @property
    def body(self) -> object: ...
    @property
    def headers(self) -> Mapping[str, object]: ...


def to_request(request: VcrRequest) -> Request:
    """``request`` with its body as it went over the wire.

    Raises :class:`CassetteError` where the body is an object of the client's that can't be read.
    """
    try:
        return Request(
            request.method,
            request.uri,
            shapes.headers(dict(request.headers), ("headers",)),
            _sent(request.body),
        )
    except ShapeError as error:
        raise CassetteError(
            f"{mask(f'{request.method} {request.uri}')}: {error}. Give the client bytes or text to"
            " send, or keep the request from vcrpy with before_record_request."
        ) from None


def _sent(body: object) -> bytes:
    if hasattr(body, "read"):
        body = body.read()
    elif isinstance(body, Iterator):
        body = list(body)
    if isinstance(body, Mapping):
        # In a file a mapping can be something else: one that was sent is fields, or JSON.
        return shapes.form(list(body.items()), ("body",))
    return shapes.request_body(
        bytes(body) if isinstance(body, (bytearray, memoryview)) else body, ("body",)
    )


def to_interaction(request: VcrRequest, response: Mapping[str, object]) -> Interaction:
    """What vcrpy holds of one request and its answer; raises :class:`CassetteError`."""
    asked = to_request(request)
    try:
        answer = Response(
            shapes.status(response, ("response",)),
            shapes.headers(response.get("headers"), ("response", "headers")),
            shapes.response_body(response, ("response", "body")),
        )
    except ShapeError as error:
        raise CassetteError(
            f"the answer to {mask(f'{asked.method} {asked.url}')} can't be written: {error}."
        ) from None
    return Interaction(asked, shapes.settled(answer, asked.method))


def request_fields(request: Request) -> dict[str, object]:
    """The arguments of a ``vcr.request.Request``."""
    return {
        "method": request.method,
        "uri": request.url,
        "body": request.body or None,
        "headers": header_lists(request.headers.pairs),
    }


def response_fields(response: Response) -> dict[str, object]:
    """A response as vcrpy's doors for the clients take it."""
    return {
        "status": {
            "code": response.status,
            "message": reason_phrases.get(response.status, ""),
        },
        "headers": header_lists(response.headers.pairs),
        "body": {"string": response.body},
    }


class _AsRequest:
    """Our request, as one that vcrpy holds after it was read from a file."""

    def __init__(self, request: Request) -> None:
        self.method = request.method
        self.uri = request.url
        self.body = request.body or None
        # vcrpy keeps one value of a request's header.
        self.headers = {
            name: values[0] for name, values in header_lists(request.headers.pairs).items()
        }


def _read_by_vcrpy(interaction: Interaction) -> Interaction:
    return to_interaction(_AsRequest(interaction.request), response_fields(interaction.response))


class _Pool:
    """Interactions that vcrpy was given, each to be taken back once by what it holds of it."""

    def __init__(self, interactions: Iterable[Interaction]) -> None:
        self._originals: dict[Interaction, list[Interaction]] = {}
        for interaction in interactions:
            self._originals.setdefault(_read_by_vcrpy(interaction), []).append(interaction)

    def take(self, held: Interaction) -> Interaction | None:
        originals = self._originals.get(held)
        return originals.pop(0) if originals else None


def merged(
    now: Cassette,
    loaded: Cassette,
    extras: Iterable[Interaction],
    held: Iterable[Interaction],
    metadata: Mapping[str, object],
    facts: Facts,
) -> Cassette:
    """What a file becomes that holds ``now``, when vcrpy, given ``loaded`` and from other files
    ``extras``, wants it to hold ``held`` and ``metadata``.

    What vcrpy has left of ``loaded`` stays as it was, with what we know of it; what it has dropped
    goes. What others have written into the file meanwhile stays. Then comes what is new; ``facts``
    are about that.
    """
    pool, elsewhere = _Pool(loaded.interactions), _Pool(extras)
    kept: list[Interaction] = []
    fresh: list[Interaction] = []
    for interaction in held:
        original = pool.take(interaction)
        if original is not None:
            kept.append(original)
        elif elsewhere.take(interaction) is None:
            fresh.append(interaction)
    known = Counter(loaded.interactions)
    others: list[Interaction] = []
    for interaction in now.interactions:
        if known[interaction]:
            known[interaction] -= 1
        else:
            others.append(interaction)
    old = (*kept, *others)
    interactions = (*old, *fresh)
    return Cassette(
        interactions,
        # A frame is numbered by the interactions before it.
        now.frames if interactions[: len(now.interactions)] == now.interactions else (),
        # As old as the oldest in it; of what another tool has recorded nobody knows.
        (now.facts or Facts(recorded_by=facts.recorded_by)) if old else facts,
        _metadata(now, metadata),
    )


def metadata_of(cassette: Cassette) -> dict[str, object]:
    """What vcrpy's ``get_metadata`` has put into ``cassette``."""
    values: dict[str, object] = json.loads(cassette.metadata or b"{}")
    return values


def _metadata(now: Cassette, held: Mapping[str, object]) -> bytes:
    values = {**metadata_of(now), **held}
    try:
        return shapes.json_text(values, ("metadata",)) if values else b""
    except ShapeError as error:
        raise CassetteError(
            f"the cassette can't be written: {error}. Give get_metadata plain values."
        ) from None
