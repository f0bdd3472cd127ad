from __future__ import annotations

import base64
import html
import json
import random
import string
from urllib.parse import quote, quote_plus

import pytest

from pytest_binance_options._cassette.occurrences import Scanner, replace_hits, to_bytes, to_text

KEY = "vmPUZE6mv9SD5VNHk4HlWFsOr6aKE2zvsw0MuIgwCIPy6utIco14y7Ju91duEh8A"
PHRASE = 'pass/word "with" <odd> chars & 100% \\ €'
SIGNATURE = "Vw9x+/Qm" * 10 + "abcdEF=="


def replaced(text: bytes, *secrets: str) -> bytes:
    return replace_hits(
        text, Scanner(secrets).find(text), lambda secret: f"ALIAS{secrets.index(secret)}"
    )


@pytest.mark.parametrize("secret", [KEY, PHRASE, SIGNATURE])
@pytest.mark.parametrize(
    "encode",
    [
        str,
        str.upper,
        str.lower,
        lambda s: quote(s, safe=""),
        lambda s: quote(s, safe="").lower(),
        lambda s: quote(quote(s, safe=""), safe=""),
        quote_plus,
        lambda s: "".join(f"%{byte:02x}" for byte in s.encode()),
        lambda s: json.dumps(s)[1:-1],
        lambda s: json.dumps(s, ensure_ascii=False)[1:-1].replace("/", "\\/"),
        lambda s: json.dumps(json.dumps(s))[1:-1],
        lambda s: "".join(f"\\u{ord(c):04x}" for c in s),
        html.escape,
        lambda s: "".join(f"&#{ord(c)};" for c in s),
        lambda s: "".join(f"&#x{ord(c):X};" for c in s),
        lambda s: s.encode().hex(),
        lambda s: s.encode().hex().upper(),
        lambda s: ascii(f"'{s}\"")[3:-2],
        lambda s: repr(f"'{s}\"".encode())[4:-2],
        lambda s: json.dumps(repr(f"'{s}\""))[5:-4],
        lambda s: base64.encodebytes(s.encode()).decode().strip(),
        lambda s: json.dumps(base64.encodebytes(s.encode()).decode().strip())[1:-1],
        lambda s: f"{s[:20]}'\nE         -    b'{s[20:]}",
        lambda s: base64.b64encode(s.encode()).decode(),
        lambda s: base64.urlsafe_b64encode(s.encode()).decode().rstrip("="),
    ],
)
def test_a_secret_is_found_in_every_encoding(secret: str, encode: object) -> None:
    text = f"before {encode(secret)} after".encode()  # type: ignore[operator]
    result = replaced(text, secret)
    assert result.startswith(b"before ")
    assert result.endswith(b" after")
    assert len(Scanner([secret]).find(text)) == 1
    assert not Scanner([secret]).find(result)


@pytest.mark.parametrize("before", range(4))
@pytest.mark.parametrize("after", range(4))
def test_a_secret_is_found_inside_a_longer_base64_text(before: int, after: int) -> None:
    encoded = base64.b64encode(b"u" * before + b":" + KEY.encode() + b"!" * after)
    result = replaced(encoded, KEY)
    assert len(result) == len(encoded)
    assert KEY[1:-1] not in base64.b64decode(result).decode("latin-1")


def test_what_stands_around_a_secret_is_kept_byte_for_byte() -> None:
    text = b'{"a":"%41\\u0042&amp;' + KEY.encode() + b'","b":"\\n%zz&#x;"}'
    assert replaced(text, KEY) == b'{"a":"%41\\u0042&amp;ALIAS0","b":"\\n%zz&#x;"}'


def test_a_percent_encoded_secret_gets_a_percent_encoded_alias() -> None:
    text = quote(SIGNATURE, safe="").encode()
    assert replace_hits(text, Scanner([SIGNATURE]).find(text), lambda _: "A+B=") == b"A%2BB%3D"


def test_in_hexadecimal_the_alias_is_hexadecimal_too() -> None:
    text = KEY.encode().hex().encode()
    assert bytes.fromhex(replaced(text, KEY).decode()) == b"ALIAS0"


def test_of_secrets_that_begin_alike_the_longest_is_taken() -> None:
    short, long = "abcdefgh", "abcdefghijkl"
    assert replaced(b"abcdefghijkl abcdefghij", short, long) == b"ALIAS1 ALIAS0ij"


def test_of_secrets_that_differ_in_case_the_one_written_so_is_taken() -> None:
    assert (
        replaced(b"abcdefgh ABCDEFGH Abcdefgh", "abcdefgh", "ABCDEFGH") == b"ALIAS0 ALIAS1 ALIAS0"
    )


def test_what_is_too_short_to_be_told_from_chance_is_left_alone() -> None:
    assert replaced(b"abcdefg", "abcdefg") == b"abcdefg"
    assert replaced(b"abcdefg", "") == b"abcdefg"


def test_bytes_that_are_no_text_are_searched_too() -> None:
    assert replaced(b"\xff\xfe" + KEY.encode() + b"\x80", KEY) == b"\xff\xfeALIAS0\x80"


@pytest.mark.parametrize("text", ["abc", "é€😀", "\udcff"])
def test_text_can_be_searched_as_bytes_and_comes_back(text: str) -> None:
    assert to_text(to_bytes(text)) == text


def test_half_a_surrogate_pair_can_be_searched() -> None:
    assert to_bytes("\ud83d") == b"\xed\xa0\xbd"


def test_thousands_of_secrets_are_looked_for_at_once() -> None:
    generator = random.Random(0)
    letters = string.ascii_letters + string.digits
    secrets = ["".join(generator.choices(letters, k=64)) for _ in range(5000)]
    text = " ".join(secrets).encode()
    hits = Scanner(secrets).find(text)
    assert [hit.secret for hit in hits] == secrets
