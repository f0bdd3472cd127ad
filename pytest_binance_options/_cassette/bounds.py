"""How much a cassette's file may cost whoever reads it: larger ones are no recordings, and would
take the memory of the machine before anybody finds out.

A parser of YAML needs some 200 times a file's size, and aliases in it stand for any amount of text.
"""

from __future__ import annotations

__all__ = [
    "FEW",
    "LARGEST_FILE",
    "LARGEST_FOREIGN",
    "MOST_EVENTS",
    "NUMBER_LENGTH",
    "weighs_more_than",
]

LARGEST_FILE = 64 * 1024**2
"""Bytes in a file as this package writes it, and written out where it holds aliases."""
LARGEST_FOREIGN = 16 * 1024**2
"""Characters in a file that only a whole parser of YAML can read."""
FEW = 256 * 1024
"""Characters of such a file that hold few values, whatever they are."""
MOST_EVENTS = 400_000
"""What a larger one may hold: values, and the beginnings and ends of lists and mappings. Each costs
whoever reads it half a kilobyte, however short it is."""
NUMBER_LENGTH = 400
"""Characters in a number: YAML has forms that take the square of their length to read."""

_EACH = 32


def weighs_more_than(limit: int, value: object) -> bool:
    """Whether ``value``, written out with all that it holds in several places, is larger than
    ``limit``: a character weighs 1, anything beside its text 32."""
    weight = 0
    waiting = [value]
    while waiting:
        each = waiting.pop()
        weight += _EACH
        if isinstance(each, (str, bytes)):
            weight += len(each)
        elif isinstance(each, dict):
            waiting += each.keys()
            waiting += each.values()
        elif isinstance(each, (list, tuple)):
            waiting += each
        if weight + _EACH * len(waiting) > limit:
            return True
    return False
