from __future__ import annotations

import contextlib
from dataclasses import replace

import pytest
import yaml

from pytest_binance_options._cassette.format import parse, serialise
from pytest_binance_options._cassette.model import Cassette, Facts, Interaction, StreamFrame
from pytest_binance_options._messages import Headers, Request, Response
from pytest_binance_options.errors import CassetteFormatError

URL = "https://demo-fapi.binance.com/eapi/v1/listenKey"
REMEDY = "Restore the file from version control, or record it again."

CASSETTE = Cassette(
    (
        Interaction(
            Request("POST", URL, {"Accept": "application/json"}),
            Response(200, Headers([("A", "1"), ("A", "2"), ("B", "")]), b'{"listenKey":"x"}'),
            at_ms=12,
            test="tests/test_bot.py::test_it[1: #'x]",
        ),
        Interaction(
            Request("PUT", URL, Headers(), b"a=\xff"),
            Response(599, Headers(), "é\u2028\r\n \t".encode()),
        ),
    ),
    (
        StreamFrame(5, 0, "in", "text", b'{"e":"ACCOUNT_UPDATE"}', (1, 0), "/private/ws/x", "t"),
        StreamFrame(6, 1, "out", "binary", b"\x00\xff"),
    ),
    Facts("2026-01-02T03:04:05Z", "0.1.0", "https://demo-fapi.binance.com", "testnet", "testnet"),
)


def test_what_is_written_is_read() -> None:
    text = serialise(CASSETTE)
    assert parse(text, name="x") == CASSETTE
    assert serialise(parse(text, name="x")) == text


def test_the_files_layout() -> None:
    small = Cassette(CASSETTE.interactions[:1], (), replace(CASSETTE.facts or Facts(), host=None))
    assert (
        serialise(small) == "version: 1\n"
        "binance_options:\n"
        "  format: 1\n"
        "  recorded_at: '2026-01-02T03:04:05Z'\n"
        "  recorded_by: 0.1.0\n"
        "  environment: testnet\n"
        "  source: testnet\n"
        f"  digest: {small.digest}\n"
        "interactions:\n"
        "- request:\n"
        "    body: null\n"
        "    headers:\n"
        "      Accept:\n"
        "      - application/json\n"
        "    method: POST\n"
        "    uri: https://demo-fapi.binance.com/eapi/v1/listenKey\n"
        "  response:\n"
        "    body:\n"
        '      string: \'{"listenKey":"x"}\'\n'
        "    headers:\n"
        "      A:\n"
        "      - '1'\n"
        "      - '2'\n"
        "      B:\n"
        "      - ''\n"
        "    status:\n"
        "      code: 200\n"
        "      message: OK\n"
        "  binance_options:\n"
        "    at_ms: 12\n"
        "    test: 'tests/test_bot.py::test_it[1: #''x]'\n"
    )


@pytest.mark.parametrize(
    "change",
    [
        lambda c: replace(c, interactions=c.interactions[:1]),
        lambda c: replace(c, interactions=c.interactions[::-1]),
        lambda c: replace(c, frames=()),
        lambda c: replace(c, facts=replace(c.facts, recorded_at="2027-01-02T03:04:05Z")),
        lambda c: replace(
            c, interactions=(replace(c.interactions[0], at_ms=13), c.interactions[1])
        ),
        lambda c: replace(
            c, interactions=(replace(c.interactions[0], test=None), c.interactions[1])
        ),
        lambda c: replace(c, frames=(replace(c.frames[0], after=(0, 1)), c.frames[1])),
    ],
)
def test_the_digest_changes_with_the_content(change: object) -> None:
    assert change(CASSETTE).digest != CASSETTE.digest  # type: ignore[operator]


def test_a_header_that_occurs_twice_is_one_entry_with_two_values() -> None:
    headers = Headers([("A", "1"), ("B", "2"), ("a", "3")])
    cassette = Cassette((Interaction(Request("GET", URL, headers), Response(200, headers)),))
    [interaction] = parse(serialise(cassette), name="x").interactions
    assert (
        interaction.request.headers.pairs
        == interaction.response.headers.pairs
        == (("A", "1"), ("A", "3"), ("B", "2"))
    )


def test_the_digest_is_the_same_everywhere() -> None:
    assert (
        CASSETTE.digest == "sha256:81477d69e9d04bbd834b32d893d57532460a4737615a0142fbc6bd233228bfeb"
    )


def broken(text: str) -> str:
    with pytest.raises(CassetteFormatError) as caught:
        parse(text, name="c.yaml")
    return str(caught.value)


def test_an_edited_file_is_told_with_the_way_to_accept_the_edit() -> None:
    text = serialise(CASSETTE)
    edited = text.replace('"listenKey":"x"', '"listenKey":"y"')
    assert (
        broken(edited)
        == "c.yaml, line 9: the content does not fit the digest: the file was changed after it was"
        f" recorded, or damaged. {REMEDY} If you edited it on purpose, delete the line that"
        " begins with 'digest:'."
    )
    accepted = "".join(
        line for line in edited.splitlines(keepends=True) if not line.lstrip().startswith("digest:")
    )
    assert parse(accepted, name="c.yaml").interactions[0].response.body == b'{"listenKey":"y"}'


def test_layout_is_no_edit() -> None:
    document = yaml.safe_load(serialise(CASSETTE))
    assert parse(yaml.safe_dump(document, default_flow_style=True), name="x") == CASSETTE
    assert parse(serialise(CASSETTE).replace("\n", "\r\n"), name="x") == CASSETTE
    assert parse("# a comment\n" + serialise(CASSETTE), name="x") == CASSETTE


def test_a_file_that_was_cut_off_anywhere_is_never_a_shorter_recording() -> None:
    text = serialise(CASSETTE)
    for length in range(len(text) - 1):
        # What is left out at the very end can be a reason phrase, or the end of the last line.
        with contextlib.suppress(CassetteFormatError):
            assert parse(text[:length], name="x") == CASSETTE


def minimal(request: str = "", response: str = "", rest: str = "") -> str:
    return (
        f"version: 1\n{rest}interactions:\n- request: {{method: GET, uri: {URL}{request}}}\n"
        f"  response: {{status: 200{response}}}\n"
    )


def test_little_is_needed() -> None:
    assert parse(minimal(), name="x") == Cassette(
        (Interaction(Request("GET", URL), Response(200)),)
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", f"c.yaml is empty; a cassette holds a list of interactions. {REMEDY}"),
        (" \n\n", f"c.yaml is empty; a cassette holds a list of interactions. {REMEDY}"),
        ("# nothing\n", f"c.yaml: it is missing; a mapping is expected. {REMEDY}"),
        ("just text", f"c.yaml, line 1: it is text; a mapping is expected. {REMEDY}"),
        (
            "a: 1\n",
            f"c.yaml, line 1: there is no 'interactions' in it, so it is no cassette. {REMEDY}",
        ),
        (
            "- request: {}\n",
            (
                "c.yaml, line 1: a list of interactions, as vcrpy wrote them before version 1.0."
                " Run python -m vcr.migration on it, or record it again."
            ),
        ),
        (
            "a: [1\nb: 2\n",
            (
                "c.yaml, line 2, column 2: this is not YAML (did not find expected ',' or ']')."
                f" The file may be cut off, or hold a merge conflict. {REMEDY}"
            ),
        ),
        (
            "<<<<<<< HEAD\nversion: 1\n=======\n",
            (
                "c.yaml, line 2, column 8: this is not YAML (mapping values are not allowed in"
                f" this context). The file may be cut off, or hold a merge conflict. {REMEDY}"
            ),
        ),
        # Both sides of a conflict were taken: of what stood first nothing would be read.
        (
            "version: 1\ninteractions: []\nversion: 1\ninteractions: []\n",
            (
                "c.yaml, line 3, column 1: this is not YAML ('version' stands there twice). The file"
                f" may be cut off, or hold a merge conflict. {REMEDY}"
            ),
        ),
        (
            '{"interactions": [],\n "interactions": []}',
            (
                "c.yaml, line 2, column 2: this is not YAML ('interactions' stands there twice). The"
                f" file may be cut off, or hold a merge conflict. {REMEDY}"
            ),
        ),
        ("a: \x01\n", f"c.yaml, line 1: the character 1 can't stand in YAML. {REMEDY}"),
        (
            "a: 1\nb: !!python/object/apply:os.abort ['echo']\n",
            (
                "c.yaml, line 2: could not determine a constructor for the tag"
                " 'tag:yaml.org,2002:python/object/apply:os.abort'. Only plain values are read"
                f" from a cassette, never Python objects. {REMEDY}"
            ),
        ),
        (
            "a: !!python/str [1]\n",
            (
                "c.yaml, line 1: a plain value is expected under tag:yaml.org,2002:python/str."
                f" Only plain values are read from a cassette, never Python objects. {REMEDY}"
            ),
        ),
        (
            "a: !!python/tuple 5\n",
            (
                "c.yaml, line 1: a list is expected under tag:yaml.org,2002:python/tuple."
                f" Only plain values are read from a cassette, never Python objects. {REMEDY}"
            ),
        ),
        (
            "[" * 100_000,
            f"c.yaml is nested too deeply, or holds a value that can't be read. {REMEDY}",
        ),
        (
            "{a: " * 100_000,
            f"c.yaml is nested too deeply, or holds a value that can't be read. {REMEDY}",
        ),
        (
            '{"a": ' * 100_000,
            f"c.yaml is nested too deeply, or holds a value that can't be read. {REMEDY}",
        ),
        (
            "- " * 100_000,
            f"c.yaml is nested too deeply, or holds a value that can't be read. {REMEDY}",
        ),
        (
            "a: 1e\nb: !!int x\n",
            f"c.yaml is nested too deeply, or holds a value that can't be read. {REMEDY}",
        ),
        (
            "version: 2\ninteractions: []\n",
            f"c.yaml, line 1: version is 2; version 1 is what can be read. {REMEDY}",
        ),
        (
            "version: x\ninteractions: []\n",
            f"c.yaml, line 1: version is text; version 1 is what can be read. {REMEDY}",
        ),
        (
            "interactions: {}\n",
            f"c.yaml, line 1: interactions is a mapping; a list is expected. {REMEDY}",
        ),
        (
            "interactions:\n- 5\n",
            f"c.yaml, line 2, interaction 1: it is 5; a mapping is expected. {REMEDY}",
        ),
        (
            "interactions:\n- response: {status: 200}\n",
            f"c.yaml, line 2, interaction 1: request is missing; a mapping is expected. {REMEDY}",
        ),
        (
            minimal() + "- request:\n    method: 5\n    uri: /\n  response: {status: 200}\n",
            f"c.yaml, line 6, interaction 2: request.method is 5; text is expected. {REMEDY}",
        ),
        (
            minimal() + "- request: {method: GET}\n  response: {status: 200}\n",
            f"c.yaml, line 5, interaction 2: request.uri is missing; text is expected. {REMEDY}",
        ),
        (
            minimal().replace("status: 200", "status: {code: true}"),
            (
                "c.yaml, line 4, interaction 1: response.status.code is True; an integer is"
                f" expected. {REMEDY}"
            ),
        ),
        (
            minimal().replace("status: 200", "status: 42"),
            (
                "c.yaml, line 4, interaction 1: response.status is 42; a status from 100 to 999 is"
                f" expected. {REMEDY}"
            ),
        ),
        (
            minimal(response=", headers: [a]"),
            (
                "c.yaml, line 4, interaction 1: response.headers is a list; a mapping is expected."
                f" {REMEDY}"
            ),
        ),
        (
            minimal(response=", headers: {a: [[1]]}"),
            (
                "c.yaml, line 4, interaction 1: response.headers.a is a list; text, or a list of"
                f" texts, is expected. {REMEDY}"
            ),
        ),
        (
            minimal(response=", body: 5"),
            (
                "c.yaml, line 4, interaction 1: response.body is 5; text, binary or null is"
                f" expected. {REMEDY}"
            ),
        ),
        (
            minimal(response=", body: {type: binary, content: xyz}"),
            (
                "c.yaml, line 4, interaction 1: a binary body is expected to be hexadecimal"
                f" digits. {REMEDY}"
            ),
        ),
        (
            minimal(response=", body: {type: picture}"),
            (
                "c.yaml, line 4, interaction 1: response.body.type is text; one of json, text,"
                f" binary, none is expected. {REMEDY}"
            ),
        ),
        (
            minimal(rest="binance_options: {format: 7}\n"),
            (
                "c.yaml, line 2: binance_options.format is 7; 1 is what this version can read."
                " Update pytest-binance-options, or record the cassette again."
            ),
        ),
        (
            minimal(rest="binance_options: {a: 7}\n"),
            (
                "c.yaml, line 2: binance_options.format is missing; 1 is what this version can"
                " read. Update pytest-binance-options, or record the cassette again."
            ),
        ),
        (
            minimal(rest="binance_options:\n  format: 1\n  host: [1]\n"),
            f"c.yaml, line 4: binance_options.host is a list; text is expected. {REMEDY}",
        ),
        (
            minimal(
                rest=(
                    "binance_options:\n  format: 1\n  frames:\n  - direction: up\n   "
                    " offset_ms: 1\n"
                )
            ),
            (
                "c.yaml, line 5: binance_options.frames.direction is text; one of in, out is"
                f" expected. {REMEDY}"
            ),
        ),
        (
            minimal(
                rest=(
                    "binance_options:\n  format: 1\n  frames:\n  - {direction: in, kind: text,"
                    " offset_ms: 1, after: [1]}\n"
                )
            ),
            (
                "c.yaml, line 5: after needs two numbers: interactions done, and frames sent."
                f" {REMEDY}"
            ),
        ),
        ('{"interactions": [{"request": {"method": "GET"', None),
    ],
)
def test_what_is_no_cassette_is_an_error_that_names_the_place(
    text: str, message: str | None
) -> None:
    assert broken(text) == message or message is None


def test_an_error_shows_nothing_of_the_content() -> None:
    secret = "vmPUZE6mv9SD5VNHk4HlWFsOr6aKE2zvsw0MuIgwCIPy6utIco14y7Ju91duEh8A"
    for text in (
        f"a: !!{secret} x\n",
        f"a: *{secret}\n",
        f"version: {secret}\ninteractions: []\n",
        f"interactions: {secret}\n",
    ):
        assert secret not in broken(text)


def test_values_that_are_shared_in_a_file_cost_nothing() -> None:
    # Nine lists of nine, nine levels deep: written out they would fill the memory.
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 9)]
    assert parse("\n".join(lines) + "\n" + minimal(), name="x").interactions


def test_headers_and_bodies_keep_what_yaml_would_take_for_something_else() -> None:
    odd = [
        "",
        "null",
        "~",
        "yes",
        "1",
        "1.5",
        "0x1f",
        "2026-01-01",
        "=",
        "<<",
        "- a",
        "a: b",
        "#",
        "'",
        '"',
        "\\",
        " a ",
        "\t",
        "a\nb",
        "\x00\x85\ufeff",
    ]
    cassette = Cassette(
        tuple(
            Interaction(
                Request("GET", "/x", Headers([("A", text), (f"H{text}", text)])),
                Response(200, Headers(), text.encode()),
            )
            for text in odd
        )
    )
    assert parse(serialise(cassette), name="x").interactions == cassette.interactions
