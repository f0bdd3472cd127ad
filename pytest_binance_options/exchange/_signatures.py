"""What a signed request must look like, and whether its signature fits: the exchange's side of
SIGNED.

Signatures are made by :mod:`pytest_binance_options.client`; nothing here knows how, so that each
checks the other.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING
from urllib.parse import unquote_plus

from ..errors import KeyMaterialError
from ._rejections import (
    BAD_RECV_WINDOW,
    DUPLICATE_PARAMETER,
    INVALID_SIGNATURE,
    TIMESTAMP_AHEAD,
    TIMESTAMP_OUTSIDE_WINDOW,
    Rejection,
    mandatory,
)

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

__all__ = ["ApiKey", "Parameters", "check_key_material", "verify"]

#: Binance: Options, General Info, "Timing security".
DEFAULT_RECV_WINDOW_MS = 5_000
MAX_RECV_WINDOW_MS = 60_000
AHEAD_TOLERANCE_MS = 1_000

# As much as a 64-bit integer can hold: nothing longer is a time.
_INTEGER = re.compile(r"[0-9]{1,18}")


@dataclass(frozen=True, slots=True, repr=False)
class ApiKey:
    """An API key, with the secret (HMAC) or the public key (PEM, RSA or Ed25519) that its
    signatures are checked with."""

    api_key: str
    secret_key: str | None = None
    public_key: str | None = None

    def __repr__(self) -> str:
        return f"<ApiKey, {'HMAC' if self.public_key is None else 'public key'}>"


class _Part:
    """A query string or a form body: its parameters, and the text without the signature."""

    __slots__ = ("duplicates", "names", "signature_is_last", "unsigned", "values")

    def __init__(self, text: str) -> None:
        self.names: list[str] = []
        self.values: dict[str, str] = {}
        self.duplicates = False
        self.signature_is_last = True
        kept: list[str] = []
        for field in text.split("&") if text else ():
            name, _, value = field.partition("=")
            name = unquote_plus(name)
            self.duplicates = self.duplicates or name in self.values
            self.names.append(name)
            self.values[name] = unquote_plus(value)
            if name == "signature":
                continue
            if "signature" in self.values:
                self.signature_is_last = False
            kept.append(field)
        self.unsigned = "&".join(kept)


class Parameters:
    """A request's parameters, from its query string and its form body, where the query string wins.

    Binance: Options, General Info, "General Information on Endpoints". ``names`` are in the order
    sent.
    """

    __slots__ = ("_body", "_query", "names")

    def __init__(self, query: str, body: bytes) -> None:
        self._query = _Part(query)
        # Every byte becomes one character and goes back to the same byte: the signature is over
        # bytes.
        self._body = _Part(body.decode("latin-1"))
        self.names = (*self._query.names, *self._body.names)

    def __getitem__(self, name: str) -> str:
        """The decoded value; empty where there is none."""
        return self._query.values.get(name) or self._body.values.get(name, "")

    def __contains__(self, name: object) -> bool:
        return name in self._query.values or name in self._body.values

    @property
    def well_formed(self) -> bool:
        """Whether no parameter occurs twice in one place."""
        return not (self._query.duplicates or self._body.duplicates)

    @property
    def signature_is_last(self) -> bool:
        """Whether nothing follows the signature in the query string, or the body, that holds it."""
        return self._query.signature_is_last and self._body.signature_is_last

    @property
    def payload(self) -> bytes:
        """What the signature is over: the query string followed directly by the body, as sent, less
        the signature."""
        return self._query.unsigned.encode("utf-8", "surrogatepass") + self._body.unsigned.encode(
            "latin-1"
        )


def verify(
    parameters: Parameters, key: ApiKey, server_time_ms: int, standstill_ms: int = 0
) -> Rejection | None:
    """What is wrong with a signed request that comes from ``key``, or None where nothing is.

    ``standstill_ms`` is how much real time has gone by while the exchange's clock stood still: a
    client that signs with the real clock is not wrong to be ahead by as much.

    The rules are Binance's (Options, General Info, "SIGNED Endpoint Security"); the order in which
    they are applied isn't documented.
    """
    for name in ("timestamp", "signature"):
        if not parameters[name]:
            return mandatory(name)
    if not parameters.well_formed:
        return DUPLICATE_PARAMETER
    late = _check_timing(parameters, server_time_ms, standstill_ms)
    if late is not None:
        return late
    fits = parameters.signature_is_last and _fits(parameters["signature"], parameters.payload, key)
    return None if fits else INVALID_SIGNATURE


def _check_timing(
    parameters: Parameters, server_time_ms: int, standstill_ms: int
) -> Rejection | None:
    if not _INTEGER.fullmatch(parameters["timestamp"]):
        return mandatory("timestamp")
    timestamp = int(parameters["timestamp"])
    window = DEFAULT_RECV_WINDOW_MS
    if "recvWindow" in parameters:
        if not _INTEGER.fullmatch(parameters["recvWindow"]):
            return mandatory("recvWindow")
        window = int(parameters["recvWindow"])
    if window > MAX_RECV_WINDOW_MS:
        return BAD_RECV_WINDOW
    if timestamp >= server_time_ms + standstill_ms + AHEAD_TOLERANCE_MS:
        return TIMESTAMP_AHEAD
    if server_time_ms - timestamp > window:
        return TIMESTAMP_OUTSIDE_WINDOW
    return None


def _fits(signature: str, payload: bytes, key: ApiKey) -> bool:
    if key.public_key is None:
        expected = hmac.new((key.secret_key or "").encode(), payload, hashlib.sha256).hexdigest()
        return hmac.compare_digest(
            signature.lower().encode("utf-8", "surrogatepass"), expected.encode()
        )
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import padding, rsa

    try:
        raw = base64.b64decode(signature, validate=True)
    except (binascii.Error, ValueError):
        return False
    public_key = _load(key.public_key)
    try:
        if isinstance(public_key, rsa.RSAPublicKey):
            public_key.verify(raw, payload, padding.PKCS1v15(), hashes.SHA256())
        else:
            public_key.verify(raw, payload)
    except InvalidSignature:
        return False
    return True


def check_key_material(api_key: str | None, secret_key: str | None, public_key: str | None) -> None:
    """Raise KeyMaterialError for what can't be an :class:`ApiKey`; what is None is still to be
    made."""
    if secret_key is not None and public_key is not None:
        raise KeyMaterialError(
            "Got a secret_key and a public_key. An API key has one of them: leave the other out."
        )
    if api_key is not None and not (
        api_key.isascii() and api_key.isprintable() and " " not in api_key and api_key
    ):
        raise KeyMaterialError(
            f"api_key ({len(api_key)} characters) can't be sent in a header. Give printable"
            " ASCII without spaces (Binance's are 64 letters and digits), or leave it out."
        )
    if secret_key == "":
        raise KeyMaterialError(
            "secret_key is empty. Give a secret, or leave it out and one is made."
        )
    if public_key is not None:
        _load(public_key)


@lru_cache(maxsize=64)
def _load(pem: str) -> RSAPublicKey | Ed25519PublicKey:
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric import ed25519, rsa
    from cryptography.hazmat.primitives.serialization import load_pem_public_key

    remedy = (
        "Give the PEM text of an RSA or Ed25519 public key, as in `openssl pkey -in private.pem"
        " -pubout`."
    )
    try:
        key = load_pem_public_key(pem.encode())
    except (ValueError, UnsupportedAlgorithm):
        what = "a private key" if "PRIVATE KEY-----" in pem else "no PEM public key"
        raise KeyMaterialError(f"public_key is {what}. {remedy}") from None
    if not isinstance(key, (rsa.RSAPublicKey, ed25519.Ed25519PublicKey)):
        raise KeyMaterialError(
            f"public_key is of a kind that Binance doesn't take ({type(key).__name__}). {remedy}"
        )
    return key
