"""Cassettes by hand, for tests of what becomes of them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

__all__ = ["LISTEN_KEY", "write_cassette"]

LISTEN_KEY = "https://eapi.binance.com/eapi/v1/listenKey"


def write_cassette(pytester: pytest.Pytester, name: str, *methods: str) -> Path:
    """A recording of listen key requests, each answered with 200 and ``{}``."""
    path = pytester.path / "cassettes" / f"{name}.yaml"
    path.parent.mkdir(parents=True, exist_ok=True)
    interactions = [
        {
            "request": {"method": method, "uri": LISTEN_KEY, "headers": {}, "body": None},
            "response": {
                "status": {"code": 200, "message": "OK"},
                "headers": {"Content-Type": ["application/json"]},
                "body": {"string": "{}"},
            },
        }
        for method in methods
    ]
    # JSON is YAML
    path.write_text(json.dumps({"version": 1, "interactions": interactions}), encoding="utf-8")
    return path
