"""What the code under test does beside the exchange, as a note of the journal: an exception that
its test may not see, and a connection that went astray.

Whoever watches the code writes them; the exchange knows nothing of it.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from json import JSONDecodeError

from .._masking import mask
from .._places import is_users
from ._notes import Note

__all__ = ["Raised", "Strayed"]

_LONGEST = 160
_KEPT = 2000
# Mistakes in the code itself, whatever the network does.
_MISTAKES = (
    LookupError,
    AttributeError,
    TypeError,
    NameError,
    ValueError,
    ArithmeticError,
    AssertionError,
)
_OF_THE_NETWORK = (OSError, JSONDecodeError, UnicodeError)


class Raised(Note):
    """The code under test has raised ``error``: ``what`` became of it says how it ended, ``where``
    is the line, in the user's own code or not. ``unseen`` tells whether nobody has asked for it."""

    track = "code"

    __slots__ = ("error", "identity", "is_mistake", "missed", "unseen", "what", "where")

    def __init__(
        self,
        at_ms: int,
        error: BaseException,
        where: str,
        what: str,
        *,
        users: bool = True,
        unseen: Callable[[], bool] = lambda: True,
    ) -> None:
        # Cut once it is masked: of a secret that is cut the rest could not be told.
        said = " ".join(str(error).split())[:_KEPT]
        super().__init__(at_ms, None, f"{type(error).__name__}: {said}" if said else "")
        #: The name of its class.
        self.error = type(error).__name__
        self.where = where
        # A thread is named by whoever starts it.
        self.what = mask(what)
        self.unseen = unseen
        #: Whether the user's own program is wrong, rather than the network, or what libraries do
        #: among themselves.
        self.is_mistake = (
            users and isinstance(error, _MISTAKES) and not isinstance(error, _OF_THE_NETWORK)
        )
        #: Of the object, while there is one.
        self.identity = id(error)
        #: The name that a look-up didn't find; empty where it was none.
        self.missed = mask(_missed(error))

    def is_of(self, error: BaseException) -> bool:
        """Whether it was ``error`` itself, and none that has its place by now."""
        return id(error) == self.identity and type(error).__name__ == self.error

    @property
    def said(self) -> str:
        """The error and its message, on one line and without secrets."""
        return mask(self._said or self.error)[: len(self.error) + 2 + _LONGEST]

    def _text(self) -> str:
        return f"{self.said} at {self.where} {self.what}"

    @property
    def key(self) -> object:
        """As a note's."""
        return (Raised, self._said[:_LONGEST], self.where, self.what)


class Strayed(Note):
    """A connection to ``where``, off this machine, was asked for and refused; ``advice`` says what
    was meant, where that is known."""

    track = "code"

    __slots__ = ("advice", "where")

    def __init__(self, at_ms: int, where: str, advice: str) -> None:
        super().__init__(at_ms, None, where)
        self.where = where
        self.advice = advice

    def _text(self) -> str:
        return f"a connection to {self.where} was refused" + (
            f": {self.advice}" if self.advice else ""
        )

    @property
    def key(self) -> object:
        """As a note's."""
        return (Strayed, self.where, self.advice)


def _missed(error: BaseException) -> str:
    name: object = ""
    if isinstance(error, KeyError):
        name = error.args[0] if error.args else ""
    elif isinstance(error, AttributeError) and _is_somebody_else_s(type(error.obj)):
        name = error.name
    return name if isinstance(name, str) and name.isidentifier() and len(name) <= 40 else ""


def _is_somebody_else_s(kind: type) -> bool:
    """Whether a library's class, that may be a model of an event or an answer."""
    module = getattr(sys.modules.get(kind.__module__), "__file__", None)
    return module is not None and not is_users(module)
