from __future__ import annotations

import gzip
import json
from datetime import datetime, timedelta, timezone

import pytest

from pytest_binance_options._cassette.findings import (
    Finding,
    age,
    find_secrets,
    find_staleness,
    find_wrong_shapes,
)
from pytest_binance_options._cassette.model import Cassette, Facts, Interaction, StreamFrame
from pytest_binance_options._cassette.redaction import Redactor
from pytest_binance_options._messages import Headers, Request, Response

KEY = "vmPUZE6mv9SD5VNHk4HlWFsOr6aKE2zvsw0MuIgwCIPy6utIco14y7Ju91duEh8A"
HMAC = "c8db56825ae71d6d79447849e617115f4a920fa2acdcab2b053c4b2838bd6b71"
PEM = "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIBnXYmJqTOEJcQ\n-----END PRIVATE KEY-----"
URL = "https://h/eapi/v1/listenKey"
NOW = datetime(2026, 6, 1, tzinfo=timezone.utc)


def of(request: Request, response: Response | None = None, **kwargs: object) -> Cassette:
    return Cassette((Interaction(request, response or Response(200)),), **kwargs)  # type: ignore[arg-type]


def answered(
    method: str,
    body: object,
    status: int = 200,
    content_type: str = "application/json",
    path: str = "/eapi/v1/listenKey",
) -> Cassette:
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    return of(
        Request(method, f"https://h{path}"), Response(status, {"Content-Type": content_type}, data)
    )


@pytest.mark.parametrize(
    ("cassette", "where", "what"),
    [
        (
            of(Request("POST", URL, {"X-MBX-APIKEY": KEY})),
            "interaction 1, request headers",
            "an API key",
        ),
        (
            of(Request("PUT", f"{URL}?listenKey={KEY[:40]}")),
            "interaction 1, address",
            "a listen key",
        ),
        (of(Request("PUT", f"{URL}?signature={HMAC}")), "interaction 1, address", "a signature"),
        (
            of(Request("PUT", URL, {}, f"x=1&signature={HMAC}".encode())),
            "interaction 1, request body",
            "a signature",
        ),
        (
            of(Request("POST", URL), Response(200, {}, json.dumps({"listenKey": KEY}).encode())),
            "interaction 1, response body",
            "a listen key",
        ),
        (
            of(
                Request("POST", URL),
                Response(
                    200,
                    {"Content-Encoding": "gzip"},
                    gzip.compress(json.dumps({"listenKey": KEY}).encode()),
                ),
            ),
            "interaction 1, response body",
            "a listen key",
        ),
        (
            of(Request("POST", URL), Response(200, {"X-Trace": KEY})),
            "interaction 1, response headers",
            "what looks like a key or a secret",
        ),
        (
            of(Request("POST", URL, {}, PEM.encode())),
            "interaction 1, request body",
            "what looks like a key or a secret",
        ),
        (
            Cassette((Interaction(Request("POST", URL), Response(200), test=f"t[{KEY}]"),)),
            "interaction 1, test",
            "what looks like a key or a secret",
        ),
        (
            Cassette((), (StreamFrame(0, 0, "in", "text", b"", target=f"/private/ws/{KEY}"),)),
            "frame 1",
            "a listen key",
        ),
        (
            Cassette(
                (), (StreamFrame(0, 0, "in", "text", json.dumps({"listenKey": KEY}).encode()),)
            ),
            "frame 1",
            "a listen key",
        ),
    ],
)
def test_a_secret_is_found_with_its_place_and_not_shown(
    cassette: Cassette, where: str, what: str
) -> None:
    findings = find_secrets(cassette)
    assert (
        str(findings[0])
        == f"{where}: {what}. Revoke it if it was real, and record the cassette again"
    )
    assert KEY[:20] not in str(findings)
    assert HMAC[:20] not in str(findings)


@pytest.mark.parametrize("name", ["Authorization", "Cookie"])
def test_other_credentials_are_found_too(name: str) -> None:
    findings = find_secrets(of(Request("POST", URL, {name: "Basic dXNlcjpodW50ZXIyaHVudGVyMg=="})))
    assert (
        Finding("interaction 1, request", f"the header {name.lower()}. Record the cassette again")
        in findings
    )


@pytest.mark.parametrize(
    "value", ["DUMMY", "[REDACTED]", "x" * 64, "", "<hidden>", "FILTERED-FILTERED"]
)
def test_placeholders_of_other_recorders_are_no_secrets(value: str) -> None:
    body = json.dumps({"listenKey": value}).encode()
    request = Request(
        "POST", f"{URL}?signature={value}", {"X-MBX-APIKEY": value, "Authorization": value}
    )
    assert find_secrets(of(request, Response(200, {}, body))) == []


def test_a_body_that_can_not_be_decoded_is_looked_at_as_it_is() -> None:
    answer = Response(
        200, {"Content-Encoding": "compress"}, json.dumps({"listenKey": KEY}).encode()
    )
    assert find_secrets(of(Request("POST", URL), answer))


def test_what_was_redacted_holds_none() -> None:
    request = Request("POST", f"{URL}?signature={HMAC}", {"X-MBX-APIKEY": KEY})
    cassette = of(
        request,
        Response(200, {"X-A": KEY[::-1]}, json.dumps({"listenKey": KEY.swapcase()}).encode()),
    )
    assert find_secrets(cassette)
    assert find_secrets(Redactor().redact(cassette)) == []


@pytest.mark.parametrize(
    ("cassette", "problem"),
    [
        (
            answered("POST", {"expiration": 1}),
            "the answer has no listenKey, or one that is no text",
        ),
        (answered("POST", {"listenKey": 5}), "the answer has no listenKey, or one that is no text"),
        (
            answered("POST", {"listenKey": ""}),
            "the answer has no listenKey, or one that is no text",
        ),
        (answered("POST", b"<html>"), "the answer is 200, and no JSON"),
        (answered("PUT", b""), "the answer is 200, and no JSON"),
        (answered("DELETE", []), "the answer is JSON, but no object"),
        (
            answered("PUT", {}, content_type="text/plain"),
            "the answer's content type is not application/json",
        ),
    ],
)
def test_an_answer_that_the_exchange_would_not_give_is_found(
    cassette: Cassette, problem: str
) -> None:
    [finding] = find_wrong_shapes(cassette)
    assert (
        str(finding)
        == f"interaction 1, {cassette.interactions[0].request.method} /eapi/v1/listenKey: {problem}"
    )


@pytest.mark.parametrize(
    "cassette",
    [
        answered("POST", {"listenKey": "abc", "expiration": 1}),
        answered("PUT", {}, content_type="application/json;charset=UTF-8"),
        answered("DELETE", {}),
        answered("POST", b"<html>", 503, "text/html"),
        answered("GET", b"<html>"),
        answered("POST", b"[]", path="/eapi/v1/order"),
        Cassette(),
    ],
)
def test_other_answers_are_in_order(cassette: Cassette) -> None:
    assert find_wrong_shapes(cassette) == []


def test_a_recording_is_as_old_as_its_facts_say() -> None:
    cassette = Cassette(facts=Facts(recorded_at="2026-05-02T00:00:00Z"))
    assert age(cassette, NOW) == timedelta(days=30)
    assert find_staleness(cassette, max_age_days=30, now=NOW) == []
    assert [str(f) for f in find_staleness(cassette, max_age_days=29.5, now=NOW)] == [
        "it is 30 days old, and 29.5 are allowed. Record it again"
    ]
    assert age(Cassette(facts=Facts(recorded_at="2026-05-02")), NOW) == timedelta(days=30)


def test_another_tools_recording_is_as_old_as_its_last_answer() -> None:
    dates = [
        "Sat, 02 May 2026 00:00:00 GMT",
        "Fri, 01 May 2026 00:00:00 GMT",
        "Sat, 02 May 2026 00:00:00",
        "nonsense",
        "",
    ]
    cassette = Cassette(
        tuple(
            Interaction(Request("GET", URL), Response(200, Headers({"Date": date})))
            for date in dates
        )
    )
    assert age(cassette, NOW) == timedelta(days=30)


@pytest.mark.parametrize("cassette", [Cassette(), Cassette(facts=Facts(recorded_at="yesterday"))])
def test_a_recording_of_unknown_age_is_not_fresh(cassette: Cassette) -> None:
    assert age(cassette, NOW) is None
    assert [str(f) for f in find_staleness(cassette, max_age_days=1, now=NOW)] == [
        "nothing in it says when it was recorded. Record it again"
    ]
