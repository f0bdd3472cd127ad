"""The section of a failing test has colours where pytest prints it on a terminal that has them, and
nowhere else."""

from __future__ import annotations

import re

import pytest

from pytest_binance_options._messages import Request
from pytest_binance_options._plugin.colours import coloured
from pytest_binance_options._plugin.section import section
from pytest_binance_options.exchange import Exchange, events, scenarios

ANSI = re.compile("\x1b\\[[0-9;]*m")

SUITE = """
    import requests

    def test_it(binance_options_exchange):
        requests.post("https://eapi.binance.com/eapi/v1/listenKey")
        assert False
"""


@pytest.fixture
def text() -> str:
    """A section that has something of everything."""
    exchange = Exchange()
    key = {"X-MBX-APIKEY": exchange.open_account().api_keys[0].api_key}
    exchange.handle(Request("POST", "/eapi/v1/listenKey", key))
    exchange.connect(f"/private/ws/{exchange.account.listen_key}")
    exchange.emit(events.order_trade_update())
    scenarios.one_failed_keepalive(exchange)
    for _ in range(3):
        exchange.clock.advance(minutes=30)
        exchange.handle(Request("PUT", "/eapi/v1/listenKey", key))
    exchange.connect("/private/userdata")
    exchange.streams.drop()
    exchange.emit(events.order_trade_update())
    return section(exchange.journal)


def marked(text: str, **markup: bool) -> str:
    return f"<{'+'.join(markup)}>{text}</>"


def test_without_colours_it_is_what_it_was(text: str) -> None:
    assert coloured(text, lambda text, **_: text) == text


def test_what_went_wrong_stands_out(text: str) -> None:
    lines = coloured(text, marked).splitlines()
    assert lines[0].startswith("<yellow+bold>* Refused once: handshake /private/userdata")
    assert "<bold>2026-01-01    requests                        | streams</>" in lines
    found = re.sub("  +", " ", "\n".join(lines))
    for line in (
        "<light>00:00:00.000</> POST /eapi/v1/listenKey -> 200 | listen key made",
        "<light>00:00:00.000</> | ORDER_TRADE_UPDATE -> #1",
        "<light>00:00:00.000</><cyan> -- scenario one_failed_keepalive()</>",
        "<light>00:30:00.000</><red> PUT /eapi/v1/listenKey -> 503 </> |",
        "<light> </><red> -1000 Service Unavailable. </> |",
        "<light>01:00:00.000</> | <red>listen key expired</>",
        "<light>01:30:00.000</> | <red>#1 dropped by the exchange,</>",
        "<light>01:30:00.000</> | <red>ORDER_TRADE_UPDATE -> nobody:</>",
    ):
        assert line in found


def test_a_section_without_hints_has_no_heading_of_its_own(text: str) -> None:
    assert coloured("Nothing was asked.", marked) == "<bold>Nothing was asked.</>"


def test_on_a_terminal_alone(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(SUITE)
    run = pytester.runpytest_inprocess(
        "--color=yes", "--junitxml=junit.xml", "-o", "junit_logging=all"
    )
    reports = run.reprec.getreports("pytest_runtest_logreport")  # type: ignore[attr-defined]
    (content,) = [
        content for report in reports for title, content in report.sections if "Binance" in title
    ]
    assert "\x1b" not in content
    printed = run.stdout.str()
    assert content not in printed
    assert content in ANSI.sub("", printed)
    assert "\x1b[33m\x1b[1m* No header X-MBX-APIKEY came, nor one like it.\x1b[0m" in printed
    assert "\x1b" not in (pytester.path / "junit.xml").read_text(encoding="utf-8")


def test_not_where_pytest_has_none(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(SUITE)
    printed = pytester.runpytest_inprocess("--color=no").stdout.str()
    assert "\x1b" not in printed
    assert "* No header X-MBX-APIKEY came, nor one like it.\n" in printed
