"""urllib3's HTTP/2, where somebody has switched that on: connections to a host of ours speak
HTTP/1.1, as its others do, and are taken at their door."""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import partial, wraps
from typing import TYPE_CHECKING, Any, cast

from .. import ownership

if TYPE_CHECKING:
    from types import ModuleType

    from ..patching import Patches

__all__ = ["patch"]


def patch(patches: Patches, module: ModuleType) -> None:
    """Have connections to our hosts speak HTTP/1.1 from now on; ``module`` is
    ``urllib3.http2.connection``."""
    http2 = module.HTTP2Connection
    pools = sys.modules[f"{module.__name__.partition('.')[0]}.connectionpool"]
    patches.put(pools.HTTPSConnectionPool, "_new_conn", partial(_new_conn, http2))


def _new_conn(http2: type, original: object) -> object:
    call = cast("Callable[[Any], object]", original)

    @wraps(call)
    def new_conn(self: Any) -> object:
        if not issubclass(self.ConnectionCls, http2) or not ownership.reaches(self.host, self.port):
            return call(self)
        self.ConnectionCls = http2.__mro__[1]
        try:
            return call(self)
        finally:
            del self.ConnectionCls

    return new_conn
