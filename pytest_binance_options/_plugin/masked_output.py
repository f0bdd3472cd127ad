"""What pytest and HTTP libraries say of a test that uses a real account: all of it stays but the
secrets.

A listen key is an argument like any other to pytest, which shows it with a failure; so it does with
what a test has printed. Libraries log whole URLs, with the signature in them.
"""

from __future__ import annotations

import dataclasses
import logging
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from .._masking import mask

if TYPE_CHECKING:
    import pytest

__all__ = [
    "live_handlers",
    "mask_report",
    "mask_trace",
    "masked_lines",
    "masked_logs",
    "masked_value",
]

# Those that log whole URLs: urllib3 (for requests and for what we forward) on DEBUG, httpx on INFO.
_LOGGERS = ("urllib3.connectionpool", "httpx")
# No secret of fewer characters is looked for, and of traces most numbers have fewer.
_SHORTEST = 8
# What record_property has noted, an xfail's reason, a subtest's values, pytest-html's extras.
_CARRIED = ("user_properties", "wasxfail", "context", "extras")


def mask_report(
    report: pytest.TestReport | pytest.CollectReport, mask: Callable[[str], str] = mask
) -> None:
    """Mask ``report``: the failure with its arguments and local variables, what was captured, and
    what plugins have the report carry.

    What is shown while the test still runs (``-s``) has been shown by then.
    """
    report.sections = [(mask(title), mask(text)) for title, text in report.sections]
    for name in _CARRIED:
        if hasattr(report, name):
            setattr(report, name, masked_value(getattr(report, name), mask))
    if isinstance(report.longrepr, str):
        report.longrepr = mask(report.longrepr)
    elif dataclasses.is_dataclass(report.longrepr):
        mask_trace(report.longrepr, mask)
    elif isinstance(report.longrepr, tuple):
        path, line, reason = report.longrepr
        report.longrepr = (path, line, mask(reason))
    elif report.longrepr is not None:
        # Another plugin's, which can say nothing but its text.
        report.longrepr = mask(str(report.longrepr))


def mask_trace(value: object, mask: Callable[[str], str]) -> None:
    """Mask all text below ``value``, one of the objects that pytest's tracebacks are made of."""
    for name in _fields(value):
        # Some are frozen.
        object.__setattr__(value, name, masked_value(getattr(value, name), mask))


def _fields(value: object) -> Iterable[str]:
    slots = [field.name for field in dataclasses.fields(value) if hasattr(value, field.name)]  # type: ignore[arg-type]
    return dict.fromkeys([*slots, *getattr(value, "__dict__", ())])


def masked_value(value: object, mask: Callable[[str], str]) -> Any:
    """``value`` with all text in it masked, in lists and mappings too; where there is a secret in
    anything else, its text without it."""
    if isinstance(value, str):
        return mask(value)
    if isinstance(value, list) and value and all(isinstance(line, str) for line in value):
        # A traceback's lines, with their ends where it is Python's own: a secret may go over
        # several.
        between = "" if value[0].endswith("\n") else "\n"
        text = between.join(value)
        hidden = mask(text)
        if hidden == text:
            return value
        return hidden.split("\n") if between else hidden.splitlines(keepends=True)
    if isinstance(value, list | tuple):
        inside = [masked_value(inner, mask) for inner in value]
        return tuple(inside) if isinstance(value, tuple) else inside
    if isinstance(value, Mapping):
        return {masked_value(key, mask): masked_value(inner, mask) for key, inner in value.items()}
    if dataclasses.is_dataclass(value):
        mask_trace(value, mask)
        return value
    # Bytes, sets, numbers: who writes them has no more than their text.
    text = _text(value)
    hidden = mask(text) if len(text) >= _SHORTEST else text
    return value if hidden == text else hidden


def _text(value: object) -> str:
    if value is None or isinstance(value, bool):
        return ""
    try:
        return str(value)
    except Exception:  # noqa: BLE001  whoever writes it has the same
        return ""


class _Masking(logging.Filter):
    def __init__(self, mask: Callable[[str], str]) -> None:
        super().__init__()
        self._mask = mask

    def filter(self, record: logging.LogRecord) -> bool:
        # Put together here, because what is a secret shows in the whole line: in "?signature=%s" as
        # well.
        record.msg, record.args = self._mask(record.getMessage()), None
        return True


class _MaskingFormatter(logging.Formatter):
    """Leaves the record to others as it is: a test may look at it."""

    def __init__(self, inner: logging.Formatter | None, mask: Callable[[str], str]) -> None:
        super().__init__()
        self._inner = inner or logging.Formatter()
        self._mask = mask

    def format(self, record: logging.LogRecord) -> str:
        return self._mask(self._inner.format(record))


def live_handlers(config: pytest.Config) -> list[logging.Handler]:
    """pytest's handlers that show or write a line while its test still runs: ``log_cli`` and
    ``--log-file``."""
    logs = config.pluginmanager.get_plugin("logging-plugin")
    handlers = (getattr(logs, name, None) for name in ("log_cli_handler", "log_file_handler"))
    return [handler for handler in handlers if isinstance(handler, logging.Handler)]


@contextmanager
def masked_logs(
    handlers: Iterable[logging.Handler] = (), mask: Callable[[str], str] = mask
) -> Iterator[None]:
    """Mask what these loggers say and what ``handlers`` write, until the block ends."""
    masking = _Masking(mask)
    loggers = [logging.getLogger(name) for name in _LOGGERS]
    for logger in loggers:
        logger.addFilter(masking)
    try:
        with masked_lines(handlers, mask):
            yield
    finally:
        for logger in loggers:
            logger.removeFilter(masking)


@contextmanager
def masked_lines(
    handlers: Iterable[logging.Handler], mask: Callable[[str], str] = mask
) -> Iterator[None]:
    """Mask what ``handlers`` write, until the block ends."""
    formatters = [(handler, handler.formatter) for handler in handlers]
    for handler, formatter in formatters:
        handler.setFormatter(_MaskingFormatter(formatter, mask))
    try:
        yield
    finally:
        for handler, formatter in formatters:
            handler.setFormatter(formatter)
