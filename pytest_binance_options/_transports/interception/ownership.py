"""Whose request is it: which interception a request belongs to, by whom it is made.

A thread or task that is started while an interception is active belongs to it, and so does what it
starts in turn. When that interception has ended, its leftovers get an error, never the answer of
the test that runs by then.
"""

from __future__ import annotations

from ..._masking import mask
from ...errors import TestOverError
from .belonging import active, is_forwarding, owner_here, who
from .owner import Owner
from .witness import Seen, is_of_ours

__all__ = [
    "claim",
    "claim_stream",
    "concerned",
    "concerns",
    "offline",
    "reaches",
    "watching",
    "without_production",
]


def claim(url: str) -> Owner | None:
    """Who answers a request to ``url`` made here and now; None: nobody, it is none of ours.

    Raises TestOverError where the request comes from a thread or task of an interception that has
    ended.
    """
    owner, innermost = _candidates()
    if owner is None or innermost is None:
        return None
    if owner.over:
        if owner.scope.request(url) or innermost.scope.request(url):
            raise _over(owner, url)
        return None
    return owner if owner.scope.request(url) else None


def claim_stream(url: str) -> Owner | None:
    """As :func:`claim`, for a stream's address."""
    owner, innermost = _candidates()
    if owner is None or innermost is None:
        return None
    if owner.over:
        if owner.scope.stream(url) or innermost.scope.stream(url):
            raise _over(owner, url)
        return None
    return owner if owner.scope.stream(url) else None


def reaches(host: str, port: int | None) -> bool:
    """Whether a request made here to ``host`` may turn out to be ours: its path is not known
    yet."""
    owner, innermost = _candidates()
    return (
        owner is not None
        and innermost is not None
        and (owner.scope.host(host, port) or innermost.scope.host(host, port))
    )


def concerns(url: str) -> bool:
    """Whether any active interception answers ``url``, whoever asks."""
    return any(owner.scope.request(url) or owner.scope.stream(url) for owner in tuple(active))


def concerned() -> tuple[Owner, ...]:
    """The interceptions whose word counts for what is connected to here: this one's own, and where
    that is over, also the one that is in force."""
    owner, innermost = _candidates()
    if owner is None or innermost is None:
        return ()
    return (owner, innermost) if owner.over else (owner,)


def offline() -> bool:
    """Whether an interception forbids this thread the network."""
    return not all(owner.network for owner in concerned())


def without_production() -> Owner | None:
    """An active interception that may not ask production, where none may; None: one may."""
    owners = tuple(active)
    return None if any(owner.production for owner in owners) else next(iter(owners), None)


def watching() -> Seen | None:
    """Who is told what becomes of an exception that is raised here; None: nobody."""
    owner = _candidates()[0]
    return None if owner is None or owner.over or is_of_ours() else owner.seen


def _candidates() -> tuple[Owner | None, Owner | None]:
    """Whom this thread or task belongs to, and who is innermost: the same where it belongs to
    nobody yet."""
    try:
        innermost = active[-1]
    except IndexError:
        return None, None
    if is_forwarding():
        return None, None
    return owner_here() or innermost, innermost


def _over(owner: Owner, url: str) -> TestOverError:
    owner.note_late(f"{mask(url)}, by {who()}")
    return TestOverError(
        f"{mask(url)} was asked for by {who()}, which was started in a test that is over. Nobody"
        " answered it: the test that runs now has a backend of its own. Stop the thread, or cancel"
        " and await the task, before its test ends."
    )
