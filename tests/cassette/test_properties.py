"""What holds for every recording, tried with random ones. The oracles here share nothing with the
code under test."""

from __future__ import annotations

import base64
import gzip
import html
import json
import re
import string
import zlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from urllib.parse import parse_qs, quote, quote_plus, unquote_plus, urlsplit

import pytest
import vcr.serialize
import yaml
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from vcr.serializers import yamlserializer

from pytest_binance_options._cassette.format import parse, serialise
from pytest_binance_options._cassette.model import Cassette, Facts, Interaction, StreamFrame
from pytest_binance_options._cassette.redaction import Redactor
from pytest_binance_options._cassette.store import load, save
from pytest_binance_options._messages import Headers, Request, Response

from ..support.examples import FOR_EACH

ALNUM = string.ascii_letters + string.digits
keys = st.text(st.sampled_from(ALNUM), min_size=64, max_size=64).filter(
    lambda key: len(set(key)) > 12
)
base64_signatures = st.binary(min_size=64, max_size=64).map(
    lambda data: base64.b64encode(data).decode()
)
hex_signatures = st.binary(min_size=32, max_size=32).map(bytes.hex)
# Passphrases: any printable text that is long enough to be looked for inside other text. The first
# characters keep it from being a word of the protocol, which would be replaced as a whole value
# only.
passphrases = st.text(
    st.characters(codec="utf-8", exclude_categories=["C", "Z"]) | st.just(" "),
    min_size=12,
    max_size=40,
).map(lambda text: f"7§{text}!")


def encodings_of(secret: str) -> Iterator[bytes]:
    raw = secret.encode()
    yield raw
    yield from (quote(secret, safe=safe).encode() for safe in ("", "/", "/+="))
    yield quote_plus(secret).encode()
    yield quote(secret, safe="").lower().encode()
    yield "".join(f"%{byte:02X}" for byte in raw).encode()
    yield json.dumps(secret)[1:-1].encode()
    yield json.dumps(secret, ensure_ascii=False)[1:-1].encode()
    yield json.dumps(json.dumps(secret))[3:-3].encode()
    yield html.escape(secret).encode()
    # a quote of the other kind keeps Python from choosing between them
    yield ascii(f"'{secret}\"")[3:-2].encode()
    yield repr(b"'" + raw + b'"')[4:-2].encode()
    yield raw.hex().encode()
    yield raw.hex().upper().encode()
    for shift in range(3):
        # what is left of the secret inside a longer base64 text, wherever it begins in it
        encoded = base64.b64encode(b"\0" * shift + raw)[
            (0, 2, 3)[shift] : (len(raw) + shift) * 8 // 6
        ]
        yield encoded
        yield encoded.replace(b"+", b"-").replace(b"/", b"_")
    if re.fullmatch("[0-9a-f]{64}", secret):
        yield raw.upper()


PLACES: dict[str, Callable[[str, bytes], Interaction]] = {}


def place(make: Callable[[str, bytes], Interaction]) -> Callable[[str, bytes], Interaction]:
    PLACES[make.__name__] = make
    return make


URL = "https://eapi.binance.com/eapi/v1/x"
OK = Response(200, {"Content-Type": "application/json"}, b"{}")
GET = Request("GET", URL)


def json_of(value: object) -> Response:
    return Response(400, {"Content-Type": "application/json"}, json.dumps(value).encode())


@place
def in_a_query(secret: str, encoded: bytes) -> Interaction:
    return Interaction(Request("GET", f"{URL}?a=1&b={quote(encoded.decode(), safe='')}&c=2"), OK)


@place
def raw_in_a_query(secret: str, encoded: bytes) -> Interaction:
    return Interaction(Request("GET", f"{URL}?a=1&{encoded.decode()}=2"), OK)


@place
def in_a_path(secret: str, encoded: bytes) -> Interaction:
    return Interaction(Request("GET", f"{URL}/{encoded.decode()}/y"), OK)


@place
def in_a_request_header(secret: str, encoded: bytes) -> Interaction:
    return Interaction(Request("GET", URL, {"X-Debug": f"a {encoded.decode()}, b"}), OK)


@place
def in_a_headers_name(secret: str, encoded: bytes) -> Interaction:
    return Interaction(
        Request("GET", URL, {f"X-{encoded.decode()}": "1"}),
        Response(200, {f"Y-{encoded.decode()}": "1"}),
    )


@place
def in_a_response_header(secret: str, encoded: bytes) -> Interaction:
    return Interaction(
        GET, Response(200, {"X-Trace": encoded.decode(), "Location": f"/y?{encoded.decode()}"}, b"")
    )


@place
def in_a_credential(secret: str, encoded: bytes) -> Interaction:
    basic = base64.b64encode(f"user:{secret}".encode()).decode()
    return Interaction(
        Request("GET", URL, {"Authorization": f"Basic {basic}", "Cookie": secret}),
        Response(200, {"Set-Cookie": secret}),
    )


@place
def in_a_form(secret: str, encoded: bytes) -> Interaction:
    return Interaction(
        Request("POST", URL, {}, b"a=1&b=" + quote(encoded.decode(), safe="").encode()), OK
    )


@place
def in_an_odd_body(secret: str, encoded: bytes) -> Interaction:
    return Interaction(
        Request("POST", URL, {}, b"\xff\x00" + encoded + b"\xfe"),
        Response(200, {}, b"\x80" + encoded),
    )


@place
def in_json(secret: str, encoded: bytes) -> Interaction:
    return Interaction(GET, json_of({"a": [{"b": encoded.decode()}], encoded.decode(): 1}))


@place
def in_json_in_json(secret: str, encoded: bytes) -> Interaction:
    return Interaction(GET, json_of({"data": json.dumps({"b": encoded.decode()})}))


@place
def in_an_error(secret: str, encoded: bytes) -> Interaction:
    return Interaction(
        GET, json_of({"code": -1125, "msg": f"This listenKey ({encoded.decode()}) does not exist."})
    )


@place
def in_a_page(secret: str, encoded: bytes) -> Interaction:
    return Interaction(
        GET,
        Response(502, {"Content-Type": "text/html"}, b"<p title='" + encoded + b"'>\r\n" + encoded),
    )


@place
def in_gzip(secret: str, encoded: bytes) -> Interaction:
    body = gzip.compress(b'{"a":"' + encoded + b'"}')
    return Interaction(
        GET, Response(200, {"Content-Encoding": "gzip", "Content-Length": str(len(body))}, body)
    )


@place
def in_gzip_that_was_cut_off(secret: str, encoded: bytes) -> Interaction:
    body = gzip.compress(b'{"a":"' + encoded + b'"}' + bytes(range(256)))
    return Interaction(
        GET,
        Response(200, {"Content-Encoding": "gzip", "Content-Length": str(len(body))}, body[:-40]),
    )


@place
def in_gzip_that_is_damaged(secret: str, encoded: bytes) -> Interaction:
    body = bytearray(gzip.compress(encoded * 3))
    body[-7] ^= 0x55
    return Interaction(GET, Response(200, {"Content-Encoding": "gzip"}, bytes(body)))


@place
def in_gzip_that_is_not(secret: str, encoded: bytes) -> Interaction:
    return Interaction(GET, Response(200, {"Content-Encoding": "gzip"}, encoded))


@place
def in_deflate(secret: str, encoded: bytes) -> Interaction:
    request = Request("POST", URL, {"Content-Encoding": "deflate"}, zlib.compress(encoded))
    return Interaction(
        request,
        Response(200, {"Content-Encoding": "deflate, gzip"}, gzip.compress(zlib.compress(encoded))),
    )


@place
def in_a_tests_name(secret: str, encoded: bytes) -> Interaction:
    return Interaction(GET, OK, test=f"t.py::test[{encoded.decode()}]")


def written(cassette: Cassette, redactor: Redactor) -> bytes:
    """What a file holds after a save, with the readings of it that a thief could have."""
    data = serialise(redactor.redact(cassette)).encode()
    flat = [data]

    def walk(value: object) -> None:
        if isinstance(value, dict):
            for item in value.items():
                walk(list(item))
        elif isinstance(value, list):
            for item in value:
                walk(item)
        elif isinstance(value, (str, bytes)):
            text = value if isinstance(value, bytes) else value.encode()
            flat.append(text)
            for unpack in (gzip.decompress, zlib.decompress):
                try:
                    flat.append(unpack(text))
                except (OSError, zlib.error, EOFError):
                    continue

    walk(yaml.safe_load(data))
    return b"\n".join(flat)


def assert_hidden(secret: str, data: bytes) -> None:
    for encoded in encodings_of(secret):
        assert len(encoded) < 8 or encoded not in data


@pytest.mark.parametrize("where", PLACES)
@FOR_EACH
@given(secret=keys | passphrases | base64_signatures | hex_signatures, n=st.integers(0, 30))
def test_a_secret_that_was_given_is_nowhere_in_the_file(where: str, secret: str, n: int) -> None:
    options = list(dict.fromkeys(encodings_of(secret)))
    cassette = Cassette((PLACES[where](secret, options[n % len(options)]),))
    assert_hidden(secret, written(cassette, Redactor([secret])))


@given(
    api_key=keys,
    listen_key=keys,
    signature=hex_signatures | base64_signatures,
    wheres=st.lists(st.sampled_from(sorted(PLACES)), max_size=6),
    shown_first=st.booleans(),
    n=st.integers(0, 30),
)
def test_a_secret_that_nobody_knew_is_learned_from_the_flow_and_nowhere_in_the_file(
    api_key: str, listen_key: str, signature: str, wheres: list[str], *, shown_first: bool, n: int
) -> None:
    assume(len({api_key, listen_key, signature}) == 3)
    url = "https://demo-fapi.binance.com/eapi/v1/listenKey"
    flow = [
        Interaction(
            Request("POST", url, {"X-MBX-APIKEY": api_key}),
            json_of({"listenKey": listen_key, "expiration": 1}),
        ),
        Interaction(
            Request(
                "GET",
                f"{url}?listenKey={listen_key}&timestamp=1&signature={quote(signature, safe='')}",
            ),
            OK,
        ),
        Interaction(
            Request("PUT", url, {"x-mbx-apikey": api_key}, f"listenKey={listen_key}".encode()), OK
        ),
    ]
    echoes = []
    for secret in (api_key, listen_key, signature):
        options = list(dict.fromkeys(encodings_of(secret)))
        echoes += [
            PLACES[where](secret, options[(n + i) % len(options)]) for i, where in enumerate(wheres)
        ]
    frames = (
        StreamFrame(
            0,
            0,
            "out",
            "text",
            json.dumps({"method": "SUBSCRIBE", "params": [listen_key], "id": 1}).encode(),
        ),
        StreamFrame(
            0,
            1,
            "in",
            "text",
            json.dumps({"stream": listen_key, "data": {"listenKey": listen_key}}).encode(),
        ),
        StreamFrame(
            0,
            1,
            "in",
            "binary",
            listen_key.encode(),
            target=f"/private/stream?streams={listen_key}",
        ),
        StreamFrame(
            0, 2, "in", "close", b"\x03\xe8" + api_key.encode(), target=f"/private/ws/{listen_key}"
        ),
    )
    facts = Facts(host=f"https://u:p@h/{api_key}", source=listen_key)
    data = written(
        Cassette(tuple(echoes + flow if shown_first else flow + echoes), frames, facts), Redactor()
    )
    for secret in (api_key, listen_key, signature):
        assert_hidden(secret, data)


@given(first=keys, second=keys)
def test_equal_keys_stay_equal_and_different_ones_different(first: str, second: str) -> None:
    url = "https://demo-fapi.binance.com/eapi/v1/listenKey"
    cassette = Cassette(
        tuple(
            Interaction(
                Request("PUT", f"{url}?listenKey={used}", {"X-MBX-APIKEY": used}, used.encode()),
                json_of({"listenKey": given_}),
            )
            for used, given_ in ((first, second), (second, first))
        )
    )
    forth, back = Redactor().redact(cassette).interactions

    def used(interaction: Interaction) -> str:
        return parse_qs(urlsplit(interaction.request.url).query)["listenKey"][0]

    def handed_out(interaction: Interaction) -> str:
        value = json.loads(interaction.response.body)["listenKey"]
        assert re.fullmatch("[A-Za-z0-9]{64}", value)
        return str(value)

    assert used(forth) == handed_out(back)
    assert used(back) == handed_out(forth)
    assert used(forth).encode() == forth.request.body
    assert (used(forth) == used(back)) == (first == second)


texts = st.text(st.characters(codec="utf-8"), max_size=40)
bodies = texts.map(str.encode) | st.binary(max_size=40)
header_names = st.text(st.sampled_from(ALNUM + "-_"), min_size=1, max_size=8)
headers = st.lists(st.tuples(header_names, texts), max_size=4).map(Headers)
interactions = st.builds(
    Interaction,
    st.builds(
        Request,
        st.sampled_from(["GET", "POST", "put"]),
        texts.map(lambda t: "/" + t),
        headers,
        bodies,
    ),
    st.builds(Response, st.integers(100, 999), headers, bodies),
    st.none() | st.integers(0, 10**9),
    st.none() | texts.filter(bool),
)
frames = st.builds(
    StreamFrame,
    st.integers(0, 10**9),
    st.integers(0, 9),
    st.sampled_from(["in", "out"]),
    st.sampled_from(["text", "binary", "ping", "pong", "close"]),
    bodies,
    st.tuples(st.integers(0, 99), st.integers(0, 99)),
    st.none() | texts.filter(bool),
    st.none() | texts.filter(bool),
)
optional = st.none() | texts.filter(bool)
facts = st.builds(Facts, optional, optional, optional, optional, optional)
cassettes = st.builds(
    Cassette,
    st.lists(interactions, max_size=4).map(tuple),
    st.lists(frames, max_size=3).map(tuple),
    facts,
)


def grouped(cassette: Cassette) -> Cassette:
    """The format keeps a mapping of header names to values: the same name in another case is the
    same name."""

    def group(headers: Headers) -> Headers:
        names = {}
        for name, _ in headers.pairs:
            names.setdefault(name.lower(), name)
        return Headers(
            (names[low], v) for low in names for n, v in headers.pairs if n.lower() == low
        )

    return replace(
        cassette,
        interactions=tuple(
            replace(
                i,
                request=replace(i.request, headers=group(i.request.headers)),
                response=replace(i.response, headers=group(i.response.headers)),
            )
            for i in cassette.interactions
        ),
    )


@given(cassettes)
def test_any_recording_is_read_as_it_was_written(cassette: Cassette) -> None:
    assert parse(serialise(cassette), name="x") == grouped(cassette)


@given(cassettes)
def test_vcrpy_reads_any_recording(cassette: Cassette) -> None:
    requests, responses = vcr.serialize.deserialize(serialise(cassette), yamlserializer)
    assert [(r.method, r.uri, r.body or b"") for r in requests] == [
        (i.request.method, i.request.url, i.request.body) for i in cassette.interactions
    ]
    assert [(r["status"]["code"], r["body"]["string"]) for r in responses] == [
        (i.response.status, i.response.body) for i in cassette.interactions
    ]


@given(cassettes)
def test_redaction_changes_nothing_the_second_time(cassette: Cassette) -> None:
    once = Redactor().redact(cassette)
    assert Redactor().redact(once) == once


def test_the_file_on_disk_is_the_recording_without_its_secrets(tmp_path: Path) -> None:
    @given(cassettes)
    @settings(max_examples=30)
    def check(cassette: Cassette) -> None:
        save(tmp_path / "c.yaml", cassette)
        assert load(tmp_path / "c.yaml") == grouped(Redactor().redact(cassette))

    check()


SECRET_NAMES = ("apikey", "password")  # those that fit into eight letters


def _names_a_secret(name: str) -> bool:
    return name.lower().replace("-", "").replace("_", "") in SECRET_NAMES


@given(
    st.dictionaries(
        header_names.filter(lambda name: not _names_a_secret(name)),
        texts.filter(lambda t: "x" not in t),
        max_size=5,
    )
)
def test_a_form_without_secrets_stays_as_it_is(fields: dict[str, str]) -> None:
    body = "&".join(f"{quote(n)}={quote_plus(v)}" for n, v in fields.items()).encode()
    [interaction] = (
        Redactor(["x"])
        .redact(Cassette((Interaction(Request("POST", URL, {}, body), OK),)))
        .interactions
    )
    assert (
        dict(
            part.split("=") for part in interaction.request.body.decode().split("&") if part
        ).keys()
        == fields.keys()
    )
    assert [
        unquote_plus(part.partition("=")[2])
        for part in interaction.request.body.decode().split("&")
        if part
    ] == list(fields.values())
