"""Everything the documentation shows is run, and where it points there is something."""

from __future__ import annotations

import re
import sys
from urllib.parse import unquote

import pytest

from .conftest import OpenSession, imported_by
from .markdown import ROOT, Block, Page, pages

PAGES = {page.name: page for page in pages()}
BLOCKS = [block for page in PAGES.values() for block in page.blocks if not block.is_of_the_site]

# What only the site shows: elsewhere such a block is a line or two of code.
OF_THE_SITE = {"{eval-rst}", "{facts}", "{include}", "{toctree}"}

# Blocks that are shown and not run. Think twice before this list gets longer.
NOT_RUN = {
    "docs/how-to/other-languages.md: pytest-binance-options explore --days 50 -- node bot.js",
    (
        "docs/how-to/search.md: LiveKey: for 1 h 5 min the account has had no listen key, and"
        " nothing has kept the bot from getting one."
    ),
}


@pytest.mark.parametrize(
    "block",
    [
        block
        for block in BLOCKS
        if block.not_run is None and not PAGES[block.page].run_by_the_next(block)
    ],
    ids=str,
)
@pytest.mark.usefixtures("alone")
def test_what_is_shown_runs(
    block: Block,
    open_session: OpenSession,
    pytester: pytest.Pytester,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    open_session(PAGES[block.page]).run(block, pytester, monkeypatch)


def test_the_first_example_of_the_readme_runs_alone(
    alone: None, pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTEST_PLUGINS", "pytest_binance_options.plugin")
    monkeypatch.delenv("PYTEST_ADDOPTS")
    example = PAGES["README.md"].blocks[0]
    pytester.makepyfile(example.text)

    pytester.runpytest("-W", "error").assert_outcomes(passed=1)

    needed = {name.partition(".")[0] for name in imported_by(example)} - sys.stdlib_module_names
    assert needed <= {"pytest", "pytest_binance_options", "requests"}, "what its install brings"


def test_the_readme_can_be_read_where_its_files_are_not() -> None:
    assert [link for link in PAGES["README.md"].links if not link.startswith("https://")] == []
    named = re.findall(r"`(docs/[\w./-]+|CONTRIBUTING\.md)`", PAGES["README.md"].prose)
    assert len(named) > 5
    assert [name for name in named if not (ROOT / name).exists()] == []


def test_few_blocks_are_not_run_and_each_says_why() -> None:
    not_run = {
        f"{block.page}: {block.text.splitlines()[0]}": block.not_run
        for block in BLOCKS
        if block.not_run is not None
    }

    assert set(not_run) == NOT_RUN
    assert all(not_run.values())


def test_what_is_for_the_site_is_a_table_a_list_or_another_file() -> None:
    for page in PAGES.values():
        for block in page.blocks:
            if block.is_of_the_site:
                assert block.language in OF_THE_SITE, (
                    f"{block}: write it in Markdown, and it is run"
                )


@pytest.mark.parametrize("page", PAGES.values(), ids=lambda page: page.name)
def test_links_lead_somewhere(page: Page) -> None:
    for link in page.links:
        if link.startswith(("https://", "http://")):
            continue
        target, _, fragment = unquote(link).partition("#")
        path = (ROOT / page.name).parent.joinpath(target).resolve() if target else ROOT / page.name
        assert path.exists(), f"{page.name} links to {link}, and there is no such file"
        if fragment:
            name = path.relative_to(ROOT).as_posix()
            assert name in PAGES, f"{page.name} links to {link}, a place in what is no page"
            anchors = PAGES[name].anchors
            assert fragment in anchors, (
                f"{page.name} links to {link}; on that page there are {', '.join(sorted(anchors))}"
            )
