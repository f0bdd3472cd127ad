from __future__ import annotations

import json
import re
from dataclasses import replace
from urllib.parse import quote

import pytest

from pytest_binance_options._cassette.model import Cassette, Facts, Interaction, StreamFrame
from pytest_binance_options._cassette.redaction import Redactor, texts
from pytest_binance_options._messages import Headers, Request, Response
from pytest_binance_options._products import OPTIONS
from pytest_binance_options.errors import CassetteError

KEY = "vmPUZE6mv9SD5VNHk4HlWFsOr6aKE2zvsw0MuIgwCIPy6utIco14y7Ju91duEh8A"
SECRET = "NhqPtmdSJYdKjVHjA7PZj4Mge3R5YNiP1e3UZjInClVN65XAbvqqM6A7H5fATj0j"
LISTEN_KEY = "pqia91ma19a5s61cv6a81va65sdf19v8a65a1a5s61cv6a81va65sdf19v8a65a1"
HMAC = "c8db56825ae71d6d79447849e617115f4a920fa2acdcab2b053c4b2838bd6b71"
URL = "https://h/eapi/v1/listenKey"
ALIAS = "ALIASlistenKey1" + "x" * 49


def redacted(request: Request, response: Response, *secrets: str) -> Interaction:
    [interaction] = (
        Redactor(secrets).redact(Cassette((Interaction(request, response),))).interactions
    )
    return interaction


def everything(cassette: Cassette | Interaction) -> str:
    if isinstance(cassette, Interaction):
        cassette = Cassette((cassette,))
    return "\n".join(text.decode("latin-1") for _, text in texts(cassette))


def test_a_listen_key_is_the_same_alias_wherever_it_stands() -> None:
    created = json.dumps({"listenKey": LISTEN_KEY}).encode()
    cassette = Cassette(
        (
            Interaction(Request("POST", URL), Response(200, {}, created)),
            Interaction(
                Request("PUT", f"{URL}?listenKey={LISTEN_KEY}"),
                Response(200, {"X-Key": LISTEN_KEY}, b"{}"),
            ),
            Interaction(
                Request("PUT", URL, {}, f"listenKey={LISTEN_KEY}".encode()),
                Response(400, {}, LISTEN_KEY.encode()),
            ),
        ),
        (
            StreamFrame(
                0,
                0,
                "out",
                "text",
                json.dumps({"method": "SUBSCRIBE", "params": [LISTEN_KEY]}).encode(),
            ),
            StreamFrame(
                9, 1, "in", "ping", LISTEN_KEY.encode(), target=f"/private/ws/{LISTEN_KEY}"
            ),
        ),
    )
    result = Redactor().redact(cassette)
    assert LISTEN_KEY not in everything(result)
    first, second, third = result.interactions
    assert json.loads(first.response.body) == {"listenKey": ALIAS}
    assert second.request.url == f"{URL}?listenKey={ALIAS}"
    assert second.response.headers["x-key"] == ALIAS
    assert third.request.body == f"listenKey={ALIAS}".encode()
    assert third.response.body == ALIAS.encode()
    assert json.loads(result.frames[0].payload)["params"] == [ALIAS]
    assert (result.frames[1].target, result.frames[1].payload) == (
        f"/private/ws/{ALIAS}",
        ALIAS.encode(),
    )


def test_a_secret_that_shows_late_is_taken_out_of_the_beginning_too() -> None:
    odd = "an odd listen key"
    cassette = Cassette(
        (
            Interaction(
                Request("GET", "https://h/eapi/v1/x"), Response(200, {}, f"<p>{odd}</p>".encode())
            ),
            Interaction(
                Request("POST", URL), Response(200, {}, json.dumps({"listenKey": odd}).encode())
            ),
        )
    )
    first, second = Redactor().redact(cassette).interactions
    assert first.response.body == b"<p>ALIASlistenKey1xx</p>"
    assert json.loads(second.response.body) == {"listenKey": "ALIASlistenKey1xx"}


def test_two_api_keys_get_two_aliases_and_each_keeps_its_own() -> None:
    keys = [KEY, SECRET, KEY]
    cassette = Cassette(
        tuple(
            Interaction(Request("POST", URL, {"X-MBX-APIKEY": key}), Response(200)) for key in keys
        )
    )
    aliases = [i.request.headers["x-mbx-apikey"] for i in Redactor().redact(cassette).interactions]
    assert aliases == [
        "ALIASapiKey1" + "x" * 52,
        "ALIASapiKey2" + "x" * 52,
        "ALIASapiKey1" + "x" * 52,
    ]


@pytest.mark.parametrize(
    ("signature", "shape"),
    [
        (HMAC, r"[0-9a-f]{64}"),
        (HMAC.upper(), r"[0-9a-f]{64}"),
        (quote("Vw9x+/Qm" * 10 + "abcdEF==", safe=""), r"[A-Za-z0-9]{86}%3D%3D"),
        ("short", r"ALIASsignature1x"),
    ],
)
def test_a_signature_gets_an_alias_of_its_shape(signature: str, shape: str) -> None:
    url = redacted(
        Request("GET", f"https://h/eapi/v1/x?timestamp=17&signature={signature}"), Response(200)
    ).request.url
    assert signature not in url
    assert re.fullmatch(rf"https://h/eapi/v1/x\?timestamp=17&signature={shape}", url)


def test_secrets_that_are_given_are_found_without_a_name() -> None:
    lines = "MC4CAQAwBQYDK2VwBCIEIBnXYmJqTOEJcQ\nE2x0cPmLhbLVyaGwxGKKLhbpZ4"
    pem = f"-----BEGIN PRIVATE KEY-----\n{lines}\n-----END PRIVATE KEY-----\n"
    body = f"{SECRET} hunter2hunter2 MC4CAQAwBQYDK2VwBCIEIBnXYmJqTOEJcQ".encode() + pem.encode()
    request = Request("POST", URL, {"X-Debug": SECRET}, body)
    result = redacted(request, Response(200), SECRET, "hunter2hunter2", pem)
    for secret in (SECRET, "hunter2", *lines.split("\n")):
        assert secret not in everything(result)


def test_a_secret_that_an_alias_makes_with_what_follows_it_is_taken_out_too() -> None:
    # The first alias ends in x: with the two letters after it, it reads as the second secret.
    body = redacted(
        Request("POST", URL, {}, f"{SECRET}ab".encode()), Response(200), SECRET, "xxxxxxxxab"
    ).request.body
    assert b"xxxxxxxxab" not in body
    assert body.startswith(b"ALIASsecret1")


def test_a_short_secret_is_replaced_where_it_is_a_whole_value() -> None:
    request = Request(
        "POST",
        "https://h/eapi/v1/x?a=cat&b=concat",
        {"X-A": "cat", "X-B": "concat"},
        b"a=cat&b=a+cat",
    )
    body = b'{"cat": ["cat", "concat", "c\\u0061t"], "n": 1}'
    result = redacted(request, Response(200, {}, body), "cat")
    alias = "ALIASsecret1x"
    assert result.request.url == f"https://h/eapi/v1/x?a={alias}&b=concat"
    assert result.request.headers.pairs == (("X-A", alias), ("X-B", "concat"))
    assert result.request.body == f"a={alias}&b=a+cat".encode()
    assert json.loads(result.response.body) == {"cat": [alias, "concat", alias], "n": 1}


def test_a_secret_that_is_a_word_of_the_protocol_does_not_break_the_recording() -> None:
    body = b'{"listenKey":"listenKey"}'
    result = redacted(
        Request("POST", URL, {"Content-Type": "application/json"}),
        Response(200, {}, body),
        "listenKey",
        OPTIONS.listen_key_path,
    )
    assert result.request.url == URL
    assert json.loads(result.response.body) == {"listenKey": "ALIASlistenKey1x"}


def test_credentials_of_other_kinds_are_left_out() -> None:
    request = Request(
        "POST",
        "https://me:hunter2hunter2@h/x",
        {"Authorization": "Bearer abcdefghijklmnop", "Cookie": "a=b", "Host": "h"},
    )
    response = Response(
        200, {"Set-Cookie": "a=b", "X-Seen": "abcdefghijklmnop hunter2hunter2"}, b""
    )
    result = redacted(request, response)
    assert result.request.url == "https://h/x"
    assert result.request.headers.pairs == ()
    assert [name for name, _ in result.response.headers.pairs] == ["X-Seen"]
    assert "abcdefghijklmnop" not in everything(result)
    assert "hunter2" not in everything(result)


def test_text_that_only_looks_like_json_is_kept() -> None:
    body = b'{"a": "\\x", "b": "cat"'
    assert (
        redacted(Request("POST", URL, {}, body), Response(200), "cat", "").request.body
        == b'{"a": "\\x", "b": "ALIASsecret1x"'
    )


def test_what_is_no_secret_is_kept_byte_for_byte() -> None:
    request = Request(
        "PUT", "https://h/eapi/v1/x?b=%2f&a=1&&c", {"B": "1", "a": "2", "b": "3"}, b"\xff=\x00"
    )
    response = Response(
        503, {"Retry-After": "5", "Content-Type": "text/html"}, "<p>é\r\n</p>".encode()
    )
    result = redacted(request, response, SECRET)
    assert result.request == replace(request, client="127.0.0.1")
    assert result.response == response


def test_redacting_again_changes_nothing() -> None:
    body = json.dumps({"listenKey": LISTEN_KEY}).encode()
    request = Request(
        "POST",
        f"{URL}?signature={HMAC}&x={quote('Vw9x+/Qm' * 10 + 'abcdEF==', safe='')}",
        {"X-MBX-APIKEY": KEY},
    )
    cassette = Cassette((Interaction(request, Response(200, {}, body)),))
    once = Redactor().redact(cassette)
    assert Redactor().redact(once) == once


def test_the_aliases_of_a_recording_beside_it_are_left_to_that() -> None:
    body = json.dumps({"listenKey": LISTEN_KEY}).encode()
    mine = Cassette((Interaction(Request("POST", URL), Response(200, {}, body)),))
    theirs = Redactor().redact(mine)
    result = Redactor().redact(mine, beside=theirs)
    assert json.loads(result.interactions[0].response.body) == {
        "listenKey": "ALIASlistenKey2" + "x" * 49
    }


def test_a_tests_name_and_the_facts_hold_no_secret_either() -> None:
    cassette = Cassette(
        (
            Interaction(
                Request("GET", URL), Response(200), test=f"t.py::test[{SECRET}-hunter2hunter2]"
            ),
        ),
        facts=Facts(host=f"https://u:{SECRET}@h", source=SECRET),
    )
    redactor = Redactor(["hunter2hunter2", SECRET])
    result = redactor.redact(cassette)
    assert (
        result.interactions[0].test
        == "t.py::test[<hidden>-<hidden>]"
        == redactor.name(cassette.interactions[0].test)
    )
    assert result.facts == Facts(host="https://h", source="ALIASsecret2" + "x" * 52)


def test_a_repr_of_it_shows_nothing() -> None:
    assert SECRET not in repr(Redactor([SECRET]))


def test_where_a_secret_is_left_nothing_is_written_and_nothing_shown(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from pytest_binance_options._cassette import redaction

    monkeypatch.setattr(redaction, "replace_hits", lambda text, _hits, _alias: text)
    with pytest.raises(CassetteError) as caught:
        redacted(Request("POST", URL, Headers({"X-A": SECRET})), Response(200), SECRET)
    assert (
        str(caught.value)
        == "a secret is still to be seen in a request header of interaction 1 after redaction; the"
        " cassette was not written. Please report this, with the kind of client that was"
        " recorded, and without the secret."
    )
