"""The page is one file that needs no other, in which nothing that somebody has sent is markup."""

from __future__ import annotations

import base64
import hashlib
import re
from importlib.resources import files

import pytest

from pytest_binance_options._picture.page import NOTHING, element, page
from pytest_binance_options._picture.picture import picture
from pytest_binance_options._picture.record import Record
from pytest_binance_options._picture.steps import Step, Words

from .reading import Page

HOSTILE = (
    "</script><script>alert(1)</script>",
    "<!--<script>",
    "]]>--><img src=x onerror=alert(1)>",
    "\"'`${alert(1)}{{ script }}",
    "\u2028\u2029\x00\x1b[31m\ud800\udfff\u202e",
    "&lt;&#60;",
)


def record(name: str, outcome: str = "passed", text: str = "", label: str = "") -> Record:
    drawn = picture([Step(0, "requests", 0, lambda: Words(label, text, detail=text))])
    return Record(
        name,
        outcome,
        mode="simulate",
        facts=(text,),
        hints=(text,),
        error=text,
        summary=text,
        picture=drawn,
    )


def test_failures_come_first_and_the_rest_as_it_ran() -> None:
    outcomes = ("skipped", "passed", "failed", "rerun", "error", "passed", "failed", "odd")
    records = [record(f"t{n}", outcome) for n, outcome in enumerate(outcomes)]
    found = Page(page(each.dumps() for each in records))
    assert [each["name"] for each in found.index] == [
        "t2",
        "t6",
        "t4",
        "t3",
        "t1",
        "t5",
        "t0",
        "t7",
    ]
    assert [each["name"] for each in found.records] == [each["name"] for each in found.index]


def test_what_somebody_has_sent_is_in_it_as_data() -> None:
    hostile = "\n".join(HOSTILE)
    sent = record(hostile, text=hostile, label=hostile)
    calm = Page(page([record("calm").dumps()], title="calm"))
    found = Page(page([sent.dumps()], title=hostile, noun=hostile, nothing=hostile))
    assert [tag for tag, _ in found.tags] == [tag for tag, _ in calm.tags]
    assert found.records == [sent.to_json()]
    assert found.records[0]["hints"][0].startswith("\n".join(HOSTILE[:4]))
    raw = "".join(found.having(type="application/json"))
    assert re.findall("[<>&\x00\u2028\u2029]", raw) == []


def test_it_is_ascii_in_any_case() -> None:
    text = page([record("t[\N{SNOWMAN}\ud800]").dumps()], title="\N{SNOWMAN}")
    assert text.isascii()
    assert "&#9731;" in text


def test_only_its_own_script_and_style_may_run_and_nothing_is_fetched() -> None:
    found = Page(page([record("t").dumps()]))
    (policy,) = [
        attributes["content"]
        for tag, attributes in found.tags
        if tag == "meta" and attributes.get("http-equiv") == "Content-Security-Policy"
    ]
    assert policy is not None
    ((script, _),) = [
        (text, tags)
        for tags, text in found.inside
        if tags["tag"] == "script" and "type" not in tags
    ]
    (style,) = found.having(tag="style")
    for text, directive in ((script, "script-src"), (style, "style-src")):
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert f"{directive} 'sha256-{digest}'" in policy
    assert policy.startswith("default-src 'none'; ")
    addresses = [
        value
        for _, attributes in found.tags
        for name, value in attributes.items()
        if name in ("src", "href", "srcset", "action", "data")
    ]
    assert [address for address in addresses if not str(address).startswith("data:")] == []
    assert (
        re.findall(r"https?://(?!www\.w3\.org/2000/svg)|@import|url\((?!#)", script + style) == []
    )


def test_nothing_is_left_to_be_filled_in() -> None:
    assert "{{" not in page([]).replace("${{", "")


def test_where_there_is_nothing_it_says_so() -> None:
    ((_, attributes),) = [each for each in Page(page([])).tags if each[1].get("id") == "index"]
    assert attributes["data-nothing"] == NOTHING


@pytest.mark.parametrize(
    "name", ["picture.js", "page.js", "colours.css", "picture.css", "page.css"]
)
def test_scripts_and_styles_are_ascii(name: str) -> None:
    """Character references mean nothing in them."""
    assert (files("pytest_binance_options._picture") / "assets" / name).read_text("utf-8").isascii()


@pytest.mark.parametrize("name", ["picture.js", "page.js"])
def test_the_scripts_make_no_markup_of_text(name: str) -> None:
    script = (files("pytest_binance_options._picture") / "assets" / name).read_text("utf-8")
    assert (
        re.findall(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(", script) == []
    )


def test_the_element_has_its_style_with_it() -> None:
    assert ".timeline" in element()
    assert re.findall("[<>]/?(script|style)", element()) == []
