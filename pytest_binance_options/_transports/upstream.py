"""How an intercepted request reaches the network when its backend says so: one sender for every
door."""

from __future__ import annotations

import threading

import requests
import urllib3

from .._messages import Answer, Failure, FailureKind, Headers, Request, Response
from .interception.belonging import forwarding
from .proxies import proxy_of

__all__ = ["kind_of", "received", "send"]

_local = threading.local()


def _session() -> requests.Session:
    # One a thread: a Session is not made to be shared.
    session: requests.Session | None = getattr(_local, "session", None)
    if session is None:
        session = _local.session = requests.Session()
        session.headers.clear()
    return session


def send(request: Request) -> Answer:
    """Ask the network, with the proxies that the environment named when the run began, and the
    certificates that it names.

    Bodies are kept as on the wire, redirects are answers and nothing is retried: that is the
    client's affair.
    """
    headers = {
        name: value
        for name, value in request.headers.items()
        if name not in ("host", "connection", "content-length")
    }
    if not request.body and request.method in ("POST", "PUT", "PATCH"):
        headers["content-length"] = "0"
    with forwarding():
        session = _session()
        prepared = requests.Request(
            request.method, request.url, headers, data=request.body or None
        ).prepare()
        prepared.url = request.url  # as the client wrote it: it may be signed
        verify = session.merge_environment_settings(request.url, {}, None, None, None)["verify"]
        proxy = proxy_of(request.url)
        try:
            # Not the session's send: that reads what a redirect says, and nothing would be left.
            answer = session.get_adapter(request.url).send(
                prepared,
                stream=True,
                timeout=request.timeout,
                verify=True if verify is None else verify,
                proxies={} if proxy is None else {"all": proxy},
            )
            try:
                return received(answer)
            finally:
                answer.close()
        except urllib3.exceptions.ReadTimeoutError:
            # While the body was read: requests has no hand in that here.
            return Failure(FailureKind.TIMEOUT)
        except (requests.ConnectionError, requests.Timeout) as error:
            return Failure(kind_of(error))


def received(answer: requests.Response) -> Response:
    """What the network answered: undecoded, no longer in chunks, cut off where it was. Raises
    urllib3's ReadTimeoutError."""
    parts: list[bytes] = []
    # urllib3 puts the chunks together, so the header would be wrong.
    headers = Headers(answer.raw.headers.items()).without("transfer-encoding")
    try:
        parts.extend(answer.raw.stream(65536, decode_content=False))
    except urllib3.exceptions.ProtocolError:
        # Cut off: what came before the cut is what the client would have seen.
        if "content-length" not in headers:
            headers = headers.replacing("Content-Length", str(sum(map(len, parts)) + 1))
    return Response(answer.status_code, headers, b"".join(parts))


def kind_of(error: requests.ConnectionError | requests.Timeout) -> FailureKind:
    """What happened to the connection, as far as requests tells."""
    reason = error.args[0] if error.args else None
    if isinstance(error, requests.Timeout) or isinstance(
        reason, urllib3.exceptions.ReadTimeoutError
    ):
        return FailureKind.TIMEOUT
    never_connected = isinstance(
        getattr(reason, "reason", reason), urllib3.exceptions.NewConnectionError
    )
    return FailureKind.REFUSED if never_connected else FailureKind.RESET
