"""What the end of a run says of all tests of ours together: recordings, and what a user would not
look for by himself. Nothing to say: no section.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import pytest

from .._backends.remarks import Remarks
from .._cassette.naming import SUFFIX, cassette_path
from .._counts import many
from ..errors import CassetteError
from . import bad_days
from .reports import remarks_of
from .terminal import counted, words_are_read

__all__ = ["write_summary"]

# Lines below each heading.
_LISTED = 10


def write_summary(
    terminal: pytest.TerminalReporter, reports: Iterable[pytest.TestReport], exitstatus: int
) -> None:
    """Write the section, where there is anything to say. ``reports`` are those of tests of ours."""
    config = terminal.config
    words_are_read(config)
    if config.option.no_summary or config.get_verbosity() < -1:
        return
    said = _by_test(reports)
    names = {
        report.nodeid
        for listed in terminal.stats.values()
        for report in listed
        if hasattr(report, "nodeid")
    }
    lines = [*_lines(said, config.rootpath), *bad_days.lines(said)]
    if exitstatus == pytest.ExitCode.OK and _is_whole(config, said):
        lines += _of_a_whole_run(said, names, config.rootpath)
    if lines:
        terminal.write_sep("=", "Binance Options")
        for line in lines:
            terminal.write_line(line)


def _by_test(reports: Iterable[pytest.TestReport]) -> dict[str, Remarks]:
    """What each test has told last: a test that was run again had a past."""
    said: dict[str, Remarks] = {}
    for report in sorted(reports, key=lambda report: report.stop):
        remarks = remarks_of(report)
        if remarks is not None:
            said[report.nodeid] = remarks
    return said


def _is_whole(config: pytest.Config, said: Mapping[str, Remarks]) -> bool:
    """Whether each test of the files that were looked at has run."""
    return not any("::" in argument for argument in config.args) and not any(
        remarks.part for remarks in said.values()
    )


def _lines(said: Mapping[str, Remarks], root: Path) -> Iterator[str]:
    recorded = {r.cassette: r.recorded for r in said.values() if r.recorded}
    if recorded:
        written = [r.recorded for r in said.values()]
        sums = (sum(counts[n] for counts in written if counts) for n in (0, 1))
        yield f"recorded: {many(len(recorded), 'cassette')} ({counted(*sums)})"
        yield from _listed(_shown(path, root) for path in recorded)
    lost = [test for test, r in said.items() if r.recording and not r.recorded]
    if lost:
        yield f"not recorded: {many(len(lost), 'test')} did not pass"
        yield from _listed(lost)
    lacking = sum(r.lacks_account for r in said.values())
    if lacking:
        yield (
            f"skipped for want of an account: {many(lacking, 'test')}. Set BINANCE_API_KEY with"
            " BINANCE_SECRET_KEY or BINANCE_PRIVATE_KEY_PATH."
        )
    stale = {r.cassette: r.stale_days for r in said.values() if r.stale_days is not None}
    if stale:
        yield f"stale: {many(len(stale), 'cassette')}"
        yield from _listed(
            f"{_shown(path, root)}, {many(days, 'day')} old" for path, days in stale.items()
        )
    for what, tests in (
        (
            "unanswered: {} asked for what is not in the cassette",
            [t for t, r in said.items() if r.unanswered],
        ),
        (
            "unplayed: {} left a part of the cassette unplayed",
            [t for t, r in said.items() if r.unplayed],
        ),
    ):
        if tests:
            yield what.format(many(len(tests), "test"))
            yield from _listed(tests)


def _of_a_whole_run(said: Mapping[str, Remarks], tests: Iterable[str], root: Path) -> Iterator[str]:
    unused = _unused(said, tests)
    if unused:
        yield (
            f"unused: {many(len(unused), 'cassette')} of no test in this run"
            " (pytest-binance-options cassettes prune looks closer)"
        )
        yield from _listed(_shown(path, root) for path in unused)
    for path, lines in _unplayed_together(said):
        yield f"unplayed: {_shown(path, root)}, which is shared, has what no test asked for"
        yield from _listed(lines)


def _unused(said: Mapping[str, Remarks], tests: Iterable[str]) -> list[str]:
    """Files beside the cassettes of tests that have run, which belong to none of ``tests``."""
    known = {r.cassette for r in said.values()}
    # Skipped tests have one too, and those that another recorder serves.
    names: dict[str, set[str]] = {}
    for test in tests:
        names.setdefault(_module(test), set()).add(_file_name(test))
    folders = {
        Path(r.cassette).parent: names[_module(test)]
        for test, r in said.items()
        if r.cassette and not r.shared
    }
    return sorted(
        str(path)
        for folder, theirs in folders.items()
        for path in folder.glob(f"*{SUFFIX}")
        if path.name not in theirs and str(path) not in known
    )


def _module(nodeid: str) -> str:
    return nodeid.partition("::")[0]


def _file_name(nodeid: str) -> str:
    module, *names = nodeid.split("::")
    return cassette_path(Path(), module.removesuffix(".py"), ".".join(names)).name


def _unplayed_together(said: Mapping[str, Remarks]) -> Iterator[tuple[str, list[str]]]:
    """Of each shared cassette what tests of this run have recorded, and none has played."""
    played: dict[str, set[int]] = {}
    for remarks in said.values():
        if remarks.shared and remarks.played is not None:
            played.setdefault(remarks.cassette, set()).update(remarks.played)
    if not played:
        return
    from .._cassette.matching import describe, match_key
    from .._cassette.store import load

    for path, positions in played.items():
        try:
            interactions = load(Path(path)).interactions
        except CassetteError:
            continue
        left = [
            f"{describe(match_key(one.request))} -> {one.response.status} (interaction {n + 1})"
            for n, one in enumerate(interactions)
            if n not in positions and (one.test is None or one.test in said)
        ]
        if left:
            yield path, left


def _listed(lines: Iterable[str]) -> Iterator[str]:
    lines = list(lines)
    yield from (f"  {line}" for line in lines[:_LISTED])
    if len(lines) > _LISTED:
        yield f"  and {len(lines) - _LISTED} more"


def _shown(path: str, root: Path) -> str:
    return os.path.relpath(path, root) if Path(path).is_relative_to(root) else path
