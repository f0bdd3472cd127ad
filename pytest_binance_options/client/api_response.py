"""What the ``..._with_http_info()`` operations return: the answer's data together with status,
headers and bytes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

__all__ = ["ApiResponse"]

T_co = TypeVar("T_co", covariant=True)


@dataclass(frozen=True, slots=True, repr=False)
class ApiResponse(Generic[T_co]):
    """An answer of the exchange: ``data`` is ``raw_data`` (decompressed bytes), decoded. Header
    names ignore case."""

    status_code: int
    headers: Mapping[str, str]
    data: T_co
    raw_data: bytes

    def __repr__(self) -> str:
        # The bytes and the headers' values can hold a listen key.
        return (
            f"<ApiResponse {self.status_code}, {type(self.data).__name__}, {len(self.raw_data)}"
            " bytes>"
        )
