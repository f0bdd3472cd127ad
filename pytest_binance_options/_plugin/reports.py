"""What there is to tell of a test travels with its reports, pytest-xdist's too.

As an attribute, which goes wherever a report goes: a property would end up in junit's XML.
"""

from __future__ import annotations

import pytest

from .._backends.remarks import Remarks

__all__ = ["attach", "remarks_of"]

_ATTRIBUTE = "binance_options"


def attach(report: pytest.TestReport, remarks: Remarks) -> None:
    """Have ``report`` carry ``remarks``, as plain values."""
    plain = {name: getattr(remarks, name) for name in Remarks.__slots__}
    setattr(report, _ATTRIBUTE, plain)


def remarks_of(report: object) -> Remarks | None:
    """What ``report`` carries; None: it is of no test of ours."""
    plain = getattr(report, _ATTRIBUTE, None)
    return None if plain is None else Remarks(**plain)
