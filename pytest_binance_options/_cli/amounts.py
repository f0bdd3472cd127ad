"""Decimals in the bodies of requests to the control interface: as strings, or whole numbers."""

from __future__ import annotations

from .._checks import wrong
from ..exchange._event_fields import Amount
from .routes import Body

__all__ = ["amount_if_given", "needed_amount"]


def amount_if_given(name: str, body: Body) -> Amount | None:
    """The decimal ``name`` of ``body``, None where it is left out, or null. What it may be is
    looked at where it is used."""
    value = body.get(name)
    if value is None or (isinstance(value, str | int) and not isinstance(value, bool)):
        return value
    # A fraction can't be sent as a number: it would be another one.
    raise wrong(name, value, 'a decimal as a string, such as "0.1"')


def needed_amount(name: str, body: Body) -> Amount:
    """The same, which can't be left out."""
    value = amount_if_given(name, body)
    if value is None:
        raise wrong(name, None, 'a decimal, as in "500"')
    return value
