"""The modes, and what is true of each: who answers, and what that takes.

A row is all there is to a mode outside its backend's file: nothing else asks which mode it is, only
what is true of it. Light on import, as the plugin's help is made from it.
"""

from __future__ import annotations

import enum
from dataclasses import KW_ONLY, dataclass

from .errors import UsageError

__all__ = ["Mode"]


@dataclass(frozen=True, slots=True)
class _Row:
    name: str
    #: The module of the backends that answers; None: another mode does, depending on the test.
    backend: str | None
    _: KW_ONLY
    #: Whether requests leave this machine. What it takes then: a host that isn't production, and
    #: everybody else's connections go out as well.
    leaves_machine: bool = False
    #: Whether it needs a real account: its credentials, which come from the environment, and that
    #: no other test uses it meanwhile.
    needs_account: bool = False
    #: Whether reports and logs are masked.
    masks: bool = False
    #: Whether our client looks at the environment's proxies and certificates.
    reads_environment: bool = False
    #: Whether there is a cassette: it is replayed, written, or compared with.
    has_cassette: bool = False
    #: Whether the simulated exchange answers.
    simulates: bool = False


def _real(name: str, backend: str, *, has_cassette: bool = False) -> _Row:
    """A mode in which a real exchange answers."""
    return _Row(
        name,
        backend,
        leaves_machine=True,
        needs_account=True,
        masks=True,
        reads_environment=True,
        has_cassette=has_cassette,
    )


class Mode(str, enum.Enum):
    """Who answers an Options request, and what is true of a test that is answered so. Equal to its
    name as text."""

    OFFLINE = _Row("offline", None)
    REPLAY = _Row("replay", "replay", has_cassette=True)
    SIMULATE = _Row("simulate", "simulate", simulates=True)
    TESTNET = _real("testnet", "live")
    RECORD = _real("record", "record", has_cassette=True)
    VERIFY = _real("verify", "verify", has_cassette=True)

    _value_: str
    #: The module of the backends that answers; None for offline, where the test decides.
    backend: str | None
    #: Whether requests leave this machine.
    leaves_machine: bool
    #: Whether it needs a real account, with credentials from the environment.
    needs_account: bool
    #: Whether reports and logs are masked.
    masks: bool
    #: Whether our client looks at the environment's proxies and certificates.
    reads_environment: bool
    #: Whether there is a cassette.
    has_cassette: bool
    #: Whether the simulated exchange answers.
    simulates: bool

    def __new__(cls, row: _Row) -> Mode:  # noqa: PYI034  an enum can't be subclassed
        """The member of ``row``: its name as text, with what is true of it."""
        mode = str.__new__(cls, row.name)
        mode._value_ = row.name
        for fact in _Row.__slots__:
            if fact != "name":
                setattr(mode, fact, getattr(row, fact))
        return mode

    def __str__(self) -> str:
        # Python 3.11 changed what a str enum prints; this is the same on all versions.
        return str(self.value)

    @classmethod
    def parse(cls, value: object, *, setting: str) -> Mode:
        """``value`` as a mode; raises UsageError, naming ``setting``."""
        if isinstance(value, Mode):
            return value
        for mode in cls:
            if mode == value:
                return mode
        from ._masking import mask

        accepted = ", ".join(map(str, cls))
        raise UsageError(f"{setting}: {mask(repr(value))} is not a mode. Use one of: {accepted}.")
