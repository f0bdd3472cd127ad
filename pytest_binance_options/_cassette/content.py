"""Bodies as they can be read, searched and compared: without Content-Encoding and chunks, under
headers that fit them.

What is wrong with a body stays wrong: one that was cut off is still cut off, one that only claims
to be compressed still does. A body in an encoding that this machine can't read is not worth
keeping.
"""

from __future__ import annotations

import contextlib
import importlib
import zlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Protocol, cast

from .._messages import Headers, Request, Response
from ..errors import CassetteError
from .model import Cassette, Interaction

__all__ = [
    "Decoded",
    "UnreadableEncodingError",
    "decode",
    "looks_encoded",
    "readable",
    "with_length",
]


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


def readable(cassette: Cassette) -> Cassette:
    """``cassette`` with bodies that can be read, and headers that fit them.

    Raises :class:`CassetteError` where an encoding can't be undone here: nobody could tell what
    stands in such a body.
    """
    return replace(
        cassette,
        interactions=tuple(
            replace(i, request=_decoded_request(i.request, n), response=_decoded_response(i, n))
            for n, i in enumerate(cassette.interactions, 1)
        ),
    )


def _unreadable(where: str, encoding: Exception) -> CassetteError:
    return CassetteError(
        f"{where} is in Content-Encoding {str(encoding)!r}, which can't be read here, so that"
        " nobody can tell whether a key stands in it; the cassette was not written. Let the client"
        " ask for gzip (Accept-Encoding: gzip), or install what decodes it: brotli for br,"
        " zstandard for zstd."
    )


def _decoded_request(request: Request, number: int) -> Request:
    if "content-encoding" not in request.headers:
        return request
    try:
        result = decode(request.headers, request.body)
    except UnreadableEncodingError as error:
        raise _unreadable(f"the request of interaction {number}", error) from None
    if result.broken or not result.whole:
        return replace(request, body=result.body or request.body)
    return replace(request, headers=request.headers.without("content-encoding"), body=result.body)


def _decoded_response(interaction: Interaction, number: int) -> Response:
    response = interaction.response
    headers = response.headers.without("transfer-encoding")
    try:
        result = decode(headers, response.body)
    except UnreadableEncodingError as error:
        raise _unreadable(f"the response of interaction {number}", error) from None
    if result.broken:
        # It only claims to be compressed, and has to fail in replay as it did: the header stays.
        # What could be read of it must not be left compressed, where nothing would find a key in
        # it.
        return Response(response.status, headers, result.body or response.body)
    decoded = Response(response.status, headers.without("content-encoding"), result.body)
    missing = response.missing or (0 if result.whole else 1)
    return with_length(decoded, missing, had_body=bool(response.body))


def with_length(response: Response, missing: int, *, had_body: bool) -> Response:
    """``response`` with a Content-Length that is ``missing`` bytes more than it has, where it had
    one or any are missing."""
    # The answer to a HEAD has a length and no body.
    if not had_body or ("content-length" not in response.headers and not missing):
        return response
    length = str(len(response.body) + missing)
    if response.headers.get("content-length") == length:
        return response
    return replace(response, headers=_replacing(response.headers, "Content-Length", length))


def _replacing(headers: Headers, name: str, value: str) -> Headers:
    """``headers`` with one ``name``, where it stood."""
    pairs: list[tuple[str, str]] = []
    done = False
    for pair in headers.pairs:
        if pair[0].lower() != name.lower():
            pairs.append(pair)
        elif not done:
            pairs.append((pair[0], value))
            done = True
    return Headers(pairs if done else [*pairs, (name, value)])
