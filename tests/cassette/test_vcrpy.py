"""What becomes of a file when vcrpy saves it, and of vcrpy's values on the way there and back."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_binance_options._cassette.model import Cassette, Facts, Interaction, StreamFrame
from pytest_binance_options._cassette.vcrpy import (
    merged,
    metadata_of,
    request_fields,
    response_fields,
    to_interaction,
    to_request,
)
from pytest_binance_options._messages import Headers, Request, Response
from pytest_binance_options.errors import CassetteError

NOW = Facts(recorded_at="2026-01-01T00:00:00Z", recorded_by="1")
BEFORE = Facts(recorded_at="2025-01-01T00:00:00Z", recorded_by="0")


def said(name: str, **ours: object) -> Interaction:
    return Interaction(
        Request("GET", f"https://h/{name}"), Response(200, body=name.encode()), **ours
    )  # type: ignore[arg-type]


A, B, C, D = map(said, "abcd")
FRAME = StreamFrame(1, 0, "in", "text", b"{}", (1, 0))


def names(cassette: Cassette) -> str:
    return "".join(i.request.path[1:] for i in cassette.interactions)


def merge(
    now: tuple[Interaction, ...],
    loaded: tuple[Interaction, ...],
    held: tuple[Interaction, ...],
    extras: tuple[Interaction, ...] = (),
) -> Cassette:
    return merged(Cassette(now, (FRAME,), BEFORE), Cassette(loaded), extras, held, {}, NOW)


@pytest.mark.parametrize(
    ("now", "loaded", "held", "then"),
    [
        pytest.param((), (), (A, B), "ab", id="new"),
        pytest.param((A,), (A,), (A, B), "ab", id="added"),
        pytest.param((A, B), (A, B), (B, C), "bc", id="recorded-anew"),
        pytest.param((A, B), (A,), (A, C), "abc", id="another-has-added"),
        pytest.param((A, B), (A,), (C,), "bc", id="another-has-added-beside-recorded-anew"),
        pytest.param((), (A,), (A, B), "ab", id="another-has-dropped"),
        pytest.param((A,), (A,), (A, A), "aa", id="the-same-again"),
        pytest.param((A, A), (A,), (A, B), "aab", id="another-has-added-the-same"),
        pytest.param((A,), (), (A,), "aa", id="each-has-recorded-the-same"),
    ],
)
def test_a_file_has_what_is_left_and_what_others_added_and_what_is_new(
    now: tuple[Interaction, ...],
    loaded: tuple[Interaction, ...],
    held: tuple[Interaction, ...],
    then: str,
) -> None:
    assert names(merge(now, loaded, held)) == then


def test_what_came_from_another_file_stays_there() -> None:
    assert names(merge((A,), (A,), (A, B, C), extras=(B,))) == "ac"
    assert names(merge((A,), (A,), (A, A, C), extras=(A,))) == "ac"


def test_what_is_left_keeps_what_vcrpy_does_not_hold() -> None:
    ours = said("a", at_ms=5, test="test_bot.py::test_it")
    repeated = Interaction(
        Request("GET", "https://h/r", [("A", "1"), ("a", "2")]),
        Response(200, [("B", "1"), ("b", "2")]),
    )
    once = Interaction(Request("GET", "https://h/r", [("A", "1")]), repeated.response)
    both = (ours, repeated)
    assert merge(both, both, (A, once, B)).interactions == (*both, B)


def test_frames_stay_as_long_as_they_fit() -> None:
    assert merge((A,), (A,), (A, B)).frames == (FRAME,)
    assert merge((A, B), (A, B), (B, C)).frames == ()


def test_a_file_is_as_old_as_the_oldest_in_it() -> None:
    assert merge((A,), (A,), (A, B)).facts == BEFORE
    assert merge((A,), (), (B,)).facts == BEFORE
    assert merge((A,), (A,), (B,)).facts == NOW
    theirs = merged(Cassette((A,)), Cassette((A,)), (), (A, B), {}, NOW)
    assert theirs.facts == Facts(recorded_by="1")


def test_metadata_of_both_is_kept() -> None:
    now = Cassette((A,), metadata=b'{"a":1,"b":2}')
    then = merged(now, now, (), (A,), {"b": 3}, NOW)
    assert metadata_of(then) == {"a": 1, "b": 3}
    assert merged(Cassette(), Cassette(), (), (A,), {}, NOW).metadata == b""


_names = st.text("abcd", max_size=6)


@given(loaded=_names, dropped=st.sets(st.integers(0, 5)), added=_names, new=_names)
def test_nothing_of_anybody_is_lost_and_what_is_dropped_is_gone(
    loaded: str, dropped: set[int], added: str, new: str
) -> None:
    left = "".join(name for n, name in enumerate(loaded) if n not in dropped)
    [base, now, held] = [tuple(map(said, text)) for text in (loaded, loaded + added, left + new)]
    then = merge(now, base, held)
    assert sorted(names(then)) == sorted(left + added + new)


class Theirs:
    """As vcrpy's Request, whatever it is given."""

    def __init__(self, method: str, uri: str, body: object, headers: dict[str, object]) -> None:
        self.method, self.uri, self.body, self.headers = method, uri, body, headers


@pytest.mark.parametrize("body", [b"", b"text", bytes(range(256))])
def test_there_and_back(body: bytes) -> None:
    request = Request("POST", "https://h/a?b=c", {"A": "1"}, body)
    response = Response(201, [("A", "1"), ("B", "2"), ("B", "3")], body)
    fields = request_fields(request)
    assert to_interaction(Theirs(**fields), response_fields(response)) == Interaction(
        request, response
    )  # type: ignore[arg-type]
    assert (fields["body"] is None) == (body == b"")
    assert response_fields(response)["status"] == {"code": 201, "message": "Created"}


@pytest.mark.parametrize(
    ("body", "sent"),
    [
        (bytearray(b"a"), b"a"),
        (memoryview(b"a"), b"a"),
        ("ä", "ä".encode()),
        (iter(["a", b"b"]), b"ab"),
        ({"type": "LIMIT"}, b"type=LIMIT"),
        ({"string": {"a": 1}}, b'{"string":{"a":1}}'),
        ([1, None], b"[1,null]"),
        ([("a", "1")], b"a=1"),
    ],
)
def test_a_body_is_what_went_over_the_wire(body: object, sent: bytes) -> None:
    assert to_request(Theirs("POST", "https://h/", body, {})).body == sent


def test_headers_of_any_kind_are_text() -> None:
    request = to_request(Theirs("GET", "https://h/", None, {"A": b"1", "B": ["2"], "C": 3}))
    assert request.headers == Headers({"A": "1", "B": "2", "C": "3"})


def test_an_answer_that_is_none_is_refused() -> None:
    secret = "signature=" + "a1" * 32
    with pytest.raises(CassetteError) as caught:
        to_interaction(Theirs("GET", f"https://h/?{secret}", None, {}), {"status": {"code": "x"}})
    assert (
        str(caught.value) == "the answer to GET https://h/?signature=<hidden> can't be written:"
        " response.status.code is text; an integer is expected."
    )


def test_what_a_client_makes_of_its_decoded_answer_fits_its_headers() -> None:
    # httpx and aiohttp give vcrpy what they decoded, with the headers of what came.
    answer = {
        "status": {"code": 200, "message": "OK"},
        "headers": {"Content-Encoding": ["gzip"], "Content-Length": ["999"]},
        "body": {"string": b"{}"},
    }
    response = to_interaction(Theirs("GET", "https://h/", None, {}), answer).response
    assert response.headers.pairs == (("Content-Length", "2"),)
