"""The report in a browser: what a reader sees, by mouse, by keyboard, on paper, in the dark."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from pytest_binance_options._picture.days import days_table
from pytest_binance_options._picture.page import page
from pytest_binance_options._picture.picture import picture
from pytest_binance_options._picture.record import Record
from pytest_binance_options._picture.steps import Step, Words
from tests.picture.test_page import HOSTILE

from .conftest import Open
from .worlds import late, long, many

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page


def listed(window: Page) -> Locator:
    return window.locator("#list [role=option]:visible")


def title(window: Page) -> str:
    return window.locator("main h2").inner_text()


def focused(window: Page) -> str:
    """What has the focus: an id, or the class of what is inside a picture."""
    return str(
        window.evaluate(
            "(document.activeElement.shadowRoot?.activeElement?.className)"
            " ?? document.activeElement.id"
        )
    )


def test_the_first_failure_is_open_and_tells_what_happened(opened: Open) -> None:
    window = opened(page([*many(3), late()]))
    assert title(window) == "tests/test_bot.py \u203a test_late"
    assert listed(window).count() == 4
    assert "1 failed" in window.locator("#counts").inner_text()
    assert (
        window.locator(".hints li").first.inner_text().startswith("PUT at 01:01:00.000 came after")
    )
    assert window.locator(".error .cause").inner_text() == "E   assert 400 == 200"
    lanes = window.locator(".names div").all_inner_texts()
    assert lanes == ["REST", "Listen key", "Connections", "Events", "The test"]
    drawn = " ".join(window.locator(".timeline svg text").all_text_contents())
    for text in ("POST listenKey", "400 -1125", "expired", "listenKeyExpired", "#1", "1 min"):
        assert text in drawn
    assert window.locator(".log .row").count() == 8


def test_a_test_is_drawn_when_it_is_opened(opened: Open) -> None:
    window = opened(page(many(1000)))
    assert listed(window).count() == 1000
    assert window.locator("binance-options-picture").count() == 1
    assert title(window).endswith("test_flow[50]")
    listed(window).last.click()
    assert title(window).endswith("test_flow[999]")
    assert window.locator("binance-options-picture").count() == 1


def test_a_test_of_twenty_thousand_steps_shows_its_beginning_and_end(opened: Open) -> None:
    window = opened(page([long()]))
    assert window.locator(".log .row").count() == 1000
    assert window.locator(".log .missing").text_content() == (
        "19,000 of 20,000 steps are left out here. str(exchange.journal) has them all."
    )
    assert window.locator(".gap").count() == 1


def test_search_looks_at_names_and_at_what_happened(opened: Open) -> None:
    window = opened(page([late(), *many(30)]))
    window.keyboard.press("/")
    assert focused(window) == "search"
    window.keyboard.type("listenKeyExpired")
    assert listed(window).all_inner_texts()[0].startswith("test_late")
    assert window.locator("#found").inner_text() == "1 of 31 tests"
    window.keyboard.press("Escape")
    assert listed(window).count() == 31
    window.keyboard.type("flow TEST_7.py")
    assert listed(window).count() == 2
    window.keyboard.press("Enter")
    assert title(window).endswith("test_flow[7]")


def test_outcomes_can_be_looked_at_by_themselves(opened: Open) -> None:
    window = opened(page([late(), *many(10)]))
    window.get_by_role("button", name="passed").click()
    assert listed(window).count() == 10
    window.get_by_role("button", name="passed").click()
    assert listed(window).count() == 11


def test_the_keyboard_leads_everywhere(opened: Open) -> None:
    window = opened(page([late(), late("a.py::test_b"), *many(3)]))
    assert focused(window) == "list"
    window.keyboard.press("j")
    assert title(window) == "a.py \u203a test_b"
    window.keyboard.press("ArrowDown")
    window.keyboard.press("k")
    window.keyboard.press("ArrowUp")
    window.keyboard.press("k")
    assert title(window).endswith("test_late")
    assert window.locator("[aria-selected=true]").count() == 1
    active = window.locator("#list").get_attribute("aria-activedescendant")
    assert active == window.locator("[aria-selected=true]").get_attribute("id")
    window.keyboard.press("Enter")
    assert focused(window) == "timeline"
    assert window.locator(".timeline").evaluate("e => getComputedStyle(e).outlineStyle") == "solid"
    for key in ("ArrowRight", "ArrowRight", "ArrowLeft"):
        window.keyboard.press(key)
    here = window.locator(".log .here .text").all_text_contents()
    assert here[0] == "POST /eapi/v1/listenKey -> 200"
    window.keyboard.press("End")
    assert (window.locator(".log .here .text").text_content() or "").startswith(
        "PUT /eapi/v1/listenKey -> 400"
    )
    assert (window.locator(".said").text_content() or "").startswith(
        "PUT /eapi/v1/listenKey -> 400"
    )
    before = window.locator(".timeline svg").get_attribute("width")
    for key in ("+", "+", "+"):
        window.keyboard.press(key)
    assert float(window.locator(".timeline svg").get_attribute("width") or 0) > float(before or 0)
    window.keyboard.press("0")
    assert window.locator(".timeline svg").get_attribute("width") == before
    window.keyboard.press("Escape")
    assert focused(window) == "list"
    window.keyboard.press("?")
    assert window.get_by_role("dialog").is_visible()
    window.keyboard.press("Escape")
    assert not window.get_by_role("dialog").is_visible()


def test_pointing_at_a_step_tells_it_and_clicking_finds_it(opened: Open) -> None:
    window = opened(page([late()]))
    window.locator(".timeline .mark").first.hover()
    assert "POST /eapi/v1/listenKey -> 200" in window.locator(".tip").inner_text()
    window.locator(".timeline .mark").first.click()
    assert window.locator(".log .here").count() == 2


def test_a_test_can_be_linked_to(opened: Open) -> None:
    text = page([late(), *many(3)])
    window = opened(text)
    listed(window).last.click()
    anchor = re.sub(".*#", "#", window.url)
    assert title(opened(text, anchor=anchor)).endswith("test_flow[2]")


def test_what_a_server_says_is_text(opened: Open) -> None:
    hostile = "\n".join(HOSTILE)
    step = Step(0, hostile, 0, lambda: Words(hostile, hostile, sub=hostile, detail=hostile))
    record = Record(
        hostile,
        "failed",
        facts=(hostile,),
        hints=(hostile,),
        error=hostile,
        summary=hostile,
        picture=picture([step]),
    )
    window = opened(page([record.dumps()], title=hostile, noun=hostile, nothing=hostile))
    (moment,) = record.picture.moments
    for place, text in (
        (".log .text", moment.text),
        (".log .detail", moment.detail),
        (".hints li", moment.text),
        (".facts li", moment.text),
        (".error pre", moment.text),
        (".error summary", moment.text),
    ):
        assert window.locator(place).evaluate("e => e.textContent") == text, place
    assert window.locator("img").count() == 0
    window.keyboard.press("/")
    window.keyboard.insert_text("onerror=alert(1)>")
    assert listed(window).count() == 1
    window.keyboard.insert_text("<b>")
    assert listed(window).count() == 0


def test_on_a_narrow_screen_the_list_comes_first(opened: Open) -> None:
    window = opened(page([late(), *many(3)]), width=400)
    assert not window.locator("main").is_visible()
    window.keyboard.press("j")
    assert not window.locator("main").is_visible()
    window.keyboard.press("k")
    window.keyboard.press("Enter")
    assert title(window).endswith("test_late")
    assert not window.locator("nav").is_visible()
    wide = window.evaluate("document.documentElement.scrollWidth")
    assert wide <= 400
    window.get_by_role("button", name="All tests").click()
    assert listed(window).count() == 4


def test_paper_has_the_failures(opened: Open) -> None:
    window = opened(page([late(), late("a.py::test_b"), *many(3)]), color_scheme="dark")
    assert window.pdf().startswith(b"%PDF")
    window.emulate_media(media="print", color_scheme="dark")
    window.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert window.locator("#print h2").all_inner_texts() == [
        "tests/test_bot.py \u203a test_late",
        "a.py \u203a test_b",
    ]
    assert window.locator("#print .timeline svg").count() == 2
    assert not window.locator("nav").is_visible()
    assert (
        window.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    )
    window.evaluate("dispatchEvent(new Event('afterprint'))")
    assert window.locator("#print > *").count() == 0


CONTRAST = """
() => {
  const style = getComputedStyle(document.documentElement);
  const light = (name) => {
    const hex = style.getPropertyValue(name).trim().slice(1);
    const [r, g, b] = [0, 2, 4].map((at) => parseInt(hex.slice(at, at + 2), 16) / 255)
      .map((c) => (c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const low = [];
  for (const ground of ["--ground", "--panel", "--raised"]) {
    for (const text of ["--text", "--dim", "--good", "--warn", "--bad", "--requests", "--keys", "--orders",
                        "--connections", "--events", "--faults", "--code", "--test"]) {
      const [a, b] = [light(ground), light(text)].sort((x, y) => y - x);
      const ratio = (a + 0.05) / (b + 0.05);
      if (ratio < 4.5) low.push(`${text} on ${ground}: ${ratio.toFixed(2)}`);
    }
  }
  return low;
}
"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_can_be_read_in_the_light_and_in_the_dark(opened: Open, scheme: str) -> None:
    """By WCAG 2.2, 1.4.3: text has a contrast of 4.5 to what is behind it."""
    window = opened(page([late()]), color_scheme=scheme)
    assert window.evaluate(CONTRAST) == []
    ground = window.evaluate("getComputedStyle(document.body).backgroundColor")
    assert (ground == "rgb(255, 255, 255)") == (scheme == "light")


def test_nothing_moves_for_who_does_not_want_it(opened: Open) -> None:
    duration = "getComputedStyle(document.querySelector('[role=option]')).transitionDuration"
    assert opened(page([late()]), reduced_motion="reduce").evaluate(duration) == "0s"


def test_where_there_is_nothing_it_says_so(opened: Open) -> None:
    window = opened(page([]))
    assert window.locator("main").inner_text() == "No test of this run used Binance Options."


def test_a_row_of_pytest_html_has_its_picture(
    opened: Open, pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    plugins = "pytest_binance_options.plugin,pytest_metadata.plugin,pytest_html.plugin"
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    monkeypatch.setenv("PYTEST_PLUGINS", plugins)
    pytester.makepyfile(
        """
        def test_asks(binance_options_client):
            binance_options_client.request("GET", "/eapi/v1/ping")
            assert 0
        """
    )
    pytester.runpytest("--html=rows.html", "--self-contained-html")
    window = opened((pytester.path / "rows.html").read_text("utf-8"))
    assert window.locator("binance-options-picture .names div").all_inner_texts() == [
        "REST",
        "The test",
    ]
    assert window.locator("binance-options-picture .log .row").count() == 2


def test_what_bad_days_have_met_is_a_click_away(opened: Open) -> None:
    table = days_table({"ban": {"no key": 3}}, kinds=["ban"], sessions=["listening", "no key"])
    window = opened(page(many(3), days=("1 day in 1 test.", table)))
    met = window.locator("#met")
    assert not met.is_visible()
    window.locator("#days").click()
    assert met.locator("tbody tr").all_inner_texts() == ["ban\t\t3"]
    assert "1 day in 1 test." in met.inner_text()
    window.keyboard.press("j")  # the list behind it stays where it is
    assert "test_flow[0]" in title(window)
    window.keyboard.press("Escape")
    assert not met.is_visible()
    assert opened(page(many(3))).locator("#days").count() == 0
