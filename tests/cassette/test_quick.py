from __future__ import annotations

import re

import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st

from pytest_binance_options._cassette import format as cassette_format
from pytest_binance_options._cassette.format import parse, serialise
from pytest_binance_options._cassette.model import Cassette, Facts, Interaction
from pytest_binance_options._cassette.quick import read
from pytest_binance_options._cassette.yaml_text import Loader, dump
from pytest_binance_options._messages import Headers, Request, Response

from .test_properties import cassettes

FLOW = Cassette(
    tuple(
        Interaction(
            Request(
                method,
                "https://demo-fapi.binance.com/eapi/v1/listenKey?a=1&b=%2F",
                {"Accept": "*/*", "User-Agent": "a/1.0 (x; y)"},
            ),
            Response(
                200,
                Headers(
                    [("Date", "Sat, 02 May 2026 00:00:00 GMT"), ("X", "1"), ("X", "on"), ("Y", "")]
                ),
                body,
            ),
            at_ms=5,
            test="tests/test_bot.py::TestBot::test_it[a: #b 'c']",
        )
        for method, body in (
            ("POST", b'{"listenKey":"abc","n":1}'),
            ("PUT", b"{}"),
            ("DELETE", b"<p>\r\n\t</p>"),
            ("GET", b""),
        )
    ),
    (),
    Facts("2026-01-02T03:04:05Z", "0.1.0", "https://demo-fapi.binance.com", "testnet", "testnet"),
)
TEXT = serialise(FLOW)


def theirs(text: str) -> object:
    return yaml.load(text, Loader=Loader)


def test_a_recording_of_the_flow_is_read_without_the_yaml_parser(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(cassette_format, "yaml", None)
    assert parse(TEXT, name="x") == FLOW


def test_it_reads_what_the_yaml_parser_reads() -> None:
    assert read(TEXT) == theirs(TEXT)


@given(cassettes)
def test_any_recording_is_read_alike_or_not_at_all(cassette: Cassette) -> None:
    text = serialise(cassette)
    assert read(text) in (None, theirs(text))


values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text(max_size=12)
    | st.binary(max_size=4)
    | st.from_regex(r"[-A-Za-z0-9:/#'\"~. ]{0,10}", fullmatch=True),
    lambda below: (
        st.lists(below, max_size=3)
        | st.dictionaries(st.from_regex(r"[A-Za-z~:_ -]{1,6}", fullmatch=True), below, max_size=3)
    ),
    max_leaves=12,
)


@given(st.dictionaries(st.sampled_from(["a", "b", "On", "No-Go", "1"]), values, min_size=1))
def test_any_document_is_read_alike_or_not_at_all(document: dict[str, object]) -> None:
    text = dump(document)
    assert read(text) in (None, theirs(text))


LINES = TEXT.splitlines(keepends=True)
ODD = "-:#'\"\\>{}[],~1@`|=?\n\t\r\0 éy"
PIECES = [
    "  ",
    "- ",
    " - ",
    ": ",
    "a: ",
    " #",
    "\\n",
    "&a ",
    "*a",
    "!!binary ",
    "? ",
    "null",
    "yes",
    "0x1",
    "1_0",
    "1:1",
    ".5",
]
snippets = st.sampled_from([*ODD, *PIECES, "<<: ", "---\n", "...\n", "%YAML 1.1\n", "\ufeff", ""])


@given(
    st.integers(0, len(TEXT)),
    st.integers(0, 12),
    st.lists(snippets, max_size=3).map("".join),
    st.integers(0, len(LINES)),
    st.integers(0, 3),
)
@example(0, 0, "", 3, 1)
def test_a_damaged_file_is_read_alike_or_not_at_all(
    at: int, gone: int, instead: str, line: int, lines: int
) -> None:
    text = "".join(LINES[:line] + LINES[line + lines :])
    text = text[:at] + instead + text[at + gone :]
    mine = read(text)
    if mine is not None:
        assert mine == theirs(text)


@given(
    st.lists(
        st.sampled_from(
            [
                "a",
                "b",
                ":",
                " ",
                "- ",
                "\n",
                "  ",
                "'",
                '"',
                "#",
                "1",
                "null",
                "{}",
                "[]",
                "\\",
                "/",
            ]
        ),
        max_size=25,
    ).map("".join)
)
@example("a:\n  b: 1\n c: 2\n")
@example("a: b\n  c\n")
@example("a: 'b'\n  'c'\n")
@example("- - a\n")
@example("- a: 1\n  b: 2\n")
@example("a:\n- b\n- c: 1\n  d: 2\ne: 1\n")
@example("a:\n")
@example("-\n")
@example("a: b: c\n")
@example("a: /: \n")
def test_any_text_is_read_alike_or_not_at_all(text: str) -> None:
    mine = read(text + "\n")
    if mine is not None:
        assert mine == theirs(text + "\n")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a: 1",
        "a: 1\r\n",
        "a: é\n",
        "a: 1 # comment\n",
        "a: yes\n",
        "a: Null\n",
        "a: ~\n",
        "a: 1.5\n",
        "a: 0x1\n",
        "a: 01\n",
        "a: 1_000\n",
        "a: 2026-01-01\n",
        "a: -0\n",
        "a: b # c\n",
        "a: b: c\n",
        "a: *b\n",
        "a: &b c\n",
        "a: |\n  b\n",
        "a: {b: c}\n",
        "a: [b]\n",
        'a: "\\x41"\n',
        'a: "\\ud83d\\ude00"\n',
        "a: 1\na: 2\n",
        "on: 1\n",
        "'a': 1\n",
        "a:\n   b: 1\n",
        "a:\n    b: 1\n",
        "a:\n  - b\n",
        "- a\n",
    ],
)
def test_what_our_files_do_not_have_is_left_to_the_parser(text: str) -> None:
    assert read(text) in (None, ["a"])


def test_that_a_file_was_edited_does_not_make_it_unreadable() -> None:
    edited = re.sub(r"(?m)^  digest: .*\n", "", TEXT).replace(
        "message: OK", "message: OK  # as ever"
    )
    assert read(edited) is None
    assert parse(edited, name="x") == FLOW
