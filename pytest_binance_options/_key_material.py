"""What key material looks like, and under which names it stands: facts about the exchange that
hiding, finding and checking share.

What is done about it is each user's own: :mod:`._masking` hides more than is sure, a cassette's
redaction replaces what it finds, the simulated exchange refuses what can't be a key.
"""

from __future__ import annotations

import re
from enum import Enum

__all__ = [
    "API_KEY_HEADER",
    "CREDENTIAL_HEADERS",
    "KEY_LENGTH",
    "NAMES",
    "NAME_PATTERN",
    "PRIVATE_KEY",
    "SIGNATURE_PATTERN",
    "SIGNATURE_SHORTEST",
    "Kind",
    "is_key",
    "is_varied",
    "kind_of",
]


class Kind(Enum):
    """What a secret is; its value names the alias."""

    LISTEN_KEY = "listenKey"
    API_KEY = "apiKey"
    SIGNATURE = "signature"
    SECRET = "secret"  # noqa: S105  a word


API_KEY_HEADER = "x-mbx-apikey"
"""Binance: Options, General Info: the header that an API key is sent in."""

CREDENTIAL_HEADERS = frozenset({"authorization", "proxy-authorization", "cookie", "set-cookie"})
"""Headers that authenticate in other ways than this exchange's; their values have no place in a
recording."""

NAMES = {
    "listen key": Kind.LISTEN_KEY,
    "api key": Kind.API_KEY,
    "signature": Kind.SIGNATURE,
    "secret key": Kind.SECRET,
    "api secret": Kind.SECRET,
    "private key": Kind.SECRET,
    "passphrase": Kind.SECRET,
    "password": Kind.SECRET,
}
"""Under which names secrets stand, word by word: listenKey, listen_key and LISTEN-KEY are one."""

NAME_PATTERN = "|".join(name.replace(" ", "[-_]?") for name in NAMES)
"""Any of the names as a regular expression, to be read without regard to case."""

_KINDS = {name.replace(" ", ""): kind for name, kind in NAMES.items()}
_KINDS[API_KEY_HEADER.replace("-", "")] = Kind.API_KEY

KEY_LENGTH = 64
"""How many letters and digits an API key, a secret key and a listen key have, and an HMAC signature
in hexadecimal."""

SIGNATURE_SHORTEST = 86
"""How many characters of base64, without padding, the shortest signature has that is no HMAC."""

# Ed25519: 64 bytes, and no other number of them; RSA of 1024 to 4096 bits: 128 to 512 bytes.
SIGNATURE_PATTERN = rf"[A-Za-z0-9+/]{{{SIGNATURE_SHORTEST}}}==|[A-Za-z0-9+/]{{170,684}}={{0,2}}"
"""An Ed25519 or RSA signature in base64."""

PRIVATE_KEY = re.compile(
    r"-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----.*?(?:-----END [A-Z0-9 ]*PRIVATE KEY-----|\Z)", re.S
)
"""A private key's PEM, also one that was cut off."""


def kind_of(name: str) -> Kind | None:
    """What stands under ``name``, a parameter's, a field's or a header's; None: no secret."""
    return _KINDS.get(name.lower().replace("-", "").replace("_", ""))


def is_key(text: str) -> bool:
    """Whether ``text`` has the format of the exchange's keys: 64 letters and digits."""
    return len(text) == KEY_LENGTH and text.isascii() and text.isalnum()


def is_varied(text: str) -> bool:
    """Whether ``text`` uses as many characters as a key does: a placeholder repeats a few."""
    return len(set(text)) >= 8
