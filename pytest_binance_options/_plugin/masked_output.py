"""What pytest and HTTP libraries say of a test that uses a real account: all of it stays but the
secrets.

A listen key is an argument like any other to pytest, which shows it with a failure; so it does with
what a test has printed. Libraries log whole URLs, with the signature in them.
"""

from __future__ import annotations

import dataclasses
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from .._masking import mask

if TYPE_CHECKING:
    import pytest

__all__ = ["mask_report", "masked_logs"]

# Those that log whole URLs: urllib3 (for requests and for what we forward) on DEBUG, httpx on INFO.
_LOGGERS = ("urllib3.connectionpool", "httpx")


def mask_report(report: pytest.TestReport) -> None:
    """Mask ``report``: the failure with its arguments and local variables, and what was captured.

    What is shown while the test still runs (``-s``, ``log_cli``) has been shown by then.
    """
    report.sections = [(title, mask(text)) for title, text in report.sections]
    if isinstance(report.longrepr, str):
        report.longrepr = mask(report.longrepr)
    elif dataclasses.is_dataclass(report.longrepr):
        _mask_fields(report.longrepr)
    elif report.longrepr is not None and not isinstance(report.longrepr, tuple):
        # Another plugin's, which can say nothing but its text.
        report.longrepr = mask(str(report.longrepr))


def _mask_fields(value: object) -> None:
    """Mask all text below ``value``, one of the objects that pytest's tracebacks are made of."""
    for name, inner in list(vars(value).items()):
        setattr(value, name, _masked(inner))


def _masked(value: object) -> object:
    if isinstance(value, str):
        return mask(value)
    if isinstance(value, list | tuple):
        return type(value)(map(_masked, value))
    if dataclasses.is_dataclass(value):
        _mask_fields(value)
    return value


class _Masking(logging.Filter):
    def filter(self, record: logging.LogRecord) -> bool:
        # Put together here, because what is a secret shows in the whole line: in "?signature=%s" as
        # well.
        record.msg, record.args = mask(record.getMessage()), None
        return True


@contextmanager
def masked_logs() -> Iterator[None]:
    """Mask what these loggers say, until the block ends."""
    masking = _Masking()
    loggers = [logging.getLogger(name) for name in _LOGGERS]
    for logger in loggers:
        logger.addFilter(masking)
    try:
        yield
    finally:
        for logger in loggers:
            logger.removeFilter(masking)
