"""What a run's terminal shows while it runs: the header's line, and with ``--verbose`` who answered
a test. Its end is :mod:`.summary`'s."""

from __future__ import annotations

import os
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import TypeAlias

import pytest

from .._cassette.naming import SUFFIX
from .._counts import many
from .._modes import Mode
from .items import settings_of
from .reports import remarks_of

__all__ = [
    "Status",
    "counted",
    "header",
    "with_who_answered",
    "words_are_read",
]

#: A category, a letter, and a word, by itself or with its markup.
Status: TypeAlias = "tuple[str, str, str | tuple[str, dict[str, bool]]]"

_READ = pytest.StashKey[bool]()

# Files that are looked at for a count: a header has to be there at once.
_MOST = 5000


def words_are_read(config: pytest.Config) -> None:
    """From here on the words are for lists that other programs read: nothing is added to them."""
    config.stash[_READ] = True


def with_who_answered(config: pytest.Config, report: pytest.TestReport, status: Status) -> Status:
    """What ``--verbose`` shows of ``report``: who answered, where that was nobody outside, and that
    a cassette was written."""
    remarks = remarks_of(report)
    if remarks is None or config.stash.get(_READ, False):
        return status
    category, letter, word = status
    if report.when == "teardown" and report.passed and remarks.recorded and not word:
        return category, letter, f"RECORDED ({counted(*remarks.recorded)})"
    if not word or not remarks.mode:
        return status
    mode = Mode.parse(remarks.mode, setting="mode")
    if mode.leaves_machine:
        return status
    answered = "simulated" if mode.simulates else "replayed"
    if isinstance(word, str):
        return category, letter, f"{word} [{answered}]"
    return category, letter, (f"{word[0]} [{answered}]", word[1])


def counted(interactions: int, frames: int) -> str:
    """So many of each; frames only where there are any."""
    parts = ((interactions, "interaction"), (frames, "frame"))
    return ", ".join(many(count, what) for count, what in parts if count or what == "interaction")


def header(config: pytest.Config) -> str | None:
    """The header's line: the mode, who is asked, the cassettes; None: not worth a line."""
    settings = settings_of(config)
    mode = Mode.parse(settings.mode, setting="mode")
    parts = [f"mode {mode}"]
    if _overridden(config):
        parts[0] += ", unless the fixture binance_options_config says otherwise"
    chaos = config.getoption("binance_options_chaos")
    if chaos:
        parts.append(f"bad days of seed {chaos}")
    if mode.leaves_machine:
        parts.append(f"at {settings.host} and {settings.stream_host}")
    if mode.needs_account and getattr(config.option, "numprocesses", None):
        parts.append("one test at a time (there is one account)")
    if mode.has_cassette or mode.backend is None:
        directory = Path(settings.cassette_dir)
        shown = os.path.relpath(directory, config.rootpath)
        parts.append(f"{_count(directory)} in {shown}")
    return "binance_options: " + ", ".join(parts)


def _overridden(config: pytest.Config) -> bool:
    """Whether a conftest.py that is loaded by now sets the settings from code."""
    return any(
        hasattr(plugin, "binance_options_config")
        for plugin in config.pluginmanager.get_plugins()
        if getattr(plugin, "__file__", "") and Path(plugin.__file__).name == "conftest.py"
    )


def _count(directory: Path) -> str:
    files = list(islice(_files(directory), _MOST + 1))
    found = sum(file.endswith(SUFFIX) for file in files)
    if len(files) > _MOST:
        return f"{found} cassettes or more"
    return many(found, "cassette", none="no")


def _files(directory: Path) -> Iterator[str]:
    for _, below, files in os.walk(directory):
        below[:] = [name for name in below if not name.startswith(".")]
        yield from files
