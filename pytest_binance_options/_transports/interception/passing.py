"""What a client that is watched asks for, while it goes on by itself because it is nobody's: known
to the guard, which sees no more than a host and a port."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from ..._hosts import canonical
from ..._urls import authority

__all__ = ["passed_on", "passing", "under_way"]

_url: ContextVar[str | None] = ContextVar("binance_options_passing", default=None)


@contextmanager
def passing(url: str | None) -> Iterator[None]:
    """Whatever is connected to in here, tasks that are started included, is for ``url``."""
    token = _url.set(url)
    try:
        yield
    finally:
        _url.reset(token)


def under_way() -> str | None:
    """What is asked for here and now; None: nobody has said."""
    return _url.get()


def passed_on(host: str) -> str | None:
    """What is asked for here and now, where that is of ``host``."""
    url = _url.get()
    return url if url is not None and canonical(authority(url)[1]) == canonical(host) else None
