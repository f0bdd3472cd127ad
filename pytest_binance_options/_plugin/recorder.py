"""Makes the record of each test that uses us, for a report: in the process that runs the test, and
sent along with pytest's own report of it.

Loaded where a report was asked for.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, field

import pytest

from .._backends.base import Backend
from .._picture.journal import Failed, steps_of
from .._picture.picture import picture
from .._picture.record import ClockKind, Record
from .._picture.steps import Step
from .._picture.witness import Witness
from .._world.handle import Handle
from ..exchange._all_clear import all_clear
from ..exchange._code_notes import Raised
from ..exchange._hints import sentences
from .conversation import beside
from .failure import failures
from .items import HANDLE, WATCH
from .report_file import ATTRIBUTE, ReportFile

__all__ = ["Recorder", "keep_records"]

_RUN = pytest.StashKey["_Run"]()
_LONGEST_SUMMARY = 300


def keep_records(config: pytest.Config) -> None:
    """Have records made, and a report of them where one was asked for."""
    recorder = Recorder()
    config.stash[WATCH] = recorder.watch
    config.pluginmanager.register(recorder, "binance_options_recorder")
    file = bool(config.getoption("binance_options_report"))
    # Where tests run in other processes, this is where their reports come together.
    if file and not hasattr(config, "workerinput"):
        config.pluginmanager.register(ReportFile(config), "binance_options_report")
    if config.getoption("htmlpath", None):
        from .html_rows import HtmlRows

        config.pluginmanager.register(HtmlRows(alone=not file), "binance_options_html_rows")


@dataclass(slots=True)
class _Run:
    """One run of a test, phase by phase."""

    attempt: int = 1
    witness: Witness | None = None
    outcome: str = "passed"
    seconds: float = 0.0
    summary: str = ""
    errors: list[str] = field(default_factory=list)
    #: Where in the journal the failures stand: after so many lines.
    failures: list[tuple[int, Failed]] = field(default_factory=list)
    raised: list[Raised] = field(default_factory=list)

    def add(
        self, report: pytest.TestReport, handle: Handle | None, error: BaseException | None
    ) -> None:
        """Take note of how a phase ended, with ``error`` where it failed."""
        self.seconds += report.duration
        if report.failed:
            self.outcome = "failed" if report.when == "call" else "error"
            self._failed(report, handle, error)
        elif self.outcome == "passed" and hasattr(report, "wasxfail"):
            self.outcome = "xfailed" if report.skipped else "xpassed"
        elif self.outcome == "passed" and report.skipped:
            self.outcome = "skipped"

    def _failed(
        self, report: pytest.TestReport, handle: Handle | None, error: BaseException | None
    ) -> None:
        self.errors.append(report.longreprtext)
        crash = getattr(report.longrepr, "reprcrash", None)
        said = crash.message if crash is not None else report.longreprtext
        summary = (said.strip() or "failed").splitlines()[0][:_LONGEST_SUMMARY]
        self.summary = self.summary or summary
        where = "" if report.when == "call" else f" in {report.when}"
        text = f"the test failed{where}: {summary}"
        if handle is not None and handle.exchange is not None:
            exchange = handle.exchange
            note = Failed(exchange.clock.now_ms, None, text)
            self.failures.append((exchange.journal.written, note))
            if error is not None:
                self.raised += failures(error, exchange.clock.now_ms)
        elif self.witness is not None:
            self.witness.say("failed", text, "bad")


class Recorder:
    """Gives pytest's reports the records of their tests."""

    def watch(self, item: pytest.Item, backend: Backend) -> Backend:
        """``backend``, under the eyes of a witness for the record of ``item``."""
        witness = Witness(backend)
        run = item.stash.setdefault(_RUN, _Run())
        run.witness = witness
        return witness

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        """Begin anew: plugins run a test again."""
        past = item.stash.get(_RUN, None)
        item.stash[_RUN] = _Run(1 if past is None else past.attempt + 1)
        if past is not None and HANDLE in item.stash:
            del item.stash[HANDLE]

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Send the record along when the test is over; and when it has failed, as a plugin that
        runs it again shows no more of it."""
        report = yield
        run = item.stash.setdefault(_RUN, _Run())
        handle = item.stash.get(HANDLE, None)
        run.add(report, handle, None if call.excinfo is None else call.excinfo.value)
        if report.when == "teardown" or report.failed:
            record = _record(item, run, handle)
            if record is not None:
                setattr(report, ATTRIBUTE, record.dumps())
        return report


def _record(item: pytest.Item, run: _Run, handle: Handle | None) -> Record | None:
    failed = bool(run.errors)
    if handle is None:
        # That the fixture itself fails is worth a look; that it has the test skipped is not.
        if not failed or "binance_options" not in getattr(item, "fixturenames", ()):
            return None
        steps: list[Step] = []
        clock: ClockKind = "real"
    elif handle.exchange is not None:
        journal = handle.exchange.journal
        lines = journal.lines
        before = journal.written - len(lines)
        for position, note in reversed(run.failures):
            lines.insert(max(position - before, 0), note)
        steps, clock = steps_of(lines), "exchange"
    else:
        steps, clock = run.witness.steps if run.witness is not None else [], "real"
    hints: list[str] = []
    facts = _facts(item, handle)
    if failed and handle is not None and handle.exchange is not None:
        journal = handle.exchange.journal
        hints = sentences(journal.lines, fields=journal.fields, failure=run.raised)
        facts += [] if hints else [" ".join(all_clear(journal.lines, width=80))]
    return Record(
        item.nodeid,
        run.outcome,
        mode="" if handle is None else str(handle.mode),
        clock=clock,
        seconds=round(run.seconds, 4),
        facts=tuple(filter(None, facts)),
        hints=tuple(hints),
        error="\n\n".join(run.errors),
        summary=run.summary,
        rest="str(exchange.journal) has them all." if clock == "exchange" else "",
        picture=picture(steps),
        attempt=run.attempt,
    )


def _facts(item: pytest.Item, handle: Handle | None) -> list[str]:
    if handle is None:
        return []
    cassette = []
    if handle.cassette is not None:
        root = item.config.rootpath
        path = handle.cassette
        shown = path.relative_to(root) if path.is_relative_to(root) else path
        cassette = [f"cassette: {shown.as_posix()}"]
    return [*cassette, *beside(handle)]
