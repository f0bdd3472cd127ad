"""Keys of every kind, made anew for each run: none is stored, none is anybody's."""

from __future__ import annotations

import functools
from typing import Literal

from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed448, ed25519, rsa, x25519
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

__all__ = ["PASSPHRASE", "Name", "private_pem", "public_pem"]

Name = Literal["rsa", "small rsa", "ed25519", "ec", "dsa", "ed448", "x25519"]
Key = (
    rsa.RSAPrivateKey
    | ed25519.Ed25519PrivateKey
    | ec.EllipticCurvePrivateKey
    | dsa.DSAPrivateKey
    | ed448.Ed448PrivateKey
    | x25519.X25519PrivateKey
)
PASSPHRASE = "correct horse battery staple"
_FORMATS = {
    "pkcs8": PrivateFormat.PKCS8,
    "pkcs1": PrivateFormat.TraditionalOpenSSL,
    "openssh": PrivateFormat.OpenSSH,
}


@functools.cache
def key(name: Name) -> Key:
    if name == "rsa":
        return rsa.generate_private_key(65537, 2048)
    if name == "small rsa":
        return rsa.generate_private_key(65537, 1024)  # noqa: S505  # signs nothing of worth
    if name == "ed25519":
        return ed25519.Ed25519PrivateKey.generate()
    if name == "ec":
        return ec.generate_private_key(ec.SECP256R1())
    if name == "dsa":
        return dsa.generate_private_key(1024)  # noqa: S505  # is refused
    if name == "ed448":
        return ed448.Ed448PrivateKey.generate()
    return x25519.X25519PrivateKey.generate()


@functools.cache
def private_pem(name: Name, form: str = "pkcs8", passphrase: str | None = None) -> str:
    encryption = (
        NoEncryption() if passphrase is None else BestAvailableEncryption(passphrase.encode())
    )
    return key(name).private_bytes(Encoding.PEM, _FORMATS[form], encryption).decode()


def private_der(name: Name) -> bytes:
    return key(name).private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())


def public_pem(name: Name) -> str:
    return (
        key(name)
        .public_key()
        .public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        .decode()
    )
