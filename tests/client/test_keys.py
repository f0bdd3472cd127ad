"""Which private keys are taken, and what is said of the others."""

from __future__ import annotations

import base64
import errno
import os
from pathlib import Path

import pytest

from pytest_binance_options.client import BinanceAuth
from pytest_binance_options.client._keys import Secret
from pytest_binance_options.errors import KeyMaterialError

from .answering import API_KEY, in_reports
from .keymaking import PASSPHRASE, Name, private_der, private_pem, public_pem

TAKES = (
    "Binance takes RSA and Ed25519 keys; for Ed25519: openssl genpkey -algorithm ed25519 -out"
    " key.pem."
)
WANTED = "Give the private key, RSA or Ed25519, in PEM form (PKCS#8 or PKCS#1)."
DAMAGED = (
    "it is damaged or cut off: what stands between its BEGIN and END lines is no whole key. Copy"
    " the key again, whole."
)
CERTIFICATE = "-----BEGIN CERTIFICATE-----\nMIIBszCCAVmgAwIBAgIU\n-----END CERTIFICATE-----\n"


def problem(pem: str | bytes, passphrase: str | None = None) -> str:
    """What is wrong with ``pem``, once it is sure that no text of the error holds any of it."""
    with pytest.raises(KeyMaterialError) as caught:
        BinanceAuth(api_key=API_KEY, private_key_pem=pem, passphrase=passphrase)
    text = pem.decode("latin-1") if isinstance(pem, bytes) else pem
    everything = in_reports(caught.value)
    for secret in (
        *(line for line in text.split("\n") if len(line) > 12 and "-----" not in line),
        PASSPHRASE,
        API_KEY,
    ):
        assert secret not in everything
    message = str(caught.value)
    assert message.startswith("private_key_pem: ")
    return message.removeprefix("private_key_pem: ")


@pytest.mark.parametrize("passphrase", [None, PASSPHRASE])
@pytest.mark.parametrize(
    ("name", "form"),
    [("rsa", "pkcs8"), ("rsa", "pkcs1"), ("small rsa", "pkcs1"), ("ed25519", "pkcs8")],
)
def test_rsa_and_ed25519_keys_are_told_apart_by_the_key_itself(
    name: Name, form: str, passphrase: str | None
) -> None:
    pem = private_pem(name, form, passphrase)
    for given in (pem, pem.encode()):
        auth = BinanceAuth(api_key=API_KEY, private_key_pem=given, passphrase=passphrase)
        assert auth.kind == name.removeprefix("small ")
        assert auth.public_key_pem() == public_pem(name)


def test_an_empty_passphrase_is_none() -> None:
    assert (
        BinanceAuth(api_key=API_KEY, private_key_pem=private_pem("ed25519"), passphrase="").kind
        == "ed25519"
    )


@pytest.mark.parametrize(
    "around",
    [
        lambda pem: pem.replace("\n", "\r\n"),
        lambda pem: "\ufeff" + pem,
        lambda pem: "Bag Attributes\n    friendlyName: Schlüssel\n" + pem + "\n\n",
        lambda pem: pem.replace("\n", "\n        "),
        lambda pem: CERTIFICATE + pem,
        lambda pem: pem + public_pem("ed25519"),
        lambda pem: pem.rstrip("\n"),
    ],
    ids=[
        "CRLF",
        "byte order mark",
        "bag attributes",
        "indented",
        "after a certificate",
        "with its public key",
        "no last newline",
    ],
)
@pytest.mark.parametrize("form", ["pkcs8", "pkcs1"])
def test_what_stands_around_a_key_does_no_harm(form: str, around: object) -> None:
    assert callable(around)
    for passphrase in (None, PASSPHRASE):
        pem = around(private_pem("rsa", form, passphrase))
        assert (
            BinanceAuth(api_key=API_KEY, private_key_pem=pem, passphrase=passphrase).kind == "rsa"
        )


def test_a_key_of_another_kind_is_named() -> None:
    assert problem(private_pem("ec")) == f"it is an EC key (secp256r1). {TAKES}"
    assert problem(private_pem("ec", "pkcs1")) == f"it is an EC key. {TAKES}"
    assert problem(private_pem("dsa")) == f"it is a DSA key. {TAKES}"
    assert problem(private_pem("dsa", "pkcs1")) == f"it is a DSA key. {TAKES}"
    assert problem(private_pem("ed448")) == f"it is a key of another kind (Ed448). {TAKES}"
    assert problem(private_pem("x25519")) == f"it is a key of another kind (X25519). {TAKES}"
    encrypted = private_pem("ec", "pkcs8", PASSPHRASE)
    assert problem(encrypted, PASSPHRASE) == f"it is an EC key (secp256r1). {TAKES}"


def test_what_is_no_private_key_is_named() -> None:
    public = (
        "it holds a public key only. Give the private key that belongs to it; Binance has the"
        " public one."
    )
    assert problem(public_pem("rsa")) == public
    assert problem(public_pem("ed25519").replace("PUBLIC", "RSA PUBLIC")) == public
    assert problem(CERTIFICATE) == f"it holds a certificate and no private key. {WANTED}"
    assert (
        problem("-----BEGIN PGP MESSAGE-----\nabc\n-----END PGP MESSAGE-----")
        == f"it holds no private key. {WANTED}"
    )
    assert (
        problem("-----BEGIN MY PRIVATE KEY-----\nabc\n-----END MY PRIVATE KEY-----")
        == f'it holds a block labelled "MY PRIVATE KEY". {WANTED}'
    )
    assert (
        problem(private_pem("ed25519") + private_pem("rsa"))
        == "it holds 2 private keys. Give one of them."
    )


def test_what_is_no_pem_says_what_it_is() -> None:
    for empty in ("", " \n\t", "\ufeff", b"", b"\r\n"):
        assert problem(empty) == f"it is empty. {WANTED}"
    no_pem = f'it is not PEM: it has no line "-----BEGIN PRIVATE KEY-----". {WANTED}'
    assert problem("/home/me/key.pem") == no_pem
    assert problem("PuTTY-User-Key-File-3: ssh-ed25519") == no_pem
    assert problem("0" * 64) == no_pem
    names: tuple[Name, ...] = ("rsa", "ed25519")
    for name in names:
        der = (
            "it is binary and not PEM; if it is DER: openssl pkey -inform DER -in FILE -out"
            " key.pem."
        )
        assert problem(private_der(name)) == der
    for encoding in ("utf-16-le", "utf-16-be"):
        utf16 = ("\ufeff" + private_pem("ed25519")).encode(encoding)
        assert problem(utf16) == "it is text in UTF-16. Save it as plain ASCII or UTF-8."
    assert (
        problem(private_pem("ed25519", "openssh"))
        == "it is in OpenSSH's own format. Convert a copy of it: ssh-keygen -p -m PKCS8 -f COPY."
    )
    assert (
        problem(private_pem("ed25519").replace("\n", "\\n"))
        == "it has a backslash and an n where line breaks should be. Put real line breaks in:"
        " .replace('\\\\n', '\\n')."
    )


@pytest.mark.parametrize(
    ("form", "label"), [("pkcs8", "PRIVATE KEY"), ("pkcs1", "RSA PRIVATE KEY")]
)
def test_a_key_that_is_cut_off_anywhere_is_told_from_one_that_is_wrong(
    form: str, label: str
) -> None:
    pem = private_pem("rsa", form)
    no_end = (
        f'it is cut off: it has a line "-----BEGIN {label}-----" and no matching END line. Copy the'
        " key again, whole."
    )
    for length in range(40, len(pem) - 2, 97):
        assert problem(pem[:length]) == no_end
    lines = pem.splitlines()
    for gone in range(1, len(lines) - 1):
        assert problem("\n".join(lines[:gone] + lines[gone + 1 :])) == DAMAGED
    assert problem("\n".join([lines[0], lines[-1]])) == DAMAGED
    assert problem(pem.replace(lines[3], lines[3][:-1] + "!")) == DAMAGED
    assert problem(f"{lines[0]}\nMIIBAQ==\n{lines[-1]}") == DAMAGED
    assert problem(f"{lines[0]}\nMP8=\n{lines[-1]}") == DAMAGED


def test_an_encrypted_key_that_is_cut_off_is_not_taken_for_a_wrong_passphrase() -> None:
    lines = private_pem("rsa", "pkcs8", PASSPHRASE).splitlines()
    assert problem("\n".join(lines[:5] + lines[6:]), PASSPHRASE) == DAMAGED


def test_a_whole_block_with_nonsense_in_it_is_damaged() -> None:
    nonsense = "-----BEGIN PRIVATE KEY-----\nMAMCAQA=\n-----END PRIVATE KEY-----"
    assert (
        problem(nonsense)
        == "it can't be read as a private key: it is damaged, or of a kind that is not known here."
        f" {TAKES}"
    )


def test_a_curve_that_nobody_knows_is_no_key_either() -> None:
    # the same key, said to be on another curve (SM2): both names have ten bytes
    der = private_der("ec").replace(
        bytes.fromhex("06082a8648ce3d030107"), bytes.fromhex("06082a811ccf5501822d")
    )
    pem = (
        f"-----BEGIN PRIVATE KEY-----\n{base64.b64encode(der).decode()}\n-----END PRIVATE KEY-----"
    )
    assert (
        problem(pem)
        == "it can't be read as a private key: it is damaged, or of a kind that is not known here."
        f" {TAKES}"
    )


@pytest.mark.parametrize("form", ["pkcs8", "pkcs1"])
def test_passphrases_missing_wrong_and_needless_are_told_apart(form: str) -> None:
    encrypted = private_pem("rsa", form, PASSPHRASE)
    assert (
        problem(encrypted) == "it is encrypted. Give passphrase (BINANCE_PRIVATE_KEY_PASSPHRASE)."
    )
    wrong = (
        "it does not open with this passphrase. Check passphrase (BINANCE_PRIVATE_KEY_PASSPHRASE)."
    )
    for passphrase in ("wrong", PASSPHRASE.upper(), "\udcff", "ü" * 300):
        assert problem(encrypted, passphrase) == wrong
    assert (
        problem(private_pem("rsa", form), PASSPHRASE)
        == "it is not encrypted, and a passphrase was given. Leave passphrase out, or give the"
        " encrypted key."
    )


def test_a_cipher_that_is_not_known_is_not_taken_for_a_wrong_passphrase() -> None:
    pem = private_pem("rsa", "pkcs1", PASSPHRASE).replace("AES-256-CBC", "NO-SUCH-CBC")
    assert (
        problem(pem, PASSPHRASE)
        == "it is encrypted with a cipher that is not known here. Encrypt it anew: openssl pkey"
        " -aes256 -in OLD -out NEW."
    )


def test_a_key_is_read_from_a_str_and_a_path(tmp_path: Path) -> None:
    file = tmp_path / "key.pem"
    file.write_text(private_pem("ed25519"))
    for path in (file, str(file)):
        assert BinanceAuth(api_key=API_KEY, private_key_path=path).kind == "ed25519"


def test_a_tilde_is_the_home_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "key.pem").write_text(private_pem("ed25519"))
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    assert BinanceAuth(api_key=API_KEY, private_key_path="~/key.pem").kind == "ed25519"


def path_problem(path: str | os.PathLike[str]) -> str:
    with pytest.raises(KeyMaterialError) as caught:
        BinanceAuth(api_key=API_KEY, private_key_path=path)
    return str(caught.value)


def test_a_file_that_gives_no_key_is_named_with_the_reason(tmp_path: Path) -> None:
    missing = tmp_path / "missing.pem"
    assert path_problem(missing) == f"private_key_path {missing}: there is no such file."
    assert (
        path_problem(tmp_path)
        == f"private_key_path {tmp_path}: this is a directory. Give the path of the key's file"
        " in it."
    )
    empty = tmp_path / "empty.pem"
    empty.touch()
    assert path_problem(empty) == f"private_key_path {empty}: it is empty. {WANTED}"
    cut = tmp_path / "cut.pem"
    cut.write_text(private_pem("rsa")[:200])
    assert (
        path_problem(cut)
        == f'private_key_path {cut}: it is cut off: it has a line "-----BEGIN PRIVATE KEY-----" and'
        " no matching END line. Copy the key again, whole."
    )
    large = tmp_path / "large.pem"
    large.write_bytes(b"x" * 70_000)
    assert (
        path_problem(large)
        == f"private_key_path {large}: the file has more than 65536 bytes, and no private key has."
        f" {WANTED}"
    )
    assert (
        path_problem("key\0.pem")
        == "private_key_path key\0.pem: the file can't be read (ValueError)."
    )
    assert (
        path_problem("") == "private_key_path : the path is empty. Is BINANCE_PRIVATE_KEY_PATH set?"
    )


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (errno.EACCES, "the file may not be read by this user. Check its permissions."),
        (errno.EIO, "the file can't be read (OSError)."),
    ],
)
def test_a_file_that_may_not_be_read_is_named(
    monkeypatch: pytest.MonkeyPatch, number: int, text: str
) -> None:
    # A mode of 000 would not do: root reads on.
    def refuse(*_: object, **__: object) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(Path, "open", refuse)
    assert path_problem("key.pem") == f"private_key_path key.pem: {text}"


def test_a_key_given_as_a_path_is_not_repeated() -> None:
    pem = private_pem("ed25519")
    assert (
        path_problem(pem)
        == "private_key_path (hidden: it looks like a key): this is a key and not the path of one."
        " Pass it as private_key_pem."
    )
    body = pem.splitlines()[1]
    assert (
        path_problem(body)
        == "private_key_path (hidden: it looks like a key): there is no such file."
    )


def test_a_secret_is_shown_by_nothing_but_its_name() -> None:
    secret = Secret("abc")
    assert (repr(secret), str(secret), secret.reveal()) == ("<hidden>", "<hidden>", "abc")
