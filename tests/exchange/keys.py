"""Key pairs for the tests of this directory, made afresh for each run: a private key in a
repository is one too many."""

from __future__ import annotations

import base64

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

__all__ = [
    "EC_PUBLIC",
    "ED25519_PRIVATE",
    "ED25519_PUBLIC",
    "RSA_PUBLIC",
    "ed25519_signature",
    "rsa_signature",
]

_RSA = rsa.generate_private_key(public_exponent=65537, key_size=2048)
_ED25519 = ed25519.Ed25519PrivateKey.generate()


def _pem(key: rsa.RSAPublicKey | ed25519.Ed25519PublicKey | ec.EllipticCurvePublicKey) -> str:
    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


RSA_PUBLIC = _pem(_RSA.public_key())
ED25519_PUBLIC = _pem(_ED25519.public_key())
ED25519_PRIVATE = _ED25519.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
EC_PUBLIC = _pem(ec.generate_private_key(ec.SECP256R1()).public_key())


def rsa_signature(payload: bytes) -> str:
    """Base64, not yet percent-encoded."""
    return base64.b64encode(_RSA.sign(payload, padding.PKCS1v15(), hashes.SHA256())).decode()


def ed25519_signature(payload: bytes) -> str:
    """Base64, not yet percent-encoded."""
    return base64.b64encode(_ED25519.sign(payload)).decode()
