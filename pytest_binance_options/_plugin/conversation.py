"""What the report of a red test shows of its world, whoever answered."""

from __future__ import annotations

from .._world.handle import Handle

__all__ = ["TITLE", "beside", "conversation"]

#: How the title of a failing test's section begins.
TITLE = "Binance Options, mode "


def conversation(handle: Handle, error: BaseException | None = None) -> str:
    """What happened, for a report on a test that failed with ``error``: the exchange's timeline
    where there is one, else what was asked and answered, followed by what the loopback server's
    clients may have kept to themselves; no secrets."""
    if handle.exchange is not None:
        from .failure import failures
        from .section import section

        known = () if error is None else failures(error, handle.exchange.clock.now_ms)
        return section(handle.exchange.journal, known)
    lines = [
        f"{asked.method} {asked.path} -> {asked.status or 'no response'}"
        for asked in handle.requests
    ]
    return "\n".join(
        [
            *([f"cassette: {handle.cassette}"] if handle.cassette else []),
            *(lines or ["No request was made."]),
            *beside(handle),
        ]
    )


def beside(handle: Handle) -> list[str]:
    """What is to be told besides what happened, a line each: what was asked in vain, and what the
    loopback server's clients may have kept to themselves."""
    return [
        *(f"not in the cassette: {asked}" for asked in handle.unanswered()),
        *(f"{type(error).__name__}: {error}" for error in handle.place.errors),
    ]
