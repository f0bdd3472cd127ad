"""No key, secret or signature gets through, wherever it stands; and what people need to read stays
readable."""

from __future__ import annotations

import base64
import json
import random
import string
from urllib.parse import quote

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    KeySerializationEncryption,
    NoEncryption,
    PrivateFormat,
)
from hypothesis import given
from hypothesis import strategies as st

from pytest_binance_options._masking import mask
from pytest_binance_options._products import OPTIONS

LETTERS_AND_DIGITS = string.ascii_letters + string.digits

# A seed rather than text: hypothesis would try keys of 64 equal letters, which nobody is given.
seeds = st.integers(0, 2**64 - 1).map(random.Random)


def key(rng: random.Random) -> str:
    """An API key, a secret key or a listen key."""
    return "".join(rng.choices(LETTERS_AND_DIGITS, k=64))


def hmac_signature(rng: random.Random) -> str:
    """In lower case, as most clients write it, or in upper case."""
    text = rng.randbytes(32).hex()
    return text if rng.random() < 0.5 else text.upper()


def base64_signature(rng: random.Random) -> str:
    """Ed25519's, or RSA's with 2048, 3072 or 4096 bits."""
    return base64.b64encode(rng.randbytes(rng.choice([64, 256, 384, 512]))).decode()


def encoded_signature(rng: random.Random) -> str:
    """The same as a URL has it: the slash with or without percent sign, hex digits in either
    case."""
    text = quote(base64_signature(rng), safe=rng.choice(["", "/"]))
    return (
        text
        if rng.random() < 0.5
        else text.replace("%2F", "%2f").replace("%2B", "%2b").replace("%3D", "%3d")
    )


secrets = st.builds(
    lambda kind, rng: kind(rng),
    st.sampled_from([key, hmac_signature, base64_signature, encoded_signature]),
    seeds,
)

POSITIONS = {
    "alone": "$",
    "in a log line": "12:00:01 DEBUG keepalive of $ failed, again in 5 s",
    "in brackets": "Stream($)",
    "at the end of a line": "first line\nkey $\nlast line",
    "in a signed URL": (
        "https://demo-fapi.binance.com/eapi/v1/marginAccount?timestamp=1&signature=$&x=1"
    ),
    "in a URL's unknown parameter": "https://demo-fapi.binance.com/eapi/v1/x?foo=$&bar=2",
    "in a form body": "timestamp=1611825601400&signature=$",
    "in a raw stream's path": "/private/ws/$",
    "in a raw stream's URL": "wss://demo-fstream.binance.com/private/ws/$",
    "in an old stream's URL": "wss://nbstream.binance.com/eoptions/ws/$ is gone",
    "in a combined stream's URL": "wss://demo-fstream.binance.com/private/stream?streams=$",
    "beside a market's stream": "/stream?streams=btcusdt@trade/$/ethusdt@trade",
    "in another path": "/some/path/$/more/of/it",
    "in JSON": '{"listenKey":"$","expiration":1611825601400}',
    "in indented JSON": '{\n  "listenKey": "$"\n}',
    "in JSON under another name": '{"foo": "$"}',
    "in JSON within a string": '"{\\"stream\\": \\"$\\", \\"signature\\": \\"$\\"}"',
    "in a frame": '{"method": "SUBSCRIBE", "params": ["$"], "id": 1}',
    "in a dict's repr": "{'X-MBX-APIKEY': '$', 'Accept': '*/*'}",
    "in a dict's repr, as bytes": "{b'X-MBX-APIKEY': b'$'}",
    "in a list of headers": "[('X-MBX-APIKEY', '$'), ('Accept', '*/*')]",
    "in an object's repr": "BinanceAuth(api_key='$', secret_key='$')",
    "in a header's line": "GET / HTTP/1.1\r\nX-MBX-APIKEY: $\r\nAccept: */*",
    "in a header of a cassette": "X-MBX-APIKEY:\n      - $\n      uri: x",
    "in an environment": "BINANCE_API_KEY=$ BINANCE_SECRET_KEY=$",
    "in a command line": "serve --api-key $ --secret-key=$",
    "in a URL within a URL": "https://proxy.example/?to=https%3A%2F%2Fx%2Fprivate%2Fws%2F$",
}


@pytest.mark.parametrize("template", POSITIONS.values(), ids=POSITIONS)
@given(secret=secrets)
def test_no_ten_characters_of_a_secret_get_through(template: str, secret: str) -> None:
    shown = mask(template.replace("$", secret))

    assert not [secret[i : i + 10] for i in range(len(secret) - 9) if secret[i : i + 10] in shown]


@given(secret=secrets, before=st.text(), after=st.text())
def test_no_surroundings_bring_a_secret_to_light(secret: str, before: str, after: str) -> None:
    # Its ends may seem to be part of the text around it, and of that only.
    assert secret[8:-8] not in mask(before + secret + after)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("x?signature=abc&y=1", "x?signature=<hidden>&y=1"),
        ("{'listenKey': 'abc', 'a': 1}", "{'listenKey': '<hidden>', 'a': 1}"),
        ('{"listen_key": "a\\"b", "a": 1}', '{"listen_key": "<hidden>", "a": 1}'),
        ('{"listenKey": "abc', '{"listenKey": "<hidden>"'),
        ('{"listenKey": "abc\\', '{"listenKey": "<hidden>"'),
        (
            "/private/stream?listenKey=abc&events=A/B&listenKey=def",
            "/private/stream?listenKey=<hidden>&events=A/B&listenKey=<hidden>",
        ),
        (
            '{"params":["listenKey=abc&events=A/B"]}',
            '{"params":["listenKey=<hidden>&events=A/B"]}',
        ),
        ('"{\\"listenKey\\":\\"abc\\"}"', '"{\\"listenKey\\":\\"<hidden>\\"}"'),
        ("BinanceAuth(passphrase='two words')", "BinanceAuth(passphrase='<hidden>')"),
        ("BINANCE_PRIVATE_KEY_PASSPHRASE=abc", "BINANCE_PRIVATE_KEY_PASSPHRASE=<hidden>"),
        ("x-mbx-apikey: abc", "x-mbx-apikey: <hidden>"),
        ("('X-MBX-APIKEY', 'abc')", "('X-MBX-APIKEY', '<hidden>')"),
        ("Authorization: Basic abc def", "Authorization: <hidden>"),
        ("Set-Cookie: a=b; Path=/\r\nAccept: */*", "Set-Cookie: <hidden>\r\nAccept: */*"),
        ("[('Proxy-Authorization', 'Basic abc')]", "[('Proxy-Authorization', '<hidden>')]"),
        ("via http://user:word@proxy:3128", "via http://<hidden>@proxy:3128"),
        ("wss://host:1/ws/abc?x=1", "wss://host:1/ws/<hidden>?x=1"),
        ("GET /ws/abc", "GET /ws/<hidden>"),
        (
            "/stream?streams=abc/btcusdt@trade/btcusdt%40trade",
            "/stream?streams=<hidden>/btcusdt@trade/btcusdt%40trade",
        ),
        ("--secret-key abc --port 1", "--secret-key <hidden> --port 1"),
    ],
)
def test_a_value_with_a_telling_name_is_hidden_however_short(text: str, shown: str) -> None:
    assert mask(text) == shown


@pytest.mark.parametrize("cut", ["...", "…"])
def test_what_a_cut_leaves_of_a_key_is_hidden_and_what_it_leaves_of_a_name_is_not(cut: str) -> None:
    secret = "vmPUZE6mv9SD5VNHk4HlWFsOr6aKE2zvsw0MuIgwCIPy6utIco14y7Ju91duEh8A"

    assert mask(f"< '{secret[:30]}{cut}{secret[-20:]}'") == f"< '<hidden>{cut}<hidden>'"
    names = f"testThatAListenKeyIsAlive{cut}andNothingElseIsSaidOfIt"
    assert mask(names) == names


@pytest.mark.parametrize("prefix", OPTIONS.streams)
def test_a_listen_key_is_hidden_at_every_address_of_the_stream(prefix: str) -> None:
    assert mask(f"GET {prefix}/ws/abc") == f"GET {prefix}/ws/<hidden>"


@pytest.mark.parametrize("newline", ["\n", "\\n", "\r\n", " "])
@pytest.mark.parametrize(
    "encryption", [NoEncryption(), BestAvailableEncryption(b"phrase")], ids=["plain", "encrypted"]
)
@pytest.mark.parametrize("form", [PrivateFormat.PKCS8, PrivateFormat.TraditionalOpenSSL])
@pytest.mark.parametrize("kind", ["rsa", "ed25519", "ec"])
def test_a_private_key_is_hidden_whole(
    kind: str, form: PrivateFormat, encryption: KeySerializationEncryption, newline: str
) -> None:
    private = {
        "rsa": lambda: rsa.generate_private_key(65537, 2048),
        "ed25519": ed25519.Ed25519PrivateKey.generate,
        "ec": lambda: ec.generate_private_key(ec.SECP256R1()),
    }[kind]()
    if kind == "ed25519":
        form = PrivateFormat.PKCS8
    pem = (
        private.private_bytes(Encoding.PEM, form, encryption)
        .decode()
        .strip()
        .replace("\n", newline)
    )

    assert mask(f"before {pem} after") == "before <private key> after"
    assert mask(f"before {pem[:-30]}") == "before <private key>"


@given(seeds)
def test_lines_of_a_private_key_are_hidden_without_its_head(rng: random.Random) -> None:
    lines = [base64.b64encode(rng.randbytes(48)).decode() for _ in range(4)]

    shown = mask("\n".join(lines))

    assert not [line for line in lines if line in shown]


READABLE = [
    *(base for e in OPTIONS.environments for base in (e.rest, e.stream) if base),
    f"https://demo-fapi.binance.com{OPTIONS.listen_key_path}",
    (
        "POST https://demo-fapi.binance.com/eapi/v1/order?symbol=BTC-210129-40000-C&side=BUY&quantity=0.01&timestamp=1611825601400"
    ),
    '{"code": -1125, "msg": "This listenKey does not exist."}',
    "Invalid API-key, IP, or permissions for action.",
    "api_key=None, secret_key=None: give api_key=, secret_key= or private_key_path=.",
    "api_key: not set, signature: missing",
    (
        "There are /private/ws/<listenKey>, /private/ws?listenKey=<listenKey> and"
        " /private/stream?streams=<listenKey>."
    ),
    "Known: ['api_key', 'secret_key', 'mode']",
    "2026-01-01T12:00:00.123456+00:00",
    "BTC-260925-50000-C, BTCUSDT, 123e4567-e89b-12d3-a456-426614174000",
    "/home/user/projects/some/deep/path/tests/test_x.py::test_something[param]",
    "tests/plugin/test_modes.py::TestExpiry::test_that_a_listen_key_which_is_renewed_at_the_boundary_is_alive[replay-200]",
    "tests/test_unit.py::Case::testThatAListenKeyWhichIsRenewedAtTheBoundaryIsStillAlive",
    "/Users/JohnDoe/Library/Application%20Support/Code/User/workspaceStorage/MyApp2/UnitTests/test_a.py",
    "/private/var/folders/x1/8q3kz2mn5xz7yv1l_8f6b5wc0000gn/T/pytest-of-user/pytest-12/test_key0/cassettes/flow.yaml",
    "/opt/hostedtoolcache/Python/3.11.9/x64/lib/python3.11/site-packages/requests/adapters.py",
    "/nix/store/0c9mnr1a3rxhl9zqnyqr9q7hjhfk3jml-python3-3.11.9/lib/python3.11/site-packages",
    "/github/workspace/build/lib/linux/x86/64/abcdefghijk/x1/y2/z3/tests/e2e/v1/test_orders.py",
    "C:\\Users\\me\\AppData\\Local\\Temp\\pytest-of-me\\pytest-0\\test_flow.yaml",
    "/home/me/ws/project/cassettes/test_flow.yaml",
    (
        "wss://demo-fstream.binance.com/public/ws/btcusdt@trade and"
        " /public/stream?streams=btcusdt@trade/ethusdt@trade"
    ),
    "binance_sdk_derivatives_trading_options.rest_api.models.CreateListenKeyV1Resp",
    (
        "HTTPSConnectionPool(host='eapi.binance.com', port=443): Max retries exceeded with url:"
        " /eapi/v1/listenKey"
    ),
    (
        "(Caused by NewConnectionError('<urllib3.connection.HTTPSConnection object at"
        " 0x7f0000000000>: Failed to connect'))"
    ),
]


@pytest.mark.parametrize("text", READABLE, ids=range(len(READABLE)))
def test_ordinary_text_stays_as_it_is(text: str) -> None:
    assert mask(text) == text


words = st.from_regex(r"[a-z][a-z0-9_-]{0,14}", fullmatch=True)


@given(st.lists(words, min_size=1, max_size=12), words, words)
def test_paths_and_test_ids_of_words_stay_as_they_are(
    directories: list[str], module: str, test: str
) -> None:
    text = f"/{'/'.join(directories)}/test_{module}.py::test_{test}[{module}]"

    if "/ws/" not in text:
        assert mask(text) == text


@pytest.mark.parametrize(
    "fake", ["a" * 64, "1" * 64, "listen" * 10 + "Keys", "0123456789abcdef" * 4]
)
def test_what_has_the_length_of_a_key_is_hidden_however_plain(fake: str) -> None:
    assert mask(f"/x?foo={fake}&y=1") == "/x?foo=<hidden>&y=1"


def test_a_path_can_be_followed_up_to_the_secret_in_it() -> None:
    secret = key(random.Random(1))

    assert mask(f"/private/stream/{secret}") == "/private/stream/<hidden>"
    assert (
        mask(f"https://h/eapi/v1/x?foo={secret}&bar=2") == "https://h/eapi/v1/x?foo=<hidden>&bar=2"
    )
    assert mask(json.dumps({"stream": secret, "data": {}})) == '{"stream": "<hidden>", "data": {}}'


fragments = st.lists(
    st.one_of(
        secrets,
        st.sampled_from(list("\"'\\=:&/@ \n,-+%")),
        st.sampled_from(
            [
                "signature",
                "listenKey",
                "X-MBX-APIKEY",
                "cookie",
                "--api-key",
                "/ws/",
                "?streams=",
                "://",
                "<hidden>",
            ]
        ),
        st.sampled_from(["-----BEGIN PRIVATE KEY-----", "-----END PRIVATE KEY-----"]),
        st.text(max_size=5),
    )
).map("".join)


@given(fragments)
def test_masking_what_is_masked_changes_nothing(text: str) -> None:
    once = mask(text)

    assert mask(once) == once


@given(seeds)
def test_a_key_is_hidden_in_every_encoding_though_nobody_knows_it(rng: random.Random) -> None:
    secret = key(rng)
    for form in (
        "".join(f"%{byte:02X}" for byte in secret.encode()),
        secret.encode().hex(),
        base64.b64encode(secret.encode()).decode(),
        json.dumps(json.dumps(secret)),
    ):
        assert form.strip('"\\') not in mask(f"wss://h/private/x/{form} y")
