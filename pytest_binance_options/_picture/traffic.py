"""Requests, handshakes and frames as steps, where there is no journal: seen by whoever passes them
on, or read from a recording."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from functools import partial
from urllib.parse import urlencode

from .._cassette.matching import match_key
from .._frames import Binary, Close, Direction, Drop, Frame, Text
from .._messages import Answer, Request, Response
from .._products import PRODUCTS
from .steps import Step, Tone, Words

__all__ = ["Traffic"]

_LISTEN_KEYS = {product.listen_key_path for product in PRODUCTS}
_NORMAL_CLOSURE = 1000
_KEY = "listen key"
_DID = {"POST": "made", "PUT": "renewed", "DELETE": "closed"}


class Traffic:
    """Makes steps of traffic. ``hide`` takes the secrets out of a text; ``bodies`` says whether
    bodies and messages are shown as well."""

    def __init__(self, hide: Callable[[str], str], *, bodies: bool = False) -> None:
        self._hide = hide
        self._bodies = bodies

    def asked(self, at_ms: int, request: Request, answer: Answer | None) -> Iterator[Step]:
        """A request, and what it did to the listen key. ``answer`` None: there was none to give."""
        outcome = _outcome(answer)
        key = (match_key(request), outcome)
        yield Step(at_ms, "requests", key, partial(self._request, request, answer))
        did = _DID.get(request.method)
        if did and request.path in _LISTEN_KEYS and outcome.startswith("2"):
            words = Words(did, f"{_KEY} {did}", tone="plain" if did == "closed" else "good")
            yield Step(
                at_ms,
                "keys",
                did,
                lambda: words,
                opens=_KEY if did == "made" else "",
                closes=_KEY if did == "closed" else "",
                of=_KEY,
                joined=True,
            )

    def _request(self, request: Request, answer: Answer | None) -> Words:
        outcome = _outcome(answer)
        said = _error(answer)
        tone: Tone = "good" if outcome[0] in "23" else "bad"
        last = request.path.rstrip("/").rpartition("/")[2] or "/"
        code = f" {said[0]}" if said else ""
        text = f"{request.method} {request.path}{self._parameters(request)} -> {outcome}{code}"
        return Words(
            self._hide(f"{request.method} {last}"),
            self._hide(f"{text} {said[1]}" if said else text),
            sub=outcome.partition(":")[0] + code,
            tone=tone,
            detail=self._body(request.body, answer),
        )

    def _parameters(self, request: Request) -> str:
        """What was sent along, by name alone unless bodies are shown."""
        params = match_key(request)[3]
        if not params:
            return ""
        if self._bodies:
            return f"?{urlencode(params)}"
        return f" ({', '.join(name for name, _ in params)})"

    def _body(self, sent: bytes, answer: Answer | None) -> str:
        if not self._bodies:
            return ""
        came = answer.body if isinstance(answer, Response) else b""
        both = [f"{arrow} {_text(body)}" for arrow, body in (("->", sent), ("<-", came)) if body]
        return self._hide("\n".join(both))

    def refused(self, at_ms: int, target: str, answer: Answer) -> Step:
        """A handshake that came to nothing."""
        outcome = _outcome(answer)

        def words() -> Words:
            text = f"handshake {self._hide(target)} -> {outcome}"
            return Words("refused", text, sub=outcome, tone="bad")

        return Step(at_ms, "connections", ("refused", target, outcome), words)

    def connected(self, at_ms: int, number: int, target: str) -> Step:
        """A connection that was made."""
        name = f"#{number}"

        def words() -> Words:
            text = f"{name} connected at {self._hide(target)}"
            return Words(name, text, sub="connected", tone="good")

        return Step(at_ms, "connections", ("connected", target), words, opens=name)

    def frame(self, at_ms: int, number: int, direction: Direction, frame: Frame) -> Step | None:
        """A frame, seen from the client; None for one that nobody looks for."""
        name = f"#{number}"
        if isinstance(frame, Close | Drop):
            by = "exchange" if direction == "in" else "client"
            return Step(
                at_ms,
                "connections",
                ("end", by, frame),
                partial(self._ended, name, by, frame),
                closes=name,
            )
        if not isinstance(frame, Text | Binary):
            return None
        data = frame.data if isinstance(frame, Text) else f"{len(frame.data)} bytes"
        kind = _kind(data, direction)
        event = direction == "in" and kind != "message"
        return Step(
            at_ms,
            "events" if event else "connections",
            (direction, kind, data if not event else ""),
            partial(self._message, name, direction, kind, data),
            of="" if event else name,
        )

    def _ended(self, name: str, by: str, frame: Close | Drop) -> Words:
        if isinstance(frame, Drop):
            text, sub = f"{name} dropped by the {by}, without a close frame", "dropped"
            return Words(name, text, sub=sub, tone="bad" if by == "exchange" else "plain")
        said = f"{name} closed by the {by}, {frame.code}"
        calm = by == "client" and frame.code == _NORMAL_CLOSURE
        return Words(
            name,
            self._hide(f"{said}: {frame.reason}" if frame.reason else said),
            sub=f"closed {frame.code}",
            tone="plain" if calm else "warn",
        )

    def _message(self, name: str, direction: Direction, kind: str, data: str) -> Words:
        way = f"to {name}" if direction == "in" else f"from {name}"
        detail = self._hide(data) if self._bodies else ""
        label = self._hide(kind)
        return Words(label, f"{label} {way}", sub=way, tone="good", detail=detail)


def _outcome(answer: Answer | None) -> str:
    if isinstance(answer, Response):
        return str(answer.status)
    return "no answer" if answer is None else f"no answer: {answer}"


def _text(body: bytes) -> str:
    return " ".join(body.decode("utf-8", "backslashreplace").split())


def _json(text: str | bytes) -> dict[str, object]:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def _error(answer: Answer | None) -> tuple[int, str] | None:
    """The exchange's code and message, where an error has them."""
    if not isinstance(answer, Response) or answer.status < 400:
        return None
    said = _json(answer.body)
    code = said.get("code")
    return (code, str(said.get("msg", ""))) if isinstance(code, int) else None


def _kind(data: str, direction: Direction) -> str:
    """What a message is called: an event's type, a command's method, or just that."""
    said = _json(data)
    if direction == "out":
        return str(said.get("method") or "message")
    inner = said.get("data")
    event = inner if isinstance(inner, dict) else said
    return str(event.get("e") or "message")
