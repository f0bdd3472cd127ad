"""What a suite with vcrpy does in the tests of :mod:`pytest_binance_options.vcr`: a flow through any
client, a neighbour that is not the exchange, and an eye on what got to the disk.

Runs in this process and, imported by the suites that tests write, in others.
"""

from __future__ import annotations

import asyncio
import base64
import gzip
import hashlib
import hmac
import json
import threading
import time
import urllib.request
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import aiohttp
import httpx
import requests

__all__ = ["BINARY", "CLIENTS", "Send", "flow", "leaks", "neighbour", "signed"]

PATH = "/eapi/v1/listenKey"
BINARY = bytes(range(256))

Send = Callable[[str, str, dict[str, str], bytes], bytes]
"""A client: method, address, headers, body; gives the answer's body."""


def with_requests(method: str, url: str, headers: dict[str, str], body: bytes) -> bytes:
    return requests.request(method, url, headers=headers, data=body or None, timeout=10).content


def with_urllib(method: str, url: str, headers: dict[str, str], body: bytes) -> bytes:
    request = urllib.request.Request(url, body or None, headers, method=method)  # noqa: S310
    with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310
        content: bytes = answer.read()
        return gzip.decompress(content) if answer.headers["Content-Encoding"] else content


def with_httpx(method: str, url: str, headers: dict[str, str], body: bytes) -> bytes:
    with httpx.Client(trust_env=False) as client:
        return client.request(method, url, headers=headers, content=body or None).content


def with_async_httpx(method: str, url: str, headers: dict[str, str], body: bytes) -> bytes:
    async def talk() -> bytes:
        async with httpx.AsyncClient(trust_env=False) as client:
            answer = await client.request(method, url, headers=headers, content=body or None)
            return answer.content

    return asyncio.run(talk())


def with_aiohttp(method: str, url: str, headers: dict[str, str], body: bytes) -> bytes:
    async def talk() -> bytes:
        async with (
            aiohttp.ClientSession() as session,
            session.request(method, url, headers=headers, data=body or None) as answer,
        ):
            return await answer.read()

    return asyncio.run(talk())


CLIENTS: list[Send] = [with_requests, with_urllib, with_httpx, with_async_httpx, with_aiohttp]


def signed(secret_key: str, query: str = "") -> str:
    """``query`` with the time and a signature over both."""
    query = f"{query}&recvWindow=50000&timestamp={int(time.time() * 1000)}".lstrip("&")
    signature = hmac.new(secret_key.encode(), query.encode(), hashlib.sha256).hexdigest()
    return f"{query}&signature={signature}"


def flow(
    send: Send, exchange: str, other: str, api_key: str, secret_key: str, *, binary: bool = True
) -> list[object]:
    """A listen key made, kept alive and closed, a signed request, and two to the neighbour, of
    which one is answered in what is no text; what was answered, in order."""
    key = {"X-MBX-APIKEY": api_key, "Accept-Encoding": "gzip"}
    created = json.loads(send("POST", exchange + PATH, key, b""))
    listen_key = created["listenKey"]
    kept = json.loads(send("PUT", f"{exchange}{PATH}?listenKey={listen_key}", key, b""))
    account = json.loads(
        send("GET", f"{exchange}/eapi/v1/marginAccount?{signed(secret_key)}", key, b"")
    )
    login = base64.b64encode(f"bot:{secret_key}".encode()).decode()
    elsewhere = {
        "Authorization": f"Basic {login}",
        "Content-Type": "application/json",
        "X-Copy": f"key {api_key}",
    }
    body = json.dumps({"watch": listen_key}).encode()
    echo = send("POST", f"{other}/echo?key={listen_key}", elsewhere, body)
    no_text = send("GET", f"{other}/binary", {"Accept-Encoding": "gzip"}, b"") if binary else b""
    closed = json.loads(send("DELETE", exchange + PATH, key, b""))
    return [listen_key, kept, account, echo, no_text, closed]


@contextmanager
def neighbour() -> Iterator[str]:
    """A server that is no exchange: what it is told it says again, in every encoding there is."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            if self.path == "/binary":
                content = BINARY
            else:
                listen_key = json.loads(body)["watch"]
                content = b"\n".join(
                    (
                        base64.b64encode(b"x" + body),
                        body.hex().encode(),
                        "".join(f"%{byte:02X}" for byte in listen_key.encode()).encode(),
                        "".join(f"\\u{byte:04x}" for byte in listen_key.encode()).encode(),
                    )
                )
            self.send_response(200)
            self.send_header("Content-Type", "application/octet-stream")
            self.send_header("Set-Cookie", "session=0123456789abcdef0123456789abcdef")
            if "gzip" in self.headers.get("Accept-Encoding", ""):
                content = gzip.compress(content)
                self.send_header("Content-Encoding", "gzip")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = answer  # noqa: N815  the names are http.server's

        def log_message(self, *_args: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


def leaks(directory: Path, secrets: Iterable[str]) -> list[str]:
    """Which forms of which secrets stand in any file below ``directory``, its name included."""
    found = []
    for path in sorted(p for p in directory.rglob("*") if p.is_file()):
        text = f"{path.name}\n{path.read_text(encoding='utf-8')}".lower()
        # YAML breaks what is binary into lines.
        text += "".join(text.split())
        found += [
            f"{path.name}: {what} of secret {number}"
            for number, secret in enumerate(secrets)
            for what, form in _forms(secret)
            if form.lower() in text
        ]
    return found


def _forms(secret: str) -> Iterator[tuple[str, str]]:
    raw = secret.encode()
    yield "the text", secret
    yield "hexadecimal digits", raw.hex()
    yield "percent escapes", "".join(f"%{byte:02x}" for byte in raw)
    yield "JSON escapes", "".join(f"\\u{byte:04x}" for byte in raw)
    for shift in range(3):
        # What comes before and after takes part in the first and the last characters.
        yield "base64", base64.b64encode(b"\0" * shift + raw).decode()[4:-4]
