"""``explore``: bots in processes of their own, searched for the day that breaks them."""

from __future__ import annotations

import http.client
import json
import os
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from pytest_binance_options._cli import main
from pytest_binance_options._cli.child import Child
from pytest_binance_options._cli.explore import Search
from pytest_binance_options._cli.explored import Found, found_lines, survived_lines
from pytest_binance_options._cli.outside_life import Ending, OutsideLives, Scaled
from pytest_binance_options._days.coverage import Coverage
from pytest_binance_options._days.life import Broken, End, Life
from pytest_binance_options._messages import Answer, Headers, Later, Request, Response
from pytest_binance_options._transports.server.server import LoopbackServer
from pytest_binance_options.bad_days import BadDay, RequestFault, Scenario
from pytest_binance_options.errors import UsageError
from pytest_binance_options.exchange import Exchange

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals as POSIX has them")

PYTHON = (sys.executable, "-I", "-S", "-c")
# A minute and a half is a tenth of a second then.
FAST = ("--speed", "1000", "--hours", "0.025")

BOT = """
import http.client, os, signal, sys, time

key, speed = os.environ["BINANCE_API_KEY"], float(os.environ["BINANCE_OPTIONS_SPEED"])
BEFORE
print("I am", key, "at", sys.argv[1], flush=True)
while True:
    connection = http.client.HTTPConnection(sys.argv[1].removeprefix("http://"), timeout=10)
    connection.request("POST", "/eapi/v1/listenKey", headers={"X-MBX-APIKEY": key})
    status = connection.getresponse().status
    connection.close()
    AFTERWARDS
    time.sleep(30 / speed)
"""


def bot(before: str = "", afterwards: str = "") -> tuple[str, ...]:
    """A bot that renews its key every 30 s, and what it does before the first time and after each,
    with what starts it."""
    return (*PYTHON, BOT.replace("BEFORE", before).replace("AFTERWARDS", afterwards), "{url}")


STRICT = bot(afterwards="assert status == 200, f'status {status}'")


def explored(capsys: pytest.CaptureFixture[str], *given: str) -> tuple[int, str, str]:
    """The status, what was said on stdout, and on stderr."""
    status = main(["explore", *given])
    return status, *capsys.readouterr()


# Processes


def test_a_bot_that_gets_over_its_days_is_said_to_and_what_they_were_worth(
    capsys: pytest.CaptureFixture[str],
) -> None:
    status, said, on_the_way = explored(capsys, *FAST, "--days", "1", "--", *STRICT)

    assert (status, said.splitlines()) == (
        0,
        [
            "1 day lived, and none was found that breaks the bot.",
            "0 kinds of trouble met. The bot was then",
            "  listening        0 times, 0 kinds",
            "  no stream        0 times, 0 kinds",
            "  no key           0 times, 0 kinds",
            "  several streams  0 times, 0 kinds",
            "  banned           0 times, 0 kinds",
        ],
    )
    assert on_the_way.splitlines() == [
        "explore: 1 day of 1 min 30 s at 1000 times real time, 90 ms in all if none breaks the bot",
        "explore: day 1 (nothing goes wrong): all holds",
    ]


def test_a_day_that_breaks_it_is_told_as_python_and_as_json_with_what_the_bot_said(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    day = BadDay(RequestFault("00:00", "service_unavailable"))
    file = tmp_path / "day.json"
    file.write_text(json.dumps(day.to_json()))

    # Its day is over with it: there is time to begin, however busy the machine.
    long = ("--speed", "1000", "--hours", "0.25")

    status, said, _ = explored(capsys, *long, "--day", str(file), "--", *STRICT)

    lines = said.splitlines()
    assert status == 1
    assert lines[0] == "Alive: the bot has ended by itself, with status 1."
    assert "5 days lived. Of the day below: tried again 3 times, it failed 3." in lines
    assert f"day = {day!r}" in lines
    assert BadDay.from_json(json.loads(next(line for line in lines if line[:1] == "{"))) == day
    assert "HERE: Alive" in said
    assert "    AssertionError: status 503" in lines
    assert any(line.startswith("    I am <hidden> at http://127.0.0.1:") for line in lines)
    assert "1 kind of trouble met. The bot was then" in lines


def test_a_signal_ends_the_bot_too(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    # The shell and the bot both hold the fifo open, and the bot's parent's parent is this process.
    impatient = bot(afterwards=f"os.kill({os.getpid()}, signal.SIGTERM)")
    reading: list[bytes] = []
    reader = threading.Thread(target=lambda: reading.append(fifo.read_bytes()))
    reader.start()

    status, said, _ = explored(
        capsys,
        *("--speed", "1", "--hours", "24", "--days", "1", "--"),
        *("sh", "-c", '"$0" "$@" & wait', "sh", "-c", f'exec "$0" "$@" > {fifo}'),
        *impatient,
    )

    reader.join(5)
    assert reading
    assert status == 130
    assert said.splitlines()[:2] == [
        "0 days lived, and none was found that breaks the bot.",
        "Interrupted: these were not all.",
    ]


def test_what_a_process_has_started_is_ended_with_it(tmp_path: Path) -> None:
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    child = Child(["sh", "-c", f"sleep 60 > {fifo} & exit 3"], {})
    with fifo.open("rb") as held:
        assert child.wait(5) == 3
        child.end()
        assert held.read() == b""


@pytest.fixture
def server() -> Iterator[LoopbackServer]:
    server = LoopbackServer()
    server.start()
    yield server
    server.stop()


@pytest.mark.parametrize(
    ("given", "hours", "sentence"),
    [
        (
            {"before": "signal.signal(signal.SIGTERM, lambda *_: os._exit(3))"},
            0.025,
            "the bot has ended with status 3 when it was told to end (SIGTERM).",
        ),
        (
            {"before": "signal.signal(signal.SIGTERM, signal.SIG_IGN)"},
            0.025,
            "the bot goes on 0.1 s after it was told to end (SIGTERM), and had to be killed.",
        ),
        (
            {"afterwards": "os.kill(os.getpid(), signal.SIGKILL)"},
            24,
            "the bot has ended by itself, by SIGKILL.",
        ),
    ],
)
def test_it_has_to_live_and_to_end_when_it_is_told_to(
    server: LoopbackServer, given: dict[str, str], hours: float, sentence: str
) -> None:
    lives = OutsideLives(server, bot(**given), speed=1000, seed=0, to_end=0.1)

    life = lives.live(BadDay(hours=hours))

    assert [str(each) for each in life.broken] == [f"Alive: {sentence}"]


def test_an_answer_that_takes_its_time_comes_late_and_nobody_else_waits_for_it(
    server: LoopbackServer,
) -> None:
    later = Later()

    class Slow(Silent):
        def respond(self, request: Request) -> Answer | Later:
            if request.path == "/slow":
                return later
            later.give(Response(200, Headers([]), b"late"))
            return Response(200, Headers([]), b"quick")

    with server.attach(Slow()) as at:
        slow, quick = (
            http.client.HTTPConnection("127.0.0.1", at.port, timeout=5) for _ in range(2)
        )
        slow.request("GET", "/slow")
        quick.request("GET", "/quick")
        assert quick.getresponse().read() == b"quick"
        assert slow.getresponse().read() == b"late"
        slow.close()
        quick.close()


class Silent:
    """A backend that has nothing to note."""

    def respond(self, request: Request) -> Answer | Later:
        raise AssertionError(request)

    def observe(self, *_: object) -> None: ...

    def connect(self, handshake: Request) -> Response:
        raise AssertionError(handshake)

    def observe_frame(self, *_: object) -> None: ...


def test_the_clock_goes_as_many_times_as_fast_and_leaves_out_what_the_machine_has_slept(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    times = iter([5_000_000_000, 5_010_000_000, 5_010_400_000, 65_010_400_000])
    monkeypatch.setattr("time.monotonic_ns", lambda: next(times))
    exchange = Exchange()
    began, pace = exchange.clock.now_ms, Scaled(exchange, 60)

    passed = []
    for _ in range(4):
        pace.catch_up()
        passed.append(exchange.clock.now_ms - began)

    assert passed == [0, 600, 624, 624 + 250 * 60]


# The search


class Lives:
    """Lives without a process: ``breaks`` says by which invariant a day is broken, if any."""

    def __init__(self, breaks: Callable[[BadDay], str | None]) -> None:
        self.breaks = breaks
        self.lived: list[BadDay] = []
        self.exchange = Exchange()

    def live(self, day: BadDay) -> Life:
        self.lived.append(day)
        now = self.exchange.clock.now_ms
        name = self.breaks(day)

        class Fixed:
            def __init__(self, name: str) -> None:
                self.name = name

            def check(self, _life: Life) -> Broken | None:
                return Broken(self.name, "so it was.", now)

        return Life(
            day,
            Ending(0, was_told=True, asked=True, said=()),
            self.exchange,
            struck=(),
            began_ms=now,
            lines=0,
            end=End(now, None, returned=False, was_told=True),
            invariants=[Fixed(name)] if name else [],
            call="",
        )


def search(lives: Lives) -> Search:
    return Search(lives)  # type: ignore[arg-type]


def kinds(day: BadDay) -> list[str]:
    return [each.kind for each in day.troubles]


@pytest.mark.usefixtures("capsys")
def test_the_shortest_day_is_found_that_breaks_it_in_the_same_way() -> None:
    lives = Lives(
        lambda day: (
            "OneStream"
            if len(day.troubles) > 1
            else "LiveKey"
            if "key_lost" in kinds(day)
            else None
        )
    )

    found = search(lives).over(hours=24, most=3, days=50, seed=1)

    assert found is not None
    assert (found.name, len(found.day.troubles)) == ("OneStream", 2)
    # Two of a kind can't be at the same time, and what comes with another comes a minute later.
    assert found.day.troubles[0].at == "00:00"
    assert found.day.troubles[1].at in ("00:00", "00:01", "01:00")
    assert lives.lived[0] == BadDay()


@pytest.mark.usefixtures("capsys")
def test_the_same_seed_draws_the_same_days_and_no_day_is_lived_twice() -> None:
    def lived(seed: int) -> list[BadDay]:
        lives = Lives(lambda _day: None)
        assert search(lives).over(hours=24, most=3, days=8, seed=seed) is None
        return lives.lived

    days = lived(1)
    assert days == lived(1) != lived(2)
    assert 2 <= len(set(days)) == len(days) <= 8


def test_a_day_that_breaks_it_once_and_not_again_is_not_found_but_told(
    capsys: pytest.CaptureFixture[str],
) -> None:
    names = iter([None, "OneStream"])
    lives = Lives(lambda _day: next(names, None))
    searching = search(lives)

    assert searching.over(hours=24, most=1, days=4, seed=0) is None

    (passing,) = searching.passing
    assert lives.lived[1] == lives.lived[2] == passing.day
    assert "day 2" in capsys.readouterr().err
    said = list(survived_lines(5, searching.passing, Coverage(), interrupted=False))
    assert said[1:3] == [
        "Once, and not when it was tried again: OneStream: so it was.",
        f"    {json.dumps(passing.day.to_json())}",
    ]


@pytest.mark.usefixtures("capsys")
def test_how_often_it_failed_again_is_said() -> None:
    names = iter(["LiveKey", "OneStream", None])
    day = BadDay(Scenario("00:00", "key_lost"))
    lives = Lives(lambda _day: next(names))
    found = Found.of(Lives(lambda _day: "LiveKey").live(day))
    assert found is not None

    search(lives).again(found)

    said = list(found_lines(found, 9, Coverage(), interrupted=False))
    assert said[2:4] == [
        "9 days lived. Of the day below: tried again 3 times, it failed 1.",
        "Not each time: when what happens is up to the machine, too, or to the bot.",
    ]
    cut_short = list(found_lines(found, 9, Coverage(), interrupted=True))
    assert cut_short[3] == "Interrupted: there may be a shorter one."


# What can't be tried


def test_a_bot_that_asks_for_nothing_is_told_where_to_go(
    capsys: pytest.CaptureFixture[str],
) -> None:
    status, said, errors = explored(capsys, *FAST, "--", "sh", "-c", "echo no such host; exit 1")

    assert (status, said) == (2, "")
    assert errors.splitlines()[1:] == [
        (
            "pytest-binance-options explore: The bot has asked the exchange for nothing: it has"
            " ended with status 1. Have it go where BINANCE_OPTIONS_URL and"
            " BINANCE_OPTIONS_STREAM_URL say, or give it these as arguments: {url}, {stream_url}."
            " It has said:"
        ),
        "    no such host",
    ]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ([], "there is no command. Give what starts the bot, as in -- node bot.js."),
        (
            ["--", "/no/such"],
            (
                "/no/such can't be started: No such file or directory. Give a command as a shell"
                " would find it, as in -- node bot.js."
            ),
        ),
        (
            ["--day", "/no/such", "--", "x"],
            "--day /no/such can't be read: No such file or directory.",
        ),
        (
            ["--day", "/dev/null", "--", "x"],
            "--day is '/dev/null'. Give a file with a day as JSON in it, as explore prints it.",
        ),
    ],
)
def test_what_can_t_be_tried_is_said(
    capsys: pytest.CaptureFixture[str], given: list[str], said: str
) -> None:
    status, out, errors = explored(capsys, *given)

    assert (status, out) == (2, "")
    assert errors.splitlines()[-1] == f"pytest-binance-options explore: {said}"


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (["--days", "0"], "--days: days is '0'. Give a whole number from 1 to 1000000."),
        (["--hours", "0"], "--hours: hours is '0'. Give a number above 0, up to 8784."),
        (["--most", "101"], "--most: most is '101'. Give a whole number from 0 to 100."),
        (["--speed", "0.5"], "--speed: speed is '0.5'. Give a number from 1 to 1000."),
        (["--seed", "x"], "--seed: the seed is 'x'. Give a whole number."),
    ],
)
def test_a_value_that_can_t_be_is_said(
    capsys: pytest.CaptureFixture[str], given: list[str], said: str
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["explore", *given, "--", "x"])

    assert ended.value.code == 2
    assert capsys.readouterr().err.endswith(f"error: argument {said}\n")


def test_without_hypothesis_it_says_what_to_install_before_anything_is_started(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "hypothesis", None)
    lives = Lives(lambda _day: None)

    with pytest.raises(UsageError, match=r"pytest-binance-options\[explore\]"):
        search(lives).over(hours=24, most=3, days=5, seed=0)

    assert not lives.lived
