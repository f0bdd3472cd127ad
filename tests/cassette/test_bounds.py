from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_binance_options._cassette import bounds, store
from pytest_binance_options._cassette.bounds import weighs_more_than
from pytest_binance_options._cassette.format import parse, serialise
from pytest_binance_options._cassette.model import Cassette, Interaction
from pytest_binance_options._messages import Headers, Request, Response
from pytest_binance_options.errors import CassetteError, CassetteFormatError

MB = 1024**2
REMEDY = "Restore the file from version control, or record it again."
RECORDING = Path(__file__, "../../../cassettes/examples/tests/test_keepalive").resolve()

# Nine lists of nine, and so on: 9**12 pieces of text where they are written out.
LAUGHS = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 12)
)
ENTRY = (
    "request: {method: PUT, uri: 'https://h/eapi/v1/listenKey', headers: {}, body: null},"
    " response: {status: {code: 200, message: OK}, headers: {}, body: {string: %s}}"
)

HOSTILE: dict[str, Callable[[], str]] = {
    "aliases of aliases": lambda: LAUGHS + "metadata: *a11\ninteractions: []\n",
    "aliases of aliases in a body": lambda: (
        LAUGHS + f"interactions: [{{{ENTRY % '{json: *a11}'}}}]\n"
    ),
    "one body many times": lambda: (
        f"x: &x {{{ENTRY % ('y' * MB)}}}\ninteractions: [{', '.join(['*x'] * 100_000)}]\n"
    ),
    "itself": lambda: "metadata: &a {a: *a}\ninteractions: []\n",
    "many digits": lambda: f"metadata: {'9' * MB}\ninteractions: []\n",
    "many digits of sixteen": lambda: f"metadata: 0x{'f' * MB}\ninteractions: []\n",
    "many digits of sixty": lambda: f"metadata: 1{':59' * MB}\ninteractions: []\n",
    "many digits of sixty and a fraction": lambda: f"metadata: 1{':59' * MB}.5\ninteractions: []\n",
    "a version of many digits": lambda: f"version: 0x{'f' * 4000}\ninteractions: []\n",
    "brackets": lambda: "interactions: " + "[" * MB,
    "dashes": lambda: "interactions:\n" + "- " * MB,
    "many mappings": lambda: "interactions:\n" + "- {a: b}\n" * 1_700_000,
    "YAML of twenty MB": lambda: f"interactions: [{'a,' * 10 * MB}]\n",
    "code": lambda: "interactions: !!python/object/apply:os._exit [3]\n",
}


# Each file in a fresh fork, with limits of its own: the imports are made once.
READER = """
import os, resource, sys
from pathlib import Path
from pytest_binance_options._cassette import store
from pytest_binance_options.errors import CassetteFormatError

for path in map(Path, sys.argv[1:]):
    sys.stdout.flush()
    child = os.fork()
    if not child:
        resource.setrlimit(resource.RLIMIT_CPU, (10, 10))
        resource.setrlimit(resource.RLIMIT_AS, (512 * 1024**2, 512 * 1024**2))
        try:
            store.load(path)
        except CassetteFormatError as error:
            print(str(error).replace(str(path), "PATH"), flush=True)
            os._exit(0)
        except BaseException as error:
            print(repr(error)[:300], flush=True)
        os._exit(1)
    status = os.waitpid(child, 0)[1]
    print(f"--- {path.stem}: {status}", flush=True)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="a process has no limits there")
def test_hostile_yaml_is_an_error_within_ten_seconds_and_half_a_gigabyte(tmp_path: Path) -> None:
    paths = [tmp_path / f"{kind}.yaml" for kind in HOSTILE]
    for path in paths:
        path.write_text("version: 1\n" + HOSTILE[path.stem]())

    ended = subprocess.run(
        [sys.executable, "-c", READER, *map(str, paths)],
        capture_output=True,
        text=True,
        check=False,
    )

    assert (ended.returncode, ended.stderr) == (0, "")
    *told, rest = re.split(r"^--- (.+): (\d+)\n", ended.stdout, flags=re.M)
    assert rest == ""
    assert told[1::3] == list(HOSTILE)
    for said, kind, status in zip(told[::3], told[1::3], told[2::3], strict=True):
        assert status == "0", f"{kind}: {said} (wait status {status})"
        assert "PATH" in said, kind
        assert "record it again" in said.lower(), kind


def test_aliases_that_stand_for_too_much_are_named() -> None:
    with pytest.raises(CassetteFormatError) as caught:
        parse(LAUGHS + "metadata: *a11\ninteractions: []\n", name="x.yaml")
    assert str(caught.value) == (
        "x.yaml has aliases (*) that stand for more than 64 MB, or for what they are in." + " "
        f"{REMEDY}"
    )


def test_a_number_of_many_digits_is_named_with_its_line() -> None:
    with pytest.raises(CassetteFormatError) as caught:
        parse(f"interactions: []\nmetadata: 0x{'f' * 1000}\n", name="x.yaml")
    assert str(caught.value) == (
        "x.yaml, line 2: a number of 1002 characters. Only plain values are read from a cassette,"
        f" never Python objects. {REMEDY}"
    )


def test_yaml_of_others_has_a_largest_number_of_values(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pytest_binance_options._cassette.format.FEW", 0)
    monkeypatch.setattr("pytest_binance_options._cassette.format.MOST_EVENTS", 9)
    assert parse("{interactions: []}", name="x.yaml").interactions == ()
    with pytest.raises(CassetteFormatError) as caught:
        parse("{interactions: [], metadata: [a]}", name="x.yaml")
    assert str(caught.value) == (
        "x.yaml holds more than 9 values and lists, and this package has not written it; no more"
        " are read. Record it again, in several tests where it is one test's."
    )


def test_yaml_of_others_has_a_largest_size(monkeypatch: pytest.MonkeyPatch) -> None:
    text = "{interactions: [], a: " + "x" * 17 * MB + "}"
    with pytest.raises(CassetteFormatError) as caught:
        parse(text, name="x.yaml")
    assert str(caught.value) == (
        "x.yaml is 17 MB of YAML that this package has not written; no more than 16 MB are read."
        " Record it again, in several tests where it is one test's."
    )


def test_a_file_has_a_largest_size_and_is_not_read_to_find_out(tmp_path: Path) -> None:
    path = tmp_path / "c.yaml"
    with path.open("wb") as file:
        file.truncate(100 * 1024 * MB)
    with pytest.raises(CassetteFormatError) as caught:
        store.load(path)
    assert str(caught.value) == (
        f"{path} is 102400 MB large; no cassette of more than 64 MB is read. Record it again, in"
        " several tests where it is one test's."
    )


def test_what_could_not_be_read_again_is_not_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "c.yaml"
    body = b"x" * (3 * MB)
    one = Interaction(Request("PUT", "https://h/"), Response(200, Headers(), body))
    store.save(path, Cassette((one,)))
    before = path.read_bytes()
    monkeypatch.setattr(store, "LARGEST_FILE", 5 * MB)
    with pytest.raises(CassetteError) as caught:
        store.save(path, Cassette((one, one)))
    assert str(caught.value) == (
        f"{path} would be 6 MB large, and no cassette of more than 5 MB is read: nothing was"
        " written. Record it in several tests."
    )
    assert path.read_bytes() == before


@given(
    st.recursive(
        st.none() | st.integers() | st.text() | st.binary(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner) | st.tuples(inner, inner),
    ),
    st.integers(0, 800),
)
def test_a_weight_is_that_of_what_is_written_out(value: object, limit: int) -> None:
    def weight(value: object) -> int:
        if isinstance(value, (str, bytes)):
            return 32 + len(value)
        if isinstance(value, dict):
            return 32 + sum(weight(k) + weight(v) for k, v in value.items())
        if isinstance(value, (list, tuple)):
            return 32 + sum(map(weight, value))
        return 32

    assert weighs_more_than(limit, value) == (weight(value) > limit)


def _read(data: bytes) -> Cassette | str:
    try:
        return parse(data.decode(), name="FILE")
    except UnicodeDecodeError:
        return "FILE"
    except CassetteFormatError as error:
        return str(error)


def test_damage_at_any_byte_is_an_error_that_names_the_file_or_changes_nothing() -> None:
    (path,) = RECORDING.glob("*.yaml")
    # With its first and its last interaction: each byte is tried.
    whole = parse(path.read_text(), name="FILE")
    recorded = Cassette(whole.interactions[:1], whole.frames[:1], whole.facts)
    data = serialise(recorded).encode()
    outcomes = {"error": 0, "same": 0}
    for at in range(len(data)):
        bit = bytes([data[at] ^ 1 << at % 8])
        for damaged in (
            data[:at],
            data[:at] + data[at + 1 :],
            data[:at] + bit + data[at + 1 :],
            data[:at] + b"\0" + data[at + 1 :],
            data[:at] + data[at : at + 1] + data[at:],
        ):
            read = _read(damaged)
            if isinstance(read, str):
                assert re.match("FILE", read), (at, damaged)
                outcomes["error"] += 1
            else:
                # Layout, which says nothing; or the file's last line break.
                assert read == recorded, (at, damaged[max(0, at - 40) : at + 20])
                outcomes["same"] += 1
    assert outcomes["error"] > 4 * len(data)


def test_bounds_are_far_above_a_recording() -> None:
    assert max(path.stat().st_size for path in RECORDING.rglob("*.yaml")) * 1000 < (
        bounds.LARGEST_FOREIGN
    )
