"""What happens to orders, as the journal has it: each is placed, filled, cancelled, expired or
rejected, and whoever wanted it so is named."""

from __future__ import annotations

from ._notes import Note

__all__ = ["OrderNote"]


class OrderNote(Note):
    """Something has happened to an order or a position: ``what``, in one word, and to which order,
    where it was one. ``alive`` says whether that is in the book after it."""

    __slots__ = ("alive", "order_id", "what")

    lane = "streams"
    track = "orders"

    def __init__(
        self,
        at_ms: int,
        account: str,
        what: str,
        said: str,
        order_id: int | None = None,
        *,
        alive: bool = False,
    ) -> None:
        super().__init__(at_ms, account, said)
        self.what = what
        self.order_id = order_id
        self.alive = alive
