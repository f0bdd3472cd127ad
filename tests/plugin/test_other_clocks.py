"""One time beside libraries that set the time: where one of them has done so, that is an error."""

from __future__ import annotations

import sys
import time
from types import ModuleType

import pytest

from pytest_binance_options._time.one_time import opened
from pytest_binance_options.errors import UsageError
from pytest_binance_options.exchange import Clock


def having(name: str, attribute: str, value: list[object]) -> ModuleType:
    module = ModuleType(name)
    setattr(module, attribute, value)
    return module


# Where each keeps what it is doing: time-machine has had two names for it.
KEPT = [
    pytest.param("freezegun", "freezegun.api", "freeze_factories", id="freezegun"),
    pytest.param("time-machine", "time_machine", "traveller_stack", id="time-machine"),
    pytest.param("time-machine", "time_machine", "coordinates_stack", id="time-machine, as it was"),
]


@pytest.mark.parametrize(("library", "module", "attribute"), KEPT)
def test_who_has_set_the_time_is_named(
    library: str, module: str, attribute: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, module, having(module, attribute, [object()]))
    before = time.time

    with pytest.raises(UsageError) as caught, opened(Clock()):
        pass

    assert str(caught.value) == (
        f"{library} has set the time, which is to be the exchange's here. Leave it out: exchange_start"
        " of binance_options_config, or start= of simulated(), says when the exchange's time begins."
    )
    assert time.time is before


@pytest.mark.parametrize(("library", "module", "attribute"), KEPT)
def test_who_is_only_imported_is_in_nobodys_way(
    library: str, module: str, attribute: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    del library
    monkeypatch.setitem(sys.modules, module, having(module, attribute, []))
    clock = Clock()

    with opened(clock) as one_time, one_time.inhabited():
        time.sleep(3600)

    assert str(clock.now) == "2026-01-01 01:00:00+00:00"
