"""Orders that are filled by themselves, as a test has said they shall be."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import pytest

from pytest_binance_options.errors import UsageError
from pytest_binance_options.exchange import Account, Exchange, fills

from .trading import CALL, Trader


@pytest.fixture
def trader(exchange: Exchange, account: Account) -> Trader:
    return Trader(exchange, account)


def filled(exchange: Exchange) -> list[tuple[float, str, bool]]:
    """After how many seconds how much was filled, and whether as the maker."""
    return [
        ((trade.at_ms - trade.order.created_ms) / 1000, str(trade.quantity), trade.maker)
        for trade in exchange.orders.trades()
    ]


@pytest.mark.parametrize(
    ("policy", "quantity", "trades"),
    [
        (fills.never(), "0.1", []),
        (fills.at_once(), "0.1", [(0, "0.10", False)]),
        (fills.at_once("0.5"), "0.1", [(0, "0.05", False)]),
        (fills.at_once("0.33"), "0.1", [(0, "0.03", False)]),
        (fills.after(2.5), "0.1", [(2.5, "0.1", True)]),
        (fills.in_parts(2, every=10), "0.1", [(10, "0.05", True), (20, "0.05", True)]),
        (
            fills.in_parts(3),
            "0.1",
            [(1, "0.03", True), (2, "0.03", True), (3, "0.04", True)],
        ),
        (fills.in_parts(5), "0.02", [(5, "0.02", True)]),
    ],
    ids=repr,
)
def test_an_order_is_filled_as_the_policy_says(
    exchange: Exchange,
    trader: Trader,
    policy: fills.FillPolicy,
    quantity: str,
    trades: list[tuple[float, str, bool]],
) -> None:
    exchange.fills = policy
    trader.place(quantity=quantity)
    exchange.clock.advance(minutes=1)
    assert filled(exchange) == trades
    done = sum((Decimal(size) for _, size, _ in trades), Decimal(0))
    assert next(iter(exchange.orders)).filled == done


def test_at_first_the_test_decides_what_is_filled(exchange: Exchange, trader: Trader) -> None:
    trader.place()
    exchange.clock.advance(hours=1)
    assert filled(exchange) == []
    assert repr(exchange.fills) == "fills.never()"


def test_a_policy_counts_for_orders_that_come_after_it(exchange: Exchange, trader: Trader) -> None:
    first = trader.place()["orderId"]
    exchange.fills = fills.after(1)
    second = trader.place()["orderId"]
    exchange.fills = fills.never()
    trader.place()
    exchange.clock.advance(seconds=5)
    assert [order.order_id for order in exchange.orders if order.trades] == [second] != [first]


@pytest.mark.parametrize("do", [Exchange.cancel, Exchange.expire, Exchange.fill])
def test_what_has_ended_meanwhile_is_not_filled(
    exchange: Exchange, trader: Trader, do: Callable[[Exchange], object]
) -> None:
    exchange.fills = fills.after(1)
    trader.place()
    do(exchange)
    trades = len(exchange.orders.trades())
    exchange.clock.advance(seconds=5)
    assert len(exchange.orders.trades()) == trades


def test_a_test_and_a_policy_fill_no_more_than_there_is(exchange: Exchange, trader: Trader) -> None:
    exchange.fills = fills.in_parts(2)
    trader.place()
    exchange.fill(quantity="0.08")
    exchange.clock.advance(seconds=5)
    assert [str(trade.quantity) for trade in exchange.orders.trades()] == ["0.08", "0.02"]


def test_a_reset_ends_the_policy_and_what_it_had_in_hand(
    exchange: Exchange, trader: Trader
) -> None:
    exchange.fills = fills.after(1)
    trader.place()
    exchange.reset()
    trader.place()
    exchange.clock.advance(seconds=5)
    assert filled(exchange) == []


def test_the_journal_says_that_it_was_the_policy(exchange: Exchange, trader: Trader) -> None:
    exchange.fills = fills.at_once()
    order_id = trader.place()["orderId"]
    assert f"order {order_id} filled: 0.1 at 2000 by the policy for fills" in [
        note.text for note in exchange.journal.notes
    ]


def test_a_fee_is_a_share_of_the_index_and_a_tenth_of_the_premium_at_most(
    exchange: Exchange, trader: Trader
) -> None:
    exchange.fills = fills.at_once()
    trader.place(price="2000")
    trader.place(price="100")
    exchange.symbols.set_index_price("BTCUSDT", "50000")
    trader.place(symbol="BTC-260925-50000-P", price="2000")
    assert [trade.fee for trade in exchange.orders.trades()] == [
        Decimal("1.44"),
        Decimal("1"),
        Decimal("1.2"),
    ]


@pytest.mark.parametrize(
    ("make", "text"),
    [
        (
            lambda: fills.at_once("1.5"),
            "part is '1.5'. Give a decimal above 0, up to 1, as in \"0.5\".",
        ),
        (
            lambda: fills.at_once(0),
            'part is 0. Give a decimal above 0, up to 1, as in "0.5".',
        ),
        (
            lambda: fills.after(0),
            "seconds is 0. Give a number above 0, up to 1000000000.",
        ),
        (
            lambda: fills.in_parts(1),
            "parts is 1. Give a whole number from 2 to 1000.",
        ),
        (
            lambda: fills.in_parts(2, every=-1),
            "every is -1. Give a number above 0, up to 1000000000.",
        ),
    ],
)
def test_a_policy_that_cannot_be(make: Callable[[], object], text: str) -> None:
    with pytest.raises(UsageError) as caught:
        make()
    assert str(caught.value) == text


def test_what_is_no_policy_is_refused(exchange: Exchange) -> None:
    with pytest.raises(UsageError) as caught:
        exchange.fills = "at_once"  # type: ignore[assignment]
    assert str(caught.value) == (
        "fills is 'at_once'. Give a policy of the module fills, as in fills.at_once()."
    )


def test_a_thread_that_reckons_with_few_digits_changes_nothing(
    exchange: Exchange, trader: Trader
) -> None:
    from decimal import localcontext

    exchange.fills = fills.in_parts(3)
    with localcontext() as context:
        context.prec = 3
        trader.place(quantity="0.17", price="12345", symbol=CALL)
        exchange.clock.advance(seconds=5)
        ledger = exchange.orders.ledger()
    assert [str(trade.quantity) for trade in exchange.orders.trades()] == ["0.05", "0.05", "0.07"]
    assert ledger.balance == Decimal("10000") - Decimal("0.17") * 12345 - ledger.fees
