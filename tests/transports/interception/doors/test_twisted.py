"""Twisted's resolver, stood for by a class of its shape: treq is in tests/environments."""

from __future__ import annotations

import types

import pytest

from pytest_binance_options._transports.interception.doors.registry import open_door
from pytest_binance_options._transports.interception.patching import Patches
from pytest_binance_options.errors import NetworkRefusedError

from ...intercepting import intercepted


class GAIResolver:
    def resolveHostName(  # noqa: N802
        self,
        resolutionReceiver: object,  # noqa: N803
        hostName: str,  # noqa: N803
        portNumber: int = 0,  # noqa: N803
    ) -> str:
        return f"{hostName}:{portNumber}"


def test_a_name_is_refused_before_a_thread_is_asked_for_it() -> None:
    module = types.ModuleType("twisted.internet._resolver")
    vars(module)["GAIResolver"] = GAIResolver
    patches, resolver = Patches(), GAIResolver()
    open_door(patches, module.__name__, module)
    with intercepted():
        with pytest.raises(NetworkRefusedError, match=r"to eapi\.binance\.com:443 was"):
            resolver.resolveHostName(None, "eapi.binance.com", portNumber=443)
        with pytest.raises(NetworkRefusedError, match=r"to eapi\.binance\.com:443 was"):
            resolver.resolveHostName(None, "eapi.binance.com", 443)
        assert resolver.resolveHostName(None, "localhost") == "localhost:0"
    assert resolver.resolveHostName(None, "eapi.binance.com") == "eapi.binance.com:0"
    patches.lift()
