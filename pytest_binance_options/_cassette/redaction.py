"""Taking the secrets out of a recording before it is written, and refusing to write where one is
left.

A secret that shows up late in a recording is taken out of its beginning too: redaction is of the
whole, at the end.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from urllib.parse import quote, unquote_plus

from .._key_material import CREDENTIAL_HEADERS, Kind
from .._messages import Headers, Request, Response
from .._products import PRODUCTS
from ..errors import CassetteError
from .across import conversations, replaced_across
from .aliases import AliasBook, is_alias
from .content import readable, with_length
from .detection import in_body, in_headers, in_text, in_url
from .model import Cassette, Facts, Interaction, StreamFrame
from .occurrences import SHORTEST, Scanner, replace_hits, to_bytes, to_text

__all__ = ["Redactor", "needles", "texts"]

# No replay needs them, and Host contradicts the address that the request went to.
_DROPPED = CREDENTIAL_HEADERS | {"host"}
_USER_INFO = re.compile(r"(?<=://)[^/?#@\s]*@")
# A string in a JSON text, and the colon behind it where it is a name.
_JSON_STRING = re.compile(r'("(?:[^"\\]|\\.)*")(\s*:)?', re.S)

# Words that every recording is made of. A secret that is one of them can't be told from it.
_VOCABULARY = frozenset(
    (
        " ".join(product.listen_key_path for product in PRODUCTS)
        + " listenKey listenKeyExpired expiration signature timestamp recvWindow"
        " application/json application application/x-www-form-urlencoded X-MBX-APIKEY"
        " X-MBX-USED-WEIGHT-1M Content-Type Content-Length Content-Encoding Accept-Encoding"
        " keep-alive Retry-After User-Agent SUBSCRIBE UNSUBSCRIBE LIST_SUBSCRIPTIONS"
    )
    .lower()
    .split()
)

_PEM_BODY = re.compile(r"-----[A-Z ]+-----|\s+")


class Redactor:
    """Takes ``secrets``, and what traffic shows to be one, out of cassettes.

    ``secrets`` are values known beforehand: the API key, the secret key, a private key's PEM, a
    passphrase. Learned from traffic are API keys, signatures and listen keys, wherever they stand,
    and what has their looks. Headers that authenticate in other ways (Authorization, cookies) are
    dropped. What is shorter than 8 bytes, or an ordinary word of the protocol, is replaced only
    where it is a whole value.
    """

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        self._given: dict[str, Kind] = {}
        for secret in secrets:
            for part in _parts(secret):
                self._given.setdefault(part, Kind.SECRET)

    def redact(self, cassette: Cassette, *, beside: Cassette | None = None) -> Cassette:
        """``cassette`` without secrets: every one is replaced by an alias of its shape, equal ones
        by equal ones.

        ``beside`` is what the result will share a file with: its aliases are left to it. Redacting
        twice changes nothing. Raises :class:`CassetteError` where a secret can't be taken out; the
        text never holds it.
        """
        cassette = self._named(readable(cassette))
        return _Pass(self._secrets(cassette), beside).run(cassette)

    def _named(self, cassette: Cassette) -> Cassette:
        return replace(
            cassette,
            interactions=tuple(replace(i, test=self.name(i.test)) for i in cassette.interactions),
            frames=tuple(replace(f, test=self.name(f.test)) for f in cassette.frames),
        )

    def name(self, test: str | None) -> str | None:
        """A test's node id as it is written: the same in every recording, with what is given as
        secret hidden."""
        if test is None:
            return None
        found = {*self._given, *(secret for secret, _ in in_text(test))}
        text = to_bytes(test)
        return to_text(
            replace_hits(
                text,
                Scanner(s for s in found if not _is_word(s)).find(text),
                lambda _secret: "<hidden>",
            )
        )

    def _secrets(self, cassette: Cassette) -> dict[str, Kind]:
        known = {secret: kind for secret, kind in self._given.items() if not is_alias(secret)}
        for found, kind in _learn(cassette):
            for secret in _parts(found):
                # How it is used says more than that it was given.
                if not is_alias(secret) and known.get(secret, Kind.SECRET) is Kind.SECRET:
                    known[secret] = kind
        return known


def needles(secrets: Iterable[str]) -> Iterator[str]:
    """What to look for in text: ``secrets`` and the parts of them that are secret too, but no
    ordinary word of the protocol."""
    return (p for secret in secrets for p in _parts(secret) if not _is_word(p))


def _parts(secret: str) -> Iterator[str]:
    if not secret:
        return
    yield secret
    # Of a text with several lines each may stand by itself; of a private key, its inside in one
    # line.
    lines = [line.strip() for line in secret.splitlines()]
    if "-----BEGIN" in secret:
        lines.append(_PEM_BODY.sub("", secret))
    if len(lines) > 1:
        yield from (part for part in lines if len(part) >= 16 and "-----" not in part)


def _learn(cassette: Cassette) -> Iterator[tuple[str, Kind]]:
    for interaction in cassette.interactions:
        request, response = interaction.request, interaction.response
        yield from in_headers(request.headers)
        yield from in_url(request.url)
        yield from in_body(request.body)
        yield from in_headers(response.headers)
        yield from in_body(response.body)
    for frame in cassette.frames:
        yield from in_url(frame.target or "")
        yield from in_body(frame.payload)
    for numbers in conversations(cassette.frames):
        yield from in_text(to_text(b"".join(cassette.frames[n].payload for n in numbers)))
    yield from in_body(cassette.metadata)


class _Pass:
    """One redaction of one cassette, all of whose secrets are known."""

    def __init__(self, secrets: dict[str, Kind], beside: Cassette | None) -> None:
        self._secrets = secrets
        needles = [s for s in secrets if len(to_bytes(s)) >= SHORTEST and not _is_word(s)]
        self._scanner = Scanner(needles)
        self._whole = secrets.keys() - set(needles)
        self._book = AliasBook(lambda alias: not self._scanner.find(alias.encode()))
        if beside is not None:
            for _where, text in texts(beside):
                self._book.reserve(text.decode("latin-1"))

    def run(self, cassette: Cassette) -> Cassette:
        # Aliases are numbered in the order in which the secrets appear.
        for secret in self._secrets:
            self._alias(secret)
        result = replace(
            cassette,
            interactions=tuple(self._interaction(i) for i in cassette.interactions),
            frames=self._frames(cassette.frames),
            facts=self._facts(cassette.facts),
            metadata=self._body(cassette.metadata),
        )
        for where, text in texts(result):
            if self._scanner.find(text):
                raise CassetteError(
                    f"a secret is still to be seen in {where} after redaction; the cassette was not"
                    " written. Please report this, with the kind of client that was recorded, and"
                    " without the secret."
                )
        return result

    def _alias(self, secret: str) -> str:
        return self._book.alias(secret, self._secrets[secret])

    def _interaction(self, interaction: Interaction) -> Interaction:
        request, response = interaction.request, interaction.response
        body = self._body(response.body)
        answer = Response(response.status, self._headers(response.headers), body)
        if len(body) != len(response.body):
            answer = with_length(answer, response.missing, had_body=True)
        return replace(
            interaction,
            request=Request(
                self._text(request.method),
                self._url(request.url),
                self._headers(request.headers),
                self._body(request.body),
            ),
            response=answer,
            test=self._name(interaction.test),
        )

    def _frames(self, frames: Iterable[StreamFrame]) -> tuple[StreamFrame, ...]:
        redacted = [self._frame(frame) for frame in frames]
        for numbers in conversations(redacted):
            payloads = [redacted[n].payload for n in numbers]
            whole = replaced_across(payloads, self._scanner, self._alias)
            for n, payload in zip(numbers, whole, strict=True):
                redacted[n] = replace(redacted[n], payload=payload)
        return tuple(redacted)

    def _frame(self, frame: StreamFrame) -> StreamFrame:
        return replace(
            frame,
            payload=self._body(frame.payload),
            target=None if frame.target is None else self._url(frame.target),
            test=self._name(frame.test),
        )

    def _facts(self, facts: Facts | None) -> Facts | None:
        if facts is None:
            return None
        values = {name: getattr(facts, name) for name in facts.__slots__}
        return Facts(
            **{name: None if value is None else self._url(value) for name, value in values.items()}
        )

    def _name(self, test: str | None) -> str | None:
        return None if test is None else self._text(test)

    def _headers(self, headers: Headers) -> Headers:
        return Headers(
            (self._text(name), self._value(value))
            for name, value in headers.pairs
            if name.lower() not in _DROPPED
        )

    def _value(self, value: str) -> str:
        return self._alias(value) if value in self._whole else self._text(value)

    def _url(self, url: str) -> str:
        base, question, query = _USER_INFO.sub("", url, count=1).partition("?")
        return self._text(base + question + self._params(query))

    def _params(self, text: str) -> str:
        """``text``, a query or a form, with the values replaced that are secrets as a whole."""
        if not self._whole or "=" not in text:
            return text
        return "&".join(self._param(part) for part in text.split("&"))

    def _param(self, part: str) -> str:
        name, _, value = part.partition("=")
        plain = unquote_plus(value)
        return f"{name}={quote(self._alias(plain), safe='')}" if plain in self._whole else part

    def _body(self, body: bytes) -> bytes:
        if self._whole and body:
            text = to_text(body)
            is_json = text.lstrip()[:1] in ("{", "[")
            body = to_bytes(
                _JSON_STRING.sub(self._json_string, text) if is_json else self._params(text)
            )
        return self._bytes(body)

    def _json_string(self, match: re.Match[str]) -> str:
        if match[2]:
            return match[0]
        try:
            value = json.loads(match[1])
        except ValueError:
            return match[0]
        return json.dumps(self._alias(value)) if value in self._whole else match[0]

    def _bytes(self, text: bytes) -> bytes:
        # What is left of two secrets that overlap can only be seen once the first is gone.
        for _ in range(8):
            hits = self._scanner.find(text)
            if not hits:
                break
            text = replace_hits(text, hits, self._alias)
        return text

    def _text(self, text: str) -> str:
        return to_text(self._bytes(to_bytes(text)))


def _is_word(secret: str) -> bool:
    return secret.lower() in _VOCABULARY


def texts(cassette: Cassette) -> Iterator[tuple[str, bytes]]:
    """Every value of ``cassette`` that text can stand in, and what to call its place."""
    facts = cassette.facts or Facts()
    yield from (
        (f"the fact {name}", to_bytes(getattr(facts, name) or "")) for name in facts.__slots__
    )
    for number, interaction in enumerate(cassette.interactions, 1):
        request, response = interaction.request, interaction.response
        here = f"interaction {number}"
        yield f"the test's name of {here}", to_bytes(interaction.test or "")
        yield f"the method of {here}", to_bytes(request.method)
        yield f"the address of {here}", to_bytes(request.url)
        for what, headers in (("request", request.headers), ("response", response.headers)):
            for name, value in headers.pairs:
                yield f"a {what} header of {here}", to_bytes(f"{name}: {value}")
        yield f"the request body of {here}", request.body
        yield f"the response body of {here}", response.body
    for number, frame in enumerate(cassette.frames, 1):
        yield f"the payload of frame {number}", frame.payload
        yield f"the address of frame {number}", to_bytes(frame.target or "")
        yield f"the test's name of frame {number}", to_bytes(frame.test or "")
    for numbers in conversations(cassette.frames):
        where = f"frames {numbers[0] + 1} to {numbers[-1] + 1}, taken together,"
        yield where, b"".join(cassette.frames[n].payload for n in numbers)
    yield "the metadata", cassette.metadata
