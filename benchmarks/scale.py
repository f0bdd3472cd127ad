"""Large cassettes, beside vcrpy and cassetter: loading one of 10,000 interactions, playing each of
them, finding one, and recording: `make bench`.

Asked is what answers, without a client in between: the figures are the cassettes' own. cassetter's
is in Rust; of it only the loading is compared.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from harness import Measure, Table, cpu_each, main

MANY = 10_000
# cassetter refuses a file of 10,000.
LIMIT = 5_000
URL = "https://demo-fapi.binance.com/eapi/v1/order?orderId={}"
HEAD = "version: 1\ninteractions:\n"
# As vcrpy writes it, and we do.
ONE = """- request:
    body: null
    headers:
      Accept:
      - '*/*'
    method: GET
    uri: https://demo-fapi.binance.com/eapi/v1/order?orderId={}
  response:
    body:
      string: '{{"orderId":{}}}'
    headers:
      Content-Type:
      - application/json
    status:
      code: 200
      message: OK
"""


def _written(count: int, place: str) -> Path:
    path = Path(place) / "many.yaml"
    path.write_text(HEAD + "".join(ONE.format(n, n) for n in range(count)), encoding="utf-8")
    return path


def _on_file(
    measure: Callable[[Path], float], count: int = MANY, *, each: bool = False
) -> Callable[[], float]:
    def run() -> float:
        with tempfile.TemporaryDirectory() as place:
            return measure(_written(count, place)) / (count if each else 1)

    return run


def _load(path: Path) -> float:
    from pytest_binance_options._cassette.format import parse

    text = path.read_text(encoding="utf-8")
    return cpu_each(lambda: parse(text, name="many"), 1, warm_up=0)


def _load_by_vcrpy(path: Path) -> float:
    from vcr.cassette import Cassette

    return cpu_each(lambda: Cassette.load(path=str(path)), 1, warm_up=0)


def _load_by_cassetter(path: Path) -> float:
    import cassetter

    cassette = cassetter.Cassette(path, record_mode=cassetter.RecordMode.NONE)
    took = cpu_each(cassette.load, 1, warm_up=0)
    assert len(cassette.interactions) == LIMIT
    return took


def _request(number: int) -> object:
    from pytest_binance_options._messages import Request

    return Request("GET", URL.format(number), {"Accept": "*/*"})


def _replay(path: Path) -> object:
    from pytest_binance_options._backends.replay import Replay
    from pytest_binance_options._cassette.store import load

    return Replay(load(path), path=path, record_command="", test="this")


def _play_all(path: Path) -> float:
    replay, requests = _replay(path), [_request(number) for number in range(MANY)]
    return cpu_each(lambda: [replay.respond(each) for each in requests], 1, warm_up=0)


def _play_some(count: int) -> Callable[[Path], float]:
    def measure(path: Path) -> float:
        replay = _replay(path)
        requests = [_request(number) for number in range(0, count, count // 1000)]
        replay.respond(requests.pop())
        began = time.process_time()
        for each in requests:
            replay.respond(each)
        return (time.process_time() - began) / len(requests)

    return measure


def _play_all_by_vcrpy(path: Path) -> float:
    from vcr.cassette import Cassette
    from vcr.request import Request

    cassette = Cassette.load(path=str(path))
    # A few of them, from all over the file: each is a walk through it.
    requests = [Request("GET", URL.format(n), None, {"Accept": "*/*"}) for n in range(0, MANY, 100)]
    return 100 * cpu_each(lambda: [cassette.play_response(each) for each in requests], 1, warm_up=0)


def _record(count: int) -> Callable[[], float]:
    def measure() -> float:
        from pytest_binance_options._backends.record import Record
        from pytest_binance_options._messages import Headers, Response

        json = Headers([("Content-Type", "application/json")])
        asked = [
            (_request(number), Response(200, json, b'{"orderId":%d}' % number))
            for number in range(count)
        ]

        def record() -> None:
            recorder = Record("https://demo-fapi.binance.com", "wss://demo-fstream.binance.com")
            for request, answer in asked:
                recorder.respond(request)
                recorder.observe(request, answer)
            recorder.save(Path(place) / "recorded.yaml", test="this")

        with tempfile.TemporaryDirectory() as place:
            return cpu_each(record, 1, warm_up=0) / count

    return measure


TABLES = {
    "load": Table(
        "Loading a cassette of 10,000 interactions, for each of them",
        "vcrpy",
        {
            "vcrpy": Measure(_on_file(_load_by_vcrpy, each=True), "vcrpy"),
            "cassetter, 5,000 (it refuses more)": Measure(
                _on_file(_load_by_cassetter, LIMIT, each=True), "cassetter"
            ),
            "here": Measure(_on_file(_load, each=True)),
        },
        rounds=3,
    ),
    "replay": Table(
        "Playing each of 10,000 interactions",
        "vcrpy",
        {
            "vcrpy": Measure(_on_file(_play_all_by_vcrpy), "vcrpy"),
            "here": Measure(_on_file(_play_all)),
        },
        unit="s of CPU time",
        scale=1,
        rounds=3,
    ),
    "lookup": Table(
        "Finding one interaction",
        "of 1,000",
        {
            "of 1,000": Measure(_on_file(_play_some(1000), 1000)),
            "of 10,000": Measure(_on_file(_play_some(MANY), MANY)),
        },
    ),
    "record": Table(
        "Recording: what each interaction costs, the writing included",
        "of 1,000",
        {"of 1,000": Measure(_record(1000)), "of 10,000": Measure(_record(MANY))},
        rounds=3,
    ),
}

if __name__ == "__main__":
    sys.exit(main(__doc__, TABLES))
