"""Interactions as this package and vcrpy write them are read in one go; anything else, a mistake
too, as it ever was."""

from __future__ import annotations

import re
from unittest import mock

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pytest_binance_options._cassette import canonical
from pytest_binance_options._cassette import format as cassette_format
from pytest_binance_options._cassette.format import parse, serialise
from pytest_binance_options._cassette.model import Cassette
from pytest_binance_options._messages import Headers
from pytest_binance_options.errors import CassetteFormatError

from .test_properties import cassettes
from .test_quick import FLOW, LINES, TEXT, snippets

VCRPY = """\
interactions:
- request:
    body: null
    headers:
      Accept:
      - '*/*'
      Age:
      - 1
      - null
    method: GET
    uri: https://demo-fapi.binance.com/eapi/v1/ping
  response:
    body:
      string: '{}'
    headers: {}
    status:
      code: 200
      message: OK
version: 1
"""


def outcome(text: str) -> Cassette | str:
    try:
        return parse(text, name="it")
    except CassetteFormatError as error:
        return str(error)


def slowly(text: str) -> Cassette | str:
    with mock.patch.object(canonical, "split", return_value=None):
        return outcome(text)


@pytest.mark.parametrize("text", [TEXT, VCRPY])
def test_what_is_written_so_is_read_without_the_general_reader(
    monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    expected = slowly(text)
    monkeypatch.setattr(cassette_format, "_load", None)
    assert parse(text, name="it") == expected


def test_what_vcrpy_writes_is_what_was_recorded() -> None:
    (interaction,) = parse(VCRPY, name="it").interactions
    assert interaction.request.headers == Headers([("Accept", "*/*"), ("Age", "1"), ("Age", "")])
    assert (interaction.request.body, interaction.response.body) == (b"", b"{}")
    assert (interaction.response.headers.pairs, interaction.response.status) == ((), 200)


@given(cassettes)
def test_any_recording_is_read_as_the_general_reader_reads_it(cassette: Cassette) -> None:
    text = serialise(cassette)
    assert outcome(text) == slowly(text)


UNDIGESTED = re.sub(r"(?m)^  digest: .*\n", "", TEXT)


@given(
    st.integers(0, len(UNDIGESTED)),
    st.integers(0, 12),
    st.lists(snippets, max_size=3).map("".join),
    st.integers(0, len(LINES)),
    st.integers(0, 3),
)
@example(0, 0, "", 9, 1)
@example(UNDIGESTED.index("'*/*'"), 5, "9" * 5000, 0, 0)
@example(UNDIGESTED.index("'*/*'"), 5, "*/* ", 0, 0)
@example(UNDIGESTED.index("User-Agent"), 10, "Accept", 0, 0)
@example(UNDIGESTED.index("User-Agent"), 10, "on", 0, 0)
@example(UNDIGESTED.index("code: 200") + 6, 3, "99", 0, 0)
def test_a_damaged_file_is_read_or_refused_as_by_the_general_reader(
    at: int, gone: int, instead: str, line: int, lines: int
) -> None:
    text = UNDIGESTED[:at] + instead + UNDIGESTED[at + gone :]
    kept = text.splitlines(keepends=True)
    text = "".join(kept[:line] + kept[line + lines :])
    assert outcome(text) == slowly(text)


def test_a_change_is_noticed() -> None:
    assert outcome(TEXT) == FLOW
    assert "the content does not fit the digest" in str(
        outcome(TEXT.replace("code: 200", "code: 201"))
    )
