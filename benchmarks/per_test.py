"""What one test with the listen key flow costs over an empty test, here and with its peers: `make
bench`.

Each variant is a suite of its own, run in a process of its own with only its own plugin, once with
few tests and once with many: the difference is what the tests cost, without what is paid once a
run. The variants take turns, so that the machine's moods hit all alike. Printed is the median over
the rounds, less the same of an empty test, and the ratio to a bare requests adapter with canned
bytes.
"""

from __future__ import annotations

import argparse
import os
import resource
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from pytest_binance_options._cassette.store import load, save

FLOW = """
        assert len(session.post(URL).json()["listenKey"]) == 64
        assert session.put(URL).json() == {}
        assert session.delete(URL).json() == {}
"""

BARE = f"""
import pytest, requests
from requests.adapters import BaseAdapter

URL = "https://demo-fapi.binance.com/eapi/v1/listenKey"
ANSWERS = {{"POST": b'{{"listenKey":"' + b"k" * 64 + b'","expiration":1}}', "PUT": b"{{}}", "DELETE": b"{{}}"}}

class Canned(BaseAdapter):
    def send(self, request, **kwargs):
        response = requests.Response()
        response.status_code = 200
        response.headers["Content-Type"] = "application/json"
        response._content = ANSWERS[request.method]
        response.url, response.request = request.url, request
        return response

    def close(self):
        pass

@pytest.mark.parametrize("n", range(COUNT))
def test_flow(n):
    with requests.Session() as session:
        session.mount("https://", Canned())
        session.headers["X-MBX-APIKEY"] = "k" * 64
{FLOW}
"""

EMPTY = """
import pytest, requests

@pytest.mark.parametrize("n", range(COUNT))
def test_flow(n):
    pass
"""

OURS = """
import pytest

{mark}
@pytest.mark.parametrize("n", range(COUNT))
def test_flow(n, binance_options_user_data_streams):
    streams = binance_options_user_data_streams
    assert len(streams.options_create_listen_key_v1().listen_key) == 64
    assert streams.options_update_listen_key_v1() == {{}}
    assert streams.options_delete_listen_key_v1() == {{}}
"""

PEER = f"""
import pytest, requests

URL = "https://demo-fapi.binance.com/eapi/v1/listenKey"

@pytest.mark.MARK
@pytest.mark.parametrize("n", range(COUNT))
def test_flow(n):
    with requests.Session() as session:
        session.headers["X-MBX-APIKEY"] = "k" * 64
{FLOW}
"""

CASSETTE = "version: 1\ninteractions:\n" + "".join(
    f"""- request:
    method: {method}
    uri: https://demo-fapi.binance.com/eapi/v1/listenKey
    body: null
    headers:
      Accept: ['*/*']
  response:
    status: {{code: 200, message: OK}}
    headers:
      Content-Type: [application/json]
    body:
      string: '{body}'
"""
    for method, body in (
        ("POST", '{"listenKey":"' + "k" * 64 + '","expiration":1}'),
        ("PUT", "{}"),
        ("DELETE", "{}"),
    )
)

OUR_PLUGIN = "pytest_binance_options.plugin"
SHARED = '@pytest.mark.binance_options(mode="replay", cassette="flow")'
VARIANTS: dict[str, tuple[str, str | None]] = {
    "empty": (EMPTY, None),
    "bare adapter": (BARE, None),
    "simulate": (OURS.format(mark='@pytest.mark.binance_options(mode="simulate")'), OUR_PLUGIN),
    "replay": (OURS.format(mark=SHARED), OUR_PLUGIN),
    "replay, a file a test": (
        OURS.format(mark='@pytest.mark.binance_options(mode="replay")'),
        OUR_PLUGIN,
    ),
    "pytest-recording": (PEER.replace("MARK", "vcr"), "pytest_recording.plugin"),
    "cassetter": (PEER.replace("MARK", "vcr"), "cassetter.pytest_plugin"),
}


def suite(directory: Path, name: str, count: int) -> None:
    """Write the suite of one variant, with the cassettes it needs."""
    source, _ = VARIANTS[name]
    directory.mkdir()
    (directory / "test_it.py").write_text(source.replace("COUNT", str(count)), encoding="utf-8")
    (directory / "pytest.ini").write_text("[pytest]\n", encoding="utf-8")
    files = {
        "replay": ["flow"],
        "replay, a file a test": [f"test_it/test_flow[{n}]" for n in range(count)],
        "pytest-recording": [f"test_it/test_flow[{n}]" for n in range(count)],
        "cassetter": [f"test_it/test_flow[{n}]" for n in range(count)],
    }.get(name, [])
    for file in files:
        path = directory / "cassettes" / f"{file}.yaml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(CASSETTE, encoding="utf-8")
        if name.startswith("replay"):
            # as record mode writes it
            save(path, load(path))


def cpu_seconds(directory: Path, plugin: str | None) -> float:
    """User and system time of one run of the suite in ``directory``."""
    arguments = ["-q", "-p", "no:cacheprovider", *(["-p", plugin] if plugin else [])]
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(
        [sys.executable, "-m", "pytest", *arguments],
        cwd=directory,
        env={**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        stdout=subprocess.DEVNULL,
        check=True,
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main() -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--few", type=int, default=50)
    parser.add_argument("--many", type=int, default=450)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("variants", nargs="*", default=list(VARIANTS), metavar="VARIANT")
    options = parser.parse_args()
    names = [
        "empty",
        "bare adapter",
        *(name for name in options.variants if name not in ("empty", "bare adapter")),
    ]
    slopes: dict[str, list[float]] = {name: [] for name in names}
    with tempfile.TemporaryDirectory() as root:
        places = {name: Path(root) / str(position) for position, name in enumerate(names)}
        for name, place in places.items():
            place.mkdir()
            suite(place / "few", name, options.few)
            suite(place / "many", name, options.many)
        for _ in range(options.rounds):
            for name, place in places.items():
                few, many = (
                    cpu_seconds(place / size, VARIANTS[name][1]) for size in ("few", "many")
                )
                slopes[name].append((many - few) / (options.many - options.few))
    print(
        f"{options.few} and {options.many} tests, {options.rounds} rounds, Python"
        f" {sys.version.split()[0]}, medians"
    )
    # Within a round everything is compared with that round's own runs.
    over = {
        name: [s - e for s, e in zip(slopes[name], slopes["empty"], strict=True)] for name in names
    }
    for name in names[1:]:
        ratio = statistics.median(
            o / b for o, b in zip(over[name], over["bare adapter"], strict=True)
        )
        print(
            f"{name:24}{statistics.median(over[name]) * 1e6:8.0f} us a test over an empty"
            f" one{ratio:8.2f} x bare adapter"
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
