"""What makes a BinanceAuth, what it gives, and what it never shows."""

from __future__ import annotations

import copy
import pickle
from pathlib import Path
from pprint import pformat
from typing import Any, get_args

import pytest

from pytest_binance_options.client import BinanceAuth
from pytest_binance_options.client._signers import Kind
from pytest_binance_options.client.auth import generated_auth
from pytest_binance_options.errors import KeyMaterialError, UsageError

from .answering import API_KEY, SECRET, in_reports, text_of
from .keymaking import PASSPHRASE, private_pem

KINDS: tuple[Kind, ...] = get_args(Kind)


def problem(**arguments: Any) -> str:
    """What is wrong with ``arguments``, once it is sure that no text of the error holds any of
    them."""
    with pytest.raises(KeyMaterialError) as caught:
        BinanceAuth(**arguments)
    everything = in_reports(caught.value)
    for value in arguments.values():
        assert not value or str(value) not in everything
    return str(caught.value)


@pytest.mark.parametrize(("value", "what"), [(None, "None"), ("", "an empty string")])
def test_a_missing_api_key_names_the_variable_it_comes_from(value: str | None, what: str) -> None:
    assert (
        problem(api_key=value, secret_key=SECRET)
        == f"BinanceAuth needs api_key and got {what}. Is BINANCE_API_KEY set in the environment?"
    )


@pytest.mark.parametrize("name", ["api_key", "secret_key"])
@pytest.mark.parametrize(
    "value",
    [f"{API_KEY}\n", f" {API_KEY}", "two words", "tab\tbed", "no\u00a0break", "line\r\nbreak"],
)
def test_a_key_with_space_or_line_break_is_refused(name: str, value: str) -> None:
    assert (
        problem(**{"api_key": API_KEY, "secret_key": SECRET, name: value})
        == f"{name} has a space or a line break in it. Copy it again; in BINANCE_{name.upper()},"
        " look for a line break at the end."
    )


@pytest.mark.parametrize("name", ["api_key", "secret_key"])
@pytest.mark.parametrize("value", ["schlüssel", "\u200bkey", "key\x7f", "bell\a", "\udcff"])
def test_a_key_with_anything_but_printable_ascii_is_refused(name: str, value: str) -> None:
    assert (
        problem(**{"api_key": API_KEY, "secret_key": SECRET, name: value})
        == f"{name} has a character in it that is not printable ASCII. Binance's are letters and"
        " digits: copy it again."
    )


def test_arguments_of_a_wrong_type_are_named() -> None:
    assert problem(api_key=b"bytes", secret_key=SECRET) == "api_key is of type bytes. Give a str."
    assert (
        problem(api_key=API_KEY, secret_key=b"bytes") == "secret_key is of type bytes. Give a str."
    )
    assert (
        problem(api_key=API_KEY, private_key_path=7)
        == "private_key_path is of type int. Give a str or a path."
    )
    assert (
        problem(api_key=API_KEY, private_key_pem=Path("some.pem"))
        == f"private_key_pem is of type {type(Path()).__name__}. Give a str or bytes."
    )
    assert (
        problem(api_key=API_KEY, private_key_pem=private_pem("ed25519"), passphrase=b"x")
        == "passphrase is of type bytes. Give a str."
    )


def test_no_key_source_is_told_which_there_are() -> None:
    assert (
        problem(api_key=API_KEY)
        == "BinanceAuth needs something to sign with and got none. Give one of secret_key (HMAC),"
        " private_key_path and private_key_pem (RSA or Ed25519)."
    )


@pytest.mark.parametrize(
    "names",
    [
        ("secret_key", "private_key_path"),
        ("secret_key", "private_key_pem"),
        ("private_key_path", "private_key_pem"),
        ("secret_key", "private_key_path", "private_key_pem"),
    ],
)
def test_several_key_sources_are_named(names: tuple[str, ...]) -> None:
    for value in ("something", ""):
        assert (
            problem(api_key=API_KEY, **dict.fromkeys(names, value))
            == f"BinanceAuth got {' and '.join(names)}. Give one of them: an API key signs in one"
            " way only."
        )


def test_an_empty_secret_names_the_variable_it_comes_from() -> None:
    assert (
        problem(api_key=API_KEY, secret_key="")
        == "secret_key is empty. Is BINANCE_SECRET_KEY set in the environment?"
    )


def test_a_passphrase_for_a_secret_is_refused() -> None:
    assert (
        problem(api_key=API_KEY, secret_key=SECRET, passphrase=PASSPHRASE)
        == "passphrase was given together with secret_key. It opens a private key: leave it out."
    )


@pytest.mark.parametrize("kind", KINDS)
def test_no_text_form_shows_a_key(kind: Kind) -> None:
    auth = generated_auth(kind, API_KEY, SECRET)
    for text in (
        repr(auth),
        str(auth),
        f"{auth}",
        pformat(auth),
        pformat([auth]),
        *(repr(v) for v in slots(auth)),
    ):
        for secret in auth.secrets():
            assert secret not in text
    assert repr(auth) == f"<BinanceAuth {kind}>"
    assert not hasattr(auth, "__dict__")


def slots(auth: BinanceAuth) -> list[object]:
    return [getattr(auth, name) for name in BinanceAuth.__slots__]


@pytest.mark.parametrize("kind", KINDS)
def test_it_is_not_pickled_and_a_copy_is_itself(kind: Kind) -> None:
    auth = generated_auth(kind, API_KEY, SECRET)
    assert (
        text_of(lambda: pickle.dumps(auth), UsageError)
        == "A BinanceAuth can't be pickled: its keys would go wherever the pickle goes. Make one in"
        " each process, from the environment or a key file."
    )
    assert copy.copy(auth) is auth
    assert copy.deepcopy([auth])[0] is auth


def test_secrets_lists_all_that_must_not_be_written() -> None:
    assert BinanceAuth(api_key=API_KEY, secret_key=SECRET).secrets() == (API_KEY, SECRET)
    pem = private_pem("rsa", "pkcs1", PASSPHRASE)
    secrets = BinanceAuth(api_key=API_KEY, private_key_pem=pem, passphrase=PASSPHRASE).secrets()
    lines = [line for line in pem.splitlines() if ":" not in line and "-----" not in line and line]
    assert secrets == (
        API_KEY,
        PASSPHRASE,
        pem,
        "".join(lines),
        *(line for line in lines if len(line) >= 16),
    )


def test_secrets_of_a_key_file_are_those_of_its_text(tmp_path: Path) -> None:
    file = tmp_path / "key.pem"
    file.write_text(private_pem("ed25519"))
    from_path = BinanceAuth(api_key=API_KEY, private_key_path=file).secrets()
    assert (
        from_path == BinanceAuth(api_key=API_KEY, private_key_pem=private_pem("ed25519")).secrets()
    )
    assert private_pem("ed25519").splitlines()[1] in from_path
    assert len(set(from_path)) == len(from_path)


def test_a_generated_auth_is_one_for_the_given_account() -> None:
    for kind in KINDS:
        auth = generated_auth(kind, API_KEY, SECRET)
        assert (auth.kind, auth.api_key) == (kind, API_KEY)
        assert (auth.public_key_pem() is None) == (kind == "hmac")
        assert API_KEY in auth.secrets()
    assert SECRET in generated_auth("hmac", API_KEY, SECRET).secrets()


def test_a_generated_private_key_is_among_its_secrets() -> None:
    for kind in ("rsa", "ed25519"):
        auth = generated_auth(kind, API_KEY, SECRET)
        pem = auth.secrets()[1]
        again = BinanceAuth(api_key=API_KEY, private_key_pem=pem)
        assert again.public_key_pem() == auth.public_key_pem()
        assert again.secrets() == auth.secrets()


@pytest.mark.parametrize("kind", KINDS)
def test_a_client_under_test_can_be_given_what_signs(kind: Kind) -> None:
    auth = generated_auth(kind, API_KEY, SECRET)
    again = BinanceAuth(
        auth.api_key, secret_key=auth.secret_key, private_key_pem=auth.private_key_pem
    )
    assert (auth.secret_key is None, auth.private_key_pem is None) == (
        kind != "hmac",
        kind == "hmac",
    )
    assert (again.kind, again.public_key_pem()) == (kind, auth.public_key_pem())


def test_an_encrypted_private_key_is_given_as_it_was() -> None:
    pem = private_pem("ed25519", passphrase=PASSPHRASE)
    assert (
        BinanceAuth(api_key=API_KEY, private_key_pem=pem, passphrase=PASSPHRASE).private_key_pem
        == pem
    )


def test_a_process_generates_one_rsa_key_and_many_ed25519_keys() -> None:
    rsa = [generated_auth("rsa", API_KEY, SECRET).public_key_pem() for _ in range(2)]
    ed25519 = [generated_auth("ed25519", API_KEY, SECRET).public_key_pem() for _ in range(2)]
    assert rsa[0] == rsa[1]
    assert ed25519[0] != ed25519[1]


def test_an_unknown_kind_is_told_which_there_are() -> None:
    def generate() -> None:
        generated_auth("ecdsa", API_KEY, SECRET)  # type: ignore[arg-type]

    assert (
        text_of(generate, UsageError)
        == "'ecdsa' is no kind of key. There are hmac, rsa and ed25519."
    )
