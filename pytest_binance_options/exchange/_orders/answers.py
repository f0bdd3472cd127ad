"""What the order endpoints answer, in JSON: field by field as in the examples of Binance's pages
(Options, Trade; Account), and of the types that the official SDK's models want.

They differ from endpoint to endpoint: a fee is 0 in one and "0" in the next, and a cancelled order
has its time under another name.
"""

from __future__ import annotations

from decimal import Decimal

from .._symbols import Symbols
from .amounts import cents, exactly, plain
from .book import Book
from .ledger import Position
from .margin import Margin
from .order import Order, Trade

__all__ = [
    "accepted",
    "account",
    "cancelled",
    "cancelled_in_batch",
    "found",
    "listed",
    "margin_account",
    "past",
    "position",
    "trade",
]

_QUOTE = "USDT"


def _order(order: Order) -> dict[str, object]:
    return {
        "orderId": order.order_id,
        "symbol": order.symbol.name,
        "price": plain(order.price),
        "quantity": plain(order.quantity),
        "executedQty": plain(order.filled),
        "side": order.side,
        "type": order.type,
        "timeInForce": order.time_in_force,
        "reduceOnly": order.reduce_only,
        "postOnly": order.post_only,
        "createTime": order.created_ms,
        "updateTime": order.updated_ms,
        "status": order.status,
        "avgPrice": plain(order.average_price),
        "clientOrderId": order.client_order_id,
        "priceScale": order.symbol.price_precision,
        "quantityScale": order.symbol.quantity_precision,
        "optionSide": order.symbol.side,
        "quoteAsset": _QUOTE,
        "mmp": False,
        "selfTradePreventionMode": order.self_trade_prevention,
    }


def accepted(order: Order, *, result: bool) -> dict[str, object]:
    """A new order: as it was accepted, or, where the ``result`` was asked for, as it is now."""
    answer = {**_order(order), "fee": 0, "source": "API"}
    if not result:
        answer |= {
            "status": "NEW",
            "executedQty": "0",
            "avgPrice": "0",
            "updateTime": order.created_ms,
        }
    return answer


def found(order: Order) -> dict[str, object]:
    """One order, asked for by its id."""
    return _order(order)


def listed(order: Order) -> dict[str, object]:
    """One of the open orders."""
    answer = _order(order)
    del answer["postOnly"]
    return answer


def past(order: Order) -> dict[str, object]:
    """One of the orders that have ended."""
    answer = listed(order)
    del answer["selfTradePreventionMode"]
    return answer


def cancelled(order: Order) -> dict[str, object]:
    """An order that was cancelled just now."""
    answer = listed(order)
    answer["createDate"] = answer.pop("createTime")
    return {**answer, "source": "API"}


def cancelled_in_batch(order: Order) -> dict[str, object]:
    """The same, where several were."""
    return {**listed(order), "fee": "0", "source": "API"}


def trade(trade: Trade) -> dict[str, object]:
    """One fill. A fee that was charged is negative."""
    order = trade.order
    return {
        "id": trade.unique_id,
        "tradeId": trade.trade_id,
        "orderId": order.order_id,
        "symbol": order.symbol.name,
        "price": plain(trade.price),
        "quantity": plain(trade.quantity),
        "fee": plain(-trade.fee),
        "realizedProfit": _eight(trade.realized_profit),
        "side": order.side,
        "type": order.type,
        "liquidity": "MAKER" if trade.maker else "TAKER",
        "time": trade.at_ms,
        "priceScale": order.symbol.price_precision,
        "quantityScale": order.symbol.quantity_precision,
        "optionSide": order.symbol.side,
        "quoteAsset": _QUOTE,
    }


def position(book: Book, held: Position, symbols: Symbols) -> dict[str, object]:
    """A position. Its value is positive, as in the page's example, though it be a short one."""
    symbol = held.symbol
    with exactly():
        return {
            "entryPrice": plain(held.entry_price),
            "symbol": symbol.name,
            "side": "LONG" if held.quantity > 0 else "SHORT",
            "quantity": plain(held.quantity),
            "markValue": plain(abs(held.value(symbols.mark_price))),
            "unrealizedPNL": plain(cents(held.unrealized(symbols.mark_price))),
            "markPrice": plain(symbols.mark_price(symbol)),
            "strikePrice": plain(symbol.strike),
            "expiryDate": symbol.expiry_ms,
            "priceScale": symbol.price_precision,
            "quantityScale": symbol.quantity_precision,
            "optionSide": symbol.side,
            "quoteAsset": _QUOTE,
            "time": held.updated_ms,
            "bidQuantity": plain(book.quantity(symbol, "BUY")),
            "askQuantity": plain(book.quantity(symbol, "SELL")),
        }


def margin_account(book: Book, margin: Margin, symbols: Symbols, now_ms: int) -> dict[str, object]:
    """How an account stands. There is no model that would give its greeks."""
    with exactly():
        ledger, mark = book.ledger, symbols.mark_price
        asset = {
            "asset": _QUOTE,
            "marginBalance": _eight(ledger.balance),
            "equity": _eight(ledger.balance + ledger.value(mark)),
            "available": _eight(margin.available(book)),
            "initialMargin": _eight(margin.initial(book)),
            "maintMargin": _eight(margin.maintenance(book)),
            "unrealizedPNL": _eight(ledger.unrealized(mark)),
            "adjustedEquity": _eight(ledger.balance),
        }
    return {
        "asset": [asset],
        "greek": [
            {
                "underlying": underlying,
                "delta": "0.00000000",
                "gamma": "0.00000000",
                "theta": "0.00000000",
                "vega": "0.00000000",
            }
            for underlying in symbols.underlyings
        ],
        "time": now_ms,
        "canTrade": True,
        "canDeposit": True,
        "canWithdraw": True,
        "reduceOnly": False,
        "tradeGroupId": -1,
    }


def account(book: Book, margin: Margin, symbols: Symbols, now_ms: int) -> dict[str, object]:
    """The same, as GET /eapi/v1/account had it."""
    whole = margin_account(book, margin, symbols, now_ms)
    with exactly():
        asset = {
            "asset": _QUOTE,
            "marginBalance": _eight(book.ledger.balance),
            "equity": _eight(book.ledger.balance + book.ledger.value(symbols.mark_price)),
            "available": _eight(margin.available(book)),
            "locked": _eight(margin.initial(book)),
            "unrealizedPNL": _eight(book.ledger.unrealized(symbols.mark_price)),
        }
    return {"asset": [asset], "greek": whole["greek"], "riskLevel": "NORMAL", "time": now_ms}


def _eight(amount: Decimal) -> str:
    return format(cents(amount), "f")
