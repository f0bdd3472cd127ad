"""anyio's pytest plugin: one task runs the tests of a loop one after the other, and what runs in it
belongs to the test that is next, not to the one that has started it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial, wraps
from typing import TYPE_CHECKING, Any, TypeVar, cast

from ..belonging import owner_here, working_for

if TYPE_CHECKING:
    from types import ModuleType

    from ..owner import Owner
    from ..patching import Patches

__all__ = ["patch"]

T = TypeVar("T")


def patch(patches: Patches, module: ModuleType) -> None:
    """Tell the runner's task from now on whose turn it is."""
    # Where it is called otherwise, only a task that is older than its test is taken for another's.
    if hasattr(module.TestRunner, "_call_in_runner_task"):
        patches.put(module.TestRunner, "_call_in_runner_task", _call_in_runner_task)


def _call_in_runner_task(original: object) -> object:
    call = cast("Callable[..., object]", original)

    @wraps(call)
    def call_in_runner_task(self: object, func: Any, /, *args: Any, **kwargs: Any) -> object:
        return call(self, partial(_for, owner_here(), func), *args, **kwargs)

    return call_in_runner_task


async def _for(
    owner: Owner | None, func: Callable[..., Awaitable[T]], *args: Any, **kwargs: Any
) -> T:
    with working_for(owner):
        return await func(*args, **kwargs)
