"""What requests and urllib3 raise, as an exception that says what happened and holds no request.

Theirs carry the URL with its signature in their text, and frames whose variables have the API key:
pytest prints both. So the chain ends in a copy without either.
"""

from __future__ import annotations

import http.client

import requests
from urllib3.exceptions import ReadTimeoutError

from .._masking import mask
from .rest import ConnectionFailed

__all__ = ["bottom", "cleaned", "connection_failed", "innermost"]

_KINDS: tuple[type[requests.RequestException], ...] = (
    # the more special first
    requests.exceptions.ConnectTimeout,
    requests.exceptions.ReadTimeout,
    requests.exceptions.ProxyError,
    requests.exceptions.SSLError,
    requests.exceptions.RetryError,
    requests.exceptions.ChunkedEncodingError,
    requests.exceptions.ContentDecodingError,
    requests.exceptions.ConnectionError,
)
_LONGEST = 300  # characters


def cleaned(error: Exception) -> requests.RequestException:
    """An exception of the same kind as ``error``, with masked text and nothing else of it."""
    kind = next((kind for kind in _KINDS if isinstance(error, kind)), requests.RequestException)
    return kind(innermost(error))


def innermost(error: BaseException) -> str:
    """The text of what lies at the bottom of ``error``'s nesting, masked and bounded."""
    error = bottom(error)
    name = type(error).__name__
    text = " ".join(mask(str(error)).split())
    if not text or (
        isinstance(error, http.client.BadStatusLine) and not isinstance(error, OSError)
    ):
        # The text of a BadStatusLine is what the server sent, and no more.
        text = f"{name}: {text}".removesuffix(": ")
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}..."


def bottom(error: BaseException) -> BaseException:
    """What ``error`` wraps, and what that wraps, down to the last."""
    for _ in range(10):  # no nesting is deeper, and one that leads back to itself ends too
        inner = _inner(error)
        if inner is None:
            break
        error = inner
    return error


def _inner(error: BaseException) -> BaseException | None:
    # urllib3's MaxRetryError has a reason, its ProtocolError and all of requests' their cause among
    # the arguments
    candidates = (getattr(error, "reason", None), *reversed(error.args), error.__cause__)
    return next(
        (candidate for candidate in candidates if isinstance(candidate, BaseException)), None
    )


def connection_failed(
    error: Exception, request: str, host: str, timeout: tuple[float, float]
) -> ConnectionFailed:
    """What to raise for ``error``, which ended ``request`` (method and path) to ``host`` (a base
    URL)."""
    failure = ConnectionFailed(0, f"{host}: {_what(error, timeout)}", request=request)
    failure.__cause__ = cleaned(error)
    return failure


def _what(error: Exception, timeout: tuple[float, float]) -> str:
    if isinstance(error, requests.exceptions.ConnectTimeout):
        return (
            f"no connection within {timeout[0]} s. Check host and network, or give a longer"
            " _request_timeout."
        )
    # With retries the last time-out lies below requests' exception for having used them up.
    if isinstance(error, requests.exceptions.ReadTimeout) or isinstance(
        bottom(error), ReadTimeoutError
    ):
        return (
            f"no answer within {timeout[1]} s. It may have been executed. For a longer wait, give"
            " _request_timeout."
        )
    told = innermost(error)
    if isinstance(error, requests.exceptions.ProxyError):
        return (
            f"the proxy does not work ({told}). Check Configuration.proxy, or HTTPS_PROXY in the"
            " environment."
        )
    if isinstance(error, requests.exceptions.SSLError):
        return f"no TLS connection ({told}). Configuration.ssl_ca_cert names a CA of your own."
    if isinstance(error, requests.exceptions.RetryError):
        return f"all retries are used up ({told})."
    return f"{told}. Check Configuration.host and the network."
