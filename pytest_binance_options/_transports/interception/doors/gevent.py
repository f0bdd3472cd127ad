"""gevent: a greenlet begins with an empty context, and so would be nobody's; it is given that of
who has spawned it.

``gevent.Greenlet`` is C's: one that is made by hand, or by a ``spawn`` that was copied before, is
whoever's test runs.
"""

from __future__ import annotations

import contextvars
from collections.abc import Callable
from contextlib import suppress
from functools import wraps
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from types import ModuleType

    from ..patching import Patches

__all__ = ["patch", "patch_pool"]


def patch(patches: Patches, module: ModuleType) -> None:
    """Have greenlets bring along whose they are from now on."""
    for name in ("spawn", "spawn_later"):
        patches.put(module, name, _spawn)


def patch_pool(patches: Patches, module: ModuleType) -> None:
    """As :func:`patch`, for ``gevent.pool``: pools and groups."""
    patches.put(module.Group, "spawn", _spawn)


def _spawn(original: object) -> object:
    call = cast("Callable[..., Any]", original)

    @wraps(call)
    def spawn(*args: Any, **kwargs: Any) -> object:
        greenlet = call(*args, **kwargs)
        with suppress(
            ValueError
        ):  # it runs already, which no greenlet does before its starter waits
            greenlet.gr_context = contextvars.copy_context()
        return greenlet

    return spawn
