"""What HTTP libraries log of a request while a real account is in use: the line stays, the
signature in it goes."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from .._masking import mask

__all__ = ["masked_logs"]

# Those that log whole URLs: urllib3 (for requests and for what we forward) on DEBUG, httpx on INFO.
_LOGGERS = ("urllib3.connectionpool", "httpx")


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
