"""Private keys in PEM form: finding one in a file or a text, and saying what is wrong where there
is none.

No text of a key is ever an argument or a local variable of a function that raises: pytest shows
both, so they travel in a :class:`Secret`. What is done with a key lives in
:mod:`pytest_binance_options.client._signers`.
"""

from __future__ import annotations

import base64
import binascii
import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from .._masking import mask
from ..errors import KeyMaterialError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

__all__ = ["Secret", "load_private_key", "read_key_file"]

_LARGEST_FILE = 64 * 1024  # bytes; a 16384 bit RSA key has some 12,000
_BLOCK = re.compile(r"-----BEGIN ([A-Z0-9 ]+)-----(.*?)-----END \1-----", re.S)
_BEGIN = re.compile(r"-----BEGIN ([A-Z0-9 ]+)-----")
_WANTED = "Give the private key, RSA or Ed25519, in PEM form (PKCS#8 or PKCS#1)."
_ASYMMETRIC = (
    "Binance takes RSA and Ed25519 keys; for Ed25519: openssl genpkey -algorithm ed25519 -out"
    " key.pem."
)


class Secret:
    """A string that no repr, traceback or report shows."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """The string itself, to be used at once and given no name."""
        return self._value

    def __repr__(self) -> str:
        return "<hidden>"


def read_key_file(path: str | os.PathLike[str]) -> Secret:
    """What the file at ``path`` (``~`` is expanded) holds. Raises KeyMaterialError where it can't
    be read."""
    content = _read(path)
    if isinstance(content, Secret):
        return content
    shown = shown_path(path)
    del path
    raise KeyMaterialError(f"private_key_path {shown}: {content}")


def shown_path(path: str | os.PathLike[str]) -> str:
    """``path`` for an error's text; not where it could be a key that was taken for a path."""
    text = str(path)
    # Base64 of a private key (DER, a SEQUENCE) begins with M and may have slashes in it.
    if "-----" in text or "\n" in text or re.fullmatch(r"M[A-Za-z0-9+/=\s]{60,}", text):
        return "(hidden: it looks like a key)"
    return mask(text)


def _read(path: str | os.PathLike[str]) -> Secret | str:
    if not os.fspath(path):
        return "the path is empty. Is BINANCE_PRIVATE_KEY_PATH set?"
    if "-----BEGIN" in str(path):
        return "this is a key and not the path of one. Pass it as private_key_pem."
    try:
        with Path(path).expanduser().open("rb") as file:
            content = file.read(_LARGEST_FILE + 1)
    except FileNotFoundError:
        return "there is no such file."
    except IsADirectoryError:
        return "this is a directory. Give the path of the key's file in it."
    except PermissionError:
        return "the file may not be read by this user. Check its permissions."
    except (OSError, ValueError, RuntimeError) as error:  # a NUL in the path, no home for ~, ...
        return f"the file can't be read ({type(error).__name__})."
    if len(content) > _LARGEST_FILE:
        return f"the file has more than {_LARGEST_FILE} bytes, and no private key has. {_WANTED}"
    return Secret(content.decode("latin-1"))  # loses nothing: binary content is told apart below


@dataclass(frozen=True, slots=True, repr=False)
class _Block:
    label: str
    headers: tuple[str, ...]
    body: tuple[str, ...]

    @property
    def encrypted(self) -> bool:
        return self.label.startswith("ENCRYPTED ") or any(
            "ENCRYPTED" in line for line in self.headers
        )

    def pem(self) -> bytes:
        # Written anew, so that indentation and what stands around the block do no harm.
        headers = (*self.headers, "") if self.headers else ()
        return "\n".join(
            (
                f"-----BEGIN {self.label}-----",
                *headers,
                *self.body,
                f"-----END {self.label}-----",
                "",
            )
        ).encode()


def load_private_key(
    pem: Secret, passphrase: Secret | None, source: str
) -> tuple[RSAPrivateKey | Ed25519PrivateKey, Secret]:
    """The private key in ``pem``, and its base64 body; ``source`` says in an error where the text
    came from.

    Raises KeyMaterialError for anything but one whole RSA or Ed25519 private key with the
    passphrase that fits.
    """
    block = _find(pem.reveal())
    key = _load(block, passphrase) if isinstance(block, _Block) else block
    if isinstance(key, str) or not isinstance(block, _Block):
        raise KeyMaterialError(f"{source}: {key}")
    return key, Secret("\n".join(block.body))


def _find(text: str) -> _Block | str:
    if not text.strip("\ufeff \t\r\n"):
        return f"it is empty. {_WANTED}"
    begun = _BEGIN.findall(text)
    if not begun:
        return _not_pem(text)
    if "\\n" in text:
        return (
            "it has a backslash and an n where line breaks should be. Put real line breaks in:"
            " .replace('\\\\n', '\\n')."
        )
    private = [label for label in begun if label.endswith("PRIVATE KEY")]
    if not private:
        return _not_private(begun)
    if len(private) > 1:
        return f"it holds {len(private)} private keys. Give one of them."
    found = [match for match in _BLOCK.finditer(text) if match[1] == private[0]]
    if not found:
        return (
            f'it is cut off: it has a line "-----BEGIN {private[0]}-----" and no matching END line.'
            " Copy the key again, whole."
        )
    label = private[0]
    if label == "OPENSSH PRIVATE KEY":
        return (
            "it is in OpenSSH's own format. Convert a copy of it: ssh-keygen -p -m PKCS8 -f COPY."
        )
    if label in ("EC PRIVATE KEY", "DSA PRIVATE KEY"):
        return (
            f"it is {'an' if label.startswith('EC') else 'a'} {label.split()[0]} key. {_ASYMMETRIC}"
        )
    if label not in ("PRIVATE KEY", "ENCRYPTED PRIVATE KEY", "RSA PRIVATE KEY"):
        return f'it holds a block labelled "{label}". {_WANTED}'
    return _block(label, found[0][2])


def _not_pem(text: str) -> str:
    if text.startswith(("\xff\xfe", "\xfe\xff")):  # a byte order mark, decoded as Latin-1
        return "it is text in UTF-16. Save it as plain ASCII or UTF-8."
    if text.startswith("0") and not text.isprintable():
        return (
            "it is binary and not PEM; if it is DER: openssl pkey -inform DER -in FILE -out"
            " key.pem."
        )
    return f'it is not PEM: it has no line "-----BEGIN PRIVATE KEY-----". {_WANTED}'


def _not_private(labels: list[str]) -> str:
    if any(label.endswith("PUBLIC KEY") for label in labels):
        return (
            "it holds a public key only. Give the private key that belongs to it; Binance has the"
            " public one."
        )
    if any("CERTIFICATE" in label for label in labels):
        return f"it holds a certificate and no private key. {_WANTED}"
    return f"it holds no private key. {_WANTED}"


def _block(label: str, inside: str) -> _Block | str:
    lines = [line.strip() for line in inside.strip().splitlines()]
    headers = tuple(line for line in lines if ":" in line)
    body = tuple(line for line in lines if line and ":" not in line)
    block = _Block(label, headers, body)
    damaged = (
        "it is damaged or cut off: what stands between its BEGIN and END lines is no whole key."
        " Copy the key again, whole."
    )
    try:
        der = base64.b64decode("".join(body), validate=True)
    except (binascii.Error, ValueError):
        return damaged
    # An encrypted PKCS#1 body is ciphertext; all else is one ASN.1 sequence, which tells its own
    # length.
    return block if (headers and der) or _is_one_sequence(der) else damaged


def _is_one_sequence(der: bytes) -> bool:
    if len(der) < 2 or der[0] != 0x30:
        return False
    length, start = der[1], 2
    if length & 0x80:
        start += length & 0x7F
        length = int.from_bytes(der[2:start], "big")
    return len(der) == start + length


def _load(block: _Block, passphrase: Secret | None) -> RSAPrivateKey | Ed25519PrivateKey | str:
    if block.encrypted and passphrase is None:
        return "it is encrypted. Give passphrase (BINANCE_PRIVATE_KEY_PASSPHRASE)."
    if not block.encrypted and passphrase is not None:
        return (
            "it is not encrypted, and a passphrase was given. Leave passphrase out, or give the"
            " encrypted key."
        )

    # Here and not above: importing it takes longer than all else in this package, and HMAC does
    # without.
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    damaged = (
        "it can't be read as a private key: it is damaged, or of a kind that is not known here."
        f" {_ASYMMETRIC}"
    )
    try:
        key = load_pem_private_key(
            block.pem(), passphrase.reveal().encode() if passphrase else None
        )
    except UnsupportedAlgorithm:
        return damaged
    except (ValueError, TypeError) as error:
        if not block.encrypted:
            return damaged
        # So says cryptography since its version 43, and what OpenSSL had said before.
        if any(said in str(error) for said in ("unknown cipher", "unsupported encryption")):
            return (
                "it is encrypted with a cipher that is not known here. Encrypt it anew: openssl"
                " pkey -aes256 -in OLD -out NEW."
            )
        return (
            "it does not open with this passphrase. Check passphrase"
            " (BINANCE_PRIVATE_KEY_PASSPHRASE)."
        )
    return _signing_key(key)


def _signing_key(key: object) -> RSAPrivateKey | Ed25519PrivateKey | str:
    from cryptography.hazmat.primitives.asymmetric.dsa import DSAPrivateKey
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

    if isinstance(key, (RSAPrivateKey, Ed25519PrivateKey)):
        return key
    if isinstance(key, EllipticCurvePrivateKey):
        return f"it is an EC key ({key.curve.name}). {_ASYMMETRIC}"
    if isinstance(key, DSAPrivateKey):
        return f"it is a DSA key. {_ASYMMETRIC}"
    return (
        f"it is a key of another kind ({type(key).__name__.removesuffix('PrivateKey')})."
        f" {_ASYMMETRIC}"
    )
