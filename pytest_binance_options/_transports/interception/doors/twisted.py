"""Twisted looks names up in threads, and forgets what they raise: it is told before."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING, Any, cast

from .. import guard

if TYPE_CHECKING:
    from types import ModuleType

    from ..patching import Patches

__all__ = ["patch"]


def patch(patches: Patches, module: ModuleType) -> None:
    """Look at the names that its resolver is asked for from now on; ``module`` is
    ``twisted.internet._resolver``."""
    patches.put(module.GAIResolver, "resolveHostName", _resolve)


def _resolve(original: object) -> object:
    call = cast("Callable[..., object]", original)

    @wraps(call)
    def resolve(
        self: object,
        resolutionReceiver: object,  # noqa: N803  Twisted's own name
        hostName: str,  # noqa: N803
        *args: Any,
        **kwargs: Any,
    ) -> object:
        guard.check_lookup(hostName, args[0] if args else kwargs.get("portNumber"))
        return call(self, resolutionReceiver, hostName, *args, **kwargs)

    return resolve
