from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from threading import Event, Thread

import pytest

from pytest_binance_options import _locking
from pytest_binance_options._locking import FileLock, Holder, account_lock, directory_lock
from pytest_binance_options.errors import LockTimeoutError

KEY = "vmPUZE6mv9SD5VNHk4HlWFsOr6aKE2zvsw0MuIgwCIPy6utIco14y7Ju91duEh8A"


@pytest.fixture(autouse=True)
def _own_temporary_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))


def test_a_lock_keeps_others_out_and_says_who_they_wait_for(tmp_path: Path) -> None:
    path = tmp_path / "a.lock"
    with FileLock(path, what="the account"):
        with (
            pytest.raises(LockTimeoutError) as caught,
            FileLock(path, timeout=0, what="the account"),
        ):
            pass
        assert (
            str(caught.value)
            == "the account is in use by another process of yours, for more than 0 s now."
            f" Wait for it or end it (the lock is {path}; it goes with its holder)."
        )
    with FileLock(path, timeout=0):
        pass


def test_a_lock_goes_with_an_exception(tmp_path: Path) -> None:
    path = tmp_path / "a.lock"
    with pytest.raises(KeyError), FileLock(path):
        raise KeyError
    with FileLock(path, timeout=0):
        pass


def test_a_waiting_thread_gets_the_lock_when_it_is_free(tmp_path: Path) -> None:
    path = tmp_path / "a.lock"
    order: list[str] = []
    started = Event()

    def work() -> None:
        started.set()
        with FileLock(path, timeout=None):
            order.append("second")

    thread = Thread(target=work)
    with FileLock(path):
        thread.start()
        assert started.wait(10)
        order.append("first")
    thread.join()
    assert order == ["first", "second"]


def test_a_lock_goes_with_the_process_that_holds_it(tmp_path: Path) -> None:
    path = tmp_path / "a.lock"
    code = (
        "import sys\nfrom pathlib import Path\nfrom pytest_binance_options._locking import"
        " FileLock\nFileLock(Path(sys.argv[1])).__enter__()\nprint('held',"
        " flush=True)\nsys.stdin.read()\n"
    )
    command = [sys.executable, "-c", code, str(path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        with pytest.raises(LockTimeoutError), FileLock(path, timeout=0):
            pass
        holder.kill()
        holder.wait()
        with FileLock(path, timeout=10):
            pass


def test_one_account_has_one_lock_and_its_name_does_not_tell_the_key(tmp_path: Path) -> None:
    with account_lock(KEY):
        with (
            pytest.raises(
                LockTimeoutError, match=r"^the exchange account of this API key is in use"
            ),
            account_lock(KEY, timeout=0),
        ):
            pass
        with account_lock(KEY[::-1], timeout=0):
            pass
    names = [path.name for path in tmp_path.iterdir()]
    assert len(names) == 2
    assert all(
        re.fullmatch(r"pytest-binance-options-account-[0-9a-f]{24}\.lock", name) for name in names
    )


def test_who_waits_is_told_who_has_the_lock_and_since_when(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_locking, "_SOON", 0)
    path = tmp_path / "a.lock"
    told: list[Holder | None] = []

    def waiting(holder: Holder | None, waited: float) -> None:
        assert waited >= 0
        told.append(holder)

    holder = ("run 1", "test_bot.py::test_it\n[odd]")
    with FileLock(path, holder=holder):
        with (
            pytest.raises(LockTimeoutError) as caught,
            FileLock(path, timeout=0.05, what="the account", waiting=waiting),
        ):
            pass
        (has,) = told
        assert has is not None
        assert (has.pid, has.run, has.name) == (os.getpid(), *holder)
        assert str(has) == f"process {os.getpid()} (test_bot.py::test_it\n[odd], for 0 s)"
        assert f"the account is in use by {has}, for more than 0.05 s now." in str(caught.value)
    # Nobody has it now, and nobody is said to.
    assert path.read_bytes() == b""


@pytest.mark.parametrize("text", ["", "\n", "\nno\n1\nrun\nname", "\n1\n2\nrun", "\n1"])
def test_a_lock_that_does_not_say_who_has_it_is_a_lock(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    monkeypatch.setattr(_locking, "_SOON", 0)
    path = tmp_path / "a.lock"
    told: list[Holder | None] = []
    with FileLock(path):
        path.write_text(text)
        with (
            pytest.raises(LockTimeoutError, match="by another process of yours"),
            FileLock(path, timeout=0.05, waiting=lambda holder, _waited: told.append(holder)),
        ):
            pass
    assert told == [None]


@pytest.mark.parametrize(
    ("seconds", "said"), [(0.4, "0 s"), (119.4, "119 s"), (120, "2 min"), (3599, "59 min")]
)
def test_a_span_is_in_seconds_or_minutes(
    monkeypatch: pytest.MonkeyPatch, seconds: float, said: str
) -> None:
    monkeypatch.setattr(_locking.time, "time", lambda: 1000 + seconds)
    assert str(Holder(7, 1000, "run", "it")) == f"process 7 (it, for {said})"


def test_who_waits_long_is_told_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_locking, "_SOON", 0)
    monkeypatch.setattr(_locking, "_AGAIN", 0)
    told: list[float] = []
    path = tmp_path / "a.lock"
    with (
        FileLock(path),
        pytest.raises(LockTimeoutError),
        FileLock(path, timeout=0.2, waiting=lambda _holder, waited: told.append(waited)),
    ):
        pass
    assert len(told) > 1
    assert told == sorted(told)


def test_a_directory_is_one_however_it_is_written(tmp_path: Path) -> None:
    other_way = directory_lock(tmp_path / "x" / "..", timeout=0)
    with (
        directory_lock(tmp_path),
        pytest.raises(LockTimeoutError, match=r"^the directory .* is in use"),
        other_way,
    ):
        pass


@pytest.mark.skipif(sys.platform == "win32", reason="links need a privilege there")
def test_a_link_in_the_locks_place_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "a.lock").symlink_to(tmp_path / "victim")
    with pytest.raises(OSError, match="symbolic links"), FileLock(tmp_path / "a.lock"):
        pass
    assert not (tmp_path / "victim").exists()
