"""Requests and answers as values: headers without regard to case, URLs of any kind, and nothing
secret in a repr."""

from __future__ import annotations

import copy
import pickle
from urllib.parse import parse_qsl, quote

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pytest_binance_options._messages import (
    Failure,
    FailureKind,
    Headers,
    Request,
    Response,
    reason_phrase,
)

KEY = "vmPUZE6mv9SD5VNHk4HlWFsOr6aKE2zvsw0MuIgwCIPy6utIco14y7Ju91duEh8A"

names = st.sampled_from(["a", "A", "b", "B", "Content-Type", "content-type", "X-MBX-APIKEY"])
pairs = st.lists(st.tuples(names, st.text(max_size=5)))


class TestHeaders:
    def test_a_name_is_found_in_any_case(self) -> None:
        headers = Headers({"Content-Type": "text/html"})

        assert headers["content-TYPE"] == "text/html"
        assert "CONTENT-type" in headers
        assert headers.get("Accept") is None
        assert "accept" not in headers
        assert 1 not in headers
        with pytest.raises(KeyError):
            headers["Accept"]

    def test_repeated_names_are_joined_for_reading_and_kept_as_pairs(self) -> None:
        headers = Headers([("Set-Cookie", "a=1"), ("Age", "3"), ("set-cookie", "b=2")])

        assert headers["Set-Cookie"] == "a=1, b=2"
        assert dict(headers) == {"set-cookie": "a=1, b=2", "age": "3"}
        assert len(headers) == 2
        assert headers.pairs == (("Set-Cookie", "a=1"), ("Age", "3"), ("set-cookie", "b=2"))

    def test_a_copy_keeps_repeated_names(self) -> None:
        headers = Headers([("Set-Cookie", "a=1"), ("set-cookie", "b=2")])

        assert Headers(headers).pairs == headers.pairs

    def test_an_iterator_is_read_once(self) -> None:
        headers = Headers(iter([("a", "1")]))

        assert dict(headers) == dict(headers) == {"a": "1"}

    def test_replacing_takes_all_of_a_name_out_and_puts_one_at_the_end(self) -> None:
        headers = Headers([("A", "1"), ("b", "2"), ("a", "3")])

        assert headers.replacing("a", "4").pairs == (("b", "2"), ("a", "4"))
        assert headers.replacing("c", "4").pairs == (*headers.pairs, ("c", "4"))
        assert headers.pairs == (("A", "1"), ("b", "2"), ("a", "3"))

    def test_without_takes_out_each_name_in_any_case(self) -> None:
        headers = Headers([("A", "1"), ("b", "2"), ("a", "3"), ("C", "4")])

        assert headers.without("a", "c").pairs == (("b", "2"),)
        assert headers.without().pairs == headers.pairs

    def test_equality_ignores_the_case_of_names_and_nothing_else(self) -> None:
        assert Headers({"A": "x"}) == Headers({"a": "x"})
        assert Headers({"A": "x"}) != Headers({"a": "X"})
        assert Headers([("a", "1"), ("b", "2")]) != Headers([("b", "2"), ("a", "1")])
        assert Headers([("a", "1"), ("a", "2")]) != Headers([("a", "1, 2")])
        assert Headers({"A": "x"}) != {"a": "x"}

    @given(pairs, pairs)
    def test_equal_headers_have_equal_hashes(
        self, one: list[tuple[str, str]], other: list[tuple[str, str]]
    ) -> None:
        recased = Headers([(name.swapcase(), value) for name, value in one])

        assert Headers(one) == recased
        assert hash(Headers(one)) == hash(recased)
        assert (Headers(one) == Headers(other)) == (
            [(n.lower(), v) for n, v in one] == [(n.lower(), v) for n, v in other]
        )

    @given(pairs)
    def test_every_way_of_asking_gives_the_same(self, source: list[tuple[str, str]]) -> None:
        headers = Headers(source)
        expected: dict[str, list[str]] = {}
        for name, value in source:
            expected.setdefault(name.lower(), []).append(value)

        assert {name: headers[name.upper()] for name in headers} == {
            name: ", ".join(v) for name, v in expected.items()
        }
        assert len(headers) == len(expected)
        assert all(name in headers for name, _ in source)

    def test_a_repr_shows_names_only(self) -> None:
        assert (
            repr(Headers({"X-MBX-APIKEY": "short", "Accept": "*/*"}))
            == "Headers(X-MBX-APIKEY, Accept)"
        )

    def test_a_copy_and_a_pickle_are_equal(self) -> None:
        headers = Headers({"A": "1"})

        assert copy.deepcopy(headers) == headers
        assert pickle.loads(pickle.dumps(headers)) == headers  # noqa: S301  our own bytes


any_text = st.text(alphabet=st.characters())


class TestRequest:
    def test_headers_may_be_given_as_a_mapping_or_as_pairs(self) -> None:
        assert Request("GET", "/", {"A": "1"}).headers == Headers({"a": "1"})  # type: ignore[arg-type]
        assert Request("GET", "/", [("A", "1")]).headers == Headers({"a": "1"})  # type: ignore[arg-type]

    def test_a_url_comes_apart(self) -> None:
        request = Request("GET", "https://user@EAPI.binance.com.:443/eapi/v1/x?a=1&b=&a=%2B+c#d")

        assert request.path == "/eapi/v1/x"
        assert request.query == "a=1&b=&a=%2B+c"
        assert request.host == "eapi.binance.com"
        assert request.params == [("a", "1"), ("b", ""), ("a", "+ c")]

    def test_a_path_will_do_for_a_url(self) -> None:
        request = Request("GET", "/eapi/v1/x?a=1")

        assert (request.path, request.query, request.host, request.params) == (
            "/eapi/v1/x",
            "a=1",
            "",
            [("a", "1")],
        )

    @given(any_text)
    @example("http://[")
    @example("http://[::1%]:x/?%")
    @example("http://\u2100?\ud800=%ff")
    def test_no_url_makes_a_property_raise(self, url: str) -> None:
        request = Request("GET", url)

        assert request.path
        assert request.query in url
        assert request.host == request.host.lower()
        assert request.params == parse_qsl(request.query, keep_blank_values=True)
        assert repr(request).startswith("<Request GET ")

    @given(st.lists(st.tuples(st.text(min_size=1), st.text())))
    def test_parameters_come_back_as_they_were_encoded(self, given: list[tuple[str, str]]) -> None:
        query = "&".join(f"{quote(name, safe='')}={quote(value, safe='')}" for name, value in given)

        assert Request("GET", f"/x?{query}").params == given

    def test_sent_elsewhere_it_loses_its_host_header_alone(self) -> None:
        request = Request("PUT", "https://a/x", {"Host": "a", "B": "1"}, b"body", "1.2.3.4", 5.0)  # type: ignore[arg-type]

        assert request.with_url("http://b/x") == Request(
            "PUT", "http://b/x", Headers({"B": "1"}), b"body", "1.2.3.4", 5.0
        )

    def test_a_repr_hides_what_is_secret(self) -> None:
        request = Request(
            "GET", f"https://h/eapi/v1/x?signature=abc&y={KEY}", {"X-MBX-APIKEY": "abc"}, b"secret"
        )  # type: ignore[arg-type]

        assert repr(request) == "<Request GET https://h/eapi/v1/x?signature=<hidden>&y=<hidden>>"
        assert repr(Request("GET", "/x?signature=abc")) == "<Request GET /x?signature=<hidden>>"
        assert repr(Request(KEY, "/")) == "<Request <hidden> />"

    def test_it_can_be_a_key_and_a_pickle(self) -> None:
        request = Request("GET", "/x", Headers({"A": "1"}))

        assert {request: 1}[Request("GET", "/x", Headers({"a": "1"}))] == 1
        assert pickle.loads(pickle.dumps(request)) == request  # noqa: S301  our own bytes


class TestResponse:
    def test_headers_may_be_given_as_a_mapping_or_as_pairs(self) -> None:
        assert Response(200, {"A": "1"}).headers == Headers({"a": "1"})  # type: ignore[arg-type]
        assert Response(200, [("A", "1")]).headers == Headers({"a": "1"})  # type: ignore[arg-type]

    @pytest.mark.parametrize(
        ("promised", "missing"),
        [
            ("5", 2),
            ("3", 0),
            ("2", 0),
            ("", 0),
            ("x", 0),
            ("-1", 0),
            ("5, 5", 0),
            ("\u00b2", 0),
            ("\uff15", 0),
            ("9" * 5000, 0),
        ],
        ids=[
            "more",
            "as much",
            "less",
            "nothing",
            "no number",
            "negative",
            "twice",
            "square",
            "fullwidth",
            "absurd",
        ],
    )
    def test_it_says_how_much_of_the_body_is_missing(self, promised: str, missing: int) -> None:
        assert Response(200, Headers({"Content-Length": promised}), b"abc").missing == missing

    def test_nothing_is_missing_where_nothing_is_promised(self) -> None:
        assert Response(200, Headers(), b"abc").missing == 0

    @pytest.mark.parametrize("status", [204, 304])
    def test_nothing_is_missing_where_there_is_no_body(self, status: int) -> None:
        assert Response(status, Headers({"Content-Length": "5"})).missing == 0

    def test_a_repr_shows_no_body(self) -> None:
        assert (
            repr(Response(200, Headers({"Set-Cookie": "abc"}), KEY.encode()))
            == "<Response 200, 64 bytes>"
        )


def test_a_failure_says_what_happened() -> None:
    assert {kind: str(Failure(kind)) for kind in FailureKind} == {
        FailureKind.REFUSED: "connection refused",
        FailureKind.RESET: "connection reset by the server",
        FailureKind.TIMEOUT: "no answer in time",
    }


@pytest.mark.parametrize(
    ("status", "phrase"), [(200, "OK"), (418, "I'm a Teapot"), (599, ""), (0, "")]
)
def test_a_status_has_the_phrase_that_it_was_given_or_none(status: int, phrase: str) -> None:
    assert reason_phrase(status) == phrase
