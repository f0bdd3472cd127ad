"""What key material looks like, held against keys that are really made."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re

import pytest
from cryptography.hazmat.primitives.asymmetric import ed25519, padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from pytest_binance_options._cassette.detection import in_body, in_text
from pytest_binance_options._key_material import (
    NAMES,
    PRIVATE_KEY,
    SIGNATURE_PATTERN,
    SIGNATURE_SHORTEST,
    Kind,
    is_key,
    is_varied,
    kind_of,
)
from pytest_binance_options._masking import mask
from pytest_binance_options.exchange import Exchange

KEY = "vmPUZE6mv9SD5VNHk4HlWFsOr6aKE2zvsw0MuIgwCIPy6utIco14y7Ju91duEh8A"


def signatures() -> list[bytes]:
    made = [ed25519.Ed25519PrivateKey.generate().sign(b"timestamp=1")]
    for bits in (1024, 2048, 4096):
        key = rsa.generate_private_key(public_exponent=65537, key_size=bits)
        made.append(key.sign(b"timestamp=1", padding.PKCS1v15(), SHA256()))
    return made


def test_the_exchange_s_keys_have_the_format() -> None:
    account = Exchange().open_account()
    key, _expires = account.start_listen_key()
    assert is_key(key)
    assert [is_key(each.api_key) for each in account.api_keys] == [True]
    assert is_key(hmac.new(b"s", b"timestamp=1", hashlib.sha256).hexdigest())


@pytest.mark.parametrize("text", ["", KEY[:-1], f"{KEY}0", f"{KEY[:-1]}-", f"{KEY[:-1]}é"])
def test_what_is_no_key_has_not(text: str) -> None:
    assert not is_key(text)


def test_a_signature_in_base64_has_the_format() -> None:
    for signature in signatures():
        text = base64.b64encode(signature).decode()
        assert re.fullmatch(SIGNATURE_PATTERN, text)
        assert len(text.rstrip("=")) >= SIGNATURE_SHORTEST


def test_a_private_key_has_the_format_also_where_it_was_cut_off() -> None:
    pem = (
        ed25519.Ed25519PrivateKey.generate()
        .private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        .decode()
        .strip()
    )
    assert PRIVATE_KEY.findall(f"a {pem} b") == [pem]
    assert PRIVATE_KEY.findall(f"a {pem[:60]}") == [pem[:60]]


def test_a_placeholder_is_not_varied() -> None:
    assert is_varied(KEY)
    assert not is_varied("x" * 64)
    assert not is_varied("[REDACTED]"[:7])


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("listenKey", Kind.LISTEN_KEY),
        ("listen_key", Kind.LISTEN_KEY),
        ("LISTEN-KEY", Kind.LISTEN_KEY),
        ("X-MBX-APIKEY", Kind.API_KEY),
        ("apiKey", Kind.API_KEY),
        ("signature", Kind.SIGNATURE),
        ("privateKey", Kind.SECRET),
        ("symbol", None),
        ("", None),
    ],
)
def test_what_stands_under_a_name(name: str, kind: Kind | None) -> None:
    assert kind_of(name) is kind


@pytest.mark.parametrize("joint", ["", "_", "-"])
@pytest.mark.parametrize("name", NAMES)
def test_under_each_name_a_value_is_hidden_and_found(name: str, joint: str) -> None:
    # Too short to be told by its looks: it is the name that does it.
    spelled, value = name.replace(" ", joint), "Ax7-Ax7-Ax7-Ax7-Ax7"
    for text in (f"{spelled}={value}", f'{{"{spelled}": "{value}"}}', f"{spelled.upper()}={value}"):
        assert value not in mask(text)
        assert value in [found for found, _kind in in_body(text.encode())]
        assert value in [found for found, _kind in in_text(text)]
