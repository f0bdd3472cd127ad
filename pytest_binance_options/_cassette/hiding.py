"""Hiding known secrets in text that people read, found as they are in a cassette.

What hides by looks alone is :mod:`pytest_binance_options._masking`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

from .._masking import know
from .cuts import Cuts
from .occurrences import Scanner, replace_hits, to_bytes, to_text
from .pieces import Pieces
from .redaction import needles

__all__ = ["hide_for_good", "hiding"]

_HIDDEN_FOR_GOOD: set[str] = set()


def hide_for_good(secrets: Iterable[str]) -> None:
    """Have ``secrets`` hidden in all that is said, until this process ends: what has happened is
    looked at when its world is over, too."""
    new = set(secrets) - _HIDDEN_FOR_GOOD
    if new:
        _HIDDEN_FOR_GOOD.update(new)
        know(hiding(new))


def hiding(secrets: Iterable[str]) -> Callable[[str], str]:
    """What hides ``secrets`` in text that people read, in whatever encoding they stand there.

    What is shorter than 8 bytes, or an ordinary word of the protocol, is left. So is what remains
    of one that was shortened to less than that, and a piece of less than 16 bytes that stands
    beside no mark of a cut.
    """
    looked_for = list(dict.fromkeys(needles(secrets)))
    scanner, pieces, cuts = Scanner(looked_for), Pieces(looked_for), Cuts(looked_for)

    def hide(text: str) -> str:
        # What overlaps another is found once that is gone.
        for _ in range(3):
            data = to_bytes(text)
            hits = scanner.find(data)
            if not hits:
                break
            hidden = (replace(hit, wrap=str.encode) for hit in hits)
            text = to_text(replace_hits(data, hidden, lambda _secret: "<hidden>"))
        data = to_bytes(text)
        left = pieces.hide(data, b"<hidden>")
        if b"..." in left or "…".encode() in left:
            left = cuts.hide(left, b"<hidden>")
        # What can be in no UTF-8 does not come back from bytes as it was.
        return text if left == data else to_text(left)

    return hide
