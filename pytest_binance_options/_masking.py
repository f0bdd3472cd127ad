"""Hiding what must not be shown: every repr, error, log line and report passes its text through
here.

This is for text that people read. What goes into a cassette needs aliases that still fit together:
that is :mod:`pytest_binance_options._cassette.redaction`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import pairwise, takewhile
from urllib.parse import unquote

from ._key_material import (
    API_KEY_HEADER,
    CREDENTIAL_HEADERS,
    KEY_LENGTH,
    NAME_PATTERN,
    PRIVATE_KEY,
    is_key,
)
from ._products import PRODUCTS

__all__ = ["hide_known", "know", "known", "mask"]

_NAMES = NAME_PATTERN
_CREDENTIALS = "|".join(sorted(CREDENTIAL_HEADERS))
_HEADERS = f"{API_KEY_HEADER}|{_CREDENTIALS}"

# What may stand before /ws/ in a stream's address.
_STREAM_PREFIXES = "".join(
    f"|{re.escape(prefix)}"
    for prefix in dict.fromkeys(prefix for product in PRODUCTS for prefix in product.streams)
    if prefix
)

# A full line of its inside, where the rest has gone another way.
_PEM_LINE = re.compile(r"(?m)^[A-Za-z0-9+/]{64}(?=\r?$)")

# What stands for a value in an explanation, as in /private/ws/<listenKey>, and is none.
_PLACEHOLDER = r"<\w+>(?=[\s,.;)]|$)"

# What a text must have in it, in lower case, for a rule to be worth a try; the rule; and what takes
# the value's place.
_RULES: tuple[tuple[tuple[str, ...], re.Pattern[str], str], ...] = (
    # user and password in a URL: a proxy's, mostly
    (("@",), re.compile(r"://[^/?#\s@\"'<>]+@"), "://<hidden>@"),
    # "name": "value" in JSON, name='value' and 'name': b'value' in reprs, ('header', 'value') in
    # lists of them
    (
        ('"', "'"),
        re.compile(
            rf"(?im)((?:(?:{_NAMES}|{_HEADERS})[\"']?\s*[:=]|[\"'][\w-]*(?:{_HEADERS})[\"']\s*,)\s*b?)"
            r"([\"'])(?:\\.|(?!\2)[^\\\n])*(?:\2|\\?$)"
        ),
        r"\1\2<hidden>\2",
    ),
    # the same within a string that is quoted itself: \"name\": \"value\"
    (
        ("\\",),
        re.compile(rf"(?im)((?:{_NAMES}|{_HEADERS})(\\+[\"'])\s*:\s*)\2.*?(?:\2|$)"),
        r"\1\2<hidden>\2",
    ),
    # name=value in a query string, a form, an environment; that there is no value is no secret
    (
        ("=",),
        re.compile(
            rf"(?i)({_NAMES}|{_HEADERS})=(?!None\b|null\b|[,;)\]}}]|{_PLACEHOLDER})[^&\s\"']+"
        ),
        r"\1=<hidden>",
    ),
    # a header's line; Authorization and cookies have blanks in them
    (
        ("authorization", "cookie"),
        re.compile(rf"(?i)((?:{_CREDENTIALS})\s*:[ \t]*)(?![ \t\"'])[^\r\n\"']+"),
        r"\1<hidden>",
    ),
    (
        ("apikey",),
        re.compile(rf"(?i)({API_KEY_HEADER}\s*:(?:\s*-)?\s*)[^\s,;\"'-][^\s,;\"']*"),
        r"\1<hidden>",
    ),
    # name: value, as in YAML and log lines, where the value is no word
    (
        (":",),
        re.compile(rf"(?i)((?:{_NAMES})\s*:(?:\s*-)?\s*)[A-Za-z0-9+/=%]{{16,}}"),
        r"\1<hidden>",
    ),
    (("-key",), re.compile(r"(?i)(--(?:api|secret)-key\s+)[^\s\"']+"), r"\1<hidden>"),
    # A listen key in a stream's address. A directory may be called ws as well, and "btcusdt@trade"
    # is no secret.
    (
        ("/ws/",),
        re.compile(
            rf"((?:(?<![\w.~-]){_STREAM_PREFIXES}|://[^/\s\"']+)/ws/)"
            rf"(?!{_PLACEHOLDER})[^/?#\s\"'@]+(?![^/?#\s\"']*@)"
        ),
        r"\1<hidden>",
    ),
)
_STREAMS = re.compile(rf"(?<=[?&]streams=)(?!{_PLACEHOLDER})[^&#\s\"']+")
# Values without a name. Base64 has slashes in it, and so has a path.
_RUN = re.compile(r"[A-Za-z0-9+/%]{40,}={0,2}")
# What is left of one where a log's line or a repr was shortened.
_BESIDE_A_CUT = re.compile(
    r"[A-Za-z0-9]{16,}(?=\.\.\.|…)|(?<=\.\.\.)[A-Za-z0-9]{16,}|(?<=…)[A-Za-z0-9]{16,}"
)
_PLAIN = re.compile(r"[A-Z]?[a-z]{0,11}[0-9]{0,2}")


# What a run knows to be secret, where a look can't tell: each hides its own values.
_KNOWN: list[Callable[[str], str]] = []


def know(hide: Callable[[str], str]) -> Callable[[], None]:
    """Have all text that people read pass through ``hide`` too, until what is returned is called
    (once)."""
    _KNOWN.append(hide)
    return lambda: _KNOWN.remove(hide)


def known() -> tuple[Callable[[str], str], ...]:
    """What hides what the run knows to be secret by now: :func:`mask` goes by it."""
    return tuple(_KNOWN)


def hide_known(text: str) -> str:
    """``text`` with what the run knows to be secret hidden, and nothing else."""
    for hide in known():
        text = hide(text)
    return text


def mask(text: str) -> str:
    """``text`` with everything that is, or looks like, a key, a secret, a signature or a listen key
    hidden, and what the run knows to be secret."""
    text = hide_known(text)
    text = PRIVATE_KEY.sub("<private key>", text)
    text = _PEM_LINE.sub("<hidden>", text)
    # Before the rules: one of them might hide a value's first half, and leave a rest too short to
    # be told.
    text = _RUN.sub(_hide_run, text)
    text = _BESIDE_A_CUT.sub(_hide_piece, text)
    lower = text.lower()
    for hints, pattern, replacement in _RULES:
        if any(hint in lower for hint in hints):
            text = pattern.sub(replacement, text)
    return _STREAMS.sub(_hide_streams, text) if "streams=" in lower else text


def _hide_streams(found: re.Match[str]) -> str:
    return "/".join(
        name if "@" in name or "%40" in name else "<hidden>" for name in found[0].split("/")
    )


def _hide_run(found: re.Match[str]) -> str:
    run = found[0]
    segments = run.split("/")
    if not (any(map(_is_key, segments)) or _is_base64(run)):
        return run
    # What leads there can be read where it is a path.
    kept = takewhile(_PLAIN.fullmatch, segments) if run.startswith("/") else ()
    return "/".join([*kept, "<hidden>"])


def _hide_piece(found: re.Match[str]) -> str:
    piece = found[0]
    return "<hidden>" if _three_kinds(piece) and _looks_random(piece) else piece


def _is_key(segment: str) -> bool:
    """Whether there is a key in ``segment``, or enough of one to be told from a name."""
    for part in re.split("[+%=]", segment):
        if len(part) >= KEY_LENGTH or (len(part) >= 40 and _looks_random(part)):
            return True
    if is_key(unquote(segment)):  # each of its characters escaped
        return True
    return len(segment) >= 20 and _three_kinds(segment) and _looks_random(segment)


def _is_base64(run: str) -> bool:
    """Whether ``run`` as a whole is base64: an RSA or Ed25519 signature, or a line of a PEM
    file."""
    return _three_kinds(run) and (run.lower().endswith(("=", "%3d")) or _mixed(run) >= 0.5)


def _three_kinds(text: str) -> bool:
    return all(re.search(kind, text) for kind in ("[a-z]", "[A-Z]", "[0-9]"))


def _looks_random(text: str) -> bool:
    # A name has one number in it, or two.
    numbers = len(re.findall("[0-9]+", text)) if re.search("[A-Za-z]", text) else 0
    return numbers >= 3 or (numbers >= 1 and _mixed(text) >= 0.4)


def _mixed(text: str) -> float:
    """How often, of 1, a letter or digit is of another kind than the one before it: 0.65 in random
    text, 0.3 in CamelCase."""
    pairs = [pair for pair in pairwise(text) if pair[0].isalnum() and pair[1].isalnum()]
    return sum(_kind(a) != _kind(b) for a, b in pairs) / max(1, len(pairs))


def _kind(character: str) -> int:
    return 0 if character.isdigit() else 1 if character.isupper() else 2
