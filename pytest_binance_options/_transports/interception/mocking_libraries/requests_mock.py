"""requests-mock: an Options request goes on to requests' own adapter."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING, cast

from requests.adapters import HTTPAdapter

from ..patching import known
from .requests_of_ours import is_ours

if TYPE_CHECKING:
    from types import ModuleType

    import requests

    from ..patching import Patches

__all__ = ["patch"]


def patch(patches: Patches, module: ModuleType) -> None:
    """Leave Options requests alone from now on; ``module`` is ``requests_mock.mocker``."""
    pass_on = cast("type[Exception]", known(module.adapter, "_RunRealHTTP"))

    # Its mocker, which stands before the session's own adapters: they get the request back.
    def original_send(original: object) -> object:
        call = cast("Callable[..., requests.Response]", original)

        @wraps(call)
        def _original_send(
            session: requests.Session, request: requests.PreparedRequest, /, **kwargs: object
        ) -> requests.Response:
            if is_ours(request):
                raise pass_on
            return call(session, request, **kwargs)

        return _original_send

    # Its adapter, which a test has mounted: there is no other.
    def send(original: object) -> object:
        call = cast("Callable[..., requests.Response]", original)

        @wraps(call)
        def send(
            self: object, request: requests.PreparedRequest, **kwargs: object
        ) -> requests.Response:
            if is_ours(request):
                return HTTPAdapter().send(request, **kwargs)  # type: ignore[arg-type]
            return call(self, request, **kwargs)

        return send

    patches.put(module, "_original_send", original_send)
    patches.put(module.adapter.Adapter, "send", send)
