"""pytest-httpx: an Options request goes on to httpx's own transport."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING, cast

from ....errors import UsageError
from .requests_of_ours import is_ours

if TYPE_CHECKING:
    from types import ModuleType

    from ..patching import Patches

__all__ = ["patch"]


def patch(patches: Patches, module: ModuleType) -> None:
    """Leave Options requests alone from now on."""
    if not hasattr(module, "_HTTPXMockOptions"):
        _patch_old(patches, module)
        return

    class ShouldMock:
        """A data descriptor: it comes before the attribute of the same name that each object
        has."""

        def __get__(self, options: object, kind: type) -> Callable[[object], bool]:
            decide = cast("Callable[[object], bool]", vars(options)["should_mock"])
            return lambda request: not is_ours(request) and decide(request)

        def __set__(self, options: object, decide: Callable[[object], bool]) -> None:
            vars(options)["should_mock"] = decide

    # The class has no such attribute of its own.
    patches.add(module._HTTPXMockOptions, "should_mock", ShouldMock())  # noqa: SLF001


def _patch_old(patches: Patches, module: ModuleType) -> None:
    """Before 0.32 nothing decides about a request: what its mock gets, it answers. Ours, then, are
    not answered by anybody.

    It is a plugin, and so imported in every run: that it is old matters to nobody but a test which
    uses it.
    """

    def handle(original: object) -> object:
        call = cast("Callable[..., object]", original)

        @wraps(call)
        def handle(self: object, real_transport: object, request: object) -> object:
            if is_ours(request):
                raise UsageError(
                    "pytest-httpx before 0.32 can't let an Options request pass to"
                    " pytest-binance-options. Use a newer one, or no httpx_mock in this test."
                )
            return call(self, real_transport, request)

        return handle

    patches.put(module.HTTPXMock, "_handle_request", handle)
    patches.put(module.HTTPXMock, "_handle_async_request", handle)
