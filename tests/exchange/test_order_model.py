"""Orders in any order: random steps of two accounts, against a second account of the rules that is
written otherwise, and no difference in what is answered, held and heard.

Two things hold at each step whatever the model says: of each order, what was ordered is what was
filled, what is open and what was given up; and a balance, with the positions at what they cost, is
what was paid in and realised less the fees.
"""

from __future__ import annotations

import json
from decimal import Decimal
from fractions import Fraction
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from pytest_binance_options.exchange import Exchange, fills
from pytest_binance_options.exchange._orders.order import ENDED, OPEN
from pytest_binance_options.exchange._stream_hub import StreamConnection

from .listening import connected, new_key
from .order_model import Model, ModelOrder, number
from .trading import Trader

STEPS = {"gate": 1_000, "nightly": 20_000}
STEPS_PER_RUN = 50

CALL, PUT, ETH = "BTC-260925-60000-C", "BTC-260925-50000-P", "ETH-260925-3000-P"
ACCOUNTS = {"first": Fraction(10_000), "second": Fraction(3_000)}
PRICES = {CALL: (1000, 2000, 2005, 2001), PUT: (500, 2000), ETH: (50, 100, 115)}
WHO = st.sampled_from(sorted(ACCOUNTS))
SYMBOL = st.sampled_from([CALL, CALL, PUT, ETH])
SIZE = st.sampled_from(["0.01", "0.03", "0.1", "0.17", "0.5", "0.7", "9"])
NAME = st.sampled_from([None, None, "a", "b"])
FORCE = st.sampled_from(["GTC", "GTC", "GTC", "IOC", "FOK", "GTX"])
PICK = st.integers(0, 30)
POLICIES = {
    "never": (fills.never(), Fraction(0)),
    "at_once": (fills.at_once(), Fraction(1)),
    "at_once half": (fills.at_once("0.5"), Fraction(1, 2)),
    "after": (fills.after(1.7), Fraction(1700)),
    "in_parts": (fills.in_parts(3, every=1.003), Fraction(3)),
}
ORDER = st.fixed_dictionaries(
    {
        "symbol": SYMBOL,
        "buys": st.booleans(),
        "size": SIZE,
        "price": PICK,
        "force": FORCE,
        "reduces": st.sampled_from([False, False, True]),
        "name": NAME,
    }
)


class OrdersAgainstModel(RuleBasedStateMachine):
    """Both do the same, step by step."""

    steps = 0

    def __init__(self) -> None:
        super().__init__()
        self.exchange = Exchange()
        self.traders = {
            name: Trader(self.exchange, self.exchange.open_account(name, balance=str(balance)))
            for name, balance in ACCOUNTS.items()
        }
        for trader in self.traders.values():
            trader.client = trader.key.api_key[:8]
        self.model = Model(self.exchange.clock.now_ms, ACCOUNTS)
        self.streams: list[StreamConnection] = []
        self.settle()

    def settle(self) -> None:
        self.exchange.limits.weight_per_minute = 10**6
        self.exchange.orders.counts.limits.update({"10S": 10**6, "1M": 10**6})
        self.exchange.streams.ping_interval = 10**8

    @initialize(
        orders=st.lists(ORDER, min_size=2, max_size=4), policy=st.sampled_from(sorted(POLICIES))
    )
    def begin(self, orders: list[dict[str, Any]], policy: str) -> None:
        """Both listen, hold something, and have something open: most of what can happen takes
        that."""
        for who in sorted(ACCOUNTS):
            self.somebody_listens(who)
            self.choose_a_policy("at_once half")
            for order in orders:
                likely = {"size": "0.5" if who == "second" else "0.1", "force": "GTC"}
                self.place(who, {**order, **likely, "reduces": False})
            for symbol, held in self.model.holdings(who).items():
                if held.quantity:
                    close = {"symbol": symbol, "buys": held.quantity < 0, "size": "0.03"}
                    rest = {"price": 1, "force": "GTC", "reduces": True, "name": None}
                    self.choose_a_policy("never")
                    self.place(who, {**close, **rest})
            self.set_countdown(who, "BTC", 20_011)
        self.choose_a_policy(policy)
        self.time_passes(11_000)

    # What clients ask

    @rule(who=WHO, order=ORDER)
    def place(self, who: str, order: dict[str, Any]) -> None:
        expected = self.expect_placed(who, order)
        answer = self.traders[who].call("POST", "order", **self.parameters(order))
        self.compare_placed(json.loads(answer.body), expected)

    @rule(who=WHO, orders=st.lists(ORDER, min_size=1, max_size=3))
    def place_several(self, who: str, orders: list[dict[str, Any]]) -> None:
        expected = [self.expect_placed(who, order) for order in orders]
        batch = json.dumps([self.parameters(order) for order in orders])
        answers = self.traders[who].json("POST", "batchOrders", orders=batch)
        for answer, one in zip(answers, expected, strict=True):
            self.compare_placed(answer, one)

    def parameters(self, order: dict[str, Any]) -> dict[str, object]:
        prices = PRICES[order["symbol"]]
        given = {
            "symbol": order["symbol"],
            "side": "BUY" if order["buys"] else "SELL",
            "type": "LIMIT",
            "quantity": order["size"],
            "price": str(prices[order["price"] % len(prices)]),
            "timeInForce": order["force"],
            "newOrderRespType": "RESULT",
            "reduceOnly": str(order["reduces"]).lower(),
        }
        return given if order["name"] is None else {**given, "clientOrderId": order["name"]}

    def expect_placed(self, who: str, order: dict[str, Any]) -> ModelOrder | int:
        prices = PRICES[order["symbol"]]
        return self.model.place(
            who,
            order["symbol"],
            buys=order["buys"],
            quantity=Fraction(order["size"]),
            price=Fraction(prices[order["price"] % len(prices)]),
            force=order["force"],
            reduces=order["reduces"],
            name=order["name"],
        )

    def compare_placed(self, answer: dict[str, Any], expected: ModelOrder | int) -> None:
        if isinstance(expected, int):
            assert answer.get("code") == expected, (answer, expected)
        else:
            assert answer.get("orderId") == expected.id, (answer, expected)
            assert number(answer["quantity"]) == expected.quantity

    @rule(who=WHO, pick=PICK, by_name=st.booleans())
    def cancel(self, who: str, pick: int, by_name: bool) -> None:
        order = self.any_order(pick)
        if order is None:
            return
        which: dict[str, object] = {"orderId": order.id}
        found: ModelOrder | None = order if order.account == who else None
        if by_name and order.name is not None:
            which = {"clientOrderId": order.name}
            found = next(
                (o for o in reversed(list(self.model.mine(who))) if o.name == order.name), None
            )
        if found is not None and found.symbol != order.symbol:
            found = None
        answer = json.loads(
            self.traders[who].call("DELETE", "order", symbol=order.symbol, **which).body
        )
        if found is None:
            assert answer["code"] == -2013
        elif found.status not in ("NEW", "PARTIALLY_FILLED"):
            assert answer["code"] == -6028
        else:
            self.model.end(found, "CANCELED")
            assert (answer["orderId"], answer["status"]) == (found.id, "CANCELED")

    @rule(who=WHO, symbol=SYMBOL, wide=st.booleans())
    def cancel_all(self, who: str, symbol: str, wide: bool) -> None:
        for order in self.model.pending(who):
            if order.symbol == symbol or (wide and order.symbol[:3] == symbol[:3]):
                self.model.end(order, "CANCELED")
        if wide:
            underlying = f"{symbol[:3]}USDT"
            self.traders[who].json("DELETE", "allOpenOrdersByUnderlying", underlying=underlying)
        else:
            self.traders[who].json("DELETE", "allOpenOrders", symbol=symbol)

    @rule(who=WHO, asset=st.sampled_from(["BTC", "ETH"]), ms=st.sampled_from([0, 5003, 20_011]))
    def set_countdown(self, who: str, asset: str, ms: int) -> None:
        self.model.set_countdown(who, asset, ms)
        self.traders[who].json(
            "POST", "countdownCancelAll", underlying=f"{asset}USDT", countdownTime=ms
        )

    @rule(who=WHO)
    def heartbeat(self, who: str) -> None:
        beaten = [f"{asset}USDT" for asset in ("BTC", "ETH") if self.model.beat(who, asset)]
        answer = self.traders[who].json(
            "POST", "countdownCancelAllHeartBeat", underlyings="BTCUSDT,ETHUSDT"
        )
        assert answer == {"underlyings": beaten}

    @rule(who=WHO, symbol=SYMBOL)
    def ask_for_all_there_is(self, who: str, symbol: str) -> None:
        trader, model = self.traders[who], self.model
        pending = [order.id for order in model.pending(who)]
        assert [order["orderId"] for order in trader.json("GET", "openOrders")] == pending
        past = trader.json("GET", "historyOrders", symbol=symbol, limit=1000)
        assert {order["orderId"]: order["status"] for order in past} == {
            order.id: order.status for order in model.mine(who, symbol) if order.id not in pending
        }
        trades = trader.json("GET", "userTrades", symbol=symbol, limit=1000)
        assert [
            (
                trade["tradeId"],
                trade["orderId"],
                *(number(trade[name]) for name in ("price", "quantity", "fee")),
            )
            for trade in trades
        ] == [
            (n, trade.order.id, trade.price, trade.quantity, -trade.fee)
            for n, trade in enumerate(model.trades, 1)
            if (trade.order.account, trade.order.symbol) == (who, symbol)
        ]
        held = {name: each.quantity for name, each in model.holdings(who).items() if each.quantity}
        positions = trader.json("GET", "position")
        assert {each["symbol"]: number(each["quantity"]) for each in positions} == held
        (asset,) = trader.json("GET", "marginAccount")["asset"]
        assert number(asset["marginBalance"]) == round(model.balance(who), 8)
        assert number(asset["initialMargin"]) == round(model.tied(who), 8)

    # What a test does

    @rule(
        pick=PICK,
        part=st.sampled_from(["all", "0.01", "0.05"]),
        off=st.sampled_from([0, 0, 5]),
        fee=st.sampled_from([None, "0", "1.5", "-0.25"]),
    )
    def fill(self, pick: int, part: str, off: int, fee: str | None) -> None:
        order = self.any_order(pick, pending=True)
        if order is None:
            return
        left = self.model.left(order)
        size = left if part == "all" else min(left, Fraction(part))
        price = order.price - order.sign * off
        charged = self.model.fee(order.symbol, price, size) if fee is None else Fraction(fee)
        self.model.fill(order, size, price, charged)
        self.exchange.fill(
            order.id,
            quantity=None if part == "all" else f"{float(size):.2f}",
            price=str(price),
            fee=fee,
        )

    @rule(pick=PICK, what=st.sampled_from(["cancel", "expire", "expire in match", "reject"]))
    def end(self, pick: int, what: str) -> None:
        order = self.any_order(pick, pending=True)
        if order is None or (what == "reject" and order.status != "NEW"):
            return
        if what == "cancel":
            self.exchange.cancel(order.id)
            self.model.end(order, "CANCELED")
        elif what == "reject":
            self.exchange.reject(order.id)
            self.model.end(order, "REJECTED")
        else:
            in_match = what == "expire in match"
            self.exchange.expire(order.id, in_match=in_match)
            self.model.end(order, "EXPIRED_IN_MATCH" if in_match else "EXPIRED")

    @rule(which=st.sampled_from(sorted(POLICIES)))
    def choose_a_policy(self, which: str) -> None:
        self.exchange.fills, how = POLICIES[which]
        self.model.policy = (which.split(" ")[0], how)

    @rule(who=WHO, amount=st.sampled_from(["100", "-50.5", "0.00000001"]))
    def pay(self, who: str, amount: str) -> None:
        self.exchange.deposit(amount, who)
        self.model.pay(who, Fraction(amount))

    @rule(who=WHO)
    def somebody_listens(self, who: str) -> None:
        account = self.exchange.accounts[who]
        stream = connected(self.exchange, f"/private/ws/{new_key(self.exchange, account)}")
        self.streams.append(stream)
        self.model.ears[stream] = (who, [])

    @rule(pick=PICK)
    def somebody_leaves(self, pick: int) -> None:
        if self.streams:
            stream = self.streams.pop(pick % len(self.streams))
            self.compare_heard(stream)
            stream.drop()
            del self.model.ears[stream]

    @rule(ms=st.sampled_from([1, 400, 1000, 1700, 3009, 9999, 31_000]))
    def time_passes(self, ms: int) -> None:
        self.exchange.clock.advance(milliseconds=ms)
        self.model.advance(ms)
        for account in self.exchange.accounts:
            account.keep_alive()

    @rule(really=st.integers(0, 9))
    def begin_again(self, really: int) -> None:
        if really == 0:
            self.exchange.reset()
            self.model.reset()
            self.streams.clear()
            self.settle()

    def any_order(self, pick: int, *, pending: bool = False) -> ModelOrder | None:
        orders = [
            o for o in self.model.orders if not pending or o.status in ("NEW", "PARTIALLY_FILLED")
        ]
        return orders[pick % len(orders)] if orders else None

    # What holds at each step

    @invariant()
    def both_have_the_same_orders(self) -> None:
        type(self).steps += 1
        assert self.exchange.clock.now_ms == self.model.now
        orders = [
            (o.order_id, o.account, o.status, Fraction(o.filled)) for o in self.exchange.orders
        ]
        assert orders == [
            (o.id, o.account, o.status, self.model.filled(o)) for o in self.model.orders
        ]

    @invariant()
    def everybody_has_heard_each_event_once_and_in_order(self) -> None:
        for stream in self.streams:
            self.compare_heard(stream)

    def compare_heard(self, stream: StreamConnection) -> None:
        _, expected = self.model.ears[stream]
        heard = [_plain(json.loads(str(frame.data))) for frame in stream.take()]  # type: ignore[union-attr]
        assert heard == expected, (heard, expected)
        expected.clear()

    @invariant()
    def nothing_of_an_order_is_lost(self) -> None:
        for order in self.exchange.orders:
            filled = sum((trade.quantity for trade in order.trades), Decimal(0))
            left = order.remaining
            assert order.quantity == filled + left
            assert (order.status in OPEN) != (order.status in ENDED)
            assert (order.status == "FILLED") == (left == 0)
            assert order.open or order.status == "FILLED" or bool(order.because)

    @invariant()
    def no_money_is_lost(self) -> None:
        for name in ACCOUNTS:
            ledger = self.exchange.orders.ledger(name)
            at_cost = sum((position.cost for position in ledger.positions), Decimal(0))
            assert ledger.balance + at_cost == ledger.deposited + ledger.realized - ledger.fees
            assert Fraction(ledger.balance) == self.model.balance(name)
            held = self.model.holdings(name).values()
            assert Fraction(ledger.realized) == sum((each.realized for each in held), Fraction(0))


def _plain(event: dict[str, Any]) -> dict[str, Any]:
    """Of an event what the model says of it."""
    plain: dict[str, Any] = {"E": event["E"], "e": event["e"]}
    if event["e"] == "ORDER_TRADE_UPDATE":
        order = event["o"]
        plain |= {name: order[name] for name in ("i", "X", "t")}
        plain |= {name: number(order[name]) for name in ("l", "z", "L", "n", "rp", "b", "a")}
    elif event["e"] == "ACCOUNT_UPDATE":
        plain |= {name: number(event[name]) for name in ("eq", "b", "m", "u", "i", "M")}
    elif event["e"] == "BALANCE_POSITION_UPDATE":
        (balance,) = event["B"]
        plain |= {"m": event["m"], "b": number(balance["b"]), "bc": number(balance["bc"])}
        plain["P"] = [(each["s"], number(each["c"]), number(each["p"])) for each in event["P"]]
    return plain


def test_orders_do_what_the_documentation_says_in_any_order() -> None:
    profile = settings.default
    assert profile is not None
    examples = profile.max_examples * 9 // 10
    run_state_machine_as_test(
        OrdersAgainstModel,
        settings=settings(profile, max_examples=examples, stateful_step_count=STEPS_PER_RUN),
    )
    assert OrdersAgainstModel.steps >= STEPS["nightly" if profile.max_examples > 100 else "gate"]
