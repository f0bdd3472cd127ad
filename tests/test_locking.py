from __future__ import annotations

import re
import subprocess
import sys
import tempfile
from pathlib import Path
from threading import Event, Thread

import pytest

from pytest_binance_options._locking import FileLock, account_lock, directory_lock
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
