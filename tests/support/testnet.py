"""A stand-in for the testnet: the simulated exchange behind a real HTTP server on loopback, with
real gzip.

Apart from the package's own server on purpose: recordings are made through code that the package
doesn't share.
"""

from __future__ import annotations

import gzip
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timezone
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from pytest_binance_options._messages import Failure, Request
from pytest_binance_options.exchange import Exchange

# Each process has an account of its own: tests that use the same one wait for each other, and two
# suites may run at once.
_OWN = uuid.uuid4().hex
API_KEY = f"TestnetApiKeyTestnetApiKeyTestne{_OWN}"
SECRET_KEY = f"TestnetSecretTestnetSecretTestne{_OWN[::-1]}"


@dataclass
class Testnet:
    """``seen`` holds each request line with its headers, as they came over the wire;
    ``listen_keys`` every key there was."""

    __test__ = False

    url: str
    exchange: Exchange
    seen: list[tuple[str, str, dict[str, str]]] = field(default_factory=list)
    listen_keys: set[str] = field(default_factory=set)

    @property
    def stream_url(self) -> str:
        """The base address of streams; there are none, and a handshake is refused with 404."""
        return self.url.replace("http", "ws", 1)

    @property
    def environ(self) -> dict[str, str]:
        """The environment in which a suite has an account here."""
        return {"BINANCE_API_KEY": API_KEY, "BINANCE_SECRET_KEY": SECRET_KEY}


@contextmanager
def running() -> Iterator[Testnet]:
    """A testnet with one account, until the block ends."""
    # Clients sign with the real clock, so the exchange follows it.
    exchange = Exchange(seed=20260101, start=datetime.now(timezone.utc))
    exchange.open_account(api_key=API_KEY, secret_key=SECRET_KEY)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        server_version = "pytest-binance-options simulated exchange"
        sys_version = ""
        # Head and body in one segment: two would wait for each other's acknowledgement.
        wbufsize = -1

        def answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            now_ms = int(datetime.now(timezone.utc).timestamp() * 1000)
            exchange.clock.advance(milliseconds=max(0, now_ms - exchange.clock.now_ms))
            testnet.seen.append((self.command, self.path, dict(self.headers.items())))
            answer = exchange.handle(Request(self.command, self.path, self.headers.items(), body))
            assert not isinstance(answer, Failure), "the testnet of the tests breaks no connections"
            testnet.listen_keys.update(
                account.listen_key for account in exchange.accounts if account.listen_key
            )
            content = answer.body
            self.send_response(answer.status)
            for name, value in answer.headers.pairs:
                if name.lower() not in ("content-length", "date"):
                    self.send_header(name, value)
            if "gzip" in self.headers.get("Accept-Encoding", ""):
                content = gzip.compress(content)
                self.send_header("Content-Encoding", "gzip")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = do_PUT = do_DELETE = answer  # noqa: N815  the names are http.server's

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  the signature is http.server's
            """The tests look at ``seen``."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        testnet = Testnet(f"http://127.0.0.1:{server.server_port}", exchange)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield testnet
        finally:
            server.shutdown()
            thread.join()
