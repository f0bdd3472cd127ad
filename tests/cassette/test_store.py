from __future__ import annotations

import os
import stat
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from pytest_binance_options._cassette import store
from pytest_binance_options._cassette.model import Cassette, Facts, Interaction, StreamFrame
from pytest_binance_options._cassette.redaction import Redactor
from pytest_binance_options._cassette.store import load, save
from pytest_binance_options._messages import Headers, Request, Response
from pytest_binance_options.errors import CassetteError, CassetteFormatError, CassetteMissingError

URL = "https://h/eapi/v1/listenKey"
KEY = "vmPUZE6mv9SD5VNHk4HlWFsOr6aKE2zvsw0MuIgwCIPy6utIco14y7Ju91duEh8A"


def made(*bodies: str) -> Cassette:
    return Cassette(
        tuple(
            Interaction(Request("PUT", URL), Response(200, Headers(), body.encode()))
            for body in bodies
        ),
        (),
        Facts(source="a test"),
    )


def bodies(path: Path) -> list[str]:
    return [i.response.body.decode() for i in load(path).interactions]


def test_what_is_saved_can_be_loaded(tmp_path: Path) -> None:
    path = tmp_path / "a" / "b" / "c.yaml"
    save(path, made("1", "2"), test="t")
    assert load(path).interactions == tuple(
        replace(i, test="t") for i in made("1", "2").interactions
    )
    assert [p.name for p in path.parent.iterdir()] == ["c.yaml"]


def test_nothing_is_written_as_it_came_even_if_nobody_knew_the_secret(tmp_path: Path) -> None:
    path = tmp_path / "c.yaml"
    save(path, made(f'{{"listenKey":"{KEY}"}}'))
    assert KEY not in path.read_text()


def test_a_new_recording_replaces_the_old_one(tmp_path: Path) -> None:
    path = tmp_path / "c.yaml"
    save(path, made("1", "2"), test="t")
    save(path, made("3"), test="t")
    assert bodies(path) == ["3"]


def test_a_file_is_read_again_only_when_it_has_changed(tmp_path: Path) -> None:
    path = tmp_path / "c.yaml"
    save(path, made("1"))
    first = load(path)
    assert load(path) is first
    save(path, made("2"))
    assert bodies(path) == ["2"]
    text = path.read_text().replace("string: '2'", "string: '3'")
    path.write_text(
        "".join(line for line in text.splitlines(keepends=True) if "digest" not in line)
    )
    assert bodies(path) == ["3"]
    path.unlink()
    with pytest.raises(CassetteMissingError):
        load(path)


def test_only_so_many_files_are_remembered(tmp_path: Path) -> None:
    for n in range(store._CACHED_FILES + 10):
        path = tmp_path / f"{n}.yaml"
        save(path, made("1"))
        load(path)
    assert len(store._cache) == store._CACHED_FILES


def test_the_permissions_are_those_of_any_new_file(tmp_path: Path) -> None:
    path, other = tmp_path / "c.yaml", tmp_path / "other"
    other.touch()
    save(path, made("1"))
    assert path.stat().st_mode == other.stat().st_mode


@pytest.mark.skipif(sys.platform == "win32", reason="links need a privilege there")
def test_a_link_stays_a_link(tmp_path: Path) -> None:
    path, real = tmp_path / "c.yaml", tmp_path / "elsewhere" / "real.yaml"
    real.parent.mkdir()
    path.symlink_to(real)
    save(path, made("1"))
    assert path.is_symlink()
    assert bodies(real) == ["1"]


def test_a_missing_file_says_which(tmp_path: Path) -> None:
    for path in (tmp_path / "c.yaml", tmp_path / "a" / "c.yaml"):
        with pytest.raises(CassetteMissingError) as caught:
            load(path)
        assert str(caught.value) == f"there is no cassette {path}."


def test_what_is_no_file_says_so(tmp_path: Path) -> None:
    with pytest.raises(CassetteFormatError) as caught:
        load(tmp_path)
    assert str(caught.value) == f"{tmp_path} is a directory, where a cassette's file is expected."
    with pytest.raises(CassetteFormatError) as caught:
        load(tmp_path / "a\0b")
    assert str(caught.value).endswith(
        "/a\\x00b' can't be read: no file has such a name. Check the name."
    )


def test_what_was_not_fetched_says_so(tmp_path: Path) -> None:
    pointer, link = tmp_path / "pointer.yaml", tmp_path / "link.yaml"
    pointer.write_text(
        "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a2146\nsize 12345\n"
    )
    link.symlink_to("objects/4d7a2146")
    for path, told in (
        (pointer, "git LFS's pointer to a cassette that was not fetched. Fetch it: git lfs pull."),
        (
            link,
            (
                "a link to objects/4d7a2146, where nothing is. Fetch what it leads to, or remove the"
                " link and record the cassette again."
            ),
        ),
    ):
        with pytest.raises(CassetteFormatError) as caught:
            load(path)
        assert str(caught.value) == f"{path} is {told}"


def test_a_file_that_may_not_be_read_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "c.yaml"
    path.touch()

    def refuse(_self: Path) -> bytes:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "read_bytes", refuse)
    with pytest.raises(CassetteFormatError) as caught:
        load(path)
    assert (
        str(caught.value)
        == f"{path} can't be read: Permission denied. Check the file's permissions."
    )


def test_bytes_that_are_no_text_are_named_with_their_line(tmp_path: Path) -> None:
    path = tmp_path / "c.yaml"
    path.write_bytes(b"version: 1\ninteractions:\n- \xff\n")
    with pytest.raises(CassetteFormatError) as caught:
        load(path)
    assert (
        str(caught.value)
        == f"{path}, line 3: the byte 0xff is not UTF-8. The file is damaged, or is no cassette:"
        " restore it from version control, or record it again."
    )


def test_a_byte_order_mark_does_no_harm(tmp_path: Path) -> None:
    path = tmp_path / "c.yaml"
    save(path, made("1"))
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    assert bodies(path) == ["1"]


def test_in_a_shared_file_a_test_replaces_its_own_recordings_only(tmp_path: Path) -> None:
    path = tmp_path / "c.yaml"
    save(path, made("a1", "a2"), test="t::a", shared=True)
    save(path, made("b1"), test="t::b", shared=True)
    save(path, made("a3"), test="t::a", shared=True)
    assert bodies(path) == ["b1", "a3"]
    assert dict(load(path).tests) == {"t::b": (0,), "t::a": (1,)}


def test_in_a_shared_file_frames_stay_too(tmp_path: Path) -> None:
    path = tmp_path / "c.yaml"
    frame = StreamFrame(1, 0, "in", "text", b"x")
    save(path, Cassette((), (frame,)), test="t::a", shared=True)
    save(path, Cassette((), (replace(frame, payload=b"y"),)), test="t::b", shared=True)
    save(path, Cassette((), (replace(frame, payload=b"z"),)), test="t::a", shared=True)
    assert [f.payload for f in load(path).frames] == [b"y", b"z"]


def test_in_a_shared_file_each_tests_key_has_an_alias_of_its_own(tmp_path: Path) -> None:
    path = tmp_path / "c.yaml"
    for test in "ab":
        save(path, made(f'{{"listenKey":"{KEY}"}}'), test=test, shared=True)
    assert bodies(path) == [f'{{"listenKey":"ALIASlistenKey{n}{"x" * 49}"}}' for n in (1, 2)]


def test_what_another_tool_recorded_stays_in_a_shared_file(tmp_path: Path) -> None:
    path = tmp_path / "c.yaml"
    path.write_text(
        "interactions:\n- request: {method: GET, uri: /x}\n  response: {status: 200, body: {string:"
        " old}}\n"
    )
    save(path, made("new"), test="t", shared=True)
    assert bodies(path) == ["old", "new"]


def test_a_damaged_file_is_not_overwritten_where_others_have_a_share_in_it(tmp_path: Path) -> None:
    path = tmp_path / "c.yaml"
    path.write_text("damaged: [")
    with pytest.raises(CassetteFormatError):
        save(path, made("1"), test="t", shared=True)
    assert path.read_text() == "damaged: ["
    save(path, made("1"), test="t")
    assert bodies(path) == ["1"]


def test_a_tests_secret_parameter_does_not_keep_it_from_its_recordings(tmp_path: Path) -> None:
    path = tmp_path / "c.yaml"
    for body in ("1", "2"):
        save(
            path,
            made(body),
            redactor=Redactor(["hunter2hunter2"]),
            test="t[hunter2hunter2]",
            shared=True,
        )
    assert bodies(path) == ["2"]


def test_two_tests_that_only_a_case_sensitive_file_system_tells_apart_are_told(
    tmp_path: Path,
) -> None:
    path = tmp_path / "c.yaml"
    save(path, made("1"), test="t.py::test[btc]")
    with pytest.raises(CassetteError) as caught:
        save(path, made("2"), test="t.py::test[BTC]")
    assert (
        str(caught.value)
        == f"{path} belongs to the test t.py::test[btc], whose name differs from t.py::test[BTC] in"
        " upper and lower case only, and this file system does not tell the two apart. Rename"
        " one of them, or give one a cassette of its own with"
        ' @pytest.mark.binance_options(cassette="...").'
    )
    assert bodies(path) == ["1"]


def test_a_failed_write_leaves_the_old_file_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "c.yaml"
    save(path, made("1"))

    def fail(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(CassetteError) as caught:
        save(path, made("2"))
    assert (
        str(caught.value)
        == f"{path} can't be written: No space left on device. What was recorded is lost."
    )
    assert bodies(path) == ["1"]
    assert [p.name for p in tmp_path.iterdir()] == ["c.yaml"]


@pytest.mark.skipif(os.name != "posix", reason="elsewhere a directory can't be opened")
def test_the_new_name_is_on_disk_before_it_is_said_to_be_saved(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # What a machine that loses power then has: fsync of a file says nothing about its name.
    synced: list[tuple[str, list[str]]] = []

    def fsync(descriptor: int) -> None:
        kind = "directory" if stat.S_ISDIR(os.fstat(descriptor).st_mode) else "file"
        synced.append((kind, [path.name for path in tmp_path.glob("*.yaml")]))

    monkeypatch.setattr(os, "fsync", fsync)
    save(tmp_path / "c.yaml", made("1"))

    assert synced == [("file", []), ("directory", ["c.yaml"])]


def test_a_place_that_can_not_be_written_to_says_so(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(
        CassetteError,
        match=r"can't be written: (Not a directory|File exists)\. What was recorded is lost\.$",
    ):
        save(tmp_path / "file" / "c.yaml", made("1"))


def test_what_a_killed_process_left_is_swept_up(tmp_path: Path) -> None:
    leftover, own = tmp_path / f"{store._TEMPORARY}0123.tmp", tmp_path / "mine.tmp"
    leftover.write_text("half")
    own.touch()
    save(tmp_path / "c.yaml", made("1"))
    assert {p.name for p in tmp_path.iterdir()} == {"c.yaml", "mine.tmp"}


@pytest.mark.parametrize("how", ["a pipe", "a link to a device"])
def test_what_is_no_file_is_neither_waited_for_nor_replaced(tmp_path: Path, how: str) -> None:
    path = tmp_path / "flow.yaml"
    if how == "a pipe":
        os.mkfifo(path)
    else:
        path.symlink_to(os.devnull)
    said = (
        f"{path} is no file but a pipe, a socket or a device, where a cassette's file is expected."
    )
    with pytest.raises(CassetteFormatError) as caught:
        load(path)
    assert str(caught.value) == said
    for shared in (True, False):
        with pytest.raises(CassetteError) as not_written:
            save(path, Cassette(), shared=shared)
        assert str(not_written.value) == f"{said} What was recorded is lost."
    assert not path.is_file()
