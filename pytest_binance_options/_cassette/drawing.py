"""A cassette as a readable exchange: who said what, and when.

What is drawn goes through redaction first, whoever wrote the file: one can follow a key by its
alias, and sees none.
"""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlencode

from .aliases import without_padding
from .matching import match_key
from .model import Cassette, Facts, Interaction, StreamFrame
from .redaction import Redactor

__all__ = ["draw"]

_LONGEST_BODY = 300


def draw(cassette: Cassette) -> Iterator[str]:
    """Lines that show ``cassette``: its facts, then every interaction and frame in order, with
    offsets in ms.

    Raises :class:`~pytest_binance_options.errors.CassetteError` where a body can't be read, so that
    it could hide a key.
    """
    cassette = Redactor().redact(cassette)
    yield _origin(cassette)
    frames = list(cassette.frames)
    test: str | None = None
    for number, interaction in enumerate(cassette.interactions):
        while frames and frames[0].after[0] <= number:
            yield _frame(frames.pop(0))
        if interaction.test != test:
            test = interaction.test
            yield f"  {test or 'recorded by another tool'}"
        yield from _interaction(interaction)
    for frame in frames:
        yield _frame(frame)


def _origin(cassette: Cassette) -> str:
    if cassette.facts is None:
        return "  written by another tool: when and where it was recorded is not known"
    facts = Facts(*(getattr(cassette.facts, name) or "unknown" for name in Facts.__slots__))
    return (
        f"  recorded {facts.recorded_at} from {facts.host} ({facts.source}), by version"
        f" {facts.recorded_by}"
    )


def _at(ms: int | None) -> str:
    return f"{'' if ms is None else f'{ms} ms':>12}  "


def _interaction(interaction: Interaction) -> Iterator[str]:
    method, host, path, params = match_key(interaction.request)
    query = f"?{urlencode(params)}" if params else ""
    yield f"{_at(interaction.at_ms)}-> {method} {host}{path}{without_padding(query)}"
    yield f"{_at(None)}<- {interaction.response.status} {_body(interaction.response.body)}".rstrip()


def _frame(frame: StreamFrame) -> str:
    arrow = "<-" if frame.direction == "in" else "->"
    where = f" {without_padding(frame.target)}" if frame.target else ""
    payload = frame.payload
    if frame.kind == "close" and len(payload) >= 2:
        # The code's two bytes are for machines.
        payload = str(int.from_bytes(payload[:2], "big")).encode() + b" " + payload[2:]
    return (
        f"{_at(frame.offset_ms)}{arrow} [stream {frame.connection}{where}] {frame.kind}"
        f" {_body(payload)}".rstrip()
    )


def _body(body: bytes) -> str:
    text = " ".join(without_padding(body.decode("utf-8", "backslashreplace")).split())
    return text if len(text) <= _LONGEST_BODY else f"{text[:_LONGEST_BODY]}… ({len(body)} bytes)"
