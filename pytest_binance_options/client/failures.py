"""What requests and urllib3 raise, as an exception that says what happened and holds no request.

Theirs carry the URL with its signature in their text, and frames whose variables have the API key: pytest
prints both. So the chain ends in a copy without either.
"""

from __future__ import annotations

import requests

from ..masking import mask
from .rest import ConnectionFailed

__all__ = ["cleaned", "connection_failed", "innermost"]

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


def innermost(error: BaseException | None) -> str:
    """The text of what lies at the bottom of ``error``'s nesting, masked and bounded."""
    for _ in range(10):
        inner = _inner(error)
        if inner is None:
            break
        error = inner
    text = " ".join(mask(str(error)).split()) or type(error).__name__
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}..."


def _inner(error: BaseException | None) -> BaseException | None:
    if error is None:
        return None
    # urllib3's MaxRetryError has a reason, its ProtocolError and all of requests' their cause among the arguments
    candidates = (getattr(error, "reason", None), *reversed(error.args), error.__cause__)
    return next((candidate for candidate in candidates if isinstance(candidate, BaseException)), None)


def connection_failed(error: Exception, request: str, host: str, timeout: tuple[float, float]) -> ConnectionFailed:
    """What to raise for ``error``, which ended ``request`` (method and path) to ``host`` (a base URL)."""
    failure = ConnectionFailed(0, f"{host}: {_what(error, timeout)}", request=request)
    failure.__cause__ = cleaned(error)
    return failure


def _what(error: Exception, timeout: tuple[float, float]) -> str:
    if isinstance(error, requests.exceptions.ConnectTimeout):
        return f"no connection within {timeout[0]} s. Check host and network, or give a longer _request_timeout."
    if isinstance(error, requests.exceptions.ReadTimeout):
        return f"no answer within {timeout[1]} s. It may have been executed. For a longer wait, give _request_timeout."
    bottom = innermost(error)
    if isinstance(error, requests.exceptions.ProxyError):
        return f"the proxy does not work ({bottom}). Check Configuration.proxy, or HTTPS_PROXY in the environment."
    if isinstance(error, requests.exceptions.SSLError):
        return f"no TLS connection ({bottom}). Configuration.ssl_ca_cert names a CA of your own."
    if isinstance(error, requests.exceptions.RetryError):
        return f"all retries are used up ({bottom})."
    return f"{bottom}. Check Configuration.host and the network."
