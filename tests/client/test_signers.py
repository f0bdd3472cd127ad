"""Signatures against Binance's published examples, and against verifiers that are not ours."""

from __future__ import annotations

import base64
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from pytest_binance_options.client import BinanceAuth
from pytest_binance_options.client._signers import Kind
from pytest_binance_options.client.auth import generated_auth

from .keymaking import PASSPHRASE, Name, private_pem, public_pem

# The key pair that Binance's page itself uses: Options, General Info, "SIGNED Endpoint Examples".
PUBLISHED_SECRET = "YtP1BudNOWZE1ag5uzCkh4hIC7qSmQOu797r5EJBFGhxBYivjj8HIX0iiiPof5yG"
PUBLISHED = BinanceAuth(
    api_key="dbefbc809e3e83c283a984c3a1459732ea7db1360ca80c5c2c8867408d28cc83",
    secret_key=PUBLISHED_SECRET,
)
QUERY = "symbol=BTC-210129-40000-C&side=BUY&type=LIMIT&timeInForce=GTC"
BODY = "quantity=0.01&price=2000&recvWindow=5000&timestamp=1611825601400"
PAYLOADS = (
    "timestamp=1",
    "",
    "symbol=BTC-210129-40000-C&note=a%20b%C3%BC%2B&timestamp=1611825601400",
    "x" * 10_000,
)


@pytest.mark.parametrize("payload", [f"{QUERY}&{BODY}", f"{QUERY}&{BODY}".encode()])
def test_hmac_gives_the_published_signature_of_a_query_string(payload: str | bytes) -> None:
    assert (
        PUBLISHED.sign(payload)
        == "7c12045972f6140e765e0f2b67d28099718df805732676494238f50be830a7d7"
    )


def test_hmac_gives_the_published_signature_of_query_string_and_body() -> None:
    # The body follows the query string directly, without "&".
    assert (
        PUBLISHED.sign(QUERY + BODY)
        == "fa6045c54fb02912b766442be1f66fab619217e551a4fb4f8a1ee000df914d8e"
    )


@pytest.mark.parametrize("payload", PAYLOADS)
@pytest.mark.parametrize(
    ("name", "form"), [("rsa", "pkcs8"), ("rsa", "pkcs1"), ("ed25519", "pkcs8")]
)
@pytest.mark.parametrize("passphrase", [None, PASSPHRASE])
def test_a_public_key_verifies_what_the_private_one_signs(
    name: Name, form: str, passphrase: str | None, payload: str
) -> None:
    auth = BinanceAuth(
        api_key="k", private_key_pem=private_pem(name, form, passphrase), passphrase=passphrase
    )
    public = load_pem_public_key(public_pem(name).encode())
    signature = base64.b64decode(auth.sign(payload), validate=True)
    # verify raises where a signature is wrong
    if isinstance(public, RSAPublicKey):
        public.verify(signature, payload.encode(), PKCS1v15(), SHA256())
    else:
        assert isinstance(public, Ed25519PublicKey)
        public.verify(signature, payload.encode())


@pytest.mark.skipif(
    shutil.which("openssl") is None, reason="there is no openssl command to verify with"
)
@pytest.mark.parametrize("kind", ["rsa", "ed25519"])
def test_openssl_verifies_what_is_signed(kind: Kind, tmp_path: Path) -> None:
    auth = generated_auth(kind, "k", "s")
    public, payload, signature = (
        tmp_path / name for name in ("public.pem", "payload", "signature")
    )
    public.write_text(str(auth.public_key_pem()))
    payload.write_text(PAYLOADS[2])
    signature.write_bytes(base64.b64decode(auth.sign(PAYLOADS[2])))
    how = {
        "rsa": ["dgst", "-sha256", "-verify", public, "-signature", signature, payload],
        "ed25519": [
            "pkeyutl",
            "-verify",
            "-pubin",
            "-inkey",
            public,
            "-rawin",
            "-in",
            payload,
            "-sigfile",
            signature,
        ],
    }[kind]
    # S603, S607: openssl as the user's system has it is the point
    done = subprocess.run(["openssl", *map(str, how)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "Verified" in done.stdout
    signature.write_bytes(base64.b64decode(auth.sign("something else")))
    done = subprocess.run(["openssl", *map(str, how)], capture_output=True, text=True, check=False)
    assert done.returncode != 0


@pytest.mark.skipif(
    shutil.which("openssl") is None, reason="there is no openssl command to sign with"
)
def test_openssl_makes_the_same_hmac(tmp_path: Path) -> None:
    payload = tmp_path / "payload"
    payload.write_text(PAYLOADS[2])
    command = ["openssl", "dgst", "-sha256", "-hmac", PUBLISHED_SECRET, str(payload)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.split()[-1] == PUBLISHED.sign(PAYLOADS[2])


def test_hmac_needs_no_cryptography() -> None:
    # Importing it takes longer than all the rest of a test that uses HMAC.
    script = (
        "import sys; from pytest_binance_options.client import *; "
        "BinanceAuth(api_key='k', secret_key='s').sign('x'); "
        "sys.exit(any(name.startswith('cryptography.hazmat') for name in sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0
