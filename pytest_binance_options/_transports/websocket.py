"""The server's side of RFC 6455 as bytes: handshake, frames from a client, frames to it. No I/O.

For streams that never leave the process; no extensions, as events are short and tests read frames.
What a client sends is checked as far as a server has to: the client may be what is being tested.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator, Mapping

from .._frames import Binary, Close, Drop, Frame, Ping, Pong, Text
from .._messages import Headers, Request, Response

__all__ = ["FrameParser", "ProtocolError", "accepted", "is_upgrade", "serialize_frame"]

# RFC 6455, section 1.3
_GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
_NO_STATUS = 1005
_CONTINUATION, _TEXT, _BINARY, _CLOSE, _PING, _PONG = 0, 1, 2, 8, 9, 10
_OPCODES: dict[type[Frame], int] = {
    Text: _TEXT,
    Binary: _BINARY,
    Close: _CLOSE,
    Ping: _PING,
    Pong: _PONG,
}
_LONGEST = 16 * 1024 * 1024


class ProtocolError(Exception):
    """What a client sent is no WebSocket traffic; ``code`` is what its connection is closed
    with."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(f"{code} {reason}")
        self.code = code
        self.reason = reason


def is_upgrade(headers: Mapping[str, str]) -> bool:
    """Whether a request with these ``headers``, whatever their case, asks for a WebSocket."""
    return headers.get("Upgrade", "").strip().lower() == "websocket"


def accepted(handshake: Request) -> Response:
    """101, or 400 where ``handshake`` is not one (RFC 6455, section 4.2.1), with the version that
    would do where another was asked for (section 4.4)."""
    headers = handshake.headers
    key = headers.get("sec-websocket-key", "")
    options = headers.get("connection", "").lower().split(",")
    refused = [("Content-Length", "0")]
    if headers.get("sec-websocket-version", "13").strip() != "13":
        return Response(400, Headers([*refused, ("Sec-WebSocket-Version", "13")]))
    if (
        handshake.method != "GET"
        or not is_upgrade(headers)
        or "upgrade" not in map(str.strip, options)
        or "sec-websocket-version" not in headers
        or not _is_nonce(key)
    ):
        return Response(400, Headers(refused))
    digest = hashlib.sha1(key.encode() + _GUID, usedforsecurity=False).digest()
    return Response(
        101,
        Headers(
            [
                ("Upgrade", "websocket"),
                ("Connection", "Upgrade"),
                ("Sec-WebSocket-Accept", base64.b64encode(digest).decode()),
            ]
        ),
    )


def _is_nonce(key: str) -> bool:
    try:
        return len(base64.b64decode(key, validate=True)) == 16
    except ValueError:
        return False


def serialize_frame(frame: Frame) -> bytes:
    """``frame``, which is no Drop, as a server sends it: whole, and not masked."""
    # By type() alone, as nearly all are pings.
    if type(frame) is Text:
        payload = frame.data.encode()
    elif type(frame) is Close:
        payload = b""
        if frame.code != _NO_STATUS:
            payload = frame.code.to_bytes(2, "big") + frame.reason.encode()
    else:
        assert type(frame) is not Drop, f"{frame!r} is not for sending"
        payload = frame.data
    first, length = 0x80 | _OPCODES[type(frame)], len(payload)
    if length < 126:
        return bytes((first, length)) + payload
    if length < 0x10000:
        return bytes((first, 126)) + length.to_bytes(2, "big") + payload
    return bytes((first, 127)) + length.to_bytes(8, "big") + payload


class FrameParser:
    """The frames of one client, out of the bytes in which they come."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        # A message in fragments: its opcode, and what of it there is.
        self._opcode = 0
        self._parts = bytearray()

    def feed(self, data: bytes) -> Iterator[Frame]:
        """The frames that ``data`` completes, fragments put together. Raises ProtocolError for
        what is no frame of a client's, after those before it."""
        length = len(data) - 6
        if not self._buffer and 0 <= length < 126 and data[0] >> 4 == 8 and data[1] == 128 + length:
            # One whole and short frame, as nearly always: there is nothing to put together.
            frame = self._frame(0x80, data[0] & 0x0F, _unmasked(data[6:], data[2:6]))
            return iter(() if frame is None else (frame,))
        self._buffer += data
        return self._frames()

    def _frames(self) -> Iterator[Frame]:
        while self._buffer and (raw := self._next()) is not None:
            frame = self._frame(*raw)
            if frame is not None:
                yield frame

    def _next(self) -> tuple[int, int, bytes] | None:
        buffer = self._buffer
        if len(buffer) < 2:
            return None
        first, second = buffer[0], buffer[1]
        length, begin = second & 0x7F, 2
        if first & 0x70:
            raise ProtocolError(1002, "reserved bits are set")
        if not second & 0x80:
            raise ProtocolError(1002, "a client's frames are masked")
        if length > 125:
            if first & 0x08:
                raise ProtocolError(1002, "a control frame is too long")
            begin = 4 if length == 126 else 10
            if len(buffer) < begin:
                return None
            length = int.from_bytes(buffer[2:begin], "big")
            if length > _LONGEST:
                raise ProtocolError(1009, "the message is too big")
        end = begin + 4 + length
        if len(buffer) < end:
            return None
        payload = _unmasked(buffer[begin + 4 : end], buffer[begin : begin + 4])
        del buffer[:end]
        return first & 0x80, first & 0x0F, payload

    def _frame(self, final: int, opcode: int, payload: bytes) -> Frame | None:
        if opcode >= _CLOSE:
            if not final:
                raise ProtocolError(1002, "a control frame is fragmented")
            return _control(opcode, payload)
        if opcode == _CONTINUATION:
            if not self._opcode:
                raise ProtocolError(1002, "nothing to continue")
        elif opcode in (_TEXT, _BINARY):
            if self._opcode:
                raise ProtocolError(1002, "a message begins within another")
            self._opcode = opcode
        else:
            raise ProtocolError(1002, "an unknown opcode")
        self._parts += payload
        if len(self._parts) > _LONGEST:
            raise ProtocolError(1009, "the message is too big")
        if not final:
            return None
        message, kind = bytes(self._parts), self._opcode
        self._parts.clear()
        self._opcode = 0
        return Text(_text(message)) if kind == _TEXT else Binary(message)


def _unmasked(payload: bytes | bytearray, key: bytes | bytearray) -> bytes:
    length = len(payload)
    if not length:
        return b""
    mask = bytes(key) * (length // 4 + 1)
    number = int.from_bytes(payload, "big") ^ int.from_bytes(mask[:length], "big")
    return number.to_bytes(length, "big")


def _control(opcode: int, payload: bytes) -> Frame:
    if opcode == _PING:
        return Ping(payload)
    if opcode == _PONG:
        return Pong(payload)
    if opcode != _CLOSE:
        raise ProtocolError(1002, "an unknown opcode")
    if not payload:
        return Close(_NO_STATUS)
    if len(payload) == 1:
        raise ProtocolError(1002, "a close frame of one byte")
    code = int.from_bytes(payload[:2], "big")
    # RFC 6455, section 7.4: what stands for no code never goes over the wire.
    if not (1000 <= code <= 1003 or 1007 <= code <= 1014 or 3000 <= code <= 4999):
        raise ProtocolError(1002, "a close code that may not be sent")
    return Close(code, _text(payload[2:]))


def _text(payload: bytes) -> str:
    try:
        return payload.decode()
    except UnicodeDecodeError:
        raise ProtocolError(1007, "text that is not UTF-8") from None
