"""respx: an Options request goes on to what it stands before."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import wraps
from typing import TYPE_CHECKING, cast

from .requests_of_ours import is_ours

if TYPE_CHECKING:
    from types import ModuleType

    from ..patching import Patches

__all__ = ["patch"]


def patch(patches: Patches, module: ModuleType) -> None:
    """Leave Options requests alone from now on; ``module`` is ``respx.mocks``."""

    def pass_through(request: object) -> Exception:
        error: Exception = module.PassThrough("an Options request", request=request, origin=None)
        return error

    def handler(original: object) -> object:
        call = cast("classmethod[object, ..., object]", original).__func__

        @wraps(call)
        def handler(cls: type, request: object, /) -> object:
            if is_ours(request):
                raise pass_through(request)
            return call(cls, request)

        return classmethod(handler)

    def async_handler(original: object) -> object:
        call = cast(
            "Callable[..., Awaitable[object]]",
            cast("classmethod[object, ..., object]", original).__func__,
        )

        @wraps(call)
        async def async_handler(cls: type, request: object, /) -> object:
            if is_ours(request):
                raise pass_through(request)
            return await call(cls, request)

        return classmethod(async_handler)

    patches.put(module.Mocker, "handler", handler)
    patches.put(module.Mocker, "async_handler", async_handler)
