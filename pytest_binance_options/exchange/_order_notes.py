"""What happens to orders, as the journal has it: each is placed, filled, cancelled, expired or
rejected, and whoever wanted it so is named."""

from __future__ import annotations

from ._notes import Note

__all__ = ["OrderNote"]


class OrderNote(Note):
    """Something has happened to an order or a position: ``what``, in one word, and to which order,
    where it was one."""

    __slots__ = ("order_id", "what")

    lane = "streams"

    def __init__(
        self, at_ms: int, account: str, what: str, said: str, order_id: int | None = None
    ) -> None:
        super().__init__(at_ms, account, said)
        self.what = what
        self.order_id = order_id
