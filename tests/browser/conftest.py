"""A browser, for the report's pages: `make browser`.

They run where it is said that there has to be one. In other runs they are skipped: the event loop of
the browser's driver goes on in the tests' thread, and those that come after have no use for it.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

REQUIRED = os.environ.get("TESTS_BROWSER") == "required"
NAMES = ("chromium", "chromium-browser", "google-chrome")
# Nothing but the page: a browser of its own accord looks for updates and its maker's hosts.
ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)

Open = Callable[..., "Page"]


def _without(what: str) -> NoReturn:
    reason = f"{what}: `make browser` says what these tests need"
    pytest.fail(reason, pytrace=False)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    if not REQUIRED:
        pytest.skip("`make browser` runs these tests")
    try:
        from playwright.sync_api import sync_playwright
    except ModuleNotFoundError:
        _without("playwright isn't installed")
    path = next(filter(None, map(shutil.which, NAMES)), None)
    if path is None:
        _without("no Chromium on this machine")
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=path, args=list(ARGUMENTS))
        yield running
        running.close()


@pytest.fixture
def opened(browser: Browser, tmp_path: Path) -> Iterator[Open]:
    """Open a page's text in a window of its own. What it asks a network for, and what it complains
    about, fails the test."""
    complaints: list[str] = []
    contexts = []

    def opened(text: str, *, width: int = 1300, anchor: str = "", **context: str) -> Page:
        window = browser.new_context(viewport={"width": width, "height": 900}, **context)  # type: ignore[arg-type]
        contexts.append(window)
        page = window.new_page()
        page.set_default_timeout(20_000)
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("dialog", lambda dialog: complaints.append(f"dialog {dialog.message}"))
        page.on(
            "request",
            lambda request: (
                request.url.startswith(("file:", "data:")) or complaints.append(request.url)
            ),
        )
        path = tmp_path / "page.html"
        path.write_text(text, encoding="utf-8")
        page.goto(path.as_uri() + anchor)
        return page

    yield opened
    for context in contexts:
        context.close()
    assert complaints == []
