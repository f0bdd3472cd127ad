"""What the examples' bots promise beyond what any sound bot does: invariants as a user writes them,
plain functions of a life."""

from __future__ import annotations

from decimal import Decimal

from pytest_binance_options.bad_days import INVARIANTS, Broken, EventsHeard, Life
from pytest_binance_options.exchange._notes import Connected, KeyNote

__all__ = ["OF_A_BOT", "OF_A_TRADER", "QUANTITY"]

#: What the trader trades at a time; the other hand on its account trades less.
QUANTITY = Decimal("0.2")

_MINUTE_MS = 60_000
_FOR_GOOD = (-2008, -2015, -1130)


def gives_up_for_good(life: Life) -> Broken | None:
    """What is refused for good is not asked for again and again."""
    refused = [
        entry for entry in life.requests if entry.code in _FOR_GOOD or entry.status in (404, 410)
    ]
    if len(refused) <= 5:
        return None
    return Broken("gives_up_for_good", "it asks again what was refused for good.", refused[5].at_ms)


def renews_in_time(life: Life) -> Broken | None:
    """The key doesn't run out where nothing has kept the bot from renewing it in its last 25
    minutes."""
    for line in life.record.lines:
        if isinstance(line, KeyNote) and line.what == "expired":
            began = line.at_ms - 25 * _MINUTE_MS
            hindered = [at for at in life.record.disturbances if began <= at < line.at_ms] or [
                each
                for each in life.struck
                if each.at_ms <= line.at_ms
                and (
                    each.at_ms + each.trouble.lasts_ms >= began
                    or each.trouble.kind == "expires_early"
                )
            ]
            if not hindered:
                return Broken("renews_in_time", "the listen key has run out.", line.at_ms)
    return None


def hears_with_its_new_key(life: Life) -> Broken | None:
    """A new key is followed by a connection with it, within two minutes of the last trouble."""
    lines = life.record.lines
    for line in lines:
        if isinstance(line, KeyNote) and line.what == "made":
            until = line.at_ms + 2 * _MINUTE_MS
            later = [each for each in lines if line.at_ms <= each.at_ms <= until]
            hindered = [at for at in life.record.disturbances if line.at_ms <= at <= until]
            connected = [each for each in later if isinstance(each, Connected)]
            if until < life.record.ended_ms and not hindered and not connected:
                return Broken("hears_with_its_new_key", "nobody hears with it.", until)
    return None


def handles_what_it_hears(life: Life) -> None:
    """Each event that is read is handled."""
    counted = life.world.counted  # type: ignore[attr-defined]
    assert counted["handled"] >= counted["read"], (
        f"{counted['read']} events were read, and {counted['handled']} handled."
    )


def books_agree(life: Life) -> None:
    """At the end its books are the exchange's."""
    trader = life.world.trader  # type: ignore[attr-defined]
    orders = {order.order_id: order.status for order in life.exchange.orders}
    assert trader.orders == orders, "the bot's orders are not the exchange's."
    filled = sum((order.filled for order in life.exchange.orders), Decimal())
    assert trader.bought == filled, f"{filled} was filled, and the bot knows of {trader.bought}."
    held = {each.symbol.name: each.quantity for each in life.exchange.orders.ledger().positions}
    assert trader.position == held, f"the bot holds {held}, and takes it for {trader.position}."


def buys_once(life: Life) -> None:
    """Nothing is bought twice."""
    placed = [order for order in life.exchange.orders if order.quantity == QUANTITY]
    meant = life.world.meant  # type: ignore[attr-defined]
    assert len(placed) <= meant, f"{meant} orders were meant, and {len(placed)} placed."


OF_A_BOT = (
    *(each for each in INVARIANTS if each.name != "EventsHeard"),
    EventsHeard(),
    gives_up_for_good,
    renews_in_time,
    hears_with_its_new_key,
    handles_what_it_hears,
)
OF_A_TRADER = (*INVARIANTS, gives_up_for_good, books_agree, buys_once)
