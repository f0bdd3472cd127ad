"""vcrpy, and so pytest-recording: a cassette has no answer for an Options request, does not refuse
it and does not keep it."""

from __future__ import annotations

import threading
from collections.abc import Awaitable, Callable
from functools import wraps
from typing import TYPE_CHECKING, cast

from .requests_of_ours import is_ours

if TYPE_CHECKING:
    from types import ModuleType

    from ..patching import Patches

__all__ = ["patch_aiohttp", "patch_cassette"]


def patch_cassette(patches: Patches, module: ModuleType) -> None:
    """Leave Options requests alone from now on; ``module`` is ``vcr.cassette``."""

    loading = threading.local()

    def skipping(answer: object) -> Callable[[object], object]:
        def replace(original: object) -> object:
            call = cast("Callable[..., object]", original)

            @wraps(call)
            def skip(self: object, request: object, *rest: object, **named: object) -> object:
                if is_ours(request) and not getattr(loading, "now", False):
                    return answer
                return call(self, request, *rest, **named)

            return skip

        return replace

    def load(original: object) -> object:
        call = cast("Callable[[object], None]", original)

        @wraps(call)
        def _load(self: object) -> None:
            # What the file has of ours stays in it.
            loading.now = True
            try:
                call(self)
            finally:
                loading.now = False

        return _load

    patches.put(module.Cassette, "can_play_response_for", skipping(answer=False))
    patches.put(module.Cassette, "filter_request", skipping(answer=None))
    patches.put(module.Cassette, "append", skipping(answer=None))
    patches.put(module.Cassette, "_load", load)


def patch_aiohttp(patches: Patches, module: ModuleType) -> None:
    """The same where vcrpy reads an answer to its end to record it, which a WebSocket doesn't have;
    ``module`` is ``vcr.stubs.aiohttp_stubs``."""

    def record(original: object) -> object:
        call = cast("Callable[..., Awaitable[None]]", original)

        @wraps(call)
        async def record_responses(cassette: object, request: object, response: object, /) -> None:
            if not is_ours(request):
                await call(cassette, request, response)

        return record_responses

    patches.put(module, "record_responses", record)
