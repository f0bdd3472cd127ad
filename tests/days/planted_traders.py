"""The examples' trader with one bug each: what public bots were reported for, and what one scenario
each punishes."""

from __future__ import annotations

import asyncio
import time
from decimal import Decimal
from typing import Any

import aiohttp

from .examples import trader

__all__ = ["PLANTED"]

Refused, Trader = trader.Refused, trader.Trader
Event = dict[str, Any]
Orders = list[tuple[int, str, str, int]]


class TakesItForCancelled(Trader):
    """A cancel that is refused was a cancel, too: the order is over, and nothing more can come."""

    def __init__(self, api_key: str, secret_key: str) -> None:
        super().__init__(api_key, secret_key)
        self._over: set[int] = set()

    async def cancel(self, symbol: str, order: int) -> None:
        try:
            await self._request("DELETE", "order", symbol=symbol, orderId=order)
        except (aiohttp.ClientError, asyncio.TimeoutError):
            await super().cancel(symbol, order)
            return
        except Refused:
            pass
        self._update(order, "CANCELED", "0", int(time.time() * 1000))
        self._over.add(order)

    def _update(self, order: int, status: str, filled: str, time_ms: int) -> None:
        if order not in self._over:
            super()._update(order, status, filled, time_ms)


class TrustsItsClock(Trader):
    """A request that comes too early or too late is an error like any other."""

    async def _request(self, method: str, path: str, **parameters: str | int) -> Any:
        return await self._signed(method, path, parameters)


class AsksOnceAndForAll(Trader):
    """What it has missed is asked for when it starts, and after that it hears everything."""

    _asked = False

    async def _check(self) -> None:
        if not self._asked:
            await self._reconcile()
            self._asked = True
        await asyncio.Event().wait()


class AsksForWhatIsOpen(Trader):
    """An order that has been filled meanwhile is no more among the open ones, and stays as it
    was."""

    async def _ask_for_orders_of_mine(self) -> Orders:
        traded, self._traded = self._traded, set()
        try:
            return await super()._ask_for_orders_of_mine()
        finally:
            self._traded |= traded


class AddsUpWhatItHears(Trader):
    """What it has bought is each last fill that came, added up."""

    _added = Decimal()

    @property
    def bought(self) -> Decimal:
        return self._added

    def _on_event(self, event: Event) -> None:
        super()._on_event(event)
        if event["e"] == "ORDER_TRADE_UPDATE":
            self._added += Decimal(event["o"]["l"])


class TrustsTheAnswer(Trader):
    """What the answer to an order says is the latest about it."""

    def placed(self, order: int) -> None:
        self._update(order, "NEW", "0", int(time.time() * 1000))


class SendsItAgain(Trader):
    """An order that was not answered was not placed."""

    async def _find(self, **which: str | int) -> Event | None:
        if "clientOrderId" not in which:
            return await super()._find(**which)
        symbol = str(which["symbol"])
        order = await self.place(symbol, "BUY", "0.2", "1000")
        return None if order is None else {"orderId": order}


class ComesLaterIsLater(Trader):
    """What comes later is later: it goes by when it hears of something, and not by when that
    was."""

    _latest = 0

    def _on_event(self, event: Event) -> None:
        self._latest = max(self._latest + 1, int((time.time() + self._ahead) * 1000))
        super()._on_event({**event, "E": self._latest})


class SearchesForTheParameter(Trader):
    """-1130, "invalid data sent for a parameter": perhaps it will do next time."""

    async def _request(self, method: str, path: str, **parameters: str | int) -> Any:
        while True:
            try:
                return await super()._request(method, path, **parameters)
            except Refused as error:
                if error.code != -1130:
                    raise
            await asyncio.sleep(trader.RETRY)


#: The trader with the bug that it punishes, by the scenario's name.
PLANTED: dict[str, type[Trader]] = {
    "cancel_comes_too_late": TakesItForCancelled,
    "clock_skew": TrustsItsClock,
    "disconnect_between_fills": AsksForWhatIsOpen,
    "duplicate_events": AddsUpWhatItHears,
    "fill_before_reply": TrustsTheAnswer,
    "one_event_lost": AsksOnceAndForAll,
    "options_not_enabled": SearchesForTheParameter,
    "order_of_unknown_outcome": SendsItAgain,
    "out_of_order": ComesLaterIsLater,
}
