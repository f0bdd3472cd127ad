"""The proxies that the environment named when the run began: a test may name others for its bot,
and those are not ours. Light on import."""

from __future__ import annotations

import os
from collections.abc import Mapping

__all__ = ["proxy_variables", "remember"]

_remembered: Mapping[str, str] | None = None


def remember() -> None:
    """Whatever the environment says later, it is now that counts."""
    global _remembered
    _remembered = _now()


def proxy_variables() -> Mapping[str, str] | None:
    """``http_proxy``, ``no_proxy`` and the like, by lower-case name, where they have changed since
    they were remembered; None: what the environment says now is right."""
    return None if _remembered is None or _remembered == _now() else _remembered


def _now() -> dict[str, str]:
    # Of two spellings the lower-case one counts, as for urllib.
    names = [name for name in os.environ if name[-6:].lower() == "_proxy"]
    return {name.lower(): os.environ[name] for name in sorted(names, key=str.islower)}
