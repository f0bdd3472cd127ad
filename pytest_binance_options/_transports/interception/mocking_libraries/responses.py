"""responses: an Options request goes on to requests' own adapter."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING, cast

from ..patching import known
from .requests_of_ours import is_ours

if TYPE_CHECKING:
    from types import ModuleType

    import requests
    from requests.adapters import HTTPAdapter

    from ..patching import Patches

__all__ = ["patch"]


def patch(patches: Patches, module: ModuleType) -> None:
    """Leave Options requests alone from now on."""

    def on_request(original: object) -> object:
        call = cast("Callable[..., requests.Response]", original)

        @wraps(call)
        def _on_request(
            self: object, adapter: HTTPAdapter, request: requests.PreparedRequest, **kwargs: object
        ) -> requests.Response:
            if not is_ours(request):
                return call(self, adapter, request, **kwargs)
            kwargs.pop("retries", None)  # of responses' own
            send = cast("Callable[..., requests.Response]", known(self, "_real_send"))
            return send(adapter, request, **kwargs)

        return _on_request

    patches.put(module.RequestsMock, "_on_request", on_request)
