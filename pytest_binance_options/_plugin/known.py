"""What a run knows to be secret, a real account's credentials and the user's own: hidden from the
first test that uses them to the run's end, as reports are made after their tests.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

import pytest

from .._cassette.hiding import hiding
from .._masking import hide_known, know, mask

__all__ = ["hide_from"]


@dataclass(slots=True)
class _Known:
    values: set[str] = field(default_factory=set)
    hide: Callable[[str], str] = hide_known

    @pytest.hookimpl(tryfirst=True)
    def pytest_warning_recorded(self, warning_message: warnings.WarningMessage) -> None:
        """Change the text before anybody shows it or sends it to another process."""
        text = str(warning_message.message)
        hidden = self.hide(text)
        if hidden != text:
            warning_message.message = hidden


_KNOWN = pytest.StashKey[_Known]()


def hide_from(
    config: pytest.Config, secrets: Iterable[str], *, looks: bool
) -> Callable[[str], str]:
    """Have ``secrets`` hidden in what is said of this run; and with ``looks`` what looks like one,
    in warnings too. What is returned does it to a text."""
    known = config.stash.get(_KNOWN, None)
    if known is None:
        known = config.stash[_KNOWN] = _Known()
        config.pluginmanager.register(known)
    new = set(secrets) - known.values
    if new:
        known.values |= new
        config.add_cleanup(know(hiding(new)))
    if looks:
        known.hide = mask
    return mask if looks else hide_known
