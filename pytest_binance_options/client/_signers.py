"""Signatures as the exchange takes them, one class per kind of key. Which bytes are signed is
:mod:`pytest_binance_options.client._query`'s business.

Binance, Options, General Info: a SIGNED request carries an HMAC-SHA256 in hex, or an RSA (PKCS#1
v1.5 with SHA-256) or Ed25519 signature in base64, over the query string followed directly by the
body.
"""

from __future__ import annotations

import base64
import hmac
from typing import TYPE_CHECKING, Literal, Protocol

from ._keys import Secret

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import (
        Ed25519PrivateKey,
        Ed25519PublicKey,
    )
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey

__all__ = ["Ed25519Signer", "HmacSigner", "Kind", "RsaSigner", "Signer"]

Kind = Literal["hmac", "rsa", "ed25519"]


class Signer(Protocol):
    """A key that signs. Any thread may use it."""

    @property
    def kind(self) -> Kind:
        """What kind of key this is."""

    def sign(self, payload: bytes) -> str:
        """The signature over ``payload`` as the exchange takes it, not yet percent-encoded."""

    def public_key_pem(self) -> str | None:
        """The public half in PEM form (SubjectPublicKeyInfo); None where the key has none
        (HMAC)."""


class HmacSigner:
    """HMAC-SHA256 with a secret that the exchange knows too."""

    __slots__ = ("_secret",)
    kind: Kind = "hmac"

    def __init__(self, secret: Secret) -> None:
        self._secret = secret

    def sign(self, payload: bytes) -> str:
        """The signature in lower-case hex."""
        return hmac.digest(self._secret.reveal().encode(), payload, "sha256").hex()

    def public_key_pem(self) -> None:
        """None: the secret is all there is."""


class RsaSigner:
    """RSA with PKCS#1 v1.5 padding and SHA-256."""

    __slots__ = ("_key",)
    kind: Kind = "rsa"

    def __init__(self, key: RSAPrivateKey) -> None:
        self._key = key

    def sign(self, payload: bytes) -> str:
        """The signature in base64, on one line."""
        from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
        from cryptography.hazmat.primitives.hashes import SHA256

        return base64.b64encode(self._key.sign(payload, PKCS1v15(), SHA256())).decode("ascii")

    def public_key_pem(self) -> str:
        """The public key, to be registered with the exchange."""
        return _public_pem(self._key.public_key())


class Ed25519Signer:
    """Ed25519, which hashes for itself."""

    __slots__ = ("_key",)
    kind: Kind = "ed25519"

    def __init__(self, key: Ed25519PrivateKey) -> None:
        self._key = key

    def sign(self, payload: bytes) -> str:
        """The signature in base64, on one line."""
        return base64.b64encode(self._key.sign(payload)).decode("ascii")

    def public_key_pem(self) -> str:
        """The public key, to be registered with the exchange."""
        return _public_pem(self._key.public_key())


def _public_pem(key: RSAPublicKey | Ed25519PublicKey) -> str:
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode("ascii")
