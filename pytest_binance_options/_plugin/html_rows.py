"""pytest-html's report has the picture of each test that uses us in its row.

Loaded where ``--html`` asks for such a report.
"""

from __future__ import annotations

import html
import json
from collections.abc import Generator, Iterator

import pytest
from pytest_html import extras  # type: ignore[import-untyped]

from .._picture.page import element
from .report_file import ATTRIBUTE

__all__ = ["HtmlRows"]


class HtmlRows:
    """Puts pictures into rows, and what draws them into the page. ``alone``: nobody else needs the
    records."""

    def __init__(self, *, alone: bool) -> None:
        self._alone = alone

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_makereport(self) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """A test's row is that of its last report."""
        report = yield
        record = report.__dict__.get(ATTRIBUTE)
        if record is not None and report.when == "teardown":
            picture = [extras.html(text) for text in _picture(record)]
            report.__dict__["extras"] = [*report.__dict__.get("extras", ()), *picture]
        if record is not None and self._alone:
            delattr(report, ATTRIBUTE)
        return report

    @pytest.hookimpl(optionalhook=True)
    def pytest_html_results_summary(self, prefix: list[str]) -> None:
        """The script is in the page once, however many rows there are."""
        prefix.append(f"<script>{element()}</script>")


def _picture(record: str) -> Iterator[str]:
    told = json.loads(record.partition("\n")[2])
    if told["picture"]["moments"] or told["hints"]:
        # The row has the error already.
        text = html.escape(json.dumps({**told, "error": ""}, separators=(",", ":")))
        yield f'<binance-options-picture framed record="{text}"></binance-options-picture>'
