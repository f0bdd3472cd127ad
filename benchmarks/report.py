"""How long a report of many tests takes to open in headless Chromium, and to write: `make bench`.

Opening is what a reader waits for: from the start of the navigation to the first paint, which shows
the list and the first failure, in a browser that is running already and has not seen the page.
Written is the page of records that are there; a record is made with its test.
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import sys
import tempfile
import time
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

from pytest_binance_options._picture.page import page

sys.path.insert(0, str(Path(__file__).parents[1]))
from tests.browser.conftest import ARGUMENTS, NAMES
from tests.browser.worlds import long, many

# In the page's own time, which begins with the navigation. Nothing can be seen before all is drawn.
PAINTED = "performance.getEntriesByName('first-contentful-paint').map((entry) => entry.startTime)"


def opening(browser: Browser, path: Path, tests: int) -> float:
    """Seconds until it can be read; a window of its own each time."""
    window = browser.new_context(viewport={"width": 1300, "height": 900})
    opened = window.new_page()
    opened.goto(path.as_uri())
    opened.wait_for_selector(".timeline svg")
    painted = []
    while not painted:
        painted = opened.evaluate(PAINTED)
    assert opened.locator("#list [role=option]").count() == tests
    window.close()
    return float(painted[0]) / 1000


def main() -> None:
    """Print medians, and the slowest."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=7)
    rounds = parser.parse_args().rounds
    chromium = next(filter(None, map(shutil.which, NAMES)), None)
    if chromium is None:
        print("report.py: no Chromium on this machine (Debian: apt-get install chromium)")
        return
    reports = {
        "1,000 tests": list(many(1000)),
        "10,000 tests": list(many(1000)) * 10,
        "a test of 20,000 steps": [long()],
    }
    with (
        tempfile.TemporaryDirectory() as directory,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path=chromium, args=list(ARGUMENTS))
        for name, records in reports.items():
            path = Path(directory) / "report.html"
            began = time.perf_counter()
            path.write_text(page(records), encoding="utf-8")
            written = time.perf_counter() - began
            took = [opening(browser, path, len(records)) for _ in range(rounds)]
            print(
                f"{name:24} {path.stat().st_size / 1e6:6.2f} MB, written in {written:.2f} s, opened"
                f" in {statistics.median(took):.2f} s (slowest {max(took):.2f} s)"
            )
        browser.close()


if __name__ == "__main__":
    main()
