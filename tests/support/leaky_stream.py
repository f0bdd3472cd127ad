"""A stream server that says again what it is told, its words in every form and in parts; of the
library ``websockets``, which knows nothing of ours."""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response
from websockets.sync.server import ServerConnection, serve

__all__ = ["ALL", "BYE", "json_only", "leaky_stream"]

#: Its last word, after which it waits for the client's.
ALL = "that is all"
#: A client's last word, to which it says why it ends.
BYE = "goodbye"

_JSON_ONLY = threading.Event()


@contextmanager
def json_only() -> Iterator[None]:
    """Have no text said that isn't JSON: there are clients that end at it."""
    _JSON_ONLY.set()
    try:
        yield
    finally:
        _JSON_ONLY.clear()


@contextmanager
def leaky_stream(words: Iterable[str]) -> Iterator[str]:
    """Serve streams that say ``words``, at the address that is given."""
    known = list(words)

    def talk(stream: ServerConnection) -> None:
        try:
            _say(stream, known)
            for heard in stream:
                if heard == BYE:
                    stream.close(4000, known[0].encode()[:60].decode(errors="ignore"))
                else:
                    _answer(stream, heard)
        except ConnectionClosed:
            pass

    def with_cookie(stream: ServerConnection, _request: Request, response: Response) -> None:
        response.headers["Set-Cookie"] = f"s={base64.b64encode(known[0].encode()).decode()}; Path=/"

    with serve(talk, "127.0.0.1", 0, process_response=with_cookie, ping_interval=None) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"ws://127.0.0.1:{server.socket.getsockname()[1]}"
        finally:
            server.shutdown()
            thread.join()


def _say(stream: ServerConnection, words: Iterable[str]) -> None:
    assert stream.request is not None
    key = stream.request.path.rpartition("/")[2].rpartition("=")[2]
    stream.send(json.dumps({"stream": key, "data": {"e": "listenKeyExpired", "listenKey": key}}))
    heard = f"{stream.request.path} {list(stream.request.headers.raw_items())}"
    stream.send(json.dumps({"e": "ACCOUNT_UPDATE", "heard": heard}))
    for word in [*words, key]:
        half, raw = len(word) // 2, word.encode()
        packed = base64.b64encode(raw).decode()
        event = json.dumps({"e": "ORDER_TRADE_UPDATE", "o": {"c": word, word: packed}})
        stream.send([event[:60], event[60:]])
        stream.ping(raw[:120])
        if _JSON_ONLY.is_set():
            continue
        stream.send([f"< {word[:half]}", f"{word[half:]} >"])  # one message, two frames
        stream.send([raw[:half], raw[half:]])
        stream.send(f"< {word[:half]}")  # two messages
        stream.send(f"{word[half:]} >")
        stream.send(packed[:9].encode())
        stream.send(packed[9:].encode())
        stream.send(raw.hex().encode())
    stream.send(json.dumps({"e": ALL}))


def _answer(stream: ServerConnection, heard: str | bytes) -> None:
    try:
        number = json.loads(heard).get("id")
    except (ValueError, AttributeError):
        number = None
    said = heard if isinstance(heard, str) else heard.hex()
    stream.send(json.dumps({"id": number, "result": None, "heard": said}))
