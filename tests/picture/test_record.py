"""A test's record is JSON text that hides secrets and goes through any encoding."""

from __future__ import annotations

import json

from pytest_binance_options._picture.picture import picture
from pytest_binance_options._picture.record import Record
from pytest_binance_options._picture.steps import Step, Words

KEY = "pqia91ma19a5s61cv6a81va65sdf19v8a65a1a5s61cv6a81va65sdf19v8a65a1"


def test_it_is_all_there() -> None:
    words = Words("POST x", "POST /x -> 200", sub="200", tone="good", detail="{}")
    drawn = picture([Step(5, "requests", 1, lambda: words)] * 2)
    record = Record(
        "a.py::t", "failed", "simulate", "exchange", 0.5, ("f",), ("h",), "e", "s", "r", drawn, 2
    )
    head, body = record.dumps().splitlines()
    assert json.loads(head) == {
        "name": "a.py::t",
        "outcome": "failed",
        "seconds": 0.5,
        "attempt": 2,
        "says": "h",
    }
    assert json.loads(body) == {
        "name": "a.py::t",
        "outcome": "failed",
        "mode": "simulate",
        "clock": "exchange",
        "seconds": 0.5,
        "facts": ["f"],
        "hints": ["h"],
        "error": "e",
        "summary": "s",
        "rest": "r",
        "attempt": 2,
        "picture": {
            "lanes": [{"key": "requests", "title": "REST"}],
            "moments": [
                {
                    "at": 5,
                    "lane": "requests",
                    "label": "POST x",
                    "text": "POST /x -> 200",
                    "sub": "200",
                    "tone": "good",
                    "detail": "{}",
                    "times": 2,
                    "until": 5,
                }
            ],
            "rounds": [],
            "spans": [],
            "gap": 0,
            "leftOut": 0,
            "steps": 2,
        },
    }


def test_no_secret_is_in_it() -> None:
    told = Record(
        f"test_x[{KEY}]",
        "failed",
        facts=(f"wss://x/private/ws/{KEY}",),
        hints=(KEY,),
        summary=KEY,
        error=f"E  assert '{KEY}' == 1",
    ).dumps()
    assert KEY not in told
    assert told.count("<hidden>") == 7


def test_any_character_goes_through_any_encoding() -> None:
    record = Record("t[\ud800\u2028\x00</script>]", "failed", error="\udfff\N{SNOWMAN}")
    told = record.dumps()
    assert told.isascii()
    body = json.loads(told.splitlines()[1])
    assert body["name"] == "t[\ufffd\ufffd\ufffd</script>]"
    assert body["error"] == "\ufffd\N{SNOWMAN}"


def test_of_an_endless_error_the_end_is_there() -> None:
    told = Record("t", "failed", error="- " * 15_000 + "\nthe end").to_json()["error"]
    assert isinstance(told, str)
    assert told.startswith("(10,008 characters more)...\n- ")
    assert told.endswith("- \nthe end")
