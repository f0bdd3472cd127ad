"""Who asks: an API key and what signs for it. Reading a private key is
:mod:`pytest_binance_options.client._keys`' part, signing
:mod:`pytest_binance_options.client._signers`'s.

Nothing here shows a key: not a repr, not an error, not the arguments that pytest prints of a
function that failed.
"""

from __future__ import annotations

import functools
import os
from typing import TYPE_CHECKING, NoReturn

from ..errors import KeyMaterialError, UsageError
from ._keys import Secret, load_private_key, read_key_file, shown_path
from ._signers import Ed25519Signer, HmacSigner, Kind, RsaSigner, Signer

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

__all__ = ["BinanceAuth", "generated_auth"]


class BinanceAuth:
    """An API key with one of: a secret (HMAC), a private key's path, a private key's PEM text.

    RSA and Ed25519 are told apart by the key itself; ``passphrase`` opens an encrypted one (empty:
    none). Raises KeyMaterialError for anything missing, given twice or unusable; its text never
    holds the content. Immutable; any thread may use it. It can't be pickled, and a copy is the
    object itself.
    """

    __slots__ = ("_api_key", "_secrets", "_signer")
    _api_key: Secret
    _secrets: tuple[Secret, ...]
    _signer: Signer

    def __init__(
        self,
        api_key: str | None = None,
        secret_key: str | None = None,
        private_key_path: str | os.PathLike[str] | None = None,
        private_key_pem: str | bytes | None = None,
        passphrase: str | None = None,
    ) -> None:
        given = _Given(api_key, secret_key, private_key_path, private_key_pem, passphrase)
        # Pytest shows a failing function's arguments.
        del api_key, secret_key, private_key_path, private_key_pem, passphrase
        problem = given.problem()
        if problem:
            raise KeyMaterialError(problem)
        self._api_key, self._signer, self._secrets = given.load()

    @classmethod
    def _made_of(cls, api_key: Secret, signer: Signer, secrets: tuple[Secret, ...]) -> BinanceAuth:
        auth = cls.__new__(cls)
        auth._api_key = api_key  # noqa: SLF001  its own, as the next two
        auth._signer = signer  # noqa: SLF001
        auth._secrets = secrets  # noqa: SLF001
        return auth

    @property
    def api_key(self) -> str:
        """The API key, as the header X-MBX-APIKEY carries it."""
        return self._api_key.reveal()

    @property
    def kind(self) -> Kind:
        """``"hmac"``, ``"rsa"`` or ``"ed25519"``."""
        return self._signer.kind

    @property
    def secret_key(self) -> str | None:
        """The secret, for a client under test that signs by itself; None where a private key
        signs."""
        return self._secrets[-1].reveal() if self.kind == "hmac" else None

    @property
    def private_key_pem(self) -> str | None:
        """The private key's PEM text as it was given, encrypted where it was, for the same use;
        None for HMAC."""
        if self.kind == "hmac":
            return None
        return [text for text in self.secrets() if "-----BEGIN" in text][-1]

    def sign(self, payload: str | bytes) -> str:
        """The signature over ``payload``: lower-case hex for HMAC, else base64, not
        percent-encoded.

        Binance signs the query string followed directly by the body, as sent.
        """
        return self._signer.sign(payload.encode() if isinstance(payload, str) else payload)

    def public_key_pem(self) -> str | None:
        """The public key in PEM form, to be registered with the exchange; None for HMAC."""
        return self._signer.public_key_pem()

    def secrets(self) -> tuple[str, ...]:
        """Every string that must never be written down: API key, secret, passphrase, the private
        key's text and parts."""
        return tuple(dict.fromkeys(text for secret in self._secrets if (text := secret.reveal())))

    def __repr__(self) -> str:
        # None yet where a report shows one that could not be made.
        signer: Signer | None = getattr(self, "_signer", None)
        return f"<BinanceAuth {signer.kind if signer else 'without a key'}>"

    def __copy__(self) -> BinanceAuth:
        return self

    def __deepcopy__(self, memo: dict[int, object]) -> BinanceAuth:
        return self

    def __reduce__(self) -> NoReturn:
        raise UsageError(
            "A BinanceAuth can't be pickled: its keys would go wherever the pickle goes. Make one"
            " in each process, from the environment or a key file."
        )


class _Given:
    """The arguments of a BinanceAuth, where no traceback shows them."""

    __slots__ = ("_api_key", "_passphrase", "_path", "_pem", "_secret_key")

    def __init__(
        self, api_key: object, secret_key: object, path: object, pem: object, passphrase: object
    ) -> None:
        self._api_key = api_key
        self._secret_key = secret_key
        self._path = path
        self._pem = pem
        self._passphrase = passphrase

    def __repr__(self) -> str:
        return "<hidden>"

    def problem(self) -> str:
        """What is wrong with the arguments as such; empty where nothing is."""
        return self._api_key_problem() or self._source_problem() or self._passphrase_problem()

    def _api_key_problem(self) -> str:
        if self._api_key is None or self._api_key == "":
            what = "None" if self._api_key is None else "an empty string"
            return (
                f"BinanceAuth needs api_key and got {what}. Is BINANCE_API_KEY set in the"
                " environment?"
            )
        return _token_problem("api_key", self._api_key, "BINANCE_API_KEY")

    def _source_problem(self) -> str:
        sources = {
            "secret_key": self._secret_key,
            "private_key_path": self._path,
            "private_key_pem": self._pem,
        }
        named = [name for name, value in sources.items() if value is not None]
        if not named:
            return (
                "BinanceAuth needs something to sign with and got none. Give one of secret_key"
                " (HMAC), private_key_path and private_key_pem (RSA or Ed25519)."
            )
        if len(named) > 1:
            return (
                f"BinanceAuth got {' and '.join(named)}. Give one of them: an API key signs in one"
                " way only."
            )
        if self._secret_key is not None:
            if self._secret_key == "":
                return "secret_key is empty. Is BINANCE_SECRET_KEY set in the environment?"
            return _token_problem("secret_key", self._secret_key, "BINANCE_SECRET_KEY")
        if self._path is not None and not isinstance(self._path, (str, os.PathLike)):
            return f"private_key_path is of type {type(self._path).__name__}. Give a str or a path."
        if self._pem is not None and not isinstance(self._pem, (str, bytes)):
            return f"private_key_pem is of type {type(self._pem).__name__}. Give a str or bytes."
        return ""

    def _passphrase_problem(self) -> str:
        if self._passphrase in (None, ""):
            return ""
        if not isinstance(self._passphrase, str):
            return f"passphrase is of type {type(self._passphrase).__name__}. Give a str."
        if self._secret_key is not None:
            return (
                "passphrase was given together with secret_key. It opens a private key: leave it"
                " out."
            )
        return ""

    def load(self) -> tuple[Secret, Signer, tuple[Secret, ...]]:
        """API key, signer and all secrets. Call it where there is no :meth:`problem`."""
        api_key = Secret(str(self._api_key))
        if self._secret_key is not None:
            secret = Secret(str(self._secret_key))
            return api_key, HmacSigner(secret), (api_key, secret)
        passphrase = Secret(str(self._passphrase)) if self._passphrase else None
        if isinstance(self._path, (str, os.PathLike)):
            pem, source = read_key_file(self._path), f"private_key_path {shown_path(self._path)}"
        else:
            text = self._pem.decode("latin-1") if isinstance(self._pem, bytes) else str(self._pem)
            pem, source = Secret(text), "private_key_pem"
            del text
        key, body = load_private_key(pem, passphrase, source)
        secrets = (api_key, *([passphrase] if passphrase else []), pem, *_parts(body))
        return api_key, _signer(key), secrets


def _token_problem(name: str, value: object, variable: str) -> str:
    if not isinstance(value, str):
        return f"{name} is of type {type(value).__name__}. Give a str."
    if any(character.isspace() for character in value):
        return (
            f"{name} has a space or a line break in it. Copy it again; in {variable}, look for a"
            " line break at the end."
        )
    if not value.isascii() or not value.isprintable():
        return (
            f"{name} has a character in it that is not printable ASCII. Binance's are letters and"
            " digits: copy it again."
        )
    return ""


def _parts(body: Secret) -> list[Secret]:
    # A tool that wraps or indents text leaves the lines whole; one that strips line breaks leaves
    # the body.
    lines = body.reveal().split("\n")
    return [Secret("".join(lines)), *(Secret(line) for line in lines if len(line) >= 16)]


def _signer(key: RSAPrivateKey | Ed25519PrivateKey) -> Signer:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

    return RsaSigner(key) if isinstance(key, RSAPrivateKey) else Ed25519Signer(key)


def generated_auth(kind: Kind, api_key: str, secret_key: str) -> BinanceAuth:
    """A BinanceAuth for a made-up account: ``secret_key`` signs for HMAC, a generated private key
    otherwise.

    A new Ed25519 key each time; one RSA key (2048 bit) a process, because making one takes a tenth
    of a second. Raises UsageError for another ``kind``.
    """
    if kind == "hmac":
        return BinanceAuth(api_key=api_key, secret_key=secret_key)
    if kind not in ("rsa", "ed25519"):
        raise UsageError(f"{kind!r} is no kind of key. There are hmac, rsa and ed25519.")
    key = _generated_rsa() if kind == "rsa" else _generated_ed25519()
    hidden = Secret(api_key)
    return BinanceAuth._made_of(hidden, _signer(key), (hidden, *_written(key)))  # noqa: SLF001  # this module's own


@functools.cache
def _generated_rsa() -> RSAPrivateKey:
    from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key

    return generate_private_key(public_exponent=65537, key_size=2048)


def _generated_ed25519() -> Ed25519PrivateKey:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    return Ed25519PrivateKey.generate()


def _written(key: RSAPrivateKey | Ed25519PrivateKey) -> tuple[Secret, ...]:
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    pem = Secret(
        key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode("ascii")
    )
    return pem, *_parts(Secret("\n".join(pem.reveal().splitlines()[1:-1])))
