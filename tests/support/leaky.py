"""An exchange that says again what it is told, in every form and place that a server has for it; and
the look for what got out.

Knows nothing of how secrets are hidden: the forms are written down here a second time.
"""

from __future__ import annotations

import base64
import gzip
import html
import json
import os
import random
import string
import threading
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from urllib.parse import quote, quote_plus

from pytest_binance_options._backends.base import ForwardStream
from pytest_binance_options._frames import Binary, Close, Direction, Drop, Frame, Ping, Text
from pytest_binance_options._messages import Answer, Request, Response

__all__ = ["NIGHTLY", "Leaky", "forms_of", "found", "made_up_key", "rounds", "written_below"]

# HYPOTHESIS_PROFILE=nightly has more secrets, more clients and more places.
NIGHTLY = os.environ.get("HYPOTHESIS_PROFILE") == "nightly"


def rounds(of_a_few_seconds: int) -> int:
    """How often a test that takes seconds is run with other secrets: once in the gate, and by night
    for so many of a property's examples once."""
    return max(1, int(os.environ.get("EXAMPLES", "600")) // of_a_few_seconds) if NIGHTLY else 1


def made_up_key(rng: random.Random) -> str:
    return "".join(rng.choices(string.ascii_letters + string.digits, k=64))


#: Half of a key is more than this.
_PIECE = 24
#: The forms from here on are base64.
_BASE64 = 11


class Leaky:
    """A backend for a server: ``words`` are what it says besides what it hears."""

    def __init__(self, words: Iterable[str], seed: int) -> None:
        self._words = list(words)
        self._rng = random.Random(seed)
        self.listen_keys: list[str] = []

    def respond(self, request: Request) -> Answer:
        """Listen keys at their path; a redirect, a page and all that was heard elsewhere."""
        path = request.path.rpartition("/")[2]
        if path == "listenKey":
            if request.method == "POST" or not self.listen_keys:
                self.listen_keys.append(made_up_key(self._rng))
            return self._json({"listenKey": self.listen_keys[-1]})
        heard = [request.url, *map(":".join, request.headers.pairs), request.body.decode("latin-1")]
        told = [*self._words, *self.listen_keys[-1:]]
        forms = [form for word in told for form in forms_of(word) if "\n" not in form]
        if path == "redirect":
            query = "&".join(f"a={quote(word, safe='')}" for word in told)
            return Response(302, {"Location": f"/eapi/v1/echo?{query}"}, b"")
        if path == "page":
            said = "".join(f"<p title='{html.escape(form)}'>{form}</p>\n" for form in forms)
            return Response(502, {"Content-Type": "text/html"}, said.encode())
        nested = json.dumps({"again": json.dumps(told)})
        return self._json({"heard": heard, "forms": forms, "nested": nested, nested: 1})

    def _json(self, value: object) -> Response:
        body = json.dumps(value).encode()
        headers = {"Content-Type": "application/json", "Set-Cookie": f"s={self._words[0]}; Path=/"}
        packed: Mapping[str, Callable[[bytes], bytes]] = {
            "gzip": gzip.compress, "deflate": zlib.compress
        }  # fmt: skip
        encoding = self._rng.choice(["", *packed])
        if encoding:
            headers["Content-Encoding"] = encoding
            body = packed[encoding](body)
        return Response(200, headers, body)

    def observe(self, request: Request, answer: Answer) -> None:
        """Nothing goes to a network."""

    def connect(self, handshake: Request) -> _Told:
        """Frames with all words, whole and in parts, and the end."""
        frames: list[Frame] = [
            Text(json.dumps({"stream": k, "data": {}})) for k in self.listen_keys
        ]
        for word in self._words:
            half = len(word) // 2
            packed = base64.b64encode(word.encode())
            frames += [
                Text(json.dumps({"e": word})),
                *(Text(f"< {word[:half]}"), Text(f"{word[half:]} >")),
                *(Binary(packed[:9]), Binary(packed[9:])),
                Binary(word.encode().hex().encode()),
                Ping(word.encode()[:120]),
            ]
        return _Told([*frames, Close(4000, self._words[0][:60])])

    def observe_frame(self, stream: ForwardStream, direction: Direction, frame: Frame) -> None:
        """Nothing goes to a network."""


class _Told:
    """A connection that says ``frames``, all at once."""

    real_peer = False
    pong_overdue = False
    pong_grace = 0.01

    def __init__(self, frames: list[Frame]) -> None:
        self.on_ready: Callable[[], None] | None = None
        self._frames = frames
        self._lock = threading.Lock()
        self.closed = False

    def receive(self, frame: Frame, received_ms: float | None = None) -> None:
        self.closed = self.closed or isinstance(frame, Close | Drop)

    def pong_timed_out(self) -> None:
        """It asks for none."""

    def take(self) -> list[Frame]:
        with self._lock:
            due, self._frames = self._frames, []
        return due


def forms_of(secret: str) -> Iterator[str]:
    raw = secret.encode()
    yield secret
    yield from (quote(secret, safe=""), quote_plus(secret), "".join(f"%{b:02x}" for b in raw))
    yield from (json.dumps(secret)[1:-1], json.dumps(json.dumps(secret))[3:-3])
    yield from (html.escape(secret), ascii(secret)[1:-1], repr(raw)[2:-1])
    yield from (raw.hex(), raw.hex().upper())
    for shift in range(3):
        yield base64.b64encode(b"\0" * shift + raw + b"\0\0").decode()
    yield base64.encodebytes(raw).decode()


def written_below(directory: Path) -> Iterator[tuple[str, str]]:
    """Each file's name and text; YAML and base64 break lines, so the text without them is part of
    it."""
    for path in directory.rglob("*"):
        if path.is_file() and path.suffix not in (".py", ".pyc", ".ini", ".pem"):
            text = path.read_text(encoding="utf-8", errors="replace")
            yield path.name, f"{path.relative_to(directory)}\n{text}\n{''.join(text.split())}"


def found(texts: Iterable[tuple[str, str]], secrets: Iterable[str]) -> list[tuple[str, int, str]]:
    """In which text which of ``secrets``, by number, stands in which form, or a piece of it, with
    what is before."""
    leaks = []
    known = list(secrets)
    for name, text in texts:
        low = text.lower()
        for number, secret in enumerate(known):
            for n, form in enumerate(forms_of(secret)):
                # What comes before and after takes part in the first and last characters of base64.
                at = low.find((form if n < _BASE64 else form[4:-8]).lower())
                if at >= 0:
                    leaks.append((name, number, text[max(0, at - 80) : at + 20]))
                    break
            else:
                pieces = (secret[n : n + _PIECE] for n in range(0, len(secret) - _PIECE + 1, 8))
                leaks += [(name, number, piece) for piece in pieces if piece in text]
    return leaks
