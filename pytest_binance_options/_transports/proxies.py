"""Which proxy leads to an exchange that a backend asks: the environment's as it was when the run
began, and none to this machine."""

from __future__ import annotations

import urllib.request

from requests.utils import select_proxy, should_bypass_proxies

from .._environment import proxy_variables
from .._hosts import is_loopback
from .._urls import authority

__all__ = ["proxy_of"]


def proxy_of(url: str) -> str | None:
    """The proxy that leads to ``url``, an http or https address; None: it is asked directly."""
    if is_loopback(authority(url)[1]):
        return None
    variables = proxy_variables()
    if variables is None:
        proxies = {} if should_bypass_proxies(url, no_proxy=None) else urllib.request.getproxies()
    elif should_bypass_proxies(url, no_proxy=variables.get("no_proxy", "")):
        proxies = {}
    else:
        proxies = {name.removesuffix("_proxy"): value for name, value in variables.items()}
    chosen = select_proxy(url, proxies)
    return str(chosen) if chosen else None
