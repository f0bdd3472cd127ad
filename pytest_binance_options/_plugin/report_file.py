"""Where records come together, from this process and from pytest-xdist's workers, and are written
as one page when the run is over, however it ends."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from .._backends.remarks import Remarks
from .._picture.page import page
from . import bad_days
from .reports import remarks_of

__all__ = ["ATTRIBUTE", "ReportFile"]

ATTRIBUTE = "binance_options_record"
"""Of pytest's report: the test's record as text, which passes through pytest-xdist as it is."""

_OPTION = "--binance-options-report"


class ReportFile:
    """The file of ``--binance-options-report``; pytest.UsageError where there can be none."""

    def __init__(self, config: pytest.Config) -> None:
        given = os.path.expandvars(config.getoption("binance_options_report"))
        self._path = config.invocation_params.dir / Path(given).expanduser()
        self._problem = ""
        # By test and run of it, in the order in which they ended. Of a run that sends several, the
        # last one knows all.
        self._records: dict[tuple[str, int], str] = {}
        #: What tests have told of their bad days.
        self._days: dict[str, Remarks] = {}
        self._check()

    def _check(self) -> None:
        try:
            taken = self._path.is_dir()
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._beside.write_bytes(b"")
            self._beside.unlink()
        except (OSError, ValueError) as error:
            raise pytest.UsageError(
                f"{_OPTION}: {self._path} can't be written ({_reason(error)}). Name a file in a"
                " directory that can be written to."
            ) from None
        if taken:
            raise pytest.UsageError(f"{_OPTION}: {self._path} is a directory. Name a file in it.")

    @property
    def _beside(self) -> Path:
        return self._path.with_name(f".{self._path.name}.{os.getpid()}")

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Take the record out of ``report``: whoever else keeps reports need not keep it."""
        record = report.__dict__.pop(ATTRIBUTE, None)
        if record is not None:
            attempt = json.loads(record.partition("\n")[0])["attempt"]
            self._records[report.nodeid, attempt] = record
        remarks = remarks_of(report)
        if remarks is not None and remarks.days:
            self._days[report.nodeid] = remarks

    def pytest_sessionfinish(self) -> None:
        """Write the page: all of it or none."""
        last = dict(self._records.keys())
        records = [
            record if last[nodeid] == attempt else _run_again(record)
            for (nodeid, attempt), record in self._records.items()
        ]
        try:
            text = page(records, days=bad_days.for_page(self._days))
            self._beside.write_text(text, encoding="utf-8")
            self._beside.replace(self._path)
        except OSError as error:
            self._problem = _reason(error)

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Say where it is."""
        if self._problem:
            terminalreporter.write_line(
                f"{_OPTION}: {self._path} could not be written ({self._problem}).", red=True
            )
        else:
            terminalreporter.write_sep("-", f"Binance Options report: {self._path.as_uri()}")


def _reason(error: Exception) -> str:
    return getattr(error, "strerror", None) or str(error)


def _run_again(record: str) -> str:
    """``record`` of a run that wasn't the test's last."""
    parts = [json.loads(part) for part in record.split("\n")]
    return "\n".join(
        json.dumps({**part, "outcome": "rerun"}, separators=(",", ":")) for part in parts
    )
