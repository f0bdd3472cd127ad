"""A conversation on a stream: a command, and what comes until it is answered.

Who asks for silence gets it with a command behind it: what was on its way before that answer has
come by then.
"""

from __future__ import annotations

import contextlib
import json
import time
from typing import TYPE_CHECKING

from .._frames import Binary, Close, Drop, Frame, Text

if TYPE_CHECKING:
    from .._transports.server.listener import Listener

__all__ = ["NoAnswer", "Talk", "error_code"]


class NoAnswer(Exception):
    """A message was not answered: the stream ended, or stayed silent."""


class Talk:
    """One stream, on which one message is answered at a time, within ``timeout`` seconds."""

    def __init__(self, listener: Listener, timeout: float) -> None:
        self._listener = listener
        self._timeout = timeout
        self._id = 0
        #: What came and was no answer, in order, as text.
        self.heard: list[str] = []
        #: How the stream has ended; empty while it has not.
        self.end = ""

    def command(self, method: str, *params: object) -> dict[str, object]:
        """The answer to a command, with an id of its own."""
        self._id += 1
        given = {"params": list(params)} if params or method.endswith("SUBSCRIBE") else {}
        return self.say(Text(json.dumps({"method": method, **given, "id": self._id})))

    def subscriptions(self) -> list[object]:
        """What LIST_SUBSCRIPTIONS says."""
        listed = self.command("LIST_SUBSCRIPTIONS").get("result")
        return listed if isinstance(listed, list) else [listed]

    def say(self, frame: Frame) -> dict[str, object]:
        """The answer to a message. Raises NoAnswer."""
        self._listener.send(frame)
        deadline = time.monotonic() + self._timeout
        while not self.end:
            came = self._listener.receive(max(0.0, deadline - time.monotonic()))
            if came is None:
                raise NoAnswer(f"no answer within {self._timeout:g} s")
            answer = self._take(came)
            if answer is not None:
                return answer
        raise NoAnswer(f"the stream {self.end}")

    def rest(self, patience: float) -> None:
        """Listen for ``patience`` seconds, and then to what is on its way."""
        deadline = time.monotonic() + patience
        while not self.end and (left := deadline - time.monotonic()) > 0:
            came = self._listener.receive(left)
            if came is not None:
                self._take(came)
        # Why there is none is in ``end``, or it is silence, which was asked for.
        with contextlib.suppress(NoAnswer):
            self.subscriptions()

    def _take(self, frame: Frame) -> dict[str, object] | None:
        if isinstance(frame, Close):
            self.end = f"was closed with {frame.code} {frame.reason}".strip()
        elif isinstance(frame, Drop):
            self.end = "ended without a close frame"
        elif isinstance(frame, Text | Binary):
            text = frame.data if isinstance(frame, Text) else frame.data.decode(errors="replace")
            try:
                value = json.loads(text)
            except (ValueError, RecursionError):
                value = None
            if isinstance(value, dict) and value.keys() & {"result", "error", "code"}:
                return value
            self.heard.append(text)
        return None


def error_code(answer: dict[str, object]) -> object:
    """The code of an error, whether it is nested or bare; None where there is none."""
    error = answer.get("error", answer)
    return error.get("code") if isinstance(error, dict) else None
