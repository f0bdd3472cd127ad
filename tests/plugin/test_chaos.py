"""``--binance-options-chaos``: a bad day for every test that the simulated exchange answers."""

from __future__ import annotations

import re
import sys

import pytest

from pytest_binance_options._days.chaos import day_of
from pytest_binance_options.bad_days import BadDay

from .cassettes import write_cassette

#: Keepalives at all hours of a day, which no trouble may disturb.
BRITTLE = """
    import pytest, requests

    KEY = "https://eapi.binance.com/eapi/v1/listenKey"

    @pytest.fixture
    def keepalives(binance_options, binance_options_listen_key, binance_options_clock):
        def keepalives(count=30):
            for _ in range(count):
                headers = {"X-MBX-APIKEY": binance_options.auth.api_key}
                requests.put(KEY, headers=headers).raise_for_status()
                binance_options_clock.advance(minutes=45)
        return keepalives
"""
MANY = f"""{BRITTLE}
    @pytest.mark.parametrize("n", range(8))
    def test_bot(keepalives, n):
        keepalives()
"""
LIVING = """
    import asyncio
    from pytest_binance_options.bad_days import *

    async def bot(world):
        await asyncio.sleep(10**9)

    def test_it({fixture}):
        for at in ("01:00", "02:00", "02:00"):
            {live}(BadDay(Ban(at), RequestFault("00:00", "delay", seconds=1), hours=3), bot)
"""
TITLE = "Binance Options, a bad day"


def said_of_days(result: pytest.RunResult) -> list[str]:
    """What failing tests say of their days."""
    parts = re.split(rf"^-+ {TITLE} -+$", result.stdout.str(), flags=re.MULTILINE)[1:]
    return [re.split(r"^(?:_{3}|={3}|-{3})", part, flags=re.MULTILINE)[0] for part in parts]


def indented(day: BadDay) -> str:
    return "\n".join(f"    {line}" for line in repr(day).splitlines())


def test_a_failing_test_shows_its_day_and_how_to_have_it_again(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(test_it=MANY)

    result = pytester.runpytest("--binance-options-chaos=7")

    days = said_of_days(result)
    assert len(days) == result.parseoutcomes()["failed"] > 2
    known = {indented(day_of(7, f"test_it.py::test_bot[{n}]")) for n in range(8)}
    for said in days:
        explained, _, day = said.strip("\n").partition("\n\n")
        assert explained == (
            "Seed 7 gave this test a bad day, and gives it the same one again:\n"
            "--binance-options-chaos=7. To leave a test out:"
            " @pytest.mark.binance_options(chaos=False)."
        )
        assert day in known
    assert len(set(days)) == len(days)


def test_a_day_is_the_seed_s_and_the_test_s() -> None:
    assert day_of(7, "a") == day_of(7, "a")
    days = {day_of(seed, test) for seed in (1, 2, 3) for test in "abc"}
    assert len(days) == 9
    assert all(day.troubles and not day.orders_every for day in days)
    assert not any(day.ends_it for day in days)


def test_who_is_not_concerned_is_left_alone(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        test_it=f"""{BRITTLE}
    @pytest.mark.binance_options(chaos=False)
    @pytest.mark.parametrize("n", range(8))
    def test_left_out(keepalives, n):
        keepalives()

    @pytest.mark.parametrize("n", range(8))
    def test_set_up_is_spared(binance_options_listen_key, n):
        pass

    def test_replayed(binance_options):
        requests.post(KEY).raise_for_status()

    def test_none_of_ours():
        pass
    """
    )
    write_cassette(pytester, "test_it/test_replayed", "POST")

    result = pytester.runpytest("--binance-options-chaos=7")

    result.assert_outcomes(passed=18)


def test_what_had_not_begun_is_not_to_blame(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        test_it="""
        import pytest

        @pytest.mark.parametrize("n", range(8))
        def test_it(binance_options, n):
            assert False
        """
    )

    days = said_of_days(pytester.runpytest("--binance-options-chaos=7"))

    assert len(days) == 8
    innocent = [day for day in days if "Nothing of it had begun: the test fails without it" in day]
    assert innocent
    assert not [day for day in innocent if "'00:00'" in day]  # at once is at once
    assert [day for day in days if "'00:00'" in day]


def test_the_header_has_the_seed(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(test_it="def test_it(): pass")

    result = pytester.runpytest("--binance-options-chaos=auto")

    (line,) = (line for line in result.outlines if line.startswith("binance_options: "))
    assert re.search(r"mode offline, bad days of seed \d+\b", line)


def test_workers_share_one_seed(pytester: pytest.Pytester) -> None:
    # Each has a test that fails.
    pytester.makepyfile(
        test_it="""
        import pytest

        @pytest.mark.parametrize("n", range(2))
        def test_it(binance_options, n):
            assert False
        """
    )

    result = pytester.runpytest("--binance-options-chaos=auto", "-p", "xdist", "-n2")

    seeds = {re.search(r"Seed (\d+) gave", said)[1] for said in said_of_days(result)}  # type: ignore[index]
    assert len(seeds) == 1
    result.stdout.fnmatch_lines([f"binance_options: *bad days of seed {seeds.pop()}*"])


def test_the_end_says_what_the_days_have_met(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(test_it=MANY)

    result = pytester.runpytest("--binance-options-chaos=7", "--binance-options-report=page.html")

    result.stdout.re_match_lines(
        [
            r"bad days: 8 days in 8 tests, \d+ of \d+ kinds of trouble met; the bot was then",
            r"  listening        0 times, 0 kinds",
            r"  no stream        \d+ times, \d+ kinds",
            r"  no key           \d+ times?, \d+ kinds?",
            r"  several streams  0 times, 0 kinds",
            r"  banned           \d+ times?, \d+ kinds?",
            r"  never met: \w+, .*,$",
        ],
        consecutive=True,
    )
    page = (pytester.path / "page.html").read_text(encoding="utf-8")
    assert re.search(r"<p>8 days in 8 tests, \d+ of \d+ kinds of trouble met\. ", page)
    assert re.search(r'<th scope="row">key_lost</th>(<td class="met\d">\d*</td>){5}</tr>', page)


@pytest.mark.parametrize(
    ("fixture", "live"), [("", "live"), ("binance_options", "binance_options.live")]
)
def test_the_days_of_a_test_are_counted_with_or_without_a_fixture_of_ours(
    pytester: pytest.Pytester, fixture: str, live: str
) -> None:
    pytester.makepyfile(LIVING.format(fixture=fixture, live=live))

    result = pytester.runpytest()

    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(
        [
            # The delay waits for a request, and there is none.
            "bad days: 3 days in 1 test, 1 of * kinds of trouble met; the bot was then",
            "  no key           3 times, 1 kind",
        ]
    )


@pytest.mark.parametrize("seed", ["seven", "-1", "1.5", "4294967296", "\u0663"])
def test_what_is_no_seed_ends_the_run(pytester: pytest.Pytester, seed: str) -> None:
    result = pytester.runpytest(f"--binance-options-chaos={seed}")

    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(
        [
            (
                f"ERROR: --binance-options-chaos={seed} won't do. Give a whole number from 0 to"
                " 4294967295, or auto."
            )
        ]
    )


def test_without_hypothesis_the_run_ends_and_says_what_to_install(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "hypothesis", None)

    result = pytester.runpytest("--binance-options-chaos=7", "-p", "no:hypothesispytest")

    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["ERROR: *pip install 'pytest-binance-options?explore?'*"])


def test_a_misspelt_argument_of_the_marker_is_told(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        test_it="""
        import pytest

        @pytest.mark.binance_options(chaos="no")
        def test_it(binance_options):
            pass
        """
    )

    result = pytester.runpytest()

    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*@pytest.mark.binance_options(chaos=...) is 'no'*true or false*"])
