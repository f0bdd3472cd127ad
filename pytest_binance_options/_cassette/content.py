"""Undoing Content-Encoding, so that a body in a file can be read, searched and compared.

What can't be undone says so: a body that only claims to be compressed is a recording worth keeping,
a body in an encoding that this machine can't read is not.
"""

from __future__ import annotations

import contextlib
import importlib
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, cast

from .._messages import Headers

__all__ = ["Decoded", "UnreadableEncodingError", "decode", "looks_encoded"]


class UnreadableEncodingError(ValueError):
    """A Content-Encoding that nothing installed here can undo; its name is the only argument."""


@dataclass(frozen=True, slots=True)
class Decoded:
    """``body`` without its encodings. ``whole`` is False where the encoded bytes end early,
    ``broken`` is True where they are not what the header says; ``body`` is then what could be read.
    """

    body: bytes
    whole: bool = True
    broken: bool = False


class _Inflater(Protocol):
    @property
    def eof(self) -> bool: ...
    def decompress(self, data: bytes, /) -> bytes: ...


def _inflate(data: bytes, make: Callable[[], _Inflater]) -> Decoded:
    inflater = make()
    try:
        body = inflater.decompress(data)
    except zlib.error:
        return Decoded(_readable_part(data, make), broken=True)
    return Decoded(body, whole=inflater.eof)


def _readable_part(data: bytes, make: Callable[[], _Inflater]) -> bytes:
    inflater = make()
    out = bytearray()
    with contextlib.suppress(zlib.error):
        # Byte by byte: an error must not take along what was readable before it.
        for position in range(len(data)):
            out += inflater.decompress(data[position : position + 1])
    return bytes(out)


def _gzip(data: bytes) -> Decoded:
    return _inflate(data, lambda: zlib.decompressobj(wbits=31))


def _deflate(data: bytes) -> Decoded:
    # RFC 9110, section 8.4.1.2: "deflate" is zlib's format; some servers send the bare stream, and
    # clients take both.
    with_header = _inflate(data, zlib.decompressobj)
    return (
        with_header
        if not with_header.broken
        else _inflate(data, lambda: zlib.decompressobj(wbits=-15))
    )


class _Decompressor(Protocol):
    def decompress(self, data: bytes, /) -> bytes: ...


def _installed(encoding: str, *modules: str) -> Callable[[bytes], Decoded]:
    def undo(data: bytes) -> Decoded:
        for name in modules:
            try:
                module = cast(_Decompressor, importlib.import_module(name))
            except ImportError:
                continue
            try:
                return Decoded(module.decompress(data))
            except Exception:  # noqa: BLE001  each of these libraries has errors of its own
                # Whether it was cut off or is something else can't be told, nor what stands in it.
                raise UnreadableEncodingError(encoding) from None
        raise UnreadableEncodingError(encoding)

    return undo


_UNDO: dict[str, Callable[[bytes], Decoded]] = {
    "gzip": _gzip,
    "x-gzip": _gzip,
    "deflate": _deflate,
    "br": _installed("br", "brotli", "brotlicffi"),
    "zstd": _installed("zstd", "compression.zstd", "backports.zstd", "zstandard"),
}


def encodings(headers: Headers) -> list[str]:
    """The encodings a body went through, in the order they were applied."""
    names = (name.strip().lower() for name in headers.get("content-encoding", "").split(","))
    return [name for name in names if name not in ("", "identity")]


def decode(headers: Headers, body: bytes) -> Decoded:
    """``body`` without the encodings that ``headers`` name; raises
    :class:`UnreadableEncodingError`."""
    result = Decoded(body)
    for name in reversed(encodings(headers)):
        if not body:
            break
        undo = _UNDO.get(name)
        if undo is None:
            raise UnreadableEncodingError(name)
        step = undo(result.body)
        result = Decoded(
            step.body, whole=result.whole and step.whole, broken=result.broken or step.broken
        )
        if result.broken:
            break
    return result


def looks_encoded(headers: Headers, body: bytes) -> bool:
    """Whether ``body`` begins like what its Content-Encoding says.

    Other recorders store bodies decoded and keep the header, or encoded, depending on the client
    they sat in.
    """
    names = encodings(headers)
    if not names or not body:
        return False
    last = names[-1]
    if last in ("gzip", "x-gzip"):
        return body[:2] == b"\x1f\x8b"
    if last == "zstd":
        return body[:4] == b"\x28\xb5\x2f\xfd"
    if last == "deflate":
        return not _deflate(body).broken
    # Brotli has no mark of its own; what reads as JSON or a page was decoded.
    return body.lstrip()[:1] not in (b"{", b"[", b'"', b"<")
