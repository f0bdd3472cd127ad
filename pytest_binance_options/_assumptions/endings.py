"""What is asked about how streams end, or don't."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .._frames import Close, Drop
from .question import Contradicted, Question, Verdict, judged
from .talk import Talk
from .wire import Wire

if TYPE_CHECKING:
    from .._transports.server.listener import Listener

__all__ = ["QUESTIONS"]

_CLOSE, _TEXT, _RESERVED = 0x8, 0x1, 0x3


def _after_a_delete(wire: Wire) -> Talk:
    """What came on a stream after its listen key was closed."""
    key = wire.start_key()
    with wire.talking(f"/private/ws/{key}") as talk:
        # Whatever is due to the account anyway comes before.
        talk.rest(0)
        talk.heard.clear()
        wire.close_key()
        talk.rest(wire.patience)
    return talk


def _stays_open(wire: Wire) -> Verdict:
    talk = wire.once(_after_a_delete)
    return judged((not talk.end, f"the stream {talk.end}"))


def _no_event(wire: Wire) -> Verdict:
    talk = wire.once(_after_a_delete)
    return judged((not talk.heard, "".join(talk.heard[:1])))


def _end(listener: Listener, timeout: float) -> int | None:
    """The code with which the stream is closed; None where it is not, or ends without one."""
    while True:
        frame = listener.receive(timeout)
        if frame is None or isinstance(frame, Close | Drop):
            return frame.code if isinstance(frame, Close) else None


def _answers_to_nonsense(wire: Wire) -> Verdict:
    for what, payload, opcode, code in (
        ("a close frame without a code", b"", _CLOSE, 1000),
        ("text that is no UTF-8", b"\xff\xfe", _TEXT, 1007),
        ("a reserved opcode", b"", _RESERVED, 1002),
    ):
        with wire.connected("/private/ws") as listener:
            listener.send_bytes(payload, opcode)
            came = _end(listener, wire.timeout)
        if came != code:
            ended = "nothing" if came is None else f"closed with {came}"
            return Contradicted(f"{what}: {ended}")
    return judged((True, ""))


QUESTIONS = (
    Question("A DELETE leaves its connections open and silent", _stays_open, streams=True),
    Question("A DELETE sends no event", _no_event, streams=True),
    Question(
        "A close frame without a code is answered with 1000", _answers_to_nonsense, streams=True
    ),
)
