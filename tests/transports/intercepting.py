"""What the tests of the interception share: backends that keep what they saw, and processes that
can't reach anybody."""

from __future__ import annotations

import functools
import gzip
import subprocess
import sys
import textwrap
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from pytest_binance_options._backends.base import Forward
from pytest_binance_options._hosts import Scope
from pytest_binance_options._messages import (
    Answer,
    Failure,
    FailureKind,
    Headers,
    Request,
    Response,
)
from pytest_binance_options._transports.interception.interception import Interception

URL = "https://eapi.binance.com/eapi/v1/listenKey"
KEY = "k" * 64
BODY = b'{"listenKey": "%s"}' % KEY.encode()


def json_response(body: bytes, status: int = 200, **headers: str) -> Response:
    return Response(status, Headers({"Content-Type": "application/json", **headers}), body)


class Scripted:
    """Answers with whatever ``answers`` makes of the request, and keeps each request."""

    def __init__(
        self, answers: Callable[[Request], Answer | Forward] = lambda _: json_response(BODY)
    ) -> None:
        self.answers = answers
        self.requests: list[Request] = []
        self.observed: list[tuple[Request, Answer]] = []
        self._lock = threading.Lock()

    def respond(self, request: Request) -> Answer | Forward:
        with self._lock:
            self.requests.append(request)
        return self.answers(request)

    def observe(self, request: Request, answer: Answer) -> None:
        with self._lock:
            self.observed.append((request, answer))


def by_query(request: Request) -> Answer:
    """An answer that the query asks for: ``?refused``, ``?cut``..."""
    answers: dict[str, Answer] = {
        "refused": Failure(FailureKind.REFUSED),
        "reset": Failure(FailureKind.RESET),
        "timeout": Failure(FailureKind.TIMEOUT),
        "cut": json_response(BODY[:10], **{"Content-Length": str(len(BODY))}),
        "gzip": json_response(gzip.compress(BODY), **{"Content-Encoding": "gzip"}),
        "not-gzip": json_response(BODY, **{"Content-Encoding": "gzip"}),
        "error": json_response(b'{"code": -1125, "msg": "This listenKey does not exist."}', 400),
        "strange": json_response(b"", 599),
    }
    return answers.get(request.query, json_response(BODY))


@contextmanager
def intercepted(
    backend: Scripted | None = None,
    *,
    mode: str = "offline",
    network: bool = False,
    rest: tuple[str, ...] = (),
) -> Iterator[Scripted]:
    backend = backend or Scripted()
    with Interception(backend, Scope(rest), mode=mode, network=network):
        yield backend


_LOOPBACK_UP = """
import fcntl, socket, struct
with socket.socket() as s:
    flags = struct.unpack("16sh", fcntl.ioctl(s, 0x8913, struct.pack("16sh", b"lo", 0)))[1]
    fcntl.ioctl(s, 0x8914, struct.pack("16sh", b"lo", flags | 1))
"""


@functools.cache
def _can_isolate() -> bool:
    try:
        return (
            subprocess.run(["unshare", "-n", "true"], check=False, capture_output=True).returncode
            == 0
        )
    except OSError:
        return False


def run_isolated(code: str, *arguments: str, cwd: Path | None = None) -> str:
    """What ``code`` prints in a process with no network but loopback; fails the test where it exits
    with an error."""
    if not _can_isolate():
        pytest.skip("needs the right to make a network namespace (unshare -n)")
    script = _LOOPBACK_UP + textwrap.dedent(code)
    done = subprocess.run(
        ["unshare", "-n", sys.executable, "-W", "error", "-c", script, *arguments],
        check=False,
        capture_output=True,
        text=True,
        timeout=140,
        cwd=cwd,
    )
    assert done.returncode == 0, done.stderr
    assert not done.stderr, done.stderr
    return done.stdout
