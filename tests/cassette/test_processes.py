"""Several processes at one file, and processes that are killed while they write."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from pytest_binance_options._cassette.store import load

WRITER = """
import sys
from pathlib import Path
from pytest_binance_options._cassette.model import Cassette, Interaction
from pytest_binance_options._cassette.store import save
from pytest_binance_options._messages import Headers, Request, Response

path, name, rounds, size = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
print("ready", flush=True)
sys.stdin.readline()
for n in range(rounds):
    body = f"{name}.{n}.".encode() * size
    interaction = Interaction(Request("PUT", f"https://h/eapi/v1/{name}"), Response(200, Headers(), body))
    save(path, Cassette((interaction,) * 3), test=name, shared=True)
    print(n, flush=True)
"""


def start(path: Path, name: str, rounds: int, size: int) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-c", WRITER, str(path), name, str(rounds), str(size)]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert process.stdout is not None
    assert process.stdout.readline() == b"ready\n"
    return process


def go(process: subprocess.Popen[bytes]) -> None:
    assert process.stdin is not None
    process.stdin.write(b"\n")
    process.stdin.flush()


def finish(process: subprocess.Popen[bytes]) -> None:
    with process:
        process.communicate(timeout=120)


def test_processes_that_record_one_shared_cassette_lose_nothing(tmp_path: Path) -> None:
    path = tmp_path / "shared.yaml"
    names = [f"worker{n}" for n in range(6)]
    processes = [start(path, name, rounds=8, size=2) for name in names]
    for process in processes:
        go(process)
    for process in processes:
        finish(process)
        assert process.returncode == 0
    cassette = load(path)
    assert Counter(i.test for i in cassette.interactions) == dict.fromkeys(names, 3)
    assert {i.response.body for i in cassette.interactions} == {
        f"{name}.7.".encode() * 2 for name in names
    }
    assert [p.name for p in tmp_path.iterdir()] == ["shared.yaml"]


# Kills itself at the first, second, third ... line that it comes to once it writes, each time in a
# fresh fork.
SUICIDE = """
import os, pathlib, signal, sys
from pathlib import Path
from pytest_binance_options._cassette import store
from pytest_binance_options._cassette.model import Cassette, Interaction
from pytest_binance_options._messages import Headers, Request, Response

def made(body):
    return Cassette((Interaction(Request("PUT", "https://h/eapi/v1/x"), Response(200, Headers(), body)),))

WRITING = {store.__file__, pathlib.__file__, sys.modules[pathlib.Path.__module__].__file__}

def killing(line):
    left, begun = [line], []
    def trace(frame, event, _arg):
        if frame.f_code is store._write.__code__:
            begun.append(True)
        if not begun or frame.f_code.co_filename not in WRITING:
            return None
        if event == "line":
            left[0] -= 1
            if left[0] < 0:
                os.kill(os.getpid(), signal.SIGKILL)
        return trace
    return trace

path, old, new = Path(sys.argv[1]), made(b"old" * 3000), made(b"new" * 3000)
seen, line = [], 0
while True:
    store.save(path, old)
    child = os.fork()
    if not child:
        sys.settrace(killing(line))
        store.save(path, new)
        os._exit(0)
    status = os.waitpid(child, 0)[1]
    [interaction] = store.load(path).interactions
    seen.append(interaction.response.body[:3].decode())
    assert interaction.response.body == seen[-1].encode() * 3000
    if os.WIFEXITED(status):
        break
    line += 1
print(os.listdir(path.parent), *seen)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="no fork there")
def test_a_process_that_is_killed_at_any_line_leaves_the_old_file_or_the_new_one(
    tmp_path: Path,
) -> None:
    path = tmp_path / "c.yaml"
    command = [sys.executable, "-c", SUICIDE, str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
    assert done.stderr == ""
    files, _, outcomes = done.stdout.partition("] ")
    # What the killed ones left was swept up by those that followed, and the locks went with their
    # holders.
    assert files == "['c.yaml'"
    words = outcomes.split()
    assert len(words) > 20
    assert words == sorted(words, reverse=True)
    assert {words[0], words[-1]} == {"old", "new"}


# Records again and again in a fresh fork each time, until it is killed at some moment of that.
KILLS = """
import os, random, signal, sys, time
from pathlib import Path
from pytest_binance_options._cassette import store
from pytest_binance_options._cassette.model import Cassette, Interaction
from pytest_binance_options._messages import Headers, Request, Response

def made(body):
    return Cassette((Interaction(Request("PUT", "https://h/eapi/v1/x"), Response(200, Headers(), body)),))

path, moments = Path(sys.argv[1]), random.Random(4)
began = time.perf_counter()
store.save(path, made(b"0" * 3_000))
took = time.perf_counter() - began
seen = set()
for kill in range(200):
    child = os.fork()
    if not child:
        for digit in range(1, 10_000):
            store.save(path, made(str(digit % 10).encode() * 3_000))
        os._exit(0)
    time.sleep(moments.uniform(0, 3 * took))
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    [interaction] = store.load(path).interactions
    body = interaction.response.body
    assert body == body[:1] * 3_000
    seen.add(body[:1])
store.save(path, made(b"the end"))
print(os.listdir(path.parent), len(seen))
"""


@pytest.mark.skipif(sys.platform == "win32", reason="no fork there")
def test_two_hundred_kills_at_random_moments_leave_the_old_file_or_the_new_one(
    tmp_path: Path,
) -> None:
    command = [sys.executable, "-c", KILLS, str(tmp_path / "c.yaml")]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
    assert done.stderr == ""
    files, _, different = done.stdout.partition("] ")
    assert files == "['c.yaml'"
    assert int(different) > 1  # not all of them came before anything was written


# The file system takes no more than so many bytes of a file, as a full disk does.
FULL = """
import os, resource, signal, sys
from pathlib import Path
from pytest_binance_options._cassette import store
from pytest_binance_options._cassette.model import Cassette, Interaction
from pytest_binance_options._messages import Headers, Request, Response
from pytest_binance_options.errors import CassetteError

def made(body):
    return Cassette((Interaction(Request("PUT", "https://h/eapi/v1/x"), Response(200, Headers(), body)),))

path = Path(sys.argv[1])
store.save(path, made(b"old"))
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
for most in range(0, 4000, 50):
    resource.setrlimit(resource.RLIMIT_FSIZE, (most, resource.RLIM_INFINITY))
    try:
        store.save(path, made(b"new" * 1500))
    except CassetteError as error:
        print(error)
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    [interaction] = store.load(path).interactions
    assert interaction.response.body == b"old"
    assert os.listdir(path.parent) == ["c.yaml"], os.listdir(path.parent)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="a process has no limits there")
def test_a_disk_that_is_full_at_any_byte_leaves_the_old_file_and_says_so(tmp_path: Path) -> None:
    path = tmp_path / "c.yaml"
    command = [sys.executable, "-c", FULL, str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert done.stderr == ""
    assert (
        done.stdout.splitlines()
        == [f"{path} can't be written: File too large. What was recorded is lost."] * 80
    )
