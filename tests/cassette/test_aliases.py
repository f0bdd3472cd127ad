from __future__ import annotations

import re

import pytest

from pytest_binance_options._cassette.aliases import AliasBook, is_alias
from pytest_binance_options._key_material import Kind
from pytest_binance_options.errors import CassetteError

KEY = "vmPUZE6mv9SD5VNHk4HlWFsOr6aKE2zvsw0MuIgwCIPy6utIco14y7Ju91duEh8A"
HEX = "c8db56825ae71d6d79447849e617115f4a920fa2acdcab2b053c4b2838bd6b71"


def test_equal_secrets_get_equal_aliases_and_others_other_ones() -> None:
    book = AliasBook()
    first = book.alias(KEY, Kind.LISTEN_KEY)
    assert first == book.alias(KEY, Kind.LISTEN_KEY) == "ALIASlistenKey1" + "x" * 49
    assert book.alias(KEY[::-1], Kind.LISTEN_KEY) == "ALIASlistenKey2" + "x" * 49


@pytest.mark.parametrize(
    ("secret", "kind", "shape"),
    [
        (KEY, Kind.LISTEN_KEY, r"[A-Za-z0-9]{64}"),
        (KEY, Kind.API_KEY, r"[A-Za-z0-9]{64}"),
        (KEY, Kind.SECRET, r"[A-Za-z0-9]{64}"),
        (HEX, Kind.SIGNATURE, r"[0-9a-f]{64}"),
        ("Vw9x+/Qm" * 10 + "abcdEF==", Kind.SIGNATURE, r"[A-Za-z0-9]{86}=="),
        ("Vw9x+/Qm" * 43, Kind.SIGNATURE, r"[A-Za-z0-9]{344}"),
        ("x", Kind.API_KEY, r"ALIASapiKey1x"),
        ("-----BEGIN PRIVATE KEY-----" * 50, Kind.SECRET, r"[A-Za-z0-9]{64}"),
    ],
)
def test_an_alias_has_its_secrets_shape_and_is_known_as_one(
    secret: str, kind: Kind, shape: str
) -> None:
    alias = AliasBook().alias(secret, kind)
    assert re.fullmatch(shape, alias)
    assert is_alias(alias)
    assert not is_alias(secret)


def test_a_hexadecimal_signature_is_the_same_in_either_case() -> None:
    book = AliasBook()
    assert book.alias(HEX, Kind.SIGNATURE) == book.alias(HEX.upper(), Kind.SIGNATURE)


def test_hundreds_of_aliases_differ() -> None:
    book = AliasBook()
    aliases = {book.alias(f"{n:064x}", Kind.SIGNATURE) for n in range(600)} | {
        book.alias(f"k{n}", Kind.API_KEY) for n in range(600)
    }
    assert len(aliases) == 1200
    assert all(map(is_alias, aliases))


def test_aliases_that_stand_in_a_file_already_are_left_to_their_owners() -> None:
    book = AliasBook()
    theirs = AliasBook()
    text = (
        " ".join(theirs.alias(f"k{n}", Kind.LISTEN_KEY) for n in range(3))
        + "="
        + theirs.alias(HEX, Kind.SIGNATURE)
    )
    book.reserve(text)
    assert book.alias(KEY, Kind.LISTEN_KEY).startswith("ALIASlistenKey4x")
    assert book.alias("ab" * 32, Kind.SIGNATURE).startswith("a11a52f")
    assert book.alias(KEY, Kind.LISTEN_KEY) == book.alias(KEY, Kind.LISTEN_KEY)


def test_an_alias_never_holds_a_secret_itself() -> None:
    book = AliasBook(lambda alias: "xxxxxxxx" not in alias and "Key1" not in alias)
    assert book.alias(KEY, Kind.LISTEN_KEY) == "ALIASlistenKey2" + "y" * 49


def test_a_secret_that_no_alias_can_avoid_is_an_error() -> None:
    with pytest.raises(CassetteError) as caught:
        AliasBook(lambda alias: "ALIASlistenKey" not in alias).alias(KEY, Kind.LISTEN_KEY)
    assert (
        str(caught.value)
        == "one of the secrets is a part of 'ALIASlistenKey', the word that stands in files in a"
        " secret's place; the cassette was not written. Use another passphrase or key."
    )


@pytest.mark.parametrize(
    "text",
    [
        "",
        "ALIAS",
        "ALIASlistenKey",
        "ALIASlistenKey1",
        "ALIASlistenKeyxxx",
        "xALIASlistenKey1xx",
        "a11a5",
        KEY,
    ],
)
def test_other_words_are_no_aliases(text: str) -> None:
    assert not is_alias(text)
