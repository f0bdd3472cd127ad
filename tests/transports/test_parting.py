"""The way a WebSocket client's patience is said depends on aiohttp's version."""

from __future__ import annotations

import importlib

import aiohttp
import pytest

from pytest_binance_options.transports import parting


def test_it_is_one_second() -> None:
    assert parting.PARTING.ws_close == 1.0


def test_aiohttp_before_3_11_takes_a_number(monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.delattr(aiohttp, "ClientWSTimeout")
        importlib.reload(parting)
    try:
        assert parting.PARTING == 1.0
    finally:
        importlib.reload(parting)
