"""Recorded bodies as they can be read: without Content-Encoding and chunks, under headers that fit
them.

What is wrong with a body stays wrong: one that was cut off is still cut off, one that only claims
to be compressed still does.
"""

from __future__ import annotations

from dataclasses import replace

from .._messages import Headers, Request, Response
from ..errors import CassetteError
from .content import UnreadableEncodingError, decode
from .model import Cassette, Interaction

__all__ = ["readable", "with_length"]


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
