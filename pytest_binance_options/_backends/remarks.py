"""What there is to remark on one test beside its answers: noted while it runs, for the terminal."""

from __future__ import annotations

from dataclasses import dataclass, field

__all__ = ["Remarks"]


@dataclass(slots=True)
class Remarks:
    """One test's. It travels between processes as plain values.

    ``mode`` is the one that answered, empty where the test did not get that far, and ``cassette``
    the path of the test's cassette, whether there is one or not; ``shared``: by a marker's name.
    ``recording``: it shall be written, and ``recorded`` counts the interactions and the frames that
    were. ``stale_days`` is a stale cassette's age. ``unanswered`` and ``unplayed`` count what the
    test was told of; ``played`` are the interactions of a shared cassette that were played, by
    their place in it. ``days`` counts the bad days that the test has lived, and ``met`` how often
    each kind of trouble has begun in each state of a bot's session. ``lacks_account``: skipped for
    want of one. ``part``: other tests of the run were deselected.
    """

    mode: str = ""
    cassette: str = ""
    shared: bool = False
    recording: bool = False
    recorded: list[int] = field(default_factory=list)
    stale_days: int | None = None
    unanswered: int = 0
    unplayed: int = 0
    played: list[int] | None = None
    days: int = 0
    met: dict[str, dict[str, int]] = field(default_factory=dict)
    lacks_account: bool = False
    part: bool = False
