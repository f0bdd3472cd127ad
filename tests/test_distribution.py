"""What is published: metadata, the index page's text, and an sdist that lacks nothing."""

from __future__ import annotations

import re
import shutil
import subprocess
from importlib import metadata
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
LINK = re.compile(r"\]\((?P<target>[^()\s]+)\)")
# What setuptools takes without being told.
BY_ITSELF = {"LICENSE", "MANIFEST.in", "README.md", "pyproject.toml", "setup.cfg"}


def urls() -> dict[str, str]:
    lines = metadata.metadata("pytest-binance-options").get_all("Project-URL") or []
    return dict(line.split(", ", 1) for line in lines)


def test_the_index_page_has_no_link_that_leads_nowhere_from_there() -> None:
    shown = metadata.metadata("pytest-binance-options").get_payload()

    assert shown.strip() == (ROOT / "README.md").read_text(encoding="utf-8").strip()
    relative = [
        link["target"]
        for link in LINK.finditer(shown)
        if not link["target"].startswith(("https://", "#"))
    ]
    assert relative == []


def test_it_says_where_it_comes_from_and_for_which_pythons() -> None:
    classifiers = metadata.metadata("pytest-binance-options").get_all("Classifier") or []
    prefix = "Programming Language :: Python :: 3."
    minors = [int(each.removeprefix(prefix)) for each in classifiers if each.startswith(prefix)]

    assert urls().keys() == {"Source", "Documentation", "Changelog", "Issues"}
    assert minors == list(range(10, 15))
    assert metadata.metadata("pytest-binance-options")["Requires-Python"] == ">=3.10"


@pytest.mark.skipif(
    not (ROOT / ".git").exists() or shutil.which("git") is None, reason="needs the repository"
)
def test_all_that_is_in_the_repository_is_in_an_sdist() -> None:
    listed = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.splitlines()
    manifest = (ROOT / "MANIFEST.in").read_text(encoding="utf-8").splitlines()
    grafted = {line.split()[1] for line in manifest if line.startswith("graft ")}
    included = {
        name for line in manifest if line.startswith("include ") for name in line.split()[1:]
    }

    left_out = [
        name
        for name in listed
        if name.partition("/")[0] not in {*grafted, "pytest_binance_options"}
        and name not in included | BY_ITSELF
    ]

    assert left_out == []
