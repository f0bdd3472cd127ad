"""What the doors of mocking libraries ask: whether a request is left to us.

Each of them wraps the function in which its library decides about a request. Options requests are
ours whatever the order of fixtures, the rest theirs.
"""

from __future__ import annotations

from typing import Protocol, cast

from ..ownership import concerns

__all__ = ["is_ours"]


class _HasUrl(Protocol):
    url: object


class _HasUri(Protocol):
    uri: str


def is_ours(request: object) -> bool:
    """Whether any active interception answers ``request``."""
    # requests, httpx and vcrpy each have a request class of their own.
    return concerns(
        str(
            cast("_HasUri", request).uri
            if hasattr(request, "uri")
            else cast("_HasUrl", request).url
        )
    )
