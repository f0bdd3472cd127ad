"""The picture of the report in the documentation, made anew: `make screenshot`.

It is of the example suite, in which the naive bots are expected to fail: here they do.
"""

from __future__ import annotations

import io
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from PIL import Image
from playwright.sync_api import sync_playwright

from .conftest import ARGUMENTS, NAMES

ROOT = Path(__file__).parents[2]
PICTURE = ROOT / "docs" / "pictures" / "report.png"
TEST = "test_a_bad_day[idle_drop-naive]"


def main() -> None:
    """Run the suite, open its report at a test that has failed, and look."""
    chromium = next(filter(None, map(shutil.which, NAMES)))
    with tempfile.TemporaryDirectory() as directory, sync_playwright() as playwright:
        report = Path(directory) / "report.html"
        suite = ["-c", "examples/pyproject.toml", "--rootdir", "examples", "examples"]
        option = f"--binance-options-report={report}"
        subprocess.run(
            [
                sys.executable,
                "-m",
                "pytest",
                "-q",
                *suite,
                "--runxfail",
                "-p",
                "no:randomly",
                option,
            ],
            cwd=ROOT,
            check=False,
            stdout=subprocess.DEVNULL,
        )
        browser = playwright.chromium.launch(executable_path=chromium, args=list(ARGUMENTS))
        window = browser.new_page(viewport={"width": 1100, "height": 850})
        window.goto(report.as_uri())
        window.locator("#search").fill("drop")
        window.locator("#list [role=option]", has_text=TEST).click()
        window.mouse.move(0, 0)
        seen = window.screenshot()
        browser.close()
    # Of a page's few colours nobody misses any, and the file is a third.
    Image.open(io.BytesIO(seen)).convert("RGB").quantize(256, Image.Quantize.MAXCOVERAGE).save(
        PICTURE, optimize=True
    )
    sys.stdout.write(f"{PICTURE}: {PICTURE.stat().st_size:,} bytes\n")


if __name__ == "__main__":
    main()
